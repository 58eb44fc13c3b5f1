"""What is said, as the sounds it is made of: digits, letters, numbers, times. In English.

The names are those of Asterisk's own prompts. Other languages get the English order of words in their own voice.
"""

import re
from collections.abc import Callable
from datetime import datetime

from asterism.dialplan.subroutine import wrapped

_SIGNS = {
    "!": "letters/exclaimation-point",
    "@": "letters/at",
    "#": "digits/pound",
    "$": "letters/dollar",
    "*": "digits/star",
    "-": "letters/dash",
    ".": "letters/dot",
    "=": "letters/equals",
    "+": "letters/plus",
    "/": "letters/slash",
    " ": "letters/space",
}
_AMOUNT = re.compile(r"\s*([+-]?[0-9]{1,30})?(?:\.([0-9]{1,2}))?", re.ASCII)
_SCALES = ((10**9, "digits/billion"), (10**6, "digits/million"), (1000, "digits/thousand"), (100, "digits/hundred"))
LARGEST = 2**31 - 1
"Asterisk's largest number."


def digits(text: str) -> list[str]:
    """Each digit of a text by itself, star, pound, and minus too; everything else is passed over."""
    signs = {"#": "digits/pound", "*": "digits/star", "-": "digits/minus"}
    return [signs.get(char) or f"digits/{char}" for char in text if char in signs or char in "0123456789"]


def letters(text: str) -> list[str]:
    """Each letter of a text by its name, and each sign that has one."""
    return _spelled(text, "letters/{}")


def phonetic(text: str) -> list[str]:
    """Each letter of a text by its word of the radio alphabet."""
    return _spelled(text, "phonetic/{}_p")


def _spelled(text: str, form: str) -> list[str]:
    found = []
    for char in text.lower():
        if char in "0123456789":
            found.append(f"digits/{char}")
        elif char in _SIGNS:
            found.append(_SIGNS[char])
        elif "a" <= char <= "z":
            found.append(form.format(char))
    return found


def money(text: str) -> list[str]:
    """Read `dollars.cents`; two digits of cents count, one alone is that many cents, and nothing below zero is said."""
    match = _AMOUNT.match(text)
    if not text or match is None:
        return []
    dollars, cents = wrapped(int(match[1] or 0)), int(match[2] or 0)
    found = []
    if dollars > 0:
        one = "letters/dollar_" if cents else "letters/dollar"
        found += [*number(dollars), one if dollars == 1 else "dollars", *(["and"] if cents else [])]
    if cents:
        found += [*number(cents), "cent" if cents == 1 else "cents"]
    elif not dollars:
        found += [*number(0), "cents"]
    return found


def number(value: int) -> list[str]:
    """A whole number: `digits/1&digits/hundred&digits/20&digits/3`."""
    if value < 0:
        return ["digits/minus", *number(-value)]
    if value <= 20:
        return [f"digits/{value}"]
    if value < 100:
        tens, rest = divmod(value, 10)
        return [f"digits/{tens * 10}", *(number(rest) if rest else ())]
    scale, name = next(entry for entry in _SCALES if value >= entry[0])
    many, rest = divmod(value, scale)
    return [*number(many), name, *(number(rest) if rest else ())]


def ordinal(value: int) -> list[str]:
    """A whole number's place in a row: `digits/20&digits/h-1` is twenty-first."""
    if value < 0:
        return ["digits/minus", *ordinal(-value)]
    *before, last = number(value)
    return [*before, last.replace("digits/", "digits/h-", 1)]


DEFAULT_TIME = "ABdY 'digits/at' IMp"
"What SayUnixTime says unless told otherwise."


def time(when: datetime, pattern: str, now: datetime) -> list[str]:
    """A time, each letter of the pattern a part of it, as voicemail.conf writes them.

    Args:
        when: The time, in the zone in which it is to be said.
        pattern: A or a weekday, B, b or h month, d or e day, Y year, I or l hour of twelve, H or k of twenty-four,
            M minute, p or P am or pm, S second, R is HM, T is HMS, Q or q the day as one would say it today;
            a sound's name in single quotes.
        now: The present, for Q and q.
    """
    found: list[str] = []
    at = 0
    while at < len(pattern):
        char = pattern[at]
        at += 1
        if char == "'":
            end = pattern.find("'", at)
            end = len(pattern) if end < 0 else end
            found += [pattern[at:end]] if end > at else []
            at = end + 1
        elif char in _PARTS:
            found += _PARTS[char](when)
        elif char in "RT":
            found += time(when, "HM" if char == "R" else "HMS", now)
        elif char in "Qq":
            found += _day(when, now)
    return found


_NEAR = {-1: "digits/tomorrow", 0: "digits/today", 1: "digits/yesterday"}


def _day(when: datetime, now: datetime) -> list[str]:
    """The day as one would say it today: the further away, the more of its date."""
    ago = (now.date() - when.date()).days
    if ago in _NEAR:
        return [_NEAR[ago]]
    away = abs(ago)
    return time(when, "A" if away <= 6 else "ABd" if away <= 30 else "Bd" if away <= 182 else "BdY", now)


def _year(when: datetime) -> list[str]:
    century, rest = divmod(when.year, 100)
    if when.year >= 2000 or not 1 <= rest <= 99:
        return number(when.year) if when.year >= 2000 else [*number(century), "digits/hundred"]
    return [*number(century), *(["digits/oh"] if rest < 10 else []), *number(rest)]


def _hour12(when: datetime) -> list[str]:
    return number(when.hour % 12 or 12)


def _hour24(when: datetime) -> list[str]:
    oh = ["digits/oh"] if when.hour < 10 else []
    return oh + (number(when.hour) if when.hour else [])


def _hour24_bare(when: datetime) -> list[str]:
    return number(when.hour) if when.hour else ["digits/oh"]


def _minute(when: datetime) -> list[str]:
    if not when.minute:
        return ["digits/oclock"]
    return [*(["digits/oh"] if when.minute < 10 else []), *number(when.minute)]


def _second(when: datetime) -> list[str]:
    if not when.second:
        return ["digits/oh"]
    return [*(["digits/oh"] if when.second < 10 else []), *number(when.second)]


def _weekday(when: datetime) -> list[str]:
    return [f"digits/day-{when.isoweekday() % 7}"]


def _month(when: datetime) -> list[str]:
    return [f"digits/mon-{when.month - 1}"]


def _noon(when: datetime) -> list[str]:
    return ["digits/p-m" if when.hour > 11 else "digits/a-m"]


_PARTS: dict[str, Callable[[datetime], list[str]]] = {
    **dict.fromkeys("Aa", _weekday),
    **dict.fromkeys("Bbh", _month),
    **dict.fromkeys("de", lambda when: ordinal(when.day)),
    **dict.fromkeys("Il", _hour12),
    **dict.fromkeys("Pp", _noon),
    "m": lambda when: ordinal(when.month),
    "Y": _year,
    "H": _hour24,
    "k": _hour24_bare,
    "M": _minute,
    "S": _second,
}
