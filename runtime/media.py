"""Who hears whom: joining the audio of channels, and playing to whoever is behind one.

Two channels, or more, are joined by `join`. A leg with audio of its own (SIP, Loopback) stands at the end of a
chain; a leg without (half of a Local pair) leads on to the channel of its other half, and to whom that one is joined.
Only the ends are ever connected, in the driver's own code, so a call through any number of Local channels costs
no more than one without. When a chain changes, whatever is playing moves to where it is heard now.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from asterism.runtime import overhearing
from asterism.runtime.driver import Audio, Passage, Playing, SoundFile, Tone
from asterism.runtime.errors import DriverError
from asterism.runtime.sounds import duration_ms
from asterism.runtime.tape import Ear
from asterism.runtime.tones import ToneList

if TYPE_CHECKING:
    from asterism.runtime.channel_base import ChannelBase

_CHAIN_MAX = 64
"Local pairs in a row; more is a loop."

_EAR = "ear"
"Under this name a half of a Local pair keeps what listens there, where nobody else does."


def ends(channel: "ChannelBase") -> "list[ChannelBase]":
    """The channels with audio of their own that one reaches by way of this one; none when the way is open."""
    return list(_reached(channel, set(), lambda source, listener: True))


def end(channel: "ChannelBase") -> "ChannelBase | None":
    """The first of `ends`: the phone that is behind this channel."""
    return next(_reached(channel, set(), lambda source, listener: True), None)


def _joined(channel: "ChannelBase") -> "Iterable[ChannelBase]":
    return channel.joined


def _reached(
    channel: "ChannelBase",
    seen: "set[ChannelBase]",
    open_to: "Callable[[ChannelBase, ChannelBase], bool]",
    onward: "Callable[[ChannelBase], Iterable[ChannelBase]]" = _joined,
) -> "Iterator[ChannelBase]":
    """Follow Local pairs to their ends, as far as the way is open; `seen` keeps loops from being gone round twice.

    Args:
        channel: By way of which.
        seen: Where one has been.
        open_to: Whether a channel (the first) is heard at another one.
        onward: Where it goes on from the other half of a pair.
    """
    if channel in seen or len(seen) > _CHAIN_MAX:
        return
    seen.add(channel)
    if channel.leg.audio is not None:
        yield channel
        return
    across = beyond(channel)
    if across is None:
        return
    for other in onward(across):
        if open_to(other, across):
            yield from _reached(other, seen, open_to, onward)


def beyond(channel: "ChannelBase") -> "ChannelBase | None":
    """The channel of the other half, for a half of a Local pair."""
    from asterism.runtime.channel_base import ChannelBase

    leg = channel.leg
    owner = leg.beyond if leg.audio is None and isinstance(leg, Passage) else None
    return owner if isinstance(owner, ChannelBase) else None


def audio_of(channel: "ChannelBase") -> Audio | None:
    """The audio that is heard by whoever is behind this channel, or by what listens where nobody is."""
    return next(_audible(channel, set()), None)


def audios_of(channel: "ChannelBase") -> list[Audio]:
    """All audio that is to be heard when something is played to a channel, that of who overhears it too."""
    seen: set[ChannelBase] = set()
    found = list(_audible(channel, seen))
    for each in overhearing.of(channel):
        if each.hears and each.both:
            found += _audible(each.spy, seen)
    return found


def _audible(channel: "ChannelBase", seen: "set[ChannelBase]") -> "Iterator[Audio]":
    """The audio of whoever is behind this channel, and of what listens at the open ends that one comes to."""
    for found in _reached(channel, seen, lambda source, listener: True, overhearing.hearers):
        if found.leg.audio is not None:
            yield found.leg.audio
    # Every half of a pair that one has come to is in `seen` now.
    for here in tuple(seen):
        across = beyond(here)
        ear = None if across is None or across.joined else across.datastores.get(_EAR)
        if isinstance(ear, Ear):
            yield ear


def is_spoken_to(channel: "ChannelBase") -> bool:
    """Whether something is played at the other half of a Local pair; an echo says nothing by itself."""
    across = beyond(channel)
    return across is not None and not all(play.is_echo for play in across.plays)


def audio_beyond(channel: "ChannelBase") -> Audio:
    """The audio of whoever is behind this channel, for recording; what plays there when nobody is. See `deafen`."""
    found = end(channel)
    if found is not None and found.leg.audio is not None:
        return found.leg.audio
    ear = channel.datastores.get(_EAR)
    if not isinstance(ear, Ear):
        ear = channel.datastores[_EAR] = Ear()
        _reroute(channel)
    return ear


def deafen(channel: "ChannelBase") -> None:
    """Listen no longer, when nothing is recorded any more."""
    ear = channel.datastores.get(_EAR)
    if isinstance(ear, Ear) and not ear.tapes:
        del channel.datastores[_EAR]
        _reroute(channel)


def join(*channels: "ChannelBase") -> bool:
    """Let these channels hear each other, and nobody else; False when their kinds of audio cannot be connected."""
    wanted = {channel: tuple(other for other in channels if other is not channel) for channel in channels}
    return wire(wanted)


def part(channel: "ChannelBase") -> None:
    """Let a channel hear nobody, and nobody hear it; harmless when alone."""
    if channel.joined:
        wire({channel: ()})


def wire(wanted: "dict[ChannelBase, tuple[ChannelBase, ...]]") -> bool:
    """Join each of these channels with others, both ways; those that they were joined with before lose them."""
    for channel, others in tuple(wanted.items()):
        for lost in channel.joined:
            if lost not in others and lost not in wanted:
                wanted[lost] = tuple(each for each in lost.joined if each is not channel and each not in wanted)
    touched = [channel for channel, others in wanted.items() if channel.joined != others]
    concerned = dict.fromkeys(found for channel in touched for found in _around(channel))
    for channel in touched:
        channel.joined = wanted[channel]
    concerned.update(dict.fromkeys(found for channel in wanted for found in _around(channel)))
    agreed = [_connect(channel) for channel in concerned]
    _reroute(*touched)
    return all(agreed)


def overhear(hearing: "overhearing.Overhearing", *, on: bool = True) -> None:
    """Begin, or end, that a channel overhears another one."""
    spy, target = hearing.spy, hearing.target
    concerned = dict.fromkeys((*_around(spy), *_around(target)))
    (hearing.begin if on else hearing.end)()
    adapt(hearing, *concerned)


def adapt(hearing: "overhearing.Overhearing", *others: "ChannelBase") -> None:
    """Connect again who is concerned, after the way in which one channel overhears another was changed."""
    spy, target = hearing.spy, hearing.target
    for each in dict.fromkeys((*others, *_around(spy), *_around(target))):
        _connect(each)
    _reroute(spy, target)
    for play in tuple(target.plays):
        play.route()


def refresh(channel: "ChannelBase") -> None:
    """Connect again who is concerned by a channel, after it was muted or unmuted, or its driver has changed it."""
    for each in _around(channel):
        _connect(each)


def _around(channel: "ChannelBase") -> "Iterator[ChannelBase]":
    """Whoever hears, or is heard by way of, a channel."""
    yield from ends(channel)
    for other in dict.fromkeys((*overhearing.sources(channel), *overhearing.hearers(channel))):
        yield from ends(other)


def _connect(channel: "ChannelBase") -> bool:
    """Tell the driver whom a channel with audio hears now."""
    audio, heard = channel.leg.audio, list[Audio]()
    if audio is None:
        return True
    seen = {channel}
    for other in overhearing.sources(channel):
        if _open(other, channel):
            reached = _reached(other, seen, _open, overhearing.sources)
            heard += [found.leg.audio for found in reached if found.leg.audio is not None]
    try:
        return audio.hear(heard)
    except DriverError as error:  # One of them is ending, as a rule; its end will be told.
        channel.debug(1, f"Joining {channel.name} failed: {error}")
        return False


def _open(source: "ChannelBase", listener: "ChannelBase") -> bool:
    return not source.muted and not listener.deaf


def _reroute(*changed: "ChannelBase") -> None:
    """Move what plays on the far halves of Local pairs to who hears it now, and wake who waits for that."""
    for channel in changed:
        _reroute_beyond(channel, set())
        for each in overhearing.of(channel):
            _reroute_beyond(each.spy, set())


def _reroute_beyond(channel: "ChannelBase", seen: "set[ChannelBase]") -> None:
    if channel in seen or len(seen) > _CHAIN_MAX or channel.leg.audio is not None:
        return
    seen.add(channel)
    across = beyond(channel)
    if across is None:
        return
    for play in tuple(across.plays):
        play.route()
    across.stir()
    for other in overhearing.sources(across):
        _reroute_beyond(other, seen)


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
        self._audios: list[Audio] = []
        self._playings: list[Playing] = []
        self._began = 0.0
        self.failed = False
        "Whether something of it could not be played."
        self._watch: asyncio.Task[None] | None = None
        channel.plays.append(self)
        across = beyond(channel)
        if across is not None and not self.is_echo:
            across.stir()  # Somebody may wait for the first words.
            if across.bridge is not None:
                across.bridge.sounded()
        self._next()

    @property
    def is_echo(self) -> bool:
        """Whether it is only what the far end says, so that nothing is heard where nobody speaks."""
        return all(isinstance(piece, EchoPiece) for piece in self._pieces)

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
        """Play it to whoever hears the channel now; who has heard it already notices nothing."""
        audios = self._heard()
        if audios == self._audios or not self._pieces:
            return
        running = dict(zip(self._audios, self._playings, strict=False))
        kept = {audio: running.pop(audio) for audio in audios if audio in running}
        self._playings = list(running.values())
        self._silence()
        self._start(audios, round((self._loop.time() - self._began) * 1000), kept)

    def _silence(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None
        playings, self._playings = self._playings, []
        for playing in playings:
            playing.stop()

    def _heard(self) -> list[Audio]:
        """Where the piece is to be heard; an echo comes back to one alone."""
        found = audios_of(self._channel)
        return found[:1] if self.is_echo else found

    def _next(self) -> None:
        if not self._pieces:
            self._finish()
            return
        self._began = self._loop.time()
        self._start(self._heard(), 0, {})

    def _start(self, audios: list[Audio], offset_ms: int, running: dict[Audio, Playing]) -> None:
        """Begin a piece, or go on with it, where it is not running."""
        self._audios = audios
        piece = self._pieces[0]
        self._playings = [running.get(audio) or piece.start(audio, offset_ms) for audio in audios]
        self._watch = self._loop.create_task(self._until_over(piece, list(self._playings), offset_ms))

    async def _until_over(self, piece: Piece, playings: list[Playing], offset_ms: int) -> None:
        if playings:
            try:
                for playing in playings:
                    await playing.wait()
            except Exception as error:  # A player that breaks costs its sound, not the call.
                self.failed = True
                self._channel.warn(f"Playing to {self._channel.name} failed: {error}")
        else:
            length_ms = await self._loop.run_in_executor(None, piece.length_ms)
            await asyncio.sleep(max(0.0, length_ms - offset_ms) / 1000 if length_ms < float("inf") else 1e9)
        self._watch, self._playings = None, []
        if self._pieces:
            self._pieces.pop(0)
            self._next()

    def _finish(self) -> None:
        if self in self._channel.plays:
            self._channel.plays.remove(self)
        if not self._done.done():
            self._done.set_result(None)
