"""Configuration sections, declared: read, checked, printed, and documented from one place.

A section is a plain frozen dataclass with plain defaults; the help of an option is the string under its field.
`read` turns the lines of one section into an instance; what is wrong is handed to `complain` as a ConfigError
that names file, line, and option, and the option keeps its default.
"""

import ast
import inspect
import ipaddress
import itertools
import textwrap
import typing
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, field, fields
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol, TypeVar, get_args, get_origin

from asterism.runtime.arguments import Separated, Unit, default_of
from asterism.runtime.errors import ConfigError

T = TypeVar("T")
Complain = Callable[[ConfigError], None]

TRUE_WORDS = frozenset(("yes", "true", "y", "t", "1", "on"))
FALSE_WORDS = frozenset(("no", "false", "n", "f", "0", "off"))


def is_true(text: str) -> bool:
    """Whether Asterisk takes this word for true; everything else is false."""
    return text.strip().lower() in TRUE_WORDS


def tell_ineffective(lines: "Iterable[Entry]", names: Container[str], complain: Complain) -> None:
    """Tell of each option that Asterisk has and that changes nothing here, unless it is switched off."""
    for line in lines:
        if line.key.strip().lower() in names and line.value.strip().lower() not in (*FALSE_WORDS, ""):
            complain(ConfigError(f"'{line.key}' has no effect here", line.file, line.lineno, line.key))


class Entry(Protocol):
    """One `key = value` line, as the reader gives it."""

    @property
    def key(self) -> str:
        """Left of the equals sign."""

    @property
    def value(self) -> str:
        """Right of it, without comment."""

    @property
    def file(self) -> str:
        """The file it stands in."""

    @property
    def lineno(self) -> int:
        """Its line number there, from 1."""


class Section(Protocol):
    """What stands below a name in brackets, as the reader gives it."""

    @property
    def name(self) -> str:
        """Between the brackets."""

    @property
    def file(self) -> str:
        """The file that it is in."""

    @property
    def lineno(self) -> int:
        """The line of its name."""

    @property
    def lines(self) -> Iterable[Entry]:
        """What stands below."""


@dataclass(frozen=True, slots=True)
class Address:
    """An IP address and a port (0 when none was given); prints as `host:port`, IPv6 in brackets."""

    host: str = "0.0.0.0"
    port: int = 0

    @classmethod
    def parse(cls, text: str) -> "Address":
        """Read `1.2.3.4`, `1.2.3.4:5060`, `::1`, `[::1]:5060`, or `:5060`.

        Raises:
            ValueError: It is none of these.
        """
        text = text.strip()
        if text.startswith("["):
            host, _, rest = text[1:].partition("]")
            port = rest.removeprefix(":")
        elif text.count(":") == 1:
            host, _, port = text.partition(":")
        else:
            host, port = text, ""
        ipaddress.ip_address(host or "0.0.0.0")
        number = int(port) if port else 0
        if not 0 <= number <= 65535:
            raise ValueError(f"port {number} is out of range")
        return cls(host or "0.0.0.0", number)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}" if self.port else host


@dataclass(frozen=True, slots=True)
class Alias:
    """Other spellings of an option, as Asterisk accepts them."""

    names: tuple[str, ...]

    def __init__(self, *names: str) -> None:
        object.__setattr__(self, "names", names)


@dataclass(frozen=True, slots=True)
class OptionHelp:
    """One option of a section, for help, samples, and checks."""

    name: str
    hint: Any
    default: Any
    help: str
    unit: str
    aliases: tuple[str, ...]


def section(file: str, name: str) -> Callable[[type[T]], type[T]]:
    """Declare a dataclass as the section `[name]` of `file`; `*` is any other section of it."""

    def declare(kind: type[T]) -> type[T]:
        kind.__config_file__ = file  # type: ignore[attr-defined]
        kind.__config_section__ = name  # type: ignore[attr-defined]
        return kind

    return declare


def options_of(kind: type) -> list[OptionHelp]:
    """The options of a declared section, in order, with their help (read from the source when asked for)."""
    helps = _field_helps(kind)
    found = []
    for entry in fields(kind):
        hint = _hints(kind)[entry.name]
        extras = get_args(hint)[1:] if get_origin(hint) is Annotated else ()
        found.append(
            OptionHelp(
                name=entry.name,
                hint=hint,
                default=default_of(entry),
                help=helps.get(entry.name, ""),
                unit=next((extra.name for extra in extras if isinstance(extra, Unit)), ""),
                aliases=next((extra.names for extra in extras if isinstance(extra, Alias)), ()),
            )
        )
    return found


def _hints(kind: type) -> dict[str, Any]:
    cached = kind.__dict__.get("__config_hints__")
    if cached is None:
        cached = typing.get_type_hints(kind, include_extras=True)
        kind.__config_hints__ = cached  # type: ignore[attr-defined]
    return typing.cast(dict[str, Any], cached)


def _field_helps(kind: type) -> dict[str, str]:
    found: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        if "__dataclass_fields__" in base.__dict__:
            found.update(_own_helps(base))
    return found


