"""Answering, refusing, and ending a call, and what the caller hears before: Asterisk's pbx_builtins."""

import math
from dataclasses import dataclass
from typing import Annotated

from asterism.runtime import farewell, timelen
from asterism.runtime.causes import Cause, cause_named
from asterism.runtime.channel import FOREVER, Channel
from asterism.runtime.declare import Option, Text, Unit, application


@dataclass(frozen=True)
class AnswerOptions:
    """Options of Answer."""

    at_once: Annotated[bool, Option("i")] = False
    "Do not wait at all after the answer."


@application("Answer", see="Hangup, Ringing, Progress")
async def answer(
    chan: Channel, delay: Annotated[str, Unit("ms")] = "", options: AnswerOptions = AnswerOptions()
) -> None:
    """Answer the call if it has not been answered.

    Args:
        delay: Milliseconds to wait after the answer, so that the start of what follows is heard; another unit may
            stand behind it: h, m, s, ms.
        options: `i` does not wait.
    Compat: pbx_builtins. A delay that is no number, or negative, is none.
    """
    await chan.answer(0.0 if options.at_once else max(0.0, timelen.seconds(delay, "ms") or 0.0))


@application("Hangup", see="Answer, Busy, Congestion")
def hangup(chan: Channel, causecode: Text = "") -> None:
    """End the call.

    Args:
        causecode: Q.850 number or name, such as `17` or `USER_BUSY`; otherwise the cause that the call has so far.
    Compat: pbx_builtins. A cause that is neither number nor name logs a WARNING and counts as none.
    """
    cause = 0
    if causecode:
        named = cause_named(causecode)
        if named is None or named <= 0:
            chan.warn(f'Invalid cause given to Hangup(): "{causecode}"')
        else:
            cause = named
    farewell.ended_by(chan, "dialplan/builtin")
    chan.hangup(cause or chan.cause or Cause.NORMAL_CLEARING)


@application("Ringing", see="Progress, Proceeding, Busy, Congestion")
def ringing(chan: Channel) -> None:
    """Tell the caller that the phone rings; the dialplan goes on at once.

    Compat: pbx_builtins. Nothing happens on a call that is answered.
    """
    chan.ring()


@application("Progress", see="Ringing, Proceeding, Playback")
def progress(chan: Channel) -> None:
    """Open audio to the caller before the call is answered.

    Compat: pbx_builtins; for SIP a 183 with a media description.
    """
    chan.progress()


@application("Proceeding", see="Ringing, Progress")
def proceeding(chan: Channel) -> None:
    """Tell the caller that the call is being worked on.

    Compat: pbx_builtins; for SIP a 100.
    """
    chan.proceed()


@application("Busy", see="Congestion, Hangup")
async def busy(chan: Channel, timeout: Annotated[str, Unit("s")] = "") -> None:
    """Tell the caller that the called party is busy, and end the call.

    Args:
        timeout: Seconds for which a call that is already answered hears the busy tone; for ever when left out.
    Compat: pbx_builtins; the cause is 17. The dialplan does not go on.
    """
    await chan.busy(_timeout(timeout))


@application("Congestion", see="Busy, Hangup")
async def congestion(chan: Channel, timeout: Annotated[str, Unit("s")] = "") -> None:
    """Tell the caller that no line is free, and end the call.

    Args:
        timeout: Seconds for which a call that is already answered hears the tone; for ever when left out.
    Compat: pbx_builtins; the cause is 34. The dialplan does not go on.
    """
    await chan.congestion(_timeout(timeout))


def _timeout(text: str) -> float:
    seconds = _number(text)
    return FOREVER if seconds is None or seconds < 0 else seconds


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
