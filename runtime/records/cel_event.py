"""An event in a channel's life, as channel event logging keeps it."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from asterism.runtime.records.record import ama_name, ama_number

EVENTS = (
    "CHAN_START", "CHAN_END", "HANGUP", "ANSWER", "APP_START", "APP_END", "BRIDGE_ENTER", "BRIDGE_EXIT",
    "PARK_START", "PARK_END", "BLINDTRANSFER", "ATTENDEDTRANSFER", "USER_DEFINED", "LINKEDID_END", "PICKUP",
    "FORWARD", "LOCAL_OPTIMIZE", "LOCAL_OPTIMIZE_BEGIN", "STREAM_BEGIN", "STREAM_END", "DTMF",
)  # fmt: skip
"All kinds, in the order in which `cel show status` lists them."


@dataclass(frozen=True, slots=True)
class CelEvent:
    """One event.

    Args:
        kind: One of EVENTS.
        when_s: Seconds since the epoch.
        user_defined: The name that CELGenUserEvent gave it, where the kind is USER_DEFINED.
        name, number, ani, rdnis, dnid: The caller: name and numbers.
        exten, context: Where the channel was.
        channel: Its name.
        application, app_data: What it ran.
        amaflags: A word of AMA_FLAGS.
        accountcode, peeraccount: Who pays, on either side.
        uniqueid, linkedid: Of the channel, and of the whole call.
        userfield: The dialplan's own text.
        peer: The other channels of the bridge, separated by commas.
        extra: More facts, as JSON; empty for none.
    """

    kind: str
    when_s: float = 0.0
    user_defined: str = ""
    name: str = ""
    number: str = ""
    ani: str = ""
    rdnis: str = ""
    dnid: str = ""
    exten: str = ""
    context: str = ""
    channel: str = ""
    application: str = ""
    app_data: str = ""
    amaflags: str = "DOCUMENTATION"
    accountcode: str = ""
    peeraccount: str = ""
    uniqueid: str = ""
    linkedid: str = ""
    userfield: str = ""
    peer: str = ""
    extra: str = ""

    @property
    def shown(self) -> str:
        """The name that most back ends print: the user's own, where there is one."""
        return self.user_defined or self.kind

    @property
    def ama_number(self) -> int:
        """The flags as a number."""
        return ama_number(self.amaflags)

    @property
    def ama_name(self) -> str:
        """The flags as a word."""
        return ama_name(self.ama_number)

    def value(self, field: str, dateformat: str = "", *, utc: bool = False) -> str:
        """A field by its name in configuration files, in any case; KeyError for what is none."""
        field = field.lower()
        if field == "eventtime":
            return moment(self.when_s, dateformat, utc=utc)
        return FIELDS[field](self)


def moment(seconds: float, dateformat: str = "", *, utc: bool = False) -> str:
    """A time in cel.conf's dateformat; without one in seconds with six digits."""
    if not dateformat:
        return f"{seconds:.6f}"
    broken = time.gmtime(seconds) if utc else time.localtime(seconds)
    fraction = f"{seconds % 1:.6f}"[2:]
    # Asterisk's own additions to strftime: %q are milliseconds, %1q to %6q as many digits of the second.
    for digits in range(6, 0, -1):
        dateformat = dateformat.replace(f"%{digits}q", fraction[:digits])
    return time.strftime(dateformat.replace("%q", fraction[:3]), broken)


def as_json(**facts: Any) -> str:
    """Facts as the extra of an event, without blanks."""
    return json.dumps(facts, separators=(",", ":"), ensure_ascii=False)


Reader = Callable[[CelEvent], str]

FIELDS: dict[str, Reader] = {
    "eventtype": lambda event: event.shown,
    "eventenum": lambda event: event.kind,
    "userdeftype": lambda event: event.user_defined,
    "name": lambda event: event.name,
    "num": lambda event: event.number,
    "ani": lambda event: event.ani,
    "rdnis": lambda event: event.rdnis,
    "dnid": lambda event: event.dnid,
    "exten": lambda event: event.exten,
    "context": lambda event: event.context,
    "channame": lambda event: event.channel,
    "appname": lambda event: event.application,
    "appdata": lambda event: event.app_data,
    "amaflags": lambda event: str(event.ama_number),
    "accountcode": lambda event: event.accountcode,
    "uniqueid": lambda event: event.uniqueid,
    "linkedid": lambda event: event.linkedid,
    "peer": lambda event: event.peer,
    "peeraccount": lambda event: event.peeraccount,
    "userfield": lambda event: event.userfield,
    "eventextra": lambda event: event.extra,
    "tenantid": lambda event: "",
}
FIELDS |= {
    "usereventname": FIELDS["userdeftype"], "cidname": FIELDS["name"], "cidnum": FIELDS["num"],
    "cidani": FIELDS["ani"], "cidrdnis": FIELDS["rdnis"], "ciddnid": FIELDS["dnid"],
    "acctcode": FIELDS["accountcode"], "peeracct": FIELDS["peeraccount"], "extra": FIELDS["eventextra"],
    "bridgepeer": FIELDS["peer"],
}  # fmt: skip
