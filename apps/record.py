"""Record: what the caller says, into a file."""

import asyncio
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from asterism.dialplan.errors import Interrupt
from asterism.runtime import pcm, recording
from asterism.runtime.channel import Channel
from asterism.runtime.declare import Option, Unit, application
from asterism.runtime.log import escaped

ANY_DIGIT = "0123456789*#ABCD"
SILENCE_KEPT_MS = 1000
"How much of the silence that ended a recording stays in it."
INFO = "recording"
"Under this name a channel keeps what RECORDING_INFO tells."


@dataclass(frozen=True)
class RecordOptions:
    """Options of Record."""

    append: Annotated[bool, Option("a")] = False
    "Go on in a file that is there."
    no_answer: Annotated[bool, Option("n")] = False
    "Do not answer, but record anyway if the line is not yet answered."
    operator: Annotated[bool, Option("o")] = False
    "The key 0 ends it too, and RECORD_STATUS is OPERATOR then."
    quiet: Annotated[bool, Option("q")] = False
    "Do not play a beep before."
    skip: Annotated[bool, Option("s")] = False
    "Do nothing unless the call is answered."
    star: Annotated[bool, Option("t")] = False
    "The key * ends it, and not #."
    untruncated: Annotated[bool, Option("u")] = False
    "Keep the silence that ended it."
    no_keys: Annotated[bool, Option("x")] = False
    "No key ends it."
    keep: Annotated[bool, Option("k")] = False
    "Keep the file when the caller hangs up."
    any_key: Annotated[bool, Option("y")] = False
    "Any key ends it."


@application("Record", see="Playback, ControlPlayback, RECORDING_INFO, RECORD_STATUS", ends_on_bad_arguments=True)
async def record(
    chan: Channel,
    filename: str,
    silence: Annotated[str, Unit("s")] = "",
    maxduration: Annotated[str, Unit("s")] = "",
    options: RecordOptions = RecordOptions(),
) -> None:
    """Record what the caller says into a file, until a key, silence, or the time ends it.

    Args:
        filename: `name.format`, below the sounds unless it begins at the root. `%d` becomes a number that is free. The
            formats are wav, wav16, ulaw, alaw, gsm, g722, sln, sln16.
        silence: Seconds of silence that end it; 0 for none.
        maxduration: Seconds that it may last; 0 for as long as it takes.
        options: `a` appends, `n` does not answer, `o` lets 0 end it, `q` plays no beep, `s` skips it unless answered,
            `t` lets * end it instead of #, `u` keeps the last silence, `x` lets no key end it, `k` keeps the file on
            hangup, `y` lets any key end it.
    Sets: RECORDED_FILE: the name without its format. RECORD_STATUS: DTMF, SILENCE, TIMEOUT, HANGUP, SKIP, OPERATOR,
        ERROR.
    Compat: app_record. A recording that ends by a hangup is deleted unless `k` is given.
    """
    name, extension = _named(filename)
    file_format = pcm.format_of(extension)
    if not file_format:
        chan.warn(f"Record: nothing can be recorded in the format '{escaped(extension)}'")
        chan.set("RECORD_STATUS", "ERROR")
        return
    if options.skip and not chan.is_up:
        chan.set("RECORD_STATUS", "SKIP")
        return
    if not options.no_answer:
        await chan.answer()
    folder = chan.switch.directories.data
    if "%d" in name:
        name = await asyncio.get_running_loop().run_in_executor(None, _numbered, folder, name, extension)
    path = recording.path_of(folder, name, extension)
    chan.set("RECORDED_FILE", name)
    if not options.quiet:
        await chan.play("beep")
    try:
        status = await _record(chan, path, file_format, (_seconds(silence), _seconds(maxduration)), options)
    except (OSError, ValueError) as error:
        chan.warn(f"Record: {escaped(str(path))} cannot be written: {error}")
        status = "ERROR"
    chan.set("RECORD_STATUS", status)


def _named(filename: str) -> tuple[str, str]:
    """Part `name.format`, or `name:format` as of old."""
    name, dot, extension = filename.rpartition(".")
    if not dot or "/" in extension:
        name, dot, extension = filename.rpartition(":")
    return (name, extension) if dot else (filename, "")


def _numbered(folder: Path, name: str, extension: str) -> str:
    """Put the first number that is free in the place of `%d`."""
    number = 0
    while recording.path_of(folder, name.replace("%d", str(number), 1), extension).exists():
        number += 1
    return name.replace("%d", str(number), 1)


def _seconds(text: str) -> float:
    """A number of seconds; infinity for none."""
    try:
        seconds = float(text)
    except ValueError:
        return math.inf
    return seconds if seconds > 0 else math.inf


async def _record(
    chan: Channel, path: Path, file_format: str, bounds: tuple[float, float], options: RecordOptions
) -> str:
    silence_s, longest_s = bounds
    keys = "*" if options.star else "#"
    if options.any_key:
        keys = ANY_DIGIT
    elif options.no_keys:
        keys = ""
    before_ms = await recording.length_ms(path, file_format) if options.append else 0
    duration_ms = 0
    try:
        async with recording.recorded(chan, path, file_format, append=options.append) as tape:
            try:
                ended = await recording.until(
                    chan, tape, keys=keys + "0" * options.operator, longest_s=longest_s, silence_s=silence_s
                )
            finally:
                duration_ms = tape.ms
                chan.datastores[INFO] = duration_ms
    except Interrupt:
        chan.set("RECORD_STATUS", "HANGUP")
        if not options.keep:
            await recording.discard(path)
        raise
    if ended.reason == "silence":
        if not options.untruncated:
            kept_ms = max(0, duration_ms - max(0, round(silence_s * 1000) - SILENCE_KEPT_MS))
            await recording.cut(path, file_format, before_ms + kept_ms)
        return "SILENCE"
    if ended.reason == "timeout":
        return "TIMEOUT"
    return "OPERATOR" if options.operator and ended.digit == "0" else "DTMF"
