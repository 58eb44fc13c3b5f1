"""Tones: PlayTones, StopPlayTones, Milliwatt."""

import asyncio
from dataclasses import dataclass
from typing import Annotated

from asterism.runtime.channel import Channel
from asterism.runtime.declare import Option, Text, application
from asterism.runtime.errors import ArgumentError, Hangup
from asterism.runtime.tones import parse_tones


@application("PlayTones", see="StopPlayTones, Busy, Congestion, Milliwatt")
def play_tones(chan: Channel, tones: Text = "") -> None:
    """Play a tone while the dialplan goes on.

    Args:
        tones: A name of indications.conf such as `busy`, `ring`, `dial`, or a list such as `480+620/500,0/500`.
    Compat: app_playtones. A tone that cannot be played ends the call.
    """
    found = chan.switch.tones.find(tones, chan.tonezone)
    try:
        if found is None:
            found = parse_tones(tones, lambda part: chan.error(f"Failed to parse tone part '{part}'"))
    except ArgumentError as error:
        chan.notice(f"Unable to start playtones: {error}")
        raise Hangup(0) from None
    chan.stop_play()
    if not chan.ended:
        chan.start_tone(found)


@application("StopPlayTones", see="PlayTones")
def stop_play_tones(chan: Channel) -> None:
    """Stop the tone that PlayTones began.

    Compat: app_playtones.
    """
    chan.stop_play()


@dataclass(frozen=True)
class MilliwattOptions:
    """Options of Milliwatt."""

    test_line: Annotated[bool, Option("m")] = False
    "A second of silence in every ten, as a test line has it."
    old: Annotated[bool, Option("o")] = False
    "1000 Hz, as in older versions."


@application("Milliwatt", see="PlayTones, Echo")
async def milliwatt(chan: Channel, options: MilliwattOptions = MilliwattOptions()) -> None:
    """Play a constant tone of 1004 Hz until the call ends.

    Args:
        options: `m` pauses for a second in every ten, `o` plays 1000 Hz.
    Compat: app_milliwatt.
    """
    tone = "1000" if options.old else "1004/9000,0/1000" if options.test_line else "1004"
    play = chan.start_tone(parse_tones(tone))
    try:
        await asyncio.Event().wait()
    finally:
        play.stop()
