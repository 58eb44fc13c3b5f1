"""Commands about realtime: rows of the families that extconfig.conf binds, read and changed by hand."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from asterism.runtime.declare import Table, command, noun
from asterism.runtime.errors import ArgumentError, AsterismError

if TYPE_CHECKING:
    from asterism.runtime.realtime import Field
    from asterism.runtime.runtime import Runtime

MAX_PAIRS = 5


@noun("rtfamily")
def family(rt: "Runtime") -> Iterator[tuple[str, str]]:
    """Realtime families, with where they are."""
    for bindings in rt.realtime.bindings.values():
        for binding in bindings.values():
            yield binding.family, f"{binding.engine},{binding.database},{binding.table}"


_FAILED = "Failed to {}. Check the debug log for possible SQL related entries."


def _pairs(words: list[str]) -> "list[Field]":
    if not words or len(words) % 2 or len(words) > 2 * MAX_PAIRS:
        raise ArgumentError("")  # Shows how it is used.
    return list(zip(words[::2], words[1::2], strict=True))


def _records(count: int) -> str:
    return f"{count} RealTime record{'' if count == 1 else 's'}"


@command("realtime load <rtfamily> <colmatch> <value>")
async def realtime_load(rt: "Runtime", family: str, colmatch: str, value: str) -> Table | str:
    """Show the first row of a family whose column has a value."""
    row = await rt.realtime.first(family, (colmatch, value))
    if row is None:
        return "No rows found matching search criteria."
    line = "{0[0]:>30}  {0[1]:<30}".format
    above = [line(("Column Name", "Column Value")), line(("-" * 20, "-" * 20))]
    return Table([("Column Name", 30), ("Column Value", 30)], row, header=False, line=line, above=above)


@command("realtime update <rtfamily> <colmatch> <valuematch> <colupdate> <newvalue>")
async def realtime_update(
    rt: "Runtime", family: str, colmatch: str, valuematch: str, colupdate: str, newvalue: str
) -> str:
    """Set a column in the rows of a family whose other column has a value."""
    return await _updated(rt, family, [(colmatch, valuematch)], (colupdate, newvalue))


@command("realtime update2 <rtfamily> <words>...")
async def realtime_update2(rt: "Runtime", family: str, words: list[str]) -> str:
    """Set a column in the rows where up to five columns match: pairs to match, the word NULL, the pair to set."""
    if len(words) < 5 or words[-3] != "NULL":
        raise ArgumentError("")
    return await _updated(rt, family, _pairs(words[:-3]), (words[-2], words[-1]))


async def _updated(rt: "Runtime", family: str, conditions: "list[Field]", change: "Field") -> str:
    count = await rt.realtime.update(family, conditions, [change])
    if count < 0:
        raise AsterismError(_FAILED.format("update"))
    return f"Updated {_records(count)}."


@command("realtime store <rtfamily> <words>...")
async def realtime_store(rt: "Runtime", family: str, words: list[str]) -> str:
    """Make a row in a family, of up to five pairs of a column and a value."""
    if await rt.realtime.store(family, _pairs(words)) < 0:
        raise AsterismError(_FAILED.format("store record"))
    return "Stored RealTime record."


@command("realtime destroy <rtfamily> <words>...")
async def realtime_destroy(rt: "Runtime", family: str, words: list[str]) -> str:
    """Delete the rows of a family where up to five pairs of a column and a value match."""
    count = await rt.realtime.destroy(family, _pairs(words))
    if count < 0:
        raise AsterismError(_FAILED.format("remove record"))
    return f"Removed {_records(count)}."


@command("realtime show families")
def realtime_show_families(rt: "Runtime") -> Table:
    """List the families that extconfig.conf binds, and where their rows are."""
    rows = []
    for bindings in rt.realtime.bindings.values():
        for binding in bindings.values():
            source = rt.data_sources.find(binding.engine, binding.database)
            file = str(source.file.path) if source is not None else "not available"
            rows.append((binding.family, binding.priority, binding.engine, binding.database, binding.table, file))
    columns = [("Family", 20), ("Priority", 8), ("Engine", 8), ("Database", 14), ("Table", 20), ("File", 0)]
    return Table(columns, rows, [f"{len(rows)} bindings"])


@command("sorcery show settings", see="realtime show families")
def sorcery_show_settings(rt: "Runtime") -> list[str]:
    """Show what holds for the objects that sorcery.conf names: a row is never made because one could not be changed."""
    return ["", "Sorcery global settings", "-----------------", "  Update->Create fallback in backends: disabled"]
