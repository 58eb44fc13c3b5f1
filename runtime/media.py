"""Who hears whom: joining the audio of channels, and playing to whoever is behind one.

Two channels are joined by `join`. A leg with audio of its own (SIP, Loopback) stands at the end of a chain; a leg
without (half of a Local pair) leads on to the channel of its other half, and to whom that one is joined. Only
the two ends are ever connected, in the driver's own code, so a call through any number of Local channels costs
no more than one without. When a chain changes, whatever is playing moves to where it is heard now.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from asterism.runtime.driver import Audio, Passage, Playing, SoundFile, Tone
from asterism.runtime.errors import DriverError
from asterism.runtime.sounds import duration_ms
from asterism.runtime.tones import ToneList

if TYPE_CHECKING:
    from asterism.runtime.channel_base import ChannelBase

_CHAIN_MAX = 64
"Local pairs in a row; more is a loop."


def end(channel: "ChannelBase") -> "ChannelBase | None":
    """The channel with audio of its own that one reaches by way of this one; None when the way is open."""
    here: ChannelBase | None = channel
    for _ in range(_CHAIN_MAX):
        if here is None:
            return None
        if here.leg.audio is not None:
            return here
        across = beyond(here)
        here = None if across is None else across.joined
    return None


def beyond(channel: "ChannelBase") -> "ChannelBase | None":
    """The channel of the other half, for a half of a Local pair."""
    from asterism.runtime.channel_base import ChannelBase

    leg = channel.leg
    owner = leg.beyond if leg.audio is None and isinstance(leg, Passage) else None
    return owner if isinstance(owner, ChannelBase) else None


def audio_of(channel: "ChannelBase") -> Audio | None:
    """The audio that is heard by whoever is behind this channel."""
    found = end(channel)
    return None if found is None else found.leg.audio


def join(a: "ChannelBase", b: "ChannelBase") -> bool:
    """Connect two channels both ways; False when their kinds of audio cannot be connected."""
    if a.joined is not b:
        part(a)
        part(b)
        a.joined, b.joined = b, a
        _reroute(a, b)
    ends = end(a), end(b)
    if ends[0] is None or ends[1] is None:
        return True
    first, second = ends[0].leg.audio, ends[1].leg.audio
    try:
        return first is not None and second is not None and first.join(second)
    except DriverError as error:  # One of them is ending, as a rule; its end will be told.
        a.debug(1, f"Joining {a.name} and {b.name} failed: {error}")
        return False


def part(channel: "ChannelBase") -> None:
    """Undo `join`; harmless when alone."""
    other = channel.joined
    if other is None:
        return
    for each in (end(channel), end(other)):
        if each is not None and each.leg.audio is not None:
            try:
                each.leg.audio.part()
            except DriverError as error:
                each.debug(1, f"Parting {each.name} failed: {error}")
    channel.joined = other.joined = None
    _reroute(channel, other)


def rejoin(channel: "ChannelBase") -> None:
    """Connect again, after a driver's audio has changed underneath."""
    other = channel.joined
    if other is not None:
        first, second = audio_of(channel), audio_of(other)
        if first is not None and second is not None:
            first.join(second)


def _reroute(*changed: "ChannelBase") -> None:
    """Move what plays on the far halves of Local pairs to who hears it now, and wake who waits for that."""
    for channel in changed:
        here: ChannelBase | None = channel
        for _ in range(_CHAIN_MAX):
            if here is None or here.leg.audio is not None:
                break
            across = beyond(here)
            if across is None:
                break
            for play in tuple(across.plays):
                play.route()
            across.stir()
            here = across.joined


class Piece(Protocol):
    """Something that can be played."""

    def start(self, audio: Audio, offset_ms: int) -> Playing:
        """Begin it on an audio."""

    def length_ms(self) -> float:
        """How long it lasts; infinity for what ends only when stopped. May read the disk."""


