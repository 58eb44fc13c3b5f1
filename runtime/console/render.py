"""How a log record looks on a console and in a file: Asterisk's layout, prefixes, and colours."""

import json
import re
import syslog
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from asterism.runtime.log import Level, Record, escaped

_PREFIXES = {0: "", 1: " ", 2: "  == ", 3: "    -- "}
_DEEP_PREFIX = "       > "

_RESET = "\x1b[0m"
_GREY, _RED, _GREEN, _YELLOW = "\x1b[1;30m", "\x1b[1;31m", "\x1b[1;32m", "\x1b[1;33m"
_MAGENTA, _CYAN, _WHITE = "\x1b[1;35m", "\x1b[1;36m", "\x1b[1;37m"

_LEVEL_COLOURS = {
    Level.DEBUG: _GREEN,
    Level.DTMF: _GREEN,
    Level.NOTICE: _YELLOW,
    Level.WARNING: _RED,
    Level.ERROR: _RED,
    Level.SECURITY: _YELLOW,
}

_EXECUTING = re.compile(r'^(Executing \[.*?\] )(\w+)\("(.*?)", "(.*)"\)( in new stack)$', re.DOTALL)
_HEADING = re.compile(r"^(?:\[[A-Z][\w ]*\]|  -= .* =-)$")


def prefix(depth: int) -> str:
    """What stands before a verbose line of this depth."""
    return _PREFIXES.get(depth, _DEEP_PREFIX)


DATE_FORMAT = "%b %e %T"
"How the time is written unless logger.conf says otherwise: `Nov 22 03:00:00`."

_FRACTION = re.compile(r"%([1-6]?)q")

_PRIORITIES = {
    Level.NOTICE: syslog.LOG_NOTICE,
    Level.WARNING: syslog.LOG_WARNING,
    Level.ERROR: syslog.LOG_ERR,
    Level.SECURITY: syslog.LOG_WARNING,
    Level.CUSTOM: syslog.LOG_NOTICE,
}


class Dates:
    """Writes times in a format of strftime's, with %q for parts of a second; puts each second together once."""

    def __init__(self, form: str = DATE_FORMAT) -> None:
        self._form = form
        self._has_fraction = _FRACTION.search(form) is not None
        self._second, self._text = -1, ""

    def __call__(self, time_s: float) -> str:
        """A time, seconds since the epoch, in words."""
        if self._has_fraction:
            micros = f"{int(time_s % 1 * 1_000_000):06d}"
            form = _FRACTION.sub(lambda found: micros[: int(found[1] or 3)], self._form)
            return time.strftime(form, time.localtime(time_s))
        second = int(time_s)
        if self._second != second:
            self._second, self._text = second, time.strftime(self._form, time.localtime(time_s))
        return self._text


@dataclass(slots=True)
class Painter:
    """Prints records for one console or file.

    Args:
        colour: Use colours.
        light: The screen is light: no bright white, no yellow.
        timestamps: The time before verbose lines too, as -T.
        pid: The process that the records come from.
        date: How times are written.
        callids: Name the call that a line belongs to.
        host: What JSON lines say about where they come from.
    """

    colour: bool = False
    light: bool = False
    timestamps: bool = False
    pid: int = 0
    date: Callable[[float], str] = field(default_factory=Dates)
    callids: bool = True
    host: str = ""

    def _call(self, record: Record) -> str:
        return f"[{record.call}]" if record.call and self.callids else ""

    def _paint(self, colour: str, text: str) -> str:
        if not self.colour:
            return text
        if self.light:
            colour = colour.replace("[1;37m", "[1;30m").replace("[1;33m", "[0;35m")
        return f"{colour}{text}{_RESET}"

    def console(self, record: Record) -> str:
        """A record as consoles show it; several lines when its text has several."""
        if record.level is Level.VERBOSE:
            return self._verbose(record)
        level = self._paint(_LEVEL_COLOURS.get(record.level, _WHITE), record.level_name)
        where = self._paint(_WHITE, record.file) + ":" + self._paint(_WHITE, str(record.line))
        function = self._paint(_WHITE, record.function)
        # A line break from the wire must not pass for a line of ours; what the developer is shown has many lines.
        lines = record.text.split("\n") if record.level in (Level.DEBUG, Level.TRACE) else [record.text]
        text = "\n".join(map(escaped, lines))
        return f"[{self.date(record.time_s)}] {level}[{self.pid}]{self._call(record)}: {where} {function}: {text}"

    def _verbose(self, record: Record) -> str:
        stamp = f"[{self.date(record.time_s)}] " if self.timestamps else ""
        before = prefix(record.depth)
        if before:
            before = self._paint(_GREY, before)
        return "\n".join(stamp + before + self._executing(escaped(line)) for line in record.text.split("\n"))

    def _executing(self, line: str) -> str:
        if not self.colour or not line.startswith("Executing "):
            return line
        found = _EXECUTING.match(line)
        if found is None:
            return line
        start, application, channel, arguments, end = found.groups()
        return (
            f"{start}{self._paint(_CYAN, application)}"
            f'("{self._paint(_MAGENTA, channel)}", "{self._paint(_MAGENTA, arguments)}"){end}'
        )

    def file(self, record: Record) -> str:
        """A record as log files hold it, one line."""
        return (
            f"[{self.date(record.time_s)}] {record.level_name}[{self.pid}]{self._call(record)} "
            f"{record.file}:{record.line} {record.function}: {escaped(record.text)}"
        )

    def plain(self, record: Record) -> str:
        """A record in the format [plain], one line."""
        return (
            f"[{self.date(record.time_s)}] {record.level_name}[{self.pid}]{self._call(record)}: "
            f"{record.file}:{record.line} {record.function}: {escaped(record.text)}"
        )

    def json(self, record: Record) -> str:
        """A record in the format [json], one line, in Asterisk's members."""
        made = {
            "hostname": self.host,
            "timestamp": self.date(record.time_s),
            "identifiers": {"lwp": self.pid, "callid": record.call if self.callids else ""},
            "logmsg": {
                "location": {"filename": record.file, "function": record.function, "line": record.line},
                "level": record.level_name,
                "message": record.text,
            },
        }
        return json.dumps(made, separators=(",", ":")).replace("\x7f", "\\u007f")

    def syslog(self, record: Record) -> str:
        """A record as syslog gets it: its priority, then the line without a time, which syslog adds itself."""
        return (
            f"<{_PRIORITIES.get(record.level, syslog.LOG_DEBUG)}>"
            f"{record.level_name}[{self.pid}]{self._call(record)}: "
            f"{record.file}:{record.line} in {record.function}: {escaped(record.text)}"
        )

    def output(self, line: str) -> str:
        """A line that a command printed, its headings coloured."""
        if self.colour and line and _HEADING.match(line):
            return self._paint(_MAGENTA, line)
        return line
