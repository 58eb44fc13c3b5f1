"""BackgroundDetect: a sound that ends when somebody talks."""

import asyncio
import math
from typing import Annotated

from asterism.dialplan.scope import Dialled, Jump
from asterism.runtime import control, recording
from asterism.runtime.channel import Channel
from asterism.runtime.declare import Unit, application
from asterism.runtime.driver import Digit
from asterism.runtime.mailbox import stirred
from asterism.runtime.tape import FRAME_MS
from asterism.runtime.timelen import whole

LOOK_S = 0.02
"How often it is looked whether somebody talks."
_TALK_LEVEL = 512
"Mean amplitude of a frame in which somebody talks: what Asterisk has here, which is not that of dsp.conf."


class _Listener:
    """Measures how long somebody talks, frame by frame as Asterisk does it.

    Args:
        silence_ms: More silence than this ends a talk; less of it is a part of it, also before it.
        least_ms, most_ms: A talk counts when its length is between these.
    """

    def __init__(self, silence_ms: int, least_ms: int, most_ms: float) -> None:
        self._silence_ms, self._least_ms, self._most_ms = silence_ms, least_ms, most_ms
        self._silent_ms = 0
        self._talk_ms: int | None = None

    def talked_ms(self, levels: list[int]) -> int | None:
        """How long somebody has talked, once he is silent again; None as long as nobody has."""
        for level in levels:
            self._silent_ms = 0 if level >= _TALK_LEVEL else self._silent_ms + FRAME_MS
            if self._silent_ms <= self._silence_ms:
                self._talk_ms = FRAME_MS + (0 if self._talk_ms is None else self._talk_ms)
            elif self._talk_ms is not None:
                talked, self._talk_ms = max(0, self._talk_ms - self._silence_ms), None
                if self._least_ms < talked < self._most_ms:
                    return talked
        return None


@application("BackgroundDetect", see="BackGround, TALK_DETECTED", ends_on_bad_arguments=True)
async def backgrounddetect(
    chan: Channel,
    filename: str,
    sil: Annotated[str, Unit("ms")] = "",
    min: Annotated[str, Unit("ms")] = "",
    max: Annotated[str, Unit("ms")] = "",
    analysistime: Annotated[str, Unit("ms")] = "",
) -> Dialled | Jump | None:
    """Play a sound until somebody talks, or dials an extension.

    Args:
        filename: The sound.
        sil: How long it must be silent behind the talk; 1000 when left out.
        min: Talk that is shorter does not count; 100 when left out.
        max: Talk that is longer does not count; without end when left out.
        analysistime: How long is listened; to the end of the sound when left out.
    Sets: TALK_DETECTED: how long somebody talked, in milliseconds; the call goes to the extension `talk` if there is
        one.
    Compat: app_talkdetect.
    """
    await chan.answer()
    listener = _Listener(whole(sil, 1000), whole(min, 100), whole(max, 0) or math.inf)
    found = await control.open_sound(chan, filename)
    if found is None:
        return None
    loop = asyncio.get_running_loop()
    until = loop.time() + (whole(analysistime, 0) / 1000 or math.inf)
    winding = control.Winding(chan, *found, 0)
    async with recording.recorded(chan, None) as tape:
        winding.start()
        try:
            while not winding.over:
                while (event := chan.take(Digit)) is not None:
                    if chan.switch.extension_exists(chan.context, event.digit, 1, chan.caller_number):
                        return Dialled(event.digit)
                talked = listener.talked_ms(tape.levels()) if loop.time() < until else None
                if talked is not None:
                    chan.set("TALK_DETECTED", str(talked))
                    there = chan.switch.extension_exists(chan.context, "talk", 1, chan.caller_number)
                    return Jump("", "talk", 1) if there else None
                await stirred((chan,), loop.time() + LOOK_S)
        finally:
            winding.stop()
    return None
