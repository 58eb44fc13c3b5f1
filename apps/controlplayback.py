"""ControlPlayback: a sound that the listener can wind, pause, and stop."""

from dataclasses import dataclass
from typing import Annotated

from asterism.runtime import control
from asterism.runtime.channel import Channel
from asterism.runtime.declare import Option, Unit, application


@dataclass(frozen=True)
class ControlPlaybackOptions:
    """Options of ControlPlayback."""

    offset: Annotated[int, Option("o", "ms")] = 0
    "Begin so many milliseconds into the sound."


@application("ControlPlayback", see="Playback, CPLAYBACKSTATUS, CPLAYBACKOFFSET", ends_on_bad_arguments=True)
async def controlplayback(
    chan: Channel,
    filename: str,
    skipms: Annotated[str, Unit("ms")] = "",
    ff: str = "",
    rew: str = "",
    stop: str = "",
    pause: str = "",
    restart: str = "",
    options: ControlPlaybackOptions = ControlPlaybackOptions(),
) -> None:
    """Play a sound that the listener can wind, pause, begin again, and stop.

    Args:
        filename: The sound, without extension.
        skipms: How far winding goes; 3000 when left out.
        ff: Key that winds forward; `#` when left out.
        rew: Key that winds back; `*` when left out.
        stop: Keys that end it.
        pause: Key that holds it, and lets it go on.
        restart: Key that begins again.
        options: `o(ms)` begins so far into the sound.
    Sets: CPLAYBACKSTATUS: SUCCESS, USERSTOPPED, REMOTESTOPPED, ERROR. CPLAYBACKOFFSET: where it was stopped, in
        milliseconds; -1 for its end. CPLAYBACKSTOPKEY: the key that stopped it.
    Compat: app_controlplayback; the manager's action ControlPlayback controls it too.
    """
    keys = control.Keys(_key(ff, "#"), _key(rew, "*"), pause, restart, stop)
    ended = await control.play(chan, filename, keys, skip_ms=_milliseconds(skipms), offset_ms=options.offset or 0)
    chan.set("CPLAYBACKSTATUS", ended.status)
    chan.set("CPLAYBACKOFFSET", str(ended.offset_ms))
    if ended.key:
        chan.set("CPLAYBACKSTOPKEY", ended.key)


def _key(text: str, otherwise: str) -> str:
    """A key, or the usual one when what is given is none."""
    return text if text and text[0] in "0123456789*#ABCDabcd" else otherwise


def _milliseconds(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        return 3000
    return number if number > 0 else 3000
