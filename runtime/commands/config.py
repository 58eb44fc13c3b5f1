"""Commands about configuration: which files are read, what may stand in them, read one again."""

import importlib
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from asterism.runtime.declare import Table, command, noun
from asterism.runtime.errors import AsterismError
from asterism.runtime.settings import OptionHelp, options_of

if TYPE_CHECKING:
    from asterism.runtime.runtime import Runtime

FILES: Mapping[str, tuple[str, str]] = {
    "acl.conf": ("acl", "manager"),
    "amd.conf": ("app_amd", ""),
    "asterisk.conf": ("core", ""),
    "cdr.conf": ("cdr", "cdr"),
    "cdr_adaptive_odbc.conf": ("cdr_adaptive_odbc", "cdr"),
    "cdr_custom.conf": ("cdr_custom", "cdr"),
    "cdr_manager.conf": ("cdr_manager", "cdr"),
    "cdr_pgsql.conf": ("cdr_pgsql", "cdr"),
    "cdr_sqlite3_custom.conf": ("cdr_sqlite3_custom", "cdr"),
    "cel.conf": ("cel", "cel"),
    "cel_custom.conf": ("cel_custom", "cel"),
    "cel_odbc.conf": ("cel_odbc", "cel"),
    "cel_pgsql.conf": ("cel_pgsql", "cel"),
    "cel_sqlite3_custom.conf": ("cel_sqlite3_custom", "cel"),
    "cli.conf": ("core", ""),
    "cli_aliases.conf": ("res_clialiases", "res_clialiases"),
    "cli_permissions.conf": ("core", "cli_permissions"),
    "extconfig.conf": ("extconfig", "extconfig"),
    "extensions.conf": ("pbx_config", "dialplan"),
    "features.conf": ("features", "features"),
    "followme.conf": ("app_followme", ""),
    "func_odbc.conf": ("func_odbc", "func_odbc"),
    "http.conf": ("http", "http"),
    "indications.conf": ("indications", "indications"),
    "logger.conf": ("logger", "logger"),
    "manager.conf": ("manager", "manager"),
    "modules.conf": ("core", ""),
    "musiconhold.conf": ("res_musiconhold", "musiconhold"),
    "pjsip.conf": ("res_pjsip", "pjsip"),
    "pjsip_notify.conf": ("res_pjsip_notify", ""),
    "res_config_sqlite.conf": ("res_config_sqlite", ""),
    "res_config_sqlite3.conf": ("res_config_sqlite3", "res_config_sqlite3"),
    "res_odbc.conf": ("res_odbc", "res_odbc"),
    "rtp.conf": ("res_rtp_asterisk", ""),
    "sip.conf": ("chan_sip", "sip"),
    "sip_notify.conf": ("chan_sip", ""),
    "sorcery.conf": ("sorcery", ""),
    "users.conf": ("pbx_config", "dialplan"),
    "voicemail.conf": ("app_voicemail", ""),
}
"Files by name: the module of Asterisk's that reads it, and what `Runtime.reload` calls it, if it can be read again."

_DECLARING = (
    "settings", "features_conf", "console.logger_conf", "drivers.pjsip.pjsip_options", "drivers.pjsip.sip_options",
    "http.conf", "manager.conf", "records.conf",
)  # fmt: skip
"Where sections are declared."


def unread(folder: Path) -> list[str]:
    """The configuration files of a folder that nothing here reads; those that others include are not told apart."""
    return sorted(path.name for path in folder.glob("*.conf") if path.name not in FILES)


def _present(rt: "Runtime") -> list[str]:
    return [name for name in FILES if rt.config_dir is not None and rt.has_config(name)]


@command("config list", see="config reload, config show help")
def config_list(rt: "Runtime") -> Table:
    """List the configuration files that are there and read, with the modules that read them; and those that are not.

    What another file includes, and what the dialplan reads by AST_CONFIG, is among the latter.
    """
    rows = [(FILES[name][0], f"{rt.config_dir}/{name}") for name in _present(rt)]
    left = unread(rt.config_dir) if rt.config_dir is not None else []
    return Table(
        [("Module", 20), ("File", 50)],
        rows,
        [f"Not read by any module: {', '.join(left)}"] if left else [],
        header=False,
        line=lambda row: f"{row[0]!s:<20.20} {row[1]!s:<50}",
    )


