"""GLOBAL and SHARED: variables that more than one channel can see."""

from asterism.runtime.channel import Channel
from asterism.runtime.declare import function
from asterism.runtime.errors import ArgumentError


@function("GLOBAL", see="SHARED, Set")
def global_(chan: Channel, varname: str = "") -> str:
    """Read or set a global variable, whatever the channel's own of the same name.

    Args:
        varname: Its name.
    Compat: func_global.
    """
    return chan.globals.get(varname, "")


@global_.write
def _set_global(chan: Channel, varname: str = "", value: str = "") -> None:
    # A global is not inherited, so the underscores that would say so are no part of its name.
    chan.set_global(varname.removeprefix("_").removeprefix("_"), value)


@function("SHARED", see="GLOBAL")
def shared(chan: Channel, varname: str = "", channel: str = "") -> str:
    """Read or set a variable of a channel that other channels can use too.

    Args:
        varname: Its name.
        channel: Name of the channel it belongs to; this one when left out.
    Compat: func_global. A channel that does not exist is an ERROR in the log, and empty.
    """
    owner = _owner(chan, varname, channel)
    return "" if owner is None else str(owner.datastores.get("shared", {}).get(varname, ""))


@shared.write
def _set_shared(chan: Channel, varname: str = "", channel: str = "", value: str = "") -> None:
    owner = _owner(chan, varname, channel)
    if owner is None:
        return
    variables = owner.datastores.setdefault("shared", {})
    varname = varname.removeprefix("_").removeprefix("_")
    if value:
        variables[varname] = value
    else:
        variables.pop(varname, None)
    owner.announce(f"SHARED({varname})", value)


def _owner(chan: Channel, varname: str, name: str) -> Channel | None:
    if not varname:
        raise ArgumentError("SHARED requires an argument, SHARED(<varname>[,<channel>])")
    if not name:
        return chan
    found = chan.switch.channels.get(name)
    if found is None:
        chan.error(f"Channel '{name}' not found! Variable lost.")
    return found
