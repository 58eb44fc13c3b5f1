"""What the operator reads: one stream of records per runtime.

Levels are Asterisk's. A record knows where it was written (file, line, function), and to which call it
belongs; consoles, files, and Python's own logging are sinks of equal rank.
"""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol


class Level(IntEnum):
    """Levels of the log, in Python's scale."""

    TRACE = 5
    DEBUG = 10
    DTMF = 14
    VERBOSE = 15
    FAX = 16
    NOTICE = 25
    CUSTOM = 26
    "One of logger.conf's custom_levels; the record says which."
    WARNING = 30
    ERROR = 40
    SECURITY = 45


@dataclass(frozen=True, slots=True)
class Record:
    """One line of the log.

    Args:
        level: Its level.
        depth: For VERBOSE and DEBUG: from which verbosity on it is shown (1 and up).
        text: The message; control characters from the wire are already escaped.
        time_s: Seconds since the epoch.
        file, line, function: Where in the program it was written.
        call: The call it belongs to, as `C-00000001`, or empty.
        custom: The name of a custom level.
    """

    level: Level
    depth: int
    text: str
    time_s: float
    file: str
    line: int
    function: str
    call: str
    custom: str = ""

    @property
    def level_name(self) -> str:
        """The level as the log prints it."""
        return self.custom or self.level.name


_REPORTER = "asterism.runtime.reporter"

Sink = Callable[[Record], None]

Place = tuple[str, int, str]
"File, line, and function, as a line of the log names them."

CONSOLE_LEVELS = frozenset(("NOTICE", "WARNING", "ERROR", "VERBOSE", "DEBUG"))
"What consoles show when no logger.conf says otherwise."

FOLLOW = -1
"""The depth of a sink that follows the level of the whole runtime: for debug `core set debug`, for verbose -v and what
the server's own console sets."""

_CONTROL = {code: f"\\x{code:02x}" for code in (*range(0x20), 0x7F, *range(0x80, 0xA0)) if code not in (9,)}


def escaped(text: str) -> str:
    """Text from the wire with its control characters made visible; line breaks too."""
    return text.translate(_CONTROL)


def quoted(text: str) -> str:
    """Text from the wire as it may stand between quotes of either kind in a line that a log watcher reads."""
    return escaped(text).replace('"', "\\x22").replace("'", "\\x27")


class LogFiles(Protocol):
    """Who keeps the log, as the rest of the runtime sees him: the log channels of logger.conf."""

    def rotate(self, name: str = "") -> None:
        """Put the files aside and begin new ones, by logger.conf's strategy; one file alone when it is named.

        Raises:
            AsterismError: No file of this name is written.
        """

    def reload(self, conf: str = "") -> list[str]:
        """Read logger.conf again, or another file instead, and open the files anew; returns what is wrong.

        Raises:
            AsterismError: The other file cannot be read.
        """

    def add(self, name: str, levels: str) -> None:
        """Begin a log channel that logger.conf does not name; raises AsterismError."""

    def remove(self, name: str) -> None:
        """End a log channel that `add` began; raises AsterismError."""

    def rows(self) -> list[tuple[str, str, str, str, str]]:
        """The log channels: name, kind, format, status, levels."""

    @property
    def levels(self) -> list[tuple[int, str]]:
        """All levels with Asterisk's numbers."""

    @property
    def console_levels(self) -> frozenset[str]:
        """What consoles show, by name."""

    @property
    def queue_limit(self) -> int:
        """How many lines may wait for the disk."""


