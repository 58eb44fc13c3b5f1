"""Configuration text to lines with their origin; every `*.conf` file is read here.

Sections with templates and `(+)`, `#include`, `#tryinclude`, `#exec`, comments and block comments are
resolved; what a key means is for others. The rules are those of Asterisk's configuration files: a broken
section header, an unknown template, or a missing include loses the whole file (a DialplanError), a line
without `=` only its line (a warning).
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from glob import escape, glob
from pathlib import Path
from typing import NamedTuple

from asterism.dialplan.errors import DialplanError

MAX_INHERITED = 500_000
"""Lines that templates make in one configuration: one that inherits from itself again and again has no other bound."""
MAX_INCLUDE_DEPTH = 10
"""Includes within includes; Asterisk's own bound, which also ends a file that includes itself."""

Execute = Callable[[str], str]
"""Runs the command of an `#exec` line and returns what it wrote."""


class Row(NamedTuple):
    """One `key = value` of a file that is not on disk but in a table (static realtime)."""

    section: str
    key: str
    value: str


Tables = Mapping[str, Sequence[Row]]
"""Files that are in tables, by name in lower case."""


@dataclass(frozen=True, slots=True)
class Line:
    """One `key = value` and where it stands."""

    file: str
    lineno: int
    section: str
    key: str
    value: str


@dataclass(slots=True)
class Section:
    """One `[name]` with its lines; those inherited from templates come first.

    Args:
        template: Written `[name](!)`: to inherit from only.
        templates: Names of those it inherits from.
    """

    name: str
    file: str
    lineno: int
    template: bool = False
    lines: list[Line] = field(default_factory=list)
    templates: list[str] = field(default_factory=list)

    def get(self, key: str, default: str = "") -> str:
        """Return the last value of a key, whatever case it is written in."""
        wanted = key.lower()
        for line in reversed(self.lines):
            if line.key.lower() == wanted:
                return line.value
        return default

    def all(self, key: str) -> list[str]:
        """Return every value of a key, in order."""
        wanted = key.lower()
        return [line.value for line in self.lines if line.key.lower() == wanted]


@dataclass(slots=True)
class Config:
    """What a file and its includes say.

    Args:
        file: Name of the main file, as errors show it.
        sections: In order of appearance, templates included; a name may come more than once.
        warnings: What was skipped, and where.
        files: Every file that was read.
    """

    file: str
    sections: list[Section] = field(default_factory=list)
    warnings: list[DialplanError] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)

    def __iter__(self) -> Iterator[Section]:
        """Go through the sections that are not templates."""
        return (section for section in self.sections if not section.template)

    def section(self, name: str) -> Section | None:
        """Return the first section of that name, in whatever case, that is no template."""
        wanted = name.lower()
        return next((section for section in self if section.name.lower() == wanted), None)

    def lines(self, name: str) -> list[Line]:
        """Return the lines of all sections of that name, in whatever case, in order."""
        wanted = name.lower()
        return [line for section in self if section.name.lower() == wanted for line in section.lines]


def read(
    path: str | Path,
    folder: str | Path | None = None,
    execute: Execute | None = None,
    tables: Tables | None = None,
) -> Config:
    """Read a configuration file.

    Args:
        path: The file; a relative one stands in `folder`.
        folder: Where relative includes are looked for; the file's own folder when left out.
        execute: Runs `#exec` lines; None refuses them with a warning.
        tables: Files whose lines are taken from a table and not from disk, whether or not they are there.

    Raises:
        DialplanError: There is no such file, or its text loses the whole file.
    """
    base = Path(folder) if folder is not None else Path(path).parent
    path = base / path if not Path(path).is_absolute() and folder is not None else Path(path)
    reading = _Reading(base, execute, Config(_shown(path, base)), tables or {})
    reading.file(path)
    return reading.config


def read_text(
    text: str, file: str = "extensions.conf", folder: str | Path | None = None, execute: Execute | None = None
) -> Config:
    """Read configuration text that stands in no file, as `read` does.

    Raises:
        DialplanError: As `read`.
    """
    reading = _Reading(Path(folder) if folder is not None else Path(), execute, Config(file), {})
    reading.text(text, file)
    return reading.config