def _own_helps(kind: type) -> dict[str, str]:
    tree = ast.parse(textwrap.dedent(inspect.getsource(kind)))
    body = typing.cast(ast.ClassDef, tree.body[0]).body
    found = {}
    for before, after in itertools.pairwise(body):
        if (
            isinstance(before, ast.AnnAssign)
            and isinstance(before.target, ast.Name)
            and isinstance(after, ast.Expr)
            and isinstance(after.value, ast.Constant)
            and isinstance(after.value.value, str)
        ):
            found[before.target.id] = " ".join(after.value.value.split())
    return found


def _boolean(text: str) -> bool:
    word = text.strip().lower()
    if word in TRUE_WORDS:
        return True
    if word in FALSE_WORDS:
        return False
    raise ValueError("neither yes nor no")


def converter(hint: Any) -> Callable[[str], Any]:
    """The function that turns an option's text into its type; raises ValueError when it does not fit."""
    if get_origin(hint) is Annotated:
        base, *extras = get_args(hint)
        separated = next((extra for extra in extras if isinstance(extra, Separated)), None)
        if separated is not None:
            item = converter(get_args(base)[0] if get_args(base) else str)
            return lambda text: [item(part.strip()) for part in text.split(separated.by) if part.strip()]
        return converter(base)
    if get_origin(hint) is Literal:
        choices = get_args(hint)
        return lambda text: _choice(text, choices)
    if hint is bool:
        return _boolean
    if hint in (int, float):
        return lambda text: hint(text.strip())
    if isinstance(hint, type) and issubclass(hint, Enum):
        return lambda text: hint(text.strip().lower())
    if hint is Path:
        return lambda text: Path(text.strip())
    if hasattr(hint, "parse"):
        return typing.cast(Callable[[str], Any], hint.parse)
    return str


def _choice(text: str, choices: tuple[str, ...]) -> str:
    word = text.strip().lower()
    if word not in choices:
        raise ValueError(f"none of {', '.join(choices)}")
    return word


def read(kind: type[T], entries: Iterable[Entry], complain: Complain, base: T | None = None) -> T:
    """Make an instance of a declared section from its lines; the last line of an option counts.

    Args:
        kind: The declared dataclass.
        entries: The section's lines, in order.
        complain: Takes a ConfigError for each unknown option and bad value; reading goes on.
        base: Where what is not said comes from (such as [general] for peers); the defaults otherwise.
    """
    names = {option.name.lower(): option.name for option in _quick_options(kind)}
    for option in _quick_options(kind):
        names.update({alias.lower(): option.name for alias in option.aliases})
    values: dict[str, Any] = {}
    hints = _hints(kind)
    for entry in entries:
        name = names.get(entry.key.strip().lower())
        if name is None:
            complain(ConfigError(f"unknown option '{entry.key}'", entry.file, entry.lineno, entry.key))
            continue
        try:
            values[name] = converter(hints[name])(entry.value)
        except ValueError as error:
            complain(ConfigError(f"{entry.key} = {entry.value}: {error}", entry.file, entry.lineno, entry.key))
    if base is not None:
        known: Mapping[str, Any] = {each.name: getattr(base, each.name) for each in fields(base)}  # type: ignore[arg-type]
        values = {**known, **values}
    return kind(**values)


@dataclass(frozen=True, slots=True)
class _Quick:
    name: str
    aliases: tuple[str, ...]


def _quick_options(kind: type) -> list[_Quick]:
    found = []
    for name, hint in _hints(kind).items():
        extras = get_args(hint)[1:] if get_origin(hint) is Annotated else ()
        found.append(_Quick(name, next((extra.names for extra in extras if isinstance(extra, Alias)), ())))
    return found


def sample(kind: type) -> str:
    """A commented sample of a declared section, every option with its default and help."""
    lines = [f"[{kind.__config_section__}]"]  # type: ignore[attr-defined]
    for option in options_of(kind):
        unit = f" ({option.unit})" if option.unit else ""
        lines += [f"; {line}" for line in textwrap.wrap(option.help + unit, 100)]
        lines.append(f";{option.name} = {_shown(option.default)}")
    return "\n".join(lines) + "\n"


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, list | tuple):
        return ",".join(str(item) for item in value)
    return "" if value is None else str(value)


@section("asterisk.conf", "directories")
@dataclass(frozen=True)
class DirectorySettings:
    """Where things live. A relative path is meant relative to the folder of asterisk.conf."""

    astetcdir: Path = Path("/etc/asterisk")
    "Configuration files."
    astmoddir: Path = Path("/usr/lib/asterisk/modules")
    "Accepted for Asterisk's sake; modules are Python's."
    astvarlibdir: Path = Path("/var/lib/asterisk")
    "Variable data."
    astdbdir: Path = Path("/var/lib/asterisk")
    "The database astdb.sqlite3."
    astkeydir: Path = Path("/var/lib/asterisk")
    "Keys and certificates."
    astdatadir: Path = Path("/usr/share/asterisk")
    "Sounds and other data that does not change."
    astagidir: Path = Path("/usr/share/asterisk/agi-bin")
    "AGI programs."
    astspooldir: Path = Path("/var/spool/asterisk")
    "Call files, recordings, voicemail."
    astrundir: Path = Path("/var/run/asterisk")
    "Control socket and pid file."
    astlogdir: Path = Path("/var/log/asterisk")
    "Log files."
    astcachedir: Path = Path("/var/cache/asterisk")
    "What can be made again."
    astsbindir: Path = Path("/usr/sbin")
    "Accepted for Asterisk's sake."


