"""SQLite files of the operator's own design: cdr_sqlite3_custom.conf and cel_sqlite3_custom.conf."""

import re
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

from asterism.dialplan.reader import Config
from asterism.dialplan.reader import Section as ConfSection
from asterism.runtime.errors import ArgumentError, ConfigError
from asterism.runtime.records.custom import path_of
from asterism.runtime.records.mapping import columns
from asterism.runtime.records.subjects import Subject, Value
from asterism.runtime.records.template import Template
from asterism.runtime.settings import Complain
from asterism.runtime.sqlfile import BUSY_MS, SqlError, SqlFile
from asterism.runtime.switch import Switch

if TYPE_CHECKING:
    import sqlite_utils

T = TypeVar("T")

_KEYS = ("table", "columns", "values", "fields", "busy_timeout")
_UNREACHABLE = re.compile(r"locked|busy|unable to open|readonly|disk", re.IGNORECASE)
"Complaints of SQLite that may pass."


@dataclass
class SqliteBackend(Generic[T]):
    """Writes rows into one table. Meets `asterism.runtime.records.outlet.Backend`.

    Args:
        name: As the operator knows it.
        path: The file; it is made when it is not there.
        table: The table; it is made when it is not there, with a primary key AcctId.
        readers: Each column with what reads its value.
        busy_ms: How long to wait for another program that writes.
    """

    name: str
    path: Path
    table: str
    readers: Sequence[tuple[str, Callable[[T], Value]]]
    busy_ms: int = BUSY_MS
    _file: SqlFile | None = field(default=None, init=False)

    async def write(self, records: Sequence[T]) -> None:
        """Insert a row for each record, all or none."""
        rows = [[read(record) for _, read in self.readers] for record in records]
        if self._file is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.touch()
            self._file = SqlFile(self.path, busy_ms=self.busy_ms)
        try:
            await self._file.ask(lambda database: self._insert(database, rows))
        except SqlError as error:
            if is_passing(error):
                raise OSError(str(error)) from None
            raise

    def _insert(self, database: "sqlite_utils.Database", rows: list[list[Value]]) -> None:
        names = [quoted(name) for name, _ in self.readers]
        connection: sqlite3.Connection = database.conn
        if self.table not in database.table_names():
            connection.execute(f"CREATE TABLE {quoted(self.table)} (AcctId INTEGER PRIMARY KEY, {', '.join(names)})")
        places = ", ".join("?" for _ in names)
        statement = f"INSERT INTO {quoted(self.table)} ({', '.join(names)}) VALUES ({places})"
        connection.execute("BEGIN")
        try:
            connection.executemany(statement, rows)
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")

    async def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            await self._file.close()
            self._file = None


def is_passing(error: SqlError) -> bool:
    """Whether what SQLite complains of may be over later."""
    return _UNREACHABLE.search(str(error)) is not None


def quoted(identifier: str) -> str:
    """A name of a table or column, for SQL."""
    return '"' + identifier.replace('"', '""') + '"'


def read(
    switch: Switch, name: str, folder: Path, config: Config, subject: Subject[T], complain: Complain
) -> list[SqliteBackend[T]]:
    """Read a file of mappings, a database each."""
    found: list[SqliteBackend[T]] = []
    for section in config:
        try:
            found.append(_backend(switch, name, folder, section, subject, complain))
        except ArgumentError as error:
            complain(ConfigError(str(error), section.file, section.lineno, section.name))
    return found


def _backend(
    switch: Switch, name: str, folder: Path, section: ConfSection, subject: Subject[T], complain: Complain
) -> SqliteBackend[T]:
    for line in section.lines:
        if line.key.lower() not in _KEYS:
            complain(ConfigError(f"unknown option '{line.key}'", line.file, line.lineno, line.key))
    table = section.get("table").strip()
    names = [part.strip() for part in section.get("columns").split(",") if part.strip()]
    if not table or not names:
        raise ArgumentError("table and columns are needed")
    readers: list[Callable[[T], Value]]
    if section.get("fields"):
        readers = [column.read for column in columns(subject, section.get("fields"))]
    else:
        readers = [Template(switch, subject, text).fill for text in values(section.get("values"))]
    if len(readers) != len(names):
        raise ArgumentError(f"{len(names)} columns cannot take {len(readers)} values")
    busy = section.get("busy_timeout", str(BUSY_MS)).strip()
    if not busy.isdecimal():
        raise ArgumentError(f"busy_timeout: '{busy}' is no number")
    file = section.name if Path(section.name).suffix else f"{section.name}.db"
    return SqliteBackend(name, path_of(folder, file), table, list(zip(names, readers, strict=True)), int(busy))


def values(text: str) -> list[str]:
    """Split a list of texts between single quotes; commas within quotes and brackets do not separate."""
    found, current, depth, inside = [], "", 0, False
    for character in text:
        if character == "'" and depth == 0:
            inside = not inside
            continue
        if character == "," and not inside and depth == 0:
            found.append(current.strip() if not current.startswith("'") else current)
            current = ""
            continue
        depth += (character in "({[") - (character in ")}]")
        current += character
    return [*found, current.strip()] if current.strip() or found else []
