"""A finished call detail record, and how its fields are written."""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from enum import Enum


class Disposition(Enum):
    """What became of a call: its number in Asterisk's own arithmetic, and its word."""

    NO_ANSWER = (0, "NO ANSWER")
    OPEN = (1, "NO ANSWER")
    FAILED = (2, "FAILED")
    BUSY = (4, "BUSY")
    ANSWERED = (8, "ANSWERED")
    CONGESTION = (16, "CONGESTION")
    CANCEL = (32, "CANCEL")

    @property
    def number(self) -> int:
        """The number, `CDR(disposition,u)`."""
        return self.value[0]

    @property
    def word(self) -> str:
        """The word in records."""
        return self.value[1]


AMA_FLAGS = {"OMIT": 1, "BILLING": 2, "DOCUMENTATION": 3, "DEFAULT": 3}
"What a record is kept for, in the words of Automatic Message Accounting, and the numbers for them."


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One call detail record.

    Args:
        accountcode, peeraccount: Who pays, on either side.
        src, clid: The caller's number, and `"name" <number>`.
        dst, dcontext: Extension and context of the call.
        channel, dstchannel: The two parties.
        lastapp, lastdata: What the caller's channel ran last, and with which arguments.
        start_s, answer_s, end_s: Seconds since the epoch; 0 for never.
        disposition: What became of it.
        amaflags: A word of AMA_FLAGS.
        uniqueid, linkedid: Of the channel, and of the whole call.
        userfield: The dialplan's own text.
        sequence: Number of the record in this process.
        initiated_seconds: Count a second that was begun as a whole one.
        read_s: When it was looked at, while it was not finished.
        variables: What the dialplan has set beside: `CDR(name)`.
    """

    accountcode: str = ""
    src: str = ""
    dst: str = ""
    dcontext: str = ""
    clid: str = '"" <>'
    channel: str = ""
    dstchannel: str = ""
    lastapp: str = ""
    lastdata: str = ""
    start_s: float = 0.0
    answer_s: float = 0.0
    end_s: float = 0.0
    disposition: Disposition = Disposition.OPEN
    amaflags: str = "DOCUMENTATION"
    uniqueid: str = ""
    userfield: str = ""
    peeraccount: str = ""
    linkedid: str = ""
    sequence: int = 0
    initiated_seconds: bool = False
    read_s: float = 0.0
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def duration(self) -> int:
        """Whole seconds from start to end."""
        return int(self.seconds_since(self.start_s) + 1e-6)

    @property
    def billsec(self) -> int:
        """Whole seconds from answer to end; 0 when it was not answered."""
        seconds = self.seconds_since(self.answer_s)
        if self.initiated_seconds and self.answer_s and self.end_s % 1 > self.answer_s % 1:
            return int(seconds) + 1
        return int(seconds + 1e-6)

    def seconds_since(self, moment_s: float) -> float:
        """Seconds from a moment of the call to its end, or so far; 0 for a moment that never was."""
        return max(0.0, (self.end_s or self.read_s) - moment_s) if moment_s else 0.0

    def value(self, name: str, options: str = "") -> str:
        """A field or variable by name, in any case, as `CDR(name,options)` writes it; empty for what is not there."""
        name = name.lower()
        writer = _WRITERS.get(name)
        if writer is not None:
            return writer(self, options)
        found = getattr(self, name) if name in _TEXTS else self.variables.get(name, "")
        return str(found)


def moment(seconds: float, *, utc: bool = False) -> str:
    """A time as records print it: `2027-01-15 08:00:00`; empty for never."""
    broken = time.gmtime(seconds) if utc else time.localtime(seconds)
    return time.strftime("%Y-%m-%d %H:%M:%S", broken) if seconds else ""


_NUMBER = re.compile(r"\s*\+?([0-9]{1,9})")
"A number that a text begins with, as C reads it."


def ama_number(text: str) -> int:
    """Read an AMA flag, by its word or number; 0 for what is none."""
    number = _NUMBER.match(text)
    return AMA_FLAGS.get(text.upper(), int(number[1]) if number else 0)


def ama_name(number: int) -> str:
    """Write an AMA flag: its word, or the number that is none."""
    return next((name for name, its in AMA_FLAGS.items() if its == number), str(number))


def _when(attribute: str) -> Callable[[CallRecord, str], str]:
    def write(record: CallRecord, options: str) -> str:
        seconds: float = getattr(record, attribute)
        return f"{seconds:.6f}" if "u" in options else moment(seconds)

    return write


def _span(attribute: str, beginning: str) -> Callable[[CallRecord, str], str]:
    def write(record: CallRecord, options: str) -> str:
        if "f" not in options:
            return str(getattr(record, attribute))
        return f"{record.seconds_since(getattr(record, beginning)):f}"

    return write


def _disposition(record: CallRecord, options: str) -> str:
    return str(record.disposition.number) if "u" in options else record.disposition.word


def _amaflags(record: CallRecord, options: str) -> str:
    number = ama_number(record.amaflags)
    if "u" in options:
        return str(number)
    return ama_name(number) if number in AMA_FLAGS.values() else "Unknown"


_WRITERS: dict[str, Callable[[CallRecord, str], str]] = {
    "start": _when("start_s"),
    "answer": _when("answer_s"),
    "end": _when("end_s"),
    "duration": _span("duration", "start_s"),
    "billsec": _span("billsec", "answer_s"),
    "disposition": _disposition,
    "amaflags": _amaflags,
}
_TEXTS = {each.name for each in fields(CallRecord)} - {
    "start_s", "answer_s", "end_s", "disposition", "amaflags", "variables", "initiated_seconds", "read_s"
}  # fmt: skip
FIELDS = (
    "clid", "src", "dst", "dcontext", "channel", "dstchannel", "lastapp", "lastdata", "start", "answer", "end",
    "duration", "billsec", "disposition", "amaflags", "accountcode", "uniqueid", "userfield", "linkedid",
    "peeraccount", "sequence",
)  # fmt: skip
"Names of all fields that every record has."