@dataclass(frozen=True, slots=True)
class SoundPiece:
    """A sound file."""

    sound: SoundFile
    loop: bool = False

    def start(self, audio: Audio, offset_ms: int) -> Playing:
        """Begin it on an audio."""
        return audio.start_play(self.sound, loop=self.loop, offset_ms=offset_ms)

    def length_ms(self) -> float:
        """How long it lasts."""
        return float("inf") if self.loop else duration_ms(self.sound)


@dataclass(frozen=True, slots=True)
class TonePiece:
    """A tone."""

    tones: Sequence[Tone]
    loop: bool = True

    def start(self, audio: Audio, offset_ms: int) -> Playing:
        """Begin it on an audio."""
        return audio.start_tone(self.tones, loop=self.loop)

    def length_ms(self) -> float:
        """How long it lasts."""
        return float("inf") if self.loop else sum(tone.on_ms + tone.off_ms for tone in self.tones)


@dataclass(frozen=True, slots=True)
class EchoPiece:
    """What the far end says, back to it."""

    def start(self, audio: Audio, offset_ms: int) -> Playing:
        """Begin it on an audio."""
        return audio.start_echo()

    def length_ms(self) -> float:
        """Infinity."""
        return float("inf")


def tone_pieces(tones: ToneList) -> list[Piece]:
    """A tone list as pieces: what is played once, then what repeats."""
    pieces: list[Piece] = []
    if tones.intro:
        pieces.append(TonePiece(tones.intro, loop=False))
    if tones.repeat:
        pieces.append(TonePiece(tones.repeat))
    return pieces


class Play:
    """Pieces that are being played to a channel, one after the other. Meets driver.Playing.

    Where nobody can hear it (a Local channel that leads nowhere yet) it takes its time all the same.
    """

    def __init__(self, channel: "ChannelBase", pieces: Sequence[Piece]) -> None:
        self._channel = channel
        self._pieces = list(pieces)
        self._loop = asyncio.get_running_loop()
        self._done: asyncio.Future[None] = self._loop.create_future()
        self._audio: Audio | None = None
        self._playing: Playing | None = None
        self._began = 0.0
        self.failed = False
        "Whether something of it could not be played."
        self._watch: asyncio.Task[None] | None = None
        channel.plays.append(self)
        self._next()

    @property
    def done(self) -> "asyncio.Future[None]":
        """Done when it is over."""
        return self._done

    async def wait(self) -> None:
        """Return when it has been played to its end, or stopped."""
        await asyncio.shield(self._done)

    def stop(self) -> None:
        """End it now; harmless when it is over."""
        if self._done.done():
            return
        self._silence()
        self._pieces.clear()
        self._finish()

    def route(self) -> None:
        """Play it to whoever hears the channel now."""
        audio = audio_of(self._channel)
        if audio is self._audio or not self._pieces:
            return
        self._silence()
        self._start(audio, round((self._loop.time() - self._began) * 1000))

    def _silence(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None
        if self._playing is not None:
            self._playing.stop()
            self._playing = None

    def _next(self) -> None:
        if not self._pieces:
            self._finish()
            return
        self._began = self._loop.time()
        self._start(audio_of(self._channel), 0)

    def _start(self, audio: Audio | None, offset_ms: int) -> None:
        self._audio = audio
        piece = self._pieces[0]
        if audio is not None:
            self._playing = piece.start(audio, offset_ms)
        self._watch = self._loop.create_task(self._until_over(piece, self._playing, offset_ms))

    async def _until_over(self, piece: Piece, playing: Playing | None, offset_ms: int) -> None:
        if playing is not None:
            try:
                await playing.wait()
            except Exception as error:  # A player that breaks costs its sound, not the call.
                self.failed = True
                self._channel.warn(f"Playing to {self._channel.name} failed: {error}")
        else:
            length_ms = await self._loop.run_in_executor(None, piece.length_ms)
            await asyncio.sleep(max(0.0, length_ms - offset_ms) / 1000 if length_ms < float("inf") else 1e9)
        self._watch = self._playing = None
        if self._pieces:
            self._pieces.pop(0)
            self._next()

    def _finish(self) -> None:
        if self in self._channel.plays:
            self._channel.plays.remove(self)
        if not self._done.done():
            self._done.set_result(None)
