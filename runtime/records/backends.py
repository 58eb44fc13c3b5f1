"""Which back ends a configuration asks for."""

from collections.abc import Sequence
from functools import partial

from asterism.dialplan.reader import Config, Line, Section
from asterism.runtime.errors import ConfigError
from asterism.runtime.records import custom, postgresql, sqlite, subjects, tables
from asterism.runtime.records.adaptive import AdaptiveBackend, Fill
from asterism.runtime.records.cel_event import CelEvent
from asterism.runtime.records.conf import CelConf, CelManager, Csv, ManagerGeneral
from asterism.runtime.records.csv import CsvBackend
from asterism.runtime.records.manager import CelManagerBackend, ManagerBackend
from asterism.runtime.records.outlet import Backend
from asterism.runtime.records.postgresql import CdrPostgresql, CelPostgresql, PostgresqlBackend
from asterism.runtime.records.record import CallRecord
from asterism.runtime.settings import Complain, is_true, read, tell_ineffective
from asterism.runtime.switch import Switch

_ADAPTIVE = ("connection", "table", "usegmtime")
_INEFFECTIVE = ("schema", "quoted_identifiers", "allowleapsecond")
"What Asterisk has beside them; a data source is a file of SQLite here, which has no schemas, and quotes in one way."

_TEXT_AS_IT_IS = ("encoding",)
"What has no effect with PostgreSQL: text goes to the server in UTF-8, and it knows."

_ABSENT = {"cdr": ("cdr_odbc", "cdr_tds", "cdr_beanstalkd"), "cel": ("cel_tds", "cel_beanstalkd")}
"Back ends of Asterisk's that are not here, by what they keep."


def of_cdr(switch: Switch, cdr_conf: Config | None, complain: Complain) -> list[Backend[CallRecord]]:
    """The back ends of call detail records.

    Raises:
        ConfigError: A file is lost as a whole.
    """
    found: list[Backend[CallRecord]] = []
    logs = switch.directories.log
    _tell_absent(switch, "cdr", cdr_conf, complain)
    if cdr_conf is not None and cdr_conf.section("csv") is not None and switch.wants_module("cdr_csv"):
        found.append(CsvBackend(logs / "cdr-csv", read(Csv, cdr_conf.lines("csv"), complain), switch.log))
    manager = _conf(switch, "cdr_manager", complain)
    if manager is not None and read(ManagerGeneral, manager.lines("general"), complain).enabled:
        found.append(ManagerBackend(switch.bus, [(line.key, line.value) for line in manager.lines("mappings")]))
    conf = _conf(switch, "cdr_custom", complain)
    if conf is not None:
        files = custom.read(switch, "cdr_custom", logs / "cdr-custom", conf, subjects.CDR, complain)
        found += [] if files is None else [files]
    conf = _conf(switch, "cdr_sqlite3_custom", complain)
    if conf is not None:
        found += sqlite.read(switch, "cdr_sqlite3_custom", logs, conf, subjects.CDR, complain)
    for section in _sections(_conf(switch, "cdr_adaptive_odbc", complain)):
        said = _rules(section, complain)
        found += _adaptive(switch, "Adaptive ODBC", section, "cdr", partial(tables.of_cdr, said=said), complain)
    conf = _conf(switch, "cdr_pgsql", complain)
    if conf is not None and conf.section("global") is not None and _has_asyncpg(conf, complain):
        settings = read(CdrPostgresql, conf.lines("global"), complain)
        tell_ineffective(conf.lines("global"), _TEXT_AS_IT_IS, complain)
        utc = settings.timezone.upper() in ("UTC", "GMT")
        fill = partial(tables.of_cdr, said=tables.Rules({}, {}, (), utc))
        found.append(PostgresqlBackend("pgsql", settings, fill))
    return found


