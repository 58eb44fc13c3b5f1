"""Where lines of the log go: sinks that write in a thread, so that no disk holds up a call."""

import queue
import threading
from collections.abc import Callable
from typing import Protocol

from asterism.runtime.limits import LISTENER_EVENTS_MAX
from asterism.runtime.log import Record

TOGETHER = 200
"How many lines are written at once, where so many wait."


class Stream(Protocol):
    """What a Writer writes to: a file, the screen, syslog."""

    def write(self, text: str, /) -> object:
        """Take lines, each with its line break."""

    def flush(self) -> object:
        """Let it be seen."""

    def close(self) -> object:
        """Let go of it."""


class Writer:
    """A sink that writes lines to a stream of its own thread.

    Args:
        opening: Opens the stream; called again after `reopen`. An OSError of it is told to `failed` once.
        paint: Makes the line of a record.
        wants: Which levels are written, by name.
        failed: Told when the stream cannot be written; called in the thread.
        limit: Lines that may wait; beyond it they are lost, and counted.
    """

    def __init__(
        self,
        opening: Callable[[], Stream],
        paint: Callable[[Record], str],
        wants: Callable[[str], bool],
        failed: Callable[[OSError], None] = lambda error: None,
        limit: int = LISTENER_EVENTS_MAX,
    ) -> None:
        self._opening, self.paint, self.wants, self._failed = opening, paint, wants, failed
        self.limit = limit
        self._queue: queue.SimpleQueue[Record | str | Callable[[], None] | None] = queue.SimpleQueue()
        self._lost = 0
        self._broken = False
        self._stream: Stream | None = None
        self._thread = threading.Thread(target=self._write_all, name="log", daemon=True)
        self._thread.start()

    def sink(self, record: Record) -> None:
        """Take a record; never waits. When the disk cannot keep up the excess is lost, and counted."""
        if not self.wants(record.level_name):
            return
        if self._queue.qsize() >= self.limit:
            self._lost += 1
            return
        if self._lost:
            self._queue.put(f"{self._lost} lines of the log were lost here: the disk is too slow.")
            self._lost = 0
        self._queue.put(record)

    def say(self, line: str) -> None:
        """Write a line that is no record."""
        self._queue.put(line)

    def reopen(self, between: Callable[[], None] = lambda: None) -> None:
        """Close the file and open it anew, for who has moved it away.

        Args:
            between: Called in the thread while it is closed: what moves it away. An OSError is told to `failed`.
        """

        def anew() -> None:
            self._close_stream()
            self._broken = False
            try:
                between()
            except OSError as error:
                self._failed(error)

        self._queue.put(anew)

    def dismiss(self) -> None:
        """End when what is left is written; does not wait for it."""
        self._queue.put(None)

    def close(self) -> None:
        """Write what is left and end; waits for it, but not for ever."""
        self.dismiss()
        self._thread.join(2.0)

    def _write_all(self) -> None:
        while (taken := self._queue.get()) is not None:
            if callable(taken):
                taken()
                continue
            lines = [self._line(taken)]
            # What waits is written at once: in a burst the loop leaves this thread little time.
            while not self._queue.empty() and len(lines) < TOGETHER:
                taken = self._queue.get()
                if taken is None or callable(taken):
                    break
                lines.append(self._line(taken))
            self._write("".join(lines))
            if taken is None:
                break
            if callable(taken):
                taken()
        self._close_stream()

    def _line(self, taken: Record | str) -> str:
        return (taken if isinstance(taken, str) else self.paint(taken)) + "\n"

    def _write(self, text: str) -> None:
        try:
            if self._stream is None:
                self._stream = self._opening()
            self._stream.write(text)
            if self._queue.empty():
                self._stream.flush()
            self._broken = False
        except OSError as error:
            self._stream = None
            if not self._broken:
                self._broken = True
                self._failed(error)

    def _close_stream(self) -> None:
        if self._stream is not None:
            try:
                self._stream.close()
            except OSError as error:
                self._failed(error)
            self._stream = None
