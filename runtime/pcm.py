"""Sound files as samples, and samples as sound files: what recordings are made of where no driver makes them.

Plain samples and wav need nothing; every other encoding is PJSIP's.
"""

import array
import os
import struct
import sys
import wave
from pathlib import Path
from typing import Any

from asterism.runtime.driver import SoundFile

FRAME_MS = 20

RATES_HZ = {
    "wav": 8000, "wav16": 16000, "sln": 8000, "sln16": 16000, "ulaw": 8000, "alaw": 8000, "gsm": 8000, "g722": 16000,
}  # fmt: skip
"What can be recorded, and how many samples a second it has."

_ALIASES = {
    "slin": "sln", "raw": "sln", "slin16": "sln16", "ul": "ulaw", "mu": "ulaw", "ulw": "ulaw", "pcm": "ulaw",
    "al": "alaw", "alw": "alaw",
}  # fmt: skip
"Other names for them, as Asterisk knows them."

_BYTES_PER_SECOND = {"ulaw": 8000, "alaw": 8000, "gsm": 1650, "g722": 8000}
_WAV_HEADER = 44


def format_of(extension: str) -> str:
    """The format that a file's extension stands for; empty when nothing can be recorded in it."""
    name = _ALIASES.get(extension.lower(), extension.lower())
    return name if name in RATES_HZ else ""


def read(sound: SoundFile, rate_hz: int) -> "array.array[int]":
    """The samples of a sound at this rate. Looks at the disk.

    Raises:
        OSError: The file cannot be read.
        ValueError: It is no such sound, or only PJSIP could read it and is not installed.
    """
    if sound.format == "sln" and rate_hz == 8000:
        return _array(sound.path.read_bytes())
    if sound.format == "wav":
        try:
            with wave.open(str(sound.path)) as opened:
                if (opened.getframerate(), opened.getsampwidth(), opened.getnchannels()) == (rate_hz, 2, 1):
                    return _array(opened.readframes(opened.getnframes()))
        except (wave.Error, EOFError) as error:
            raise ValueError(f"{sound.path}: {error}") from None
    found = array.array("h")
    found.frombytes(_native().sound_samples(str(sound.path), sound.format, rate_hz))
    return found


def _array(little_endian: bytes) -> "array.array[int]":
    found = array.array("h", little_endian[: len(little_endian) // 2 * 2])
    if sys.byteorder == "big":
        found.byteswap()
    return found


def _native() -> Any:
    try:
        from asterism import _native as native
    except ImportError:
        raise ValueError("sounds of this format need asterism[sip]") from None
    return native


def write(path: Path, file_format: str, samples: "array.array[int]", *, append: bool = False) -> None:
    """Write samples of the format's own rate into a file, or behind what is in it. Looks at the disk.

    Raises:
        OSError: The file cannot be written.
        ValueError: Only PJSIP could write it, and is not installed.
    """
    if file_format in ("sln", "sln16"):
        with path.open("ab" if append else "wb") as file:
            file.write(_bytes(samples))
    elif file_format in ("wav", "wav16"):
        before = path.read_bytes()[_WAV_HEADER:] if append and path.exists() else b""
        with path.open("wb") as plain, wave.open(plain, "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATES_HZ[file_format])
            file.writeframes(before + _bytes(samples))
    else:
        native = _native()
        recorder = native.recorder_open(str(path), file_format, append=append)
        try:
            native.recorder_feed(recorder, samples.tobytes())
        finally:
            native.recorder_stop(recorder)


def _bytes(samples: "array.array[int]") -> bytes:
    if sys.byteorder == "big":
        samples = array.array("h", samples)
        samples.byteswap()
    return samples.tobytes()


def truncate(path: Path, file_format: str, keep_ms: int) -> None:
    """Cut a recording to its first milliseconds, in whole frames; a shorter one stays as it is. Looks at the disk."""
    frames = max(0, keep_ms) // FRAME_MS
    wav = file_format.startswith("wav")
    rate = _BYTES_PER_SECOND.get(file_format, RATES_HZ[file_format] * 2)
    size = frames * FRAME_MS * rate // 1000 + (_WAV_HEADER if wav else 0)
    if path.stat().st_size <= size:
        return
    os.truncate(path, size)
    if wav:
        with path.open("r+b") as file:
            file.seek(4)
            file.write(struct.pack("<I", size - 8))
            file.seek(_WAV_HEADER - 4)
            file.write(struct.pack("<I", size - _WAV_HEADER))


def mix(into: "array.array[int]", samples: "array.array[int]", at: int) -> None:
    """Add samples to others from a place on; what is beyond their end makes them longer."""
    if at > len(into):
        into.extend(array.array("h", bytes(2 * (at - len(into)))))
    common = min(len(into) - at, len(samples))
    for index in range(common):
        into[at + index] = max(-32768, min(32767, into[at + index] + samples[index]))
    into.extend(samples[common:])
