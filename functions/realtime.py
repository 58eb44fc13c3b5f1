"""REALTIME and its kin: rows of a database, by the families that extconfig.conf binds."""

from asterism.functions.hashes import FIELDS, escaped
from asterism.runtime.arguments import split_arguments
from asterism.runtime.channel import Channel
from asterism.runtime.declare import function
from asterism.runtime.errors import ArgumentError
from asterism.runtime.realtime import Field, Values

MAX_FIELDS = 30
"Columns that REALTIME_STORE takes; Asterisk's own bound."


def _conditions(column: str, value: str | None) -> list[Field]:
    if not column or value is None:
        raise ArgumentError("a family, a column to match, and a value are needed")
    return [(column, value)]


async def _row(chan: Channel, family: str, column: str, value: str | None) -> Values | None:
    return await chan.switch.realtime.first(family, *_conditions(column, value))


def _listed(row: Values | None, between: str, equals: str) -> str:
    return "".join(f"{column}{equals}{value}{between}" for column, value in row or ())


@function(
    "REALTIME",
    form="family,fieldmatch,matchvalue[,delim1|field[,delim2]]",
    see="REALTIME_FIELD, REALTIME_HASH, REALTIME_STORE, REALTIME_DESTROY",
)
async def realtime(
    chan: Channel, family: str = "", fieldmatch: str = "", matchvalue: str | None = None, delim1: str = ",",
    delim2: str = "=", rest: str = "",
) -> str:  # fmt: skip
    """Read a row of a realtime family, or set one of its columns.

    Args:
        family: Name of the family, as extconfig.conf binds it.
        fieldmatch: The column to match; an operator may stand behind it: `name LIKE`.
        matchvalue: The value that it has to have.
        delim1: What ends each column; a comma by default. When setting: the column to set.
        delim2: What stands between the name of a column and its value; `=` by default.
        rest: Nothing more is read.
    Compat: func_realtime. A row is `column=value,` for each column, in the order of the table, NULL being empty.
    """
    return _listed(await _row(chan, family, fieldmatch, matchvalue), delim1, delim2)


@realtime.write
async def _update(
    chan: Channel, family: str = "", fieldmatch: str = "", matchvalue: str | None = None, field: str = "",
    delim2: str = "", rest: str = "", value: str = "",
) -> None:  # fmt: skip
    conditions = _conditions(fieldmatch, matchvalue)
    if field in ("", ","):
        raise ArgumentError("the column to set is needed: Set(REALTIME(family,column,value,column)=...)")
    if await chan.switch.realtime.update(family, conditions, [(field, value)]) < 0:
        chan.warn(f"REALTIME: family {family} could not be updated")


@function("REALTIME_FIELD", form="family,fieldmatch,matchvalue,fieldname", see="REALTIME, REALTIME_HASH")
async def realtime_field(
    chan: Channel, family: str = "", fieldmatch: str = "", matchvalue: str | None = None, fieldname: str = "",
    rest: str = "",
) -> str:  # fmt: skip
    """Read or set one column of a row of a realtime family.

    Args:
        family: Name of the family.
        fieldmatch: The column to match.
        matchvalue: The value that it has to have.
        fieldname: The column to read, in any case.
        rest: Nothing more is read.
    Compat: func_realtime.
    """
    if not fieldname:
        raise ArgumentError("a family, a column to match, a value, and the column to read are needed")
    row = await _row(chan, family, fieldmatch, matchvalue)
    return next((value for column, value in row or () if column.lower() == fieldname.lower()), "")


@realtime_field.write
async def _update_field(
    chan: Channel, family: str = "", fieldmatch: str = "", matchvalue: str | None = None, fieldname: str = "",
    rest: str = "", value: str = "",
) -> None:  # fmt: skip
    await _update(chan, family, fieldmatch, matchvalue, fieldname, value=value)


@function("REALTIME_HASH", form="family,fieldmatch,matchvalue", see="REALTIME, HASH")
async def realtime_hash(
    chan: Channel, family: str = "", fieldmatch: str = "", matchvalue: str | None = None, rest: str | None = None
) -> str:
    """Read a row of a realtime family for HASH: `Set(HASH(row)=${REALTIME_HASH(family,column,value)})`.

    Args:
        family: Name of the family.
        fieldmatch: The column to match.
        matchvalue: The value that it has to have.
        rest: Not taken.
    Sets: ~ODBCFIELDS~ to the names of the columns, which HASH reads.
    Compat: func_realtime. As there an empty name and an empty value come first.
    """
    if rest is not None:
        raise ArgumentError("only a family, a column to match, and a value are taken")
    row = await _row(chan, family, fieldmatch, matchvalue)
    if row is None:
        return ""
    chan.set(FIELDS, "".join("," + escaped(column) for column, _ in row))
    return "".join("," + escaped(value) for _, value in row)


@function("REALTIME_STORE", see="REALTIME, REALTIME_DESTROY", form="family,field1[,field2...]")
async def realtime_store(chan: Channel, family: str = "", fields: str = "") -> str:
    """Make a row in a realtime family: `Set(REALTIME_STORE(family,name,number)=Alice,100)`.

    Args:
        family: Name of the family.
        fields: The columns that are given, up to 30.
    Sets: RTSTOREID to the number of rows that were made.
    Compat: func_realtime. It cannot be read.
    """
    chan.error("REALTIME_STORE cannot be read")
    return ""


@realtime_store.write
async def _store(chan: Channel, family: str = "", fields: str = "", value: str = "") -> None:
    columns, values = split_arguments(fields)[:MAX_FIELDS], split_arguments(value)
    if not columns:
        raise ArgumentError("a family and columns are needed")
    if len(values) < len(columns):
        raise ArgumentError(f"{len(values)} values were given for {len(columns)} columns")
    count = await chan.switch.realtime.store(family, list(zip(columns, values, strict=False)))
    if count < 0:
        chan.warn(f"REALTIME_STORE: nothing was stored in family {family}")
    else:
        chan.set("RTSTOREID", str(count))


@function(
    "REALTIME_DESTROY", form="family,fieldmatch,matchvalue[,delim1[,delim2]]", see="REALTIME, REALTIME_STORE",
    dangerous_read=True,
)  # fmt: skip
async def realtime_destroy(
    chan: Channel, family: str = "", fieldmatch: str = "", matchvalue: str | None = None, delim1: str = ",",
    delim2: str = "=", rest: str = "",
) -> str:  # fmt: skip
    """Read a row of a realtime family and delete all rows that match; `Set(REALTIME_DESTROY(...)=)` only deletes.

    Args:
        family: Name of the family.
        fieldmatch: The column to match.
        matchvalue: The value that it has to have.
        delim1: What ends each column; a comma by default.
        delim2: What stands between the name of a column and its value; `=` by default.
        rest: Nothing more is read.
    Compat: func_realtime. Reading is refused from outside the dialplan unless live_dangerously. Asterisk's SQLite
        engine deletes nothing by this function; here it does.
    """
    row = await _row(chan, family, fieldmatch, matchvalue)
    if row is None:
        return ""
    await chan.switch.realtime.destroy(family, _conditions(fieldmatch, matchvalue))
    return _listed(row, delim1, delim2)


@realtime_destroy.write
async def _destroy(
    chan: Channel, family: str = "", fieldmatch: str = "", matchvalue: str | None = None, delim1: str = "",
    delim2: str = "", rest: str = "", value: str = "",
) -> None:  # fmt: skip
    await realtime_destroy.body(chan, family, fieldmatch, matchvalue)
