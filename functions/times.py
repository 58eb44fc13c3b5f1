"""STRFTIME and STRPTIME: seconds since the epoch to text and back."""

import ctypes
import re
import struct
import time
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from io import BytesIO
from zoneinfo import TZPATH, ZoneInfo

from asterism.dialplan import longdouble
from asterism.functions.indirect import wrapped
from asterism.functions.logic import is_true
from asterism.runtime.channel import Channel
from asterism.runtime.declare import function
from asterism.runtime.errors import ArgumentError

_DECIMAL = re.compile(r"\s*([+-]?)(0[xX][0-9a-fA-F]+|[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?|\.[0-9]+)")
_FRACTION = re.compile(r"%([1-6]?)q")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_YEAR_MOST = 9999
_GREGORIAN_YEARS_S = 400 * 31_556_952
"""400 years of the calendar, after which weekdays and leap years repeat."""
_MODEL = "America/New_York"
"""When a zone such as `CET-1CEST` does not say when summer time is, it is when it is there: tzdb's `posixrules`."""
_LAST_YEAR = 2037
"""Summer time of such a zone is known so far."""


@function("TESTTIME", see="GotoIfTime, IFTIME", form="")
def testtime(chan: Channel) -> str:
    """Let GotoIfTime see another time: `Set(TESTTIME()=2026/12/24 18:00:00 Europe/Berlin)`.

    A value that counts as false lets it see the present again.
    Sets: TESTTIME, inherited by channels that are dialled.
    Compat: pbx. It cannot be read; IFTIME and ExecIfTime do not heed it.
    """
    chan.error("TESTTIME cannot be read")
    return ""


@testtime.write
def _set_testtime(chan: Channel, value: str = "") -> None:
    found = _TEST_TIME.match(value)
    if found is None:
        if is_true(value):
            raise ArgumentError(f"'{value}' is no time: YYYY/MM/DD HH:MM:SS[ zone]")
        chan.unset("TESTTIME")
        return
    try:
        year, month, day, hour, minute, second = map(int, found.groups()[:6])
        moment = datetime(year, month, day, hour, minute, second, tzinfo=zone(found[7]))
    except ValueError as error:
        raise ArgumentError(f"'{value}': {error}") from None
    chan.set("__TESTTIME", str(int(moment.timestamp())))


_TEST_TIME = re.compile(r"\s*(\d{4})/(\d{1,2})/(\d{1,2})\s+(\d{1,2}):(\d{1,2}):(\d{1,2})\s*(\S*)")


@function("STRFTIME", see="STRPTIME, IFTIME")
def strftime(chan: Channel, epoch: str = "", timezone: str = "", format: str = "%c") -> str:
    """Write a time as text.

    Args:
        epoch: Seconds since 1970-01-01 00:00 UTC, with a fraction if need be; now when it is left out.
        timezone: Such as `Europe/Berlin` or `CET-1CEST`; the system's when it is left out.
        format: As in strftime(3), and `%q` for milliseconds, `%1q` to `%6q` for as many digits of the fraction.
    Compat: func_strings. `%Z` is the name of the system's zone whatever zone was asked for; `%s` is the local time
        taken for a time of the system's zone. A zone that does not exist is UTC.
    """
    if not format:
        raise ArgumentError("STRFTIME needs a format, or none at all")
    seconds, micros = _instant(epoch, chan.now())

    def fraction(match: re.Match[str]) -> str:
        digits = int(match[1] or "3")
        return f"{abs(micros) // 10 ** (6 - digits) * (-1 if micros < 0 else 1):0{digits}d}"

    return _written(_FRACTION.sub(fraction, format), _broken_down(seconds, zone(timezone)))


def _instant(text: str, now: float) -> tuple[int, int]:
    """Read seconds and microseconds; the time is now where the text begins with no number."""
    match = _DECIMAL.match(text)
    if match is None:
        return int(now), int(now % 1 * 1_000_000)
    sign, digits = match.groups()
    number: longdouble.Number | None
    if digits[:2] in ("0x", "0X"):
        number = int(digits[:18], 16)
    elif "e" in digits.lower():
        number = longdouble.fit(int(min(float(digits[:30]), 1e18)))
    else:
        number = longdouble.parse((digits if digits[0] != "." else f"0{digits}").rstrip("."))
    assert number is not None
    whole = int(number)
    rest = longdouble.multiply(longdouble.subtract(number, whole), 1_000_000)
    if sign == "-":
        return -whole, -int(rest)
    return whole, int(rest)


