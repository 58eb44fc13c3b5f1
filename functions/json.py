"""JSON_DECODE: one value out of a JSON text."""

import json
from typing import Any, NoReturn

from asterism.functions import indirect
from asterism.functions.indirect import wrapped
from asterism.runtime.channel import Channel
from asterism.runtime.declare import function
from asterism.runtime.errors import ArgumentError

_INTEGER_BITS = 64


@function("JSON_DECODE", form="varname,item[,separator[,options]]")
def json_decode(chan: Channel, varname: str, item: str, separator: str = "", options: str = "") -> str:
    """Take a value out of the JSON text in a variable.

    Args:
        varname: Name of the variable, not its value.
        item: Where it is: keys, and indexes of arrays from 0, joined by the separator: `phones.0.number`.
        separator: One character; a dot when it is left out.
        options: `c` counts the items of an array instead of returning them.
    Returns: A text as it is, an integer (of 32 bits) or real number, 1 or 0 for true and false, an empty text for
        null; an object or array as JSON.
    Compat: func_json. What the path names below a plain value is that value.
    """
    for letter in options:
        if letter != "c":
            chan.warn(f"JSON_DECODE: option '{letter}' is unknown and ignored")
    text = indirect.value_of(chan, varname)
    if not varname or not item or not text:
        return ""
    value = _found(_parsed(text), item.split(separator[:1] or "."))
    if "c" in options and isinstance(value, list):
        return str(len(value))
    return _shown(value)


def _parsed(text: str) -> Any:
    try:
        value = json.loads(text, parse_constant=_refuse, parse_int=_integer)
    except (ValueError, RecursionError) as error:
        raise ArgumentError(f"JSON_DECODE: this is no JSON: {error}") from None
    if not isinstance(value, dict | list):
        raise ArgumentError("JSON_DECODE: this is neither an object nor an array")
    return value


def _refuse(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number of JSON")


def _integer(digits: str) -> int:
    # Python refuses to read thousands of digits, JSON libraries of C those that do not fit 64 bits.
    if len(digits) > 20 or int(digits).bit_length() >= _INTEGER_BITS:
        raise ValueError(f"{digits[:20]} is too large an integer")
    return int(digits)


def _found(value: Any, path: list[str]) -> Any:
    for step in path:
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list):
            index = indirect.whole_integer(step)
            value = value[index] if index is not None and 0 <= index < len(value) else None
        else:
            break
    return value


def _shown(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(int(value))
        case int():
            return str(wrapped(value))
        case float():
            return f"{value:.17g}"
        case str():
            return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
