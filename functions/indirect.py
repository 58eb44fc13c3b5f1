"""What an argument names: a variable or another function, as text, octets, and numbers of C.

`CUT(NAME,...)` works on what `${NAME}` would be, and NAME may be `CALLERID(name)` as well. Asterisk counts octets
and reads numbers with `sscanf`, and dialplans see both.
"""

import ctypes
import re
from collections.abc import Awaitable
from functools import lru_cache

from asterism.dialplan import substitution
from asterism.dialplan.compile import ANSWERS, Waits, limited, read, read_later, variable
from asterism.dialplan.nodes import Variable
from asterism.dialplan.scope import Function, Scope
from asterism.runtime.errors import ArgumentError

MAX_VALUE = 4091
"""Octets of a value that SPRINTF or SHELL makes; Asterisk's own bound."""

_INTEGER = re.compile(r"[ \t\n\v\f\r]*([+-]?[0-9]+)")
_OCTAL = re.compile(r"0[0-7]*")
_HEX = re.compile(r"x([0-9A-Fa-f]{1,2})")
_LETTERS = {"n": "\n", "r": "\r", "t": "\t"}


class Unescapable(ArgumentError):
    """`\\x` without a hexadecimal digit."""


# --- variables and functions by name ---------------------------------------------------------


def value_of(chan: Scope, name: str) -> str:
    """Return what `${name}` stands for.

    Raises:
        Waits: It is a function that has to wait; whoever reads the function that asks this waits for it and asks again.
    """
    node = substitution.name(name)
    if isinstance(node, Variable):
        return variable(node)(chan)
    found = _function(chan, node.name)
    if found is None:
        return ""
    argument = node.argument.constant or ""
    if found.is_async:
        answers = ANSWERS.get() or {}
        if (found.name, argument) not in answers:
            raise Waits(found, argument)
        return substitution.cut(answers[found.name, argument], node.offset, node.length)
    return substitution.cut(read(chan, found, argument), node.offset, node.length)


async def value_of_later(chan: Scope, name: str) -> str:
    """Return what `${name}` stands for, waiting for it where need be."""
    node = substitution.name(name)
    if isinstance(node, Variable):
        return variable(node)(chan)
    found = _function(chan, node.name)
    if found is None:
        return ""
    return substitution.cut(await read_later(chan, found, node.argument.constant or ""), node.offset, node.length)


def assign(chan: Scope, name: str, value: str) -> None:
    """Do `Set(name=value)`, for a variable or a function. What the function objects to is a WARNING."""
    found = _written_by(chan, name)
    if found is None:
        chan.set(name, value)
    elif isinstance(found, str):
        chan.warn(found)
    elif found[0].writes_async:
        chan.warn(f"{name} has to wait: set a variable first")
    else:
        _write(chan, *found, value)


async def assign_later(chan: Scope, name: str, value: str) -> None:
    """Do `Set(name=value)`, waiting where need be. What a function objects to is a WARNING."""
    found = _written_by(chan, name)
    if found is None:
        chan.set(name, value)
    elif isinstance(found, str):
        chan.warn(found)
    else:
        waiting = _write(chan, *found, value)
        try:
            if waiting is not None:
                await waiting
        except Exception as error:
            chan.warn(f"{name}: {error}")


def _write(chan: Scope, function: Function, argument: str, value: str) -> Awaitable[None] | None:
    try:
        return function.assign(chan, argument, value)
    except Exception as error:
        chan.warn(f"{function.name}: {error}")
        return None


def _written_by(chan: Scope, name: str) -> tuple[Function, str] | str | None:
    """Return the function and its argument that a name stands for, None for a variable, or what is wrong."""
    if not name.endswith(")") or "(" not in name:
        return None
    function_name, _, argument = name[:-1].partition("(")
    found = chan.source.registry.function(function_name)
    return f"Function {function_name} is not registered" if found is None else (found, argument)


def _function(chan: Scope, name: str) -> Function | None:
    found = chan.source.registry.function(name)
    if found is None:
        chan.warn(f"Function {name} is not registered")
    return found


def variable_of(chan: Scope, name: str) -> str | None:
    """Return a variable of the channel, or a global one; None where there is none. Functions are none."""
    value = chan.variables.get(name)
    return chan.globals.get(name) if value is None else value


# --- octets ------------------------------------------------------------------------------------


def narrow(text: str) -> str:
    """Return the text with one character per octet, so that indexes and sets count octets."""
    return text if text.isascii() else text.encode("utf-8", "surrogateescape").decode("latin-1")