class Log:
    """The log of one runtime.

    A sink must not wait and must not raise. `verbose_max` and `debug_max` are the deepest level that any sink
    wants, so that what nobody reads is not even put together: ask `log.shows(3)` before expensive text.
    """

    def __init__(self, name: str = "asterism") -> None:
        self.name = name
        self._sinks: dict[Sink, tuple[int, int]] = {}
        self.verbose_max = 0
        self.debug_max = 0
        self.debug_level = 0
        "How deep sinks with FOLLOW see; change it with `set_debug`."
        self.debug_of: dict[str, int] = {}
        "Deeper levels for parts of the program, by a word in the name of the module; change it with `set_debug`."
        self.verbose_level = 0
        "The same for verbose lines; change it with `set_verbose`."
        self.custom_levels: frozenset[str] = frozenset()
        "Names of further levels that `at` may be given, in capitals."
        self.shown_calls: Callable[[str], bool] | None = None
        "Whether the verbose lines of a call are shown, by its id; None for those of all calls."
        self.files: LogFiles | None = None
        "Where the log is kept, when somebody keeps it: the program does, an embedder need not."
        self.queue_sinks: list[Callable[[str], None]] = []
        "Who gets the lines of the queue log; they must not wait and must not raise."
        self.changed: list[Callable[[], None]] = []
        "Called when the depths that sinks want have changed."
        # Here, since `asterism -rx` knows this module too, and has no use for a log.
        import logging

        self._python = logging.getLogger(name)

    def attach(self, sink: Sink, *, verbose: int = 0, debug: int = 0) -> None:
        """Add a sink, or change the depths an attached one wants to see (FOLLOW for the runtime's)."""
        self._sinks[sink] = (verbose, debug)
        self._remeasure()

    def detach(self, sink: Sink) -> None:
        """Remove a sink; a stranger is ignored."""
        self._sinks.pop(sink, None)
        self._remeasure()

    def set_debug(self, level: int, part: str = "") -> None:
        """Change the debug level of the whole runtime, or of the modules whose name has this part."""
        if not part:
            self.debug_level = level
        elif level:
            self.debug_of[part] = level
        else:
            self.debug_of.pop(part, None)
        self._remeasure()

    def set_verbose(self, level: int) -> None:
        """Change the verbosity of the whole runtime; consoles have one of their own."""
        self.verbose_level = level
        self._remeasure()

    def _remeasure(self) -> None:
        self.verbose_max = max((self._verbose_of(v) for v, _ in self._sinks.values()), default=0)
        self.debug_max = max((self._debug_of(d) for _, d in self._sinks.values()), default=0)
        for each in self.changed:
            each()

    def _debug_of(self, debug: int) -> int:
        return max(self.debug_level, *self.debug_of.values(), 0) if debug == FOLLOW else debug

    def _debug_here(self, debug: int, module: str) -> int:
        """How deep a sink sees what a module writes."""
        if debug != FOLLOW:
            return debug
        parts = module.replace("_", ".").split(".")
        return max((level for part, level in self.debug_of.items() if part in parts), default=self.debug_level)

    def _verbose_of(self, verbose: int) -> int:
        return self.verbose_level if verbose == FOLLOW else verbose

    def shows(self, depth: int) -> bool:
        """Whether a verbose line of this depth would be read by anybody."""
        return depth <= self.verbose_max

    def verbose(self, depth: int, text: str, call: str = "") -> None:
        """Tell the operator what happens, from verbosity `depth` (1 to 10) on."""
        if depth <= self.verbose_max and (not call or self.shown_calls is None or self.shown_calls(call)):
            self._write(Level.VERBOSE, depth, text, call)

    def debug(self, depth: int, text: str, call: str = "") -> None:
        """Tell the developer what happens, from debug level `depth` on."""
        if depth <= self.debug_max:
            self._write(Level.DEBUG, depth, text, call)

    def dtmf(self, text: str, call: str = "") -> None:
        """Write down a DTMF digit."""
        self._write(Level.DTMF, 0, text, call)

    def notice(self, text: str, call: str = "") -> None:
        """Write down what is unusual but right."""
        self._write(Level.NOTICE, 0, text, call)

    def warning(self, text: str, call: str = "") -> None:
        """Write down what is probably wrong; the call or the load goes on."""
        self._write(Level.WARNING, 0, text, call)

    def error(self, text: str, call: str = "") -> None:
        """Write down what failed."""
        self._write(Level.ERROR, 0, text, call)

    def at(self, level: str, text: str, call: str = "", place: Place | None = None) -> None:
        """Write at a level by its name, any case, or at a custom one; NOTICE for an unknown one.

        Args:
            level: Its name.
            text: The message.
            call: The call it belongs to.
            place: File, line, and function to name instead of where this was called.
        """
        name = level.upper()
        if name in self.custom_levels:
            self._write(Level.CUSTOM, 0, text, call, name, place)
            return
        number = Level.__members__.get(name, Level.NOTICE)
        depth = 1 if number in (Level.VERBOSE, Level.DEBUG) else 0
        if depth > (self.verbose_max if number is Level.VERBOSE else self.debug_max) and depth:
            return
        self._write(number, depth, text, call, place=place)

    def traceback(self, error: BaseException, call: str = "") -> None:
        """Show a developer where an error came from: from debug level 1 on, or in Python's own logging."""
        import traceback

        text = "".join(traceback.format_exception(error)).rstrip()
        if self.debug_max >= 1:
            self._write(Level.DEBUG, 1, text, call)
        elif self._python.isEnabledFor(Level.DEBUG):
            self._python.debug("%s", text)

    def security(self, text: str, call: str = "") -> None:
        """Write down a security event, in the form that log watchers read."""
        self._write(Level.SECURITY, 0, text, call)

    def queue(self, uniqueid: str, queue: str, agent: str, event: str, *facts: object) -> None:
        """Write a line of the queue log: `time|uniqueid|queue|agent|event|fact|...`; NONE is no call, or no queue."""
        if not self.queue_sinks:
            return
        which = (uniqueid or "NONE", queue or "NONE")
        line = escaped("|".join(map(str, (int(time.time()), *which, agent, event, "|".join(map(str, facts))))))
        for sink in tuple(self.queue_sinks):
            sink(line)

    def _write(
        self, level: Level, depth: int, text: str, call: str, custom: str = "", place: Place | None = None
    ) -> None:
        frame = sys._getframe(2)
        if frame.f_globals.get("__name__") == _REPORTER and frame.f_back is not None:
            frame = frame.f_back  # Whoever spoke through a channel, not the channel.
        code = frame.f_code
        file, line, function = place or (code.co_filename.rpartition("/")[2], frame.f_lineno, code.co_name)
        record = Record(level, depth, text, time.time(), file, line, function, call, custom)
        for sink, (verbose, debug) in tuple(self._sinks.items()):
            if level is Level.VERBOSE and depth > self._verbose_of(verbose):
                continue
            if level is Level.DEBUG and depth > self._debug_here(debug, frame.f_globals.get("__name__", "")):
                continue
            sink(record)
        if self._python.isEnabledFor(level):
            # Nobody from outside may write a line of his own into the log of a program that embeds us.
            self._python.log(level, "%s", escaped(text))
