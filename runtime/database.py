"""The persistent key-value store: Asterisk's own table in Asterisk's own file.

Reads come from memory, where all of it is kept: they never wait. Writes are made by one thread, which takes
what has piled up as one transaction; a `put` returns when its transaction is in the write-ahead log on disk,
so it survives the death of the process (`kill -9`); a crash of the machine may cost the last few seconds.
"""

import asyncio
import contextlib
import queue
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from asterism.runtime.sqlfile import text_of

if TYPE_CHECKING:
    import sqlite_utils

FILE = "astdb.sqlite3"

LOOK_S = 1.0
"How often the writer looks whether another program has written into the file."
QUIET_S = 2.0
"Without a write for so long after the start, the writer makes itself ready: by then the start is over."


class DatabaseError(Exception):
    """The store cannot be opened or written."""


def _key(family: str, key: str) -> str:
    return f"/{family.strip('/')}/{key}"


class Database:
    """Meets `asterism.runtime.switch.Database`. Made open by `open`; None as path keeps it in memory alone."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._values: dict[str, str] = {}
        self._writes: queue.SimpleQueue[_Item] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._unwritten: dict[asyncio.Future[None], list[_Change]] = {}
        "Changes on their way to the disk."

    async def open(self) -> None:
        """Read everything, and begin to take writes.

        Raises:
            DatabaseError: The file cannot be opened, or is no database.
        """
        self._loop = asyncio.get_running_loop()
        if self.path is None:
            return
        opened: asyncio.Future[None] = self._loop.create_future()
        self._thread = threading.Thread(target=self._run, args=(self._loop, opened), name="astdb", daemon=True)
        self._thread.start()
        try:
            await opened
        except BaseException:
            self._thread = None
            raise

    async def close(self) -> None:
        """Write what is left and close the file."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._writes.put(None)
            await asyncio.get_running_loop().run_in_executor(None, thread.join)

    # --- reading ------------------------------------------------------------------------------

    def read(self, family: str, key: str) -> str | None:
        """A value, or None; at once."""
        return self._values.get(_key(family, key))

    async def get(self, family: str, key: str) -> str | None:
        """A value, or None."""
        return self.read(family, key)

    async def tree(self, family: str = "") -> Mapping[str, str]:
        """All keys below a family (or a key itself), in order, as full `/family/key` paths."""
        prefix = f"/{family.strip('/')}" if family.strip("/") else ""
        return {
            path: value
            for path, value in sorted(self._values.items())
            if not prefix or path == prefix or path.startswith(prefix + "/")
        }

    def keys(self) -> list[str]:
        """All full paths, unordered; for completion."""
        return list(self._values)

    # --- writing ------------------------------------------------------------------------------

    async def put(self, family: str, key: str, value: str) -> None:
        """Store a value; on return it survives the death of the process."""
        path = _key(family, key)
        self._values[path] = value
        await self._write([(path, value)])

    async def delete(self, family: str, key: str) -> bool:
        """Delete a key; False when it was not there."""
        path = _key(family, key)
        if self._values.pop(path, None) is None:
            return False
        await self._write([(path, None)])
        return True

    async def delete_tree(self, family: str) -> int:
        """Delete all keys below a family; how many."""
        paths = list(await self.tree(family))
        for path in paths:
            del self._values[path]
        if paths:
            await self._write([(path, None) for path in paths])
        return len(paths)

    async def _write(self, changes: "list[_Change]") -> None:
        if self._thread is None:
            return
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._unwritten[done] = changes
        done.add_done_callback(lambda _: self._unwritten.pop(done, None))
        self._writes.put((changes, done))
        # Shielded: a hangup at this await must not take back what is already on its way.
        await asyncio.shield(done)

    async def query(self, sql: str) -> "Answer":
        """Run a statement of the operator's own, and take into memory what it changes.

        Returns:
            The names of the columns, and the rows.

        Raises:
            DatabaseError: There is no file, or the statement is wrong.
        """
        if self._thread is None:
            raise DatabaseError("the database is kept in memory alone, SQL cannot ask it")
        done: asyncio.Future[Asked] = asyncio.get_running_loop().create_future()
        self._writes.put(_Question(sql, done))
        columns, rows, values = await asyncio.shield(done)
        if values is not None:
            self._replace(values)
        return columns, rows

    # --- the writer's thread ------------------------------------------------------------------

    def _run(self, loop: asyncio.AbstractEventLoop, opened: "asyncio.Future[None]") -> None:
        try:
            connection, values = self._open()
        except Exception as error:
            _settle(loop, [opened], DatabaseError(f"{self.path}: {error}"))
            return
        self._values.update(values)
        _settle(loop, [opened], None)
        with contextlib.closing(connection):
            version = self._version(connection)
            batch = self._batch(QUIET_S)
            try:
                # Imported now: it takes a quarter of a second, which would lengthen the start.
                import sqlite_utils

                tables = sqlite_utils.Database(connection)
            except Exception as error:
                self._refuse(loop, batch, DatabaseError(f"{self.path}: cannot be written: {error}"))
                return
            while True:
                writes = [write for write in batch if isinstance(write, tuple)]
                if writes:
                    self._commit(loop, tables, writes)
                for question in batch:
                    if isinstance(question, _Question):
                        self._answer(loop, connection, question)
                if None in batch:
                    return
                if version != (version := self._version(connection)):
                    self._reread(loop, connection)
                batch = self._batch(LOOK_S)

    @staticmethod
    def _version(connection: sqlite3.Connection) -> int:
        """A number that changes when another program has written into the file."""
        try:
            version: int = connection.execute("PRAGMA data_version").fetchone()[0]
        except sqlite3.Error:
            return -1  # Locked: looked at again later.
        return version

    def _reread(self, loop: asyncio.AbstractEventLoop, connection: sqlite3.Connection) -> None:
        """Take into memory what another program has written."""
        with contextlib.suppress(sqlite3.Error, RuntimeError):  # Looked at again later; the loop may be closed.
            values = dict(_texts(connection.execute("SELECT key, value FROM astdb")))
            loop.call_soon_threadsafe(self._replace, values)

    def _replace(self, values: dict[str, str]) -> None:
        """Have these values, and what is on its way to the disk."""
        self._values.clear()
        self._values.update(values)
        for changes in self._unwritten.values():
            for path, value in changes:
                if value is None:
                    self._values.pop(path, None)
                else:
                    self._values[path] = value

    def _refuse(self, loop: asyncio.AbstractEventLoop, batch: "list[_Item]", error: "DatabaseError") -> None:
        """Fail every write until the end: there is nothing to write with."""
        while True:
            _settle(loop, [write[1] for write in batch if isinstance(write, tuple)], error)
            _settle(loop, [question.done for question in batch if isinstance(question, _Question)], error)
            if None in batch:
                return
            batch = self._batch()

    def _open(self) -> tuple[sqlite3.Connection, dict[str, str]]:
        assert self.path is not None
        self.path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(self.path, isolation_level=None)
        try:
            # The log is written at each commit and synced at each checkpoint: what is in it outlives the process.
            connection.text_factory = _read
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            there = connection.execute("SELECT name FROM sqlite_master WHERE name = 'astdb'").fetchone()
            rows = connection.execute("SELECT key, value FROM astdb").fetchall() if there else []
        except sqlite3.Error:
            connection.close()
            raise
        return connection, dict(_texts(rows))

    def _answer(self, loop: asyncio.AbstractEventLoop, connection: sqlite3.Connection, question: "_Question") -> None:
        before, values = connection.total_changes, None
        try:
            with contextlib.closing(connection.execute(question.sql)) as cursor:
                columns = [str(column[0]) for column in cursor.description or ()]
                rows = [[text_of(value) for value in row] for row in cursor.fetchall()]
            if connection.total_changes != before:
                values = dict(_texts(connection.execute("SELECT key, value FROM astdb")))
        except (sqlite3.Error, sqlite3.Warning) as error:
            _settle(loop, [question.done], DatabaseError(str(error)))
            return
        _settle(loop, [question.done], None, (columns, rows, values))

    def _batch(self, quiet_s: float | None = None) -> "list[_Item]":
        """What is to be written next; nothing when it stays quiet for so long."""
        try:
            batch = [self._writes.get(timeout=quiet_s)]
        except queue.Empty:
            return []
        with contextlib.suppress(queue.Empty):
            while True:
                batch.append(self._writes.get_nowait())
        return batch

    def _commit(self, loop: asyncio.AbstractEventLoop, tables: "sqlite_utils.Database", batch: "list[_Write]") -> None:
        """Make all changes of a batch in one transaction; of several to one key the last counts."""
        final = {path: value for changes, _ in batch for path, value in changes}
        error: DatabaseError | None = None
        try:
            with tables.atomic():
                table = tables.table("astdb")
                table.create({"key": str, "value": str}, pk="key", if_not_exists=True)
                table.upsert_all(
                    (
                        {"key": _stored(path), "value": _stored(value)}
                        for path, value in final.items()
                        if value is not None
                    ),
                    pk="key",
                )
                for path, value in final.items():
                    if value is None:
                        table.delete_where("key = ?", [_stored(path)])
        except Exception as failure:  # Of whatever kind: who waits for the write has to hear of it.
            error = DatabaseError(f"{self.path}: {failure}")
        _settle(loop, [done for _, done in batch], error)


