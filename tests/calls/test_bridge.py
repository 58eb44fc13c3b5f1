"""What ends a talk, and what the two hear of each other meanwhile."""

import asyncio
from pathlib import Path

import pytest
from asterism.runtime.causes import Cause
from asterism.runtime.channel import Channel
from asterism.runtime.driver import Identified, Party
from asterism.runtime.events import (
    BridgeCreate,
    BridgeDestroy,
    BridgeEnter,
    BridgeLeave,
    Hold,
    MusicOnHoldStart,
    MusicOnHoldStop,
    Unhold,
)
from asterism.runtime.log import Level
from asterism.runtime.music import MusicClass
from asterism.runtime.testing import TestRuntime


async def test_the_absolute_timeout_ends_it(rt: TestRuntime) -> None:
    rt.extensions(
        "[default]\nexten => 100,1,Set(TIMEOUT(absolute)=10)\n same => n,Dial(Loopback/bob)\n"
        "exten => T,1,NoOp(time is up ${DIALSTATUS})\n"
    )
    bob = rt.phone("bob").answers()
    began = rt.now()
    call = await rt.phone("alice").call("100@default")
    await call.over()
    assert round(rt.now() - began) == 10
    assert "T@default:1 NoOp(time is up ANSWER)" in rt.executed()
    assert bob.calls[0].state == "over"
    assert not rt.bridges and not rt.channels


async def test_a_limit_ends_it(rt: TestRuntime) -> None:
    @rt.application("Short")
    async def short(chan: Channel) -> None:
        """Dial for three seconds."""
        result = await chan.dial(["Loopback/bob"], limit_ms=3000)
        chan.set("WHO", result.gone_first)

    rt.extensions("[default]\nexten => 100,1,Short()\n same => n,NoOp([${WHO}] ${ANSWEREDTIME})\n")
    rt.phone("bob").answers()
    call = await rt.phone("alice").call("100@default")
    await call.over()
    assert "100@default:2 NoOp([] 3)" in rt.executed()


async def test_a_digit_ends_it(rt: TestRuntime) -> None:
    @rt.application("Starred")
    async def starred(chan: Channel) -> None:
        """Dial; the caller may hang up with a star."""
        result = await chan.dial(["Loopback/bob"], caller_features="H")
        chan.set("WHO", result.gone_first)

    rt.extensions("[default]\nexten => 100,1,Starred()\n same => n,NoOp(${WHO})\n")
    bob = rt.phone("bob").answers()
    call = await rt.phone("alice").call("100@default")
    await call.talking()
    call.press("12*3")
    await call.over()
    assert bob.calls[0].digits == "12"
    assert "100@default:2 NoOp(caller)" in rt.executed()


async def test_hold_and_connected_line(rt: TestRuntime) -> None:
    rt.extensions("[default]\nexten => 100,1,Dial(Loopback/bob)\n")
    bob = rt.phone("bob").answers()
    call = await rt.phone("alice").call("100@default")
    await call.talking()
    bob.calls[0].leg.tell(Identified(Party("2000", "Bob himself")))
    bob.calls[0].hold()
    await asyncio.sleep(1)
    assert rt.heard(Hold).channel.channel == "Loopback/bob-00000001" and rt.heard(Hold).music_class is None
    assert call.connected == Party("2000", "Bob himself")
    bob.calls[0].resume()
    await asyncio.sleep(1)
    assert rt.heard(Unhold)
    call.hangup()
    await call.over()


