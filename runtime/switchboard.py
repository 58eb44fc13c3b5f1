"""What a channel, a driver, a command, and an embedder may ask of a runtime: its tables, and what goes on in it."""

import asyncio
import os
import time
import uuid
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any

from asterism.dialplan import reader
from asterism.dialplan.coroutines import Body, Coroutines
from asterism.dialplan.errors import DialplanError
from asterism.dialplan.plan import Plan
from asterism.runtime import asterisk_conf, declare, including
from asterism.runtime.autohints import AutoHints
from asterism.runtime.bridge import Bridge
from asterism.runtime.bus import Bus, Queue
from asterism.runtime.cdr import CallRecords
from asterism.runtime.cel import EventLog
from asterism.runtime.channel import Channel
from asterism.runtime.channels import Channels
from asterism.runtime.database import Database
from asterism.runtime.datasources import DataSources
from asterism.runtime.declare import Action, Application, Declaration, Function, Noun
from asterism.runtime.dialing import Originated, originate
from asterism.runtime.driver import ChannelDriver, Leg, Party
from asterism.runtime.errors import ConfigError
from asterism.runtime.events import Event, VarSet
from asterism.runtime.features_conf import FeaturesConf
from asterism.runtime.grammar import Commands
from asterism.runtime.limits import CHANNELS_MAX
from asterism.runtime.log import Log
from asterism.runtime.modules import Modules
from asterism.runtime.music import MusicClasses
from asterism.runtime.pbx import Pbx
from asterism.runtime.realtime import Realtime
from asterism.runtime.realtime_switch import RealtimeSwitch
from asterism.runtime.settings import Complain, DirectorySettings, Options
from asterism.runtime.sounds import Sounds
from asterism.runtime.tones import ToneZones


