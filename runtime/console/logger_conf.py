"""logger.conf: what is logged where, in which form, and how files are put aside."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from asterism.dialplan import reader
from asterism.dialplan.errors import DialplanError
from asterism.runtime.declare import Separated
from asterism.runtime.errors import ConfigError
from asterism.runtime.limits import LISTENER_EVENTS_MAX
from asterism.runtime.log import CONSOLE_LEVELS, FOLLOW, Level
from asterism.runtime.settings import Complain, Section, read, section, tell_ineffective

FILE = "logger.conf"

Formatter = Literal["default", "plain", "json"]
FORMATTERS: tuple[Formatter, ...] = ("default", "plain", "json")

STANDARD_LEVELS = ("DEBUG", "TRACE", "NOTICE", "WARNING", "ERROR", "VERBOSE", "DTMF")
"In the order of Asterisk's numbers, from 0."

DYNAMIC_LEVELS = ("FAX", "SECURITY")
"What Asterisk's modules add to them, behind custom_levels."

FIRST_DYNAMIC = 16

SYSLOG_FACILITIES = frozenset(
    (
        "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv",
        *(f"local{number}" for number in range(8)),
    )
)  # fmt: skip


@section(FILE, "general")
@dataclass(frozen=True)
class LoggerGeneral:
    """What holds for every log file."""

    dateformat: str = "%b %e %T"
    "How times are written: strftime's letters, and %q for parts of a second (%1q tenths, %3q milliseconds)."
    use_callids: bool = True
    "Name the call that a line belongs to."
    appendhostname: bool = False
    "Put the host's name behind the name of every file."
    queue_log: bool = True
    "Keep a log of what happens in queues."
    queue_log_to_file: bool = False
    "Keep it in a file even when it goes to realtime; here it always is in a file."
    queue_log_name: str = "queue_log"
    "The name of that file."
    queue_log_realtime_use_gmt: bool = False
    "Accepted for Asterisk's sake."
    rotatestrategy: Literal["none", "sequential", "rotate", "timestamp"] = "sequential"
    "What becomes of old files: the newest has the highest number, the lowest, or the time; or nothing is done."
    exec_after_rotate: str = ""
    "A command for the shell when a file was put aside; ${filename} is its name (with rotate: that of the new one)."
    logger_queue_limit: int = LISTENER_EVENTS_MAX
    "Lines that may wait for the disk; beyond it they are lost, and counted."
    custom_levels: Annotated[list[str], Separated(",")] = field(default_factory=list)
    "Names of further levels, for the application Log."


@dataclass(frozen=True)
class Channel:
    """One line of [logfiles]: a log channel in Asterisk's words.

    Args:
        name: `console`, `syslog.FACILITY`, or a file.
        levels: What it holds, by name; None for all, whatever levels come later.
        verbose: Depth of verbose lines; FOLLOW for the runtime's own.
        formatter: The form of its lines.
    """

    name: str
    levels: frozenset[str] | None
    verbose: int = FOLLOW
    formatter: Formatter = "default"

    @property
    def kind(self) -> str:
        """Asterisk's word for what it is."""
        if self.name == "console":
            return "Console"
        return "Syslog" if self.name.startswith("syslog.") else "File"

    def wants(self, level: str) -> bool:
        """Whether lines of a level are written."""
        # Consoles always show verbose lines: each has a depth for them.
        return self.levels is None or level in self.levels or (level == Level.VERBOSE.name and self.kind == "Console")


@dataclass(frozen=True)
class LoggerConf:
    """logger.conf as a whole."""

    general: LoggerGeneral = field(default_factory=LoggerGeneral)
    channels: Sequence[Channel] = ()

    @property
    def level_names(self) -> list[str]:
        """All levels, in the order of their numbers."""
        return [name for _, name in levels_of(self.general.custom_levels)]

    @property
    def console_levels(self) -> frozenset[str]:
        """What consoles show: verbose lines, and what logger.conf says."""
        wanting = [each for each in (Channel("console", frozenset()), *self.channels) if each.kind == "Console"]
        return frozenset(name for name in self.level_names for each in wanting if each.wants(name))


