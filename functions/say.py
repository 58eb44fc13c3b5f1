"""SAYFILES: the sounds that the Say applications would play."""

from asterism.runtime import say
from asterism.runtime.channel import Channel
from asterism.runtime.declare import function

_SPELLING = {"alpha": say.letters, "digits": say.digits, "phonetic": say.phonetic}
_COUNTING = {"number": say.number, "ordinal": say.ordinal}


@function("SAYFILES", see="SayAlpha, SayDigits, SayNumber, SayOrdinal, SayPhonetic")
async def sayfiles(chan: Channel, value: str = "", kind: str = "alpha") -> str:
    """List the sounds that say something, joined by `&`, for Playback, BackGround, and Read.

    Args:
        value: What is to be said.
        kind: alpha, digits, phonetic, number, ordinal, or money (dollars).
    Compat: func_sayfiles. Digits and letters whose sound is not found are left out.
    """
    if kind in _SPELLING:
        found = _SPELLING[kind](value)
        formats = chan.formats()
        return "&".join([name for name in found if await chan.switch.sounds.find(name, chan.language, formats)])
    try:
        if kind == "money":
            return "&".join(say.money(round(float(value) * 100)))
        if kind in _COUNTING:
            return "&".join(_COUNTING[kind](int(value)))
    except (ValueError, OverflowError):
        chan.warn(f"Invalid numeric argument: {value}")
        return ""
    chan.warn(f"Invalid say type specified: {kind}")
    return ""
