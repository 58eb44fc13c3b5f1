"""What can be said of a record in configuration files: functions and variables of templates, names of columns."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from asterism.runtime.records.cel_event import FIELDS as CEL_FIELDS
from asterism.runtime.records.cel_event import CelEvent
from asterism.runtime.records.cel_event import moment as cel_moment
from asterism.runtime.records.record import FIELDS as CDR_FIELDS
from asterism.runtime.records.record import CallRecord, moment

T = TypeVar("T")
Value = str | int | float
DATES = "%Y-%m-%d %H:%M:%S"


@dataclass(frozen=True)
class Subject(Generic[T]):
    """Records of one kind.

    Args:
        functions: Dialplan functions that read the record: the argument text to the value.
        variables: Variables that do.
        column: A column by its name and qualifiers, as mappings with `fields` write it; None for what is none.
    """

    functions: Mapping[str, Callable[[T, str], str]]
    variables: Mapping[str, Callable[[T], str]]
    column: Callable[[str, frozenset[str]], Callable[[T], Value] | None]


def _format(qualifiers: frozenset[str]) -> str:
    return next((each for each in qualifiers if "%" in each), "")


def _written(seconds: float, pattern: str) -> str:
    return time.strftime(pattern, time.localtime(seconds)) if seconds else ""


# --- call detail records ----------------------------------------------------------------------


def _cdr_function(record: CallRecord, argument: str) -> str:
    name, _, options = argument.partition(",")
    return record.value(name.strip(), options)


_CDR_NUMBERS: dict[str, Callable[[CallRecord], int]] = {
    "duration": lambda record: record.duration,
    "billsec": lambda record: record.billsec,
    "sequence": lambda record: record.sequence,
}


def _cdr_time(name: str, qualifiers: frozenset[str]) -> Callable[[CallRecord], Value]:
    attribute, pattern = f"{name}_s", _format(qualifiers)
    if "int64" in qualifiers:
        return lambda record: int(getattr(record, attribute))
    if qualifiers & {"double", "float"}:
        return lambda record: float(getattr(record, attribute))
    if pattern:
        return lambda record: _written(getattr(record, attribute), pattern)
    return lambda record: moment(getattr(record, attribute))


def _cdr_column(name: str, qualifiers: frozenset[str]) -> Callable[[CallRecord], Value] | None:
    lower = name.lower()
    if "uservar" in qualifiers:
        return lambda record: record.variables.get(lower, "")
    if lower not in CDR_FIELDS:
        return None
    if lower in ("start", "answer", "end"):
        return _cdr_time(lower, qualifiers)
    if lower in _CDR_NUMBERS:
        return _CDR_NUMBERS[lower]
    if lower in ("disposition", "amaflags") and "int64" in qualifiers:
        return lambda record: int(record.value(lower, "u"))
    return lambda record: record.value(lower)


CDR: Subject[CallRecord] = Subject({"CDR": _cdr_function}, {}, _cdr_column)


# --- events of channels -----------------------------------------------------------------------

_CALLER_ID = {"name": "name", "num": "num", "ani": "ani", "rdnis": "rdnis", "dnid": "dnid"}
_CHANNEL = (
    "exten", "context", "channame", "appname", "appdata", "amaflags", "accountcode", "uniqueid", "linkedid",
    "userfield", "peer", "peeraccount", "tenantid",
)  # fmt: skip


def _caller_id(event: CelEvent, argument: str) -> str:
    field = _CALLER_ID.get(argument.lower().removesuffix("ber"), "")
    return CEL_FIELDS[field](event) if field else ""


def _channel(event: CelEvent, argument: str) -> str:
    field = argument.lower()
    return CEL_FIELDS[field](event) if field in _CHANNEL else ""


def cel(dateformat: str, *, dates: str = "") -> Subject[CelEvent]:
    """Events, their times in cel.conf's dateformat, or in `dates` where that says nothing."""
    pattern = dateformat or dates
    special = ("eventtype", "eventenum", "userdeftype", "eventextra")
    variables: dict[str, Callable[[CelEvent], str]] = {name: CEL_FIELDS[name] for name in special}
    variables["BRIDGEPEER"] = CEL_FIELDS["peer"]
    variables["eventtime"] = lambda event: cel_moment(event.when_s, pattern)

    def column(name: str, qualifiers: frozenset[str]) -> Callable[[CelEvent], Value] | None:
        lower = name.lower()
        if lower == "eventtime":
            if "int64" in qualifiers:
                return lambda event: int(event.when_s)
            if qualifiers & {"double", "float"} and not dateformat:
                return lambda event: event.when_s
            own = _format(qualifiers) or pattern
            return lambda event: cel_moment(event.when_s, own)
        if lower == "amaflags" and "amaflags" in qualifiers:
            return lambda event: event.ama_name
        return CEL_FIELDS.get(lower)

    return Subject({"CALLERID": _caller_id, "CHANNEL": _channel}, variables, column)
