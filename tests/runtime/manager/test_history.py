"""Numbers of events, and what a client is given that lost its connection."""

import asyncio
from typing import Any

import pytest
from asterism.runtime.events import UserEvent
from asterism.runtime.manager import history
from asterism.runtime.manager.history import History
from asterism.runtime.manager.packets import EventPacket
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.runtime.manager.conftest import Bed, Client, Packet


async def login(client: Client, extra: str = "SequenceNumber: yes", events: str = "user") -> Packet:
    answer = await client.ask(f"Action: Login\nUsername: admin\nSecret: right\nEvents: {events}\n{extra}".rstrip("\n"))
    assert answer["Response"] == "Success"
    return answer


def happen(bed: Bed, *names: str) -> None:
    for name in names:
        bed.rt.bus.publish(UserEvent(None, name, {}))


async def test_nobody_who_has_not_asked_sees_numbers(bed: Bed) -> None:
    client = await bed.client()
    assert "SequenceNumber" not in await login(client, "")
    happen(bed, "One")
    assert "SequenceNumber" not in await client.event("UserEvent")
    assert not list(bed.server.history)


async def test_what_was_missed_comes_in_order_before_what_is_new(bed: Bed) -> None:
    client = await bed.client()
    run = (await login(client))["SequenceRun"]
    happen(bed, "One", "Two")
    first, second = await client.event("UserEvent"), await client.event("UserEvent")
    assert int(second["SequenceNumber"]) == int(first["SequenceNumber"]) + 1
    client.writer.close()
    while bed.server.connections:
        await asyncio.sleep(0)
    happen(bed, "Three", "Four")
    again = await bed.client()
    answer = await login(again, f"SequenceNumber: {first['SequenceNumber']}\nSequenceRun: {run}")
    happen(bed, "Five")
    assert (answer["MissedEvents"], answer["MissedAll"]) == ("3", "Yes")
    assert [(await again.event("UserEvent"))["UserEvent"] for _ in range(4)] == ["Two", "Three", "Four", "Five"]


async def test_filters_hold_for_what_was_missed(bed: Bed) -> None:
    await login(await bed.client())
    bed.rt.bus.publish(UserEvent(None, "Kept", {"Secret": "yes"}))
    bed.rt.bus.publish(UserEvent(None, "Seen", {}))
    client = await bed.client()
    run = bed.server.history.run
    answer = await client.ask(
        f"Action: Login\nUsername: filtered\nSecret: right\nEvents: user\nSequenceNumber: 0\nSequenceRun: {run}"
    )
    assert (await client.event("UserEvent"))["UserEvent"] == "Seen"
    assert answer["MissedEvents"] == "1"


@pytest.mark.parametrize(
    "wrong", ["SequenceRun: 00000000\nSequenceNumber: 0", "SequenceRun: {run}\nSequenceNumber: 99"]
)
async def test_it_is_told_when_something_is_lost(bed: Bed, wrong: str) -> None:
    await login(await bed.client())
    happen(bed, "One")
    answer = await login(await bed.client(), wrong.format(run=bed.server.history.run))
    assert answer["MissedAll"] == "No"


async def test_a_class_that_nobody_asked_for_is_not_whole(bed: Bed) -> None:
    await login(await bed.client(), events="user")
    run = bed.server.history.run
    answer = await login(await bed.client(), f"SequenceNumber: 0\nSequenceRun: {run}", events="user,dtmf")
    assert answer["MissedAll"] == "No"


async def test_what_is_kept_is_forgotten(bed: Bed, monkeypatch: Any) -> None:
    monkeypatch.setattr("asterism.runtime.manager.server.KEPT_S", 0.0)
    client = await bed.client()
    await login(client)
    happen(bed, "One")
    client.writer.close()
    while bed.server.history.classes:
        await asyncio.sleep(0)
    assert not list(bed.server.history)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.sampled_from(["call", "user"]), st.integers(1, 400)), max_size=30), st.integers(0, 30))
def test_it_never_says_that_all_is_there_when_it_is_not(told: list[tuple[str, int]], number: int) -> None:
    kept = History()
    kept.want(frozenset(("call", "user")))
    bounds = history.EVENTS_MAX, history.BYTES_MAX
    history.EVENTS_MAX, history.BYTES_MAX = 10, 1500
    try:
        for privilege, size in told:
            kept.number += 1
            kept.add(EventPacket([("Event", "X" * size), ("Privilege", privilege)], privilege, kept.number))
    finally:
        history.EVENTS_MAX, history.BYTES_MAX = bounds
    assert len(list(kept)) <= 10 and sum(len(each.wire()) for each in kept) <= 1500
    for classes in (frozenset(("call",)), frozenset(("call", "user"))):
        wanted = [at + 1 for at, (each, _) in enumerate(told) if each in classes and at + 1 > number]
        if kept.reaches(kept.run, number, classes):
            assert [each.number for each in kept.after(number, classes)] == wanted
