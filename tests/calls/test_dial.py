"""Dial between phones in memory: who answers, who does not, and what the dialplan learns of it."""

import asyncio

import pytest
from asterism.runtime.causes import Cause
from asterism.runtime.events import (
    BridgeDestroy,
    BridgeEnter,
    BridgeLeave,
    DialBegin,
    DialEnd,
    DialState,
    Newexten,
    VarSet,
)
from asterism.runtime.log import Level
from asterism.runtime.testing import TestRuntime

NO_WAY = (Cause.NO_ROUTE_DESTINATION, Cause.SUBSCRIBER_ABSENT)
DIAL = "[default]\nexten => 100,1,Dial(Loopback/bob,30)\n same => n,NoOp(after)\n same => n,Hangup()\n"


async def test_nobody_answers_in_time(rt: TestRuntime) -> None:
    rt.extensions(DIAL)
    call = await rt.phone("alice").call("100@default")
    began = rt.now()
    await call.over()
    assert call.variables["DIALSTATUS"] == "NOANSWER"
    assert call.variables["DIALEDTIME"] == ""  # Only an answered call has one.
    assert rt.heard(DialEnd).dial_status == "NOANSWER"
    assert rt.now() - began == pytest.approx(30)
    assert "Nobody picked up in 30000 ms" in rt.logged(Level.VERBOSE)


async def test_answered_and_hung_up_by_the_callee(rt: TestRuntime) -> None:
    rt.extensions(DIAL)
    bob = rt.phone("bob").answers(after_s=3)
    call = await rt.phone("alice").call("100@default")
    await call.talking()
    theirs = bob.calls[0]
    call.say("hello")
    theirs.say("hi")
    assert theirs.sounds() == ["hello"] and call.sounds() == ["hi"]
    theirs.hangup()
    await call.over()
    assert call.variables["DIALSTATUS"] == "ANSWER"
    assert call.variables["DIALEDPEERNAME"] == "Loopback/bob-00000001"
    assert call.variables["DIALEDPEERNUMBER"] == "bob"
    assert call.cause == Cause.NORMAL_CLEARING
    assert not any("after" in line for line in rt.executed())
    assert rt.heard(DialBegin).dial_string == "bob"
    assert rt.heard(DialState).dial_status == "RINGING"
    assert rt.heard(DialEnd).dial_status == "ANSWER"
    assert len(rt.heard_all(BridgeEnter)) == len(rt.heard_all(BridgeLeave)) == 2
    assert rt.heard(BridgeDestroy)
    assert not rt.bridges and not rt.channels


async def test_the_dialplan_goes_on_with_option_g(rt: TestRuntime) -> None:
    rt.extensions(DIAL.replace("30)", "30,g)"))
    rt.phone("bob").answers(after_s=1, talks_s=5)
    call = await rt.phone("alice").call("100@default")
    await call.over()
    assert any("after" in line for line in rt.executed())
    assert call.variables["ANSWEREDTIME"] == "5"
    assert call.variables["DIALEDTIME"] == "6"


async def test_the_caller_hangs_up_while_it_rings(rt: TestRuntime) -> None:
    rt.extensions(DIAL + "exten => h,1,NoOp(h ${DIALSTATUS} ${HANGUPCAUSE})\n")
    call = await rt.phone("alice").call("100@default")
    await call.until("ringing")
    call.hangup()
    await call.over()
    assert call.variables["DIALSTATUS"] == "CANCEL"
    assert rt.heard(DialEnd).dial_status == "CANCEL"
    assert rt.executed()[-1] == "h@default:1 NoOp(h CANCEL 16)"
    assert rt.phone("bob").calls[0].state == "over"


