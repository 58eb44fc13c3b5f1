"""Originate, transfers, and channels that are sent elsewhere while they talk."""

import asyncio

from asterism.runtime.causes import Cause
from asterism.runtime.driver import Party
from asterism.runtime.events import DialBegin, DialEnd
from asterism.runtime.states import DialStatus
from asterism.runtime.testing import TestRuntime


async def test_to_an_extension(rt: TestRuntime) -> None:
    rt.extensions(
        "[default]\nexten => 100,1,NoOp(${X})\n same => n(there),NoOp(${CALLERID(num)})\n same => n,Wait(1)\n"
    )
    bob = rt.phone("bob").answers(after_s=1)
    made = await rt.originate("Loopback/bob", exten="100", variables={"X": "1"}, caller=Party("555", "Clicker"))
    assert made.status is DialStatus.ANSWER and made.reason == 4
    assert made.channel is not None
    await bob.calls[0].over()
    assert rt.executed()[:2] == ["100@default:1 NoOp(1)", "100@default:2 NoOp(555)"]
    assert rt.heard(DialBegin).channel is None
    assert rt.heard(DialEnd).dial_status == "ANSWER"
    assert bob.calls[0].caller == Party("555", "Clicker")
    assert not rt.channels


async def test_to_a_label(rt: TestRuntime) -> None:
    rt.extensions("[default]\nexten => 100,1,NoOp(no)\n same => n(there),NoOp(yes)\n")
    bob = rt.phone("bob").answers()
    await rt.originate("Loopback/bob", exten="100", priority="there")
    await bob.calls[0].over()
    assert rt.executed() == ["100@default:2 NoOp(yes)"]


async def test_to_an_application(rt: TestRuntime) -> None:
    bob = rt.phone("bob").answers()
    began = rt.now()
    await rt.originate("Loopback/bob", application="Wait", app_data="5")
    await bob.calls[0].over()
    assert 5 <= rt.now() - began < 6


async def test_that_fails(rt: TestRuntime) -> None:
    rt.phone("bob").refuses(Cause.USER_BUSY)
    busy = await rt.originate("Loopback/bob", application="Echo")
    assert (busy.status, busy.reason, busy.channel) == (DialStatus.BUSY, 5, None)
    late = await rt.originate("Loopback/carol", timeout=5, application="Echo")
    assert (late.status, late.reason) == (DialStatus.NOANSWER, 3)
    none = await rt.originate("Nowhere/x", application="Echo")
    assert (none.status, none.reason) == (DialStatus.CHANUNAVAIL, 0)
    assert not rt.channels


DIAL = (
    "[default]\nexten => 100,1,Dial(Loopback/bob)\n"
    "exten => 200,1,NoOp(200 ${CHANNEL})\n same => n,Wait(5)\n"
    "exten => 300,1,Dial(Loopback/carol)\n"
)


async def test_the_callee_sends_the_caller_elsewhere(rt: TestRuntime) -> None:
    rt.extensions(DIAL)
    bob = rt.phone("bob").answers()
    carol = rt.phone("carol").answers()
    call = await rt.phone("alice").call("100@default")
    await call.talking()
    bob.calls[0].transfer("300", "default")
    await bob.calls[0].over()
    theirs = await carol.rung()
    await theirs.talking()
    call.say("hello carol")
    assert theirs.sounds() == ["hello carol"]
    call.hangup()
    await call.over()
    assert not rt.channels


async def test_the_caller_sends_the_callee_elsewhere(rt: TestRuntime) -> None:
    rt.extensions(DIAL)
    bob = rt.phone("bob").answers()
    call = await rt.phone("alice").call("100@default")
    await call.talking()
    call.transfer("200", "default")
    await call.over()
    assert bob.calls[0].state == "up"
    await bob.calls[0].over()
    assert "200@default:1 NoOp(200 Loopback/bob-00000001)" in rt.executed()
    assert not rt.channels


async def test_a_callee_can_be_redirected(rt: TestRuntime) -> None:
    rt.extensions(DIAL)
    bob = rt.phone("bob").answers()
    call = await rt.phone("alice").call("100@default")
    await call.talking()
    rt.channels["Loopback/bob-00000001"].redirect("default", "200", 1)
    await call.over()
    await bob.calls[0].over()
    assert "200@default:1 NoOp(200 Loopback/bob-00000001)" in rt.executed()


async def test_a_callee_can_be_hung_up_from_outside(rt: TestRuntime) -> None:
    rt.extensions(DIAL)
    bob = rt.phone("bob").answers()
    call = await rt.phone("alice").call("100@default")
    await call.talking()
    rt.channels["Loopback/bob-00000001"].request_hangup(Cause.CALL_REJECTED)
    await call.over()
    assert bob.calls[0].cause == Cause.CALL_REJECTED
    assert call.cause == Cause.NORMAL_CLEARING


async def test_digits_text_and_connected_line_pass_through_a_bridge(rt: TestRuntime) -> None:
    rt.extensions(DIAL)
    bob = rt.phone("bob").answers()
    call = await rt.phone("alice").call("100@default")
    await call.talking()
    theirs = bob.calls[0]
    call.press("12#")
    theirs.text("hello")
    await asyncio.sleep(1)
    assert theirs.digits == "12#"
    assert call.texts == ["hello"]
    call.hangup()
    await call.over()


async def test_who_runs_an_application_can_be_sent_elsewhere(rt: TestRuntime) -> None:
    rt.extensions("[default]\nexten => 100,1,Set(GLOBAL(seen)=${CHANNEL(name)})\nexten => h,1,Set(GLOBAL(ended)=yes)")
    rt.phone("bob").answers(0, 60)
    done = await rt.originate("Loopback/bob", application="Wait", app_data="30")
    assert done.channel is not None
    await asyncio.sleep(1)
    done.channel.redirect("default", "100", 1)
    await asyncio.sleep(1)
    assert rt.variables["seen"] == done.name and rt.variables["ended"] == "yes"
    assert done.channel.closed
