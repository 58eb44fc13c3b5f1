"""Overhearing: a channel listens to another one, or to both sides of its call, and may speak to one side or both.

Nothing of the call changes for it. Who hears whom is asked by `media` of `sources` and `hearers`, which beside those
that a channel is joined with know who listens in.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asterism.runtime.channel_base import ChannelBase

_SPY, _SPIED = "overhears", "overheard by"
"Under these names a channel keeps whom it overhears, and who overhears it."


@dataclass(eq=False)
class Overhearing:
    """One channel that listens in on another; `media.refresh` after a change.

    Args:
        spy: Who listens.
        target: The channel that is listened to.
        hears: Whether what the target's far end says is heard.
        both: Whether what that one hears is heard too.
        whispers: Whether the target's far end hears the spy.
        barges: Whether those whom the target is joined with hear him too.
    """

    spy: "ChannelBase"
    target: "ChannelBase"
    hears: bool = True
    both: bool = True
    whispers: bool = False
    barges: bool = False

    def begin(self) -> None:
        """Note it on both channels."""
        self.spy.datastores[_SPY] = self
        self.target.datastores.setdefault(_SPIED, []).append(self)

    def end(self) -> None:
        """Forget it."""
        self.spy.datastores.pop(_SPY, None)
        of(self.target).remove(self)


def by(channel: "ChannelBase") -> Overhearing | None:
    """Whom a channel overhears."""
    found: Overhearing | None = channel.datastores.get(_SPY)
    return found


def of(channel: "ChannelBase") -> "list[Overhearing]":
    """Who overhears a channel."""
    found: list[Overhearing] = channel.datastores.get(_SPIED, [])
    return found


def sources(channel: "ChannelBase") -> "Iterator[ChannelBase]":
    """The channels whose far ends are heard by the far end of this one."""
    yield from channel.joined
    for each in of(channel):
        if each.whispers:
            yield each.spy
    for other in channel.joined:
        for each in of(other):
            if each.barges:
                yield each.spy
    mine = by(channel)
    if mine is not None and mine.hears:
        yield mine.target
        if mine.both:
            yield from mine.target.joined


def hearers(channel: "ChannelBase") -> "Iterator[ChannelBase]":
    """The channels whose far ends hear the far end of this one."""
    yield from channel.joined
    for each in of(channel):
        if each.hears:
            yield each.spy
    for other in channel.joined:
        for each in of(other):
            if each.hears and each.both:
                yield each.spy
    mine = by(channel)
    if mine is not None and mine.whispers:
        yield mine.target
    if mine is not None and mine.barges:
        yield from mine.target.joined
