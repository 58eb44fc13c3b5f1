"""CDR and CDR_PROP: the call's record, while the call lasts."""

from asterism.runtime.channel import Channel
from asterism.runtime.declare import function
from asterism.runtime.errors import ArgumentError
from asterism.runtime.records.record import FIELDS, ama_name, ama_number
from asterism.runtime.settings import is_true

_SET_ELSEWHERE = ("accountcode", "peeraccount", "amaflags", "userfield")
_READ_ONLY = frozenset(FIELDS).difference(_SET_ELSEWHERE)


@function("CDR", see="CDR_PROP, ForkCDR, ResetCDR, CHANNEL", form="variable[,options]")
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
    if not variable:
        raise ArgumentError("CDR needs the name of a field")
    record = chan.switch.cdr.record(chan)
    return "" if record is None else record.value(variable, options)


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
    elif name == "userfield":
        chan.switch.cdr.set_userfield(chan, value)
    elif name in _READ_ONLY:
        chan.warn(f"CDR({name}) cannot be set")
    else:
        chan.switch.cdr.set_variable(chan, name, value)


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
    chan.switch.cdr.set_property(chan, name.lower(), is_true(value))
