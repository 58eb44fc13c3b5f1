"""Tables whose columns say what is kept: a column gets the field of its name, and what has no column is not kept."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from asterism.dialplan.reader import Line
from asterism.runtime.errors import ConfigError
from asterism.runtime.records.cel_event import EVENTS, CelEvent
from asterism.runtime.records.cel_event import moment as cel_moment
from asterism.runtime.records.record import FIELDS, CallRecord, moment
from asterism.runtime.settings import Complain

T = TypeVar("T")
Cell = str | int | float | None

_INTEGER = re.compile(r"int|serial", re.IGNORECASE)
_REAL = re.compile(r"real|floa|doub|numeric|decimal", re.IGNORECASE)


@dataclass(frozen=True)
class Filled(Generic[T]):
    """What a table's columns are filled with.

    Args:
        readers: Each column with what reads its cell; None leaves it to the table's default.
        accepts: Whether a record is kept at all.
    """

    readers: Sequence[tuple[str, Callable[[T], Cell]]]
    accepts: Callable[[T], bool] = lambda record: True

    def row(self, record: T) -> dict[str, Cell] | None:
        """The cells of a record by column; None when it is not kept."""
        if not self.accepts(record):
            return None
        cells = {column: read(record) for column, read in self.readers}
        return {column: cell for column, cell in cells.items() if cell is not None}


@dataclass(frozen=True)
class Rules:
    """What cdr_adaptive_odbc.conf says of a table.

    Args:
        aliases: Columns, in small letters, whose field has another name.
        statics: Columns that always get the same text.
        filters: (field, text, whether it must be it).
        utc: Write times in UTC.
    """

    aliases: Mapping[str, str]
    statics: Mapping[str, str]
    filters: Sequence[tuple[str, str, bool]]
    utc: bool = False


def rules(lines: Iterable[Line], complain: Complain, *, utc: bool = False) -> Rules:
    """Read `alias field => column`, `static "text" => column`, `filter field => text`, `filter field != text`."""
    aliases: dict[str, str] = {}
    statics: dict[str, str] = {}
    filters: list[tuple[str, str, bool]] = []
    for line in lines:
        word, _, name = line.key.strip().partition(" ")
        name, value = name.strip(), line.value.strip()
        kind = word.lower()
        if not name:
            kind = ""  # A word alone is no rule.
        if kind == "alias":
            aliases[value.lower()] = name.lower()
        elif kind == "static":
            statics[value.lower()] = name.strip('"')
        elif kind == "filter":
            # `filter src != 123` is read as the key `filter src !`.
            unlike = name.endswith("!")
            filters.append((name.rstrip("!").strip().lower(), value, not unlike))
        else:
            complain(ConfigError(f"unknown option '{line.key}'", line.file, line.lineno, line.key))
    return Rules(aliases, statics, filters, utc)


def of_cdr(columns: Iterable[tuple[str, str]], said: Rules) -> Filled[CallRecord]:
    """How call detail records fill a table.

    Args:
        columns: Name and type of each column.
        said: What the configuration says.
    """
    readers: list[tuple[str, Callable[[CallRecord], Cell]]] = []
    for column, kind in columns:
        lower = column.lower()
        if lower in said.statics:
            readers.append((column, _text(said.statics[lower])))
            continue
        field = said.aliases.get(lower, "start" if lower == "calldate" else lower)
        # A field that has been given another column does not go into the one of its own name.
        if lower == field or lower in said.aliases or lower == "calldate":
            readers.append((column, _cdr_cell(field, kind, said.utc)))

    def accepts(record: CallRecord) -> bool:
        return all((record.value(field) == text) is like for field, text, like in said.filters)

    return Filled(readers, accepts)


def _text(text: str) -> Callable[[object], Cell]:
    return lambda record: text


def _cdr_cell(field: str, kind: str, utc: bool) -> Callable[[CallRecord], Cell]:
    if field in ("start", "answer", "end"):
        attribute = f"{field}_s"
        if _INTEGER.search(kind):
            return lambda record: int(getattr(record, attribute)) or None
        return lambda record: moment(getattr(record, attribute), utc=utc) or None
    number = _INTEGER.search(kind) is not None
    if field in ("duration", "billsec"):
        options = "f" if _REAL.search(kind) else ""
        return lambda record: _number(record.value(field, options))
    if field in ("disposition", "amaflags") and (number or _REAL.search(kind)):
        return lambda record: int(record.value(field, "u"))
    if field == "sequence":
        return lambda record: record.sequence
    if field in FIELDS:
        return lambda record: record.value(field)
    return lambda record: record.variables.get(field)


def _number(text: str) -> Cell:
    return float(text) if "." in text else int(text)


# --- events of channels -----------------------------------------------------------------------

_CEL_NAMES = {
    "cid_name": "name", "cid_num": "num", "cid_ani": "ani", "cid_rdnis": "rdnis", "cid_dnid": "dnid",
    "extra": "eventextra", "eventextra": "eventextra",
}  # fmt: skip
_CEL_FIELDS = (
    "userdeftype", "name", "num", "ani", "rdnis", "dnid", "exten", "context", "channame", "appname", "appdata",
    "accountcode", "peeraccount", "uniqueid", "linkedid", "userfield", "peer", "eventextra",
)  # fmt: skip
_NUMBERS = {kind: number for number, kind in enumerate(EVENTS, 1)}
"What a column of integers gets for the kind of an event."


def of_cel(
    columns: Iterable[tuple[str, str]], *, show_user_defined: bool = False, utc: bool = False
) -> Filled[CelEvent]:
    """How events fill a table.

    Args:
        columns: Name and type of each column.
        show_user_defined: Write USER_DEFINED for an event of the dialplan's own, not the name it was given.
        utc: Write times in UTC.
    """
    readers: list[tuple[str, Callable[[CelEvent], Cell]]] = []
    for column, kind in columns:
        field = _CEL_NAMES.get(column.lower(), column.lower())
        number = _INTEGER.search(kind) is not None
        if field == "eventtype":
            readers.append((column, _kind(number, show_user_defined)))
        elif field == "eventtime":
            readers.append((column, _time(kind, utc)))
        elif field == "amaflags":
            readers.append((column, (lambda event: event.ama_number) if number else (lambda event: event.ama_name)))
        elif field in _CEL_FIELDS:
            readers.append((column, _field(field)))
    return Filled(readers)


def _field(field: str) -> Callable[[CelEvent], Cell]:
    return lambda event: event.value(field)


def _kind(number: bool, show_user_defined: bool) -> Callable[[CelEvent], Cell]:
    if number:
        return lambda event: _NUMBERS[event.kind]
    return (lambda event: event.kind) if show_user_defined else (lambda event: event.shown)


def _time(kind: str, utc: bool) -> Callable[[CelEvent], Cell]:
    if _INTEGER.search(kind):
        return lambda event: int(event.when_s)
    if _REAL.search(kind):
        return lambda event: event.when_s
    return lambda event: cel_moment(event.when_s, "%Y-%m-%d %H:%M:%S.%6q", utc=utc)
