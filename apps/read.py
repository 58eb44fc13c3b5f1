"""Read: digits into a variable."""

from dataclasses import dataclass
from typing import Annotated

from asterism.apps.playback import ANY_DIGIT, Files
from asterism.runtime.channel import Channel
from asterism.runtime.declare import Option, Unit, application
from asterism.runtime.errors import ArgumentError, Hangup


@dataclass(frozen=True)
class ReadOptions:
    """Options of Read."""

    skip: Annotated[bool, Option("s")] = False
    "Return at once unless the call is answered."
    tone: Annotated[bool, Option("i")] = False
    "The file names a tone of indications.conf."
    no_answer: Annotated[bool, Option("n")] = False
    "Read even if the call is not answered."
    terminator: Annotated[str | None, Option("t", "digits")] = "#"
    "Digits that end the number; none when nothing is in the parentheses."
    keep_terminator: Annotated[bool, Option("e")] = False
    "A terminator pressed first reads as the terminators, all of them."


@application("Read", see="SendDTMF, BackGround, WaitExten, READSTATUS")
async def read(
    chan: Channel,
    variable: str = "",
    filenames: Files | None = None,
    maxdigits: str = "",
    options: ReadOptions = ReadOptions(),
    attempts: str = "",
    timeout: Annotated[str, Unit("s")] = "",
) -> None:
    """Read digits that the caller dials into a variable.

    Args:
        variable: Its name.
        filenames: Sounds to play before, joined by `&`; the first digit stops them.
        maxdigits: Stop after so many digits, 1 to 255; 0 or nothing waits for the terminator.
        options: `s` returns at once unless answered, `n` reads unanswered, `i` plays a tone instead of a file,
            `t(digits)` sets the terminators (`#`), `e` gives the terminators when one is pressed first.
        attempts: How often to ask when nothing is dialled; 1 when left out.
        timeout: Seconds to wait for each digit, fractions allowed; otherwise TIMEOUT(response) for the first and
            TIMEOUT(digit) for the others.
    Sets: the variable, and READSTATUS: OK, TIMEOUT, SKIPPED, ERROR, HANGUP.
    Compat: app_read. Digits followed by silence are stored and the status is TIMEOUT.
    """
    if not variable:
        chan.warn("Read requires an argument (variable)")
        chan.set("READSTATUS", "ERROR")
        return
    if options.skip and not chan.is_up and not options.no_answer:
        chan.set(variable, "")
        chan.set("READSTATUS", "SKIPPED")
        return
    ends = options.terminator or ""
    most = min(_whole(maxdigits, 0), 255)
    most = most if most > 0 else 255
    seconds = _seconds(timeout)
    status, digits = "TIMEOUT", ""
    chan.set("READSTATUS", "ERROR")
    try:
        if not options.no_answer:
            await chan.answer()
        for _ in range(max(1, _whole(attempts, 1))):
            status, digits = await _attempt(chan, filenames or [], most, seconds, ends, options)
            if digits or status == "ERROR":
                break
    except Hangup:
        if chan.ended and (chan.is_up or options.no_answer):
            chan.set(variable, "")
        chan.set("READSTATUS", "HANGUP")
        if chan.ended:
            return  # Nobody can press a key in `h`, which goes on.
        raise
    chan.set(variable, digits)
    chan.set("READSTATUS", status)


async def _attempt(
    chan: Channel, filenames: list[str], most: int, seconds: float | None, ends: str, options: ReadOptions
) -> tuple[str, str]:
    """One try: the status, and what was dialled."""
    digit = ""
    if options.tone and filenames:
        try:
            chan.start_tone(filenames[0])
        except ArgumentError as error:
            chan.warn(f"Read: {error}")
    elif filenames:
        played = await chan.play(*filenames, interrupt=ANY_DIGIT)
        if played.missing:
            return "ERROR", ""
        digit = played.digit
    digits = ""
    while True:
        if not digit:
            wait = seconds if seconds is not None else chan.digit_timeout if digits else chan.response_timeout
            digit = await chan.read_digit(wait)
            chan.stop_play()
        if not digit:
            return "TIMEOUT", digits
        if digit in ends:
            return "OK", digits or (ends if options.keep_terminator else "")
        digits += digit
        digit = ""
        if len(digits) >= most:
            return "OK", digits


def _whole(text: str, otherwise: int) -> int:
    try:
        return int(text)
    except ValueError:
        return otherwise


def _seconds(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if number > 0 else None
