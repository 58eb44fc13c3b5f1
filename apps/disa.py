"""DISA: a dial tone for those who know the password."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, NoReturn

from asterism.dialplan.scope import Jump
from asterism.runtime import callerid
from asterism.runtime.channel import Channel
from asterism.runtime.declare import Option, application
from asterism.runtime.errors import ArgumentError, Hangup

_NO_PASSWORD = "no-password"
_FIRST_S, _NEXT_S = 20.0, 10.0
_MOST = 79


@dataclass(frozen=True)
class DisaOptions:
    """Options of DISA."""

    no_answer: Annotated[bool, Option("n")] = False
    "Do not answer the call first."
    pound: Annotated[bool, Option("p")] = False
    "`#` ends the number, and nothing else but silence does."


@application("DISA", see="Authenticate, ReadExten, WaitExten")
async def disa(
    chan: Channel,
    passcode: str = "",
    context: str = "disa",
    cid: str = "",
    mailbox: str = "",
    options: DisaOptions = DisaOptions(),
) -> Jump | None:
    """Give a caller from outside a dial tone, and go to the extension that he dials.

    Whoever gets there can call what that context can call: be careful which one it is.

    Args:
        passcode: What he has to dial before, followed by `#`; `no-password` for nothing; or a file, each line of which
            is a passcode, and behind commas the context, cid, and mailbox for it.
        context: Where he may dial.
        cid: His caller id from then on.
        mailbox: Accepted for Asterisk's sake; new messages there do not change the tone yet.
        options: `n` does not answer, `p` waits for `#` behind the number.
    Compat: app_disa. A number that cannot become an extension goes to `i`, with INVALID_EXTEN; a wrong passcode, or
        silence, hears congestion, and the call ends.
    """
    if not passcode:
        chan.warn("DISA requires an argument (passcode/passcode file)")
        raise Hangup(0)
    if not options.no_answer:
        await chan.answer()
    _tone(chan, "dial")
    if passcode.lower() != _NO_PASSWORD:
        dialled = await chan.read_digits(_MOST, first_s=_first(chan), next_s=_next(chan))
        found = await _allowed(chan, passcode, dialled, [context, cid])
        if found is None:
            chan.warn("DISA: the passcode is wrong")
            await _refused(chan)
        context, cid = found
        _tone(chan, "dial")
    digits, complete = await _number(chan, context, options.pound)
    exists = chan.switch.extension_exists
    if cid:
        chan.set_caller(callerid.parse(cid))
    if digits and exists(context, digits, 1, chan.caller_number):
        return Jump(context, digits)
    if complete:
        chan.set("INVALID_EXTEN", digits)
        if exists(context, "i"):
            return Jump(context, "i")
    return await _refused(chan)


async def _allowed(chan: Channel, passcode: str, dialled: str, given: list[str]) -> tuple[str, str] | None:
    """Context and caller id that this passcode is good for; None when it is wrong."""
    if "/" not in passcode:
        return (given[0], given[1]) if dialled == passcode else None
    lines = await asyncio.get_running_loop().run_in_executor(None, _lines, passcode)
    if lines is None:
        chan.warn(f"DISA passcode file '{passcode}' cannot be read")
        return None
    for line in lines:
        parts = [part.strip() for part in line.split(",")]
        if dialled and parts[0] in (dialled, _NO_PASSWORD):
            return tuple(  # type: ignore[return-value]
                part or otherwise for part, otherwise in zip([*parts[1:3], "", ""], given, strict=False)
            )
    return None


def _lines(path: str) -> list[str] | None:
    try:
        text = Path(path).read_text("utf-8", "surrogateescape")
    except OSError:
        return None
    return [line.strip() for line in text.splitlines() if line.strip() and line.strip()[0] not in "#;"]


async def _number(chan: Channel, context: str, pound: bool) -> tuple[str, bool]:
    """What he dials, and whether that cannot become more."""
    digits = ""
    while len(digits) < _MOST:
        digit = await chan.read_digit(_next(chan) if digits else _first(chan))
        chan.stop_play()
        if not digit:
            return digits, False
        if digit == "#" and (pound or not chan.switch.extension_may_match(context, digits + digit, "")):
            return digits, True
        digits += digit
        if not pound and not chan.switch.extension_may_match(context, digits, chan.caller_number):
            return digits, True
    return digits, True


def _first(chan: Channel) -> float:
    return chan.response_timeout or _FIRST_S


def _next(chan: Channel) -> float:
    return chan.digit_timeout or _NEXT_S


def _tone(chan: Channel, name: str) -> None:
    chan.stop_play()
    try:
        chan.start_tone(name)
    except ArgumentError as error:
        chan.debug(1, f"DISA: {error}")


async def _refused(chan: Channel) -> NoReturn:
    """Let him hear that it does not work, and end the call."""
    _tone(chan, "congestion")
    await chan.wait(10.0)
    raise Hangup(0)
