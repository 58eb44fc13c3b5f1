"""The databases that configuration names: res_config_sqlite3.conf, res_odbc.conf with odbc.ini, all SQLite files.

Asterisk reaches a database through an engine and a name. Here the names of both engines lead to SQLite files: those
of res_config_sqlite3.conf by `dbfile`, those of res_odbc.conf by the data source of odbc.ini that they name. Any
other kind of database is named in a WARNING, and nothing is read from it.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from configparser import ConfigParser, Error
from dataclasses import dataclass, field
from pathlib import Path

from asterism.dialplan import reader
from asterism.dialplan.errors import DialplanError
from asterism.dialplan.reader import Section
from asterism.runtime.errors import ConfigError
from asterism.runtime.settings import is_true
from asterism.runtime.sqlfile import BUSY_MS, SqlFile

Complain = Callable[[ConfigError], None]

SQLITE_FILE = "res_config_sqlite3.conf"
OLD_SQLITE_FILE = "res_config_sqlite.conf"
ODBC_FILE = "res_odbc.conf"
ODBC_INI = "odbc.ini"
SYSTEM_ODBC_INI = Path("/etc/odbc.ini")
CONNECTIONS_MAX = 20
"Threads for one file; more gain nothing with SQLite."


@dataclass(frozen=True)
class Source:
    """One name of a database, and the file behind it.

    Args:
        name: As extconfig.conf and func_odbc.conf call it.
        engine: `sqlite3` or `odbc`.
        dsn: The data source of odbc.ini; empty for sqlite3.
        file: The SQLite file.
    """

    name: str
    engine: str
    dsn: str
    file: SqlFile


@dataclass
class DataSources:
    """All databases that configuration names, by engine and name."""

    sources: dict[tuple[str, str], Source] = field(default_factory=dict)

    def find(self, engine: str, name: str) -> Source | None:
        """A database by engine (`sqlite` and `sqlite3` are one) and name, in any case."""
        found = self.sources.get((_ENGINES.get(engine.lower(), ""), name.lower()))
        # The old engine knows one file, whatever name stands in extconfig.conf.
        return self.sources.get(("sqlite", "")) if found is None and engine.lower() == "sqlite" else found

    @staticmethod
    def serves(engine: str) -> bool:
        """Whether an engine is known here."""
        return engine.lower() in _ENGINES

    async def load(self, folder: Path, complain: Complain) -> None:
        """Read the configuration; files that are used already, in the same way, stay open.

        When one of its files is lost all stays as it was.
        """
        wanted: dict[tuple[str, str], Source] = {}
        open_files = {_facts(source.file): source.file for source in self.sources.values()}
        try:
            read = (*_sqlite(folder, complain), *_old_sqlite(folder, complain), *_odbc(folder, complain))
        except Lost:
            return
        for name, engine, dsn, path, connections, busy_ms in read:
            facts = (path, connections, busy_ms)
            if facts not in open_files:
                open_files[facts] = SqlFile(path, connections=connections, busy_ms=busy_ms)
            wanted[engine, name.lower()] = Source(name, engine, dsn, open_files[facts])
        self.sources = wanted
        used = {id(source.file) for source in wanted.values()}
        for file in open_files.values():
            if id(file) not in used:
                await file.close()

    async def close(self) -> None:
        """Close all files."""
        files = {id(source.file): source.file for source in self.sources.values()}
        self.sources = {}
        for file in files.values():
            await file.close()


_ENGINES = {"sqlite3": "sqlite3", "sqlite": "sqlite3", "odbc": "odbc"}
_Facts = tuple[str, str, str, Path, int, int]


def _facts(file: SqlFile) -> tuple[Path, int, int]:
    return file.path, file.connections, file.busy_ms


class Lost(Exception):
    """A configuration file that is lost as a whole, which has been said."""


def sections(path: Path, complain: Complain) -> list[Section]:
    """The sections of a configuration file; none where there is no such file.

    Raises:
        Lost: There is one, and it cannot be read.
    """
    if not path.exists():
        return []
    try:
        config = reader.read(path.name, path.parent)
    except DialplanError as error:
        complain(ConfigError(error.message, error.file, error.line))
        raise Lost from None
    for warning in config.warnings:
        complain(ConfigError(warning.message, warning.file, warning.line))
    return list(config)


def _sqlite(folder: Path, complain: Complain) -> Iterator[_Facts]:
    for section in sections(folder / SQLITE_FILE, complain):
        if section.name.lower() == "general":
            continue
        path = section.get("dbfile")
        if not path:
            complain(ConfigError("dbfile is needed", section.file, section.lineno, section.name))
            continue
        busy = section.get("busy_timeout", str(BUSY_MS))
        if not busy.isdecimal():
            complain(ConfigError(f"busy_timeout: '{busy}' is no number", section.file, section.lineno, section.name))
            busy = str(BUSY_MS)
        yield section.name, "sqlite3", "", folder / path, 1, int(busy)


def _old_sqlite(folder: Path, complain: Complain) -> Iterator[_Facts]:
    for section in sections(folder / OLD_SQLITE_FILE, complain):
        if section.name.lower() == "general" and section.get("dbfile"):
            yield "", "sqlite", "", folder / section.get("dbfile"), 1, BUSY_MS


def _odbc(folder: Path, complain: Complain) -> Iterator[_Facts]:
    known: Mapping[str, Mapping[str, str]] | None = None
    for section in sections(folder / ODBC_FILE, complain):
        if section.name.upper() == "ENV" or not is_true(section.get("enabled", "yes")):
            continue
        dsn = section.get("dsn")
        if not dsn:
            continue
        if known is None:
            known = _data_sources(folder, complain)
        path = _file_of(dsn, known.get(dsn.lower()))
        if isinstance(path, str):
            complain(ConfigError(path, section.file, section.lineno, section.name))
            continue
        count = section.get("max_connections", "1")
        connections = min(int(count), CONNECTIONS_MAX) if count.isdecimal() and int(count) else 1
        yield section.name, "odbc", dsn, folder / path, connections, BUSY_MS


def _file_of(dsn: str, found: Mapping[str, str] | None) -> Path | str:
    """The SQLite file behind a data source, or what is wrong."""
    if found is None:
        # A file may be named itself, where nobody keeps an odbc.ini.
        return Path(dsn) if "/" in dsn else f"odbc.ini has no data source '{dsn}'"
    driver = found.get("driver", "")
    if "sqlite" not in driver.lower():
        return f"data source '{dsn}' has the driver '{driver}': only SQLite is served, nothing is read from it"
    path = found.get("database", "")
    return Path(path) if path else f"data source '{dsn}' names no Database"


def _data_sources(folder: Path, complain: Complain) -> dict[str, dict[str, str]]:
    """What odbc.ini says, by name of the data source: that of the configuration folder, else $ODBCINI, else /etc's."""
    places = (folder / ODBC_INI, Path(os.environ.get("ODBCINI") or SYSTEM_ODBC_INI), SYSTEM_ODBC_INI)
    path = next((place for place in places if place.is_file()), None)
    if path is None:
        return {}
    parser = ConfigParser(interpolation=None, strict=False, allow_no_value=True)
    try:
        parser.read_string(path.read_text("utf-8", "surrogateescape"), str(path))
    except (OSError, Error) as error:
        complain(ConfigError(f"cannot be read: {error}", str(path)))
        return {}
    return {
        name.lower(): {key.lower(): (value or "").strip().strip('"') for key, value in parser.items(name)}
        for name in parser.sections()
    }
