"""Lists in a variable, their items joined by a delimiter: CUT, FIELDQTY, PUSH, POP, SORT ..."""

import math
import re
from functools import lru_cache

from asterism.dialplan import substitution
from asterism.dialplan.compile import Compiler, variable
from asterism.dialplan.nodes import Text, Variable
from asterism.dialplan.scope import Evaluate, Scope
from asterism.functions import indirect
from asterism.functions.indirect import narrow, widen
from asterism.runtime.arguments import split_arguments
from asterism.runtime.channel import Channel
from asterism.runtime.declare import function
from asterism.runtime.errors import ArgumentError

_LAST = 1 << 31
_RANGE = re.compile(r"\s*([+-]?\d+)(?:-\s*([+-]?\d+)|(-))?")


@function("CUT", see="FIELDQTY, FIELDNUM, SHIFT, POP")
def cut(chan: Channel, varname: str, delimiter: str, fields: str) -> str:
    """Take some fields of a variable's value.

    Args:
        varname: Name of the variable, not its value.
        delimiter: One character; `-` when it is empty.
        fields: Numbers and ranges joined by `&`, the first field is 1: `2`, `2-4`, `2-` to the last, `-3` from the
            first.
    Compat: app_cut. The numbers must ascend: a field before the one that was taken last is not found, with a
        WARNING.
    """
    value = narrow(indirect.value_of(chan, varname))
    separator = indirect.first_octet(delimiter, "-")
    wanted = _wanted(fields)
    parts = indirect.split(value, separator)
    found: list[str] = []
    here = 1
    for span in wanted:
        if here > len(parts):
            break  # What is asked for beyond the last field is not even read.
        if span is None:
            raise ArgumentError(f"CUT: '{fields}' are no fields")
        first, last = span
        if first < here:
            chan.warn(f"CUT: field {first} of '{fields}' is behind what was taken already")
        here = max(here, first)
        found += parts[here - 1 : max(here - 1, last)]
        here = max(here, min(last, len(parts)) + 1)
    return widen(separator.join(found))


@cut.compile
def _cut(compiler: Compiler, argument: Text) -> Evaluate | None:
    """Find out once which field is wanted where name, delimiter and one field are constant."""
    if not argument.constant or '"' in argument.constant or "\\" in argument.constant:
        return None
    name, *rest = split_arguments(argument.constant, most=3)
    node = substitution.name(name)
    if len(rest) != 2 or not isinstance(node, Variable) or not rest[0].isascii():
        return None
    span, *more = _wanted(rest[1])
    if more or span is None or not 0 < span[0] == span[1]:
        return None
    value, separator, number = variable(node), rest[0][:1] or "-", span[0]

    def evaluate(chan: Scope) -> str:
        parts = value(chan).split(separator, number)
        return parts[number - 1] if number <= len(parts) else ""

    return evaluate


@lru_cache(maxsize=512)
def _wanted(fields: str) -> tuple[tuple[int, int] | None, ...]:
    """Return the first and last of each range of fields, None for what is none."""
    found: list[tuple[int, int] | None] = []
    for part in fields.split("&"):
        match = _RANGE.match(part)
        if match is None:
            found.append(None)
            continue
        first, last, open_end = int(match[1][:10]), match[2], match[3]
        if last is not None:
            found.append((first, int(last[:10])))
        elif open_end:
            found.append((first, _LAST))
        elif match[1][0] == "-":
            found.append((1, -first))
        else:
            found.append((first, first))
    return tuple(found)


@function("FIELDQTY", see="CUT, FIELDNUM")
def fieldqty(chan: Channel, varname: str = "", delimiter: str | None = None) -> str:
    """Count the fields of a variable's value.

    Args:
        varname: Name of the variable, not its value.
        delimiter: One character; without it there is one field.
    Compat: func_strings. An empty value has none.
    """
    if delimiter is None:
        return "1"
    value = narrow(indirect.value_of(chan, varname))
    if not value:
        return "0"
    separator = indirect.first_octet(delimiter, "")
    return str(value.count(separator) + 1 if separator else 1)


@function("FIELDNUM", see="CUT, FIELDQTY")
def fieldnum(chan: Channel, varname: str, delimiter: str, value: str) -> str:
    """Find the number of the field that has a value; 0 when none has.

    Args:
        varname: Name of the variable that holds the list, not its value.
        delimiter: One character.
        value: What to look for, in either case.
    Compat: func_strings.
    """
    text = narrow(indirect.value_of(chan, varname))
    separator = indirect.first_octet(delimiter, "")
    if not text or not separator:
        return "0"
    fields = [field.lower() for field in text.split(separator)]
    wanted = narrow(value).lower()
    return str(fields.index(wanted) + 1) if wanted in fields else "0"


