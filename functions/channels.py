"""Other channels: their variables, the master of a call, and which there are."""

from asterism.dialplan import regex
from asterism.functions import indirect
from asterism.runtime.channel import Channel
from asterism.runtime.declare import function
from asterism.runtime.errors import ArgumentError


@function("IMPORT", see="EXPORT, SHARED, MASTER_CHANNEL")
def import_(chan: Channel, channel: str, vartoget: str) -> str:
    """Read a variable of another channel.

    Args:
        channel: Its whole name.
        vartoget: Name of the variable, or a function such as `CALLERID(num)`.
    Compat: func_import. A channel that does not exist has none.
    """
    other = chan.switch.channels.get(channel)
    if other is None:
        chan.error(f"IMPORT: there is no channel '{channel}'")
        return ""
    return indirect.value_of(other, vartoget)


@function("EXPORT", see="IMPORT, SHARED, MASTER_CHANNEL")
def export(chan: Channel, channel: str, var: str) -> str:
    """Set a variable of another channel: `Set(EXPORT(channel,name)=value)`.

    Args:
        channel: Its whole name.
        var: Name of the variable, or a function.
    Compat: func_export.
    """
    raise ArgumentError("EXPORT cannot be read")


@export.write
async def _export(chan: Channel, channel: str, var: str = "", value: str = "") -> None:
    other = chan.switch.channels.get(channel)
    if other is None or not var:
        raise ArgumentError(f"there is no channel '{channel}'" if var else "the name of a variable is needed")
    await indirect.assign_later(other, var, value)


@function("MASTER_CHANNEL", see="IMPORT, SHARED, CHANNEL")
def master_channel(chan: Channel, varname: str) -> str:
    """Read or set a variable of the channel that the call began with.

    Args:
        varname: Name of the variable, or a function.
    Compat: func_channel. When that channel has ended, the channel's own.
    """
    return indirect.value_of(_master(chan), varname) if varname else ""


@master_channel.write
async def _set_master_channel(chan: Channel, varname: str, value: str = "") -> None:
    await indirect.assign_later(_master(chan), varname, value)


def _master(chan: Channel) -> Channel:
    if chan.uniqueid == chan.linkedid:
        return chan
    return next((one for one in chan.switch.channels.values() if one.uniqueid == chan.linkedid), chan)


@function("CHANNELS", see="CHANNEL_EXISTS, CHANNEL")
def channels(chan: Channel, pattern: str = "") -> str:
    """List the channels there are, with blanks between their names.

    Args:
        pattern: POSIX extended regular expression that the names have to match, in any case; all when it is empty.
    Compat: func_channel.
    """
    names = list(chan.switch.channels)
    if pattern:
        try:
            wanted = regex.compiled(pattern, True)
        except regex.BadPattern as error:
            raise ArgumentError(f"CHANNELS: bad pattern '{pattern}': {error}") from None
        names = [name for name in names if wanted.search(name)]
    return " ".join(names)


@function("CHANNEL_EXISTS", see="CHANNELS, CHANNEL")
def channel_exists(chan: Channel, name: str) -> str:
    """Tell whether a channel is there: 1 or 0.

    Args:
        name: Its name, or its unique id.
    Compat: func_channel.
    """
    if not name:
        raise ArgumentError("CHANNEL_EXISTS needs the name of a channel")
    found = name in chan.switch.channels or any(one.uniqueid == name for one in chan.switch.channels.values())
    return "1" if found else "0"