@pytest.mark.parametrize(
    ("cause", "status"),
    [
        (Cause.USER_BUSY, "BUSY"),
        (Cause.NORMAL_CIRCUIT_CONGESTION, "CONGESTION"),
        (Cause.CALL_REJECTED, "CHANUNAVAIL"),
        (Cause.NO_USER_RESPONSE, "CHANUNAVAIL"),
        (Cause.UNALLOCATED, "CHANUNAVAIL"),
        (Cause.NO_ROUTE_DESTINATION, "CHANUNAVAIL"),
        (Cause.SUBSCRIBER_ABSENT, "CHANUNAVAIL"),
        (Cause.NO_ANSWER, "NOANSWER"),
        (Cause.NORMAL_CLEARING, "NOANSWER"),
    ],
)
async def test_a_refusal_is_counted_as_asterisk_counts(rt: TestRuntime, cause: Cause, status: str) -> None:
    rt.extensions(DIAL.replace("NoOp(after)", "NoOp(${DIALSTATUS} ${HANGUPCAUSE})"))
    rt.phone("bob").refuses(cause)
    call = await rt.phone("alice").call("100@default")
    await call.over()
    assert call.variables["DIALSTATUS"] == status
    assert f"100@default:2 NoOp({status} {int(cause)})" in rt.executed()
    # An attempt's own end is told by another rule: only where there is no way to the destination it is unavailable.
    told = "NOANSWER" if status == "CHANUNAVAIL" and cause not in NO_WAY else status
    assert rt.heard(DialEnd).dial_status == told


async def test_the_first_of_several_wins(rt: TestRuntime) -> None:
    rt.extensions(DIAL.replace("Loopback/bob", "Loopback/bob&Loopback/carol&Loopback/dave"))
    rt.phone("carol").answers(after_s=2)
    rt.phone("dave").refuses(Cause.USER_BUSY, after_s=1)
    call = await rt.phone("alice").call("100@default")
    await call.until("up")
    assert rt.phone("bob").calls[0].state == "over"
    assert rt.phone("bob").calls[0].cause == Cause.ANSWERED_ELSEWHERE
    assert {event.dest.channel.partition("-")[0]: event.dial_status for event in rt.heard_all(DialEnd)} == {
        "Loopback/bob": "CANCEL",
        "Loopback/carol": "ANSWER",
        "Loopback/dave": "BUSY",
    }
    call.hangup()
    await call.over()
    assert call.variables["DIALSTATUS"] == "ANSWER"


async def test_everybody_is_busy(rt: TestRuntime) -> None:
    rt.extensions(DIAL.replace("Loopback/bob", "Loopback/bob&Nowhere/x"))
    rt.phone("bob").refuses(Cause.USER_BUSY)
    call = await rt.phone("alice").call("100@default")
    await call.over()
    assert call.variables["DIALSTATUS"] == "BUSY"
    assert "Everyone is busy/congested at this time (2:1/0/1)" in rt.logged(Level.VERBOSE)


async def test_a_technology_that_nobody_serves(rt: TestRuntime) -> None:
    rt.extensions(DIAL.replace("Loopback/bob", "Nowhere/x"))
    call = await rt.phone("alice").call("100@default")
    await call.over()
    assert call.variables["DIALSTATUS"] == "CHANUNAVAIL"
    assert any("extensions.conf:2" in line and "Nowhere" in line for line in rt.logged(Level.WARNING))


async def test_a_forward_is_followed_into_the_dialplan(rt: TestRuntime) -> None:
    rt.extensions(DIAL + "exten => 200,1,Dial(Loopback/carol)\n")
    rt.phone("bob").forwards("200@default")
    rt.phone("carol").answers()
    call = await rt.phone("alice").call("100@default")
    await call.talking()
    carols = rt.phone("carol").calls[0]
    call.say("hello")
    assert carols.sounds() == ["hello"]
    carols.hangup()
    await call.over()
    assert call.variables["DIALSTATUS"] == "ANSWER"
    assert not rt.channels


async def test_a_forward_to_itself_ends(rt: TestRuntime) -> None:
    rt.extensions(DIAL)
    rt.phone("bob").forwards("100@default")
    call = await rt.phone("alice").call("100@default")
    await call.over()
    assert call.variables["DIALSTATUS"] != "ANSWER"
    assert not rt.channels


async def test_early_audio_of_a_single_leg(rt: TestRuntime) -> None:
    rt.extensions(DIAL)
    rt.phone("bob").does(lambda call: call.progress())
    call = await rt.phone("alice").call("100@default")
    theirs = await rt.phone("bob").rung()
    await call.until("progress")
    theirs.say("the number you have dialled")
    assert call.sounds() == ["the number you have dialled"]
    call.hangup()
    await call.over()


