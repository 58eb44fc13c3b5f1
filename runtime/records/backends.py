"""Which back ends a configuration asks for."""

from pathlib import Path

from asterism.dialplan.reader import Config
from asterism.runtime.records.cel_event import CelEvent
from asterism.runtime.records.conf import CelConf, CelManager, Csv, load
from asterism.runtime.records.csv import CsvBackend
from asterism.runtime.records.manager import CelManagerBackend, ManagerBackend
from asterism.runtime.records.outlet import Backend
from asterism.runtime.records.record import CallRecord
from asterism.runtime.settings import Complain, is_true, read
from asterism.runtime.switch import Switch


def of_cdr(switch: Switch, folder: Path, cdr_conf: Config | None, complain: Complain) -> list[Backend[CallRecord]]:
    """The back ends of call detail records.

    Raises:
        ConfigError: A file is lost as a whole.
    """
    found: list[Backend[CallRecord]] = []
    if cdr_conf is not None and cdr_conf.section("csv") is not None and switch.wants_module("cdr_csv"):
        settings = read(Csv, cdr_conf.lines("csv"), complain)
        found.append(CsvBackend(switch.directories.log / "cdr-csv", settings, switch.log))
    if switch.wants_module("cdr_manager"):
        manager = load(folder, "cdr_manager.conf", complain)
        if manager is not None and any(
            each.key.lower() == "enabled" and is_true(each.value) for each in manager.lines("general")
        ):
            found.append(ManagerBackend(switch.bus, [(line.key, line.value) for line in manager.lines("mappings")]))
    return found


def of_cel(
    switch: Switch, folder: Path, cel_conf: Config | None, conf: CelConf, complain: Complain
) -> list[Backend[CelEvent]]:
    """The back ends of channel event logging.

    Raises:
        ConfigError: A file is lost as a whole.
    """
    found: list[Backend[CelEvent]] = []
    if cel_conf is not None and switch.wants_module("cel_manager"):
        settings = read(CelManager, cel_conf.lines("manager"), complain)
        if settings.enabled:
            found.append(CelManagerBackend(switch.bus, settings, conf.dateformat))
    return found
