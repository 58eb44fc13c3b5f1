"""LOG_GROUP: which calls `logger filter` shows."""

from asterism.runtime.channel import Channel
from asterism.runtime.declare import function
from asterism.runtime.errors import ArgumentError

GROUP = "log group"
"Under this name a channel keeps the group that it was put into."


@function("LOG_GROUP", see="Log, Verbose")
def log_group(chan: Channel, nothing: str = "") -> str:
    """Write the name of a group to put the channel into it, or nothing to take it out.

    While `logger filter changroup` has groups that are on, what other calls run is left out of consoles and files.

    Args:
        nothing: Always empty; the group is the value.
    Compat: the same in Asterisk 22; it can only be written.
    """
    raise ArgumentError("it can only be written")


@log_group.write
def _set(chan: Channel, nothing: str = "", value: str = "") -> None:
    if value:
        chan.datastores[GROUP] = value
    else:
        chan.datastores.pop(GROUP, None)
