"""SAYFILES: the sounds that the Say applications would play."""

import re

from asterism.functions.indirect import wrapped
from asterism.runtime import say
from asterism.runtime.channel import Channel
from asterism.runtime.declare import function

_SPELLING = {"alpha": say.letters, "digits": say.digits, "phonetic": say.phonetic}
_COUNTING = {"number": say.number, "ordinal": say.ordinal}


_AMOUNT = re.compile(r"\s*([+-]?[0-9]{1,30})?(?:\.([0-9]{1,2}))?", re.ASCII)
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
        return "&".join(await _money(chan, value))
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


async def _money(chan: Channel, value: str) -> list[str]:
    """Read `dollars.cents`; two digits of cents count, one alone is that many cents, and nothing below zero is said."""
    match = _AMOUNT.match(value)
    if not value or match is None:
        return []
    dollars, cents = wrapped(int(match[1] or 0)), int(match[2] or 0)
    found = []
    if dollars > 0:
        one = "letters/dollar_" if cents else "letters/dollar"
        found += [*say.number(dollars), one if dollars == 1 else "dollars", *(["and"] if cents else [])]
    if cents:
        found += [*say.number(cents), "cent" if cents == 1 else "cents"]
    elif not dollars:
        found += [*await _zero(chan, "number"), "cents"]
    return found
