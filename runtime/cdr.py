"""Call detail records: what each call was, who with whom and for how long.

A listener of the bus. It keeps a chain of records for each channel (`records/chain.py`), moves them on by what
happens, and hands the finished ones to the back ends when the channel has ended.
"""

import itertools
from collections.abc import Callable, Iterator
from typing import Any

from asterism.dialplan.plan import Plan
from asterism.dialplan.source import Step
from asterism.runtime.channel import Channel
from asterism.runtime.events import (
    ApplicationStart,
    BridgeEnter,
    BridgeLeave,
    ChannelEvent,
    ChannelSnapshot,
    DialBegin,
    DialEnd,
    Event,
    Hangup,
    Newchannel,
    Newstate,
    SoftHangupRequest,
)
from asterism.runtime.records import backends
from asterism.runtime.records.bridging import enter, leave
from asterism.runtime.records.chain import Chain, Party, Record, State
from asterism.runtime.records.conf import Rules
from asterism.runtime.records.journal import Journal
from asterism.runtime.records.listening import Listening
from asterism.runtime.records.outlet import Backend
from asterism.runtime.records.record import CallRecord, Disposition
from asterism.runtime.settings import read
from asterism.runtime.switch import Switch

FILE = "cdr.conf"

_MEETING = frozenset((
    "AppDial", "AppDial2", "AppQueue", "Bridge", "BridgeWait", "ConfBridge", "Dial", "FollowMe", "Page", "Park",
    "ParkedCall", "Pickup", "PickupChan", "Queue",
))  # fmt: skip
"Applications that lead a channel into a bridge."


_ASKING = frozenset(("forkcdr", "resetcdr"))


def _asks(step: Step) -> bool:
    return "CDR" in step.data or step.application.lower() in _ASKING


def _steps(plan: Plan) -> Iterator[Step]:
    for context in plan.contexts.values():
        for group in (*context.literals.values(), *context.texts.values()):
            for extension in group:
                yield from extension.steps.values()


