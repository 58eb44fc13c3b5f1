"""Mappings by `fields`: which columns a record is written in, and how each is quoted."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from asterism.runtime.errors import ArgumentError
from asterism.runtime.records.subjects import Subject, Value

T = TypeVar("T")

_FIELD = re.compile(r'\s*(?:"(?P<literal>[^"]*)"|(?P<name>[^,("]+?)\s*(?:\((?P<qualifiers>[^)]*)\))?)\s*(?:,|$)')
METHODS = ("all", "minimal", "non_numeric", "none")


@dataclass(frozen=True)
class Column(Generic[T]):
    """One column.

    Args:
        name: As it was written, in small letters; empty for a literal.
        read: Takes its value from a record.
        quote: Whether it is quoted whatever the method says; None where the method decides.
    """

    name: str
    read: Callable[[T], Value]
    quote: bool | None = None


def columns(subject: Subject[T], text: str) -> list[Column[T]]:
    """Read a list of fields.

    Raises:
        ArgumentError: It names a field that is none.
    """
    found: list[Column[T]] = []
    position = 0
    while position < len(text.rstrip()):
        match = _FIELD.match(text, position)
        if match is None:
            raise ArgumentError(f"'{text[position:].strip()}' is no list of fields")
        position = match.end()
        literal = match["literal"]
        if literal is not None:
            found.append(Column("", _constant(literal)))
            continue
        name = match["name"].strip()
        marks = frozenset(each.strip() for each in (match["qualifiers"] or "").split("^") if each.strip())
        lower = frozenset(each if "%" in each else each.lower() for each in marks)
        read = subject.column(name, lower)
        if read is None:
            raise ArgumentError(f"there is no field '{name}'")
        quote = True if "quote" in lower else False if "noquote" in lower else None
        found.append(Column(name.lower(), read, quote))
    return found


def _constant(text: str) -> Callable[[object], Value]:
    return lambda record: text


@dataclass(frozen=True)
class Separated(Generic[T]):
    """Values separated by a character, quoted by one of METHODS."""

    columns: Sequence[Column[T]]
    separator: str = ","
    quote: str = '"'
    escape: str = '"'
    method: str = "all"

    def line(self, record: T) -> str:
        """The line of a record."""
        return self.separator.join(self._cell(column, column.read(record)) for column in self.columns)

    def _cell(self, column: Column[T], value: Value) -> str:
        text = shown(value)
        by_method = self.method == "all" or (self.method == "non_numeric" and isinstance(value, str))
        wanted = by_method if column.quote is None else column.quote
        if not wanted and self.separator not in text:
            return text
        return f"{self.quote}{text.replace(self.quote, self.escape + self.quote)}{self.quote}"


@dataclass(frozen=True)
class Json(Generic[T]):
    """One JSON object a line; a literal is written `name: value`."""

    columns: Sequence[Column[T]]

    def line(self, record: T) -> str:
        """The line of a record."""
        found: dict[str, Value] = {}
        for column in self.columns:
            value = column.read(record)
            if column.name:
                found[column.name] = value
            elif isinstance(value, str) and ":" in value:
                name, _, rest = value.partition(":")
                found[name.strip()] = rest.strip()
        return json.dumps(found, separators=(",", ":"), ensure_ascii=False)


def shown(value: Value) -> str:
    """A value as text; a fraction with six digits."""
    return f"{value:.6f}" if isinstance(value, float) else str(value)
