"""The runtime: what holds everything together, and what an embedder makes first.

async with asterism.Runtime(config_dir="/etc/asterism") as rt:
    await rt.wait_closed()
"""

import asyncio
import contextlib
import importlib
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from asterism.dialplan import reader, resolve
from asterism.dialplan.errors import DialplanError
from asterism.dialplan.plan import Plan
from asterism.runtime import asterisk_conf, asterisk_names, modules_conf
from asterism.runtime.database import FILE, Database, DatabaseError
from asterism.runtime.driver import ChannelDriver
from asterism.runtime.drivers.local import LocalDriver
from asterism.runtime.errors import AsterismError, ConfigError, DriverError
from asterism.runtime.events import FullyBooted, Load, Reload, Shutdown, Unload
from asterism.runtime.features_conf import FeaturesConf
from asterism.runtime.limits import SHUTDOWN_WAIT_S
from asterism.runtime.log import Log
from asterism.runtime.modules_conf import ModulesConf
from asterism.runtime.music import MusicClasses
from asterism.runtime.records.listening import Listening
from asterism.runtime.settings import AsteriskConf, Complain, DirectorySettings, Options
from asterism.runtime.switchboard import Switchboard
from asterism.runtime.tones import ToneZones
from asterism.runtime.unbound import Unbound

DIALPLAN_FILE = "extensions.conf"
SOURCES = ("extconfig", "res_config_sqlite3", "res_config_odbc", "res_odbc", "func_odbc")
"Names under which Asterisk reloads what is read before everything else: which databases there are."
SIP_FILES = {"sip.conf": "chan_sip", "pjsip.conf": "chan_pjsip"}
FRONT_ENDS = {
    "cli_aliases": "asterism.runtime.cli_aliases",
    "cli_permissions": "asterism.runtime.cli_permissions",
    "http": "asterism.runtime.http.server",
    "manager": "asterism.runtime.manager.server",
}
"Front ends that start with a runtime whose configuration folder has the file of that name, and their modules."


class Reloadable(Protocol):
    """What reads a configuration of its own."""

    async def reload(self) -> None:
        """Read it again; raises ConfigError or DriverError when the old one stays in force."""


SPOOL = "pbx_spool"
"Asterisk's name for what makes the calls of call files."


class FrontEnd(Protocol):
    """What serves operators and programs of a runtime from outside: the manager."""

    async def start(self) -> None:
        """Read its configuration and serve; raises ConfigError."""

    async def stop(self) -> None:
        """Send everybody away."""

    async def reload(self) -> None:
        """Read its configuration again; raises ConfigError when the old one stays in force."""


