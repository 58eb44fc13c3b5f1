"""What the operator reads: one stream of records per runtime.

Levels are Asterisk's. A record knows where it was written (file, line, function), and to which call it
belongs; consoles, files, and Python's own logging are sinks of equal rank.
"""

import logging
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path


class Level(IntEnum):
    """Levels of the log, in Python's scale."""

    DEBUG = 10
    DTMF = 14
    VERBOSE = 15
    NOTICE = 25
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
    """

    level: Level
    depth: int
    text: str
    time_s: float
    file: str
    line: int
    function: str
    call: str


_REPORTER = "asterism.runtime.reporter"

Sink = Callable[[Record], None]

FOLLOW = -1
"The debug depth of a sink that follows the level of the whole runtime, `core set debug`."

_CONTROL = {code: f"\\x{code:02x}" for code in (*range(0x20), 0x7F, *range(0x80, 0xA0)) if code not in (9,)}


def escaped(text: str) -> str:
    """Text from the wire with its control characters made visible; line breaks too."""
    return text.translate(_CONTROL)


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
        self.changed: list[Callable[[], None]] = []
        "Called when the depths that sinks want have changed."
        self._python = logging.getLogger(name)

    def attach(self, sink: Sink, *, verbose: int = 0, debug: int = 0) -> None:
        """Add a sink, or change the depths an attached one wants to see (debug: FOLLOW for the runtime's)."""
        self._sinks[sink] = (verbose, debug)
        self._remeasure()

    def detach(self, sink: Sink) -> None:
        """Remove a sink; a stranger is ignored."""
        self._sinks.pop(sink, None)
        self._remeasure()

    def set_debug(self, level: int) -> None:
        """Change the debug level of the whole runtime."""
        self.debug_level = level
        self._remeasure()

    def _remeasure(self) -> None:
        self.verbose_max = max((v for v, _ in self._sinks.values()), default=0)
        self.debug_max = max((self._debug_of(d) for _, d in self._sinks.values()), default=0)
        for each in self.changed:
            each()

    def _debug_of(self, debug: int) -> int:
        return self.debug_level if debug == FOLLOW else debug

    def shows(self, depth: int) -> bool:
        """Whether a verbose line of this depth would be read by anybody."""
        return depth <= self.verbose_max

    def verbose(self, depth: int, text: str, call: str = "") -> None:
        """Tell the operator what happens, from verbosity `depth` (1 to 10) on."""
        if depth <= self.verbose_max:
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

    def at(self, level: str, text: str, call: str = "") -> None:
        """Write at a level by its name, any case; NOTICE for an unknown one."""
        number = Level.__members__.get(level.upper(), Level.NOTICE)
        depth = 1 if number in (Level.VERBOSE, Level.DEBUG) else 0
        if depth > (self.verbose_max if number is Level.VERBOSE else self.debug_max) and depth:
            return
        self._write(number, depth, text, call)

    def traceback(self, error: BaseException, call: str = "") -> None:
        """Show a developer where an error came from: from debug level 1 on, or in Python's own logging."""
        text = "".join(traceback.format_exception(error)).rstrip()
        if self.debug_max >= 1:
            self._write(Level.DEBUG, 1, text, call)
        elif self._python.isEnabledFor(Level.DEBUG):
            self._python.debug("%s", text)

    def security(self, text: str, call: str = "") -> None:
        """Write down a security event, in the form that log watchers read."""
        self._write(Level.SECURITY, 0, text, call)

    def _write(self, level: Level, depth: int, text: str, call: str) -> None:
        frame = sys._getframe(2)
        if frame.f_globals.get("__name__") == _REPORTER and frame.f_back is not None:
            frame = frame.f_back  # Whoever spoke through a channel, not the channel.
        code = frame.f_code
        record = Record(
            level, depth, text, time.time(), Path(code.co_filename).name, frame.f_lineno, code.co_name, call
        )
        for sink, (verbose, debug) in tuple(self._sinks.items()):
            if level is Level.VERBOSE and depth > verbose:
                continue
            if level is Level.DEBUG and depth > self._debug_of(debug):
                continue
            sink(record)
        if self._python.isEnabledFor(level):
            self._python.log(level, "%s", text)
