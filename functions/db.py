"""The database in the dialplan: DB and its kin."""

from itertools import groupby

from asterism.runtime.arguments import split_arguments
from asterism.runtime.channel import Channel
from asterism.runtime.declare import Text, function
from asterism.runtime.errors import ArgumentError


def _key(text: str, name: str) -> tuple[str, str]:
    parts = split_arguments(text, "/", most=2)
    if len(parts) < 2:
        raise ArgumentError(f"{name} requires an argument, {name}(<family>/<key>)")
    return parts[0], parts[1]


@function("DB", see="DB_EXISTS, DB_DELETE, DB_KEYS, DBdel, DBdeltree", dangerous_read=True, dangerous_write=True)
def db(chan: Channel, key: Text = "") -> str:
    """Read or set a value of the database, which outlives the call and the process.

    Args:
        key: family/key.
    Sets: DB_RESULT to the value that was read.
    Compat: func_db.
    """
    family, name = _key(key, "DB")
    value = chan.switch.database.read(family, name)
    if value is None:
        return ""
    chan.set("DB_RESULT", value)
    return value


@db.write
async def _set(chan: Channel, key: Text = "", value: str = "") -> None:
    family, name = _key(key, "DB")
    await chan.switch.database.put(family, name, value)


@function("DB_EXISTS", see="DB")
def db_exists(chan: Channel, key: Text = "") -> str:
    """Tell whether the database has a key: 1 or 0.

    Args:
        key: family/key.
    Sets: DB_RESULT to its value.
    Compat: func_db.
    """
    family, name = _key(key, "DB_EXISTS")
    value = chan.switch.database.read(family, name)
    if value is None:
        return "0"
    chan.set("DB_RESULT", value)
    return "1"


@function("DB_DELETE", see="DB", dangerous_read=True)
async def db_delete(chan: Channel, key: Text = "") -> str:
    """Read a value of the database and delete it; `Set(DB_DELETE(family/key)=)` deletes without reading.

    Args:
        key: family/key.
    Sets: DB_RESULT to the value that was deleted.
    Compat: func_db. Reading is refused from outside the dialplan unless live_dangerously.
    """
    family, name = _key(key, "DB_DELETE")
    value = await chan.switch.database.get(family, name)
    chan.set("DB_RESULT", value or "")
    if value is None:
        return ""
    await chan.switch.database.delete(family, name)
    return value


@db_delete.write
async def _delete(chan: Channel, key: Text = "", value: str = "") -> None:
    await db_delete.body(chan, key)


@function("DB_KEYS", see="DB, DB_KEYCOUNT")
async def db_keys(chan: Channel, prefix: Text = "") -> str:
    """List the keys below a family, joined by commas.

    Args:
        prefix: A family, or family/part; the families themselves when left out.
    Compat: func_db: only the next part of each key, each once.
    """
    return ",".join(await _below(chan, prefix))


async def _below(chan: Channel, prefix: str) -> list[str]:
    """The next parts of the keys below a family in their order, each once while it repeats; case does not matter."""
    root = ("/" + prefix.strip("/") + "/" if prefix.strip("/") else "/").lower()
    paths = [path for path in await chan.switch.database.tree() if path.lower().startswith(root)]
    below = (path[len(root) :] for path in sorted(paths))
    if not prefix:  # A family without a name is passed over: `DB(/a/b)` is below `a`.
        below = (path.removeprefix("/") for path in below)
    return [part for part, _ in groupby(path.partition("/")[0] for path in below)]


@function("DB_KEYCOUNT", see="DB, DB_KEYS")
async def db_keycount(chan: Channel, prefix: Text = "") -> str:
    """Count the keys below a family.

    Args:
        prefix: A family, or family/part.
    Compat: func_db.
    """
    parts = await _below(chan, prefix)
    # One that is empty does not count at the beginning.
    return str(len(parts[1:] if parts[:1] == [""] else parts))