def _broken_down(seconds: int, place: tzinfo | None) -> time.struct_time:
    """Return the local time in a zone, with the system's own name for it; the calendar may run beyond year 9999."""
    cycles = 0
    if not -62_000_000_000 < seconds < 253_000_000_000:
        cycles = (seconds - 1_000_000_000) // _GREGORIAN_YEARS_S
    moment = _EPOCH + timedelta(seconds=seconds - cycles * _GREGORIAN_YEARS_S)
    moment = moment.astimezone(place)
    offset = moment.utcoffset() or timedelta()
    summer = bool(moment.dst())
    weekday, of_year = moment.timetuple()[6:8]
    fields = (moment.year + 400 * cycles, moment.month, moment.day, moment.hour, moment.minute, moment.second)
    facts = {"tm_zone": time.tzname[summer], "tm_gmtoff": int(offset.total_seconds())}
    return time.struct_time((*fields, weekday, of_year, int(summer)), facts)


def _written(format: str, moment: time.struct_time) -> str:
    try:
        return time.strftime(format, moment)
    except (ValueError, OverflowError) as error:
        raise ArgumentError(f"STRFTIME: {error}") from None


@lru_cache(maxsize=128)
def zone(name: str) -> tzinfo | None:
    """Find a time zone by its name or POSIX rule; None, the system's, for an empty name, and UTC for an unknown one."""
    if not name:
        return None
    for folder in TZPATH:
        name = name.removeprefix(f"{folder}/")
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return _ruled(name) or UTC


def _ruled(rule: str) -> tzinfo | None:
    """Make a zone of a POSIX rule: a zone file without any transition, whose footer is the rule."""
    header = struct.pack(">4sc15x6l", b"TZif", b"2", 0, 0, 0, 0, 1, 4)
    body = struct.pack(">lbB4s", 0, 0, 0, b"UTC\0")
    footer = b"\n" + rule.encode("utf-8", "replace") + b"\n"
    try:
        return ZoneInfo.from_file(BytesIO(header + body + header + body + footer), rule)
    except (ValueError, IndexError, OverflowError):
        pass
    # The names are not as they should be, a rule for summer time is missing, or there is another fault.
    match = _RULE.fullmatch(rule)
    if match is None:
        return None
    offset, summer_name, summer_offset, transitions = match[1], match[2], match[3], match[4] or ""
    standard = f"AAA{offset}"
    if transitions or (summer_name is None and summer_offset is None):
        plain = f"{standard}BBB{summer_offset or ''}{transitions}" if transitions else standard
        return None if plain == rule else _ruled(plain)
    usual = _ruled(standard)
    if usual is None:
        return None
    summer = _ruled(f"AAA{summer_offset}") if summer_offset else None
    moment = datetime(2000, 1, 1)
    return _Borrowed(usual.utcoffset(moment) or timedelta(), summer.utcoffset(moment) if summer else None)


_OFFSET = r"[-+]?[0-9]{1,3}(?::[0-5]?[0-9]){0,2}"
_RULE = re.compile(rf"(?:<[^>]*>|[^-+0-9,<]*)({_OFFSET})(<[^>]*>|[^-+0-9,<]+)?({_OFFSET})?(,.*)?", re.ASCII)


class _Borrowed(tzinfo):
    """A zone whose summer time begins and ends by the clock when it does in another."""

    def __init__(self, standard: timedelta, summer: timedelta | None) -> None:
        self._standard = standard
        self._summer = standard + timedelta(hours=1) if summer is None else summer

    def _is_summer(self, moment: datetime) -> bool:
        there = moment.replace(tzinfo=ZoneInfo(_MODEL))
        return moment.year <= _LAST_YEAR and bool(there.dst())

    def utcoffset(self, moment: datetime | None) -> timedelta:
        """Return the offset of a local time."""
        return self._summer if moment is not None and self._is_summer(moment) else self._standard

    def dst(self, moment: datetime | None) -> timedelta:
        """Return how far the clock is put forward at a local time."""
        return self.utcoffset(moment) - self._standard

    def tzname(self, moment: datetime | None) -> str:
        """Return no name: nobody asks for one."""
        return ""

    def fromutc(self, moment: datetime) -> datetime:
        """Return the local time."""
        summer = moment + self._summer
        return summer if self._is_summer(summer) else moment + self._standard


