"""A phone sends the call elsewhere: what is told of it, and who has done it, as Asterisk 22 was seen to tell."""

import pytest
from asterism.runtime.driver import Forwarded, Party
from asterism.runtime.events import DialBegin, DialEnd, Hangup
from asterism.runtime.testing import Call, TestRuntime

DIALPLAN = """\
[default]
exten => 100,1,Set(__REDIRECTING_SEND_SUB=sent,s,1)
 same => n,Dial({dial})
 same => n,NoOp(after [${{FORWARDERNAME}}] ${{DIALSTATUS}})
exten => 200,1,NoOp([${{FORWARDERNAME}}] {known})
 same => n,Hangup(17)
exten => 300,1,Set(REDIRECTING(from-num,i)=55)
 same => n,Set(REDIRECTING(to-num,i)=66)
 same => n,Set(REDIRECTING(count,i)=3)
 same => n,Set(REDIRECTING(reason,i)=cfb)
 same => n,Dial({dial})
exten => 400,1,Wait(60)
[sent]
exten => s,1,NoOp(told {known})
 same => n,Return()
"""
KNOWN = " ".join(f"${{REDIRECTING({item})}}" for item in ("from-num", "to-num", "reason", "count"))


async def called(rt: TestRuntime, exten: str, dial: str) -> Call:
    rt.extensions(DIALPLAN.format(dial=dial, known=KNOWN))
    rt.phone("bob").does(lambda call: call.leg.tell(Forwarded("200", Party("777"))))
    call = await rt.phone("alice").call(f"{exten}@default")
    await call.over()
    assert not rt.channels
    return call


async def test_the_new_channel_knows_who_has_sent_the_call(rt: TestRuntime) -> None:
    await called(rt, "100", "Loopback/bob")
    assert "200@default:1 NoOp([Loopback/bob-00000001] 777 200 unknown 1)" in rt.executed()
    assert "100@default:3 NoOp(after [] BUSY)" in rt.executed()
    ends = {event.channel.channel: event.cause for event in rt.heard_all(Hangup)}
    assert ends["Loopback/bob-00000001"] == 23
    sent = rt.heard_all(DialEnd)[0]
    assert (sent.dest.channel, sent.dial_status, sent.forward) == ("Loopback/bob-00000001", "CANCEL", "200")
    assert [event.dest.channel for event in rt.heard_all(DialBegin)][1:] == ["Local/200@default-00000000;1"]


@pytest.mark.parametrize(
    ("dial", "told"),
    [("Loopback/bob", 1), ("Loopback/bob,,I", 0), ("Loopback/bob,,r", 0), ("Loopback/bob&Local/400@default/n,1", 0)],
)
async def test_the_caller_is_told_when_he_waits_for_one(rt: TestRuntime, dial: str, told: int) -> None:
    await called(rt, "100", dial)
    steps = [step for step in rt.executed() if step.startswith("s@sent:1")]
    assert steps == ["s@sent:1 NoOp(told 777 200 unknown 1)"] * told


async def test_a_call_that_was_sent_on_before_keeps_that(rt: TestRuntime) -> None:
    await called(rt, "300", "Local/200@default/n")
    assert "200@default:1 NoOp([] 55 66 cfb 3)" in rt.executed()


async def test_it_is_counted_on(rt: TestRuntime) -> None:
    await called(rt, "300", "Loopback/bob")
    assert "200@default:1 NoOp([Loopback/bob-00000001] 777 200 cfb 4)" in rt.executed()
