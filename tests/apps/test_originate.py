"""Originate, RetryDial, SendText."""

import asyncio
from pathlib import Path

import pytest
from asterism.runtime.causes import Cause
from asterism.runtime.log import Level
from asterism.runtime.testing import Call, TestRuntime


async def call_of(rt: TestRuntime, *steps: str, more: str = "") -> Call:
    rt.extensions("[default]\nexten => 1,1," + "\n same => n,".join(steps) + "\n" + more)
    return await rt.phone("alice").call("1@default")


async def test_originate_lets_the_phone_run_an_extension(rt: TestRuntime) -> None:
    rt.phone("bob").answers(after_s=2)
    more = "[far]\nexten => 7,1,NoOp(${A} ${B})\n same => n(here),Playback(beep)\n"
    step = "Originate(Loopback/bob,exten,far,7,1,20,c(555)n(Anna)v(A=1^_B=2))"
    call = await call_of(rt, "Set(CALLERID(num)=777)", step, "NoOp(${ORIGINATE_STATUS})", more=more)
    await call.over()
    theirs = rt.phone("bob").calls[0]
    await theirs.over()
    assert theirs.sounds() == ["beep"] and (theirs.caller.number, theirs.caller.name) == ("555", "Anna")
    assert "7@far:1 NoOp(1 2)" in rt.executed()
    assert "1@default:3 NoOp(SUCCESS)" in rt.executed()
    assert not rt.channels


async def test_originate_runs_an_application_and_gives_the_callers_own_id(rt: TestRuntime) -> None:
    rt.phone("bob").answers()
    call = await call_of(rt, "Set(CALLERID(num)=777)", "Originate(Loopback/bob,app,Playback,beep)")
    await call.over()
    theirs = rt.phone("bob").calls[0]
    await theirs.over()
    assert theirs.sounds() == ["beep"] and theirs.caller.number == "777"


async def test_originate_takes_a_number_for_a_priority_and_no_label(rt: TestRuntime) -> None:
    rt.phone("bob").answers()
    more = "[far]\nexten => 7,1,NoOp(no)\n same => n(here),NoOp(yes)\n"
    await (await call_of(rt, "Originate(Loopback/bob,exten,far,7,2)", more=more)).over()
    await rt.phone("bob").calls[0].over()
    assert "7@far:2 NoOp(yes)" in rt.executed() and "7@far:1 NoOp(no)" not in rt.executed()
    call = await call_of(rt, "Originate(Loopback/bob,exten,far,7,here)", "NoOp(not reached)", more=more)
    await call.over()
    assert call.variables["ORIGINATE_STATUS"] == "FAILED" and len(rt.phone("bob").calls) == 1


@pytest.mark.parametrize(
    ("phone", "status"),
    [("busy", "BUSY"), ("congested", "CONGESTION"), ("silent", "RINGING"), ("gone", "FAILED")],
)
async def test_originate_tells_why_it_failed(rt: TestRuntime, phone: str, status: str) -> None:
    rt.phone("busy").refuses(Cause.USER_BUSY)
    rt.phone("congested").refuses(Cause.NORMAL_CIRCUIT_CONGESTION)
    rt.phone("gone").refuses(Cause.SUBSCRIBER_ABSENT)
    call = await call_of(rt, f"Originate(Loopback/{phone},app,NoOp,,,3)")
    await call.over()
    assert call.variables["ORIGINATE_STATUS"] == status


async def test_originate_option_a_does_not_wait(rt: TestRuntime) -> None:
    rt.phone("bob").answers(after_s=10)
    call = await call_of(rt, "Originate(Loopback/bob,app,Playback,beep,,30,a)", "NoOp(on)")
    began = rt.now()
    await call.over()
    assert rt.now() - began < 1 and call.variables["ORIGINATE_STATUS"] == "SUCCESS"
    theirs = rt.phone("bob").calls[0]
    await theirs.over()
    assert theirs.sounds() == ["beep"]


@pytest.mark.parametrize("arguments", ["", "Loopback/bob,app", "Loopback/bob,foo,NoOp"])
async def test_originate_with_wrong_arguments_ends_the_call(rt: TestRuntime, arguments: str) -> None:
    call = await call_of(rt, f"Originate({arguments})", "NoOp(never)")
    await call.over()
    assert not any("never" in step for step in rt.executed())
    assert any("Incorrect" in text for text in rt.logged(Level.ERROR))


