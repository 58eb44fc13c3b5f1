"""Page: who is called, who hears whom, and how it ends."""

import asyncio

import pytest
from asterism.runtime.causes import Cause
from asterism.runtime.events import BridgeCreate
from asterism.runtime.log import Level
from asterism.runtime.states import DeviceState
from asterism.runtime.testing import Call, TestRuntime

ALL = "Loopback/bob&Loopback/carol"


def plan(arguments: str) -> str:
    return (
        "[default]\nexten => 1,1,Set(_X=7)\n"
        f" same => n,Page({arguments})\n same => n,NoOp(after)\nexten => h,1,NoOp(h)\n"
        "exten => 2,1,Answer()\n same => n,Wait(9)\n"
        "[sub]\nexten => s,1,NoOp(sub ${CHANNEL:0:12} ${X} ${ARG1})\n same => n,Return()\n"
    )


async def paged(rt: TestRuntime, arguments: str) -> tuple[Call, Call, Call]:
    """Alice pages bob and carol, who have answered."""
    rt.extensions(plan(arguments))
    rt.phone("alice").number = "100"
    rt.phone("bob").answers(after_s=0.5)
    rt.phone("carol").answers(after_s=3)
    alice = await rt.phone("alice").call("1@default")
    await asyncio.sleep(6)
    return alice, rt.phone("bob").calls[0], rt.phone("carol").calls[0]


@pytest.mark.parametrize(
    ("options", "heard"), [("q", ("", "A", "A")), ("dq", ("BC", "AC", "AB")), ("", ("", "A", "A"))]
)
async def test_who_hears_whom(rt: TestRuntime, options: str, heard: tuple[str, ...]) -> None:
    calls = await paged(rt, f"{ALL},{options}")
    for call, letter in zip(calls, "ABC", strict=True):
        call.say(letter)
    assert tuple("".join(each for each in call.sounds() if len(each) == 1) for call in calls) == heard
    assert ("beep" in calls[0].sounds()) is ("q" not in options)
    created = rt.heard(BridgeCreate).bridge
    assert (created.kind, created.technology, created.creator) == ("base", "softmix", "ConfBridge")
    assert calls[1].caller.number == "100"
    calls[0].hangup()
    for call in calls:
        await call.over()
    assert calls[1].cause == calls[2].cause == Cause.NORMAL_CLEARING
    assert not any("after" in step for step in rt.executed())
    assert not rt.channels and not rt.bridges


async def test_it_goes_on_when_somebody_who_was_called_goes(rt: TestRuntime) -> None:
    alice, bob, carol = await paged(rt, f"{ALL},q")
    bob.hangup()
    await bob.over()
    await asyncio.sleep(1)
    alice.say("A")
    assert carol.sounds() == ["A"] and alice.state == "up"
    alice.hangup()
    await carol.over()
    assert not rt.channels and not rt.bridges


async def test_who_does_not_answer_is_given_up(rt: TestRuntime) -> None:
    alice, _, carol = await paged(rt, f"{ALL},q,2")
    assert carol.state == "over" and alice.state == "up"
    alice.hangup()
    await alice.over()
    assert not rt.channels and not rt.bridges


async def test_who_still_rings_is_given_up_when_the_caller_goes(rt: TestRuntime) -> None:
    rt.extensions(plan(f"{ALL},q"))
    alice = await rt.phone("alice").call("1@default")
    await asyncio.sleep(1)
    alice.hangup()
    await alice.over()
    await asyncio.sleep(1)
    assert rt.phone("bob").calls[0].state == rt.phone("carol").calls[0].state == "over"
    assert not rt.channels and not rt.bridges


@pytest.mark.parametrize(("options", "caller"), [("qA(hello-world)", ["hello-world"]), ("qnA(hello-world)", [])])
async def test_an_announcement(rt: TestRuntime, options: str, caller: list[str]) -> None:
    alice, bob, carol = await paged(rt, f"{ALL},{options}")
    assert (alice.sounds(), bob.sounds(), carol.sounds()) == (caller, ["hello-world"], ["hello-world"])


async def test_subroutines(rt: TestRuntime) -> None:
    await paged(rt, f"{ALL},qb(sub^s^1(called))B(sub^s^1(caller))")
    assert [step.partition("NoOp")[2] for step in rt.executed() if "sub " in step] == [
        "(sub Loopback/ali 7 caller)", "(sub Loopback/bob 7 called)", "(sub Loopback/car 7 called)",
    ]  # fmt: skip


async def test_whom_it_does_not_call(rt: TestRuntime) -> None:
    alice, *_ = await paged(rt, f"{ALL}&Loopback/alice&nonsense&Nosuch/1,q")
    assert len(rt.phone("alice").calls) == 1
    warnings = rt.logged(Level.WARNING)
    assert any("Incomplete destination: nonsense" in text for text in warnings)
    assert any("Nosuch" in text for text in warnings)
    alice.hangup()
    await alice.over()


@pytest.mark.parametrize(
    ("state", "called"), [(DeviceState.NOT_INUSE, True), (DeviceState.UNKNOWN, True), (DeviceState.ONHOLD, False)]
)
async def test_a_device_is_asked_about_by_its_whole_name(
    rt: TestRuntime, monkeypatch: pytest.MonkeyPatch, state: DeviceState, called: bool
) -> None:
    """One driver may have two technologies, and a device of that name in each."""
    asked: list[str] = []

    def device_state(device: str) -> DeviceState:
        asked.append(device)
        return state

    driver = rt.driver("Loopback")
    monkeypatch.setattr(driver, "technologies", ("Loopback", "Other"))
    monkeypatch.setattr(driver, "device_state", device_state)
    rt.extensions(plan("Loopback/bob,qs"))
    alice = await rt.phone("alice").call("1@default")
    await asyncio.sleep(1)
    assert asked == ["Loopback/bob"] and bool(rt.phone("bob").calls) is called
    alice.hangup()
    await alice.over()


async def test_only_devices_that_are_not_in_use(rt: TestRuntime) -> None:
    rt.extensions(plan(f"{ALL},qs"))
    rt.phone("bob").answers()
    other = await rt.phone("bob").call("2@default")
    await other.until("up")
    alice = await rt.phone("alice").call("1@default")
    await asyncio.sleep(1)
    assert len(rt.phone("bob").calls) == 1 and len(rt.phone("carol").calls) == 1
    assert any("Loopback/bob is not called" in text for text in rt.logged(Level.WARNING))
    alice.hangup()
    await alice.over()
