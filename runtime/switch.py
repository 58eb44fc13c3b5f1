"""What a channel, a driver, and a command may ask of the runtime they live in."""

from asyncio import Task
from collections.abc import Coroutine, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from asterism.runtime.bus import Bus
from asterism.runtime.driver import ChannelDriver, Leg, Party, SoundFile
from asterism.runtime.log import Log
from asterism.runtime.tones import ToneZones

if TYPE_CHECKING:
    from collections.abc import Callable

    from asterism.dialplan.reader import Config
    from asterism.dialplan.source import Source
    from asterism.runtime.bridge import Bridge
    from asterism.runtime.cdr import CallRecords
    from asterism.runtime.cel import EventLog
    from asterism.runtime.channel import Channel
    from asterism.runtime.datasources import DataSources
    from asterism.runtime.declare import Application, Function
    from asterism.runtime.errors import ConfigError
    from asterism.runtime.features_conf import FeaturesConf
    from asterism.runtime.music import MusicClasses
    from asterism.runtime.realtime import Realtime


class Database(Protocol):
    """The persistent key-value store, in Asterisk's own table: keys are `/family/key`."""

    def read(self, family: str, key: str) -> str | None:
        """A value, or None; at once, for all of it is in memory."""

    async def get(self, family: str, key: str) -> str | None:
        """A value, or None."""

    async def put(self, family: str, key: str, value: str) -> None:
        """Store a value; on return it survives the death of the process within 100 ms."""

    async def delete(self, family: str, key: str) -> bool:
        """Delete a key; False when it was not there."""

    async def tree(self, family: str = "") -> Mapping[str, str]:
        """All keys below a family, as full `/family/key` paths."""

    async def delete_tree(self, family: str) -> int:
        """Delete all keys below a family; how many."""


class Sounds(Protocol):
    """The sounds on disk."""

    async def find(self, name: str, language: str, formats: Sequence[str]) -> SoundFile | None:
        """The file for a name such as `hello-world`, in this language and the format that is played best."""


@dataclass(frozen=True)
class Directories:
    """Where things live: asterisk.conf [directories]."""

    etc: Path
    modules: Path
    var_lib: Path
    db: Path
    keys: Path
    data: Path
    agi: Path
    spool: Path
    run: Path
    log: Path
    cache: Path
    sbin: Path


