"""Telling when somebody begins to talk, and when he has been silent for a while: what TALK_DETECT asks for."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from asterism.runtime import media
from asterism.runtime.events import ChannelEvent, Hangup

if TYPE_CHECKING:
    from asterism.runtime.channel_base import ChannelBase
    from asterism.runtime.driver import Recording

KEY = "talk detection"
"Under this name a channel keeps its own."

SILENCE_MS = 2500
"How long somebody must be silent, when nothing else is said."

LOOK_S = 0.06
"How often it is looked whether somebody talks."


@dataclass(frozen=True, slots=True)
class ChannelTalkingStart(ChannelEvent):
    """Somebody has begun to talk."""


@dataclass(frozen=True, slots=True)
class ChannelTalkingStop(ChannelEvent):
    """Somebody talks no more, after `duration` milliseconds."""

    duration: int


class TalkDetection:
    """Watches what is said on a channel, until it is stopped or the channel hung up."""

    def __init__(self, channel: "ChannelBase", silence_ms: int) -> None:
        self.silence_ms = silence_ms
        self._channel = channel
        self._loop = asyncio.get_running_loop()
        self._recording: Recording | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._leave: Callable[[], None] | None = None
        self._noise_ms = 0
        "Where the last noise ended, in what was heard so far."
        self._heard_s = 0.0
        self._since_s: float | None = None
        "Since when somebody talks; None while nobody does."

    async def start(self) -> None:
        """Begin to listen."""
        self._leave = self._channel.switch.bus.subscribe(self._hung_up, Hangup)
        self._recording = await media.audio_beyond(self._channel).record(None)
        self._look()

    def _look(self) -> None:
        recording = self._recording
        if recording is None:
            return
        now, noise_ms = self._loop.time(), recording.ms - recording.silent_ms
        if noise_ms > self._noise_ms:
            self._noise_ms, self._heard_s = noise_ms, now
            if self._since_s is None:
                self._since_s = now
                self._channel.verbose(4, f"{self._channel.name} is now talking")
                self._channel.tell(ChannelTalkingStart)
        elif self._since_s is not None and (now - self._heard_s) * 1000 >= self.silence_ms:
            talked_ms = round((self._heard_s - self._since_s) * 1000)
            self._since_s = None
            self._channel.verbose(4, f"{self._channel.name} is now silent")
            self._channel.tell(ChannelTalkingStop, talked_ms)
        self._timer = self._loop.call_later(LOOK_S, self._look)

    def _hung_up(self, event: Hangup) -> None:
        if event.channel.uniqueid == self._channel.uniqueid:
            self._channel.switch.spawn(self.stop(), f"the end of TALK_DETECT on {self._channel.name}")

    async def stop(self) -> None:
        """Listen no more."""
        if self._timer is not None:
            self._timer.cancel()
        if self._leave is not None:
            self._leave()
        recording, self._recording = self._recording, None
        if recording is not None:
            await recording.stop()
            media.deafen(self._channel)


async def detect(channel: "ChannelBase", silence_ms: int) -> None:
    """Tell from now on when somebody talks on a channel, and when he has been silent for so long."""
    found: TalkDetection | None = channel.datastores.get(KEY)
    if found is not None:
        found.silence_ms = silence_ms
        return
    channel.datastores[KEY] = found = TalkDetection(channel, silence_ms)
    await found.start()


async def ignore(channel: "ChannelBase") -> bool:
    """Tell no more; False when nothing was told."""
    found: TalkDetection | None = channel.datastores.pop(KEY, None)
    if found is not None:
        await found.stop()
    return found is not None
