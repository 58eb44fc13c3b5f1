"""How long Dial rings and how long a call may last: its timeout, L and S, and the warnings of L."""

import math
import re

from asterism.apps.dial_options import DialOptions
from asterism.runtime.channel import FOREVER, Channel
from asterism.runtime.errors import Hangup
from asterism.runtime.settings import is_true
from asterism.runtime.states import DialStatus
from asterism.runtime.timeleft import SPOKEN, TimeLeft

_WHOLE = re.compile(r"\s*\+?(\d+)")


def ring_times(chan: Channel, text: str) -> tuple[float, float]:
    """Seconds to ring, and seconds until something must be heard; what is no positive number is no limit, and told."""
    answer, _, early = text.partition("^")
    return _time(chan, answer, "answer"), _time(chan, early, "dial")


def _time(chan: Channel, text: str, which: str) -> float:
    if not text:
        return FOREVER
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if seconds > 0 and not math.isnan(seconds):
        return seconds
    chan.warn(f"Invalid {which} timeout specified: '{text}'. Setting timeout to infinite")
    return FOREVER


def limit_ms(chan: Channel, options: DialOptions) -> int:
    """When the call is ended: by L in milliseconds, or S in seconds; whichever is first.

    Raises:
        Hangup: One of them is no limit, which ends the call as in Asterisk.
    """
    limits = []
    if options.limit:
        limits.append(_number(options.limit.partition(":")[0]))
        if limits[-1] <= 0:
            chan.warn(f"Dial: option 'L': '{options.limit}' is no limit")
            raise Hangup(0)
    if options.stop_after:
        digits = _WHOLE.match(options.stop_after)
        limits.append(int(digits[1]) * 1000 if digits else 0)
        if not limits[-1]:
            chan.warn(f"Dial does not accept S({options.stop_after})")
            chan.set("DIALSTATUS", DialStatus.INVALIDARGS.value)
            raise Hangup(0)
    return round(min((limit for limit in limits if limit > 0), default=0))


def time_left(chan: Channel, options: DialOptions) -> TimeLeft | None:
    """The warnings of L, as the variables LIMIT_* want them."""
    most, _, rest = (options.limit or "").partition(":")
    first, _, every = rest.partition(":")
    get = chan.variables.get
    greeting = get("LIMIT_CONNECT_FILE", "")
    if not most or not (first or greeting):
        return None
    limit, left, again = (_number(text) for text in (most, first, every))
    return TimeLeft(limit, left, again, get("LIMIT_WARNING_FILE", "") or SPOKEN, greeting)


def last_words(chan: Channel, options: DialOptions) -> str:
    """What both hear when the time of L is up: LIMIT_TIMEOUT_FILE.

    As in Asterisk it is heard where both hear what belongs to L: else the one who does not is gone at once, and the
    call is over with him.
    """
    return chan.variables.get("LIMIT_TIMEOUT_FILE", "") if options.limit and all(_hearers(chan)) else ""


def warned(chan: Channel, callee: Channel) -> list[Channel]:
    """Who hears the warnings of L: the caller, unless the variables say otherwise."""
    to_caller, to_callee = _hearers(chan)
    return [chan] * to_caller + [callee] * to_callee


def _hearers(chan: Channel) -> tuple[bool, bool]:
    """Whether the caller, and the called party, hear what belongs to L."""
    to_caller = is_true(chan.variables.get("LIMIT_PLAYAUDIO_CALLER", "yes"))
    to_callee = is_true(chan.variables.get("LIMIT_PLAYAUDIO_CALLEE", "no"))
    return to_caller or not to_callee, to_callee


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        return 0.0
    return number if number > 0 and math.isfinite(number) else 0.0
