"""cdr.conf, cel.conf and the files of their back ends."""

from dataclasses import dataclass, field
from typing import Annotated

from asterism.dialplan import reader
from asterism.runtime.arguments import Separated, Unit
from asterism.runtime.errors import ConfigError
from asterism.runtime.records.cel_event import EVENTS
from asterism.runtime.settings import Complain, read, section


@section("cdr.conf", "general")
@dataclass(frozen=True)
class Rules:
    """How call detail records come about."""

    enable: bool = True
    "Keep records at all."
    channeldefaultenabled: bool = True
    "Keep records of new channels; without it CDR_PROP(disable)=0 asks for a channel's."
    unanswered: bool = False
    "Keep records of calls that nobody answered though nobody was dialled."
    congestion: bool = False
    "Tell CONGESTION from FAILED."
    canceldispositionenabled: bool = False
    "Tell CANCEL from NO ANSWER."
    endbeforehexten: bool = True
    "End the record before `h` and hangup handlers run, so that they can read its end."
    initiatedseconds: bool = False
    "Count a second that was begun as a whole one in billsec."
    ignorestatechanges: bool = False
    "Begin no record for a bridge; takes effect at start."
    ignoredialchanges: bool = False
    "Begin no record for a dial attempt; takes effect at start."
    batch: bool = False
    "Hand records to the back ends in batches."
    size: int = 100
    "How many records make a batch."
    time: Annotated[int, Unit("s")] = 300
    "How long the first record of a batch waits at most."
    scheduleronly: bool = False
    "Accepted for Asterisk's sake: writing never delays a call."
    safeshutdown: bool = True
    "Write what is left in the batch before the process ends."
    debug: bool = False
    "Log how each record comes about."


@section("cdr.conf", "csv")
@dataclass(frozen=True)
class Csv:
    """Master.csv; it is written when this section is there."""

    usegmtime: bool = False
    "Write times in UTC."
    loguniqueid: bool = False
    "Add the column uniqueid."
    loguserfield: bool = False
    "Add the column userfield."
    accountlogs: bool = True
    "Write each account's records into a file of its own as well."
    newcdrcolumns: bool = False
    "Add the columns peeraccount, linkedid, and sequence."


@section("cdr_manager.conf", "general")
@dataclass(frozen=True)
class ManagerGeneral:
    """Events of the manager for each record."""

    enabled: bool = False
    "Tell the manager."


@section("cel.conf", "general")
@dataclass(frozen=True)
class CelGeneral:
    """Which events of channels are logged."""

    enable: bool = False
    "Log events at all."
    apps: Annotated[list[str], Separated(",")] = field(default_factory=list)
    "Applications whose start and end are logged; all for every one."
    events: Annotated[list[str], Separated(",")] = field(default_factory=list)
    "Kinds of events; ALL for every one."
    dateformat: str = ""
    "How times are written, for strftime; seconds since the epoch when empty."


@section("cel.conf", "manager")
@dataclass(frozen=True)
class CelManager:
    """Events of the manager for each logged event."""

    enabled: bool = False
    "Tell the manager."
    show_user_defined: bool = False
    "Name events of CELGenUserEvent USER_DEFINED, and give their own name in UserDefType."


@dataclass(frozen=True)
class CelConf:
    """cel.conf [general], ready to be asked."""

    enable: bool = False
    apps: frozenset[str] = frozenset()
    "In small letters; `all` among them for every one."
    events: frozenset[str] = frozenset()
    dateformat: str = ""

    def follows(self, application: str) -> bool:
        """Whether the start and end of an application are logged."""
        return "all" in self.apps or application.lower() in self.apps


def cel_conf(config: reader.Config, complain: Complain) -> CelConf:
    """Read cel.conf [general]."""
    lines = config.lines("general")
    general = read(CelGeneral, lines, complain)
    events: set[str] = set()
    for line in lines:
        if line.key.lower() != "events":
            continue
        for name in (part.strip().upper() for part in line.value.split(",")):
            if name == "ALL":
                events.update(EVENTS)
            elif name in EVENTS:
                events.add(name)
            elif name:
                complain(ConfigError(f"there is no event {name}", line.file, line.lineno, line.key))
    apps = frozenset(name.lower() for name in general.apps)
    return CelConf(general.enable, apps, frozenset(events), general.dateformat)
