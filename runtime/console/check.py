"""`asterism --check FOLDER`: read a configuration as a server would, and say everything that looks wrong."""

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

from asterism.dialplan import check, reader, resolve
from asterism.dialplan.errors import DialplanError
from asterism.dialplan.plan import Plan
from asterism.runtime import asterisk_conf, cli_aliases, cli_permissions, modules_conf
from asterism.runtime.console import logger_conf, startup
from asterism.runtime.drivers.pjsip.options import Report
from asterism.runtime.drivers.pjsip.pjsip_conf import read_pjsip
from asterism.runtime.drivers.pjsip.sip_conf import read_sip
from asterism.runtime.errors import ConfigError
from asterism.runtime.features_conf import FeaturesConf
from asterism.runtime.http.conf import http_conf
from asterism.runtime.log import escaped
from asterism.runtime.manager.conf import manager_conf
from asterism.runtime.music import MusicClasses
from asterism.runtime.runtime import DIALPLAN_FILE, Runtime
from asterism.runtime.settings import Complain
from asterism.runtime.tones import ToneZones


def findings(folder: Path) -> list[str]:
    """Return what looks wrong in a configuration folder, as `file:line: what`."""
    found: list[str] = []
    complaints: list[ConfigError] = []
    if (folder / "asterisk.conf").exists():
        asterisk_conf.load(folder / "asterisk.conf", complaints.append)
    runtime = Runtime(folder)
    asyncio.run(_sources(runtime, folder, complaints.append))
    found += [str(complaint) for complaint in complaints]
    found += _small_files(folder)
    plan = _plan(runtime, folder, found)
    for file, read in (("sip.conf", read_sip), ("pjsip.conf", read_pjsip)):
        if not runtime.has_config(file):
            continue
        report = Report()
        try:
            dialect = read(runtime.read_config(file), report)
        except DialplanError as error:
            found.append(str(error))
            continue
        found += [f"{one.file}:{one.line}: {one.text}" for one in report.findings]
        guests = dialect.general.guest_context
        if plan is not None and guests:
            found += map(str, check.open_doors(plan, guests))
    return list(dict.fromkeys(found))


def _small_files(folder: Path) -> list[str]:
    """What looks wrong in the files of the console, the log, the modules, the features, and the manager."""
    complaints: list[ConfigError] = []
    logger_conf.load(folder / logger_conf.FILE, complaints.append)
    startup.load(folder, complaints.append)
    readers: dict[str, Callable[[reader.Config, Complain], object]] = {
        "modules.conf": modules_conf.read,
        cli_aliases.FILE: cli_aliases.read,
        cli_permissions.FILE: cli_permissions.read,
        "features.conf": FeaturesConf.read,
        "indications.conf": ToneZones.read,
        "musiconhold.conf": lambda config, complain: MusicClasses.read(config, Path(), complain),
        "http.conf": http_conf,
        "manager.conf": lambda config, complain: manager_conf(config, _acls(folder), complain),
    }
    for name, read in readers.items():
        if not (folder / name).exists():
            continue
        try:
            config = reader.read(name, folder)
        except DialplanError as error:
            complaints.append(ConfigError(error.message, error.file, error.line))
            continue
        complaints += [ConfigError(each.message, each.file, each.line) for each in config.warnings]
        read(config, complaints.append)
    return [str(each) for each in complaints]


def _acls(folder: Path) -> reader.Config | None:
    """The access lists that manager.conf may name; what is wrong with them is another file's."""
    try:
        return reader.read("acl.conf", folder)
    except DialplanError:
        return None


async def _sources(runtime: Runtime, folder: Path, complain: Complain) -> None:
    """Read what is in databases, and what modules read: a dialplan may stand on it."""
    await runtime.data_sources.load(folder, complain)
    await runtime.realtime.load(folder, complain)
    runtime.configure_modules(complain)
    await runtime.data_sources.close()


def _plan(runtime: Runtime, folder: Path, found: list[str]) -> Plan | None:
    tables = runtime.realtime.static
    try:
        plan = resolve.load(folder, runtime.modules, runtime.unbound, file=DIALPLAN_FILE, tables=tables)
    except DialplanError as error:
        found.append(str(error))
        return None
    found += map(str, check.suspicions(plan))
    return plan


def run_check(folder: Path) -> int:
    """Print what looks wrong; returns the exit status, 0 when nothing does."""
    if not folder.is_dir():
        sys.stderr.write(f"asterism: {folder} is no folder\n")
        return 2
    found = findings(folder)
    for line in found:
        sys.stdout.write(escaped(line) + "\n")
    sys.stdout.write(f"{len(found)} finding{'s' if len(found) != 1 else ''} in {folder}\n")
    return 1 if found else 0
