"""Commands about the data sources of res_odbc.conf and the functions of func_odbc.conf."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from asterism.functions.odbc import MAX_ARGUMENTS, QUERIES, ROWS_MAX, Query, Sql, ask, values_of
from asterism.runtime.arguments import split_arguments
from asterism.runtime.declare import command, noun
from asterism.runtime.errors import AsterismError

if TYPE_CHECKING:
    from asterism.runtime.runtime import Runtime


@noun("query")
def query_names(rt: "Runtime") -> Iterator[tuple[str, str]]:
    """The functions of func_odbc.conf, with what they do."""
    for name in rt.datastores.get(QUERIES, {}):
        found = rt.find_function(name)
        yield name, found.doc.synopsis if found is not None else ""


@noun("dsn")
def dsn(rt: "Runtime") -> Iterator[tuple[str, str]]:
    """The data sources of res_odbc.conf, with their files."""
    for source in rt.data_sources.sources.values():
        if source.engine == "odbc":
            yield source.name, str(source.file.path)


@command("odbc show [<dsn>]")
def odbc_show(rt: "Runtime", name: str = "") -> Iterator[str]:
    """List the data sources of res_odbc.conf, or one of them."""
    yield from ("", "ODBC DSN Settings", "-----------------", "")
    for source in rt.data_sources.sources.values():
        if source.engine != "odbc" or name not in ("", "all", source.name):
            continue
        yield from (
            f"  Name:   {source.name}",
            f"  DSN:    {source.dsn}",
            f"    Number of active connections: {source.file.open} (out of {source.file.connections})",
            "    Cache Type: one connection a thread",
            f"    Cache Usage: {source.file.open} cached out of {source.file.connections}",
            "    Logging: Disabled",
            f"    File: {source.file.path}",
            "",
        )


def _query(rt: "Runtime", name: str) -> Query:
    query: Query | None = rt.datastores.get(QUERIES, {}).get(name)
    if query is None:
        raise AsterismError(f"No such query '{name}'")
    return query


async def _sql(rt: "Runtime", sql: Sql, arguments: str, value: str | None = None) -> str:
    values = values_of(split_arguments(arguments)[:MAX_ARGUMENTS], "ARG")
    if value is not None:
        values |= {**values_of(split_arguments(value)[:MAX_ARGUMENTS], "VAL"), "VALUE": value}
    return await sql.evaluate(rt.unbound(), values)


@command("odbc read <query> <args> [exec]")
async def odbc_read(rt: "Runtime", name: str, arguments: str, execute: str = "") -> str | list[str]:
    """Show the SQL with which a function of func_odbc.conf would read; with `exec`, run it."""
    query = _query(rt, name)
    if query.read is None:
        return f"The function {name} has no readsql parameter."
    sql = await _sql(rt, query.read, arguments)
    if not execute:
        return sql
    answer = await ask(rt.unbound(), query.read_from, sql, ROWS_MAX)
    if answer is None:
        return f"Failed to execute query. [{sql}]"
    number, source = answer.source
    if not answer.columns:
        return f"Returned 0 columns.  Query executed on handle {number}:{source} [{sql}]"
    if not answer.rows:
        return f"Returned 0 rows.  Query executed on handle {number}:{source} [{sql}]"
    lines: list[str] = []
    for row in answer.rows:
        if lines:
            lines.append(f"{'-' * 10:<20}  {'-' * 10}")
        for column, value in zip(answer.columns, row, strict=True):
            lines.append(f"{column:<20.20}  {'(nil)' if value is None else value}")
    count = len(answer.rows)
    return [*lines, f"Returned {count} row{'' if count == 1 else 's'}.  Query executed on handle {number} [{source}]"]


@command("odbc write <query> <args> <value> [exec]")
async def odbc_write(rt: "Runtime", name: str, arguments: str, value: str, execute: str = "") -> str:
    """Show the SQL with which a function of func_odbc.conf would write; with `exec`, run it."""
    query = _query(rt, name)
    if query.write is None:
        return f"The function {name} has no writesql parameter."
    sql = await _sql(rt, query.write, arguments, value)
    if not execute:
        return sql
    answer = await ask(rt.unbound(), query.write_to, sql, 0)
    if answer is None:
        return "Failed to execute query."
    number, source = answer.source
    return f"Affected {answer.changed} rows.  Query executed on handle {number} [{source}]"
