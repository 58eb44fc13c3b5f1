"""The queue log, written by a program."""

from asterism.runtime.request import Response
from asterism.runtime.testing import TestRuntime

from .conftest import Do


async def test_a_line_in_the_queue_log(rt: TestRuntime, do: Do) -> None:
    lines: list[str] = []
    rt.log.queue_sinks.append(lines.append)
    assert await do("QueueLog", Queue="q1") == Response.error("Need 'Queue' and 'Event' parameters.")
    done = Response.success("Event added successfully")
    assert await do("QueueLog", Queue="q1", Event="FOO") == done
    assert await do("QueueLog", Queue="q1", Event="FOO", Uniqueid="u1", Interface="PJSIP/x", Message="a|b\n") == done
    found = [line.partition("|")[2] for line in lines]
    assert found == ["NONE|q1||FOO|", "u1|q1|PJSIP/x|FOO|a|b\\x0a"]


async def test_nobody_has_subscribed(rt: TestRuntime, do: Do) -> None:
    for direction in ("Inbound", "Outbound"):
        found = await do(f"PJSIPShowSubscriptions{direction}")
        assert (found.items, found.complete) == ((), f"{direction}SubscriptionDetailComplete")
        assert found.message == f"Following are Events for each {direction.lower()} Subscription"