@command("config reload <config file>", see="config list")
async def config_reload(rt: "Runtime", file: str) -> list[str]:
    """Read one configuration file again: its name, or its path as config list shows it."""
    name = file.rpartition("/")[2]
    module, part = FILES.get(name if name.endswith(".conf") else f"{name}.conf", ("", ""))
    if name == "logger.conf" and rt.log.files is not None:
        return [*rt.log.files.reload(), f"Module '{module}' reloaded successfully."]
    try:
        if not part:
            raise AsterismError
        complaints = await rt.reload(part)
    except AsterismError:
        raise AsterismError(f"Nothing here reads {file} again") from None
    return [*complaints, f"Module '{module}' reloaded successfully."]


@command("core show config mappings", see="config list")
def show_config_mappings(rt: "Runtime") -> Table:
    """List what is read from databases instead of files, as extconfig.conf says, by the engine that reads it."""
    bindings = [each for places in rt.realtime.bindings.values() for each in places.values()]
    rows = sorted((each.engine, each.family, each.database, each.table) for each in bindings)
    engines = dict.fromkeys(row[0] for row in rows)
    firsts = {next(row for row in rows if row[0] == engine) for engine in engines}

    def line(row: Sequence[object]) -> str:
        engine, family, database, table = row
        head = f"Config Engine: {engine}\n" if row in firsts else ""
        return f"{head}===> {family} (db={database}, table={table})"

    return Table([(title, 0) for title in ("Engine", "Family", "Database", "Table")], rows, header=False, line=line)


# --- help --------------------------------------------------------------------------------------------------


def _declared() -> dict[str, dict[str, type]]:
    """Declared sections by name, by the module of Asterisk's that reads them."""
    found: dict[str, dict[str, type]] = {}
    for name in _DECLARING:
        full = f"asterism.runtime.{name}"
        try:
            importlib.import_module(full)
        except ImportError:
            continue  # A part that is not installed.
        for kind in vars(sys.modules[full]).values():
            file = getattr(kind, "__config_file__", "")
            if isinstance(kind, type) and file and kind.__module__ == full:
                section = str(kind.__config_section__).removeprefix("type=")  # type: ignore[attr-defined]
                found.setdefault(FILES.get(file, (file,))[0], {})[section] = kind
    return found


@command("config show help [<config module>] [<section>] [<option>]", see="config list")
def config_show_help(rt: "Runtime", module: str = "", section: str = "", option: str = "") -> list[str]:
    """Tell what may stand in configuration files: the modules that have help, their sections, the options of one."""
    declared = _declared()
    if not module:
        return ["The following modules have configuration information:", *(f"\t{name}" for name in sorted(declared))]
    sections = declared.get(module)
    if sections is None:
        return [
            f"Unknown module {module}" if section else f"Module {module} not found or has no config XML documentation."
        ]
    if not section:
        head = [f"Configuration option types for {module}:"]
        return head + [f"{name:<25} -- {_synopsis(kind):<65.65}" for name, kind in sections.items()]
    kind = sections.get(section)
    if kind is None:
        return [f"Unknown configuration type {section}"]
    options = options_of(kind)
    if option:
        found = next((each for each in options if option.lower() in (each.name.lower(), *each.aliases)), None)
        if found is None:
            return [f"No option {option} found for {module}:{section}"]
        return _explained(f"Config Option '{module}:{section}:{found.name}'", found)
    lines = ["", f"  -= Info about Config Object '{module}:{section}' =- ", "", "[Synopsis]", _synopsis(kind), ""]
    return [*lines, "[Config Options]", *(f"{each.name:<25} -- {each.help:<115}" for each in options), ""]


def _synopsis(kind: Any) -> str:
    return (kind.__doc__ or "").strip().partition("\n")[0]


def _explained(title: str, option: OptionHelp) -> list[str]:
    unit = f" ({option.unit})" if option.unit else ""
    default = "" if option.default is None else option.default
    lines = ["", f"  -= Info about {title} =- ", "", "[Synopsis]", f"{option.help}{unit}", "", "[Syntax]"]
    lines.append(f"{option.name} = (Default: {default})")
    if option.aliases:
        lines += ["", "[Aliases]", ", ".join(option.aliases)]
    return [*lines, ""]


@noun("config file")
def config_file(rt: "Runtime") -> Iterator[tuple[str, str]]:
    """Configuration files that are there."""
    for name in _present(rt):
        yield name, FILES[name][0]


@noun("config module")
def config_module(rt: "Runtime") -> Iterator[tuple[str, str]]:
    """Modules that tell about their configuration."""
    for name, sections in _declared().items():
        yield name, ", ".join(sections)
