"""Signal and WaitForSignal: one call wakes others, and hands them a text."""

import asyncio
import re

from asterism.runtime.channel import Channel
from asterism.runtime.declare import Text, application
from asterism.runtime.errors import Hangup

_STORE = "signals"
_NUMBER = re.compile(r"\s*(\d+\.?\d*|\.\d+)", re.ASCII)

Waiting = dict[str, list["asyncio.Future[str]"]]
"""Who waits, by the name of the signal."""


def _waiting(chan: Channel) -> Waiting:
    found: Waiting = chan.switch.datastores.setdefault(_STORE, {})
    return found


@application("Signal", see="WaitForSignal, UserEvent, SIGNALSTATUS")
def signal(chan: Channel, signalname: str = "", payload: Text = "") -> None:
    """Wake all channels that wait for a signal.

    Args:
        signalname: Its name.
        payload: A text for those that wait.
    Sets: SIGNALSTATUS: SUCCESS, or FAILURE when nobody waits for it.
    Compat: app_signal.
    """
    if not signalname:
        chan.warn("Signal requires an argument (signalname)")
        raise Hangup(0)
    waiting = [each for each in _waiting(chan).pop(signalname, []) if not each.done()]
    for each in waiting:
        each.set_result(payload)
    chan.set("SIGNALSTATUS", "SUCCESS" if waiting else "FAILURE")


@application("WaitForSignal", see="Signal, WAITFORSIGNALSTATUS, WAITFORSIGNALPAYLOAD")
async def wait_for_signal(chan: Channel, signalname: str = "", signaltimeout: str = "") -> None:
    """Wait until another channel sends a signal.

    Args:
        signalname: Its name.
        signaltimeout: Seconds to wait, fractions allowed; for ever when left out.
    Sets: WAITFORSIGNALSTATUS: SIGNALED, TIMEOUT, HANGUP; WAITFORSIGNALPAYLOAD: the text that came with it.
    Compat: app_signal. A timeout that is no positive number waits for ever.
    """
    if not signalname:
        chan.warn("WaitForSignal requires an argument (signalname)")
        raise Hangup(0)
    waiting = _waiting(chan)
    mine: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    waiting.setdefault(signalname, []).append(mine)
    try:
        chan.check()
        done, _ = await asyncio.wait((mine,), timeout=_seconds(chan, signaltimeout))
    except Hangup:
        chan.set("WAITFORSIGNALSTATUS", "HANGUP")
        raise
    finally:
        others = [each for each in waiting.get(signalname, []) if each is not mine]
        if others:
            waiting[signalname] = others
        else:
            waiting.pop(signalname, None)
    if not done:
        chan.set("WAITFORSIGNALSTATUS", "TIMEOUT")
        return
    payload = mine.result()
    chan.set("WAITFORSIGNALSTATUS", "SIGNALED")
    if payload:
        chan.set("WAITFORSIGNALPAYLOAD", payload)


def _seconds(chan: Channel, text: str) -> float | None:
    if not text:
        return None
    number = _NUMBER.match(text)
    if number is not None and float(number[1]) > 0:
        return float(number[1])
    chan.warn(f"Invalid timeout provided: '{text}'. No timeout set.")
    return None
