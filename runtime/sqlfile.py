"""One SQLite file of the operator's: asked by threads of its own, so that the loop never waits for a disk."""

import asyncio
import contextlib
import sqlite3
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import sqlite_utils

_T = TypeVar("_T")

BUSY_MS = 1000
"How long a statement waits for another program that writes into the file; as in Asterisk's SQLite engine."


class SqlError(Exception):
    """A file that cannot be opened, or a statement that it refuses; the message is SQLite's own."""


class SqlFile:
    """A SQLite file. Each of its threads has a connection of its own, opened when it is first asked.

    The file must be there: one that is missing is an error, not a new and empty database.

    Args:
        path: The file.
        connections: How many statements may run at once.
        busy_ms: How long a statement waits for another program that writes.
    """

    def __init__(self, path: Path, *, connections: int = 1, busy_ms: int = BUSY_MS) -> None:
        self.path = path
        self.connections = connections
        self.busy_ms = busy_ms
        self._threads = ThreadPoolExecutor(connections, thread_name_prefix=f"sqlite {path.name}")
        self._mine = threading.local()
        self._opened: list[sqlite3.Connection] = []

    @property
    def open(self) -> int:
        """How many connections are open."""
        return len(self._opened)

    async def ask(self, work: "Callable[[sqlite_utils.Database], _T]") -> _T:
        """Let a thread work with the file.

        A hangup at this await takes nothing back: what was asked for is still done.

        Raises:
            SqlError: The file or the statement is bad.
        """
        return await self._run(lambda: self._work(work))

    async def _run(self, work: Callable[[], _T]) -> _T:
        try:
            waiting = asyncio.get_running_loop().run_in_executor(self._threads, work)
        except RuntimeError:
            raise SqlError(f"{self.path} is closed") from None
        try:
            return await asyncio.shield(waiting)
        except asyncio.CancelledError:
            if waiting.cancelled():
                raise SqlError(f"{self.path} is closed") from None
            raise

    async def signature(self) -> object:
        """Something that is another when the file has been written to, by whomever."""
        return await self._run(self._stat)

    def _stat(self) -> object:
        found = []
        for path in (self.path, self.path.with_name(f"{self.path.name}-wal")):
            try:
                facts = path.stat()
            except OSError:
                continue
            found.append((facts.st_mtime_ns, facts.st_size, facts.st_ino))
        return found

    def _work(self, work: "Callable[[sqlite_utils.Database], _T]") -> _T:
        try:
            return work(self._database())
        except (sqlite3.Error, sqlite3.Warning, UnicodeError, OverflowError) as error:
            raise SqlError(str(error)) from None

    def _database(self) -> "sqlite_utils.Database":
        database: sqlite_utils.Database | None = getattr(self._mine, "database", None)
        if database is None:
            # Imported here: it takes a fifth of a second, which nobody waits for in this thread.
            from sqlite_utils import Database

            if not self.path.is_file():
                raise SqlError(f"there is no file {self.path}")
            # What is not UTF-8 is kept; `close` may be called in another thread than this.
            connection = sqlite3.connect(
                self.path, timeout=self.busy_ms / 1000, isolation_level=None, check_same_thread=False
            )
            connection.text_factory = _text
            self._opened.append(connection)
            database = self._mine.database = Database(connection)
        return database

    async def close(self) -> None:
        """Break off what is under way and close the file."""
        opened, self._opened = self._opened, []
        for connection in opened:
            with contextlib.suppress(sqlite3.Error):
                connection.interrupt()
        self._threads.shutdown(wait=False, cancel_futures=True)
        await asyncio.get_running_loop().run_in_executor(None, self._close, opened)

    def _close(self, opened: Sequence[sqlite3.Connection]) -> None:
        self._threads.shutdown(wait=True)
        for connection in opened:
            connection.close()


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")


def text_of(value: object) -> str | None:
    """Write a value as SQLite and its ODBC driver do; None for NULL."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return f"X'{value.hex().upper()}'"
    if isinstance(value, float):
        text = f"{value:.15g}"
        mantissa, exponent, power = text.partition("e")
        return text if "." in mantissa or not mantissa[-1].isdigit() else f"{mantissa}.0{exponent}{power}"
    return str(value)


def quoted(name: str) -> str:
    """Quote the name of a table or column. In back-quotes: a name in `"` that is not there is a text to SQLite."""
    return "`" + name.replace("`", "``") + "`"
