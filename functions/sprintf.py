"""SPRINTF: numbers and texts put into a format of C."""

import ctypes
import math
import re
from collections.abc import Iterator
from functools import lru_cache

from asterism.functions import indirect
from asterism.functions.indirect import MAX_VALUE, integer, narrow, real, widen
from asterism.runtime.arguments import split_arguments
from asterism.runtime.channel import Channel
from asterism.runtime.declare import function
from asterism.runtime.errors import ArgumentError

# Flags, width, precision, and length as Asterisk reads them; the conversion is what follows.
_DIRECTIVE = re.compile(r"%([-#0 +'I]*)([0-9]*)((?:\.[0-9]*)?)((?:hh?|ll?|[Lqjzt])?)(.?)", re.DOTALL)
_INTEGERS = "diouxX"
_REALS = "eEfFgGaA"
_WIDEST = 1 << 16


@function("SPRINTF", form="format,arg1[,arg2...]")
def sprintf(chan: Channel, arguments: str) -> str:
    """Put numbers and texts into a format.

    Args:
        arguments: The format, then what each of its `%` stands for: d i o u x X (integers of 32 bits), e f g a and
            their capitals, c (the number of a character), s. `%%` is a per cent sign.
    Compat: func_sprintf. A number that is none makes all of it empty; a missing text is `(null)`.
    """
    given = split_arguments(arguments)
    if not given:
        raise ArgumentError("SPRINTF needs a format")
    template = narrow(given[0])
    values = iter(given[1:])
    found: list[str] = []
    at = 0
    while at < len(template):
        percent = template.find("%", at)
        if percent < 0:
            break
        found.append(template[at:percent])
        match = _DIRECTIVE.match(template, percent)
        assert match is not None
        at = match.end()
        found.append(_converted(match, values, given[0]))
    found.append(template[at:])
    return indirect.limit(widen("".join(found)))


def _converted(match: "re.Match[str]", values: Iterator[str], template: str) -> str:
    flags, width, precision, length, conversion = match.groups()
    if conversion in ("", "%"):
        return conversion
    if conversion == "s":
        text = next(values, None)
        # Wide characters are promised and none are there.
        text = "" if length in ("l", "ll") else text
        return _padded("(null)" if text is None else narrow(text), flags, width, precision)
    directive = _directive(flags.replace("I", ""), width, precision, length, conversion)
    if conversion in _INTEGERS or conversion == "c":
        number = integer(next(values, ""))
        if number is not None:
            return _printed(directive, ctypes.c_ulonglong(number & 0xFFFFFFFF))
    elif conversion in _REALS:
        value = real(next(values, ""))
        if value is not None:
            # Asterisk hands a double where the format promises a long double, and what is read is no number.
            value = math.nan if length in ("L", "ll") else value
            return _printed(directive, ctypes.c_double(value))
    else:
        raise ArgumentError(f"'%{conversion}' in the format '{template}' is not understood")
    raise ArgumentError(f"what '%{conversion}' stands for in the format '{template}' is no number")


@lru_cache(maxsize=256)
def _directive(flags: str, width: str, precision: str, length: str, conversion: str) -> bytes:
    if conversion in _REALS:
        length = ""
    wide = str(min(int(width), _WIDEST)) if width else ""
    exact = precision and f".{min(int(precision[1:] or '0'), _WIDEST)}"
    return f"%{flags}{wide}{exact}{length}{conversion}".encode("latin-1")


def _padded(text: str, flags: str, width: str, precision: str) -> str:
    if precision:
        text = text[: int(precision[1:] or "0")]
    size = min(int(width or "0"), MAX_VALUE)
    return text.ljust(size) if "-" in flags else text.rjust(size)


def _printed(directive: bytes, value: "ctypes._SimpleCData[int] | ctypes._SimpleCData[float]") -> str:
    buffer = ctypes.create_string_buffer(MAX_VALUE + 1)
    _LIBC.snprintf(buffer, len(buffer), directive, value)
    return buffer.value.decode("latin-1")


_LIBC = ctypes.CDLL(None)
_LIBC.snprintf.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p]
_LIBC.snprintf.restype = ctypes.c_int