def levels_of(custom: Iterable[str]) -> list[tuple[int, str]]:
    """All levels with Asterisk's numbers."""
    more = [each.upper() for each in custom if each] + list(DYNAMIC_LEVELS)
    return [*enumerate(STANDARD_LEVELS), *enumerate(more, FIRST_DYNAMIC)]


DEFAULT = LoggerConf(
    channels=(
        Channel("console", CONSOLE_LEVELS),
        Channel("messages.log", frozenset(("NOTICE", "WARNING", "ERROR"))),
    )
)
"What counts without a logger.conf."


def load(path: Path, complain: Complain) -> LoggerConf | None:
    """Read logger.conf; None when there is none, or it cannot be read.

    Args:
        path: The file.
        complain: Takes a ConfigError for each thing wrong.
    """
    if not path.exists():
        return None
    try:
        config = reader.read(path.name, path.parent)
    except DialplanError as error:
        complain(ConfigError(error.message, error.file, error.line))
        return None
    for warning in config.warnings:
        complain(ConfigError(warning.message, warning.file, warning.line))
    return read_sections(config, complain)


def read_sections(sections: Iterable[Section], complain: Complain) -> LoggerConf:
    """Take the sections of logger.conf for what they say."""
    every = list(sections)
    general = LoggerGeneral()
    for one in every:
        if one.name == "general":
            general = read(LoggerGeneral, one.lines, complain, general)
            tell_ineffective(one.lines, ("queue_log_realtime_use_gmt",), complain)
        elif one.name != "logfiles":
            complain(ConfigError(f"unknown section [{one.name}]", one.file, one.lineno))
    channels: dict[str, Channel] = {}
    for one in every:
        if one.name != "logfiles":
            continue
        for line in one.lines:
            try:
                made = channel_of(line.key.strip(), line.value, general.custom_levels)
            except ConfigError as error:
                complain(ConfigError(error.message, line.file, line.lineno, line.key))
                continue
            if made.name in channels:
                complain(ConfigError(f"'{made.name}' is there twice; this one counts", line.file, line.lineno))
            channels[made.name] = made
    return LoggerConf(general, tuple(channels.values()))


_FORMAT = re.compile(r"\s*\[(\w+)\]\s*")
_VERBOSE = re.compile(r"VERBOSE\((\*|\d+)\)")


def channel_of(name: str, text: str, custom: Iterable[str] = ()) -> Channel:
    """Make a log channel from its name and `[format]level,level,verbose(3)`.

    Raises:
        ConfigError: A format, level, or facility is unknown.
    """
    if name.startswith("syslog.") and name.partition(".")[2].lower() not in SYSLOG_FACILITIES:
        raise ConfigError(f"there is no syslog facility '{name.partition('.')[2]}'")
    formatter: Formatter = "default"
    found = _FORMAT.match(text)
    if found is not None:
        wanted = next((each for each in FORMATTERS if each == found[1].lower()), None)
        if wanted is None:
            raise ConfigError(f"there is no log format '{found[1]}'")
        formatter, text = wanted, text[found.end() :]
    known = {each for _, each in levels_of(custom)}
    levels: set[str] = set()
    verbose, everything = FOLLOW, False
    for word in filter(None, (each.strip().upper() for each in text.split(","))):
        depth = _VERBOSE.fullmatch(word)
        if depth is not None:
            levels.add(Level.VERBOSE.name)
            verbose = FOLLOW if depth[1] == "*" else int(depth[1])
        elif word == "*":
            everything = True
        elif word in known:
            levels.add(word)
        else:
            raise ConfigError(f"there is no log level '{word.lower()}'")
    return Channel(name, None if everything else frozenset(levels), verbose, formatter)
