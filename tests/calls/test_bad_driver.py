"""A driver that misbehaves costs its call, and nothing hangs."""

import asyncio

import pytest
from asterism.runtime.causes import Cause
from asterism.runtime.drivers.loopback import LoopbackAudio, LoopbackLeg
from asterism.runtime.errors import DriverError
from asterism.runtime.log import Level
from asterism.runtime.testing import TestRuntime

DIAL = """[default]
exten => 100,1,Dial(Loopback/bob,5)
 same => n,NoOp(${DIALSTATUS} ${HANGUPCAUSE})
 same => n,Hangup()
"""


def fail(*arguments: object, **more: object) -> None:
    raise DriverError("the stack is out of order")


async def test_that_cannot_call(rt: TestRuntime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LoopbackLeg, "call", fail)
    rt.extensions(DIAL)
    call = await rt.phone("alice").call("100@default")
    await call.over()
    assert "100@default:2 NoOp(CHANUNAVAIL 38)" in rt.executed()
    assert any("out of order" in line for line in rt.logged(Level.ERROR))
    assert not rt.channels


async def test_that_cannot_make_a_leg(rt: TestRuntime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rt.loopback, "request", fail)
    rt.extensions(DIAL)
    call = await rt.phone("alice").call("100@default")
    await call.over()
    assert "100@default:2 NoOp(CHANUNAVAIL 38)" in rt.executed()


async def test_that_cannot_answer(rt: TestRuntime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LoopbackLeg, "answer", fail)
    rt.extensions("[default]\nexten => 100,1,Answer()\n same => n,NoOp(never)\nexten => h,1,NoOp(${HANGUPCAUSE})\n")
    call = await rt.phone("alice").call("100@default")
    await call.over()
    assert call.cause == Cause.NETWORK_OUT_OF_ORDER
    assert rt.executed()[-1] == "h@default:1 NoOp(38)"


async def test_that_cannot_join(rt: TestRuntime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LoopbackAudio, "hear", fail)
    rt.extensions(DIAL)
    rt.phone("bob").answers(talks_s=2)
    call = await rt.phone("alice").call("100@default")
    await call.until("up")
    await rt.phone("bob").calls[0].over()
    await call.over()
    assert call.variables["DIALSTATUS"] == "ANSWER"
    assert not rt.channels and not rt.bridges


async def test_that_cannot_hang_up(rt: TestRuntime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LoopbackLeg, "hangup", fail)
    rt.extensions("[default]\nexten => 100,1,Answer()\n same => n,Hangup()\n")
    await rt.phone("alice").call("100@default")
    while rt.channels:
        await rt.phone("alice").calls[0].until("up")

        await asyncio.sleep(0.1)
    assert any("out of order" in line for line in rt.logged(Level.ERROR))
