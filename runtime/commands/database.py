"""Commands about the database astdb."""

from typing import TYPE_CHECKING

from asterism.runtime.database import DatabaseError
from asterism.runtime.declare import Table, command
from asterism.runtime.errors import AsterismError

if TYPE_CHECKING:
    from asterism.runtime.runtime import Runtime


def _table(rows: list[tuple[str, str]]) -> Table:
    return Table(
        [("Key", 50), ("Value", 25)],
        rows,
        [f"{len(rows)} results found."],
        header=False,
        line=lambda row: f"{row[0]:<50}: {row[1]:<25}",
    )


@command("database show [<family>] [<key>]")
async def database_show(rt: "Runtime", family: str = "", key: str = "") -> Table:
    """List the database: all of it, a family, or a key of a family."""
    found = await rt.database.tree(family)
    rows = sorted(found.items())
    if key:
        path = f"/{family}/{key}"
        rows = [(name, value) for name, value in rows if name == path or name.startswith(f"{path}/")]
    return _table(rows)


@command("database showkey <key>")
async def database_showkey(rt: "Runtime", key: str) -> Table:
    """List what has this key, whatever its family."""
    found = await rt.database.tree()
    return _table([(name, value) for name, value in sorted(found.items()) if name.rpartition("/")[2] == key])


@command("database get <family> <key>")
async def database_get(rt: "Runtime", family: str, key: str) -> str:
    """Show one value."""
    value = await rt.database.get(family, key)
    return "Database entry not found." if value is None else f"Value: {value}"


@command("database put <family> <key> <value>")
async def database_put(rt: "Runtime", family: str, key: str, value: str) -> str:
    """Store a value; one with blanks is put into double quotes."""
    await rt.database.put(family, key, value)
    return "Updated database successfully"


@command("database query <sql>")
async def database_query(rt: "Runtime", sql: str) -> list[str]:
    """Run a statement of SQL, in double quotes, on the table astdb. Whatever it changes is in force at once."""
    try:
        columns, rows = await rt.database.query(sql)
    except DatabaseError as error:
        raise AsterismError(str(error)) from None
    lines = []
    for row in rows:
        texts = ("(null)" if value is None else value for value in row)
        lines += [f"{name:<5}: {text:<50}" for name, text in zip(columns, texts, strict=True)]
        lines.append("")
    return lines


@command("database del <family> <key>")
async def database_del(rt: "Runtime", family: str, key: str) -> str:
    """Delete a key."""
    deleted = await rt.database.delete(family, key)
    return "Database entry removed." if deleted else "Database entry could not be removed."


@command("database deltree <family> [<keytree>]")
async def database_deltree(rt: "Runtime", family: str, keytree: str = "") -> str:
    """Delete a family, or all keys of it below one."""
    path = f"{family}/{keytree}" if keytree else family
    if not path.strip("/"):
        raise AsterismError("A family is needed: the whole database is never deleted at once.")
    deleted = await rt.database.delete_tree(path)
    return f"{deleted} database entries removed." if deleted else "Database entries do not exist."
