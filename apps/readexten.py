"""ReadExten: the number of an extension into a variable."""

from dataclasses import dataclass
from typing import Annotated

from asterism.apps.playback import ANY_DIGIT
from asterism.runtime.channel import Channel
from asterism.runtime.declare import Option, Unit, application
from asterism.runtime.errors import ArgumentError, Hangup


@dataclass(frozen=True)
class ReadExtenOptions:
    """Options of ReadExten."""

    skip: Annotated[bool, Option("s")] = False
    "Return at once unless the call is answered."
    tone: Annotated[bool, Option("i")] = False
    "The file names a tone of indications.conf, or is one."
    no_answer: Annotated[bool, Option("n")] = False
    "Read even if the call is not answered."
    pound: Annotated[bool, Option("p")] = False
    "A number that is an extension is complete when `#` is pressed, or after silence."


@application("ReadExten", see="Read, WaitExten, READEXTENSTATUS")
async def read_exten(
    chan: Channel,
    variable: str = "",
    filename: str = "",
    context: str = "",
    option: ReadExtenOptions = ReadExtenOptions(),
    timeout: Annotated[str, Unit("s")] = "",
) -> None:
    """Read the number of an extension into a variable, and know when it is complete.

    Args:
        variable: Its name.
        filename: Sound to play before; the first digit stops it.
        context: Where the number is to be an extension; the channel's context when left out.
        option: `s` returns at once unless answered, `n` reads unanswered, `i` plays a tone instead of a file, `p`
            waits for `#`.
        timeout: Whole seconds to wait for each digit; otherwise TIMEOUT(response) for the first and TIMEOUT(digit)
            for the others.
    Sets: the variable (`i` for a number that is none, which is INVALID_EXTEN then, `t` when nothing was dialled), and
        READEXTENSTATUS: OK, INVALID, TIMEOUT, SKIP, ERROR, HANGUP.
    Compat: app_readexten.
    """
    if not variable:
        chan.warn("ReadExten requires at least one argument (variable)")
        chan.set("READEXTENSTATUS", "ERROR")
        return
    if option.skip and not chan.is_up:
        chan.set(variable, "")
        chan.set("READEXTENSTATUS", "SKIP")
        return
    try:
        if not option.no_answer:
            await chan.answer()
        digit = await _prompt(chan, filename, option.tone)
        status, digits = await _number(chan, digit, context or chan.context, option.pound, _seconds(timeout))
    except Hangup:
        chan.set("READEXTENSTATUS", "HANGUP")
        raise
    chan.set(variable, digits)
    chan.set("READEXTENSTATUS", status)


async def _prompt(chan: Channel, filename: str, is_tone: bool) -> str:
    """Play what is to be heard before; the digit that stopped it."""
    if is_tone:
        try:
            chan.start_tone(filename or "dial")
        except ArgumentError as error:
            chan.warn(f"ReadExten: {error}")
    elif filename:
        return (await chan.play(filename, interrupt=ANY_DIGIT)).digit
    return ""


async def _number(chan: Channel, digit: str, context: str, pound: bool, seconds: float) -> tuple[str, str]:
    """The status, and what the variable gets."""
    digits, caller, switch = "", chan.caller_number, chan.switch
    while True:
        if not digit:
            digit = await chan.read_digit(seconds or (chan.digit_timeout if digits else chan.response_timeout))
            chan.stop_play()
        if not digit or digit == "#":
            break
        digits, digit = digits + digit, ""
        complete = switch.extension_exists(context, digits, 1, caller)
        if not switch.extension_may_match(context, digits, caller) and not (pound and complete):
            break
    if not digits and not digit:
        return "TIMEOUT", "t"
    if digits and switch.extension_exists(context, digits, 1, caller):
        return "OK", digits
    chan.set("INVALID_EXTEN", digits)
    return "INVALID", "i"


def _seconds(text: str) -> float:
    return float(text) if text.isdigit() else 0.0
