"""Who is party A and who is party B when channels share a bridge."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from asterism.runtime.events import BridgeSnapshot
from asterism.runtime.records.chain import Chain, Party, Record, State

if TYPE_CHECKING:
    from asterism.runtime.cdr import CallRecords


def enter(cdr: "CallRecords", chain: Chain, bridge: BridgeSnapshot, now: float) -> None:
    """A channel has entered a bridge: every pair of channels in it has one record."""
    first: Record | None = None
    for record in tuple(chain.records):
        record.follow(False, now)
        entered = _entered(cdr, record, bridge, now)
        if entered is None:
            continue
        first = first or record
        if not entered:
            # Nobody is its party B so far. Somebody who enters later may become so, and open it again.
            record.finish(now)
    if first is None:
        first = chain.append(now)
        if not _entered(cdr, first, bridge, now):
            first.finish(now)
    for other in _others(cdr, bridge, chain):
        for record in tuple(other.records):
            if _in(record, bridge) and _paired(cdr, first, record, now):
                break


def _entered(cdr: "CallRecords", record: Record, bridge: BridgeSnapshot, now: float) -> bool | None:
    """Move a record into a bridge.

    Returns:
        Whether it has a party B now, or is alone and so may get one; None when it is no record that could be moved.
    """
    if record.state is State.DIALED:
        record.state = State.DIAL
    if record.state not in (State.SINGLE, State.DIAL):
        return None
    dialling = record.state is State.DIAL
    record.bridge = bridge.uniqueid
    alone = len(bridge.channels) <= 1
    found = False if alone else _meets(cdr, record, bridge, dialling, now)
    record.state = State.BRIDGE
    return found or alone


def _meets(cdr: "CallRecords", record: Record, bridge: BridgeSnapshot, dialling: bool, now: float) -> bool:
    """Look for the party B of a record among those who are in the bridge already."""
    for other in _others(cdr, bridge, record.chain):
        for candidate in other.records:
            if not _in(candidate, bridge):
                continue
            if dialling:
                if record.b is None or record.b.channel is not candidate.a.channel:
                    continue
                _take(cdr, record, candidate, now)
                return True
            if _first(cdr, record.a, candidate.a) is record.a:
                _take(cdr, record, candidate, now)
                return True
            theirs = candidate.b
            if theirs is not None and theirs.channel is not record.a.channel:
                if _first(cdr, record.a, theirs) is not record.a:
                    continue
                cdr.pair(record, theirs.copy())
                return True
    return False


def _take(cdr: "CallRecords", record: Record, candidate: Record, now: float) -> None:
    """Make the party A of a record party B of another; its own is over unless it has a party B itself."""
    cdr.pair(record, candidate.a.copy())
    if candidate.b is None:
        candidate.finish(now)


def _paired(cdr: "CallRecords", record: Record, candidate: Record, now: float) -> bool:
    """See to it that two channels of a bridge have a record together; True when they have one."""
    theirs = candidate.a
    if record.b is not None and record.b.channel is theirs.channel:
        return True
    if _first(cdr, record.a, theirs) is record.a:
        _add(cdr, record, theirs, now)
    elif candidate.b is not None and candidate.b.channel is not record.a.channel:
        _add(cdr, candidate, record.a, now)
    else:
        cdr.pair(candidate, record.a.copy())
        candidate.end_s = 0.0  # It may have been chosen for nobody's party A before.
    return True


def _add(cdr: "CallRecords", record: Record, b: Party, now: float) -> None:
    """Begin a further record of a channel's time in the bridge, with somebody else."""
    new = record.chain.append(now)
    new.bridge, new.state = record.bridge, State.BRIDGE
    cdr.pair(new, b.copy())


def leave(cdr: "CallRecords", chain: Chain, bridge: BridgeSnapshot, now: float) -> None:
    """A channel has left a bridge: its records there are over, on both sides."""
    for record in chain.records:
        if _in(record, bridge):
            record.note(now)
            record.close(now)
    for record in cdr.with_party_b(chain.channel):
        if _in(record, bridge):
            record.close(now)


def _in(record: Record, bridge: BridgeSnapshot) -> bool:
    return record.state is State.BRIDGE and record.bridge == bridge.uniqueid


def _others(cdr: "CallRecords", bridge: BridgeSnapshot, mine: Chain) -> Iterator[Chain]:
    for chain in tuple(cdr.chains.values()):
        if chain is not mine and chain.channel.name in bridge.channels:
            yield chain


def _first(cdr: "CallRecords", left: Party, right: Party) -> Party:
    """Which of two is party A: who was not dialled, then who asks to be it, then who is older."""
    one, two = cdr.chains.get(left.channel.uniqueid), cdr.chains.get(right.channel.uniqueid)
    if one is not None and two is not None and one.dialed is not two.dialed:
        return right if one.dialed else left
    if left.preferred is not right.preferred:
        return left if left.preferred else right
    if one is not None and two is not None:
        return left if one.number <= two.number else right
    return left
