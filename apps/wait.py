"""Waiting: for time to pass, for a digit, for the number of an extension."""

import asyncio
from dataclasses import dataclass
from typing import Annotated

from asterism.dialplan.scope import Dialled, NoDigits
from asterism.runtime import music
from asterism.runtime.channel import Channel
from asterism.runtime.declare import Option, Seconds, Unit, application
from asterism.runtime.errors import ArgumentError


@application("Wait", see="WaitExten, WaitDigit")
async def wait(chan: Channel, seconds: Seconds = 0.0) -> None:
    """Wait for some seconds.

    Args:
        seconds: How long; fractions are allowed.
    Compat: pbx_builtins. No number, or none above zero, does not wait. Digits that come meanwhile stay for
    WaitExten, Read and BackGround.
    """
    if seconds > 0:
        await chan.wait(seconds)


@dataclass(frozen=True)
class WaitExtenOptions:
    """Options of WaitExten."""

    music: Annotated[str | None, Option("m", "class")] = None
    "Play music meanwhile; the class in parentheses, or the channel's own."
    dialtone: Annotated[str | None, Option("d", "tone")] = None
    "Play a tone meanwhile; dial tone when none is named."


@application("WaitExten", see="BackGround, TIMEOUT")
async def wait_exten(
    chan: Channel,
    seconds: Annotated[str, Unit("s")] = "",
    options: WaitExtenOptions = WaitExtenOptions(),
) -> Dialled | NoDigits:
    """Wait until the caller dials an extension, and go there.

    Args:
        seconds: How long to wait for the first digit; TIMEOUT(response) when left out.
        options: `m(class)` plays music, `d(tone)` a tone.
    Compat: pbx_builtins. When nothing is dialled the next priority runs if there is one, else extension `t`,
        else the call ends.
    """
    _entertain(chan, options)
    try:
        digit = await chan.read_digit(_seconds(seconds, chan.response_timeout))
    finally:
        chan.stop_play()
        music.stop(chan)
    return Dialled(digit) if digit else NoDigits()


def _entertain(chan: Channel, options: WaitExtenOptions) -> None:
    if options.music is not None:
        music.start(chan, options.music)
    elif options.dialtone is not None:
        try:
            chan.start_tone(options.dialtone or "dial")
        except ArgumentError as error:
            chan.warn(f"WaitExten: {error}")


@application("WaitDigit", see="Wait, WaitExten")
async def wait_digit(chan: Channel, seconds: Annotated[str, Unit("s")] = "", digits: str = "0123456789*#ABCD") -> None:
    """Wait until the caller presses one of some keys.

    Args:
        seconds: How long to wait; for ever when left out.
        digits: The keys that count; others are taken and forgotten.
    Sets: WAITDIGITSTATUS (DTMF, TIMEOUT, ERROR) and, with DTMF, WAITDIGITRESULT.
    Compat: pbx_builtins.
    """
    try:
        left = float(seconds) if seconds else float("inf")
        wrong = not left >= 0
    except ValueError:
        wrong = True
    if wrong:
        chan.warn(f"WaitDigit: {seconds!r} is no number of seconds")
        chan.set("WAITDIGITSTATUS", "ERROR")
        return
    loop = asyncio.get_running_loop()
    deadline, accepted = loop.time() + left, digits.upper()
    while (digit := await chan.read_digit(deadline - loop.time())) and digit not in accepted:
        pass
    if digit:
        chan.set("WAITDIGITRESULT", digit)
    chan.set("WAITDIGITSTATUS", "DTMF" if digit else "TIMEOUT")


def _seconds(text: str, otherwise: float) -> float:
    try:
        number = float(text)
    except ValueError:
        return otherwise
    return number if number > 0 else otherwise