async def test_what_it_tells(rt: TestRuntime) -> None:
    rt.extensions("[default]\nexten => 100,1,Dial(Loopback/bob)\n same => n,Hangup()\n")
    rt.phone("bob").answers(talks_s=2)
    call = await rt.phone("alice").call("100@default")
    await call.over()
    kinds = (BridgeCreate, BridgeEnter, BridgeLeave, BridgeDestroy)
    told = [event for event in rt.published if isinstance(event, kinds)]
    assert [type(event) for event in told] == [
        BridgeCreate, BridgeEnter, BridgeEnter, BridgeLeave, BridgeLeave, BridgeDestroy,
    ]  # fmt: skip
    uniqueid = rt.heard(BridgeCreate).bridge.uniqueid
    lines = [line for line in rt.logged(Level.VERBOSE) if "basic-bridge" in line]
    assert lines == [
        f"Channel Loopback/bob-00000001 joined 'simple_bridge' basic-bridge <{uniqueid}>",
        f"Channel Loopback/alice-00000000 joined 'simple_bridge' basic-bridge <{uniqueid}>",
        f"Channel Loopback/bob-00000001 left 'simple_bridge' basic-bridge <{uniqueid}>",
        f"Channel Loopback/alice-00000000 left 'simple_bridge' basic-bridge <{uniqueid}>",
    ]


async def test_the_callee_may_go_on_alone(rt: TestRuntime) -> None:
    rt.extensions(
        "[default]\nexten => 100,1,Dial(Loopback/bob)\nexten => 200,1,Wait(5)\n"
        "exten => h,1,NoOp(h ${CHANNEL} ${HANGUPCAUSE})\n"
    )
    bob = rt.phone("bob").answers()
    call = await rt.phone("alice").call("100@default")
    await call.talking()
    rt.channels["Loopback/bob-00000001"].redirect("default", "200", 1)
    await call.over()
    assert call.cause == Cause.NORMAL_CLEARING
    assert bob.calls[0].state == "up"
    bob.calls[0].hangup()
    await bob.calls[0].over()
    assert rt.executed()[-1] == "h@default:1 NoOp(h Loopback/bob-00000001 16)"


@pytest.mark.parametrize(
    ("suggested", "own", "device", "heard"),
    [
        ("jazz", "", "rock", "jazz"), ("jazz", "folk", "rock", "folk"), ("", "", "rock", "rock"),
        ("gone", "", "rock", "rock"), ("", "", "", "default"),
    ],
)  # fmt: skip
async def test_the_music_that_is_heard_on_hold(
    rt: TestRuntime, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, suggested: str, own: str, device: str, heard: str
) -> None:
    for name in ("jazz", "rock", "folk"):
        rt.music.classes[name] = MusicClass(name, tmp_path)
    rt.extensions(f"[default]\nexten => 100,1,Set(CHANNEL(musicclass)={own})\n same => n,Dial(Loopback/bob)\n")
    bob = rt.phone("bob").answers()
    call = await rt.phone("alice").call("100@default")
    await call.talking()
    monkeypatch.setattr(call.leg, "read", {"musicclass": device}.get)
    bob.calls[0].hold(suggested)
    await asyncio.sleep(1)
    assert rt.heard(Hold).music_class == (suggested or None)
    assert (rt.heard(MusicOnHoldStart).channel.channel, rt.heard(MusicOnHoldStart).music_class) == (
        "Loopback/alice-00000000",
        heard,
    )
    call.hangup()
    await bob.calls[0].over()


@pytest.mark.parametrize(
    ("options", "hearer"), [("n", "Local/200@default-00000000;1"), ("nm", "Loopback/bob-00000001")]
)
async def test_music_of_hold_before_a_local_channel(rt: TestRuntime, tmp_path: Path, options: str, hearer: str) -> None:
    rt.extensions(f"[default]\nexten => 100,1,Dial(Local/200@default/{options})\nexten => 200,1,Dial(Loopback/bob)\n")
    bob = rt.phone("bob").answers()
    call = await rt.phone("alice").call("100@default")
    await call.talking()
    rt.music.classes["jazz"] = MusicClass("jazz", tmp_path)
    call.hold("jazz")
    await asyncio.sleep(1)
    assert rt.heard(MusicOnHoldStart).channel.channel == hearer and rt.heard(MusicOnHoldStart).music_class == "jazz"
    call.resume()
    await asyncio.sleep(1)
    assert rt.heard(MusicOnHoldStop).channel.channel == hearer
    call.hangup()
    await bob.calls[0].over()
