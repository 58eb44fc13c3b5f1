"""The audio of one call: what plays on it, and whom it is joined with. Python never sees a frame."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from asterism import _native as native
from asterism.runtime.driver import Audio, Playing, SoundFile, Tone
from asterism.runtime.drivers.pjsip.model import CODEC_NAMES

if TYPE_CHECKING:
    from asterism.runtime.drivers.pjsip.call import Call

TONES_MAX = 16
"""Pieces of one tone that the native generator takes."""


class CallAudio:
    """Audio of a Call; meets asterism.runtime.driver.Audio.

    What is asked for before audio flows begins when it does.
    """

    def __init__(self, call: "Call") -> None:
        self._call = call
        self.codec = ""
        "SDP's name of the codec in use; empty while there is none."
        self._partner: CallAudio | None = None
        self._linked = ""
        self._echoing: Echoing | None = None
        self._playings: dict[int, NativePlaying] = {}
        self._waiting: list[NativePlaying] = []

    @property
    def format(self) -> str:
        """Asterisk's name of the codec in use, or empty."""
        return CODEC_NAMES.get(self.codec.lower(), "")

    @property
    def relayed(self) -> bool:
        """Whether packets go to another call as they come, telephone events too."""
        return self._linked == "relay"

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
        self.link()
        return self._echoing

    def stop_echo(self) -> None:
        """End an echo; harmless without."""
        echoing, self._echoing = self._echoing, None
        if echoing is not None:
            native.unrelay(self.number)
            echoing.over.set()
            self._linked = ""
            self.link()

    def join(self, other: Audio) -> bool:
        """Relay packets between two calls, or mix them when their codecs differ; begins when both have audio."""
        if not isinstance(other, CallAudio):
            return False
        if self._partner is not other:
            self.part()
            other.part()
            self._partner, other._partner = other, self
        self.link()
        return True

    def part(self) -> None:
        """Undo `join`; harmless when alone."""
        other = self._partner
        if other is None:
            return
        self._unlink()
        self._partner = other._partner = None

    def _unlink(self) -> None:
        other = self._partner
        if self._linked == "relay":
            native.unrelay(self.number or (other.number if other else 0))
        elif self._linked == "bridge" and other is not None:
            native.disconnect(self.number, other.number)
        self._linked = ""
        if other is not None:
            other._linked = ""

    def link(self) -> None:
        """Connect what is to be connected, as far as audio flows already."""
        if not self.codec or not self.number or self._linked:
            return
        try:
            if self._echoing is not None:
                native.relay(self.number, self.number)
                self._linked = "echo"
                return
            other = self._partner
            if other is None or not other.codec or not other.number:
                return
            # A player is not heard through a relay, which passes packets by without looking at them.
            plays = self._playings or other._playings
            if not plays and native.relay(self.number, other.number):
                self._linked = other._linked = "relay"
            else:
                native.connect(self.number, other.number)
                self._linked = other._linked = "bridge"
        except native.StaleError:
            pass
        except native.NativeError as error:
            self._call.warn(f"audio could not be joined: {error}")

    def media_changed(self, codec: str) -> None:
        """Audio was negotiated: start what waited for it, follow a change of codec."""
        changed = codec != self.codec
        self.codec = codec
        if changed and self._linked == "bridge":
            self._unlink()
        if not codec:
            self._linked = ""
            if self._partner is not None:
                self._partner._linked = ""
            return
        waiting, self._waiting = self._waiting, []
        for playing in waiting:
            playing.begin()
        self.link()

    def relay_ended(self, reason: str) -> None:
        """The native relay has let go: with other codecs the bridge takes over."""
        if self._linked in ("relay", "echo"):
            self._linked = ""
            if self._partner is not None:
                self._partner._linked = ""
            if reason == "codec":
                self.link()

    def wait_for_media(self, playing: "NativePlaying") -> None:
        """Begin this when audio flows."""
        self._waiting.append(playing)

    def started(self, playing: "NativePlaying", player: int) -> None:
        """A player runs."""
        self._playings[player] = playing
        self._relink()

    def player_ended(self, player: int) -> None:
        """A player is done."""
        playing = self._playings.pop(player, None)
        if playing is not None:
            playing.over.set()
            self._relink()

    def _relink(self) -> None:
        """Mix two joined calls while something is played to one of them, relay again afterwards."""
        other = self._partner
        if other is None or self._linked not in ("relay", "bridge"):
            return
        plain = not self._playings and not other._playings and self.codec == other.codec
        if plain is not (self._linked == "relay"):
            self._unlink()
            self.link()

    def close(self) -> None:
        """The call is over: nothing plays any more."""
        self.stop_echo()
        self.part()
        for playing in (*self._playings.values(), *self._waiting):
            playing.over.set()
        self._playings.clear()
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
