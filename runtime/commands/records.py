"""cdr show status, cdr show active, cdr submit, cdr set debug, cel show status."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from asterism.runtime.declare import Table, command
from asterism.runtime.errors import ArgumentError
from asterism.runtime.records.cel_event import EVENTS
from asterism.runtime.records.record import CallRecord, moment

if TYPE_CHECKING:
    from asterism.runtime.runtime import Runtime


def _answer(on: bool) -> str:
    return "Yes" if on else "No"


@command("cdr show status", see="cdr show active, cdr submit")
def cdr_show_status(rt: "Runtime") -> Iterator[str]:
    """Show how call detail records are kept, and by which back ends."""
    rules, batch = rt.cdr.rules, rt.cdr.batch
    yield ""
    yield "Call Detail Record (CDR) settings"
    yield "----------------------------------"
    yield f"  Logging:                    {'Enabled' if rules.enable else 'Disabled'}"
    yield f"  Mode:                       {'Batch' if rules.batch else 'Simple'}"
    if not rules.enable:
        yield ""
        return
    yield f"  Log calls by default:       {_answer(rules.channeldefaultenabled)}"
    yield f"  Log unanswered calls:       {_answer(rules.unanswered)}"
    yield f"  Log congestion:             {_answer(rules.congestion)}"
    yield ""
    yield f"  Ignore bridging changes:    {_answer(rules.ignorestatechanges)}"
    yield ""
    yield f"  Ignore dial state changes:  {_answer(rules.ignoredialchanges)}"
    yield ""
    yield f"  Cancel disposition enabled: {_answer(rules.canceldispositionenabled)}"
    yield ""
    if rules.batch:
        count, seconds = len(batch.waiting), round(batch.left_s)
        yield "* Batch Mode Settings"
        yield "  -------------------"
        yield f"  Safe shutdown:              {_answer(rules.safeshutdown)}"
        model = "Scheduler only" if rules.scheduleronly else "Scheduler plus separate threads"
        yield f"  Threading model:            {model}"
        yield f"  Current batch size:         {count} record{'' if count == 1 else 's'}"
        yield f"  Maximum batch size:         {rules.size} record{'' if rules.size == 1 else 's'}"
        yield f"  Maximum batch time:         {rules.time} second{'' if rules.time == 1 else 's'}"
        yield f"  Next batch processing time: {seconds} second{'' if seconds == 1 else 's'}"
        yield ""
    yield "* Registered Backends"
    yield "  -------------------"
    names = sorted({outlet.backend.name for outlet in batch.outlets})
    for name in names or ["(none)"]:
        yield f"    {name}"
    for outlet in batch.outlets:
        if len(outlet) or outlet.lost:
            yield f"    {outlet.backend.name}: {len(outlet)} waiting, {outlet.lost} lost"
    yield ""


_ACTIVE = (
    ("Channel", 25), ("Dst. Channel", 25), ("LastApp", 15), ("Start", 8), ("Answer", 8), ("End", 8),
    ("Billsec", 8), ("Duration", 8),
)  # fmt: skip


def _row(record: CallRecord) -> tuple[object, ...]:
    times = (moment(seconds)[11:] for seconds in (record.start_s, record.answer_s, record.end_s))
    dstchannel = record.dstchannel or "<none>"
    return (record.channel, dstchannel, record.lastapp, *times, record.billsec, record.duration)


@command("cdr show active [<channel>]", see="cdr show status")
def cdr_show_active(rt: "Runtime", channel: str = "") -> Table:
    """Show the records of calls under way; of one channel when it is named.

    Raises:
        ArgumentError: There is no such channel.
    """
    rt.cdr.wake()
    if not channel:
        records = [record.written(rt.now()) for chain in rt.cdr.chains.values() for record in chain.records]
        title = "Channels with Call Detail Record (CDR) Information"
    else:
        found = rt.channels.get(channel)
        chain = None if found is None else rt.cdr.chain(found)
        if chain is None:
            raise ArgumentError(f"Unknown channel: {channel}")
        records = [record.written(rt.now()) for record in chain.records]
        title = f"Call Detail Record (CDR) Information for {channel}"
    above = ("", title, "-" * 50)
    return Table(_ACTIVE, [_row(record) for record in records], above=above)


@command("cdr submit", see="cdr show status")
def cdr_submit(rt: "Runtime") -> str:
    """Hand the batch of records to the back ends now."""
    rules = rt.cdr.rules
    if not rules.enable:
        return "Cannot submit CDR batch: CDR engine disabled."
    if not rules.batch:
        return "Cannot submit CDR batch: batch mode not enabled."
    rt.cdr.batch.submit()
    return "Submitted CDRs to backend engines for processing.  This may take a while."


@command("cdr set debug [on|off]", see="cdr show active")
def cdr_set_debug(rt: "Runtime", state: str = "") -> str:
    """Let the log tell how each record comes about, or no more; the other way than now when nothing is said."""
    wanted = not rt.cdr.debug if not state else state == "on"
    if wanted is rt.cdr.debug:
        return f"CDR debugging is already {'enabled' if wanted else 'disabled'}"
    rt.cdr.debug = wanted
    return f"CDR debugging {'enabled' if wanted else 'disabled'}"


@command("cel show status")
def cel_show_status(rt: "Runtime") -> Iterable[str]:
    """Show which events of channels are logged, and by which back ends."""
    conf = rt.cel.conf
    yield f"CEL Logging: {'Enabled' if conf.enable else 'Disabled'}"
    if not conf.enable:
        return
    if set(EVENTS) <= conf.events:
        yield "CEL Tracking Event: ALL"
    for name in EVENTS:
        if name in conf.events:
            yield f"CEL Tracking Event: {name}"
    for name in sorted(conf.apps):
        yield f"CEL Tracking Application: {name}"
    for outlet in rt.cel.batch.outlets:
        yield f"CEL Event Subscriber: {outlet.backend.name}"
