"""MUTEAUDIO: let nobody hear a channel, or let it hear nobody."""

from asterism.runtime import media
from asterism.runtime.channel import Channel
from asterism.runtime.declare import function
from asterism.runtime.errors import ArgumentError
from asterism.runtime.settings import is_true

DIRECTIONS = ("in", "out", "all")


def mute(chan: Channel, direction: str, on: bool) -> bool:
    """Mute a channel, or end that; False for a direction that there is not."""
    word = direction.strip().lower()
    if word not in DIRECTIONS:
        return False
    if word in ("in", "all"):
        chan.muted = on
    if word in ("out", "all"):
        chan.deaf = on
    media.refresh(chan)
    return True


@function("MUTEAUDIO")
def mute_audio(chan: Channel, direction: str = "all") -> str:
    """Write `on` to mute a channel while it is bridged, `off` to end that.

    Args:
        direction: `in` for what comes from it, `out` for what goes to it, `all` for both.
    Returns: 1 when it is muted so, else 0.
    Compat: res_mutestream, which can only be written, and with `out` silences prompts too.
    """
    word = direction.strip().lower()
    return str(int({"in": chan.muted, "out": chan.deaf}.get(word, chan.muted and chan.deaf)))


@mute_audio.write
def _mute_audio(chan: Channel, direction: str, value: str) -> None:
    if not mute(chan, direction or "all", is_true(value)):
        raise ArgumentError(f"MUTEAUDIO: '{direction}' is none of {', '.join(DIRECTIONS)}")
