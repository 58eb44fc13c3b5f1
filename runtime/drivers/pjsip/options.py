"""From the lines of a section to a dataclass: types say how a value is read, comments under the fields are the help.

What is wrong becomes a Finding with file and line and never an exception, so that one bad line costs itself.
"""

import ipaddress
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Annotated, Any, TypeVar, get_args, get_origin

from asterism.dialplan.reader import Config, Line
from asterism.runtime.driver import Party
from asterism.runtime.drivers.pjsip.model import CODECS, UNSERVED_CODECS, Rule, words
from asterism.runtime.log import Level, Log
from asterism.runtime.settings import FALSE_WORDS, TRUE_WORDS, Alias

T = TypeVar("T")
_PRESENTATIONS = words(
    "allowed_not_screened allowed_passed_screen allowed_failed_screen allowed "
    "prohib_not_screened prohib_passed_screen prohib_failed_screen prohib unavailable"
)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something in a configuration file that its author should know."""

    level: Level
    file: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.text}" if self.line else f"{self.file}: {self.text}"


@dataclass(slots=True)
class Report:
    """What was found while reading a configuration."""

    findings: list[Finding] = field(default_factory=list)
    told: set[str] = field(default_factory=set)
    acls: dict[str, tuple[Rule, ...]] = field(default_factory=dict)
    "The access lists of acl.conf, for those who name them."

    def error(self, file: str, line: int, text: str) -> None:
        """Note what loses a whole object."""
        self.findings.append(Finding(Level.ERROR, file, line, text))

    def warning(self, file: str, line: int, text: str) -> None:
        """Note what is ignored."""
        self.findings.append(Finding(Level.WARNING, file, line, text))

    def later(self, line: Line) -> None:
        """Note, once an option, that it is known and not served."""
        key = line.key.lower()
        if key not in self.told and line.value.strip().lower() not in (*FALSE_WORDS, "", "never", "none"):
            self.told.add(key)
            self.warning(line.file, line.lineno, f"option '{line.key}' is not supported yet and has no effect")

    def write(self, log: Log) -> None:
        """Tell the operator all of it."""
        for finding in self.findings:
            tell = log.error if finding.level == Level.ERROR else log.warning
            tell(str(finding))


@dataclass(frozen=True, slots=True)
class Reads:
    """How a value becomes the field's: a function that raises ValueError with what is wrong."""

    convert: Callable[[str], Any]


Each = tuple[Line, ...]
"""A field that keeps every line as written, in order."""


@dataclass(frozen=True, slots=True)
class _Option:
    field: str
    convert: Callable[[str], Any] | None


def boolean(text: str) -> bool:
    """Read yes or no in Asterisk's spellings."""
    word = text.strip().lower()
    if word in TRUE_WORDS:
        return True
    if word in FALSE_WORDS:
        return False
    raise ValueError("is neither yes nor no")


def is_false(text: str) -> bool:
    """Tell whether a word says no."""
    return text.strip().lower() in FALSE_WORDS


def whole(least: int = 0, most: int = 2**31 - 1) -> Reads:
    """Read a whole number within bounds."""

    def convert(text: str) -> int:
        try:
            number = int(text.strip())
        except ValueError:
            raise ValueError("is not a whole number") from None
        if not least <= number <= most:
            raise ValueError(f"is not between {least} and {most}")
        return number

    return Reads(convert)


def choice(*words: str, **others: str) -> Reads:
    """Read one of some words, in any case; `others` are further spellings."""

    def convert(text: str) -> str:
        word = text.strip().lower()
        if word in words:
            return word
        if word in others:
            return others[word]
        raise ValueError(f"is none of {', '.join(words)}")

    return Reads(convert)


def listed(text: str) -> tuple[str, ...]:
    """Read words separated by commas."""
    return tuple(word for part in text.split(",") if (word := part.strip()))


def party(text: str) -> Party:
    """Read a caller id: `"Name" <number>`, `Name <number>`, a number, or a name."""
    text = text.strip()
    if text.endswith(">") and "<" in text:
        name, _, number = text[:-1].rpartition("<")
        return Party(number.strip(), _unquoted(name.strip()))
    bare = "".join(char for char in text if char not in " ().-")
    if bare and all(char in "0123456789*#+" for char in bare):
        return Party(bare, "")
    return Party("", _unquoted(text))


def presentation(text: str) -> str:
    """Read how a number may be shown."""
    word = text.strip().lower()
    if word in _PRESENTATIONS:
        return word
    raise ValueError("is no presentation")


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text


def network(text: str) -> str:
    """Read an address or a network, its mask as a length or as an address, into `address/length` or `address`.

    Raises:
        ValueError: It is neither.
    """
    address, slash, mask = text.strip().partition("/")
    address = address.strip().removeprefix("[").removesuffix("]")
    if not slash:
        return str(ipaddress.ip_address(address))
    return str(ipaddress.ip_network(f"{address}/{mask.strip()}", strict=False))


def rules(lines: Iterable[Line], report: Report, permit: str = "permit") -> tuple[Rule, ...]:
    """Read permit and deny lines, lists with `!` for the opposite; a wrong one is reported and denies everybody."""
    found: list[Rule] = []
    for line in lines:
        allowing = line.key.lower() == permit
        for part in line.value.split(","):
            text = part.strip()
            opposite = text.startswith("!")
            try:
                found.append(Rule(allowing != opposite, network(text.removeprefix("!"))))
            except ValueError:
                report.error(line.file, line.lineno, f"{line.key}: '{text}' is no network; everybody is denied")
                found += NOBODY_ELSE
    return tuple(found)


