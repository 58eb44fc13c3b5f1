"""Pickup and PickupChan: taking a call that rings elsewhere."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from asterism.runtime.channel import Channel
from asterism.runtime.declare import Option, Separated, application
from asterism.runtime.pickup import pick_up, ringing

_MARK = "PICKUPMARK"
_GROUPS = (("callgroup", "pickupgroup"), ("namedcallgroup", "namedpickupgroup"))


@application("Pickup", see="PickupChan, CHANNEL, PICKUPMARK")
async def pickup(chan: Channel, targets: Annotated[list[str], Separated("&")] | None = None) -> None:
    """Take a call that rings elsewhere.

    Args:
        targets: `extension[@context]` that was dialled, several joined by `&`; `mark@PICKUPMARK` for a channel whose
            variable PICKUPMARK has that value. When left out, a call for one of the call groups that this channel may
            pick up.
    Compat: app_directed_pickup. When there is no such call the dialplan goes on, otherwise the call ends after the
        talk.
    """
    for target in targets or [""]:
        exten, _, context = target.partition("@")
        if context.upper() == _MARK:
            found = _first(chan, lambda one, by, mark=exten: one.variables.get(_MARK) == mark)  # type: ignore[misc]
        elif exten:
            wanted = (exten, context or chan.context)
            found = _first(chan, lambda one, by, it=wanted: it in _dialled(one, by))  # type: ignore[misc]
        else:
            found = _first(chan, lambda one, by: _may(chan, one))
        if found is not None:
            await pick_up(chan, found)
    chan.notice(f"No call pickup possible for {chan.name}")


@dataclass(frozen=True)
class PickupChanOptions:
    """Options of PickupChan."""

    prefixes: Annotated[bool, Option("p")] = False
    "The names are beginnings of names."


@application("PickupChan", see="Pickup")
async def pickup_chan(
    chan: Channel,
    channel: Annotated[list[str], Separated("&")] | None = None,
    options: PickupChanOptions = PickupChanOptions(),
) -> None:
    """Take the call that rings on a channel.

    Args:
        channel: Names or unique ids, several joined by `&`; `SIP/bob` is any channel of that device.
        options: `p` takes the names as beginnings.
    Compat: app_directed_pickup. When none of them rings the dialplan goes on, otherwise the call ends after the talk.
    """
    for name in channel or []:
        found = _first(chan, lambda one, by, it=name.lower(): _is(one, it, options.prefixes))  # type: ignore[misc]
        if found is not None:
            await pick_up(chan, found)
    if not channel:
        chan.warn("PickupChan requires an argument (channel)")
        return
    chan.notice(f"No channel of {'&'.join(channel)} rings for {chan.name}")


def _first(chan: Channel, matches: Callable[[Channel, Channel], bool]) -> Channel | None:
    """The channel that has rung longest of those that match."""
    if chan.ended:
        return None
    found = ringing(chan.switch.channels.values())
    return next((one for one, caller in found if one is not chan and caller is not chan and matches(one, caller)), None)


def _dialled(target: Channel, caller: Channel) -> tuple[tuple[str, str], ...]:
    return ((target.exten, target.context), (target.exten, caller.context))


def _is(target: Channel, name: str, prefix: bool) -> bool:
    full = target.name.lower()
    return full.startswith(name) if prefix else name in (full, full.rpartition("-")[0], target.uniqueid)


def _may(chan: Channel, target: Channel) -> bool:
    """Whether the channel may pick up one of the groups that the target is called for."""
    return any(_members(target, called) & _members(chan, picking) for called, picking in _GROUPS)


def _members(chan: Channel, item: str) -> set[str]:
    """The groups of a channel: as CHANNEL() has set them, or as its device has."""
    text = chan.datastores[item] if item in chan.datastores else chan.leg.read(item) or ""
    found: set[str] = set()
    for part in str(text).split(","):
        first, dash, last = part.strip().partition("-")
        if dash and first.strip().isdigit() and last.strip().isdigit():
            found.update(map(str, range(int(first), min(int(last), int(first) + 64) + 1)))
        elif part.strip():
            found.add(part.strip().lower())
    return found
