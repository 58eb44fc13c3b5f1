"""Times as dialplans write them: `09:00-17:00,mon-fri,1-7,jan&mar,Europe/Berlin`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


@dataclass(frozen=True, slots=True)
class Timing:
    """When something holds. Sets of minutes of the day, weekdays (Sunday is 1), days, months (January is 1)."""

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
            and moment.isoweekday() % 7 + 1 in self.weekdays
            and moment.day in self.days
            and moment.month in self.months
        )


@lru_cache(maxsize=64)
def _zone(name: str) -> tzinfo | None:
    """Find a time zone; None, the system's own, for an empty name, and UTC for an unknown one."""
    if not name:
        return None
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return UTC


@lru_cache(maxsize=1024)
def parse(text: str) -> Timing | None:
    """Read `times,weekdays,days,months[,zone]`; None where nothing is written.

    An absent field holds always; what is wrong in a list is left out of it, so that a field may hold never.
    """
    if not text:
        return None
    # Where there are five fields the last is the zone; only commas count there.
    zone = text.rpartition(",")[2] if text.count(",") == 4 else ""
    fields = text.replace("|", ",").split(",") + [""] * 3
    return Timing(
        _minutes(fields[0]), _ranges(fields[1], _WEEKDAYS, 7), _ranges(fields[2], (), 31),
        _ranges(fields[3], _MONTHS, 12), zone,
    )  # fmt: skip


_DAY = 24 * 60
_MINUTE = re.compile(r"\s*([0-9]{1,2}):\s*([0-9]{1,2})", re.ASCII)
_NUMBER = re.compile(r"\s*([0-9]{1,2})", re.ASCII)


def _minutes(text: str) -> frozenset[int]:
    """Read ranges of times; one without an end is that minute."""
    if text in ("", "*"):
        return frozenset(range(_DAY))
    found: set[int] = set()
    for part in text.split("&"):
        start, dash, end = part.partition("-")
        first = _minute(start)
        last = _minute(end.lstrip(_NO_DIGITS)) if dash else first
        if first is not None and last is not None:
            found.update(_around(first, last, _DAY))
    return frozenset(found)


_NO_DIGITS = "".join(map(chr, {*range(1, 128)} - {*range(48, 58)}))


def _minute(text: str) -> int | None:
    """Read `hour:minute`; what stands behind it does not count."""
    match = _MINUTE.match(text)
    if not match or int(match[1]) > 23 or int(match[2]) > 59:
        return None
    return int(match[1]) * 60 + int(match[2])


def _ranges(text: str, names: tuple[str, ...], count: int) -> frozenset[int]:
    """Read ranges of days or months, which may go round the end."""
    if text in ("", "*"):
        return frozenset(range(1, count + 1))
    found: set[int] = set()
    for part in text.split("&"):
        start, dash, end = part.partition("-")
        first = _place(start, names, count)
        last = _place(end, names, count) if dash else first
        if first is not None and last is not None:
            found.update(place + 1 for place in _around(first, last, count))
    return frozenset(found)


def _around(first: int, last: int, count: int) -> Iterator[int]:
    """Go from one place to another, past the end and from the beginning again where it comes before."""
    return (place % count for place in range(first, (last if first <= last else last + count) + 1))


def _place(text: str, names: tuple[str, ...], count: int) -> int | None:
    """Find a name, or a number from 1 on: 1 is Sunday, January, or the first."""
    if text.lower() in names:
        return names.index(text.lower())
    match = _NUMBER.match(text)
    return int(match[1]) - 1 if match and 1 <= int(match[1]) <= count else None
