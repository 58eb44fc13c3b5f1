"""cdr_pgsql.conf and cel_pgsql.conf: a table of a PostgreSQL database, reached with asyncpg."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from asterism.runtime.errors import AsterismError
from asterism.runtime.records.sqlite import quoted
from asterism.runtime.records.tables import Cell, Filled
from asterism.runtime.settings import section

if TYPE_CHECKING:
    import asyncpg

T = TypeVar("T")
CONNECT_S = 10.0
"How long a connection may take."

_COLUMNS = """
SELECT attname, format_type(atttypid, NULL)
FROM pg_attribute WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum
"""


@dataclass(frozen=True)
class _Connection:
    hostname: str = ""
    "Host of the server; its socket on this machine when empty."
    port: int = 5432
    "TCP port."
    dbname: str = "asterisk"
    "Database."
    user: str = "asterisk"
    "User."
    password: str = ""
    "Its password."
    appname: str = "asterisk"
    "What the server calls this program."
    encoding: str = ""
    "Accepted for Asterisk's sake: text goes to the server as it is."
    table: str = "cdr"
    "Table; its columns say what is kept."
    schema: str = ""
    "Schema of the table; the user's own when empty."


@section("cdr_pgsql.conf", "global")
@dataclass(frozen=True)
class CdrPostgresql(_Connection):
    """A table of call detail records."""

    timezone: str = ""
    "UTC or GMT: write times so."


@section("cel_pgsql.conf", "global")
@dataclass(frozen=True)
class CelPostgresql(_Connection):
    """A table of channel events."""

    table: str = "cel"
    "Table; its columns say what is kept."
    show_user_defined: bool = False
    "Write USER_DEFINED for an event of the dialplan's own, not the name it was given."
    usegmtime: bool = False
    "Write times in UTC."


class PostgresqlBackend(Generic[T]):
    """Writes rows into a table. Meets `asterism.runtime.records.outlet.Backend`.

    Args:
        name: As the operator knows it.
        settings: Where the table is.
        fill: Makes of the columns, by name and type, how they are filled.
    """

    def __init__(
        self,
        name: str,
        settings: CdrPostgresql | CelPostgresql,
        fill: Callable[[Iterable[tuple[str, str]]], Filled[T]],
    ) -> None:
        self.name = name
        self._settings = settings
        self._fill = fill
        self._connection: asyncpg.Connection | None = None
        self._filled: Filled[T] | None = None
        self._kinds: dict[str, str] = {}

    @property
    def _table(self) -> str:
        schema = self._settings.schema
        return f"{quoted(schema)}.{quoted(self._settings.table)}" if schema else quoted(self._settings.table)

    async def write(self, records: Sequence[T]) -> None:
        """Insert a row for each record, all or none."""
        import asyncpg

        try:
            connection = await self._connected()
            assert self._filled is not None
            rows = [row for row in map(self._filled.row, records) if row]
            async with connection.transaction():
                for row in rows:
                    await connection.execute(self._statement(row), *map(_text, row.values()))
        except (OSError, TimeoutError):
            await self._drop()
            raise
        except asyncpg.InterfaceError as error:
            await self._drop()
            raise OSError(str(error)) from None
        except asyncpg.PostgresError as error:
            # What the operator can mend (a server that is down, a table that is missing) makes records wait; a value
            # that does not fit its column never will.
            if isinstance(error, asyncpg.DataError | asyncpg.IntegrityConstraintViolationError):
                raise
            await self._drop()
            raise OSError(str(error)) from None

    def _statement(self, row: dict[str, Cell]) -> str:
        names = ", ".join(map(quoted, row))
        # Each value goes as text, and the server turns it into the type of its column.
        places = ", ".join(f"${at}::text::{self._kinds[column]}" for at, column in enumerate(row, 1))
        return f"INSERT INTO {self._table} ({names}) VALUES ({places})"

    async def _connected(self) -> "asyncpg.Connection":
        import asyncpg

        if self._connection is not None and not self._connection.is_closed():
            return self._connection
        settings = self._settings
        self._connection = await asyncpg.connect(
            host=settings.hostname or None,
            port=settings.port,
            database=settings.dbname,
            user=settings.user,
            password=settings.password or None,
            timeout=CONNECT_S,
            command_timeout=CONNECT_S,
            server_settings={"application_name": settings.appname},
        )
        found = await self._connection.fetch(_COLUMNS, self._table)
        self._kinds = {row[0]: row[1] for row in found}
        self._filled = self._fill(self._kinds.items())
        return self._connection

    async def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.terminate()

    async def close(self) -> None:
        """Close the connection."""
        connection, self._connection = self._connection, None
        if connection is not None and not connection.is_closed():
            try:
                await connection.close(timeout=CONNECT_S)
            except (OSError, TimeoutError):
                connection.terminate()


def _text(cell: Cell) -> str:
    return repr(cell) if isinstance(cell, float) else str(cell)


class MissingExtra(AsterismError):
    """asyncpg is not installed."""


def check() -> None:
    """See whether asyncpg is there.

    Raises:
        MissingExtra: It is not, and which extra brings it.
    """
    try:
        import asyncpg  # noqa: F401
    except ImportError:
        raise MissingExtra("PostgreSQL needs asyncpg: install asterism[postgresql]") from None
