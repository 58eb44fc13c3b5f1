"""func_odbc: the queries of func_odbc.conf as functions, and what belongs to them.

The operator's SQL is text: `${ARG1}` and `${VAL1}` are put into it as they are, so a value that somebody else chose
goes through SQL_ESC. The data sources are those of res_odbc.conf, SQLite files all of them.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from asterism.dialplan import substitution
from asterism.dialplan.compile import Compiled, Compiler
from asterism.dialplan.errors import DialplanError
from asterism.dialplan.reader import Section
from asterism.dialplan.scope import Scope
from asterism.functions import indirect
from asterism.functions.hashes import FIELDS, escaped
from asterism.runtime.arguments import parameters_of, split_arguments
from asterism.runtime.channel import Channel
from asterism.runtime.datasources import Complain, Source
from asterism.runtime.declare import Function, Text, application, function
from asterism.runtime.errors import ConfigError
from asterism.runtime.sqlfile import SqlError, text_of

if TYPE_CHECKING:
    import sqlite_utils
    from asterism.runtime.runtime import Runtime

FILE = "func_odbc.conf"
DEFINED = f"asterism.functions.odbc:{FILE}"
"The module that the functions of that file are said to be declared in."
QUERIES = "func_odbc"
"Where the runtime keeps the queries, by name of their function."
RESULTS = "odbc results"
"Where a channel keeps its rows that were not fetched yet, and the runtime the number of the last of them."
ROWS_MAX = 100_000
"Rows that one query may keep."
MAX_ARGUMENTS = 100
MAX_SOURCES = 5
_FALSE = frozenset(("no", "false", "n", "f", "0", "off"))


class Sql:
    """One statement of func_odbc.conf, with its variables."""

    def __init__(self, text: str) -> None:
        self._text = substitution.parse(text)
        self._compiled = Compiled("")
        self._generation = -1

    async def evaluate(self, scope: Scope, values: dict[str, str]) -> str:
        """Put the variables in; those in `values` hide the channel's meanwhile."""
        registry = scope.source.registry
        if self._generation != registry.generation:
            self._compiled, self._generation = Compiler(registry).text(self._text), registry.generation
        compiled, variables = self._compiled, scope.variables
        hidden = {name: variables.get(name) for name in values}
        variables.update(values)
        try:
            if compiled.now is not None:
                return compiled.now(scope)
            assert compiled.later is not None
            return await compiled.later(scope)
        finally:
            for name, value in hidden.items():
                if value is None:
                    variables.pop(name, None)
                else:
                    variables[name] = value


@dataclass(frozen=True)
class Query:
    """One section of func_odbc.conf.

    Args:
        name: Of the function: `ODBC_` or another prefix, and the section's.
        read, write, insert: The statements; None where there is none.
        read_from, write_to: Data sources, tried one after the other.
        escapes: Whether commas in values are escaped.
        many: Keep all rows for ODBC_FETCH, and return the number under which they are kept.
        most: How many rows to take; 0 as many as there are.
        least: Arguments that are needed.
    """

    name: str
    read: Sql | None
    write: Sql | None
    insert: Sql | None
    read_from: tuple[str, ...]
    write_to: tuple[str, ...]
    escapes: bool = True
    many: bool = False
    most: int = 0
    least: int = 0


@dataclass
class Rows:
    """Rows that wait to be fetched."""

    columns: str
    rows: deque[str] = field(default_factory=deque)