NOBODY_ELSE = (Rule(False, "0.0.0.0/0"), Rule(False, "::/0"))
"""An access list that lets nobody in."""


def named_rules(lines: Iterable[Line], report: "Report") -> tuple[tuple[Rule, ...], ...]:
    """The lists of acl.conf that `acl=` lines name; all of them must let somebody in. A missing one lets in nobody."""
    found = []
    for line in lines:
        for name in listed(line.value):
            if name in report.acls:
                found.append(report.acls[name])
            else:
                report.error(
                    line.file, line.lineno, f"{line.key}: there is no list '{name}' in acl.conf; all are denied"
                )
                found.append(NOBODY_ELSE)
    return tuple(found)


def read_acls(config: Config, report: "Report") -> dict[str, tuple[Rule, ...]]:
    """Read acl.conf: one access list a section."""
    found = {}
    for section in config:
        for line in section.lines:
            if line.key.lower() not in ("permit", "deny"):
                report.warning(line.file, line.lineno, f"[{section.name}] unknown option '{line.key}'")
        lines = [line for line in section.lines if line.key.lower() in ("permit", "deny")]
        found[section.name] = rules(lines, report)
    return found


def codecs(lines: Iterable[Line], start: Sequence[str], report: Report) -> tuple[str, ...]:
    """Read allow and disallow lines in order, beginning with what was allowed before."""
    allowed = list(start)
    for line in lines:
        allowing = line.key.lower() == "allow"
        for part in line.value.split(","):
            word = part.strip().lower()
            if not word:
                continue
            add = allowing != word.startswith("!")
            name = word.removeprefix("!").partition(":")[0].strip()
            name = {"g711u": "ulaw", "g711a": "alaw", "slinear": "slin", "l16": "slin"}.get(name, name)
            if name == "all":
                allowed = list(CODECS) if add else []
            elif name in CODECS:
                if name in allowed and (not add or allowing):
                    allowed.remove(name)
                if add:
                    allowed.append(name)
            elif name in UNSERVED_CODECS:
                if add and f"codec {name}" not in report.told:
                    report.told.add(f"codec {name}")
                    report.warning(line.file, line.lineno, f"format '{name}' is not supported yet and is left out")
            else:
                report.warning(line.file, line.lineno, f"{line.key}: unknown format '{name}'")
    return tuple(allowed)


def options_of(kind: type) -> Mapping[str, _Option]:
    """The options that a dataclass declares, by name."""
    hints = typing.get_type_hints(kind, include_extras=True)
    found: dict[str, _Option] = {}
    for each in fields(kind):
        hint = hints[each.name]
        extras = get_args(hint)[1:] if get_origin(hint) is Annotated else ()
        base = get_args(hint)[0] if extras else hint
        aliases = next((extra.names for extra in extras if isinstance(extra, Alias)), ())
        reads = next((extra.convert for extra in extras if isinstance(extra, Reads)), None)
        convert = reads or {bool: boolean, int: whole().convert, tuple[str, ...]: listed, Party: party}.get(base, str)
        option = _Option(each.name, None if base == Each else convert)
        found.update(dict.fromkeys((each.name.lower(), *aliases), option))
    return found


def fill(
    kind: type[T], lines: Iterable[Line], report: Report, *, later: frozenset[str], accepted: frozenset[str]
) -> tuple[T, bool]:
    """Make a dataclass from lines.

    Args:
        later: Options that are known and have no effect yet; each is reported once. Declared ones are read all the
            same, so that tables show them.
        accepted: Options that need nothing from us.

    Returns:
        The dataclass, and whether every line was right. A wrong line leaves the default.
    """
    options = options_of(kind)
    values: dict[str, Any] = {}
    right = True
    for line in lines:
        key = line.key.lower()
        option = options.get(key)
        if key in later:
            report.later(line)
        if option is None:
            if key not in later and key not in accepted:
                report.warning(line.file, line.lineno, f"[{line.section}] unknown option '{line.key}'")
                right = False
            continue
        if option.convert is None:
            values[option.field] = (*values.get(option.field, ()), line)
            continue
        try:
            values[option.field] = option.convert(line.value)
        except ValueError as error:
            report.warning(line.file, line.lineno, f"[{line.section}] {line.key}: '{line.value}' {error}")
            right = False
    return kind(**values), right


def host_port(text: str, port: int) -> tuple[str, int]:
    """Split `host`, `host:port`, `[v6]`, `[v6]:port`, or a bare IPv6 address.

    Raises:
        ValueError: The port is not one.
    """
    text = text.strip()
    if text.startswith("["):
        host, _, rest = text[1:].partition("]")
        tail = rest.removeprefix(":")
    elif text.count(":") > 1:
        host, tail = text, ""
    else:
        host, _, tail = text.partition(":")
    if tail:
        try:
            port = int(tail)
        except ValueError:
            raise ValueError(f"'{tail}' is no port") from None
        if not 0 <= port <= 65535:
            raise ValueError(f"'{tail}' is no port")
    return host, port


def bracketed(host: str) -> str:
    """A host as a URI has it."""
    return f"[{host}]" if ":" in host and not host.startswith("[") else host
