"""Files of the operator's own design: cdr_custom.conf and cel_custom.conf."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from asterism.dialplan.reader import Config, Line
from asterism.dialplan.reader import Section as ConfSection
from asterism.runtime.errors import ArgumentError, ConfigError
from asterism.runtime.records.files import append
from asterism.runtime.records.mapping import METHODS, Column, Json, Separated, columns
from asterism.runtime.records.subjects import Subject
from asterism.runtime.records.template import Template
from asterism.runtime.settings import Complain
from asterism.runtime.switch import Switch

T = TypeVar("T")

_KEYS = ("format", "separator_character", "quote_character", "quote_escape_character", "quoting_method", "fields")
_WRITTEN = {"\\t": "\t", "\\n": "\n", "\\\\": "\\"}


@dataclass(frozen=True)
class CustomBackend(Generic[T]):
    """Writes lines into files. Meets `asterism.runtime.records.outlet.Backend`.

    Args:
        name: As the operator knows it.
        files: Each with what makes its line of a record.
    """

    name: str
    files: Sequence[tuple[Path, Callable[[T], str]]]

    async def write(self, records: Sequence[T]) -> None:
        """Append a line for each record to each file."""
        found = [(path, [_one_line(line(record)) for record in records]) for path, line in self.files]
        await asyncio.to_thread(_append, found)

    async def close(self) -> None:
        """Nothing is held open."""


def _append(files: Sequence[tuple[Path, list[str]]]) -> None:
    for path, lines in files:
        append(path, lines)


def _one_line(text: str) -> str:
    return text.replace("\r", " ").replace("\n", " ")


def read(
    switch: Switch, name: str, folder: Path, config: Config, subject: Subject[T], complain: Complain
) -> CustomBackend[T] | None:
    """Read a file of mappings; None where it has none that can be used."""
    files: list[tuple[Path, Callable[[T], str]]] = []
    for section in config:
        if section.name.lower() == "mappings":
            for line in section.lines:
                try:
                    files.append((path_of(folder, line.key), Template(switch, subject, line.value).fill))
                except ArgumentError as error:
                    complain(ConfigError(str(error), line.file, line.lineno, line.key))
            continue
        mapping = _mapping(section, subject, complain)
        if mapping is None:
            continue
        try:
            files.append((path_of(folder, section.name), mapping.line))
        except ArgumentError as error:
            complain(ConfigError(str(error), section.file, section.lineno, section.name))
    return CustomBackend(name, files) if files else None


def path_of(folder: Path, name: str) -> Path:
    """Where a file of this name is: in the folder, unless the path is absolute.

    Raises:
        ArgumentError: It leads elsewhere.
    """
    if not name.startswith("/") and ("/" in name or name in (".", "..")):
        raise ArgumentError(f"'{name}' is neither a file name nor an absolute path")
    return Path(name) if name.startswith("/") else folder / name


def _mapping(section: ConfSection, subject: Subject[T], complain: Complain) -> Separated[T] | Json[T] | None:
    options: dict[str, Line] = {}
    for line in section.lines:
        if line.key.lower() in _KEYS:
            options[line.key.lower()] = line
        else:
            complain(ConfigError(f"unknown option '{line.key}'", line.file, line.lineno, line.key))
    if "fields" not in options:
        complain(ConfigError("a mapping needs fields", section.file, section.lineno, section.name))
        return None
    at = options["fields"]
    try:
        found = columns(subject, at.value)
        return _format(found, {key: line.value.strip() for key, line in options.items()})
    except ArgumentError as error:
        complain(ConfigError(str(error), at.file, at.lineno, at.key))
        return None


def _format(found: Sequence[Column[T]], options: dict[str, str]) -> Separated[T] | Json[T]:
    kind = options.get("format", "dsv").lower()
    method = options.get("quoting_method", "all").lower()
    if kind == "json":
        return Json(found)
    if kind not in ("dsv", "csv"):
        raise ArgumentError(f"there is no format '{kind}'")
    if method not in METHODS:
        raise ArgumentError(f"there is no quoting_method '{method}'")
    quote = _character(options.get("quote_character", '"'), '"')
    return Separated(
        found,
        _character(options.get("separator_character", ","), ","),
        quote,
        _character(options.get("quote_escape_character", quote), quote),
        method,
    )


def _character(text: str, default: str) -> str:
    return (_WRITTEN.get(text) or text[:1]) or default