async def test_retrydial_tries_again_until_somebody_answers(rt: TestRuntime) -> None:
    bob = rt.phone("bob").refuses(Cause.USER_BUSY)
    call = await call_of(rt, "RetryDial(beep,10,0,Loopback/bob,5,g)", "NoOp(${DIALSTATUS})")
    await asyncio.sleep(15)
    bob.answers(talks_s=3)
    await call.over()
    assert call.sounds() == ["beep", "beep"]
    assert rt.executed()[-1].endswith("NoOp(ANSWER)")
    assert len(bob.calls) == 3


async def test_retrydial_gives_up_in_the_end(rt: TestRuntime) -> None:
    rt.phone("bob").refuses(Cause.USER_BUSY)
    call = await call_of(rt, "RetryDial(,10,2,Loopback/bob,5)", "NoOp(${DIALSTATUS})")
    await call.over()
    assert len(rt.phone("bob").calls) == 2
    assert rt.executed()[-1].endswith("NoOp(BUSY)")


async def test_retrydial_lets_the_caller_choose_something_else(rt: TestRuntime) -> None:
    rt.phone("bob").refuses(Cause.USER_BUSY)
    more = "exten => 9,1,NoOp(operator)\n"
    call = await call_of(rt, "Answer()", "RetryDial(beep,60,0,Loopback/bob,5)", more=more)
    await asyncio.sleep(5)
    call.press("9")
    await call.over()
    assert rt.executed()[-1] == "9@default:1 NoOp(operator)"


async def test_retrydial_without_anybody_to_dial_ends_the_call(rt: TestRuntime) -> None:
    await (await call_of(rt, "RetryDial(beep,1,1)", "NoOp(never)")).over()
    assert not any("never" in step for step in rt.executed())


async def test_sendtext_reaches_the_phone(rt: TestRuntime) -> None:
    call = await call_of(rt, "Answer()", "SendText(hello, you)", "Set(SENDTEXT_BODY=again)", "SendText(no)")
    await call.over()
    assert call.texts == ["hello, you", "again"]
    assert (call.variables["SENDTEXTSTATUS"], call.variables["SENDTEXTTYPE"]) == ("SUCCESS", "BASIC")


async def test_originate_runs_subroutines_before_it_calls(rt: TestRuntime) -> None:
    rt.phone("bob").answers(talks_s=1)
    more = (
        "[sub]\nexten => here,1,NoOp(here ${ARG1} ${CHANNEL(name)})\n same => n,Return()\n"
        "exten => there,1,NoOp(there ${ARG1} ${CHANNEL(name)})\n same => n,Return()\n"
    )
    step = "Originate(Loopback/bob,app,NoOp,,,9,B(sub^here^1(x))b(sub^there^1(y^z)))"
    await (await call_of(rt, step, more=more)).over()
    ran = [step for step in rt.executed() if "@sub:1" in step]
    assert ran == [
        "here@sub:1 NoOp(here x Loopback/alice-00000000)",
        "there@sub:1 NoOp(there y Loopback/bob-00000001)",
    ]


async def test_originate_options_c_and_n_alone_are_the_callers_own(rt: TestRuntime) -> None:
    rt.phone("bob").answers(talks_s=1)
    await (await call_of(rt, "Set(CALLERID(all)=Al <777>)", "Originate(Loopback/bob,app,NoOp,,,9,cn)")).over()
    theirs = rt.phone("bob").calls[0]
    assert (theirs.caller.number, theirs.caller.name) == ("777", "Al")


async def test_originate_writes_functions_of_the_new_channel_but_no_dangerous_ones(
    rt: TestRuntime, tmp_path: Path
) -> None:
    rt.phone("bob").answers(talks_s=1)
    file = tmp_path / "written"
    step = f"Originate(Loopback/bob,exten,far,7,1,9,v(CALLERID(pres)=prohib^FILE({file})=x^A=1^LEN(x)=2))"
    more = "[far]\nexten => 7,1,NoOp(${CALLERID(pres)} ${A})\n"
    await (await call_of(rt, "Set(CALLERID(num)=7)", step, more=more)).over()
    await rt.phone("bob").calls[0].over()
    assert "7@far:1 NoOp(prohib 1)" in rt.executed()
    assert not file.exists()
