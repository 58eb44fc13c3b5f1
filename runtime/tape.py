"""Recording without a media stack: sounds that are heard for a while, put together into a file when it ends.

Nothing ticks: what is heard is known as sounds with a beginning and an end, so a recording is a list of pieces, and
how long it has been silent is looked up in the loudness of the sound that is heard.
"""

import array
import asyncio
import contextlib
import math
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from asterism.runtime import pcm
from asterism.runtime.driver import Audio, Playing, SoundFile, Tone
from asterism.runtime.sounds import duration_ms

SILENCE_LEVEL = 256
"Mean amplitude of a frame that is not silent any more: Asterisk's dsp.conf."
FRAME_MS = pcm.FRAME_MS
_VOICE = 6000
"Amplitude of a voice, or a tone, of which no more is known."
PUMP_S = 0.1
"How often what is heard is handed to a program that listens."


@lru_cache(maxsize=256)
def _loudness(path: Path, file_format: str, changed_ns: int) -> "array.array[int] | None":
    """The mean amplitude of each frame; None when the sound cannot be read."""
    try:
        samples = pcm.read(SoundFile(path, file_format), 8000)
    except (OSError, ValueError):
        return None
    per_frame = 8000 * FRAME_MS // 1000
    return array.array(
        "H", (sum(map(abs, samples[at : at + per_frame])) // per_frame for at in range(0, len(samples), per_frame))
    )


def loudness(sound: SoundFile) -> "array.array[int] | None":
    """The mean amplitude of each frame of a sound. Looks at the disk."""
    try:
        return _loudness(sound.path, sound.format, sound.path.stat().st_mtime_ns)
    except OSError:
        return None


@dataclass(eq=False)
class Piece:
    """Something that was heard.

    Args:
        sound: The file; None for a voice or a tone.
        from_ms: Where in it that began.
        began_s: When, by the loop's clock.
        ended_s: When it ended; infinity while it is heard.
    """

    sound: SoundFile | None
    from_ms: int
    began_s: float
    ended_s: float = math.inf
    loud: "array.array[int] | None" = None
    whole: "Piece | None" = None

    @property
    def origin(self) -> "Piece":
        """The piece that this one is a part of."""
        return self.whole or self

    def later(self, now: float, skipped_ms: int) -> "Piece":
        """The part of it from now on."""
        return replace(self, from_ms=self.from_ms + skipped_ms, began_s=now, whole=self.origin)

    def until(self, now: float) -> "Piece":
        """The part of it up to now."""
        return replace(self, ended_s=now, whole=self.origin)


class Sounding:
    """A sound on its way to a listener. Meets driver.Playing.

    Args:
        length_s: How long it lasts.
        ended: Called at its end.
    """

    def __init__(self, length_s: float, ended: Callable[[], None]) -> None:
        loop = asyncio.get_running_loop()
        self._ended = ended
        self._done: asyncio.Future[None] = loop.create_future()
        self._timer = loop.call_later(length_s, self.stop) if length_s < math.inf else None

    async def wait(self) -> None:
        """Return when it has been heard to its end, or stopped."""
        await asyncio.shield(self._done)

    def stop(self) -> None:
        """End it now; harmless when it is over."""
        if self._done.done():
            return
        if self._timer is not None:
            self._timer.cancel()
        self._ended()
        self._done.set_result(None)


class Ear:
    """What listens where no driver has audio. Meets driver.Audio, so that whatever plays can be played to it."""

    def __init__(self) -> None:
        self.tapes: list[Tape] = []
        self.sounding: list[Piece] = []

    def hear_piece(self, sound: SoundFile | None, offset_ms: int, length_s: float) -> Sounding:
        """Something begins to be heard."""
        piece = Piece(sound, offset_ms, asyncio.get_running_loop().time())
        self.sounding.append(piece)
        for tape in self.tapes:
            tape.began(piece)
        return Sounding(length_s, lambda: self._ended(piece))

    def _ended(self, piece: Piece) -> None:
        piece.ended_s = asyncio.get_running_loop().time()
        if piece in self.sounding:
            self.sounding.remove(piece)

    def start_play(self, sound: SoundFile, *, loop: bool = False, offset_ms: int = 0) -> Playing:
        """Hear a file."""
        length_s = math.inf if loop else max(0, duration_ms(sound) - offset_ms) / 1000
        return self.hear_piece(sound, offset_ms, length_s)

    def start_tone(self, tones: Sequence[Tone], *, loop: bool = True) -> Playing:
        """Hear a tone."""
        length_s = math.inf if loop else sum(tone.on_ms + tone.off_ms for tone in tones) / 1000
        return self.hear_piece(None, 0, length_s)

    def keep_digits(self, on: bool) -> None:
        """It hears no keys."""

    def start_echo(self) -> Playing:
        """There is nothing that comes back."""
        return Sounding(math.inf, lambda: None)

    def hear(self, others: Sequence[Audio]) -> bool:
        """It hears what is played to it, and nobody else."""
        return not others

    async def record(self, path: Path | None, file_format: str = "sln", *, append: bool = False) -> "Tape":
        """Begin to write down what is heard."""
        return await Tape.begin(self, path, file_format, append=append)

    def tap(self, descriptor: int, rate_hz: int) -> "Tape":
        """Begin to write what is heard into a pipe."""
        return Tape.into(self, descriptor, rate_hz)


class Speaker:
    """The half of a driver.Audio that records, for a far end that is heard as pieces: a phone in memory."""

    def __init__(self) -> None:
        self.mouth = Ear()
        "What the far end says is heard here."

    async def record(self, path: Path | None, file_format: str = "sln", *, append: bool = False) -> "Tape":
        """Write down what the far end says."""
        return await Tape.begin(self.mouth, path, file_format, append=append, gapless=True)

    def tap(self, descriptor: int, rate_hz: int) -> "Tape":
        """Hand what the far end says to a program."""
        return Tape.into(self.mouth, descriptor, rate_hz, gapless=True)


class Tape:
    """A recording. Meets driver.Recording.

    Args:
        ear: What hears.
        path: The file; None for nothing but listening.
        file_format: Its format.
        append: Behind what is in the file already.
        gapless: Time in which nothing is heard counts too, as with a phone; a Local channel sends nothing then.
        descriptor: A pipe to write to meanwhile; -1 for none.
    """

    def __init__(
        self,
        ear: Ear,
        path: Path | None,
        file_format: str,
        *,
        append: bool = False,
        gapless: bool = False,
        descriptor: int = -1,
    ) -> None:
        self._ear, self._path, self._format, self._append = ear, path, file_format, append
        self._gapless, self._descriptor = gapless, descriptor
        self._loop = asyncio.get_running_loop()
        self._began_s = self._loop.time()
        self._ended_s = math.inf
        self._pieces: list[Piece] = []
        self._looking: set[asyncio.Future[array.array[int] | None]] = set()
        self._others: list[Ear] = []
        self._pump: asyncio.TimerHandle | None = None
        self._pumped_ms = 0
        self._told = 0
        "Frames whose level was told."

    @classmethod
    async def begin(
        cls, ear: Ear, path: Path | None, file_format: str, *, append: bool = False, gapless: bool = False
    ) -> "Tape":
        """Make the file, so that what is wrong with it is known at once, and begin.

        Raises:
            OSError: The file cannot be written.
            ValueError: The format cannot be written here.
        """
        tape = cls(ear, path, file_format, append=append, gapless=gapless)
        if path is not None:
            empty = array.array("h")
            await tape._loop.run_in_executor(None, lambda: pcm.write(path, file_format, empty, append=append))
        tape.start()
        return tape

    @classmethod
    def into(cls, ear: Ear, descriptor: int, rate_hz: int, *, gapless: bool = False) -> "Tape":
        """Begin to write what is heard into a pipe."""
        tape = cls(ear, None, "sln" if rate_hz == 8000 else "sln16", gapless=gapless, descriptor=descriptor)
        tape.start()
        return tape

    def start(self) -> None:
        """Begin to listen."""
        self._began_s = self._loop.time()
        self._attach(self._ear)
        if self._descriptor >= 0:
            self._pump = self._loop.call_later(PUMP_S, self._hand_over)

    def began(self, piece: Piece) -> None:
        """Something begins to be heard."""
        self._pieces.append(piece)
        if piece.sound is not None and piece.loud is None:
            looking = self._loop.run_in_executor(None, loudness, piece.sound)
            self._looking.add(looking)
            looking.add_done_callback(lambda done: self._looked(piece, done))

    def _looked(self, piece: Piece, done: "asyncio.Future[array.array[int] | None]") -> None:
        self._looking.discard(done)
        if not done.cancelled() and done.exception() is None:
            piece.loud = done.result()

    def hear(self, says: bool, hears: bool) -> None:
        """Record what is said; what is heard at the other side is another ear's: see `attach`."""
        self._detach(self._ear)
        if says:
            self._attach(self._ear)

    def attach(self, ear: Ear) -> None:
        """Hear by another ear too."""
        self._others.append(ear)
        self._attach(ear)

    def _attach(self, ear: Ear) -> None:
        if self not in ear.tapes:
            ear.tapes.append(self)
            now = self._loop.time()
            for piece in ear.sounding:
                skipped_ms = round((now - piece.began_s) * 1000)
                self.began(piece if piece.began_s >= now else piece.later(now, skipped_ms))

    def _detach(self, ear: Ear) -> None:
        if self in ear.tapes:
            ear.tapes.remove(self)
            now = self._loop.time()
            for at, piece in enumerate(self._pieces):
                if piece.ended_s == math.inf and piece.origin in ear.sounding:
                    self._pieces[at] = piece.until(now)

    def pause(self, on: bool) -> None:
        """Write nothing for a while."""
        for ear in (self._ear, *self._others):
            (self._detach if on else self._attach)(ear)

    # --- its length, and its silence ----------------------------------------------------------

    def _spans(self) -> "list[tuple[Piece, int, int, int]]":
        """Each piece: where it begins on the tape, from where in the sound, and how long, all in milliseconds."""
        now = min(self._loop.time(), self._ended_s)
        found: list[tuple[Piece, int, int, int]] = []
        end_ms, end_s = 0, self._began_s
        for piece in self._pieces:
            began_s, ended_s = max(piece.began_s, self._began_s), min(piece.ended_s, piece.origin.ended_s, now)
            length_ms = max(0, round((ended_s - began_s) * 1000))
            # Where nothing is heard the tape stands still, unless time without a sound counts too.
            start_ms = end_ms - round(max(0.0, end_s - began_s) * 1000)
            if self._gapless:
                start_ms = round((began_s - self._began_s) * 1000)
            end_ms, end_s = max(end_ms, start_ms + length_ms), max(end_s, ended_s)
            found.append((piece, start_ms, piece.from_ms + round((began_s - piece.began_s) * 1000), length_ms))
        return found

    @property
    def ms(self) -> int:
        """How much has been recorded."""
        if self._gapless:
            length_ms = round((min(self._loop.time(), self._ended_s) - self._began_s) * 1000)
        else:
            length_ms = max((start + length for _, start, _, length in self._spans()), default=0)
        return length_ms // FRAME_MS * FRAME_MS

    @property
    def silent_ms(self) -> int:
        """For how long nothing was heard, up to now."""
        last = 0
        for piece, start_ms, from_ms, length_ms in self._spans():
            if piece.loud is None:
                last = max(last, start_ms + (0 if _is_silence(piece) else length_ms))
                continue
            first, after = from_ms // FRAME_MS, (from_ms + length_ms) // FRAME_MS
            loud = piece.loud[first:after]
            end = next((at for at in range(len(loud) - 1, -1, -1) if loud[at] >= SILENCE_LEVEL), -1)
            if end >= 0:
                last = max(last, start_ms + (first + end + 1) * FRAME_MS - from_ms)
        return max(0, self.ms - last)

    def levels(self) -> list[int]:
        """The mean amplitude of each frame since it was asked last."""
        if self._looking:
            return []
        first, after = self._told, self.ms // FRAME_MS
        found, self._told = [0] * (after - first), max(first, after)
        for piece, start_ms, from_ms, length_ms in self._spans():
            began, ends = start_ms // FRAME_MS, (start_ms + length_ms) // FRAME_MS
            for frame in range(max(first, began), min(after, ends)):
                found[frame - first] = max(found[frame - first], _level(piece, from_ms // FRAME_MS + frame - began))
        return found

    # --- the end ----------------------------------------------------------------------------------

    async def stop(self) -> None:
        """End it; the file is complete then."""
        if self._ended_s < math.inf:
            return
        self._ended_s = self._loop.time()
        for ear in (self._ear, *self._others):
            self._detach(ear)
        if self._pump is not None:
            self._pump.cancel()
        path = self._path
        if path is not None:
            spans, length_ms = self._spans(), self.ms
            await asyncio.shield(
                self._loop.run_in_executor(
                    None, lambda: pcm.write(path, self._format, self._mixed(spans, length_ms), append=self._append)
                )
            )

    def _mixed(self, spans: "list[tuple[Piece, int, int, int]]", length_ms: int) -> "array.array[int]":
        rate = pcm.RATES_HZ[self._format]
        found = array.array("h")
        for piece, start_ms, from_ms, piece_ms in spans:
            samples = _samples(piece, rate, from_ms * rate // 1000, piece_ms * rate // 1000)
            pcm.mix(found, samples, start_ms * rate // 1000)
        wanted = length_ms * rate // 1000
        del found[wanted:]
        found.extend(array.array("h", bytes(2 * (wanted - len(found)))))
        return found

    def _hand_over(self) -> None:
        """Write what was heard lately into the pipe; what it has no room for is lost."""
        self._pump = self._loop.call_later(PUMP_S, self._hand_over)
        now_ms, last_ms = self.ms // FRAME_MS * FRAME_MS, self._pumped_ms
        if now_ms <= last_ms:
            return
        rate = pcm.RATES_HZ[self._format]
        lately = [
            (piece, max(0, start - last_ms), from_ms + max(0, last_ms - start), length - max(0, last_ms - start))
            for piece, start, from_ms, length in self._spans()
            if start + length > last_ms
        ]
        heard = self._mixed(lately, now_ms - last_ms).tobytes()
        self._pumped_ms = now_ms
        per_frame = rate * FRAME_MS // 1000 * 2
        with contextlib.suppress(OSError):
            for at in range(0, len(heard), per_frame):
                os.write(self._descriptor, heard[at : at + per_frame])


def _level(piece: Piece, frame: int) -> int:
    """The mean amplitude of a frame of a piece; a voice or a tone is loud."""
    if piece.loud is None:
        return 0 if piece.sound is not None else _VOICE
    return piece.loud[frame] if frame < len(piece.loud) else 0


def _is_silence(piece: Piece) -> bool:
    return piece.sound is not None and piece.sound.path.parent.name == "silence"


def _samples(piece: Piece, rate_hz: int, first: int, count: int) -> "array.array[int]":
    """So many samples of a piece, silent behind its end; a voice or a tone is a hum."""
    found = array.array("h")
    if piece.sound is None:
        period = rate_hz // 400
        wave_form = array.array("h", (_VOICE if at < period // 2 else -_VOICE for at in range(period)))
        found = (wave_form * (count // period + 2))[first % period :][:count]
    else:
        with contextlib.suppress(OSError, ValueError):
            found = pcm.read(piece.sound, rate_hz)[first : first + count]
    found.extend(array.array("h", bytes(2 * (count - len(found)))))
    return found
