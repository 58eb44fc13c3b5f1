"""GROUP and its kin: counting the calls that share a name, to limit them."""

from collections.abc import Iterator

from asterism.dialplan import regex
from asterism.runtime.channel import Channel
from asterism.runtime.declare import function

Membership = tuple[str, str]
"""A group and its category, which may be empty."""

_STORE = "groups"


def _of(chan: Channel) -> list[Membership]:
    """Return the groups that a channel is in, the one it joined last at the end."""
    found: list[Membership] = chan.datastores.setdefault(_STORE, [])
    return found


def _everywhere(chan: Channel) -> Iterator[Membership]:
    for channel in chan.switch.channels.values():
        yield from channel.datastores.get(_STORE, ())


def _split(text: str) -> Membership:
    group, _, category = text.partition("@")
    return group, category


def _own(chan: Channel, category: str) -> Membership:
    """Return the channel's group in a category, in any of them when none is named; two empty texts for none."""
    wanted = category.lower()
    return next((one for one in _of(chan) if not wanted or one[1].lower() == wanted), ("", ""))


@function("GROUP", see="GROUP_COUNT, GROUP_LIST, GROUP_MATCH_COUNT")
def group(chan: Channel, category: str) -> str:
    """Read or set the group that the channel counts in.

    Args:
        category: A channel is in one group of each category; the empty one will do for most. Setting it to nothing
            leaves the group.
    Compat: func_groupcount. The channel leaves its groups when it ends. Case does not matter.
    """
    return _own(chan, category)[0]


@group.write
def _set_group(chan: Channel, category: str, value: str = "") -> None:
    join(chan, f"{value}@{category}" if category else value)


def join(chan: Channel, place: str) -> None:
    """Let a channel count in `group[@category]`, and leave the one it was in of that category."""
    name, its = _split(place)
    kept = [one for one in _of(chan) if one[1].lower() != its.lower()]
    _of(chan)[:] = [*kept, (name, its)] if name else kept


@function("GROUP_COUNT", see="GROUP, GROUP_MATCH_COUNT")
def group_count(chan: Channel, groupname: str) -> str:
    """Count the channels in a group.

    Args:
        groupname: Group, or group@category. Without a group, the channel's own in its category.
    Compat: func_groupcount. Without a category the group counts in all of them.
    """
    name, category = _split(groupname)
    if not name:
        name, category = _own(chan, category)
    if not name:
        return "0"
    wanted, where = name.lower(), category.lower()
    return str(sum(one.lower() == wanted and (not where or its.lower() == where) for one, its in _everywhere(chan)))


@function("GROUP_MATCH_COUNT", see="GROUP, GROUP_COUNT")
def group_match_count(chan: Channel, pattern: str) -> str:
    """Count the channels in all groups whose names match a regular expression.

    Args:
        pattern: POSIX extended regular expression of the group, `@`, and one of the category if need be.
    Compat: func_groupcount.
    """
    name, category = _split(pattern)
    if not name:
        return ""
    try:
        wanted = regex.compiled(name)
        where = regex.compiled(category) if category else None
    except regex.BadPattern as error:
        chan.error(f"GROUP_MATCH_COUNT: bad pattern '{pattern}': {error}")
        return "0"
    found = [its for one, its in _everywhere(chan) if wanted.search(one)]
    return str(len(found) if where is None else sum(its != "" and where.search(its) is not None for its in found))


@function("GROUP_LIST", see="GROUP, GROUP_COUNT")
def group_list(chan: Channel) -> str:
    """List the groups that the channel is in, as group@category, with blanks between.

    Compat: func_groupcount.
    """
    return " ".join(f"{name}@{category}" if category else name for name, category in _of(chan))
