"""Taking a Local pair out of the way, once both of its halves are in bridges and sound goes through it.

The party that one half talks to takes the place of the other half: two phones that were joined by way of a Local
channel are in one bridge then, and both halves end. `/n` in the dial string keeps the pair.
"""

import asyncio
from typing import TYPE_CHECKING, cast

from asterism.runtime import media
from asterism.runtime.driver import Passage
from asterism.runtime.events import LocalOptimizationBegin, LocalOptimizationEnd

if TYPE_CHECKING:
    from asterism.runtime.bridge import Bridge
    from asterism.runtime.channel import Channel
    from asterism.runtime.channel_base import ChannelBase

DELAY_S = 0.02
"How long after it could be done it is done: as long as a packet of audio lasts, which is what Asterisk waits for."

_NUMBER = "local optimizations"


def later(channel: "ChannelBase") -> None:
    """See in a moment whether a channel can be taken out of the way; nothing for one that is no half of a pair."""
    if channel.leg.audio is None and isinstance(channel.leg, Passage) and not channel.leg.stays:
        asyncio.get_running_loop().call_later(DELAY_S, consider, channel)


def allow(channel: "ChannelBase") -> bool:
    """Let a pair be taken out of the way that was made to stay; False when the channel is no half of a pair."""
    across = media.beyond(channel)
    if across is None:
        return False
    for half in (channel, across):
        if isinstance(half.leg, Passage):
            half.leg.stays = False
    later(channel)
    return True


def consider(channel: "ChannelBase") -> bool:
    """Take a pair out of the way if that can be done now; True when it was.

    Args:
        channel: Either half.
    """
    leg, across = channel.leg, media.beyond(channel)
    if across is None or not isinstance(leg, Passage) or leg.stays:
        return False
    one, two = sorted((channel, across), key=lambda half: half.name)
    here, there = one.bridge, two.bridge
    if here is None or there is None or here is there or not (_movable(one) and _movable(two)):
        return False
    if not (_sounds(one) or _sounds(two)):
        return False
    if len(here.parties) == 2:
        return _swap(one, two, here, there)
    if len(there.parties) == 2:
        return _swap(two, one, there, here)
    return _merge(one, two, here, there)


def _movable(half: "ChannelBase") -> bool:
    bridge, party = half.bridge, half.membership
    if bridge is None or party is None or bridge.dissolved or bridge.inhibited:
        return False
    return bridge.allows_moves and not party.is_apart and not half.far_end_gone


def _sounds(half: "ChannelBase") -> bool:
    """Whether anybody in the bridge of a half makes a sound: a phone, or something that is played."""
    others = half.bridge.others(half) if half.bridge is not None else []
    return any(media.is_spoken_to(other) or media.ends(other) for other in others)


def _swap(leaver: "ChannelBase", taken: "ChannelBase", source: "Bridge", target: "Bridge") -> bool:
    """Whom one half talks to takes the other half's place."""
    moved = source.other(leaver)
    party = None if moved is None else moved.membership
    if moved is None or party is None or party.is_apart or moved.far_end_gone:
        return False
    leaver.verbose(4, f"Move-swap optimizing {taken.name} <-- {moved.name}.")
    number = _begin(leaver, taken, moved)
    target.move(party, swap=taken, introduced=False)
    # Asterisk tells an optimization of two-party bridges as no success, though it was done.
    _end(leaver, taken, "No", number)
    source.leave(leaver, ends=False)
    return True


def _merge(channel: "ChannelBase", across: "ChannelBase", here: "Bridge", there: "Bridge") -> bool:
    """All of one bridge go into the other."""
    channel.verbose(4, f"Merge optimizing {channel.name} -- {across.name} out.")
    number = _begin(channel, across, None)
    here.merge(there, (channel, across), introduced=False)
    _end(channel, across, "Yes", number)
    return True


def _halves(one: "ChannelBase", two: "ChannelBase") -> "tuple[Channel, Channel]":
    first, second = sorted((one, two), key=lambda half: half.name)
    return cast("Channel", first), cast("Channel", second)


def _begin(leaver: "ChannelBase", taken: "ChannelBase", moved: "Channel | None") -> int:
    stores, bus = leaver.switch.datastores, leaver.switch.bus
    number = int(stores.get(_NUMBER, 0))
    stores[_NUMBER] = number + 1
    if bus.wants(LocalOptimizationBegin):
        first, second = _halves(leaver, taken)
        source = None if moved is None else moved.snapshot()
        bus.publish(LocalOptimizationBegin(first.snapshot(), second.snapshot(), source, taken.uniqueid, number))
    return number


def _end(leaver: "ChannelBase", taken: "ChannelBase", success: str, number: int) -> None:
    bus = leaver.switch.bus
    if bus.wants(LocalOptimizationEnd):
        first, second = _halves(leaver, taken)
        bus.publish(LocalOptimizationEnd(first.snapshot(), second.snapshot(), success, number))
