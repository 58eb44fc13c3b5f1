"""Warnings that a call with a limit is about to end, played to those who talk."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from asterism.runtime import media, say

if TYPE_CHECKING:
    from asterism.runtime.channel import Channel

SPOKEN = "timeleft"
"Name of the warning that says how much time is left; any other is a sound."


@dataclass(eq=False)
class TimeLeft:
    """When to warn of the end of a call, and how.

    Args:
        limit_ms: How long the call may last.
        first_ms: Time before the end of the first warning.
        every_ms: Time between two warnings; 0 for one warning only.
        warning: The sound, or `timeleft`.
        greeting: Sound when the call begins; empty for none.
    """

    limit_ms: float
    first_ms: float
    every_ms: float = 0.0
    warning: str = SPOKEN
    greeting: str = ""
    _timers: list[asyncio.TimerHandle] = field(default_factory=list)

    def left_ms(self) -> list[float]:
        """How much time is left at each warning."""
        first = self.first_ms
        while self.every_ms > 0 and first > self.limit_ms:
            first -= self.every_ms
        if not 0 < first <= self.limit_ms:
            return []
        count = int(first // self.every_ms) if self.every_ms > 0 else 0
        return [first - n * self.every_ms for n in range(count + 1) if first - n * self.every_ms > 0]

    def begin(self, hearers: "Sequence[Channel]") -> None:
        """The call begins now."""
        loop = asyncio.get_running_loop()
        if self.greeting:
            self._play(hearers, self._names(self.greeting, self.limit_ms))
        for left in self.left_ms():
            names = self._names(self.warning, left)
            self._timers.append(loop.call_later((self.limit_ms - left) / 1000, self._play, hearers, names))

    def end(self) -> None:
        """The call is over; harmless when it never began."""
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()

    @staticmethod
    def _names(sound: str, left_ms: float) -> list[str]:
        if sound != SPOKEN:
            return [sound]
        minutes, seconds = divmod(round(left_ms / 1000), 60)
        names = ["vm-youhave"]
        names += [*say.number(minutes), "queue-minutes"] if minutes else []
        return names + ([*say.number(seconds), "queue-seconds"] if seconds else [])

    @staticmethod
    def _play(hearers: "Sequence[Channel]", names: list[str]) -> None:
        for channel in hearers:
            channel.switch.spawn(_played(channel, names), f"time left on {channel.name}")


async def _played(channel: "Channel", names: list[str]) -> None:
    for name in names:
        sound = await channel.switch.sounds.find(name, channel.language, channel.formats())
        if sound is not None and not channel.closed:
            await media.Play(channel, [media.SoundPiece(sound)]).wait()
