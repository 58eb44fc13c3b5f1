"""Taking a call that rings elsewhere: the channel that takes it wins the race in which the ringing one runs."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from asterism.runtime.causes import Cause
from asterism.runtime.channel import Channel
from asterism.runtime.driver import LegEvent
from asterism.runtime.errors import Hangup
from asterism.runtime.events import ChannelEvent, ChannelSnapshot
from asterism.runtime.mailbox import Errand, stirred
from asterism.runtime.member import join, play_to
from asterism.runtime.peers import group_numbers

if TYPE_CHECKING:
    from asterism.runtime.bridge import Bridge
    from asterism.runtime.race import Race

_STORE = "race"
_GROUPS = (("callgroup", "pickupgroup"), ("namedcallgroup", "namedpickupgroup"))


@dataclass(frozen=True, slots=True)
class Pickup(ChannelEvent):
    """A channel has taken the call that rang on another one."""

    target: ChannelSnapshot


@dataclass(frozen=True, slots=True)
class PickedUp(LegEvent):
    """Posted to a ringing channel: somebody takes its call, and waits for the bridge that he is to be in."""

    picker: Channel
    bridge: "asyncio.Future[Bridge]"


def rings_in(channel: Channel, race: "Race | None") -> None:
    """Note in which race a channel runs; None when it does no longer."""
    if race is None:
        channel.datastores.pop(_STORE, None)
    else:
        channel.datastores[_STORE] = race


def ringing(channels: "Iterable[Channel]") -> "list[tuple[Channel, Channel]]":
    """The channels whose call may be taken, each with its caller."""
    found = []
    for channel in channels:
        race: Race | None = channel.datastores.get(_STORE)
        if race is not None and race.caller is not None and not channel.is_up and not channel.far_end_gone:
            found.append((channel, race.caller))
    return found


def first(chan: Channel, matches: Callable[[Channel, Channel], bool]) -> Channel | None:
    """The channel that has rung longest of those that match."""
    if chan.ended:
        return None
    found = ringing(chan.switch.channels.values())
    return next((one for one, caller in found if one is not chan and caller is not chan and matches(one, caller)), None)


def may_take(chan: Channel, target: Channel) -> bool:
    """Whether the channel may pick up one of the groups that the target is called for."""
    return any(_members(target, called) & _members(chan, picking) for called, picking in _GROUPS)


def groups_of(chan: Channel, item: str) -> str:
    """The groups of a channel by an item of CHANNEL(): those that the dialplan has given it, else its device's."""
    return str(chan.datastores[item] if item in chan.datastores else chan.leg.read(item) or "")


def _members(chan: Channel, item: str) -> set[str]:
    text = groups_of(chan, item)
    names = text.split(",") if item.startswith("named") else group_numbers(text)
    return {name.strip().lower() for name in names if name.strip()}


async def pick_up(picker: Channel, target: Channel, sound: str = "") -> None:
    """Take the call that rings on a channel, and talk; in the picker's own task.

    Args:
        picker: Who takes it.
        target: Where it rings.
        sound: What the picker hears first.

    Raises:
        Hangup: The talk is over, or the caller has gone at the last moment.
    """
    mine: asyncio.Future[Bridge] = asyncio.get_running_loop().create_future()
    await picker.answer(at_once=True)
    if target.datastores.get(_STORE) is None:
        raise Hangup(Cause.NORMAL_CLEARING)
    picker.tell(Pickup, target.snapshot())
    target.post(PickedUp(picker, mine))
    mine.add_done_callback(lambda done: picker.stir())
    try:
        while not mine.done():
            errand = picker.take(Errand)
            if errand is not None:
                await errand.run()
            else:
                await stirred((picker,))
    except BaseException:
        if mine.done() and not mine.cancelled():
            mine.result().destroy()  # The caller is in it already, and is not to be left alone.
        mine.cancel()
        raise
    if not mine.cancelled():
        picker.cause = picker.cause or int(Cause.NORMAL_CLEARING)  # Whatever ends it, it was a call like others.
        if sound:
            picker.post(Errand(lambda: _greeted(picker, sound)))
        await join(mine.result(), picker)
    raise Hangup(Cause.NORMAL_CLEARING)


async def _greeted(picker: Channel, sound: str) -> None:
    """Let a picker who is in the bridge by now hear a sound."""
    play_to(picker, sound)


async def by_extension(picker: Channel) -> None:
    """Take a call that rings in a group of the picker, who has dialled features.conf's `pickupexten`.

    Raises:
        Hangup: The talk is over, or there was none.
    """
    settings = picker.switch.features.general
    found = first(picker, lambda one, by: may_take(picker, one))
    if found is not None:
        await pick_up(picker, found, settings.pickupsound)
    picker.notice(f"No call pickup possible for {picker.name}")
    if settings.pickupfailsound:
        await picker.answer()
        await picker.play(settings.pickupfailsound)
    raise Hangup(Cause.CALL_REJECTED)