def _texts(rows: Iterable[tuple[object, object]]) -> Iterator[tuple[str, str]]:
    return ((_read(key), _read(value)) for key, value in rows)


def _read(value: object) -> str:
    return value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else text_of(value) or ""


def _stored(text: str) -> str | bytes:
    """What the file is given: a text, or its octets where it is no UTF-8, for Asterisk keeps names in any encoding."""
    octets = text.encode("utf-8", "surrogateescape")
    return text if octets == text.encode("utf-8", "replace") else octets


_Change = tuple[str, str | None]
"A path and its new value, None to delete it."
_Write = tuple[list[_Change], "asyncio.Future[None]"]
Answer = tuple[list[str], list[list[str | None]]]
"Names of columns, and rows."
Asked = tuple[list[str], list[list[str | None]], dict[str, str] | None]
"An answer, and all values when the question has changed some."


@dataclass(frozen=True)
class _Question:
    sql: str
    done: "asyncio.Future[Asked]"


_Item = _Write | _Question | None
"What the writer is given; None ends it."


def _settle(
    loop: asyncio.AbstractEventLoop, futures: "list[asyncio.Future[Any]]", error: Exception | None, result: Any = None
) -> None:
    def settle() -> None:
        for future in futures:
            if future.done():
                continue
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)

    with contextlib.suppress(RuntimeError):  # The loop has been closed meanwhile: nobody waits any more.
        loop.call_soon_threadsafe(settle)
