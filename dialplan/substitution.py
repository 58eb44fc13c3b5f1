"""`${...}` and `$[...]` in a text: found once, when it is loaded.

What stands in the brackets is itself a text; whether it names a variable or calls a function is decided
here where its literal pieces tell, else when it is used.
"""

import re
from functools import lru_cache

from asterism.dialplan.nodes import Call, Dynamic, Expression, Part, Text, Variable

MAX_DEPTH = 100
"""Brackets within brackets; what is deeper stays as it is written."""

_SLICE = re.compile(r"\s*([+-]?[0-9]{1,30})(?::\s*([+-]?[0-9]{1,30}))?")
_INT = 0x7FFFFFFF


@lru_cache(maxsize=8192)
def parse(text: str) -> Text:
    """Find the brackets in a text."""
    if "$" not in text:
        return Text((text,) if text else ())
    return _parse(text, 0)


def _parse(text: str, depth: int) -> Text:
    parts: list[Part] = []
    unclosed = ""
    position = start = 0
    while True:
        position = text.find("$", position)
        if position < 0 or depth >= MAX_DEPTH:
            break
        bracket = text[position + 1 : position + 2]
        if bracket not in ("{", "["):
            position += 1
            continue
        if position > start:
            parts.append(text[start:position])
        end, closed = _end(text, position + 2, bracket)
        if not closed:
            unclosed = "${" if bracket == "{" else "$["
        body = _parse(text[position + 2 : end], depth + 1)
        parts.append(_reference(body) if bracket == "{" else Expression(body))
        unclosed = unclosed or body.unclosed
        start = position = end + 1
    if start < len(text):
        parts.append(text[start:])
    return Text(tuple(parts), unclosed)


def _end(text: str, position: int, opening: str) -> tuple[int, bool]:
    """Find the bracket that closes; an unclosed one takes all that is left."""
    closing = "}" if opening == "{" else "]"
    depth = 1
    while depth:
        next_open, next_close = text.find(opening, position), text.find(closing, position)
        if next_close < 0:
            return len(text), False
        if 0 <= next_open < next_close:
            depth += 1
            position = next_open + 1
        else:
            depth -= 1
            position = next_close + 1
    return position - 1, True


def _reference(body: Text) -> Part:
    constant = body.constant
    if constant is not None:
        return name(constant)
    first, last = body.parts[0], body.parts[-1]
    if not isinstance(first, str) or not isinstance(last, str):
        return Dynamic(body)
    function, opening, rest = first.partition("(")
    before, closing, tail = last.rpartition(")")
    if not opening or not closing or ":" in function:
        return Dynamic(body)
    offset, length = 0, None
    if tail:
        if tail[0] != ":":
            return Dynamic(body)
        offset, length = slice_of(tail[1:])
    argument = Text(tuple(part for part in (rest, *body.parts[1:-1], before) if part))
    return Call(function, argument, tail, offset, length)


@lru_cache(maxsize=8192)
def name(text: str) -> Variable | Call:
    """Read what stands in `${}`: a variable or function, with offset and length behind a colon outside parentheses."""
    parentheses = 0
    is_function = False
    offset, length = 0, None
    for index, character in enumerate(text):
        if character == "(":
            is_function = True
            parentheses += 1
        elif character == ")":
            parentheses -= 1
        elif character == ":" and parentheses == 0:
            offset, length = slice_of(text[index + 1 :])
            text = text[:index]
            break
    if not is_function:
        return Variable(text, offset, length)
    function, _, argument = text.partition("(")
    if ")" in argument:
        argument = argument[: argument.rindex(")")]
    return Call(function, Text((argument,) if argument else ()), "", offset, length)


def slice_of(text: str) -> tuple[int, int | None]:
    """Read `offset:length`; what is no number leaves the whole value."""
    match = _SLICE.match(text)
    if not match:
        return 0, None
    offset = max(-_INT, min(_INT, int(match[1])))
    return offset, None if match[2] is None else max(-_INT, min(_INT, int(match[2])))


def cut(value: str, offset: int, length: int | None) -> str:
    """Take a piece of a value; offsets count bytes, from the end when negative."""
    if not value.isascii():
        raw = value.encode("utf-8", "surrogateescape")
        return _cut(raw, offset, length).decode("utf-8", "surrogateescape")
    size = len(value)
    if offset < 0:
        offset = max(0, size + offset)
    if length is None:
        return value[offset:]
    if length < 0:
        return value[offset : max(offset, size + length)]
    return value[offset : offset + length]


def _cut(raw: bytes, offset: int, length: int | None) -> bytes:
    size = len(raw)
    if offset < 0:
        offset = max(0, size + offset)
    end = size if length is None else size + length if length < 0 else offset + length
    return raw[offset : max(offset, end)]


def partition(text: Text, separator: str) -> tuple[Text, Text] | None:
    """Split a text at the first separator in one of its literal pieces; None where there is none."""
    for index, part in enumerate(text.parts):
        if isinstance(part, str) and separator in part:
            before, _, after = part.partition(separator)
            left = (*text.parts[:index], before) if before else text.parts[:index]
            right = (after, *text.parts[index + 1 :]) if after else text.parts[index + 1 :]
            return Text(left), Text(right)
    return None


def joined(text: Text) -> Text:
    """Return the text with literal pieces that stand side by side made one."""
    parts: list[Part] = []
    for part in text.parts:
        if isinstance(part, str) and parts and isinstance(parts[-1], str):
            parts[-1] += part
        else:
            parts.append(part)
    return Text(tuple(parts), text.unclosed)
