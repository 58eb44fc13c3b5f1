"""SAYFILES: the sounds that the Say applications would play."""

import re

from asterism.runtime import say
from asterism.runtime.channel import Channel
from asterism.runtime.declare import function

_SPELLING = {"alpha": say.letters, "digits": say.digits, "phonetic": say.phonetic}
_COUNTING = {"number": say.number, "ordinal": say.ordinal}


_WHOLE = re.compile(r"\s*[+-]?[0-9]{1,10}", re.ASCII)


@function("SAYFILES", see="SayAlpha, SayDigits, SayNumber, SayOrdinal, SayPhonetic")
async def sayfiles(chan: Channel, value: str = "", kind: str = "alpha") -> str:
    """List the sounds that say something, joined by `&`, for Playback, BackGround, and Read.

    Args:
        value: What is to be said.
        kind: alpha, digits, phonetic, number, ordinal, or money (dollars).
    Compat: func_sayfiles. Digits and letters whose sound is not found are left out, and so is a zero.
    """
    if kind in _SPELLING:
        return "&".join([name for name in _SPELLING[kind](value) if await _is_there(chan, name)])
    if kind == "money":
        found = say.money(value)
        return "&".join([*await _zero(chan, "number"), *found[1:]] if found[:1] == ["digits/0"] else found)
    if kind not in _COUNTING:
        chan.warn(f"Invalid say type specified: {kind}")
        return ""
    if not _WHOLE.fullmatch(value) or abs(int(value)) >= say.LARGEST:
        chan.warn(f"Invalid numeric argument: {value}")
        return ""
    return "&".join(await _zero(chan, kind) if int(value) == 0 else _COUNTING[kind](int(value)))


async def _is_there(chan: Channel, name: str) -> bool:
    return await chan.switch.sounds.find(name, chan.language, chan.formats()) is not None


async def _zero(chan: Channel, kind: str) -> list[str]:
    name = "digits/h-0" if kind == "ordinal" else "digits/0"
    return [name] if await _is_there(chan, name) else [""]
