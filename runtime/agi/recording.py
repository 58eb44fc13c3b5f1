"""RECORD FILE."""

import math
from pathlib import Path
from typing import TYPE_CHECKING

from asterism.dialplan.errors import Interrupt
from asterism.runtime import pcm, recording
from asterism.runtime.agi.command import Misused, agi_command
from asterism.runtime.agi.listening import beep, whole
from asterism.runtime.agi.protocol import Reply, failure, result
from asterism.runtime.log import escaped

if TYPE_CHECKING:
    from asterism.runtime.agi.conversation import Conversation


@agi_command("RECORD FILE", see="STREAM FILE")
async def record_file(
    agi: "Conversation", filename: str, format: str, escape_digits: str, timeout: str, *more: str
) -> Reply:
    """Record what the far end says: `[<offset samples>] [BEEP] [s=<seconds of silence>]` may follow.

    It ends with one of the digits, after so many milliseconds (-1: never), or after the silence. Returns the code of
    the digit or 0, in parentheses why it ended (dtmf, timeout, hangup, writefile), and as endpos the samples in the
    file. With an offset it goes on in a file that is there, from this sample on.
    """
    chan = agi.channel
    milliseconds = whole(timeout)
    offset, beeps, silence_s = _options(more)
    file_format = pcm.format_of(format)
    path = recording.path_of(chan.switch.directories.data, filename, format)
    if not file_format:
        chan.warn(f"Nothing can be recorded in the format '{escaped(format)}'")
        return failure(-1, "(writefile)")
    rate = pcm.RATES_HZ[file_format]
    try:
        if offset > 0:
            await recording.resize(path, file_format, offset * 1000 // rate)
        if beeps:
            await beep(agi)
        return await _record(agi, path, file_format, escape_digits, (offset, milliseconds, silence_s))
    except (OSError, ValueError) as error:
        chan.warn(f"{escaped(str(path))} cannot be recorded: {error}")
        return failure(-1, "(writefile)")


async def _record(
    agi: "Conversation", path: Path, file_format: str, digits: str, bounds: tuple[int, int, float]
) -> Reply:
    chan = agi.channel
    before, milliseconds, silence_s = bounds
    rate = pcm.RATES_HZ[file_format]
    ended: recording.Stopped | Interrupt
    async with recording.recorded(chan, path, file_format, append=before > 0) as tape:
        try:
            ended = await recording.until(
                chan,
                tape,
                keys=digits,
                longest_s=milliseconds / 1000 if milliseconds >= 0 else math.inf,
                silence_s=silence_s or math.inf,
            )
        except Interrupt as interrupt:
            agi.interrupted(interrupt)
            ended = interrupt
    endpos = f"endpos={before + tape.ms * rate // 1000}"
    if isinstance(ended, Interrupt):
        return failure(-1, f"(hangup) {endpos}")
    if ended.digit:
        return result(ord(ended.digit), f"(dtmf) {endpos}")
    return result(0, f"(timeout) {endpos}")


def _options(words: tuple[str, ...]) -> tuple[int, bool, float]:
    """Read what may follow: an offset, BEEP, s=seconds."""
    offset, beeps, silence_s = 0, False, 0.0
    for word in words:
        if word.lower() == "beep":
            beeps = True
        elif word.lower().startswith("s="):
            silence_s = float(max(0, whole(word[2:])))
        else:
            try:
                offset = max(0, whole(word))
            except Misused:
                continue  # Asterisk does not mind what it does not know here.
    return offset, beeps, silence_s
