"""cdr show status, cdr show active, cdr submit, cdr set debug, cel show status."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from asterism.runtime.declare import Table, command
from asterism.runtime.records.cel_event import EVENTS
from asterism.runtime.records.chain import Chain
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
_RULE = "-" * 50

_OF_ONE = (
    ("AccountCode", 10), ("CallerID", 20), ("Dst. Channel", 25), ("LastApp", 15), ("Data", 15), *_ACTIVE[3:],
)  # fmt: skip


def _times(first: CallRecord, last: CallRecord) -> tuple[object, ...]:
    """When it began, was answered, and ended or has come to by now; then how long it was paid for, and was."""
    start, answer, end = first.start_s, first.answer_s or last.answer_s, last.end_s or last.read_s
    times = (moment(seconds)[11:] for seconds in (start, answer, end))
    return (*times, int(end - answer) if answer else 0, int(end - start))


def _row(records: Sequence[CallRecord]) -> tuple[object, ...]:
    first, last = records[0], records[-1]
    return (last.channel, last.dstchannel or "<none>", last.lastapp, *_times(first, last))


def _row_of_one(record: CallRecord) -> tuple[object, ...]:
    place = (record.accountcode, record.clid, record.dstchannel or "<none>", record.lastapp, record.lastdata)
    return (*place, *_times(record, record))


def _filled(columns: tuple[tuple[str, int], ...]) -> Callable[[Sequence[object]], str]:
    """Asterisk fills the last column with blanks too, and writes seconds with eight digits."""

    def line(row: Sequence[object]) -> str:
        cells = (f"{cell:08d}" if isinstance(cell, int) else str(cell) for cell in row)
        return " ".join(f"{cell:<{width}.{width}}" for cell, (_, width) in zip(cells, columns, strict=True))

    return line


@command("cdr show active [<channel>]", see="cdr show status")
def cdr_show_active(rt: "Runtime", channel: str = "") -> Table | list[str]:
    """Show the calls under way that records are kept of, or the records of one channel.

    Channels that somebody's dialplan has called are told as the other side of his call.
    """
    rt.cdr.wake()
    if channel:
        found = rt.channels.get(channel)
        chain = None if found is None else rt.cdr.chain(found)
        if chain is None:
            return [f"Unknown channel: {channel}"]
        title = f"Call Detail Record (CDR) Information for {channel}"
        rows = [_row_of_one(record) for record in _kept(chain, rt.now())]
        return Table(_OF_ONE, rows, above=("", title, _RULE), line=_filled(_OF_ONE))
    kept = (_kept(chain, rt.now()) for chain in reversed(rt.cdr.chains.values()))
    rows = [_row(records) for records in kept if records]
    title = "Channels with Call Detail Record (CDR) Information"
    return Table(_ACTIVE, rows, above=("", title, _RULE), line=_filled(_ACTIVE))


def _kept(chain: Chain, now: float) -> list[CallRecord]:
    return [record.written(now) for record in chain.records if not record.of_dialed]


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


@command("cdr set debug on|off", see="cdr show active")
def cdr_set_debug(rt: "Runtime", state: str) -> str:
    """Let the log tell how each record comes about, or no more."""
    wanted = state == "on"
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
