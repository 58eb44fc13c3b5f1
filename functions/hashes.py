"""HASH and ARRAY: many variables under one name, and many at once."""

from asterism.functions import indirect
from asterism.runtime.arguments import split_arguments
from asterism.runtime.channel import Channel
from asterism.runtime.declare import application, function


def _variable(name: str, key: str) -> str:
    """Return the variable that holds one value of a hash; underscores before the hash's name let it be inherited."""
    depth = 2 if name.startswith("__") else 1 if name.startswith("_") else 0
    return f"{'_' * depth}~HASH~{name[depth:]}~{key}~"


def _keys(chan: Channel, name: str) -> list[str]:
    """Return the keys of a hash, the one that was set last first; an empty one is not listed."""
    prefix = f"~HASH~{name}~"
    found = [key[len(prefix) :].removesuffix("~") for key in chan.variables if key.startswith(prefix)]
    return [key for key in reversed(found) if key]


def _put(chan: Channel, name: str, key: str, value: str) -> None:
    variable = _variable(name, key)
    # Keys are listed in the order of their last setting, which a dict keeps only for new keys.
    chan.variables.pop(variable.lstrip("_"), None)
    chan.set(variable, value)


FIELDS = "~ODBCFIELDS~"
"""The variable in which whoever returns a row leaves the names of its columns (REALTIME_HASH, ODBC_..., CURL)."""


def escaped(text: str) -> str:
    """Write a value so that it stays one when it is split at commas."""
    return text.replace("\\", "\\\\").replace(",", "\\,")


@function("HASH", see="HASHKEYS, ClearHash, ARRAY", raw=True)
def hash_(chan: Channel, hashname: str = "", hashkey: str | None = None) -> str:
    """Read or set one value of a hash, or all of them.

    Args:
        hashname: Name of the hash.
        hashkey: Name of the value; when it is left out all values are read, joined by commas, in the order of
            HASHKEYS, and setting it takes a row: `Set(HASH(row)=${REALTIME_HASH(...)})`.
    Sets: ~ODBCFIELDS~ to the keys, when all values are read.
    Compat: func_strings. The values are variables `~HASH~name~key~` of the channel; the names of a row's columns are
        those that ~ODBCFIELDS~ has.
    """
    hashname = hashname.replace('"', "")
    if hashkey is not None:
        return indirect.variable_of(chan, f"~HASH~{hashname}~{hashkey}~") or ""
    keys = ",".join(_keys(chan, hashname))
    chan.set(FIELDS, keys)
    values = [indirect.variable_of(chan, f"~HASH~{hashname}~{key}~") for key in keys.split(",") if keys]
    # A key with a comma in it is taken for two, which are not there.
    return ",".join(value for value in values if value is not None) if None not in values else ""


@hash_.write
def _set_hash(chan: Channel, hashname: str = "", hashkey: str | None = None, value: str = "") -> None:
    hashname = hashname.replace('"', "")
    if hashkey is not None:
        _put(chan, hashname, hashkey, value)
        return
    values = split_arguments(value)
    for index, key in enumerate(split_arguments(chan.variables.get(FIELDS, ""))):
        _put(chan, hashname, key, values[index] if index < len(values) else "")


@function("HASHKEYS", see="HASH, ClearHash")
def hashkeys(chan: Channel, hashname: str) -> str:
    """List the keys of a hash, joined by commas.

    Args:
        hashname: Name of the hash.
    Compat: func_strings. The key that was set last comes first.
    """
    return ",".join(_keys(chan, hashname)) if hashname else ""


@application("ClearHash", see="HASH, HASHKEYS")
def clear_hash(chan: Channel, hashname: str = "") -> None:
    """Delete all values of a hash.

    Args:
        hashname: Name of the hash.
    Compat: func_strings.
    """
    for key in _keys(chan, hashname):
        chan.unset(f"~HASH~{hashname}~{key}~")


@function("ARRAY", see="HASH, Set, MSet", form="var1[,var2...]")
def array(chan: Channel, names: str) -> str:
    """Set several variables at once: `Set(ARRAY(a,b)=1,2)`.

    Args:
        names: Names of the variables. Each takes one of the values, the rest are set to nothing.
    Sets: The variables.
    Compat: func_strings. Reading it is empty.
    """
    chan.error("ARRAY cannot be read")
    return ""


@array.write
async def _set_array(chan: Channel, names: str, value: str = "") -> None:
    values = split_arguments(value)
    for index, name in enumerate(split_arguments(names)):
        if name:
            await indirect.assign_later(chan, name, values[index] if index < len(values) else "")
