"""Recording a call, both sides of it, beside whatever goes on: what MixMonitor begins and StopMixMonitor ends."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from asterism.runtime import media, pcm, shell
from asterism.runtime.driver import Recording
from asterism.runtime.errors import ArgumentError
from asterism.runtime.events import BridgeEnter, BridgeLeave, ChannelEvent, Event, Hangup
from asterism.runtime.log import escaped
from asterism.runtime.recording import discard
from asterism.runtime.tape import Ear, Tape

if TYPE_CHECKING:
    from asterism.runtime.channel_base import ChannelBase

KEY = "mixmonitors"
"Under this name a channel keeps its monitors."


@dataclass(frozen=True, slots=True)
class MixMonitorStart(ChannelEvent):
    """A channel is recorded."""


@dataclass(frozen=True, slots=True)
class MixMonitorStop(ChannelEvent):
    """A channel is recorded no longer."""


@dataclass(frozen=True, slots=True)
class MixMonitorMute(ChannelEvent):
    """One side of a recording is silent now, or not any more."""

    direction: str
    state: int


@dataclass(frozen=True)
class Order:
    """What is to be recorded.

    Args:
        mixed: The file with both sides; None for none.
        received, sent: Files with what the far end says, and with what it hears.
        append: Go on behind what is in the files.
        bridged: Only while the channel is in a bridge.
        delete: Delete the files when they are done.
        command: For the shell, when they are done.
    """

    mixed: Path | None = None
    received: Path | None = None
    sent: Path | None = None
    append: bool = False
    bridged: bool = False
    delete: bool = False
    command: str = ""


@dataclass(eq=False)
class MixMonitor:
    """One recording of a channel."""

    channel: "ChannelBase"
    order: Order
    name: str
    "Its id."
    recordings: list[tuple[Recording, Path, bool, bool]] = field(default_factory=list)
    _stops: list[Callable[[], None]] = field(default_factory=list)
    _muted: set[str] = field(default_factory=set)

    @property
    def filename(self) -> str:
        """The file with both sides, or the first of the others."""
        order = self.order
        return str(order.mixed or order.received or order.sent or "")

    async def start(self) -> None:
        """Open the files and begin.

        Raises:
            OSError: A file cannot be written.
            ArgumentError: Nothing can be recorded in its format.
        """
        order, channel = self.order, self.channel
        wanted = ((order.mixed, True, True), (order.received, True, False), (order.sent, False, True))
        try:
            for path, says, hears in wanted:
                if path is not None:
                    self.recordings.append((await self._open(path, says, hears), path, says, hears))
        except BaseException:
            await self._close()
            raise
        bus = channel.switch.bus
        self._stops.append(bus.subscribe(self._hung_up, Hangup))
        if order.bridged:
            self._pause(channel.bridge is None)
            self._stops.append(bus.subscribe(self._bridged, BridgeEnter, BridgeLeave))
        monitors_of(channel)[self.name] = self
        channel.tell(MixMonitorStart)

    async def _open(self, path: Path, says: bool, hears: bool) -> Recording:
        file_format = pcm.format_of(path.suffix.removeprefix("."))
        if not file_format:
            raise ArgumentError(f"nothing can be recorded in the format '{path.suffix}'")
        await asyncio.get_running_loop().run_in_executor(None, lambda: path.parent.mkdir(parents=True, exist_ok=True))
        recording = await media.audio_beyond(self.channel).record(path, file_format, append=self.order.append)
        across = media.beyond(self.channel)
        if hears and isinstance(recording, Tape) and across is not None:
            ear = media.audio_beyond(across)
            if isinstance(ear, Ear):
                recording.attach(ear)
        recording.hear(says, hears)
        return recording

    def _hung_up(self, event: Hangup) -> None:
        if event.channel.uniqueid == self.channel.uniqueid:
            self.channel.switch.spawn(self.stop(), f"MixMonitor of {self.channel.name}")

    def _bridged(self, event: Event) -> None:
        if isinstance(event, BridgeEnter | BridgeLeave) and event.channel.uniqueid == self.channel.uniqueid:
            self._pause(isinstance(event, BridgeLeave))

    def _pause(self, on: bool) -> None:
        for recording, *_ in self.recordings:
            recording.pause(on)

    def mute(self, direction: str, on: bool) -> None:
        """Record silence instead of what the far end says (`read`), hears (`write`), or both."""
        sides = {"read", "write"} if direction == "both" else {direction}
        self._muted = self._muted | sides if on else self._muted - sides
        for recording, _, says, hears in self.recordings:
            recording.hear(says and "read" not in self._muted, hears and "write" not in self._muted)

    async def stop(self) -> None:
        """End it; the files are complete then, and the command runs."""
        if monitors_of(self.channel).pop(self.name, None) is None:
            return
        for stop in self._stops:
            stop()
        await self._close()
        channel, order = self.channel, self.order
        channel.tell(MixMonitorStop)
        if order.command:
            channel.switch.spawn(_run(channel, order.command), "MixMonitor's command")
        if order.delete:
            for _, path, _, _ in self.recordings:
                await discard(path)

    async def _close(self) -> None:
        for recording, path, *_ in self.recordings:
            try:
                await recording.stop()
            except (OSError, ValueError) as error:
                self.channel.error(f"{escaped(str(path))} could not be completed: {error}")
        for channel in (self.channel, media.beyond(self.channel)):
            if channel is not None:
                media.deafen(channel)


async def _run(channel: "ChannelBase", command: str) -> None:
    with contextlib.suppress(OSError):
        async with shell.started(command) as process:
            status = await process.wait()
        if status:
            channel.warn(f"MixMonitor: '{escaped(command)}' ended with status {status}")


def monitors_of(channel: "ChannelBase") -> dict[str, MixMonitor]:
    """The monitors of a channel by their ids, in order."""
    found: dict[str, MixMonitor] = channel.datastores.setdefault(KEY, {})
    return found
