"""TALK_DETECT: events that tell when somebody talks."""

from asterism.runtime import talking
from asterism.runtime.channel import Channel
from asterism.runtime.declare import function
from asterism.runtime.errors import ArgumentError
from asterism.runtime.tape import SILENCE_LEVEL


@function("TALK_DETECT", see="BackgroundDetect, AMD, WaitForSilence")
def talk_detect(chan: Channel, action: str) -> str:
    """Write to it to be told by events when somebody talks: ChannelTalkingStart, ChannelTalkingStop.

    Args:
        action: set, with `[silence][,loudness]` as value: how many ms it must be silent, 2500 when left out; or remove.
    Compat: func_talkdetect; it can only be written. The loudness is always 256: another one logs a WARNING. What
        begins silent is no talk.
    """
    raise ArgumentError("it can only be written")


@talk_detect.write
async def _set(chan: Channel, action: str, value: str = "") -> None:
    match action:
        case "set":
            silence, _, loudness = value.partition(",")
            silence_ms = _whole(silence, "silence", talking.SILENCE_MS)
            if _whole(loudness, "loudness", SILENCE_LEVEL) != SILENCE_LEVEL:
                chan.warn(f"TALK_DETECT: a loudness of {loudness.strip()} is not supported, {SILENCE_LEVEL} is used")
            await talking.detect(chan, silence_ms)
        case "remove":
            if not await talking.ignore(chan):
                chan.warn("TALK_DETECT: it was not set")
        case _:
            chan.warn(f"TALK_DETECT: unknown option {action}")


def _whole(text: str, what: str, otherwise: int) -> int:
    if not text.strip():
        return otherwise
    if not text.strip().isdecimal() or not int(text):
        raise ArgumentError(f"'{text}' is no {what}")
    return int(text)
