"""VOLUME: how loud a channel speaks and hears."""

from asterism.runtime.channel import Channel
from asterism.runtime.declare import function
from asterism.runtime.driver import Amplifier
from asterism.runtime.errors import ArgumentError

KEY = "volume"
"Under this name a channel keeps what was set, by direction."


def _values(chan: Channel) -> dict[str, float]:
    found: dict[str, float] = chan.datastores.setdefault(KEY, {"RX": 0.0, "TX": 0.0})
    return found


def _direction(text: str) -> str:
    if text.upper() not in ("RX", "TX"):
        raise ArgumentError("Direction must be either RX or TX")
    return text.upper()


def factor(volume: float) -> float:
    """What samples are multiplied by: 3 is three times as loud, -4 a quarter, 0 as it is."""
    return 1.0 if volume == 0 else volume if volume > 0 else -1 / volume


@function("VOLUME", see="MUTEAUDIO")
def volume(chan: Channel, direction: str, options: str = "") -> str:
    """Read how loud a channel is, or make it louder or softer.

    Args:
        direction: TX for what the far end hears, RX for what it says. To write 3 makes it three times as loud, -4 a
            quarter as loud, 0 as it was.
        options: p (change it with the keys * and #) is not supported and warned of.
    Compat: func_volume. Empty until one of the two is set. It works on SIP and PJSIP channels.
    """
    wanted = _direction(direction)
    return f"{_values(chan)[wanted]:.6f}" if KEY in chan.datastores else ""


@volume.write
def _set(chan: Channel, direction: str, options: str = "", value: str = "") -> None:
    wanted = _direction(direction)
    try:
        number = float(value or 0)
    except ValueError:
        raise ArgumentError(f"'{value}' is no volume") from None
    if not -100 <= number <= 100:
        raise ArgumentError(f"'{value}' is out of range: -100 to 100")
    if "p" in options:
        chan.warn("VOLUME: option 'p' is not supported and ignored")
    audio: object = chan.leg.audio
    if not isinstance(audio, Amplifier):
        chan.warn(f"VOLUME: the volume of {chan.name} cannot be changed")
        return
    values = _values(chan)
    values[wanted] = number
    audio.amplify(factor(values["RX"]), factor(values["TX"]))