def _shown(path: Path, folder: Path) -> str:
    """Return a file's name as errors show it: relative to the configuration folder where it is in there."""
    return str(path.relative_to(folder)) if path.is_relative_to(folder) else str(path)


class _Reading:
    """The state while one configuration is read: its section, its depth of includes."""

    def __init__(self, folder: Path, execute: Execute | None, config: Config, tables: Tables) -> None:
        self.folder = folder
        self.execute = execute
        self.config = config
        self.tables = tables
        self.current: Section | None = None
        self.depth = 0
        self.latest: dict[str, Section] = {}
        self.inherited = 0

    def file(self, path: Path) -> None:
        rows = self.tables.get(_shown(path, self.folder).lower())
        if rows is not None:
            self.rows(rows, _shown(path, self.folder))
            return
        try:
            text = path.read_bytes().decode("utf-8-sig", "surrogateescape")
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "no usable file name"
            raise DialplanError(f"cannot read: {reason}", _shown(path, self.folder)) from None
        self.config.files.append(path)
        self.text(text, _shown(path, self.folder))

    def rows(self, rows: Sequence[Row], file: str) -> None:
        """Take what a table has for a file; the lines of a section follow one another, and no text means more."""
        section: Section | None = None
        for number, row in enumerate(rows, 1):
            if row.key.lower() in ("#include", "#tryinclude"):
                self.directive(f"{row.key[1:]} {row.value}", file, number)
                continue
            if section is None or section.name != row.section:
                section = self.current = self.latest[row.section.lower()] = Section(row.section, file, number)
                self.config.sections.append(section)
            section.lines.append(Line(file, number, row.section, row.key, row.value))

    def text(self, text: str, file: str) -> None:
        comment = 0
        for number, raw in enumerate(text.split("\n"), 1):
            if comment or ";" in raw:
                raw, comment = _without_comments(raw, comment)
            line = raw.strip()
            if line:
                self.line(line, file, number)

    def line(self, line: str, file: str, number: int) -> None:
        first = line[0]
        if first == "[":
            self.current = self.header(line, file, number)
            return
        if first == "#":
            self.directive(line[1:], file, number)
            return
        section = self.current
        if section is None:
            raise DialplanError("text before the first [section]", file, number)
        # A backslash lets a line begin with a bracket or a hash.
        key, equals, value = (line[1:] if first == "\\" else line).partition("=")
        if not equals:
            self.warn(f"no '=' in '{line}', the line is skipped", file, number)
            return
        if key[-1:] == "+":
            key = key[:-1].rstrip()
            if _append(section, key, value):
                return
        elif value[:1] == ">":
            value = value[1:]
        section.lines.append(Line(file, number, section.name, key.rstrip(), value.strip()))

    def header(self, line: str, file: str, number: int) -> Section:
        name, bracket, rest = line[1:].partition("]")
        if not bracket:
            raise DialplanError(f"no closing ']' in '{line}'", file, number)
        options: list[str] = []
        if rest.startswith("("):
            end = rest.find(")")
            if end < 0:
                raise DialplanError(f"no closing ')' in '{line}'", file, number)
            options = rest[1:end].split(",")
        section = Section(name, file, number)
        added = False
        for option in options:
            if option == "!":
                section.template = True
            elif option.startswith("+"):
                section, added = self.extended(name, option[1:], file, number), True
            elif option and not _FILTER.match(option):
                section.templates.append(option)
                section.lines += [
                    Line(line.file, line.lineno, name, line.key, line.value)
                    for line in self.parent(option, file, number).lines
                ]
        if not added:
            self.config.sections.append(section)
            self.latest[name.lower()] = section
        return section

    def extended(self, name: str, condition: str, file: str, number: int) -> Section:
        """Find the section that `[name](+)` adds to; `(+key=pattern)` picks the first with such a line."""
        key, _, pattern = condition.partition("=")
        for section in self.config.sections if pattern else ():
            if section.name.lower() == name.lower() and _matches(pattern, section.get(key)):
                return section
        if pattern or name.lower() not in self.latest:
            raise DialplanError(f"[{name}](+) adds to a section that is not there", file, number)
        return self.latest[name.lower()]

    def parent(self, name: str, file: str, number: int) -> Section:
        found = self.latest.get(name.lower())
        if found is None:
            blanks = ": blanks around a name are part of it" if name.strip().lower() in self.latest else ""
            raise DialplanError(f"inherits from template '{name}' that is not there{blanks}", file, number)
        self.inherited += len(found.lines)
        if self.inherited > MAX_INHERITED:
            raise DialplanError(f"templates make more than {MAX_INHERITED} lines", file, number)
        return found

    def directive(self, text: str, file: str, number: int) -> None:
        word, _, argument = text.replace("\t", " ").partition(" ")
        given = argument = argument.strip()
        for opening, closing in ('""', "<>"):
            if argument[:1] == opening:
                argument = argument[1:].partition(closing)[0]
        word = word.lower()
        if word not in ("include", "tryinclude", "exec"):
            self.warn(f"unknown directive '#{word}'", file, number)
        elif not given:
            self.warn(f"#{word} needs a name", file, number)
        elif self.depth >= MAX_INCLUDE_DEPTH:
            self.warn(f"more than {MAX_INCLUDE_DEPTH} includes within one another, skipped", file, number)
        else:
            section = self.current
            self.depth += 1
            if word == "exec":
                self.executed(argument, file, number)
            else:
                self.included(argument, word == "tryinclude", file, number)
            self.depth -= 1
            self.current = section

    def included(self, name: str, quiet: bool, file: str, number: int) -> None:
        if name.lower() in self.tables:
            self.rows(self.tables[name.lower()], name)
            return
        # A folder name with glob characters in it is no pattern: only what the line says is.
        try:
            pattern = name if name.startswith("/") else f"{escape(str(self.folder))}/{name}"
            paths = sorted(glob(pattern)) if name else []  # noqa: PTH207 - the pattern may be absolute
        except ValueError:
            paths = []
        if not paths and not quiet:
            raise DialplanError(f"#include '{name}': no such file", file, number)
        for path in paths:
            try:
                self.file(Path(path))
            except DialplanError as error:
                # What is wrong in an included file costs the rest of that file; the one that includes it goes on.
                self.config.warnings.append(error)

    def executed(self, command: str, file: str, number: int) -> None:
        if self.execute is None:
            self.warn("#exec is not allowed (execincludes in asterisk.conf), skipped", file, number)
            return
        self.text(self.execute(command), f"#exec {command}")

    def warn(self, message: str, file: str, number: int) -> None:
        self.config.warnings.append(DialplanError(message, file, number))