@function("LISTFILTER", see="CUT, PUSH, POP")
def listfilter(chan: Channel, varname: str, delimiter: str, value: str) -> str:
    """Leave out of a list all items that have a value.

    Args:
        varname: Name of the variable that holds the list, not its value.
        delimiter: One or more characters; a comma when it is empty.
        value: The items to leave out; case matters.
    Compat: func_strings.
    """
    text = narrow(indirect.value_of(chan, varname))
    separator = indirect.unescape(delimiter) or ","
    wanted = narrow(value)
    return widen(separator.join([item for item in text.split(separator) if item != wanted]))


# --- stacks and queues -----------------------------------------------------------------------


@function("PUSH", see="POP, SHIFT, UNSHIFT")
def push(chan: Channel, varname: str, delimiter: str = "") -> str:
    """Add a value at the end of a list: `Set(PUSH(list)=value)`.

    Args:
        varname: Name of the variable that holds the list, not its value.
        delimiter: One character; a comma when it is left out.
    Compat: func_strings.
    """
    raise ArgumentError("PUSH cannot be read")


@push.write
async def _push(chan: Channel, varname: str, delimiter: str = "", value: str = "") -> None:
    await _add(chan, varname, delimiter, value, at_end=True)


@function("UNSHIFT", see="SHIFT, PUSH, POP")
def unshift(chan: Channel, varname: str, delimiter: str = "") -> str:
    """Add a value at the beginning of a list: `Set(UNSHIFT(list)=value)`.

    Args:
        varname: Name of the variable that holds the list, not its value.
        delimiter: One character; a comma when it is left out.
    Compat: func_strings.
    """
    raise ArgumentError("UNSHIFT cannot be read")


@unshift.write
async def _unshift(chan: Channel, varname: str, delimiter: str = "", value: str = "") -> None:
    await _add(chan, varname, delimiter, value, at_end=False)


async def _add(chan: Channel, varname: str, delimiter: str, value: str, at_end: bool) -> None:
    if not varname:
        raise ArgumentError("the name of a variable is needed")
    # `__list`: the underscores say who inherits the list and are no part of its name.
    name = varname[1:] if varname[:1] == "_" else varname
    name = name[1:] if varname[:2] == "__" else name
    before = await indirect.value_of_later(chan, name)
    if before:
        separator = widen(indirect.first_octet(delimiter, ","))
        value = before + separator + value if at_end else value + separator + before
    await indirect.assign_later(chan, varname, value)


@function("POP", see="PUSH, SHIFT, UNSHIFT")
def pop(chan: Channel, varname: str, delimiter: str = "") -> str:
    """Take the last item off a list.

    Args:
        varname: Name of the variable that holds the list, not its value.
        delimiter: One character; a comma when it is left out.
    Sets: The variable, to what is left.
    Compat: func_strings.
    """
    return _take(chan, varname, delimiter, at_end=True)


@function("SHIFT", see="UNSHIFT, PUSH, POP")
def shift(chan: Channel, varname: str, delimiter: str = "") -> str:
    """Take the first item off a list.

    Args:
        varname: Name of the variable that holds the list, not its value.
        delimiter: One character; a comma when it is left out.
    Sets: The variable, to what is left.
    Compat: func_strings.
    """
    return _take(chan, varname, delimiter, at_end=False)


def _take(chan: Channel, varname: str, delimiter: str, at_end: bool) -> str:
    if not varname:
        raise ArgumentError("the name of a variable is needed")
    value = narrow(indirect.value_of(chan, varname))
    if not value:
        return ""
    separator = indirect.first_octet(delimiter, ",")
    if not separator:
        item, rest = value, ""
    elif at_end:
        rest, _, item = value.rpartition(separator)
    else:
        item, _, rest = value.partition(separator)
    indirect.assign(chan, varname, widen(rest))
    return widen(item)


# --- order -----------------------------------------------------------------------------------


@function("SORT", form="key:number[,key:number...]")
def sort(chan: Channel, pairs: str) -> str:
    """Put keys into the order of their numbers; returns the keys joined by commas.

    Args:
        pairs: Keys, each with a colon and its number; fractions are allowed.
    Compat: func_cut. What has no colon is left out.
    """
    keys = []
    for pair in pairs.split(","):
        key, colon, number = pair.partition(":")
        if colon:
            size = indirect.real(number) or 0.0
            keys.append((key, math.inf if math.isnan(size) else size))
    return ",".join(key for key, _ in sorted(keys, key=lambda item: item[1]))