@section("asterisk.conf", "options")
@dataclass(frozen=True)
class Options:
    """Switches of the process."""

    verbose: int = 0
    "Verbosity of the console at start, as -v."
    debug: int = 0
    "Debug level at start, as -d."
    alwaysfork: Annotated[bool, Alias("alwaysfork")] = False
    "Go into the background at start, as -F."
    nofork: bool = False
    "Stay in the foreground, as -f."
    quiet: bool = False
    "Say nothing at start, as -q."
    timestamp: bool = False
    "Time before each console line, as -T."
    console: bool = False
    "Start with a console, as -c."
    nocolor: bool = False
    "No colours, as -n."
    systemname: str = ""
    "Put before unique ids, to tell several systems apart."
    defaultlanguage: str = "en"
    "Language of channels that have none."
    languageprefix: bool = True
    "The language is the first folder of a sound's name (en/digits/1), not the last (digits/en/1)."
    sounds_search_custom_dir: bool = False
    "Look for sounds in the folder custom before all others."
    maxcalls: int = 0
    "Calls at once; 0 is no limit but the house's own."
    maxload: float = 0.0
    "System load above which no new calls are taken; 0 is no limit."
    minmemfree: Annotated[int, Unit("MB")] = 0
    "Free memory below which no new calls are taken; 0 is no limit."
    autosystemname: bool = False
    "Take the host's name as systemname."
    live_dangerously: bool = False
    "Let dangerous functions be used from outside the dialplan."
    execincludes: bool = False
    "Let #exec in configuration files run programs."
    runuser: str = ""
    "User to become after start, as -U."
    rungroup: str = ""
    "Group to become after start, as -G."
    dumpcore: bool = False
    "Leave a core file, as -g."
    highpriority: bool = False
    "Run with real-time priority, as -p."
    initcrypto: bool = False
    "Accepted for Asterisk's sake, as -i."
    dontwarn: bool = False
    "Accepted for Asterisk's sake."
    mindtmfduration: Annotated[int, Unit("ms")] = 80
    "Shortest DTMF digit; shorter ones are made this long."
    transmit_silence: Annotated[bool, Alias("transmit_silence_during_record", "internal_timing")] = False
    "Send silence while only listening."
    transcode_via_sln: bool = True
    "Accepted for Asterisk's sake."
    cache_record_files: bool = False
    "Accepted for Asterisk's sake."
    record_cache_dir: str = "/tmp"
    "Accepted for Asterisk's sake."
    lightbackground: bool = False
    "Colours for a light screen, as -W."
    forceblackbackground: bool = False
    "Colours for a black screen, as -B."
    hideconnect: bool = False
    "Do not tell consoles who comes and goes."
    lockconfdir: bool = False
    "Accepted for Asterisk's sake."
    stdexten: Literal["gosub", "macro"] = "gosub"
    "How generated extensions call the standard extension."
    entityid: str = ""
    "Which machine this is, xx:xx:xx:xx:xx:xx; its network address when empty."
    rtp_use_dynamic: bool = True
    "Accepted for Asterisk's sake."
    rtp_pt_dynamic: int = 35
    "Lowest dynamic RTP payload type."
    trace: int = 0
    "Accepted for Asterisk's sake."
    refdebug: bool = False
    "Accepted for Asterisk's sake."
    cache_media_frames: bool = True
    "Accepted for Asterisk's sake."
    hide_messaging_ami_events: bool = False
    "Accepted for Asterisk's sake."
    lockbacktrace: bool = False
    "Accepted for Asterisk's sake."
    documentation_language: str = "en_US"
    "Language of the help; there is only English."
    maxfiles: int = 0
    "Open files the process may have; 0 leaves it."
    channel_storage_backend: str = "ao2_legacy"
    "Accepted for Asterisk's sake."
    disable_remote_console_shell: bool = True
    "No `!` in remote consoles."


@section("asterisk.conf", "files")
@dataclass(frozen=True)
class Files:
    """The control socket."""

    astctlpermissions: str = "0660"
    "Its mode, in octal."
    astctlowner: str = ""
    "Its owner; whoever runs the process when empty."
    astctlgroup: str = ""
    "Its group."
    astctl: str = "asterisk.ctl"
    "Its name in astrundir."


@dataclass(frozen=True)
class AsteriskConf:
    """asterisk.conf as a whole."""

    directories: DirectorySettings = field(default_factory=DirectorySettings)
    options: Options = field(default_factory=Options)
    files: Files = field(default_factory=Files)
