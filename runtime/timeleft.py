"""Warnings that a call with a limit is about to end, played to those who talk."""

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from asterism.runtime import media, say

if TYPE_CHECKING:
    from asterism.runtime.channel import Channel

SPOKEN = "timeleft"
"Name of the warning that says how much time is left; any other is a sound."

QUICKEST_MS = 1000.0
"Warnings do not follow one another faster than this."


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
    _timer: asyncio.TimerHandle | None = None

    def __post_init__(self) -> None:
        if self.every_ms > 0:
            self.every_ms = max(self.every_ms, QUICKEST_MS)

    def _first_left_ms(self) -> float:
        """How much time is left at the first warning; 0 when there is none."""
        left = self.first_ms
        if left > self.limit_ms and self.every_ms:
            left -= self.every_ms * math.ceil((left - self.limit_ms) / self.every_ms)
        return left if 0 < left <= self.limit_ms else 0.0

    def begin(self, hearers: "Sequence[Channel]") -> None:
        """The call begins now."""
        if self.greeting:
            self._play(hearers, self._names(self.greeting, self.limit_ms))
        ends_s = asyncio.get_running_loop().time() + self.limit_ms / 1000
        self._wait(hearers, ends_s, self._first_left_ms())

    def _wait(self, hearers: "Sequence[Channel]", ends_s: float, left_ms: float) -> None:
        if left_ms > 0:
            at_s = ends_s - left_ms / 1000
            self._timer = asyncio.get_running_loop().call_at(at_s, self._warn, hearers, ends_s, left_ms)

    def _warn(self, hearers: "Sequence[Channel]", ends_s: float, left_ms: float) -> None:
        self._play(hearers, self._names(self.warning, left_ms))
        if self.every_ms:
            self._wait(hearers, ends_s, left_ms - self.every_ms)

    def end(self) -> None:
        """The call is over; harmless when it never began."""
        if self._timer is not None:
            self._timer.cancel()

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
