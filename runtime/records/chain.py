"""The records of one channel while it lives: how each comes about, and when it is closed.

Asterisk 12 drew up these rules ("Asterisk 12 CDR Specification"): a channel has a chain of records, in each of
which it is party A. A record is about one dial attempt, or about one time that two channels spent together in a
bridge, or about what a channel did alone.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import Enum

from asterism.runtime.causes import Cause
from asterism.runtime.channel import Channel
from asterism.runtime.records.conf import Rules
from asterism.runtime.records.record import CallRecord, Disposition


class State(Enum):
    """Where a record stands."""

    SINGLE = "the channel is alone"
    DIAL = "it dials, or is dialled"
    DIALED = "the dial has been answered"
    BRIDGE = "it is in a bridge"
    PARKED = "it is parked"
    CLOSED = "nothing more is noted"


@dataclass(slots=True)
class Party:
    """One side of a record, and what the dialplan has noted of it."""

    channel: Channel
    userfield: str = ""
    variables: dict[str, str] = field(default_factory=dict)
    preferred: bool = False
    "Whether it rather is party A: CDR_PROP(party_a)."

    def copy(self) -> "Party":
        """The same channel in another record."""
        return Party(self.channel, self.userfield, dict(self.variables), self.preferred)


@dataclass(frozen=True, slots=True)
class _Facts:
    """What a record takes over from a channel; live until the record is closed."""

    name: str
    uniqueid: str
    number: str
    caller_name: str
    accountcode: str
    amaflags: str
    dialed: bool = False


def _escaped(name: str) -> str:
    """A name as it stands between quotation marks."""
    return name.replace("\\", "\\\\").replace('"', '\\"')


def _facts(channel: Channel) -> _Facts:
    caller = channel.caller
    return _Facts(channel.name, channel.uniqueid, caller.number, caller.name, channel.accountcode, channel.amaflags)


_BY_CAUSE = {
    Cause.USER_BUSY: Disposition.BUSY,
    Cause.NORMAL_CIRCUIT_CONGESTION: Disposition.CONGESTION,
    Cause.NO_ROUTE_DESTINATION: Disposition.FAILED,
    Cause.NORMAL_CLEARING: Disposition.NO_ANSWER,
    Cause.NO_ANSWER: Disposition.NO_ANSWER,
}
_BY_STATUS = {
    "ANSWER": Disposition.ANSWERED,
    "BUSY": Disposition.BUSY,
    "CANCEL": Disposition.CANCEL,
    "NOANSWER": Disposition.NO_ANSWER,
    "CONGESTION": Disposition.CONGESTION,
}
"What a record says of a dial that ended so; FAILED of all others."


class Record:
    """One record of a chain."""

    def __init__(self, chain: "Chain", a: Party, sequence: int, now: float) -> None:
        self.chain = chain
        self.a = a
        self.b: Party | None = None
        self.state = State.SINGLE
        self.sequence = sequence
        self.start_s, self.answer_s, self.end_s = now, 0.0, 0.0
        self.disposition = Disposition.OPEN
        channel = a.channel
        self.context, self.exten = channel.context, channel.exten
        self.application = self.app_data = ""
        self.dialing = False
        "Whether the application is Dial, which what runs for it (subroutines) does not replace."
        self.linkedid = channel.linkedid
        self.bridge = ""
        self.disabled = False
        self._a_facts: _Facts | None = None
        self._b_facts: _Facts | None = None
        self._check_answer(now)

    @property
    def rules(self) -> Rules:
        """What cdr.conf says."""
        return self.chain.rules

    # --- party A ------------------------------------------------------------------------------

    def follow(self, moved: bool, now: float) -> bool:
        """Note what party A does now; True when this record takes no more of it.

        Args:
            moved: Whether it runs another priority than before.
            now: Seconds since the epoch.
        """
        if self.state is State.CLOSED:
            return True
        if self.state is State.DIALED and moved:
            if self.b is not None:
                self.close(now)
                return True
            self.state = State.SINGLE
        self.note(now)
        return False

    def note(self, now: float) -> None:
        """Take over where party A is and what it runs."""
        channel = self.a.channel
        if channel.ended and self.rules.endbeforehexten:
            if not self.end_s and not self.chain.in_subroutine:
                self.context, self.exten = channel.context, channel.exten  # Where it was when it ended.
            self.finish(now)
            return
        if channel.ended or not self.chain.in_subroutine:
            self.context, self.exten = channel.context, channel.exten
        application = channel.application
        outside = application.lower().startswith("appdial")
        if application and not self.dialing and (not outside or not self.application):
            self.application, self.app_data = application, channel.app_data
            # What runs before a called phone rings, or when it has answered, would hide that this is a Dial.
            self.dialing = application == "Dial"
        self.linkedid = channel.linkedid
        self._check_answer(now)

    def _check_answer(self, now: float) -> None:
        if not self.answer_s and self.a.channel.is_up:
            self.answer_s = now

    # --- the end ------------------------------------------------------------------------------

    def finish(self, now: float) -> None:
        """Set the end and what became of it, once; a bridge may yet open it again."""
        if self.end_s:
            return
        self.end_s = now
        if self.disposition is Disposition.OPEN:
            if self.answer_s:
                self.disposition = Disposition.ANSWERED
            else:
                found = _BY_CAUSE.get(Cause(self.a.channel.cause)) if self.a.channel.cause else None
                self.disposition = self._allowed(found or Disposition.OPEN)

    def close(self, now: float) -> None:
        """Note nothing more."""
        if self.state is State.CLOSED:
            return
        self.state = State.CLOSED
        self.finish(now)
        self._a_facts = replace(_facts(self.a.channel), dialed=self.chain.dialed)
        if self.b is not None:
            self._b_facts = _facts(self.b.channel)

    def _allowed(self, disposition: Disposition) -> Disposition:
        """The words that cdr.conf must ask for are other words without it."""
        if disposition is Disposition.CONGESTION and not self.rules.congestion:
            return Disposition.FAILED
        if disposition is Disposition.CANCEL and not self.rules.canceldispositionenabled:
            return Disposition.NO_ANSWER
        return disposition

    @property
    def of_dialed(self) -> bool:
        """Whether party A was only called by somebody, whose record tells of it."""
        return self.chain.dialed if self._a_facts is None else self._a_facts.dialed

    # --- dialling -----------------------------------------------------------------------------

    def dial_begins(self, caller: Channel | None, peer: Channel, now: float) -> bool:
        """A dial attempt begins; False when this record is about something else and another one is needed."""
        if self.state is not State.SINGLE:
            return False
        self.note(now)
        if caller is not None:
            self.b = Party(peer)
        self.state = State.DIAL
        return True

    def dial_ends(self, caller: Channel | None, peer: Channel, status: str, now: float) -> None:
        """A dial attempt has ended."""
        if self.state is not State.DIAL or self.a.channel is not (caller or peer):
            return
        if self.b is not None and self.b.channel is not peer:
            return
        self.note(now)
        self.disposition = self._allowed(_BY_STATUS.get(status, Disposition.FAILED))
        if self.disposition is Disposition.ANSWERED:
            self.state = State.DIALED
        else:
            self.close(now)

    # --- what comes of it ---------------------------------------------------------------------

    def written(self, now: float) -> CallRecord:
        """The record as it is now."""
        a = self._a_facts or _facts(self.a.channel)
        b = None if self.b is None else self._b_facts or _facts(self.b.channel)
        userfield, variables = self.a.userfield, self.a.variables
        if self.b is not None:
            variables = {**self.b.variables, **variables}
            if self.b.userfield:
                userfield = f"{userfield};{self.b.userfield}"
        return CallRecord(
            accountcode=a.accountcode,
            src=a.number,
            dst=self.exten,
            dcontext=self.context,
            clid=f'"{_escaped(a.caller_name)}" <{a.number}>',
            channel=a.name,
            dstchannel="" if b is None else b.name,
            lastapp=self.application,
            lastdata=self.app_data,
            start_s=self.start_s,
            answer_s=self.answer_s,
            end_s=self.end_s,
            disposition=self.disposition,
            amaflags=a.amaflags,
            uniqueid=a.uniqueid,
            userfield=userfield,
            peeraccount="" if b is None else b.accountcode,
            linkedid=self.linkedid,
            sequence=self.sequence,
            initiated_seconds=self.rules.initiatedseconds,
            read_s=now,
            variables=variables,
        )


class Chain:
    """The records in which one channel is party A, in order of their beginning."""

    def __init__(self, channel: Channel, number: int, rules: Rules, sequence: Callable[[], int]) -> None:
        self.channel = channel
        self.number = number
        "Which chain this is: the older channel is party A, where nothing else decides."
        self.rules = rules
        self.originated = False
        self.alone = False
        "Whether it runs a dialplan of its own, though it was called."
        self._sequence = sequence
        self.stood = self._place()
        self.records: list[Record] = []

    @property
    def last(self) -> Record:
        """The latest record."""
        return self.records[-1]

    @property
    def dialed(self) -> bool:
        """Whether somebody's dialplan called it."""
        return self.channel.outgoing and not self.originated and not self.alone

    @property
    def in_subroutine(self) -> bool:
        """Whether the channel is in a subroutine: where it is, is nowhere that anybody dialled."""
        return bool(self.channel.frames) or self.channel.variables.get("MACRO_DEPTH", "0") not in ("", "0")

    def told(self) -> str:
        """All records in a line, for whoever looks for the reason of one."""
        return "; ".join(
            f"{record.sequence} {record.state.name} with {record.b.channel.name if record.b else 'nobody'}"
            for record in self.records
        )

    def begin(self, now: float) -> None:
        """Begin the first record."""
        first = Record(self, Party(self.channel), self._sequence(), now)
        first.disabled = not self.rules.channeldefaultenabled
        self.records.append(first)

    def append(self, now: float) -> Record:
        """Begin another record, with what the last one knows of party A."""
        last = self.last
        record = Record(self, last.a.copy(), self._sequence(), now)
        record.context, record.exten = last.context, last.exten
        record.application, record.app_data = last.application, last.app_data
        record.disabled = last.disabled
        self.records.append(record)
        return record

    def follow(self, now: float, *, runs: bool = False) -> None:
        """Look at what the channel does now; `runs` when an application has just started."""
        before, self.stood = self.stood, self._place()
        moved = runs and self._moved(before)
        if moved and not self.in_subroutine:
            self.alone = True
        rejected = True
        for record in tuple(self.records):
            rejected &= record.follow(moved, now)
        if rejected and moved:
            self.append(now).follow(moved, now)

    def _place(self) -> tuple[str, str, int, str]:
        channel = self.channel
        return channel.context, channel.exten, channel.priority, channel.application

    def _moved(self, before: tuple[str, str, int, str]) -> bool:
        if self.channel.ended and self.rules.endbeforehexten:
            return False
        # Back to AppDial goes what an originated channel ran: nothing new begins with that.
        return self.stood != before and not self.channel.application.lower().startswith("appdial")

    def fork(self, options: str, now: float) -> bool:
        """Begin another record about the same (ForkCDR); False when all is over already."""
        old = self.last
        if old.state is State.CLOSED:
            return False
        new = self.append(now)
        new.start_s, new.answer_s = old.start_s, old.answer_s
        if "a" in options and self.channel.is_up:
            new.answer_s = now
        if "r" in options:
            new.start_s = new.answer_s = now
        if "v" in options:
            new.a.variables = {}
        if "e" in options:
            for record in self.records[:-1]:
                record.close(now)
        return True

    def reset(self, keep_variables: bool, now: float) -> None:
        """Begin the time anew (ResetCDR)."""
        for record in self.records:
            if not keep_variables:
                record.a.variables = {}
            record.start_s, record.answer_s, record.end_s = now, 0.0, 0.0
            record._check_answer(now)
