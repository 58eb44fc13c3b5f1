"""How a log record looks on a console and in a file: Asterisk's layout, prefixes, and colours."""

import re
import time
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


def date(time_s: float) -> str:
    """The time as the log prints it: `Nov 22 03:00:00`."""
    return time.strftime("%b %e %T", time.localtime(time_s))


@dataclass(slots=True)
class Painter:
    """Prints records for one console or file.

    Args:
        colour: Use colours.
        light: The screen is light: no bright white, no yellow.
        timestamps: The time before verbose lines too, as -T.
        pid: The process that the records come from.
    """

    colour: bool = False
    light: bool = False
    timestamps: bool = False
    pid: int = 0
    _date: tuple[int, str] = field(default=(-1, ""))

    def _time(self, record: Record) -> str:
        second = int(record.time_s)
        if self._date[0] != second:
            self._date = (second, date(second))
        return self._date[1]

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
        level = self._paint(_LEVEL_COLOURS.get(record.level, _WHITE), record.level.name)
        call = f"[{record.call}]" if record.call else ""
        where = self._paint(_WHITE, record.file) + ":" + self._paint(_WHITE, str(record.line))
        function = self._paint(_WHITE, record.function)
        text = "\n".join(map(escaped, record.text.split("\n")))
        return f"[{self._time(record)}] {level}[{self.pid}]{call}: {where} {function}: {text}"

    def _verbose(self, record: Record) -> str:
        stamp = f"[{self._time(record)}] " if self.timestamps else ""
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
        call = f"[{record.call}]" if record.call else ""
        return (
            f"[{self._time(record)}] {record.level.name}[{self.pid}]{call} "
            f"{record.file}:{record.line} {record.function}: {escaped(record.text)}"
        )

    def output(self, line: str) -> str:
        """A line that a command printed, its headings coloured."""
        if self.colour and line and _HEADING.match(line):
            return self._paint(_MAGENTA, line)
        return line
