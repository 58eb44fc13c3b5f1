"""cdr.conf, cel.conf and the files of their back ends."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from asterism.dialplan import reader
from asterism.dialplan.errors import DialplanError
from asterism.runtime.arguments import Unit
from asterism.runtime.errors import ConfigError
from asterism.runtime.settings import Complain, section


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


def load(folder: Path, file: str, complain: Complain) -> reader.Config | None:
    """Read a configuration file; None when it is not there.

    Raises:
        ConfigError: It is lost as a whole.
    """
    if not (folder / file).exists():
        return None
    try:
        config = reader.read(file, folder)
    except DialplanError as error:
        raise ConfigError(error.message, error.file, error.line) from None
    for warning in config.warnings:
        complain(ConfigError(warning.message, warning.file, warning.line))
    return config