def _append(section: Section, key: str, value: str) -> bool:
    """Put `key += value` behind the last value of that key; False where it is the first."""
    for index in range(len(section.lines) - 1, -1, -1):
        line = section.lines[index]
        if line.key == key:
            section.lines[index] = Line(line.file, line.lineno, line.section, key, line.value + value)
            return True
    return False


_FILTER = re.compile(r"TEMPLATES\s*=", re.IGNORECASE)


def _matches(pattern: str, value: str) -> bool:
    try:
        return re.search(pattern, value) is not None
    except re.error:
        return pattern == value


def _without_comments(text: str, depth: int) -> tuple[str, int]:
    """Return a line without its comments, and how many block comments are open at its end.

    `;--` opens a block comment, `--;` closes it, they nest; `\\;` is a semicolon. A `--;` that closes nothing stays in
    its line, and what follows is as good as in a comment until the next `;--`: the depth is then below zero.
    """
    kept = ""
    counts = not depth
    start, end = 0, -1
    position = 0
    while True:
        mark = text.find(";", position)
        if mark < 0:
            break
        if mark > position and text[mark - 1] == "\\":
            text = text[: mark - 1] + text[mark:]
            position = mark
        elif text.startswith("--", mark + 1) and text[mark + 3 : mark + 4] != "-":
            end = mark if end < 0 else end
            depth += 1
            position = mark + 3
        elif mark >= position + 2 and text[mark - 2 : mark] == "--":
            depth -= 1
            position = mark + 1
            if not depth:
                kept = kept + text[start : end if end >= 0 else mark + 1] if counts else ""
                counts, start, end = True, position, -1
        elif not depth:
            end = mark if end < 0 else end
            break
        else:
            position = mark + 1
    if counts:
        kept += text[start : end if end >= 0 else len(text)]
    return kept, depth
