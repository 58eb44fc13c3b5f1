"""cdr_adaptive_odbc.conf and cel_odbc.conf: tables of the data sources that res_odbc.conf names."""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Generic, TypeVar

from asterism.runtime.datasources import Source
from asterism.runtime.records.sqlite import is_passing, quoted
from asterism.runtime.records.tables import Cell, Filled
from asterism.runtime.sqlfile import SqlError

if TYPE_CHECKING:
    import sqlite_utils

T = TypeVar("T")
Fill = Callable[[Iterable[tuple[str, str]]], Filled[T]]
"""Name and type of each column to how they are filled."""


class AdaptiveBackend(Generic[T]):
    """Writes rows into a table as its columns ask. Meets `asterism.runtime.records.outlet.Backend`."""

    def __init__(self, name: str, source: Source, table: str, fill: Fill[T]) -> None:
        self.name = name
        self._source = source
        self._table = table
        self._fill = fill
        self._filled: Filled[T] | None = None

    async def write(self, records: Sequence[T]) -> None:
        """Insert a row for each record, all or none; columns are read when first written, and again after a reload."""
        try:
            if self._filled is None:
                self._filled = self._fill(await self._source.file.ask(self._columns))
            rows = [row for row in map(self._filled.row, records) if row]
            if rows:
                await self._source.file.ask(lambda database: self._insert(database, rows))
        except SqlError as error:
            if is_passing(error) or self._filled is None:
                raise OSError(f"table {self._table}: {error}") from None
            raise

    def _columns(self, database: "sqlite_utils.Database") -> list[tuple[str, str]]:
        found = database.conn.execute(f"PRAGMA table_info({quoted(self._table)})").fetchall()
        if not found:
            raise SqlError("there is no such table")
        return [(row[1], row[2] or "") for row in found]

    def _insert(self, database: "sqlite_utils.Database", rows: list[dict[str, Cell]]) -> None:
        connection = database.conn
        connection.execute("BEGIN")
        try:
            for row in rows:
                names, places = ", ".join(map(quoted, row)), ", ".join("?" for _ in row)
                connection.execute(f"INSERT INTO {quoted(self._table)} ({names}) VALUES ({places})", list(row.values()))
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")

    async def close(self) -> None:
        """The data source stays open for its others."""
