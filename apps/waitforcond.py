"""WaitForCondition: waiting until an expression holds."""

import asyncio
import math
from typing import Annotated

from asterism.apps.exec import substituted
from asterism.apps.goto import is_true
from asterism.runtime.channel import FOREVER, Channel
from asterism.runtime.declare import Unit, application
from asterism.runtime.errors import Hangup

LEAST_INTERVAL_S = 0.001
"""The shortest time between two looks: others have calls too."""


@application("WaitForCondition", see="WaitUntil, Wait, GotoIf", raw=True)
async def wait_for_condition(
    chan: Channel,
    replacementchar: str = "",
    expression: str = "",
    timeout: Annotated[str, Unit("s")] = "",
    interval: Annotated[str, Unit("s")] = "",
) -> None:
    """Wait until an expression holds, and look again and again.

    Args:
        replacementchar: The character that stands for `$` in the expression, so that it is not worked out before.
        expression: What has to hold, such as `#[${#{DEVICE_STATE(SIP/1)}}=NOT_INUSE]` with `#` for `$`.
        timeout: Seconds after which the dialplan goes on all the same; for ever when left out.
        interval: Seconds between two looks, 0.05 when left out.
    Sets: WAITFORCONDITIONSTATUS: TRUE, TIMEOUT, FAILURE when there is no expression, HANGUP.
    Compat: app_waitforcond. A timeout or an interval that is no positive number ends the call.
    """
    bracketed = expression.startswith(f"{replacementchar}[") and "]" in expression
    if len(replacementchar) != 1 or not bracketed:
        chan.error("WaitForCondition requires a replacement character and an expression, such as #,#[...]")
        chan.set("WAITFORCONDITIONSTATUS", "FAILURE")
        return
    text = expression.replace(replacementchar, "$")
    seconds, pause = _number(timeout, FOREVER), _number(interval, 0.05)
    if math.isnan(seconds) or not pause > 0:
        chan.warn(f"WaitForCondition: '{interval if timeout else timeout}' is no number of seconds")
        raise Hangup(0)
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds if seconds > 0 else FOREVER
    try:
        while not is_true(await substituted(chan, text)):
            left = deadline - loop.time()
            if left <= 0:
                chan.set("WAITFORCONDITIONSTATUS", "TIMEOUT")
                return
            await chan.wait(min(max(pause, LEAST_INTERVAL_S), left))
    except Hangup:
        chan.set("WAITFORCONDITIONSTATUS", "HANGUP")
        raise
    chan.set("WAITFORCONDITIONSTATUS", "TRUE")


def _number(text: str, otherwise: float) -> float:
    if not text:
        return otherwise
    try:
        return float(text)
    except ValueError:
        return math.nan
