"""Times as dialplans write them: `09:00-17:00,mon-fri,1-7,jan&mar,Europe/Berlin`."""

import re
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


@dataclass(frozen=True, slots=True)
class Timing:
    """When something holds. Sets of minutes of the day, weekdays (Monday is 0), days, months (January is 1)."""

    minutes: frozenset[int]
    weekdays: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    zone: str = ""

    def holds(self, now: float) -> bool:
        """Whether it holds at a time, given in seconds since the epoch."""
        moment = datetime.fromtimestamp(now, _zone(self.zone))
        return (
            moment.hour * 60 + moment.minute in self.minutes
            and moment.weekday() in self.weekdays
            and moment.day in self.days
            and moment.month in self.months
        )


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo | None:
    """Find a time zone; None, the system's own, for an empty or unknown name."""
    if not name:
        return None
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


@lru_cache(maxsize=1024)
def parse(text: str, separators: str = ",|") -> Timing | None:
    """Read `times,weekdays,days,months[,zone]`; None where it can never hold.

    Blanks are not allowed. An absent field holds always, an absent text never.
    """
    if not text:
        return None
    for separator in separators[1:]:
        text = text.replace(separator, separators[0])
    fields = text.split(separators[0]) + [""] * 4
    try:
        minutes = _minutes(fields[0])
        weekdays = _ranges(fields[1], _WEEKDAYS, 0)
        days = _ranges(fields[2], tuple(str(day) for day in range(1, 32)), 1)
        months = _ranges(fields[3], _MONTHS, 1)
    except ValueError:
        return None
    return Timing(minutes, weekdays, days, months, fields[4])


def _minutes(text: str) -> frozenset[int]:
    whole = range(24 * 60)
    if text in ("", "*"):
        return frozenset(whole)
    found: set[int] = set()
    for part in text.split("&"):
        start, dash, end = part.partition("-")
        if not dash:
            raise ValueError(f"a time range needs a '-': {part}")
        first, last = _minute(start), _minute(end)
        found.update(range(first, last + 1) if first <= last else (*whole[first:], *whole[: last + 1]))
    return frozenset(found)


_MINUTE = re.compile(r"([0-9]{1,2}):([0-9]{1,2})(?::[0-9]*)?", re.ASCII)


def _minute(text: str) -> int:
    """Read `hour:minute`; seconds do not count."""
    match = _MINUTE.fullmatch(text)
    if not match or int(match[1]) > 23 or int(match[2]) > 59:
        raise ValueError(f"no time of the day: {text}")
    return int(match[1]) * 60 + int(match[2])


def _ranges(text: str, names: tuple[str, ...], first: int) -> frozenset[int]:
    count = len(names)
    if text in ("", "*"):
        return frozenset(range(first, first + count))
    found: set[int] = set()
    for part in text.lower().split("&"):
        start, dash, end = part.partition("-")
        begin = _place(start, names)
        finish = _place(end, names) if dash else begin
        while True:
            found.add(begin + first)
            if begin == finish:
                break
            begin = (begin + 1) % count
    return frozenset(found)


def _place(text: str, names: tuple[str, ...]) -> int:
    """Find a name; days and months may be numbers from 1 on."""
    if text.isdigit() and text.isascii() and names is not _WEEKDAYS and 1 <= int(text[:4]) <= len(names):
        return int(text) - 1
    if text in names:
        return names.index(text)
    raise ValueError(f"unknown day or month: {text}")
