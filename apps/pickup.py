"""Pickup and PickupChan: taking a call that rings elsewhere."""

from dataclasses import dataclass
from typing import Annotated

from asterism.runtime.channel import Channel
from asterism.runtime.declare import Option, Separated, application
from asterism.runtime.pickup import first, may_take, pick_up

_MARK = "PICKUPMARK"


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
            found = first(chan, lambda one, by, mark=exten: one.variables.get(_MARK) == mark)  # type: ignore[misc]
        elif exten:
            wanted = (exten, context or chan.context)
            found = first(chan, lambda one, by, it=wanted: it in _dialled(one, by))  # type: ignore[misc]
        else:
            found = first(chan, lambda one, by: may_take(chan, one))
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
        found = first(chan, lambda one, by, it=name.lower(): _is(one, it, options.prefixes))  # type: ignore[misc]
        if found is not None:
            await pick_up(chan, found)
    if not channel:
        chan.warn("PickupChan requires an argument (channel)")
        return
    chan.notice(f"No channel of {'&'.join(channel)} rings for {chan.name}")


def _dialled(target: Channel, caller: Channel) -> tuple[tuple[str, str], ...]:
    return ((target.exten, target.context), (target.exten, caller.context))


def _is(target: Channel, name: str, prefix: bool) -> bool:
    full = target.name.lower()
    return full.startswith(name) if prefix else name in (full, full.rpartition("-")[0], target.uniqueid)
