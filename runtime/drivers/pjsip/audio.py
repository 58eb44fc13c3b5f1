"""The audio of one call: what plays on it, and whom it hears. Python never sees a frame."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Union

from asterism import _native as native
from asterism.runtime.driver import Audio, Playing, Recording, SoundFile, Tone
from asterism.runtime.drivers.pjsip.model import CODEC_NAMES
from asterism.runtime.drivers.pjsip.tapes import NativeTape

if TYPE_CHECKING:
    from asterism.runtime.drivers.pjsip.call import Call

_Link = Union[Literal["relay", "mix"], "CallAudio"]
"""How two calls are connected: packets relayed, both mixed, or only one, which is named, hears the other."""

TONES_MAX = 16
"""Pieces of one tone that the native generator takes."""


PLAIN = (1.0, 1.0)
"No change of what is said and heard."


class CallAudio:
    """Audio of a Call; meets asterism.runtime.driver.Audio.

    What is asked for before audio flows begins when it does.
    """

    def __init__(self, call: "Call") -> None:
        self._call = call
        self.codec = ""
        "SDP's name of the codec in use; empty while there is none."
        self._heard: list[CallAudio] = []
        "Whom the far end is to hear."
        self._hearers: set[CallAudio] = set()
        "Who is to hear the far end."
        self._links: dict[CallAudio, _Link] = {}
        "With whom the native part has connected it."
        self.keeps_digits = False
        "Whether telephone events are not passed on with the packets."
        self._echoing: Echoing | None = None
        self._playings: dict[int, NativePlaying] = {}
        self._waiting: list[NativePlaying | NativeTape] = []
        self._tapes: set[NativeTape] = set()
        self._gains = PLAIN
        "By what is multiplied what the far end says, and what it hears."

    @property
    def format(self) -> str:
        """Asterisk's name of the codec in use, or empty."""
        return CODEC_NAMES.get(self.codec.lower(), "")

    @property
    def relayed(self) -> bool:
        """Whether packets go to another call as they come, telephone events too."""
        return "relay" in self._links.values()

    @property
    def number(self) -> int:
        """The native number of the call; 0 when it is over."""
        return self._call.number

    def start_play(self, sound: SoundFile, *, loop: bool = False, offset_ms: int = 0) -> Playing:
        """Play a file to the far end; the disk is read in a thread."""
        return NativePlaying(self, sound=sound, loop=loop, offset_ms=offset_ms)

    def start_tone(self, tones: Sequence[Tone], *, loop: bool = True) -> Playing:
        """Play a tone to the far end."""
        pieces = [(tone.frequency1_hz, tone.frequency2_hz, tone.on_ms, tone.off_ms) for tone in tones[:TONES_MAX]]
        return NativePlaying(self, player=native.tone_open(pieces, loop=loop), loop=loop)

    def start_echo(self) -> Playing:
        """Send the far end its own packets back."""
        self.stop_echo()
        self._echoing = Echoing(self)
        self._settle()
        self._echo()
        return self._echoing

    async def record(self, path: Path | None, file_format: str = "sln", *, append: bool = False) -> Recording:
        """Write what the far end says into a file; the file is opened in a thread."""
        if path is None:
            return self.tap(-1, 8000)
        opening = asyncio.get_running_loop().run_in_executor(
            None, lambda: native.recorder_open(str(path), file_format, append=append)
        )
        return NativeTape(self, await opening)

    def tap(self, descriptor: int, rate_hz: int) -> Recording:
        """Write what the far end says into a pipe, from the media clock's own thread."""
        return NativeTape(self, native.recorder_open_pipe(descriptor, rate_hz))

    def _echo(self) -> None:
        if self.codec and self.number:
            try:
                native.relay(self.number, self.number)
            except native.StaleError:
                pass

    def stop_echo(self) -> None:
        """End an echo; harmless without."""
        echoing, self._echoing = self._echoing, None
        if echoing is not None:
            native.unrelay(self.number)
            echoing.over.set()
            self._settle()

    def keep_digits(self, on: bool) -> None:
        """Keep telephone events out of the relay, or let them through."""
        self.keeps_digits = on
        if self.number:
            native.keep_events(self.number, on)

    def hear(self, others: Sequence[Audio]) -> bool:
        """Let the far end hear other calls; begins when both sides have audio.

        The packets of two that hear each other alone are relayed as long as their codecs agree and nothing is played
        to either; all else is mixed.
        """
        known = [other for other in others if isinstance(other, CallAudio) and other is not self]
        agreed = len(known) == len(others)
        former, self._heard = self._heard, known if agreed else []
        for other in former:
            other._hearers.discard(self)
        for other in self._heard:
            other._hearers.add(self)
        self._settle(*former, *self._heard)
        for other in {*former, *self._heard}:
            if len(other._heard) == 1:  # What was relayed between two is mixed as soon as a third one hears it.
                other._settle()
        return agreed

    @property
    def _louder(self) -> bool:
        return self._gains != PLAIN

    def amplify(self, spoken: float, heard: float) -> None:
        """Make what the far end says, and what it hears, louder by these factors; 1 leaves it as it is."""
        self._gains = (spoken, heard)
        self._settle()
        self._amplify()

    def _amplify(self) -> None:
        if self.codec and self.number:
            self._call.set_gains(*self._gains)

    def _settle(self, *others: "CallAudio") -> None:
        """Connect and disconnect whom this call is to be connected with, as far as audio flows already."""
        for other in {*others, *self._links, *self._heard}:
            wanted = self._wanted(other)
            if self._links.get(other) != wanted:
                self._unlink(other)
                self._link(other, wanted)
        self._follow(*self._links, *others)

    def _wanted(self, other: "CallAudio") -> "_Link | None":
        hears, is_heard = other in self._heard, self in other._heard
        if not self.codec or not other.codec or not self.number or not other.number:
            return None
        if not (hears or is_heard) or self._echoing is not None or other._echoing is not None:
            return None
        if not (hears and is_heard):
            return self if hears else other
        alone = self._heard == [other] and other._heard == [self]
        alone = alone and self._hearers <= {other} and other._hearers <= {self}
        # A relay passes packets by without looking at them: nothing can be played or recorded there.
        plays = self._playings or other._playings or self._tapes or other._tapes or self._louder or other._louder
        return "relay" if alone and not plays and self.codec.lower() == other.codec.lower() else "mix"

    def _link(self, other: "CallAudio", wanted: "_Link | None") -> None:
        if wanted is None:
            return
        try:
            if wanted == "relay" and not native.relay(self.number, other.number):
                wanted = "mix"
            if wanted == "mix":
                native.connect(self.number, other.number)
            elif wanted != "relay":
                source = other if wanted is self else self
                native.connect(source.number, wanted.number, both=False)
            self._links[other] = other._links[self] = wanted
        except native.StaleError:
            pass
        except native.NativeError as error:
            self._call.warn(f"audio could not be joined: {error}")

    def _unlink(self, other: "CallAudio") -> None:
        link = self._links.pop(other, None)
        other._links.pop(self, None)
        if link == "relay":
            native.unrelay(self.number or other.number)
        elif link is not None:
            native.disconnect(self.number, other.number)

    def media_changed(self, codec: str) -> None:
        """Audio was negotiated: start what waited for it, follow a change of codec."""
        if codec != self.codec:
            for other, link in tuple(self._links.items()):
                if link == "relay":  # The native relay follows by itself, or tells that it has ended.
                    del self._links[other], other._links[self]
                else:
                    self._unlink(other)
        self.codec = codec
        if not codec:
            return
        if self.keeps_digits:
            native.keep_events(self.number, True)
        waiting, self._waiting = self._waiting, []
        for playing in waiting:
            playing.begin()
        if self._echoing is not None:
            self._echo()
        self._settle()
        if self._louder:
            self._amplify()

    def relay_ended(self, reason: str) -> None:
        """The native relay has let go: with other codecs the mixing bridge takes over."""
        for other, link in tuple(self._links.items()):
            if link == "relay":
                del self._links[other], other._links[self]
        if reason == "codec":
            if self._echoing is not None:
                self._echo()
            self._settle()

    def wait_for_media(self, playing: "NativePlaying | NativeTape") -> None:
        """Begin this when audio flows."""
        self._waiting.append(playing)

    def started(self, playing: "NativePlaying", player: int) -> None:
        """A player runs."""
        self._playings[player] = playing
        self._settle()

    def player_ended(self, player: int) -> None:
        """A player is done."""
        playing = self._playings.pop(player, None)
        if playing is not None:
            playing.over.set()
            self._settle()

    def sources(self) -> tuple[list[int], list[int]]:
        """The calls that the far end hears, and the players, by their native numbers."""
        return [other.number for other in self._heard if other.number and other.codec], list(self._playings)

    def _follow(self, *others: "CallAudio") -> None:
        for each in (self, *others):
            for tape in tuple(each._tapes):
                tape.follow()

    def taped(self, tape: NativeTape) -> None:
        """A recorder runs."""
        self._tapes.add(tape)
        self._settle()

    def untaped(self, tape: NativeTape) -> None:
        """A recorder is done."""
        self._tapes.discard(tape)
        self._settle()

    def close(self) -> None:
        """The call is over: nothing plays any more."""
        self.stop_echo()
        others = {*self._links, *self._heard, *self._hearers}
        for other in others:
            self._unlink(other)
            if self in other._heard:
                other._heard.remove(self)
            other._hearers.discard(self)
        self._heard, self._hearers = [], set()
        for other in others:
            other._settle()
        for playing in (*self._playings.values(), *self._waiting):
            playing.over.set()
        self._playings.clear()
        self._tapes.clear()
        self._waiting.clear()
        self.codec = ""


