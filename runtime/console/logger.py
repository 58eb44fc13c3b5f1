"""Log files and the screen of a foreground server: sinks that write in a thread, so that no disk holds up a call."""

import queue
import threading
from collections.abc import Callable, Container
from typing import TextIO

from asterism.runtime.limits import LISTENER_EVENTS_MAX
from asterism.runtime.log import Level, Record

MESSAGES = frozenset((Level.NOTICE, Level.WARNING, Level.ERROR))
"What the file messages.log holds by default, as Asterisk's."

SCREEN = MESSAGES | {Level.VERBOSE, Level.DEBUG}
"What consoles and a foreground server show: not DTMF and SECURITY, as Asterisk's console by default."


class Writer:
    """A sink that writes lines to a stream of its own thread.

    Args:
        opening: Opens the stream; called again after `reopen`. An OSError of it is told to `failed` once.
        paint: Makes the line of a record.
        levels: Which levels are written.
        failed: Told when the stream cannot be written.
    """

    def __init__(
        self,
        opening: Callable[[], TextIO],
        paint: Callable[[Record], str],
        levels: Container[Level],
        failed: Callable[[OSError], None] = lambda error: None,
    ) -> None:
        self._opening, self._paint, self._levels, self._failed = opening, paint, levels, failed
        self._queue: queue.SimpleQueue[Record | str | None] = queue.SimpleQueue()
        self._lost = 0
        self._stream: TextIO | None = None
        self._thread = threading.Thread(target=self._write_all, name="log", daemon=True)
        self._thread.start()

    def sink(self, record: Record) -> None:
        """Take a record; never waits. When the disk cannot keep up the excess is lost, and counted."""
        if record.level not in self._levels:
            return
        if self._queue.qsize() >= LISTENER_EVENTS_MAX:
            self._lost += 1
            return
        if self._lost:
            self._queue.put(f"{self._lost} lines of the log were lost here: the disk is too slow.")
            self._lost = 0
        self._queue.put(record)

    def say(self, line: str) -> None:
        """Write a line that is no record."""
        self._queue.put(line)

    def reopen(self) -> None:
        """Close the file and open it anew, for who has moved it away."""
        self._queue.put("")

    def close(self) -> None:
        """Write what is left and end."""
        self._queue.put(None)
        self._thread.join(2.0)

    def _write_all(self) -> None:
        broken = False
        while (taken := self._queue.get()) is not None:
            if taken == "":
                self._close_stream()
                broken = False
                continue
            line = taken if isinstance(taken, str) else self._paint(taken)
            try:
                if self._stream is None:
                    self._stream = self._opening()
                self._stream.write(line + "\n")
                if self._queue.empty():
                    self._stream.flush()
                broken = False
            except OSError as error:
                self._stream = None
                if not broken:
                    broken = True
                    self._failed(error)
        self._close_stream()

    def _close_stream(self) -> None:
        if self._stream is not None:
            try:
                self._stream.close()
            except OSError as error:
                self._failed(error)
            self._stream = None
