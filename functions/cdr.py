"""CDR: the call's record, while the call lasts."""

import time
from collections.abc import Callable

from asterism.functions import indirect
from asterism.runtime import callerid
from asterism.runtime.channel import Channel
from asterism.runtime.declare import function
from asterism.runtime.errors import ArgumentError

AMA_FLAGS = {"OMIT": 1, "BILLING": 2, "DOCUMENTATION": 3, "DEFAULT": 3}
NONE_YET, ANSWERED = (1, "NO ANSWER"), (8, "ANSWERED")
_OF_DIAL = {
    "ANSWER": ANSWERED,
    "BUSY": (4, "BUSY"),
    "NOANSWER": (0, "NO ANSWER"),
    "CANCEL": (0, "NO ANSWER"),
    "CONGESTION": (2, "FAILED"),
    "CHANUNAVAIL": (2, "FAILED"),
}
"""What a record says of a Dial that has just ended."""
_READ_ONLY = frozenset(
    (
        "clid", "src", "dst", "dcontext", "channel", "dstchannel", "lastapp", "lastdata", "start", "answer", "end",
        "duration", "billsec", "disposition", "uniqueid", "linkedid", "sequence",
    )
)  # fmt: skip


def kept(chan: Channel) -> dict[str, str]:
    """Return what the dialplan has set of a channel's record: `userfield`, and fields of its own."""
    found: dict[str, str] = chan.datastores.setdefault("cdr", {})
    return found


@function("CDR", see="CDR_PROP, CHANNEL", form="variable[,options]")
def cdr(chan: Channel, variable: str, options: str = "") -> str:
    """Read or set a field of the call's record.

    Args:
        variable: clid, src, dst, dcontext, channel, dstchannel, lastapp, lastdata, start, answer, end, duration,
            billsec, disposition, amaflags, accountcode, peeraccount, uniqueid, linkedid, userfield, sequence; or any
            other name, which goes into the record as it is set. In any case.
        options: u (times as seconds since the epoch, flags and disposition as numbers), f (duration and billsec with
            fractions).
    Compat: func_cdr. A call is NO ANSWER here until it is bridged; right after Dial its outcome is told. Only
        amaflags, accountcode, userfield, and names of the dialplan's own can be set.
    """
    name = variable.lower()
    if not name:
        raise ArgumentError("CDR needs the name of a field")
    reader = _READERS.get(name)
    return kept(chan).get(name, "") if reader is None else reader(chan, options)


@cdr.write
def _set(chan: Channel, variable: str, options: str = "", value: str = "") -> None:
    name = variable.lower()
    if not name:
        raise ArgumentError("CDR needs the name of a field")
    if name == "accountcode":
        chan.warn("CDR(accountcode) is set by CHANNEL(accountcode) nowadays")
        chan.set_accountcode(value)
    elif name == "peeraccount":
        chan.warn("CDR(peeraccount) cannot be set: CHANNEL(peeraccount) is")
    elif name == "amaflags":
        chan.amaflags = ama_name(ama_number(value))
    elif name in _READ_ONLY:
        chan.warn(f"CDR({name}) cannot be set")
    else:
        kept(chan)[name] = value


def ama_number(text: str) -> int:
    """Read an AMA flag, by its word or number; 0 for what is none."""
    return AMA_FLAGS.get(text.upper(), max(0, indirect.integer(text) or 0))


def ama_name(number: int) -> str:
    """Write an AMA flag: its word, or the number that is none."""
    return next((name for name, its in AMA_FLAGS.items() if its == number), str(number))


@function("CDR_PROP", see="CDR")
def cdr_prop(chan: Channel, name: str) -> str:
    """Change how the call's record is made: `Set(CDR_PROP(name)=1)`.

    Args:
        name: disable (there will be no record), or party_a (the channel is the caller of its record).
    Compat: func_cdr.
    """
    raise ArgumentError("CDR_PROP cannot be read")


@cdr_prop.write
def _set_prop(chan: Channel, name: str, value: str = "") -> None:
    if name.lower() not in ("disable", "party_a"):
        raise ArgumentError(f"CDR_PROP: '{name}' is neither disable nor party_a")
    properties = chan.datastores.setdefault("cdr properties", {})
    properties[name.lower()] = value.lower() in ("1", "yes", "true", "on", "y", "t")


# --- the fields ------------------------------------------------------------------------------


def _when(seconds: float, options: str) -> str:
    if "u" in options:
        return f"{seconds:.6f}"
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds)) if seconds else ""


def _since(chan: Channel, start: float, options: str) -> str:
    seconds = chan.now() - start if start else 0.0
    return f"{seconds:f}" if "f" in options else str(int(seconds))


def _disposition(chan: Channel, options: str) -> str:
    number, word = ANSWERED if chan.bridge is not None else NONE_YET
    if chan.application == "Dial" and chan.bridge is None:
        number, word = _OF_DIAL.get(chan.variables.get("DIALSTATUS", ""), NONE_YET)
    return str(number) if "u" in options else word


def _flags(chan: Channel, options: str) -> str:
    number = ama_number(chan.amaflags)
    if "u" in options:
        return str(number)
    return ama_name(number) if number in AMA_FLAGS.values() else "Unknown"


def _peer(chan: Channel, options: str) -> str:
    return "" if chan.peer is None else chan.peer.name


def _clid(chan: Channel, options: str) -> str:
    return callerid.written(chan.caller) if chan.caller.number or chan.caller.name else ""


_READERS: dict[str, Callable[[Channel, str], str]] = {
    "clid": _clid,
    "src": lambda chan, options: chan.caller.number,
    "dst": lambda chan, options: chan.exten,
    "dcontext": lambda chan, options: chan.context,
    "channel": lambda chan, options: chan.name,
    "dstchannel": _peer,
    "lastapp": lambda chan, options: chan.application,
    "lastdata": lambda chan, options: chan.app_data,
    "start": lambda chan, options: _when(chan.created_s, options),
    "answer": lambda chan, options: _when(chan.answered_s, options),
    "end": lambda chan, options: _when(0.0, options),
    "duration": lambda chan, options: _since(chan, chan.created_s, options),
    "billsec": lambda chan, options: _since(chan, chan.answered_s, options),
    "disposition": _disposition,
    "amaflags": _flags,
    "accountcode": lambda chan, options: chan.accountcode,
    "peeraccount": lambda chan, options: "" if chan.peer is None else chan.peer.accountcode,
    "uniqueid": lambda chan, options: chan.uniqueid,
    "linkedid": lambda chan, options: chan.linkedid,
    "sequence": lambda chan, options: chan.uniqueid.rpartition(".")[2],
}
