"""Playing a sound that the listener, or the manager, can wind, pause, begin again, and stop."""

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from asterism.runtime import media
from asterism.runtime.driver import Audio, Digit, LegEvent, Playing, SoundFile
from asterism.runtime.log import escaped
from asterism.runtime.mailbox import stirred
from asterism.runtime.sounds import duration_ms

if TYPE_CHECKING:
    from asterism.runtime.channel import Channel

FRAME_MS = 20
"What was heard is counted in whole frames, as Asterisk counts it."

ORDERS = ("stop", "forward", "reverse", "pause", "restart")
"What a playback can be told."


@dataclass(frozen=True, slots=True)
class Order(LegEvent):
    """Somebody who is not the listener controls what plays."""

    kind: str


@dataclass(frozen=True, slots=True)
class SeekPiece:
    """A sound from a place in it. Meets `asterism.runtime.media.Piece`."""

    sound: SoundFile
    from_ms: int = 0

    def start(self, audio: Audio, offset_ms: int) -> Playing:
        """Begin it on an audio."""
        return audio.start_play(self.sound, offset_ms=self.from_ms + offset_ms)

    def length_ms(self) -> float:
        """How long the rest of it lasts."""
        return max(0.0, duration_ms(self.sound) - self.from_ms)


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of the listener; each may be several, and empty for none."""

    forward: str = "#"
    reverse: str = "*"
    pause: str = ""
    restart: str = ""
    stop: str = ""

    def order(self, digit: str) -> str:
        """What a key means; empty for nothing."""
        table = (
            (self.stop, "stop"),
            (self.restart, "restart"),
            (self.pause, "pause"),
            (self.forward, "forward"),
            (self.reverse, "reverse"),
        )
        return next((order for keys, order in table if digit in keys), "")


@dataclass(frozen=True, slots=True)
class Controlled:
    """What came of it.

    Args:
        status: SUCCESS, USERSTOPPED, REMOTESTOPPED, or ERROR.
        key: The key that stopped it.
        offset_ms: Where it was stopped; -1 for its end.
    """

    status: str
    key: str = ""
    offset_ms: int = -1


class Winding:
    """A sound that plays, and can be wound."""

    def __init__(self, channel: "Channel", sound: SoundFile, length_ms: int, offset_ms: int) -> None:
        self._channel = channel
        self._sound = sound
        self._length_ms = length_ms
        self._loop = asyncio.get_running_loop()
        self._from_ms = max(0, min(offset_ms, length_ms))
        self._began_s = 0.0
        self._play: media.Play | None = None

    @property
    def position_ms(self) -> int:
        """How much of it was heard, in whole frames."""
        if self._play is None:
            return self._from_ms
        heard_ms = self._from_ms + round((self._loop.time() - self._began_s) * 1000)
        return min(self._length_ms, heard_ms // FRAME_MS * FRAME_MS)

    @property
    def paused(self) -> bool:
        """Whether it waits."""
        return self._play is None

    @property
    def over(self) -> bool:
        """Whether it has come to its end."""
        return self._play is not None and self._play.done.done()

    @property
    def failed(self) -> bool:
        """Whether it could not be played."""
        return self._play is not None and self._play.failed

    def start(self) -> None:
        """Play on from where it is."""
        if self._play is None:
            self._began_s = self._loop.time()
            self._play = self._channel.start_pieces([SeekPiece(self._sound, self._from_ms)])
            self._play.done.add_done_callback(lambda done: self._channel.stir())

    def stop(self) -> None:
        """Hold it where it is."""
        if self._play is not None:
            self._from_ms = self.position_ms
            self._play.stop()
            self._play = None

    def wind(self, to_ms: int) -> None:
        """Go on elsewhere in it; one that waits goes on."""
        self.stop()
        self._from_ms = max(0, min(to_ms, self._length_ms))
        self.start()


async def play(
    channel: "Channel", name: str, keys: Keys = Keys(), *, skip_ms: int = 3000, offset_ms: int = 0
) -> Controlled:
    """Play a sound under the control of its listener.

    Args:
        channel: Who hears it.
        name: The sound.
        keys: What he may press.
        skip_ms: How far `forward` and `reverse` go.
        offset_ms: Where it begins.

    Returns:
        How it ended; ERROR when there is no such sound.
    """
    found = await open_sound(channel, name)
    if found is None:
        return Controlled("ERROR")
    while channel.take(Order) is not None:
        pass  # What somebody wanted of an earlier sound.
    winding = Winding(channel, *found, offset_ms)
    winding.start()
    try:
        while not winding.over:
            order, key = _ordered(channel, keys)
            if order == "stop":
                return Controlled("USERSTOPPED" if key else "REMOTESTOPPED", key, winding.position_ms)
            if order:
                _obey(winding, order, skip_ms)
            else:
                await stirred((channel,))
        return Controlled("ERROR" if winding.failed else "SUCCESS")
    finally:
        winding.stop()


def _ordered(channel: "Channel", keys: Keys) -> tuple[str, str]:
    """What is to be done next, and the key that says so; keys without a meaning are lost."""
    while (order := channel.take(Order)) is not None:
        return order.kind, ""
    while (event := channel.take(Digit)) is not None:
        wanted = keys.order(event.digit)
        if wanted:
            return wanted, event.digit
    return "", ""


def _obey(winding: Winding, order: str, skip_ms: int) -> None:
    match order:
        case "pause" if winding.paused:
            winding.start()
        case "pause":
            winding.stop()
        case "restart":
            winding.wind(0)
        case "forward":
            winding.wind(winding.position_ms + skip_ms)
        case "reverse":
            winding.wind(winding.position_ms - skip_ms)


async def open_sound(channel: "Channel", name: str) -> tuple[SoundFile, int] | None:
    """A sound for a channel, and how long it lasts in milliseconds; None, and a WARNING, when there is none."""
    sound = await channel.switch.sounds.find(name, channel.language, channel.formats()) if name else None
    if sound is None:
        channel.warn(f"File {escaped(name)} does not exist in any format")
        return None
    length_ms = await asyncio.get_running_loop().run_in_executor(None, duration_ms, sound)
    channel.verbose(3, f"<{channel.name}> Playing '{escaped(name)}.{sound.format}' (language '{channel.language}')")
    return sound, length_ms