@dataclass(frozen=True)
class Answer:
    """What a data source answered.

    Args:
        columns: Their names; none for a statement that returns no rows.
        rows: The values, None for NULL.
        changed: Rows that were changed.
        source: Which data source it was, from 0, and its name.
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[str | None]]
    changed: int
    source: tuple[int, str]


# --- configuration -------------------------------------------------------------------------------


def configure(rt: "Runtime", complain: Complain) -> None:
    """Read func_odbc.conf; when it is lost as a whole the functions that were there stay."""
    sections: list[Section] = []
    if rt.has_config(FILE) and rt.wants_module("func_odbc"):
        try:
            config = rt.read_config(FILE)
        except DialplanError as error:
            complain(ConfigError(error.message, error.file, error.line))
            return
        sections = [section for section in config if section.name.lower() != "general"]
    rt.unload(DEFINED)
    queries = rt.datastores[QUERIES] = {}
    for section in sections:
        query = _query(section, complain)
        if query is not None:
            queries[query.name] = query
            rt.modules.add(_function(query, section), DEFINED)


def _query(section: Section, complain: Complain) -> Query | None:
    write_to = _names(section.get("writehandle") or section.get("dsn"))
    read_from = _names(section.get("readhandle")) or write_to
    read, write = section.get("readsql") or section.get("read"), section.get("writesql") or section.get("write")
    wrong = ""
    if not read and not write:
        wrong = "has neither readsql nor writesql"
    elif (read and not read_from) or (write and not write_to):
        wrong = "has no dsn"
    if wrong:
        complain(ConfigError(f"[{section.name}] {wrong}", section.file, section.lineno, section.name))
        return None
    mode, insert = section.get("mode"), section.get("insertsql")
    return Query(
        f"{section.get('prefix') or 'ODBC'}_{section.name}",
        Sql(read) if read else None,
        Sql(write) if write else None,
        Sql(insert) if insert else None,
        read_from,
        write_to,
        section.get("escapecommas", "yes").lower() not in _FALSE,
        mode.lower() == "multirow",
        # Asterisk reads a rowlimit only where there is a mode.
        max(0, indirect.integer(section.get("rowlimit")) or 0) if mode else 0,
        indirect.integer(section.get("minargs")) or 0,
    )


def _names(text: str) -> tuple[str, ...]:
    return tuple(name for name in (each.strip() for each in text.split(",")) if name)[:MAX_SOURCES]


def _function(query: Query, section: Section) -> Function:
    async def read(chan: Channel, arguments: Text = "") -> str:
        return await _read(chan, query, arguments)

    async def write(chan: Channel, arguments: Text = "", value: str = "") -> None:
        await _write(chan, query, arguments, value)

    statements = [f"{name}: {section.get(name)}" for name in ("readsql", "writesql", "insertsql") if section.get(name)]
    synopsis = section.get("synopsis") or "Run the query with these arguments."
    read.__doc__ = "\n".join((synopsis, "", "As func_odbc.conf says:", *statements))
    declared = Function(
        query.name, read, see="ODBC_FETCH, SQL_ESC", parameters=parameters_of(read), is_async=True,
        form=section.get("syntax") or "<arg1>[...[,<argN>]]",
    )  # fmt: skip
    if query.write is not None:
        declared.write(write)
    return declared


# --- asking --------------------------------------------------------------------------------------


def values_of(arguments: Sequence[str], name: str) -> dict[str, str]:
    """The variables ARG1, ARG2 ... or VAL1, VAL2 ... for some arguments."""
    return {f"{name}{number}": text for number, text in enumerate(arguments, 1)}


async def ask(scope: Scope, names: Sequence[str], sql: str, most: int) -> Answer | None:
    """Let the first data source that can run a statement; None, with a WARNING for each, when none can."""
    switch: Any = scope.switch  # type: ignore[attr-defined]
    if not sql.strip():
        return None
    for number, name in enumerate(names):
        source: Source | None = switch.data_sources.find("odbc", name)
        if source is None:
            scope.warn(f"func_odbc: res_odbc.conf has no data source '{name}' that is served")
            continue

        def work(database: "sqlite_utils.Database", source: tuple[int, str] = (number, name)) -> Answer:
            cursor = database.execute(sql)
            try:
                columns = [column[0] for column in cursor.description or ()]
                rows = [[text_of(value) for value in row] for row in cursor.fetchmany(most)] if columns else []
                return Answer(columns, rows, max(cursor.rowcount, 0), source)
            finally:
                cursor.close()

        try:
            return await source.file.ask(work)
        except SqlError as error:
            scope.warn(f"func_odbc: {error} [{sql}]")
    return None


def _enough(chan: Channel, query: Query, arguments: Sequence[str]) -> bool:
    if len(arguments) < query.least:
        chan.error(f"{len(arguments)} arguments supplied to '{query.name}' requiring minimum {query.least}")
    return len(arguments) >= query.least


async def _read(chan: Channel, query: Query, text: str) -> str:
    arguments = split_arguments(text)[:MAX_ARGUMENTS]
    if query.read is None:
        chan.error(f"{query.name} cannot be read")
        return ""
    if not _enough(chan, query, arguments):
        return ""
    sql = await query.read.evaluate(chan, {"ARGC": str(len(arguments)), **values_of(arguments, "ARG")})
    most = (query.most or ROWS_MAX) if query.many else max(query.most, 1)
    answer = await ask(chan, query.read_from, sql, most)
    if answer is None:
        chan.error(f"Unable to execute query [{sql}]")
        chan.set("ODBCROWS", "-1")
        return ""
    if not answer.rows:
        chan.set("ODBCROWS", "0")
        chan.set("ODBCSTATUS", "NODATA")
        return ""
    chan.set("ODBCROWS", str(len(answer.rows)))
    chan.set("ODBCSTATUS", "SUCCESS")
    columns = ",".join(escaped(column) for column in answer.columns)
    chan.set(FIELDS, columns)
    rows = deque(_row(row, query.escapes) for row in answer.rows)
    if not query.many and query.most <= 1:
        return rows[0]
    kept: dict[str, Rows] = chan.datastores.setdefault(RESULTS, {})
    if query.many:
        number = chan.switch.datastores[RESULTS] = chan.switch.datastores.get(RESULTS, 0) + 1
        kept[str(number)] = Rows(columns, rows)
        return str(number)
    first = rows.popleft()
    kept[query.name] = Rows(columns, rows)
    return first


def _row(row: Sequence[str | None], escapes: bool) -> str:
    return ",".join(escaped(value or "") if escapes else value or "" for value in row)


async def _write(chan: Channel, query: Query, text: str, value: str) -> None:
    arguments, given = split_arguments(text)[:MAX_ARGUMENTS], split_arguments(value)[:MAX_ARGUMENTS]
    if query.write is None or not _enough(chan, query, arguments):
        return
    values = {
        "ARGC": str(len(arguments)), **values_of(arguments, "ARG"), **values_of(given, "VAL"), "VALUE": value,
    }  # fmt: skip
    sql = await query.write.evaluate(chan, values)
    insert = await query.insert.evaluate(chan, values) if query.insert is not None else ""
    status = "FAILURE"
    answer = await ask(chan, query.write_to, sql, 0)
    if answer is not None and answer.changed:
        status = "SUCCESS"
    elif answer is not None and insert:
        answer = await ask(chan, query.write_to, insert, 0)
        status = "FAILOVER" if answer is not None else "FAILURE"
    chan.set("ODBCROWS", str(answer.changed if answer is not None else 0))
    chan.set("ODBCSTATUS", status)


# --- what belongs to it --------------------------------------------------------------------------


@function("ODBC_FETCH", see="ODBCFinish")
def odbc_fetch(chan: Channel, result_id: Text = "") -> str:
    """Fetch the next row of a query that keeps several.

    Args:
        result_id: What the query returned (mode=multirow), or the name of its function (rowlimit).
    Sets: ODBC_FETCH_STATUS to SUCCESS, or to FAILURE when there is no row left; ~ODBCFIELDS~ to the names of the
        columns.
    Compat: func_odbc.
    """
    kept: dict[str, Rows] = chan.datastores.get(RESULTS, {})
    found = kept.get(result_id)
    if found is None or not found.rows:
        kept.pop(result_id, None)
        chan.set("ODBC_FETCH_STATUS", "FAILURE")
        return ""
    chan.set(FIELDS, found.columns)
    chan.set("ODBC_FETCH_STATUS", "SUCCESS")
    return found.rows.popleft()


@application("ODBCFinish", see="ODBC_FETCH")
def odbc_finish(chan: Channel, result_id: Text = "") -> None:
    """Forget the rows of a query that were not fetched.

    Args:
        result_id: What the query returned.
    Compat: func_odbc.
    """
    chan.datastores.get(RESULTS, {}).pop(result_id, None)


@function("SQL_ESC", see="SQL_ESC_BACKSLASHES")
def sql_esc(chan: Channel, string: Text = "") -> str:
    """Double the single quotes of a text, so that it can stand between quotes in SQL.

    Args:
        string: The text.
    Compat: func_odbc.
    """
    return string.replace("'", "''")


@function("SQL_ESC_BACKSLASHES", see="SQL_ESC")
def sql_esc_backslashes(chan: Channel, string: Text = "") -> str:
    """Double the backslashes of a text, for databases to which they mean something.

    Args:
        string: The text.
    Compat: func_odbc.
    """
    return string.replace("\\", "\\\\")