class Echoing:
    """The echo of a call; meets asterism.runtime.driver.Playing."""

    def __init__(self, audio: CallAudio) -> None:
        self._audio = audio
        self.over = asyncio.Event()

    async def wait(self) -> None:
        """Return when it has been stopped."""
        await self.over.wait()

    def stop(self) -> None:
        """End it now."""
        if not self.over.is_set():
            self._audio.stop_echo()


class NativePlaying:
    """A sound or tone on its way; meets asterism.runtime.driver.Playing."""

    def __init__(
        self,
        audio: CallAudio,
        *,
        sound: SoundFile | None = None,
        player: int = 0,
        loop: bool = False,
        offset_ms: int = 0,
    ) -> None:
        self._audio = audio
        self._player = player
        self._started = False
        self.over = asyncio.Event()
        self._opening: asyncio.Future[int] | None = None
        if sound is None:
            self.begin()
            return
        self._sound = sound
        self._opening = asyncio.get_running_loop().run_in_executor(
            None, lambda: native.player_open(str(sound.path), sound.format, loop=loop, offset_ms=offset_ms)
        )
        self._opening.add_done_callback(self._opened)

    def _opened(self, opening: "asyncio.Future[int]") -> None:
        if opening.cancelled():
            self.over.set()
            return
        error = opening.exception()
        if error is not None:
            self._audio._call.warn(f"{self._sound.path} cannot be played: {error}")
            self.over.set()
            return
        self._player = opening.result()
        self.begin()

    def begin(self) -> None:
        """Start, or wait until audio flows."""
        audio = self._audio
        if self.over.is_set() or not audio.number:
            native.player_stop(self._player)
            self.over.set()
            return
        if not audio.codec:
            audio.wait_for_media(self)
            return
        try:
            native.player_start(self._player, audio.number)
        except (native.StaleError, native.NativeError):
            native.player_stop(self._player)
            self.over.set()
            return
        self._started = True
        audio.started(self, self._player)

    async def wait(self) -> None:
        """Return when it has been played to its end, or stopped."""
        await self.over.wait()

    def stop(self) -> None:
        """End it now; harmless when it is over."""
        if self.over.is_set():
            return
        self.over.set()
        if self._player:
            native.player_stop(self._player)
            self._audio.player_ended(self._player)
