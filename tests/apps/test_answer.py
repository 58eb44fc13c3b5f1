"""Answer, Hangup, Ringing, Progress, Busy, Congestion."""

import asyncio

import pytest
from asterism.runtime.causes import Cause
from asterism.runtime.log import Level
from asterism.runtime.testing import TestRuntime


async def run(rt: TestRuntime, *steps: str) -> tuple[int, float]:
    """The cause and the duration of a call that runs these steps."""
    rt.extensions("[default]\nexten => 1,1," + "\n same => n,".join(steps))
    call = await rt.phone("alice").call("1@default")
    began = rt.now()
    await call.over()
    return call.cause, rt.now() - began


async def test_answer_takes_the_call_and_waits_the_delay(rt: TestRuntime) -> None:
    rt.extensions("[default]\nexten => 1,1,Answer(1500)\n same => n,Wait(10)")
    call = await rt.phone("alice").call("1@default")
    began = rt.now()
    await call.until("up")
    await call.over()
    assert rt.now() - began == pytest.approx(11.5, abs=0.5)


@pytest.mark.parametrize("argument", ["abc", "-5", "2000,i", ""])
async def test_answer_does_not_wait_for_nothing(rt: TestRuntime, argument: str) -> None:
    _, seconds = await run(rt, f"Answer({argument})", "Hangup()")
    assert seconds < 0.5


@pytest.mark.parametrize(
    "argument,cause",
    [("", 16), ("17", 17), ("USER_BUSY", 17), ("no_answer", 19), ("0", 16), ("abc", 16), ("-1", 16), ("999", 999)],
)
async def test_hangup_ends_the_call_with_its_cause(rt: TestRuntime, argument: str, cause: int) -> None:
    assert (await run(rt, "Answer()", f"Hangup({argument})", "NoOp(never)"))[0] == cause
    assert not any("never" in step for step in rt.executed())


async def test_hangup_warns_of_a_cause_that_is_none(rt: TestRuntime) -> None:
    await run(rt, "Hangup(BUSY)")
    assert any('Invalid cause given to Hangup(): "BUSY"' in text for text in rt.logged(Level.WARNING))


async def test_hangup_without_a_cause_keeps_that_of_the_dial_before(rt: TestRuntime) -> None:
    rt.phone("bob").refuses(Cause.SUBSCRIBER_ABSENT)
    assert (await run(rt, "Dial(Loopback/bob)", "Hangup()"))[0] == Cause.SUBSCRIBER_ABSENT


@pytest.mark.parametrize(("application", "state"), [("Ringing", "ringing"), ("Progress", "progress")])
async def test_the_caller_is_told_before_the_answer(rt: TestRuntime, application: str, state: str) -> None:
    rt.extensions(f"[default]\nexten => 1,1,{application}()\n same => n,Wait(5)\n same => n,Answer()")
    call = await rt.phone("alice").call("1@default")
    await call.until(state)
    assert call.state == state
    await call.over()


async def test_an_answered_call_is_not_told_any_more(rt: TestRuntime) -> None:
    rt.extensions("[default]\nexten => 1,1,Answer()\n same => n,Ringing()\n same => n,Progress()\n same => n,Wait(1)")
    call = await rt.phone("alice").call("1@default")
    await call.until("up")
    await call.until("ringing", "progress")
    assert call.state == "over"


@pytest.mark.parametrize(("application", "cause"), [("Busy", 17), ("Congestion", 34)])
async def test_a_call_is_refused_with_the_cause_that_tells_why(rt: TestRuntime, application: str, cause: int) -> None:
    ended, seconds = await run(rt, f"{application}(30)", "NoOp(never)")
    assert ended == cause and seconds < 1
    assert not any("never" in step for step in rt.executed())


@pytest.mark.parametrize("application", ["Busy", "Congestion"])
async def test_an_answered_call_hears_the_tone_and_ends_without_a_cause(rt: TestRuntime, application: str) -> None:
    rt.extensions(f"[default]\nexten => 1,1,Answer()\n same => n,{application}(5)")
    call = await rt.phone("alice").call("1@default")
    await call.over()
    assert [(heard.what, heard.length_ms) for heard in call.heard] == [("tone 480+620", pytest.approx(5000, abs=100))]
    assert call.cause == 0


async def test_busy_with_a_timeout_that_is_no_number_lasts_until_the_caller_goes(rt: TestRuntime) -> None:
    rt.extensions("[default]\nexten => 1,1,Answer()\n same => n,Busy(soon)")
    call = await rt.phone("alice").call("1@default")
    await call.until("up")
    await asyncio.sleep(3600)
    assert call.state == "up"
    call.hangup()
    await call.over()


async def test_log_names_the_place_of_the_dialplan(rt: TestRuntime) -> None:
    rt.extensions("[default]\nexten => 1,1,NoOp()\n same => n,Log(notice,hello, you)")
    await (await rt.phone("alice").call("1@default")).over()
    (record,) = [record for record in rt.records if record.text == "hello, you"]
    assert (record.level.name, record.file, record.line, record.function) == ("NOTICE", "Ext. 1", 2, "@ default")