class Switch(Protocol):
    """The runtime as the floors below it see it."""

    @property
    def log(self) -> Log:
        """What the operator reads."""

    @property
    def bus(self) -> Bus:
        """Where events are published."""

    @property
    def variables(self) -> MutableMapping[str, str]:
        """The global variables."""

    @property
    def directories(self) -> Directories:
        """Where things live."""

    @property
    def database(self) -> Database:
        """The persistent key-value store."""

    @property
    def data_sources(self) -> "DataSources":
        """The databases that configuration names."""

    @property
    def realtime(self) -> "Realtime":
        """Configuration whose rows are in databases."""

    @property
    def sounds(self) -> Sounds:
        """The sounds on disk."""

    @property
    def tones(self) -> ToneZones:
        """Call progress tones by country."""

    @property
    def music(self) -> "MusicClasses":
        """Music on hold."""

    @property
    def features(self) -> "FeaturesConf":
        """What may be done with DTMF in a call: features.conf."""

    @property
    def plan(self) -> "Source":
        """The dialplan in force."""

    @property
    def channels(self) -> "Mapping[str, Channel]":
        """All channels by name, in order of creation."""

    @property
    def bridges(self) -> "MutableMapping[str, Bridge]":
        """All bridges by unique id."""

    @property
    def cdr(self) -> "CallRecords":
        """The call detail records."""

    @property
    def cel(self) -> "EventLog":
        """Channel event logging."""

    @property
    def datastores(self) -> dict[str, Any]:
        """What applications and functions keep with the runtime, by a name of their own."""

    @property
    def traces(self) -> bool:
        """Whether channels note the application under way though no event or line of it is wanted (CDR's lastapp)."""

    @property
    def live_dangerously(self) -> bool:
        """Whether dangerous functions may be used from outside the dialplan (asterisk.conf)."""

    @property
    def system_name(self) -> str:
        """asterisk.conf's systemname."""

    @property
    def entity_id(self) -> str:
        """Which machine this is, `xx:xx:xx:xx:xx:xx`."""

    def hint(self, context: str, exten: str) -> tuple[str, str]:
        """Device list and name of a hint; two empty texts when there is none."""

    @property
    def accepting(self) -> bool:
        """Whether new calls are taken: False while stopping gracefully."""

    def wants_module(self, name: str) -> bool:
        """Whether modules.conf wants a module of Asterisk's, such as `chan_sip`."""

    def serves_module(self, name: str) -> bool:
        """Whether there is what a module of Asterisk's does, such as `app_dial`."""

    def has_config(self, file: str) -> bool:
        """Whether there is a configuration file, on disk or in a table (static realtime)."""

    def read_config(self, file: str, execute: "Callable[[str], str] | None" = None) -> "Config":
        """Read a file of the configuration folder, from disk or from the table that extconfig.conf binds it to.

        Raises:
            DialplanError: It is not there, or lost as a whole.
        """

    def configuration(self, file: str, complain: "Callable[[ConfigError], None]") -> "Config":
        """Read a file of the configuration folder for a part of the runtime.

        Args:
            file: Its name.
            complain: Is told what is wrong with single lines; `Switch.complain` where nobody collects it.

        Raises:
            ConfigError: It is not there, or lost as a whole.
        """

    def complain(self, error: "ConfigError") -> None:
        """Say what is wrong with a line of the configuration, which does without it."""

    def find_application(self, name: str) -> "Application | None":
        """A loaded application by name, in any case."""

    def find_function(self, name: str) -> "Function | None":
        """A loaded function by its exact name."""

    def driver(self, technology: str) -> ChannelDriver | None:
        """The driver of a technology, in any case."""

    def extension_exists(self, context: str, exten: str, priority: int = 1, caller: str = "") -> bool:
        """Whether a call would find something to run there."""

    def extension_may_match(self, context: str, exten: str, caller: str = "") -> bool:
        """Whether more digits could make it match."""

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
        """A driver has an incoming call: make its channel and start its dialplan. Never waits.

        The driver has already answered for what cannot be: it asks `extension_exists` and `accepting` first.
        `variables` are set on the channel (setvar=, in order), `dialed` is the dialled number for CALLERID(dnid).
        """

    def set_global(self, name: str, value: str) -> None:
        """Set a global variable, and tell whoever listens."""

    def outgoing(
        self,
        leg: Leg,
        parent: "Channel | None" = None,
        *,
        caller: Party | None = None,
        resource: str = "",
        uniqueids: tuple[str, str] = ("", ""),
    ) -> "Channel":
        """Make the channel of an outgoing leg that was requested but not called yet.

        Args:
            leg: From a driver's `request`.
            parent: The channel that dials; it hands down its inherited variables. None when nobody dials.
            caller: Who the called party is told is calling; the parent's caller by default.
            resource: What was dialled, behind the slash.
            uniqueids: Of the channel, and of the other half of a Local one; an empty one is made anew.
        """

    def start(self, channel: "Channel", application: str = "", app_data: str = "") -> None:
        """Let a channel that has no task run the dialplan from where it stands, or one application."""

    def replace(self, leg: Leg, name: str, *, context: str, caller: Party) -> None:
        """A driver has an incoming call that takes the place of a channel: in its bridge, or in the dialplan."""

    def renamed(self) -> None:
        """A channel has another name now."""

    def now(self) -> float:
        """Seconds since the epoch; jumps with the clock of the testing kit."""

    def spawn(self, coroutine: Coroutine[Any, Any, Any], name: str) -> Task[Any]:
        """Run something in the background until the runtime ends; an exception in it is logged."""

    def uniqueid(self) -> str:
        """A new unique id, `epoch.sequence` with the system name before it."""