class Switchboard:
    """A runtime without its beginning and end. Meets `asterism.runtime.switch.Switch`."""

    config_dir: Path | None = None
    "Folder of the configuration; None: nothing is read."

    def __init__(self, settings: DirectorySettings, options: Options, log: Log | None = None) -> None:
        self.settings = settings
        "asterisk.conf's [directories]."
        self.options = options
        "asterisk.conf's [options]."
        self.directories = asterisk_conf.directories_of(settings, settings.astetcdir)
        self.log = log or Log()
        self.bus = Bus(self.log)
        self.variables: dict[str, str] = {}
        self.channels = Channels()
        self.bridges: dict[str, Bridge] = {}
        self.cdr = CallRecords(self)
        self.cel = EventLog(self)
        self.modules = Modules(self.log)
        self.plan = Plan(self.modules)
        self.autohints = AutoHints(self)
        self.pbx = Pbx(self)
        self.tones = ToneZones()
        self.music = MusicClasses(self.directories.data)
        self.features = FeaturesConf()
        self.sounds = Sounds(
            self.directories.data / "sounds",
            language_prefix=options.languageprefix,
            custom_first=options.sounds_search_custom_dir,
        )
        self.database = Database(None)
        self.data_sources = DataSources()
        self.realtime = Realtime(self.data_sources, self.log)
        self.realtime_switch = RealtimeSwitch(self.realtime)
        self.plan.switches["realtime"] = self.realtime_switch
        self.drivers: list[ChannelDriver] = []
        self.datastores: dict[str, Any] = {}
        "What applications and functions keep with the runtime, by a name of their own."
        self.traces = False
        self.started_s = self.reloaded_s = time.time()
        self.stopping = ""
        'Whether the end is near: "", "now", "gracefully", "when convenient".'
        self._driver_of: dict[str, ChannelDriver] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._sequence = 0
        self.bus.changed.append(self._listeners_changed)
        self.log.changed.append(self._listeners_changed)

    def _listeners_changed(self) -> None:
        for channel in self.channels.values():
            channel.listeners_changed()

    # --- declarations -------------------------------------------------------------------------

    @property
    def applications(self) -> Mapping[str, Application]:
        """Loaded applications by name."""
        return self.modules.applications

    @property
    def functions(self) -> Mapping[str, Function]:
        """Loaded functions by name."""
        return self.modules.functions

    @property
    def commands(self) -> Commands:
        """Loaded commands."""
        return self.modules.commands

    @property
    def actions(self) -> Mapping[str, Action]:
        """Loaded manager actions by name."""
        return self.modules.actions

    @property
    def nouns(self) -> Mapping[str, Noun]:
        """What `<name>` in commands completes to."""
        return self.modules.nouns

    def find_application(self, name: str) -> Application | None:
        """A loaded application by name, in any case."""
        return self.modules.application(name)

    def find_function(self, name: str) -> Function | None:
        """A loaded function by its exact name."""
        return self.modules.function(name)

    def load(self, name: str) -> list[Declaration]:
        """Load a module; see `Modules.load`."""
        return self.modules.load(name)

    def unload(self, name: str) -> bool:
        """Forget what a module declares; False when it is not loaded."""
        return self.modules.unload(name)

    def application(self, name: str, **facts: Any) -> Callable[[Callable[..., Any]], Application]:
        """Decorator: declare an application of this runtime alone."""

        def declared(body: Callable[..., Any]) -> Application:
            declaration = declare.application(name, **facts)(body)
            self.modules.add(declaration)
            return declaration

        return declared

    def function(self, name: str, **facts: Any) -> Callable[[Callable[..., Any]], Function]:
        """Decorator: declare a dialplan function of this runtime alone."""

        def declared(body: Callable[..., Any]) -> Function:
            declaration = declare.function(name, **facts)(body)
            self.modules.add(declaration)
            return declaration

        return declared

    def extension(self, place: str) -> Callable[[Body], Body]:
        """Decorator: let a number lead to a coroutine function, `@rt.extension("_1XX@default")`.

        The function is given the channel. What extensions.conf has for the number comes first; a reload keeps it.

        Raises:
            ValueError: The place is not exten@context.
        """
        exten, at, context = place.rpartition("@")
        if not at or not exten or not context:
            raise ValueError(f"an extension's place is exten@context, not '{place}'")

        def declared(body: Body) -> Body:
            if self.plan.coroutines is None:
                self.plan.coroutines = Coroutines()
            self.plan.coroutines.add(exten, context, body)
            self.plan.coroutines.attach(self.plan)
            return body

        return declared

    # --- what is asked ------------------------------------------------------------------------

    @property
    def live_dangerously(self) -> bool:
        """Whether dangerous functions may be used from outside the dialplan."""
        return self.options.live_dangerously

    @property
    def system_name(self) -> str:
        """asterisk.conf's systemname."""
        return self.options.systemname

    @property
    def entity_id(self) -> str:
        """Which machine this is: asterisk.conf's entityid, else its network address."""
        number = uuid.getnode()
        address = ":".join(f"{number >> shift & 0xFF:02x}" for shift in range(40, -1, -8))
        return self.options.entityid or address

    @property
    def accepting(self) -> bool:
        """Whether new calls are taken."""
        options = self.options
        if self.stopping not in ("", "when convenient") or len(self.channels) >= CHANNELS_MAX:
            return False
        if options.maxcalls and self.channels.calls >= options.maxcalls:
            return False
        if options.minmemfree and including.free_memory_mb() < options.minmemfree:
            return False
        return not options.maxload or os.getloadavg()[0] <= options.maxload

    def wants_module(self, name: str) -> bool:
        """Whether a module of Asterisk's, such as `chan_sip`, is wanted."""
        return True

    def serves_module(self, name: str) -> bool:
        """Whether there is what a module of Asterisk's does, such as `app_dial`."""
        return self.modules.serves(name)

    def has_config(self, file: str) -> bool:
        """Whether there is a configuration file, on disk or in a table."""
        if self.config_dir is None:
            return False
        realtime = self.realtime
        return file in realtime.static or file in realtime.objects or (self.directories.etc / file).exists()

    def read_config(self, file: str, execute: reader.Execute | None = None) -> reader.Config:
        """Read a file of the configuration folder, from disk or from the table that extconfig.conf binds it to.

        Raises:
            DialplanError: It is not there, or lost as a whole.
        """
        objects = self.realtime.objects.get(file, [])
        if objects and file not in self.realtime.static and not (self.directories.etc / file).exists():
            return reader.Config(file, list(objects))
        config = reader.read(file, self.directories.etc, execute or self.includes, self.realtime.static)
        config.sections += objects
        return config

    def configuration(self, file: str, complain: Complain) -> reader.Config:
        """Read a file of the configuration folder for a part of the runtime.

        Raises:
            ConfigError: It is not there, or lost as a whole.
        """
        try:
            config = self.read_config(file)
        except DialplanError as error:
            raise ConfigError(error.message, error.file, error.line) from None
        for warning in config.warnings:
            complain(ConfigError(warning.message, warning.file, warning.line))
        return config

    def complain(self, error: ConfigError) -> None:
        """Say what is wrong with a line of the configuration, which does without it."""
        self.log.warning(str(error))

    @property
    def includes(self) -> reader.Execute | None:
        """What runs the programs of `#exec` lines; None where asterisk.conf does not allow them."""
        return including.output_of if self.options.execincludes else None

    def driver(self, technology: str) -> ChannelDriver | None:
        """The driver of a technology, in any case."""
        return self._driver_of.get(technology.lower())

    def extension_exists(self, context: str, exten: str, priority: int = 1, caller: str = "") -> bool:
        """Whether a call would find something to run there."""
        return self.pbx.exists(context, exten, priority, caller)

    def extension_may_match(self, context: str, exten: str, caller: str = "") -> bool:
        """Whether more digits could make it match."""
        return self.pbx.may_match(context, exten, caller)

    def hint(self, context: str, exten: str) -> tuple[str, str]:
        """Device list and name of a hint; two empty texts when there is none."""
        found = self.pbx.hint(context, exten)
        return ("", "") if found is None else found

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time()

    def uniqueid(self) -> str:
        """A new unique id: the time, a number, and the system name before it."""
        self._sequence += 1
        prefix = f"{self.options.systemname}-" if self.options.systemname else ""
        return f"{prefix}{int(self.now())}.{self._sequence - 1}"

    def events(self, *kinds: type[Event]) -> Queue:
        """What happens from now on, to be read with `async for`; all kinds when none is named."""
        return self.bus.queue(*kinds)

    # --- what is done -------------------------------------------------------------------------

    def set_global(self, name: str, value: str) -> None:
        """Set a global variable, and tell whoever listens."""
        self.variables[name] = value
        if self.bus.wants(VarSet):
            self.bus.publish(VarSet(None, name, value))

    def spawn(self, coroutine: Coroutine[Any, Any, Any], name: str) -> asyncio.Task[Any]:
        """Run something in the background until the runtime ends; an exception in it is logged."""
        task = asyncio.get_running_loop().create_task(coroutine, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._spawned_ended)
        return task

    def _spawned_ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.log.error(f"{task.get_name()} failed: {error!r}")
            self.log.traceback(error)

    def incoming(
        self,
        leg: Leg,
        *,
        context: str,
        exten: str,
        caller: Party,
        variables: Mapping[str, str] | None = None,
        language: str = "",
        accountcode: str = "",
        dialed: str = "",
    ) -> None:
        """A driver has an incoming call; see `Switch.incoming`."""
        self.pbx.incoming(
            leg,
            context=context,
            exten=exten,
            caller=caller,
            variables=variables,
            language=language,
            accountcode=accountcode,
            dialed=dialed,
        )

    def outgoing(
        self,
        leg: Leg,
        parent: Channel | None = None,
        *,
        caller: Party | None = None,
        resource: str = "",
        uniqueids: tuple[str, str] = ("", ""),
    ) -> Channel:
        """Make the channel of an outgoing leg; see `Switch.outgoing`."""
        return self.pbx.outgoing(leg, parent, caller, resource, uniqueids)

    def start(self, channel: Channel, application: str = "", app_data: str = "") -> None:
        """Let a channel that has no task run the dialplan from where it stands, or one application."""
        self.pbx.start(channel, application, app_data)

    async def originate(self, destination: str, **facts: Any) -> Originated:
        """Call somebody, and let him run an extension or an application; see `asterism.runtime.dialing.originate`."""
        return await originate(self, destination, **facts)

    def replace(self, leg: Leg, name: str, *, context: str, caller: Party) -> None:
        """An incoming call takes the place of a channel; see `Switch.replace`."""
        self.pbx.replace(leg, name, context, caller)

    def renamed(self) -> None:
        """A channel has another name now."""
        self.channels.renamed()

    def channel_gone(self) -> None:
        """A channel has ended."""
