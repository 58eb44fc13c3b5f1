"""Lines of an extensions.conf to nodes: what is written, not yet what it means in its place."""

import re

from asterism.dialplan import pattern
from asterism.dialplan.errors import DialplanError
from asterism.dialplan.nodes import Context, Dialplan, IgnorePattern, Include, Priority, Switch
from asterism.dialplan.reader import Config, Line
from asterism.dialplan.subroutine import wrapped


def parse(config: Config) -> tuple[Dialplan, list[DialplanError]]:
    """Parse a configuration that was read; what is wrong in one line costs that line and is listed."""
    dialplan = Dialplan()
    warnings = list(config.warnings)
    for section in config:
        name = section.name.lower()
        if name == "general":
            for line in section.lines:
                dialplan.general[line.key.lower()] = line.value
        elif name == "globals":
            dialplan.globals += [(line.key, line.value, line.file, line.lineno) for line in section.lines]
        else:
            context = Context(section.name, section.file, section.lineno)
            dialplan.contexts.append(context)
            for line in section.lines:
                try:
                    _line(context, line)
                except DialplanError as error:
                    warnings.append(DialplanError(error.message, line.file, line.lineno))
    return dialplan, warnings


def _line(context: Context, line: Line) -> None:
    key = line.key
    if key in ("exten", "same"):
        context.items.append(priority(line, key == "same"))
        return
    match key.lower():
        case "exten":
            context.items.append(priority(line))
        # Asterisk looks at these four letters only: `samen` and `same"` are taken as well.
        case word if word.startswith("same"):
            context.items.append(priority(line, same=True))
        case "include":
            context.items.append(Include(line.value, line.file, line.lineno))
        case "switch" | "lswitch" | "eswitch" as kind:
            context.items.append(Switch(line.value, kind, line.file, line.lineno))
        case "ignorepat":
            context.items.append(IgnorePattern(line.value, line.file, line.lineno))
        case "autohints":
            context.autohints = line.value.strip().lower() in ("1", "yes", "true", "y", "t", "on")
        case _:
            raise DialplanError(f"unknown keyword '{key}' in context '{context.name}'")


def priority(line: Line, same: bool = False) -> Priority:
    """Take `name/caller,priority(label),application(data)` apart.

    Raises:
        DialplanError: Something is missing.
    """
    name: str | None = None
    caller: str | None = None
    rest = line.value
    if not same:
        # A line that stops here is lost, but what follows as `same` still belongs to its extension.
        name, rest = _before_comma(rest)
        if "$" not in name:
            name, caller = named(name)
    written, _, application = rest.partition(",")
    written = written.strip()
    label = ""
    if "(" in written:
        written, _, label = written.partition("(")
        if ")" not in label:
            written = f"({label}"  # No priority can be called so.
        label = label.partition(")")[0]
    plus = 0
    if "+" in written:
        written, _, more = written.partition("+")
        plus = _leading_number(more)
    application, data = _application(application)
    return Priority(name, caller, written, plus, label, application, data, line.file, line.lineno)


def shrunk(number: str) -> str:
    """Return a caller id without the marks that people group digits with; a pattern keeps its `.` at the end."""
    kept = []
    brackets = 0
    for index, character in enumerate(number):
        brackets += (character == "[") - (character == "]")
        if character in " ()" or (character == "-" and not brackets) or (character == "." and index < len(number) - 1):
            continue
        kept.append(character)
    return "".join(kept)


def named(text: str) -> tuple[str, str | None]:
    """Read `name/caller`; None where it is for everybody."""
    name, slash, caller = pattern.limited(text).partition("/")
    return pattern.spelled(name), shrunk(caller) if slash else None


def _before_comma(text: str) -> tuple[str, str]:
    """Split at the first comma that has no backslash and is not in square brackets, which a pattern may have."""
    comma = text.find(",")
    before = text if comma < 0 else text[:comma]
    if "[" not in before and "\\" not in before:
        return before, text[comma + 1 :] if comma >= 0 else ""
    depth = 0
    escaped = False
    for index, character in enumerate(text):
        if escaped:
            escaped = False
        elif character == "[":
            depth += 1
        elif character == "]":
            depth = max(0, depth - 1)
        elif character == "\\":
            escaped = True
        elif character == "," and not depth:
            return text[:index], text[index + 1 :]
    return text, ""


def _application(text: str) -> tuple[str, str]:
    """Split `Name(data)` at its first `(` and last `)`."""
    name, opening, data = text.partition("(")
    if not opening or "${" in name or "$[" in name:
        return text.lstrip(), ""
    end = data.rfind(")")
    return name.lstrip(), data if end < 0 else data[:end]


_INTEGER = re.compile(r"\s*([+-]?[0-9]{1,30})", re.ASCII)


def _leading_number(text: str) -> int:
    match = _INTEGER.match(text)
    return wrapped(int(match[1])) if match else 0
