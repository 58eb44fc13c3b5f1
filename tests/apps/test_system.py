"""System, TrySystem, ChanIsAvail, WaitUntil, WaitForCondition, and lengths of time."""

from pathlib import Path

import pytest
from asterism.runtime import timelen
from asterism.runtime.log import Level
from asterism.runtime.testing import Call, TestRuntime


async def call_of(rt: TestRuntime, *steps: str, more: str = "") -> Call:
    rt.extensions("[default]\nexten => 1,1," + "\n same => n,".join(steps) + "\n" + more)
    call = await rt.phone("alice").call("1@default")
    await call.over()
    return call


@pytest.mark.parametrize(
    ("command", "status", "goes_on"),
    [("true", "SUCCESS", True), ("exit 3", "APPERROR", True), ("exit 127", "FAILURE", False), ("", "FAILURE", False)],
)
async def test_system_tells_how_a_command_ended(rt: TestRuntime, command: str, status: str, goes_on: bool) -> None:
    call = await call_of(rt, f"System({command})", "NoOp(on)")
    assert call.variables["SYSTEMSTATUS"] == status
    assert rt.executed()[-1].endswith("NoOp(on)") is goes_on
    call = await call_of(rt, f"TrySystem({command})", "NoOp(on)")
    assert call.variables["SYSTEMSTATUS"] == status and rt.executed()[-1].endswith("NoOp(on)")


async def test_a_command_is_killed_with_its_call(rt: TestRuntime, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    rt.extensions(f"[default]\nexten => 1,1,System(sleep 0.3 && touch {mark})")
    call = await rt.phone("alice").call("1@default")
    call.hangup()
    await call.over()
    await call_of(rt, "System(sleep 0.4)")
    assert not mark.exists()


async def test_waituntil_waits_until_a_moment(rt: TestRuntime) -> None:
    began = rt.now()
    call = await call_of(rt, f"WaitUntil({began + 30})", "NoOp(on)")
    assert call.variables["WAITUNTILSTATUS"] == "OK"
    assert rt.now() - began == pytest.approx(30, abs=0.1)
    call = await call_of(rt, "WaitUntil(1)")
    assert call.variables["WAITUNTILSTATUS"] == "PAST"
    assert any("in the past" in text for text in rt.logged(Level.NOTICE))


async def test_waitforcondition_looks_until_it_holds(rt: TestRuntime) -> None:
    began = rt.now()
    until = f"#[#{{EPOCH}}>={int(began) + 7}]"
    call = await call_of(rt, f"WaitForCondition(#,{until},60,0.5)")
    assert call.variables["WAITFORCONDITIONSTATUS"] == "TRUE"
    assert rt.now() - began == pytest.approx(7, abs=0.6)
    call = await call_of(rt, "WaitForCondition(#,#[1=2],3)")
    assert call.variables["WAITFORCONDITIONSTATUS"] == "TIMEOUT"


async def test_chanisavail_tries_and_leaves_nothing(rt: TestRuntime) -> None:
    call = await call_of(rt, "ChanIsAvail(Foo/x&Loopback/bob&Loopback/carol,a)", "Wait(1)")
    assert call.variables["AVAILORIGCHAN"] == "Loopback/bob&Loopback/carol"
    assert call.variables["AVAILSTATUS"] == "0&0&0"
    assert call.variables["AVAILCHAN"].count("&") == 1
    assert not rt.channels and rt.phone("bob").calls[0].state == "over"


async def test_chanisavail_does_not_count_a_phone_in_use(rt: TestRuntime) -> None:
    rt.phone("bob").answers()
    rt.extensions(
        "[default]\nexten => 1,1,Dial(Loopback/bob)\n"
        "exten => 2,1,ChanIsAvail(Loopback/bob,s)\n same => n,Set(a=${AVAILORIGCHAN}-${AVAILSTATUS})\n"
    )
    talking = await rt.phone("alice").call("1@default")
    await talking.talking()
    asking = await rt.phone("carol").call("2@default")
    await asking.over()
    assert asking.variables["a"] == "-2"
    talking.hangup()
    await talking.over()


@pytest.mark.parametrize(
    ("text", "length"),
    [("1.5", 1.5), ("500ms", 0.5), ("2M", 120), ("1h", 3600), (" 3 s", 3), ("5s later", 5), ("1e2MS", 0.1)],
)
def test_lengths_of_time(text: str, length: float) -> None:
    assert timelen.seconds(text) == pytest.approx(length)


@pytest.mark.parametrize("text", ["", "abc", "5x", "5sec", "10mss", "s"])
def test_what_is_no_length_of_time(text: str) -> None:
    assert timelen.seconds(text) is None