class CallRecords(Listening[CallRecord]):
    """The call detail records of one runtime.

    Without a back end, and as long as nothing asks for a record, it does not listen and costs nothing.
    """

    def __init__(self, switch: Switch) -> None:
        super().__init__(switch)
        self.rules = Rules()
        self.chains: dict[str, Chain] = {}
        "By unique id of the channel."
        self._partners: dict[str, list[Record]] = {}
        "Records by unique id of their party B."
        self._journaled = False
        self.debug = False
        "Whether the log tells how each record comes about."
        self._sequence = itertools.count()
        self._number = itertools.count()

    # --- life ---------------------------------------------------------------------------------

    async def reload(self) -> None:
        """Read the configuration, at the start and again; records under way go on by the new rules.

        Raises:
            ConfigError: A file is lost as a whole; the old ones stay in force.
        """
        complain = self._switch.complain
        config = self._switch.configuration(FILE, complain) if self._switch.has_config(FILE) else None
        rules = Rules() if config is None else read(Rules, config.lines("general"), complain)
        found = backends.of_cdr(self._switch, config, complain) if rules.enable else []
        if rules.debug is not self.rules.debug:
            self.debug = rules.debug
        self.rules = rules
        for chain in self.chains.values():
            chain.rules = rules
        journal = None
        if rules.batch and not self._journaled:
            self._journaled = True
            journal = Journal(self._switch.directories.spool / "cdr-batch", self._switch.log)
        await self.batch.change(found, rules, journal)
        if self.batch.outlets:
            self.wake()
        elif not rules.enable:
            self._sleep()

    def register(self, backend: Backend[CallRecord]) -> Callable[[], None]:
        """Give finished records to a back end of one's own; returns how to stop."""
        self.wake()
        return self.batch.add(backend)

    # --- listening ----------------------------------------------------------------------------

    def wake(self) -> None:
        """Begin to keep records; channels that are there already get theirs from now on."""
        if self._stops or not self.rules.enable:
            return
        told: dict[type[Event], Callable[[Any], None]] = {
            Newchannel: self._created,
            Newstate: self._changed,
            ApplicationStart: self._runs,
            SoftHangupRequest: self._changed,
            DialBegin: self._dial_begins,
            DialEnd: self._dial_ends,
            BridgeEnter: self._enters,
            BridgeLeave: self._leaves,
            Hangup: self._ended,
        }
        for channel in self._switch.channels.values():
            self._begin(channel)
        self._listen(told)

    def look(self, plan: Plan) -> None:
        """Begin to keep records if a dialplan that is put into force reads or changes them."""
        if not self._stops and self.rules.enable and any(map(_asks, _steps(plan))):
            self.wake()

    def _sleep(self) -> None:
        super()._sleep()
        self.chains.clear()
        self._partners.clear()

    def _begin(self, channel: Channel) -> Chain:
        now = self._switch.now()
        chain = Chain(channel, next(self._number), self.rules, lambda: next(self._sequence))
        chain.begin(now)
        self.chains[channel.uniqueid] = chain
        first = chain.last
        if channel.created_s < now:
            first.start_s, first.answer_s = channel.created_s, channel.answered_s
            first.note(now)
        return chain

    def chain(self, channel: Channel) -> Chain | None:
        """The records of a channel, for whoever reads or changes them; None where none are kept."""
        if not self.rules.enable:
            return None
        self.wake()
        return self.chains.get(channel.uniqueid)

    def _say(self, text: str) -> None:
        if self.debug:
            self._switch.log.verbose(1, f"CDR: {text}")

    def _chain_of(self, snapshot: ChannelSnapshot | None) -> Chain | None:
        return None if snapshot is None else self.chains.get(snapshot.uniqueid)

    def pair(self, record: Record, party: Party) -> None:
        """Make somebody party B of a record."""
        record.b = party
        records = self._partners.setdefault(party.channel.uniqueid, [])
        if record not in records:
            records.append(record)

    # --- what happens -------------------------------------------------------------------------

    def _created(self, event: Newchannel) -> None:
        channel = self._switch.channels.get(event.channel.channel)
        if channel is not None:
            self._begin(channel)

    def _changed(self, event: ChannelEvent) -> None:
        chain = self._chain_of(event.channel)
        if chain is not None:
            chain.follow(self._switch.now())

    def _runs(self, event: ApplicationStart) -> None:
        chain = self._chain_of(event.channel)
        if chain is not None:
            chain.follow(self._switch.now(), runs=True)

    def _dial_begins(self, event: DialBegin) -> None:
        peer, caller = self._chain_of(event.dest), self._chain_of(event.channel)
        if peer is None or self.rules.ignoredialchanges:
            return
        if event.channel is None:
            peer.originated = True
        chain = caller or peer
        now = self._switch.now()
        self._say(f"{chain.channel.name} dials {peer.channel.name}")
        by = None if caller is None else caller.channel
        for record in chain.records:
            if record.dial_begins(by, peer.channel, now):
                break
        else:
            record = chain.append(now)
            record.dial_begins(by, peer.channel, now)
        if record.b is not None:
            self.pair(record, record.b)

    def _dial_ends(self, event: DialEnd) -> None:
        peer, caller = self._chain_of(event.dest), self._chain_of(event.channel)
        chain = caller or peer
        if chain is None or peer is None or self.rules.ignoredialchanges:
            return
        by = None if caller is None else caller.channel
        self._say(f"the dial of {chain.channel.name} to {peer.channel.name} ends: {event.dial_status}")
        for record in tuple(chain.records):
            record.dial_ends(by, peer.channel, event.dial_status, self._switch.now())

    def _enters(self, event: BridgeEnter) -> None:
        chain = self._chain_of(event.channel)
        if chain is None:
            return
        if chain.channel.application not in _MEETING and chain.originated:
            # It did not go there by itself: from now on it is somebody's party, not one that called.
            chain.originated = chain.alone = False
        if not self.rules.ignorestatechanges:
            enter(self, chain, event.bridge, self._switch.now())
            self._say(f"{chain.channel.name} is in bridge {event.bridge.uniqueid}: {chain.told()}")

    def _leaves(self, event: BridgeLeave) -> None:
        chain = self._chain_of(event.channel)
        if chain is not None and not self.rules.ignorestatechanges:
            leave(self, chain, event.bridge, self._switch.now())
            self._say(f"{chain.channel.name} has left bridge {event.bridge.uniqueid}: {chain.told()}")

    def with_party_b(self, channel: Channel) -> list[Record]:
        """The records in which a channel is party B."""
        return [record for record in self._partners.get(channel.uniqueid, ()) if record.b is not None]

    def _ended(self, event: Hangup) -> None:
        chain = self.chains.pop(event.channel.uniqueid, None)
        if chain is None:
            return
        now = self._switch.now()
        self._say(f"{chain.channel.name} has ended: {chain.told()}")
        for record in chain.records:
            if record.state is not State.CLOSED:
                record.note(now)
            record.close(now)
            if record.b is not None:
                records = self._partners.get(record.b.channel.uniqueid, [])
                if record in records:
                    records.remove(record)
        for record in self._partners.pop(chain.channel.uniqueid, ()):
            record.close(now)
        for record in chain.records:
            if record.b is not None or not record.of_dialed:
                self._finished(record, now)

    def _finished(self, record: Record, now: float) -> None:
        written = record.written(now)
        alone = not written.dstchannel
        unanswered = written.disposition is not Disposition.ANSWERED
        if not record.disabled and (self.rules.unanswered or not (alone and unanswered)):
            self.batch.put(written)

    # --- what the dialplan says ---------------------------------------------------------------

    def record(self, channel: Channel) -> CallRecord | None:
        """The latest record of a channel as it is now; None where none is kept."""
        chain = self.chain(channel)
        return None if chain is None else chain.last.written(self._switch.now())

    def set_userfield(self, channel: Channel, text: str) -> None:
        """Set `CDR(userfield)` on whatever side the channel is."""
        for party in self._parties(channel):
            party.userfield = text

    def set_variable(self, channel: Channel, name: str, value: str) -> None:
        """Set a variable of one's own, `CDR(name)`."""
        for party in self._parties(channel):
            party.variables[name.lower()] = value

    def _parties(self, channel: Channel) -> list[Party]:
        chain = self.chain(channel)
        if chain is None:
            return []
        found = [each.a for each in chain.records if each.state is not State.CLOSED or each is chain.last]
        found += [
            each.b for each in self.with_party_b(channel) if each.b is not None and each.state is not State.CLOSED
        ]
        return found

    def fork(self, channel: Channel, options: str) -> bool:
        """Begin another record (ForkCDR, its options); False when all of the channel's are finished."""
        chain = self.chain(channel)
        return chain is not None and chain.fork(options, self._switch.now())

    def reset(self, channel: Channel, *, keep_variables: bool = False) -> None:
        """Let the records of a channel begin now (ResetCDR)."""
        chain = self.chain(channel)
        if chain is not None:
            chain.reset(keep_variables, self._switch.now())

    def set_property(self, channel: Channel, name: str, on: bool) -> None:
        """Set CDR_PROP: `disable`, or `party_a`."""
        chain = self.chain(channel)
        for record in () if chain is None else chain.records:
            if record.state is State.CLOSED:
                continue
            if name == "disable":
                record.disabled = on
            else:
                record.a.preferred = on