class Runtime(Switchboard):
    """A telephony runtime. Meets `asterism.runtime.switch.Switch`.

    Args:
        config_dir: Folder of asterisk.conf, extensions.conf, sip.conf ...; None reads nothing and starts no SIP.
        drivers: Channel drivers beside Local and, when sip.conf or pjsip.conf is there, pjsip.
        modules: Names of the modules to load; None loads all of the house's.
        directories: Instead of asterisk.conf's.
        options: Instead of asterisk.conf's.
        log: Where to write what happens, already while modules are loaded; a new one by default.
    """

    def __init__(
        self,
        config_dir: str | Path | None = None,
        *,
        drivers: Sequence[ChannelDriver] = (),
        modules: Iterable[str] | None = None,
        directories: DirectorySettings | None = None,
        options: Options | None = None,
        log: Log | None = None,
    ) -> None:
        self.config_dir = None if config_dir is None else Path(config_dir).absolute()
        self._complaints: list[ConfigError] = []
        db_given = directories is not None and directories.astdbdir != DirectorySettings.astdbdir
        self._keeps_data = config_dir is not None or db_given
        conf = AsteriskConf()
        if self.config_dir is not None and (directories is None or options is None):
            conf = asterisk_conf.load(self.config_dir / "asterisk.conf", self._complaints.append)
        settings = directories or conf.directories
        if self.config_dir is not None:
            settings = replace(settings, astetcdir=self.config_dir)
        super().__init__(settings, options or conf.options, log)
        self.restart_wanted = False
        self._wanted_drivers = list(drivers)
        self.front_ends: dict[str, FrontEnd] = {}
        self.keepers: dict[str, Listening[Any]] = {"cdr": self.cdr, "cel": self.cel}
        "What keeps records of calls, by the name of its configuration."
        self._booted = asyncio.Event()
        self._emptied = asyncio.Event()
        self._closed = asyncio.Event()
        self._ending: asyncio.Task[None] | None = None
        self.wanted = ModulesConf()
        "What modules.conf says."
        self._load_modules(modules)

    def _load_modules(self, modules: Iterable[str] | None) -> None:
        if self.config_dir is not None:
            sections = self._sections("modules.conf", self._complaints)
            self.wanted = modules_conf.read(sections or (), self._complaints.append)
        self.modules.wanted = self.wanted.wants
        if modules is None:
            self.modules.load_all()
            self._load_named()
        for name in modules or ():
            self.modules.load(name)
        self.modules.changed = self._module_changed

    def _module_changed(self, name: str, loaded: bool) -> None:
        unit = name.removesuffix(".so")
        shown = f"{unit}.so" if asterisk_names.is_asterisks(unit) else name
        self.bus.publish(Load(shown) if loaded else Unload(shown))

    def _load_named(self) -> None:
        """What modules.conf names itself: Python modules are loaded; what Asterisk has and we have not is told."""
        for name, where in self.wanted.load.items():
            if asterisk_names.is_asterisks(name):
                continue
            try:
                self.modules.load(name)
            except Exception as error:
                self._complaints.append(ConfigError(f"{where}: module {name} could not be loaded: {error!r}"))

    def _check_named(self) -> None:
        """Say what modules.conf wants and is not here.

        Raises:
            ModuleMissing: It is required.
        """
        parts = self.running_parts()
        missing = self.wanted.missing(lambda name: name in parts or self.modules.serves(name))
        if missing:
            self.log.warning(missing)

    def running_parts(self) -> dict[str, str]:
        """What runs and is no declaration, by the name of Asterisk's module for it, and what it is."""
        found = {"pbx_config": "The dialplan of extensions.conf"} if self.plan.contexts else {}
        if self.driver("SIP") is not None:
            found["chan_sip"] = "SIP channels, as sip.conf says"
        if self.driver("PJSIP") is not None:
            found |= dict.fromkeys(asterisk_names.WITH_PJSIP, "A part of PJSIP") | {"chan_pjsip": "PJSIP channels"}
        for name in self.front_ends:
            found[name] = "A front end"
        return found

    # --- life ---------------------------------------------------------------------------------

    async def __aenter__(self) -> "Runtime":
        try:
            await self._start()
        except BaseException:
            await self._end()
            raise
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.stop()

    async def _start(self) -> None:
        self.started_s = self.reloaded_s = self.now()
        if self.config_dir is not None and not self.config_dir.is_dir():
            raise ConfigError("there is no such folder", str(self.config_dir))
        for complaint in self._complaints:
            self.log.error(str(complaint))
        await self._open_database()
        if self.config_dir is not None:
            await self._read_sources(self.config_dir)
            self._read_small()
            self._load_dialplan(self.config_dir)
        await self._start_records()
        drivers: list[ChannelDriver] = [LocalDriver(), *self._wanted_drivers, *self.sip_drivers()]
        for driver in drivers:
            await self._start_driver(driver)
        await self._start_front_ends()
        self._check_named()
        self._booted.set()
        self.bus.publish(FullyBooted(uptime_s=int(self.now() - self.started_s)))

    async def _start_records(self) -> None:
        for name, keeper in self.keepers.items():
            try:
                await keeper.reload()
            except ConfigError as error:
                self.log.error(f"{name}.conf is not in force: {error}")

    async def _open_database(self) -> None:
        if not self._keeps_data:
            await self.database.open()
            return
        database = Database(self.directories.db / FILE)
        try:
            await database.open()
        except DatabaseError as error:
            self.log.error(f"The database cannot be used, nothing in it will outlive this process: {error}")
            database = Database(None)
            await database.open()
        self.database = database

    def sip_drivers(self) -> list[ChannelDriver]:
        """The SIP driver, where SIP is configured."""
        found = [name for name, module in SIP_FILES.items() if self.has_config(name) and self.wants_module(module)]
        if not found:
            return []
        try:
            module = importlib.import_module("asterism.runtime.drivers.pjsip")
            driver: ChannelDriver = module.make()
        except (ImportError, DriverError) as error:
            self.log.error(f"{' and '.join(found)} cannot be served, there is no SIP: {error}")
            self.log.traceback(error)
            return []
        return [driver]

    async def _start_driver(self, driver: ChannelDriver) -> None:
        try:
            await driver.start(self)
        except (ConfigError, DriverError) as error:
            self.log.error(f"The driver of {' and '.join(driver.technologies)} did not start: {error}")
            with contextlib.suppress(Exception):
                await driver.stop()
            return
        self.drivers.append(driver)
        for technology in driver.technologies:
            self._driver_of[technology.lower()] = driver

    async def _start_front_ends(self) -> None:
        for name, module in FRONT_ENDS.items():
            if not self.has_config(f"{name}.conf"):
                continue
            front_end: FrontEnd = importlib.import_module(module).make(self)
            try:
                await front_end.start()
            except ConfigError as error:
                self.log.error(f"{name}.conf is not in force: {error}")
            self.front_ends[name] = front_end
        if self.config_dir is not None and self.wants_module(SPOOL) and (self.directories.spool / "outgoing").is_dir():
            # Who makes the folder wants call files to be called.
            self.front_ends[SPOOL] = importlib.import_module("asterism.runtime.callfiles").make(self)
            await self.front_ends[SPOOL].start()

    async def stop(self, *, gracefully: bool = False, when_convenient: bool = False, restart: bool = False) -> None:
        """End the runtime; returns when it has ended. A later call may be more urgent than an earlier one.

        Args:
            gracefully: Take no new calls, and wait until those under way have ended.
            when_convenient: Wait for a moment without calls, and take new ones until then.
            restart: Only noted, as `restart_wanted`, for whoever started the runtime.
        """
        self.stopping = "gracefully" if gracefully else "when convenient" if when_convenient else "now"
        self.restart_wanted = restart
        self._emptied.set()
        while self.stopping in ("gracefully", "when convenient") and self.channels:
            self._emptied.clear()
            await self._emptied.wait()
        if not self.stopping:
            return  # stop_cancel() came between.
        self.stopping = "now"
        if self._ending is None:
            self._ending = asyncio.get_running_loop().create_task(self._end(), name="the end of the runtime")
        await asyncio.shield(self._ending)

    def stop_cancel(self) -> None:
        """Take back a stop that waits for calls to end."""
        if self.stopping != "now":
            self.stopping = ""
            self.restart_wanted = False
            self._emptied.set()

    async def _end(self) -> None:
        if self._booted.is_set():
            self.bus.publish(Shutdown(restart=self.restart_wanted))
        await self._end_channels()
        for front_end in self.front_ends.values():
            await front_end.stop()
        for keeper in self.keepers.values():
            await keeper.stop()
        for driver in reversed(self.drivers):
            try:
                await driver.stop()
            except Exception as error:
                self.log.error(f"The driver of {' and '.join(driver.technologies)} did not stop: {error!r}")
        self.drivers.clear()
        self._driver_of.clear()
        mine = asyncio.current_task()
        tasks = [task for task in self._tasks if task is not mine]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.database.close()
        await self.realtime_switch.close()
        await self.data_sources.close()
        self._closed.set()

    async def _end_channels(self) -> None:
        """Hang up everything, and let `h` run; those who do not come to an end are cut off."""
        deadline = time.monotonic() + SHUTDOWN_WAIT_S
        for channel in tuple(self.channels.values()):
            channel.request_hangup()
        while self.channels and time.monotonic() < deadline:
            self._emptied.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._emptied.wait(), SHUTDOWN_WAIT_S)
        for channel in tuple(self.channels.values()):
            self.log.warning(f"{channel.name} did not end in {SHUTDOWN_WAIT_S:g} s and is cut off", channel.call)
            channel.cancel()
        for _ in range(10):
            await asyncio.sleep(0)
        for channel in tuple(self.channels.values()):
            channel.close()

    async def wait_closed(self) -> None:
        """Return when the runtime has ended, whoever ended it."""
        await self._closed.wait()

    async def wait_booted(self) -> None:
        """Return when it is ready for calls."""
        await self._booted.wait()

    @property
    def booted(self) -> bool:
        """Whether it is ready for calls."""
        return self._booted.is_set()

    def channel_gone(self) -> None:
        """A channel has ended; for the pbx."""
        if not self.channels:
            self._emptied.set()

    # --- configuration ------------------------------------------------------------------------

    def configure_modules(self, complain: Complain) -> None:
        """Let the modules that have files of their own read them."""
        for name in tuple(self.modules.loaded):
            configure = getattr(sys.modules.get(name), "configure", None)
            if configure is not None:
                configure(self, complain)

    async def _read_sources(self, folder: Path) -> list[ConfigError]:
        """Read which databases there are, what is in them instead of in files, and what modules have to read.

        A module that has files of its own has a function `configure(runtime, complain)`.
        """
        complaints: list[ConfigError] = []
        await self.data_sources.load(folder, complaints.append)
        await self.realtime.load(folder, complaints.append)
        self.configure_modules(complaints.append)
        for complaint in complaints:
            self.log.warning(str(complaint))
        return complaints

    def _read_small(self) -> list[ConfigError]:
        complaints: list[ConfigError] = []
        sections = self._sections("indications.conf", complaints)
        if sections is not None:
            self.tones = ToneZones.read(sections, complaints.append)
        sections = self._sections("musiconhold.conf", complaints)
        if sections is not None:
            self.music = MusicClasses.read(sections, self.directories.data, complaints.append)
        sections = self._sections("features.conf", complaints)
        if sections is not None:
            self.features = FeaturesConf.read(sections, complaints.append)
        for complaint in complaints:
            self.log.warning(str(complaint))
        return complaints

    def _sections(self, file: str, complaints: list[ConfigError]) -> reader.Config | None:
        try:
            return self.configuration(file, complaints.append) if self.has_config(file) else None
        except ConfigError as error:
            complaints.append(error)
            return None

    def _load_dialplan(self, folder: Path) -> list[str]:
        def load(values: dict[str, str]) -> Plan:
            tables = dict(self.realtime.static)
            if not self.wants_module("pbx_config"):
                # The file is as good as empty; a dialplan may come from elsewhere, such as extensions.lua.
                tables |= {DIALPLAN_FILE: [], "users.conf": []}
            return resolve.load(
                folder, self.modules, self.unbound, file=DIALPLAN_FILE, globals=values, execute=self.includes,
                tables=tables, lua=self.wants_module("pbx_lua"),
            )  # fmt: skip

        return self._adopt(load)

    def wants_module(self, name: str) -> bool:
        """Whether modules.conf wants a module of Asterisk's, such as `chan_sip`."""
        return self.wanted.wants(name)

    def unbound(self, variables: dict[str, str] | None = None) -> Unbound:
        """A scope without a channel, over these global variables or the runtime's own."""
        return Unbound(self, variables)

    def _adopt(self, load: Callable[[dict[str, str]], Plan]) -> list[str]:
        """Put a newly loaded dialplan into force; when it is lost the old one stays."""
        values = dict(self.variables)
        try:
            plan = load(values)
        except DialplanError as error:
            self.log.error(str(error))
            return [str(error)]
        self.variables.clear()
        self.variables.update(values)
        self.plan.adopt(plan)
        self.realtime_switch.watch_all(self.plan)
        self.plan.globals = self.variables
        self.autohints.follow()
        self.cdr.look(self.plan)
        for warning in plan.warnings:
            self.log.warning(str(warning))
        return [str(warning) for warning in plan.warnings]

    def extensions(self, text: str) -> None:
        """Replace the dialplan by this text, written as in extensions.conf.

        Raises:
            DialplanError: The text is lost as a whole.
        """
        values = dict(self.variables)
        plan = resolve.load_text(text, self.modules, self.unbound, globals=values)
        self._adopt(lambda _: plan)
        self.variables.update(values)

    async def reload(self, module: str = "") -> list[str]:
        """Read configuration again; what is wrong keeps its old value.

        Args:
            module: `dialplan`, `indications`, `musiconhold`, a technology such as `sip`; empty for all.

        Returns:
            What is wrong, one line each.

        Raises:
            AsterismError: Nothing of this name can be reloaded.
        """
        complaints: list[str] = []
        wanted = module.lower()
        known = {"", "dialplan", "extensions", "indications", "musiconhold", "features", "logger", *SOURCES}
        drivers = [
            driver for driver in self.drivers if not wanted or wanted in (each.lower() for each in driver.technologies)
        ]
        front_ends = [each for name, each in self.front_ends.items() if wanted in ("", name)]
        keepers = [each for name, each in self.keepers.items() if wanted in ("", name)]
        if wanted not in known and not drivers and not front_ends and not keepers:
            raise AsterismError(f"There is no module '{module}' that can be reloaded")
        if self.log.files is not None and wanted in ("", "logger"):
            complaints += self.log.files.reload()
        if self.config_dir is not None:
            # Also for the sake of a part: its file may be in a table.
            complaints += [str(each) for each in await self._read_sources(self.config_dir)]
        if self.config_dir is not None and wanted in ("", "indications", "musiconhold", "features"):
            complaints += [str(each) for each in self._read_small()]
        if self.config_dir is not None and wanted in ("", "dialplan", "extensions"):
            complaints += self._load_dialplan(self.config_dir)
        parts: list[Reloadable] = [*drivers, *front_ends, *keepers]
        for part in parts:
            try:
                await part.reload()
            except (ConfigError, DriverError) as error:
                self.log.error(str(error))
                complaints.append(str(error))
        self.reloaded_s = self.now()
        self.bus.publish(Reload(module or "All", 1 if complaints else 0))
        return complaints
