"""SendDTMF: press keys towards the other side."""

from dataclasses import dataclass
from typing import Annotated

from asterism.runtime.channel import DIGIT_GAP_S, Channel
from asterism.runtime.declare import Option, Unit, application

_KEYS = "0123456789*#ABCDabcdwW"


@dataclass(frozen=True)
class SendDtmfOptions:
    """Options of SendDTMF."""

    answer: Annotated[bool, Option("a")] = False
    "Answer the call first."


@application("SendDTMF", see="Read")
async def send_dtmf(
    chan: Channel,
    digits: str,
    timeout_ms: Annotated[str, Unit("ms")] = "",
    duration_ms: Annotated[str, Unit("ms")] = "",
    channel: str = "",
    options: SendDtmfOptions = SendDtmfOptions(),
) -> None:
    """Send DTMF digits.

    Args:
        digits: 0-9, *, #, A-D; `w` is a pause of half a second, `W` of a second.
        timeout_ms: Milliseconds between two digits; 250 when left out.
        duration_ms: Milliseconds of each digit; 100 when left out.
        channel: Name of another channel to send them to.
        options: `a` answers the call first.
    Compat: app_senddtmf. Other characters log a WARNING and are left out; flash (`f`) is not served yet.
    """
    for key in dict.fromkeys(digits):
        if key not in _KEYS:
            chan.warn(f"Illegal DTMF character '{key}' in string. (0-9*#aAbBcCdD allowed)")
    keys = "".join(key if key == "w" else key.upper() for key in digits if key in _KEYS)
    gap_s = (_whole(timeout_ms) or round(DIGIT_GAP_S * 1000)) / 1000
    duration = _whole(duration_ms) or 100
    target = chan
    if channel:
        found = chan.switch.channels.get(channel)
        if found is None:
            chan.warn(f"No such channel: {channel}")
            return
        target = found
    if options.answer and target is chan:
        await chan.answer()
    await target.send_digits(keys, duration, gap_s)


def _whole(text: str) -> int:
    return int(text) if text.isdigit() else 0