@pytest.mark.parametrize(
    ("result", "told"),
    [
        ("BUSY", "BUSY"),
        ("abort", "abort"),
        ("CONTINUE", "CONTINUE"),
        ("GOTO:default^500^1", "GOTO:default,500,1"),
        ("whatever", "ANSWER"),
    ],
)
async def test_the_end_of_a_dial_is_told_with_what_the_subroutine_says(rt: TestRuntime, result: str, told: str) -> None:
    rt.extensions(
        "[default]\nexten => 100,1,Dial(Loopback/bob,,U(sub))\nexten => 500,1,NoOp()\n"
        f"[sub]\nexten => s,1,Wait(1)\n same => n,Set(GOSUB_RESULT={result})\n same => n,Return()\n"
    )
    rt.phone("bob").answers()
    call = await rt.phone("alice").call("100@default")
    await asyncio.sleep(0.5)
    assert not rt.heard_all(DialEnd)
    await asyncio.sleep(1)
    call.hangup()
    await call.over()
    assert [event.dial_status for event in rt.heard_all(DialEnd)] == [told]


@pytest.mark.parametrize("gone", ["alice", "bob"])
async def test_the_end_of_a_dial_is_told_when_somebody_goes_meanwhile(rt: TestRuntime, gone: str) -> None:
    rt.extensions(
        "[default]\nexten => 100,1,Dial(Loopback/bob,,U(sub))\n[sub]\nexten => s,1,Wait(5)\n same => n,Return()\n"
    )
    bob = rt.phone("bob").answers()
    call = await rt.phone("alice").call("100@default")
    await asyncio.sleep(1)
    (call if gone == "alice" else bob.calls[0]).hangup()
    await call.over()
    assert [event.dial_status for event in rt.heard_all(DialEnd)] == ["ANSWER"]


async def test_the_end_of_a_dial_is_told_when_the_caller_goes_while_he_hears_of_the_answer(rt: TestRuntime) -> None:
    rt.extensions(
        "[default]\nexten => 100,1,Set(CONNECTED_LINE_SEND_SUB=sub,s,1)\n"
        " same => n,Dial(Loopback/bob&Loopback/carl)\n[sub]\nexten => s,1,Wait(5)\n same => n,Return()\n"
    )
    rt.phone("bob").answers().number = "6002"
    call = await rt.phone("alice").call("100@default")
    await asyncio.sleep(1)
    call.hangup()
    await call.over()
    ends = {event.dest.channel: event.dial_status for event in rt.heard_all(DialEnd) if event.dest is not None}
    assert ends == {"Loopback/bob-00000001": "ANSWER", "Loopback/carl-00000002": "CANCEL"}


async def test_a_called_channel_is_told_of_whole_and_lent_the_place_of_the_caller(rt: TestRuntime) -> None:
    rt.extensions("[default]\nexten => 100,1,Dial(Loopback/bob)\n")
    rt.phone("bob").answers(talks_s=1)
    rt.phone("alice").number = "6001"
    call = await rt.phone("alice").call("100@default")
    await call.over()
    begun = [event.channel for event in rt.heard_all(Newexten) if event.application == "AppDial"]
    ended = rt.heard(DialEnd).dest
    assert ended is not None
    # As Asterisk 22 was seen to tell: at once who calls whom, and at the answer no place any more.
    assert [(each.caller_number, each.connected_number, each.exten) for each in (begun[0], ended)] == [
        ("100", "6001", "100"),
        ("100", "6001", ""),
    ]


async def test_the_status_is_told_at_the_end_also_when_the_caller_goes(rt: TestRuntime) -> None:
    rt.extensions("[default]\nexten => 100,1,Dial(Loopback/bob)\n")
    rt.phone("bob").answers()
    call = await rt.phone("alice").call("100@default")
    await asyncio.sleep(1)
    call.hangup()
    await call.over()
    told = [event.value for event in rt.heard_all(VarSet) if event.variable == "DIALSTATUS"]
    assert told == ["", "ANSWER", "ANSWER"]
