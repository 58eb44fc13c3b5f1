"""Pickup and PickupChan: whose call is taken, who talks then, and what becomes of the others."""

from pathlib import Path

import pytest
from asterism.runtime.causes import Cause
from asterism.runtime.drivers.loopback import LoopbackLeg
from asterism.runtime.pickup import Pickup
from asterism.runtime.testing import Call, TestRuntime

DIALPLAN = """\
[default]
exten => 1,1,Dial(Loopback/bob{more})
 same => n,NoOp(after ${{DIALSTATUS}} ${{DIALEDPEERNAME}})
exten => h,1,NoOp(h ${{CHANNEL(name):0:14}} ${{DIALSTATUS}})
exten => 2,1,Set(CHANNEL(pickupgroup)=3)
 same => n,{pickup}
 same => n,NoOp(nothing)
[sub]
exten => mark,1,Set(PICKUPMARK=7)
 same => n,Return()
exten => group,1,Set(CHANNEL(callgroup)=1,3)
 same => n,Return()
exten => s,1,NoOp(sub ${{CHANNEL(name)}})
 same => n,Return()
"""


async def picked(rt: TestRuntime, pickup: str, more: str = "") -> tuple[Call, Call]:
    """Let alice call bob, and carol try to take the call."""
    rt.extensions(DIALPLAN.format(pickup=pickup, more=more))
    rt.phone("alice").number, rt.phone("carol").number = "100", "300"
    calling = await rt.phone("alice").call("1@default")
    await calling.until("ringing")
    return calling, await rt.phone("carol").call("2@default")


@pytest.mark.parametrize(
    ("pickup", "more"),
    [
        ("Pickup(1)", ""),
        ("Pickup(9@default&1@default)", ""),
        ("Pickup(7@PICKUPMARK)", ",,b(sub^mark^1)"),
        ("Pickup()", ",,b(sub^group^1)"),
        ("PickupChan(Loopback/bob)", ""),
        ("PickupChan(loopback/BO,p)", ""),
    ],
)
async def test_a_call_is_taken(rt: TestRuntime, pickup: str, more: str) -> None:
    calling, taking = await picked(rt, pickup, more)
    await calling.talking()
    assert taking.leg.audio in calling.leg.audio.heard
    assert rt.phone("bob").calls[0].state == "over" and rt.phone("bob").calls[0].cause == Cause.ANSWERED_ELSEWHERE
    assert (calling.connected.number, taking.connected.number) == ("300", "100")
    assert rt.heard(Pickup).target.channel.startswith("Loopback/bob")
    taking.hangup()
    await calling.over()
    await taking.over()
    assert calling.variables["DIALSTATUS"] == "ANSWER"
    assert calling.variables["DIALEDPEERNAME"].startswith("Loopback/carol")
    assert not any("nothing" in step for step in rt.executed())
    assert not rt.channels and not rt.bridges


async def test_who_took_the_call_is_let_go_when_the_caller_goes(rt: TestRuntime) -> None:
    calling, taking = await picked(rt, "Pickup(1)")
    await calling.talking()
    calling.hangup()
    await taking.over()
    await calling.over()
    assert not rt.channels and not rt.bridges


@pytest.mark.parametrize(
    "pickup", ["Pickup(9)", "Pickup()", "Pickup(8@PICKUPMARK)", "PickupChan(Loopback/dave)", "PickupChan()"]
)
async def test_where_nothing_rings_the_dialplan_goes_on(rt: TestRuntime, pickup: str) -> None:
    calling, taking = await picked(rt, pickup)
    await taking.over()
    assert any("nothing" in step for step in rt.executed())
    assert calling.state == "ringing"
    calling.hangup()
    await calling.over()


async def test_a_subroutine_of_dial_runs_on_who_took_the_call(rt: TestRuntime) -> None:
    calling, taking = await picked(rt, "Pickup(1)", ",,U(sub)")
    await calling.talking()
    assert any("NoOp(sub Loopback/carol" in step for step in rt.executed())
    taking.hangup()
    await calling.over()


async def test_a_call_that_is_answered_cannot_be_taken(rt: TestRuntime) -> None:
    rt.phone("bob").answers()
    rt.extensions(DIALPLAN.format(pickup="Pickup(1)", more=""))
    calling = await rt.phone("alice").call("1@default")
    await calling.talking()
    taking = await rt.phone("carol").call("2@default")
    await taking.over()
    assert any("nothing" in step for step in rt.executed())
    calling.hangup()
    await calling.over()


async def test_who_takes_a_call_and_goes_at_once_leaves_nobody_alone(rt: TestRuntime) -> None:
    calling, taking = await picked(rt, "Pickup(1)")
    taking.hangup()
    await taking.over()
    calling.hangup()
    await calling.over()
    assert not rt.channels and not rt.bridges


async def test_a_phone_is_in_the_groups_that_its_device_has(rt: TestRuntime) -> None:
    rt.extensions(DIALPLAN.format(pickup="Pickup()", more=""))
    rt.phone("bob").does(Call.ring)
    calling = await rt.phone("alice").call("1@default")
    await calling.until("ringing")
    rt.phone("bob").calls[0].leg.read = lambda item: "x, ²-4, 2 - 4" if item == "callgroup" else None  # type: ignore[method-assign]
    taking = await rt.phone("carol").call("2@default")
    await calling.talking()
    assert taking.leg.audio in calling.leg.audio.heard
    calling.hangup()
    await taking.over()
    await calling.over()


@pytest.mark.parametrize("group", ["1", "2"])
async def test_the_extension_for_picking_up_takes_a_call_of_the_group(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, group: str
) -> None:
    (tmp_path / "features.conf").write_text(
        "[general]\npickupexten = *7\npickupsound = beep\npickupfailsound = beeperr\n"
    )
    (tmp_path / "extensions.conf").write_text(
        "[default]\nexten => 1,1,Dial(Loopback/bob,,b(sub^s^1))\nexten => *7,1,NoOp(never)\n"
        "[sub]\nexten => s,1,Set(CHANNEL(callgroup)=1)\n same => n,Return()\n"
    )
    async with TestRuntime(tmp_path) as rt:
        calling = await rt.phone("alice").call("1@default")
        await calling.until("ringing")
        monkeypatch.setattr(LoopbackLeg, "read", lambda leg, item: group if item == "pickupgroup" else None)
        taking = await rt.phone("carol").call("*7@default")
        if group == "1":
            await calling.talking()
            assert rt.heard(Pickup).target.channel.startswith("Loopback/bob")
            taking.hangup()
        await taking.over()
        assert taking.cause == (Cause.NORMAL_CLEARING if group == "1" else Cause.CALL_REJECTED)
        assert taking.sounds() == (["beep"] if group == "1" else ["beeperr"])
        assert not any("never" in step for step in rt.executed())
