"""WaitForSilence and WaitForNoise: until somebody stops talking, or begins."""

import asyncio
import math
from typing import Annotated

from asterism.runtime import recording
from asterism.runtime.channel import Channel
from asterism.runtime.declare import Unit, application
from asterism.runtime.mailbox import stirred
from asterism.runtime.timelen import whole

LOOK_S = 0.05
"How often it is looked whether anybody talks."

_SEE = "WaitForSilence, WaitForNoise, BackgroundDetect, Wait"


@application("WaitForSilence", see=_SEE)
async def waitforsilence(
    chan: Channel,
    silencerequired: Annotated[str, Unit("ms")] = "",
    iterations: str = "",
    timeout: Annotated[str, Unit("s")] = "",
) -> None:
    """Wait until it has been silent for a while, as before a message is left on an answering machine.

    Args:
        silencerequired: How long it must be silent; 1000 when left out.
        iterations: How often in a row; 1 when left out.
        timeout: How long to wait at most; for ever when left out.
    Sets: WAITSTATUS: SILENCE or TIMEOUT.
    Compat: app_waitforsilence.
    """
    await _wait(chan, whole(silencerequired, 1000), whole(iterations, 1), whole(timeout, 0), silence=True)


@application("WaitForNoise", see=_SEE)
async def waitfornoise(
    chan: Channel,
    noiserequired: Annotated[str, Unit("ms")] = "",
    iterations: str = "",
    timeout: Annotated[str, Unit("s")] = "",
) -> None:
    """Wait until somebody has talked for a while.

    Args:
        noiserequired: How long it must not be silent; 1000 when left out.
        iterations: How often in a row; 1 when left out.
        timeout: How long to wait at most; for ever when left out.
    Sets: WAITSTATUS: NOISE or TIMEOUT.
    Compat: app_waitforsilence.
    """
    await _wait(chan, whole(noiserequired, 1000), whole(iterations, 1), whole(timeout, 0), silence=False)


async def _wait(chan: Channel, wanted_ms: int, times: int, timeout_s: int, *, silence: bool) -> None:
    await chan.answer()
    loop = asyncio.get_running_loop()
    deadline = loop.time() + (timeout_s or math.inf)
    async with recording.recorded(chan, None) as tape:
        for _ in range(max(1, times)):
            # What was silent, or not, before the last time was over does not count again.
            began_s, noise_s = loop.time(), loop.time()
            while True:
                now = loop.time()
                silent_ms = tape.silent_ms
                if silent_ms >= 2 * LOOK_S * 1000:
                    noise_s = now
                since_ms = (now - began_s) * 1000
                if min(silent_ms, since_ms) >= wanted_ms if silence else (now - noise_s) * 1000 >= wanted_ms:
                    break
                if now >= deadline:
                    chan.set("WAITSTATUS", "TIMEOUT")
                    return
                await stirred((chan,), min(deadline, now + LOOK_S))
    chan.set("WAITSTATUS", "SILENCE" if silence else "NOISE")
