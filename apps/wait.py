"""Waiting: for time to pass, for a moment, for a digit, for the number of an extension."""

import asyncio
import re
from dataclasses import dataclass
from typing import Annotated

from asterism.dialplan.scope import Dialled, NoDigits
from asterism.runtime import music, timelen
from asterism.runtime.channel import Channel
from asterism.runtime.declare import Option, Unit, application
from asterism.runtime.errors import ArgumentError, Hangup

_EPOCH = re.compile(r"\s*([+-]?\d{1,15}(?:\.\d*)?)", re.ASCII)


@application("Wait", see="WaitExten, WaitDigit")
async def wait(chan: Channel, seconds: Annotated[str, Unit("s")] = "") -> None:
    """Wait for some seconds.

    Args:
        seconds: How long; fractions are allowed, and a unit behind it: h, m, s, ms.
    Compat: pbx_builtins. No length of time, or none above zero, does not wait. Digits that come meanwhile stay for
    WaitExten, Read and BackGround.
    """
    length = timelen.seconds(seconds) if seconds else 0.0
    if length is None:
        chan.warn(f"Wait: '{seconds}' is no length of time")
    elif length > 0:
        await chan.wait(length)


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
        seconds: How long to wait for the first digit, as for Wait; TIMEOUT(response) when left out.
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
        seconds: How long to wait, as for Wait; for ever when left out.
        digits: The keys that count; others are taken and forgotten.
    Sets: WAITDIGITSTATUS (DTMF, TIMEOUT, ERROR, CANCEL when the call ends meanwhile) and, with DTMF, WAITDIGITRESULT.
    Compat: pbx_builtins.
    """
    left = timelen.seconds(seconds) if seconds else float("inf")
    if left is None or left < 0:
        chan.warn(f"WaitDigit: '{seconds}' is no length of time")
        chan.set("WAITDIGITSTATUS", "ERROR")
        return
    loop = asyncio.get_running_loop()
    deadline, accepted = loop.time() + left, digits.upper()
    try:
        while (digit := await chan.read_digit(deadline - loop.time())) and digit not in accepted:
            pass
    except Hangup:
        chan.set("WAITDIGITSTATUS", "CANCEL")
        raise
    if digit:
        chan.set("WAITDIGITRESULT", digit)
    chan.set("WAITDIGITSTATUS", "DTMF" if digit else "TIMEOUT")


@application("WaitUntil", see="Wait, WaitForCondition, EPOCH")
async def wait_until(chan: Channel, epoch: str = "") -> None:
    """Wait until a moment.

    Args:
        epoch: The moment, in seconds since the epoch, fractions allowed; `$[${EPOCH}+5]` is in five seconds.
    Sets: WAITUNTILSTATUS: OK, FAILURE when that is no number, PAST when it is over, HANGUP.
    Compat: app_waituntil. Asterisk waits for ever, as a rule, for a moment in the past that has no fraction.
    """
    found = _EPOCH.match(epoch)
    if found is None:
        chan.warn("WaitUntil requires an argument (epoch)" if not epoch else f"WaitUntil: '{epoch}' is no time")
        chan.set("WAITUNTILSTATUS", "FAILURE")
        return
    left = float(found[1]) - chan.now()
    if left < 0:
        chan.notice(f"WaitUntil called in the past (now {int(chan.now())}, arg {found[1]})")
        chan.set("WAITUNTILSTATUS", "PAST")
        return
    try:
        await chan.wait(left)
    except Hangup:
        chan.set("WAITUNTILSTATUS", "HANGUP")
        raise
    chan.set("WAITUNTILSTATUS", "OK")


def _seconds(text: str, otherwise: float) -> float:
    length = timelen.seconds(text) or 0.0
    return length if length > 0 else otherwise