def widen(octets: str) -> str:
    """Return the text that `narrow` made these octets of."""
    return octets if octets.isascii() else octets.encode("latin-1").decode("utf-8", "surrogateescape")


def strip(text: str) -> str:
    """Return the text without blanks and control characters at its ends."""
    return text.strip(_BLANK)


_BLANK = "".join(map(chr, range(1, 33)))


def lstrip(text: str) -> str:
    """Return the text without blanks and control characters before it."""
    return text.lstrip(_BLANK)


def rstrip(text: str) -> str:
    """Return the text without blanks and control characters behind it."""
    return text.rstrip(_BLANK)


def limit(value: str) -> str:
    """Cut a value to what Asterisk would hand back."""
    return limited(value, MAX_VALUE)


def unescape_one(octets: str, at: int) -> tuple[str, int]:
    """Read one octet of a set of them: `a`, `\\n`, `\\x41`, `\\0101`; returns it and where the next begins.

    Raises:
        Unescapable: `\\x` is not followed by a hexadecimal digit.
    """
    if octets[at] != "\\" or at + 1 >= len(octets):
        return octets[at], at + 1
    letter = octets[at + 1]
    if letter == "x":
        found = _HEX.match(octets, at + 1)
        if found is None:
            raise Unescapable(f"no hexadecimal digits in '{octets[at:]}'")
        return chr(int(found[1], 16)), found.end()
    if letter == "0":
        found = _OCTAL.match(octets, at + 1)
        assert found is not None
        return chr(int(found[0], 8) & 0xFF), found.end()
    return _LETTERS.get(letter, letter), at + 2


@lru_cache(maxsize=512)
def unescape(text: str) -> str:
    """Read the octets that a text of them stands for, escapes understood; a backslash that escapes nothing is none."""
    octets = narrow(text)
    found: list[str] = []
    at = 0
    while at < len(octets) and octets[at:] != "\\":
        octet, at = unescape_one(octets, at)
        found.append(octet)
    return "".join(found)


def first_octet(text: str, default: str) -> str:
    """Read a delimiter: the first octet, escapes understood; the default for an empty text.

    A backslash that escapes nothing is no delimiter: then the text is empty.
    """
    if text in ("", "\\"):
        return "" if text else default
    return unescape_one(narrow(text), 0)[0]


def split(octets: str, separator: str) -> list[str]:
    """Split at a separator, which may be none."""
    return octets.split(separator) if separator else [octets]


# --- numbers -------------------------------------------------------------------------------------


def integer(text: str, bits: int = 32) -> int | None:
    """Read the integer that a text begins with as `sscanf("%d")` does; None where it begins with none."""
    found = _INTEGER.match(text)
    return None if found is None else wrapped(_clamped(int(found[1][:30])), bits)


def whole_integer(text: str) -> int | None:
    """Read an integer that nothing follows; None for anything else."""
    found = _INTEGER.fullmatch(text)
    return None if found is None else wrapped(_clamped(int(found[1][:30])))


def _clamped(value: int) -> int:
    return max(-(1 << 63), min((1 << 63) - 1, value))


def wrapped(value: int, bits: int = 32) -> int:
    """Return a signed integer of so many bits, the rest cut off."""
    value &= (1 << bits) - 1
    return value - (1 << bits) if value >> (bits - 1) else value


def real(text: str) -> float | None:
    """Read the number that a text begins with as `sscanf("%lf")` does; None where it begins with none."""
    if _OPEN_EXPONENT.match(text):
        return None
    value = ctypes.c_double()
    raw = text.encode("utf-8", "surrogateescape").partition(b"\0")[0]
    return value.value if _LIBC.sscanf(raw, b"%30lf", ctypes.byref(value)) == 1 else None


def truncated(value: float) -> int:
    """Cast a double to int as the x86 processor does: what does not fit is the smallest int."""
    return int(value) if -2147483649.0 < value < 2147483648.0 else -2147483648


_OPEN_EXPONENT = re.compile(r"\s*[+-]?(?:(?:\d+\.?\d*|\.\d+)e|0x[\da-f.]+p)(?![+-]?\d)", re.ASCII | re.IGNORECASE)
"""`1e` is no number; only newer C libraries know."""
_LIBC = ctypes.CDLL(None)
_LIBC.sscanf.argtypes = [ctypes.c_char_p, ctypes.c_char_p]
_LIBC.sscanf.restype = ctypes.c_int
