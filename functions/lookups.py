"""Lists that outlive the call: DIALGROUP, BLACKLIST."""

from asterism.runtime.channel import Channel
from asterism.runtime.declare import function
from asterism.runtime.errors import ArgumentError

_DIALGROUPS = "dialgroup"
_BLACKLIST = "blacklist"


@function("DIALGROUP", see="Dial")
def dialgroup(chan: Channel, group: str, op: str = "") -> str:
    """Read or change a group of destinations, ready for Dial.

    Args:
        group: Name of the group.
        op: To set: `add` a destination, `del` one, or nothing to replace them all by the value, joined by `&`.
    Returns: The destinations joined by `&`.
    Compat: func_dialgroup. The groups are kept in the database's family dialgroup.
    """
    return "&".join(_members(chan, group))


def _members(chan: Channel, group: str) -> list[str]:
    value = chan.switch.database.read(_DIALGROUPS, group) if group else None
    return [member for member in (value or "").split("&") if member]


@dialgroup.write
async def _set_dialgroup(chan: Channel, group: str, op: str = "", value: str = "") -> None:
    if not group:
        raise ArgumentError("DIALGROUP needs the name of a group")
    members = _members(chan, group)
    match op.lower():
        case "":
            members = [member for member in value.split("&") if member]
        case "add":
            members = [*members, value] if value and value not in members else members
        case "del":
            members = [member for member in members if member != value]
        case _:
            raise ArgumentError(f"DIALGROUP: '{op}' is neither add nor del")
    if members:
        await chan.switch.database.put(_DIALGROUPS, group, "&".join(members))
    else:
        await chan.switch.database.delete(_DIALGROUPS, group)


@function("BLACKLIST", see="DB, CALLERID")
def blacklist(chan: Channel) -> str:
    """Tell whether the caller's number or name is in the database's family blacklist: 1 or 0.

    Compat: func_blacklist.
    """
    for key in (chan.caller.number, chan.caller.name):
        if key and chan.switch.database.read(_BLACKLIST, key) is not None:
            return "1"
    return "0"
