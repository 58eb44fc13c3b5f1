"""Recording what is heard on a channel: into a file until something ends it, or only to know whether somebody talks."""

import array
import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from asterism.runtime import media, pcm
from asterism.runtime.driver import Digit, Recording, SoundFile
from asterism.runtime.errors import ArgumentError
from asterism.runtime.mailbox import stirred
from asterism.runtime.sounds import duration_ms

if TYPE_CHECKING:
    from asterism.runtime.channel import Channel

LOOK_S = 0.1
"How often a recording that waits for silence looks whether it has come."


@dataclass(frozen=True, slots=True)
class Stopped:
    """Why a recording ended: `dtmf` with the key, `silence`, or `timeout`."""

    reason: str
    digit: str = ""


@asynccontextmanager
async def recorded(
    channel: "Channel", path: Path | None, file_format: str = "sln", *, append: bool = False
) -> AsyncIterator[Recording]:
    """Record what whoever is behind a channel says; the file is complete behind the block, however that ends.

    Args:
        channel: Whom to listen to.
        path: The file, with its extension; None only listens.
        file_format: One of `asterism.runtime.pcm.RATES_HZ`.
        append: Behind what is in the file.

    Raises:
        OSError: The file cannot be written.
        ValueError: Nothing can be recorded in this format here.
    """
    found = media.audio_beyond(channel)
    recording = await found.record(path, file_format, append=append)
    try:
        yield recording
    finally:
        await asyncio.shield(asyncio.ensure_future(recording.stop()))
        media.deafen(channel)


async def until(
    channel: "Channel",
    recording: Recording,
    *,
    keys: str = "",
    longest_s: float = math.inf,
    silence_s: float = math.inf,
) -> Stopped:
    """Wait until a recording should end.

    Args:
        channel: Whose keys count.
        recording: What is recorded.
        keys: Keys that end it; others are lost.
        longest_s: How long it may last.
        silence_s: How long it may be silent.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + longest_s
    while True:
        while (event := channel.take(Digit)) is not None:
            if event.digit in keys:
                return Stopped("dtmf", event.digit)
        if silence_s < math.inf and recording.silent_ms >= silence_s * 1000:
            return Stopped("silence")
        now = loop.time()
        if now >= deadline:
            return Stopped("timeout")
        look = min(deadline, now + LOOK_S) if silence_s < math.inf else deadline
        await stirred((channel,), look)


@dataclass(frozen=True, slots=True)
class Recorded:
    """What came of recording: why it ended (`dtmf` with the key, `silence`, `timeout`), and how long it is."""

    reason: str
    digit: str
    ms: int


async def record(
    channel: "Channel",
    path: Path,
    *,
    keys: str = "#",
    longest_s: float = math.inf,
    silence_s: float = math.inf,
    append: bool = False,
) -> Recorded:
    """Record until something ends it; see `Channel.record`."""
    file_format = pcm.format_of(path.suffix.removeprefix("."))
    if not file_format:
        raise ArgumentError(f"nothing can be recorded in the format '{path.suffix}'")
    try:
        async with recorded(channel, path, file_format, append=append) as tape:
            ended = await until(channel, tape, keys=keys, longest_s=longest_s, silence_s=silence_s)
            length_ms = tape.ms
    except ValueError as error:
        raise ArgumentError(str(error)) from None
    return Recorded(ended.reason, ended.digit, length_ms)


def path_of(folder: Path, name: str, extension: str) -> Path:
    """Where a recording goes: a name is meant below the sounds unless it begins at the root."""
    return folder / "sounds" / f"{name}.{extension}"


async def length_ms(path: Path, file_format: str) -> int:
    """How long what is in a file already lasts; 0 when there is none."""
    known = "wav" if file_format == "wav16" else file_format
    return await asyncio.get_running_loop().run_in_executor(None, duration_ms, SoundFile(path, known))


async def cut(path: Path, file_format: str, keep_ms: int) -> None:
    """Keep the first milliseconds of a recording."""
    await asyncio.get_running_loop().run_in_executor(None, pcm.truncate, path, file_format, keep_ms)


async def resize(path: Path, file_format: str, length_ms: int) -> None:
    """Make a recording so long, with silence behind it where it is shorter."""

    def work() -> None:
        there_ms = duration_ms(SoundFile(path, "wav" if file_format == "wav16" else file_format))
        if there_ms >= length_ms:
            pcm.truncate(path, file_format, length_ms)
        else:
            count = (length_ms - there_ms) * pcm.RATES_HZ[file_format] // 1000
            pcm.write(path, file_format, array.array("h", bytes(2 * count)), append=True)

    await asyncio.get_running_loop().run_in_executor(None, work)


async def discard(path: Path) -> None:
    """Delete a recording."""
    await asyncio.get_running_loop().run_in_executor(None, lambda: path.unlink(missing_ok=True))
