"""Music on hold."""

import asyncio
from typing import Annotated

from asterism.runtime import music
from asterism.runtime.channel import Channel
from asterism.runtime.declare import Unit, application


@application("MusicOnHold", see="StartMusicOnHold, StopMusicOnHold")
async def music_on_hold(chan: Channel, music_class: str = "", duration: Annotated[str, Unit("s")] = "") -> None:
    """Play music until the call ends, or for a time.

    Args:
        music_class: A class of musiconhold.conf; the channel's own, else `default`, when left out or unknown.
        duration: Seconds; for ever when left out.
    Compat: res_musiconhold. It does not answer by itself. Where there is nothing to play a WARNING is logged.
    """
    seconds = _seconds(chan, duration)
    if not music.start(chan, music_class):
        return
    try:
        if seconds is None:
            await asyncio.Event().wait()
        else:
            await chan.wait(seconds)
    finally:
        music.stop(chan)


@application("StartMusicOnHold", see="MusicOnHold, StopMusicOnHold")
def start_music_on_hold(chan: Channel, music_class: str = "") -> None:
    """Play music while the dialplan goes on.

    Args:
        music_class: A class of musiconhold.conf; the channel's own, else `default`, when left out or unknown.
    Compat: res_musiconhold.
    """
    music.start(chan, music_class)


@application("StopMusicOnHold", see="MusicOnHold, StartMusicOnHold")
def stop_music_on_hold(chan: Channel) -> None:
    """Stop the music.

    Compat: res_musiconhold.
    """
    music.stop(chan)


def _seconds(chan: Channel, text: str) -> float | None:
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if seconds >= 0:
        return seconds
    chan.warn(f"Invalid MusicOnHold duration '{text}'. Will wait indefinitely.")
    return None
