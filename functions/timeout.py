"""TIMEOUT: how long to wait for digits, and how long the call may last."""

import re

from asterism.runtime.channel import Channel
from asterism.runtime.declare import function
from asterism.runtime.errors import ArgumentError


@function("TIMEOUT", see="WaitExten, Read")
def timeout(chan: Channel, kind: str = "") -> str:
    """Read or set the seconds that are waited for digits, or that the call may last.

    Args:
        kind: digit (between two digits, 5 at first), response (for the first digit, 10 at first), or absolute (of the
            whole call from now on; 0 is no limit). Its first letter is enough.
    Returns: Seconds with three decimals; 0 for an absolute timeout that is not set.
    Compat: func_timeout. When the absolute timeout runs out, extension `T` is run, else `e`, else the call ends.
        What is no number sets 0.
    """
    match kind[:1].lower():
        case "a":
            left = chan.absolute_timeout_at - chan.now() if chan.absolute_timeout_at else 0.0
            return f"{left:.3f}" if left > 0 else "0"
        case "r":
            return f"{chan.response_timeout:.3f}"
        case "d":
            return f"{chan.digit_timeout:.3f}"
    raise ArgumentError(f"Unknown timeout type '{kind}' specified." if kind else "Must specify type of timeout to get.")


@timeout.write
def _set(chan: Channel, kind: str = "", value: str = "") -> None:
    seconds = _seconds(value)
    match kind[:1].lower():
        case "a":
            chan.set_absolute_timeout(seconds)
            chan.verbose(3, f"Channel will hangup in {seconds:.3f} seconds." if seconds else "Hangup timeout disabled.")
        case "r":
            chan.response_timeout = seconds
            chan.verbose(3, f"Response timeout set to {seconds:.3f}")
        case "d":
            chan.digit_timeout = seconds
            chan.verbose(3, f"Digit timeout set to {seconds:.3f}")
        case _:
            raise ArgumentError(f"Unknown timeout type '{kind}' specified.")


def _seconds(text: str) -> float:
    """Read digits and perhaps a fraction behind them, down to whole milliseconds; what begins with no digit is 0."""
    match = _SECONDS.match(text)
    seconds = float(match[1]) if match else 0.0
    return round(seconds * 1e6) // 1000 / 1000 if 0 < seconds < 1e9 else 0.0


_SECONDS = re.compile(r"\s*([+-]?[0-9]{1,30}(?:\.[0-9]*)?)")