def of_cel(switch: Switch, cel_conf: Config | None, conf: CelConf, complain: Complain) -> list[Backend[CelEvent]]:
    """The back ends of channel event logging.

    Raises:
        ConfigError: A file is lost as a whole.
    """
    found: list[Backend[CelEvent]] = []
    logs = switch.directories.log
    _tell_absent(switch, "cel", cel_conf, complain)
    if cel_conf is not None and switch.wants_module("cel_manager"):
        settings = read(CelManager, cel_conf.lines("manager"), complain)
        if settings.enabled:
            found.append(CelManagerBackend(switch.bus, settings, conf.dateformat))
    own = _conf(switch, "cel_custom", complain)
    if own is not None:
        subject = subjects.cel(conf.dateformat)
        files = custom.read(switch, "CEL Custom CSV Logging", logs / "cel-custom", own, subject, complain)
        found += [] if files is None else [files]
    own = _conf(switch, "cel_sqlite3_custom", complain)
    if own is not None:
        subject = subjects.cel(conf.dateformat, dates=subjects.DATES)
        found += sqlite.read(switch, "CEL sqlite3 custom backend", logs, own, subject, complain)
    for section in _sections(_conf(switch, "cel_odbc", complain)):
        _known(section, ("show_user_defined",), complain)
        utc, apart = is_true(section.get("usegmtime")), is_true(section.get("show_user_defined"))
        fill = partial(tables.of_cel, show_user_defined=apart, utc=utc)
        found += _adaptive(switch, "ODBC CEL Backend", section, "cel", fill, complain)
    own = _conf(switch, "cel_pgsql", complain)
    if own is not None and own.section("global") is not None and _has_asyncpg(own, complain):
        where = read(CelPostgresql, own.lines("global"), complain)
        tell_ineffective(own.lines("global"), _TEXT_AS_IT_IS, complain)
        fill = partial(tables.of_cel, show_user_defined=where.show_user_defined, utc=where.usegmtime)
        found.append(PostgresqlBackend("CEL PGSQL backend", where, fill))
    return found


def _conf(switch: Switch, name: str, complain: Complain) -> Config | None:
    """The file of a back end whose module is wanted."""
    file = f"{name}.conf"
    return switch.configuration(file, complain) if switch.wants_module(name) and switch.has_config(file) else None


def _tell_absent(switch: Switch, kind: str, main: Config | None, complain: Complain) -> None:
    """Say which back ends are configured and not here: records that somebody counts on would be missing silently."""
    asked = [] if main is None else [section for section in main if section.name.lower() == "radius"]
    for name in _ABSENT[kind]:
        asked += list(_conf(switch, name, complain) or ())
    for section in asked:
        lines = [line for line in section.lines if line.key.lower() != "enabled" or is_true(line.value)]
        module = f"{kind}_radius" if section.name.lower() == "radius" else section.file.removesuffix(".conf")
        if lines and switch.wants_module(module):
            text = f"[{section.name}] has no effect: {module} is not here"
            complain(ConfigError(text, section.file, section.lineno, section.name))


def _known(section: Section, more: Sequence[str], complain: Complain) -> list[Line]:
    """Tell of options that have no effect; return the lines that are none of an adaptive back end's own."""
    tell_ineffective(section.lines, _INEFFECTIVE, complain)
    others = [line for line in section.lines if line.key.lower() not in (*_ADAPTIVE, *_INEFFECTIVE, *more)]
    if more:
        for line in others:
            complain(ConfigError(f"unknown option '{line.key}'", line.file, line.lineno, line.key))
    return others


def _sections(config: Config | None) -> list[Section]:
    return [] if config is None else [section for section in config if section.name.lower() != "general"]


def _rules(section: Section, complain: Complain) -> tables.Rules:
    return tables.rules(_known(section, (), complain), complain, utc=is_true(section.get("usegmtime")))


def _adaptive(
    switch: Switch, name: str, section: Section, table: str, fill: Fill[tables.T], complain: Complain
) -> list[AdaptiveBackend[tables.T]]:
    connection = section.get("connection").strip()
    source = switch.data_sources.find("odbc", connection)
    if source is None:
        text = f"connection = {connection}: res_odbc.conf has no such data source"
        complain(ConfigError(text, section.file, section.lineno, section.name))
        return []
    return [AdaptiveBackend(name, source, section.get("table", table).strip() or table, fill)]


def _has_asyncpg(config: Config, complain: Complain) -> bool:
    try:
        postgresql.check()
    except postgresql.MissingExtra as error:
        complain(ConfigError(str(error), config.file))
        return False
    return True