# --- and back ----------------------------------------------------------------------------------


class _Moment(ctypes.Structure):
    """C's `struct tm`, with room behind it for what systems add."""

    _fields_ = (
        *((f"tm_{name}", ctypes.c_int) for name in ("sec", "min", "hour", "mday", "mon", "year", "wday", "yday")),
        ("tm_isdst", ctypes.c_int),
        ("tm_gmtoff", ctypes.c_long),
        ("tm_zone", ctypes.c_void_p),
        ("reserved", ctypes.c_char * 64),
    )


@function("STRPTIME", see="STRFTIME")
def strptime(chan: Channel, datetime: str, timezone: str, format: str) -> str:
    """Read a time from text; returns seconds since 1970-01-01 00:00 UTC.

    Args:
        datetime: The text.
        timezone: The zone it is meant in, such as `Europe/Berlin`; the system's when it is empty.
        format: As in strptime(3).
    Compat: func_strings. What the format does not name counts as zero, even the day. A time that summer time skips
        is 0. The seconds are an integer of 32 bits.
    """
    if not format:
        raise ArgumentError("STRPTIME needs a text, a time zone, and a format")
    moment = _Moment()
    raw = [text.encode("utf-8", "surrogateescape") for text in (datetime, format)]
    if not datetime or not _LIBC.strptime(*raw, ctypes.byref(moment)):
        raise ArgumentError(f"STRPTIME: '{datetime}' does not fit '{format}'")
    return str(wrapped(_seconds(moment, zone(timezone))))


def _seconds(moment: _Moment, place: tzinfo | None) -> int:
    """Count the seconds up to a local time; days and months may be out of range."""
    year, month = divmod(moment.tm_mon, 12)
    year += 1900 + moment.tm_year
    cycles = 0
    if not 1 < year < _YEAR_MOST:
        cycles = (year - 2000) // 400
    local = datetime(year - 400 * cycles, month + 1, 1) + timedelta(
        days=moment.tm_mday - 1, hours=moment.tm_hour, minutes=moment.tm_min, seconds=moment.tm_sec
    )
    first, second = _meant(local, place, 0), _meant(local, place, 1)
    if first is None or second is None:
        return 0
    found = first if first == second else _bisected(first, second, local, place)
    return found + cycles * _GREGORIAN_YEARS_S


def _meant(local: datetime, place: tzinfo | None, fold: int) -> int | None:
    """Return the seconds of a local time; None where summer time skips it."""
    there = local.replace(tzinfo=place, fold=fold) if place is not None else local.replace(fold=fold).astimezone()
    if there.astimezone(UTC).astimezone(there.tzinfo).replace(tzinfo=None) != local:
        return None
    return round((there - _EPOCH).total_seconds())


def _bisected(first: int, second: int, local: datetime, place: tzinfo | None) -> int:
    """Choose between the two times that a local time stands for, as the time zone code of tzdb's authors comes to it.

    It searches all 64-bit times by halving, and takes the one that it meets first.
    """
    low, high = -(1 << 63), (1 << 63) - 1
    while True:
        middle = _half(low) + _half(high)
        if middle in (first, second):
            return middle
        if not first - 86400 < middle < second + 86400:
            later = middle > first
        else:
            later = (_EPOCH + timedelta(seconds=middle)).astimezone(place).replace(tzinfo=None) > local
        if low >= high - 1:
            return second
        low, high = (low, middle) if later else (middle, high)


def _half(number: int) -> int:
    """Halve as C does, towards zero."""
    return -(-number // 2) if number < 0 else number // 2


_LIBC = ctypes.CDLL(None)
_LIBC.strptime.argtypes = [ctypes.c_char_p, ctypes.c_char_p, ctypes.c_void_p]
_LIBC.strptime.restype = ctypes.c_void_p
