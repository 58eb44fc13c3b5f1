"""Bridges of more than two, joining from outside, and waiting in a holding bridge."""

import asyncio

import pytest
from asterism.runtime.channel import Channel
from asterism.runtime.events import BridgeDestroy, BridgeEnter, BridgeLeave, MusicOnHoldStart, MusicOnHoldStop
from asterism.runtime.log import Level
from asterism.runtime.testing import TestRuntime

BOB = "Loopback/bob-00000001"


def told(rt: TestRuntime) -> list[str]:
    """Who came and went, and how many were in the bridge then."""
    return [
        f"{type(event).__name__[6:]} {event.channel.channel[9:].partition('-')[0]} {len(event.bridge.channels)}"
        for event in rt.published
        if isinstance(event, BridgeEnter | BridgeLeave)
    ]


async def test_a_third_party_is_mixed_in(rt: TestRuntime) -> None:
    rt.extensions(
        "[default]\nexten => 100,1,Dial(Loopback/bob)\n same => n,NoOp(over)\n"
        f"exten => 200,1,BridgeAdd({BOB})\n same => n,NoOp(${{BRIDGERESULT}} [${{BRIDGEPEER}}])\n"
    )
    bob = rt.phone("bob").answers()
    alice = await rt.phone("alice").call("100@default")
    await alice.talking()
    carol = await rt.phone("carol").call("200@default")
    await carol.talking()
    channels = {
        name: rt.channels[f"Loopback/{name}-0000000{number}"] for number, name in enumerate(("alice", "bob", "carol"))
    }
    assert channels["carol"].variables["BRIDGEPEER"] == f"{BOB},{channels['alice'].name}"
    (bridge,) = rt.bridges.values()
    assert bridge.technology == "softmix"
    assert {each.linkedid for each in channels.values()} == {channels["alice"].uniqueid}
    for one in (alice, bob.calls[0], carol):
        one.say(f"from {one.phone.name}")
    assert alice.sounds() == ["from bob", "from carol"]
    assert bob.calls[0].sounds() == ["from alice", "from carol"]
    assert carol.sounds() == ["from alice", "from bob"]
    bob.calls[0].hangup()
    await bob.calls[0].over()
    assert bridge.technology == "simple_bridge"
    assert channels["carol"].variables["BRIDGEPEER"] == channels["alice"].name
    alice.say("still here")
    assert carol.sounds()[-1] == "still here"
    alice.hangup()
    await alice.over()
    await carol.over()
    assert "200@default:2 NoOp(SUCCESS [])" in rt.executed()
    assert told(rt) == [
        "Enter bob 1", "Enter alice 2", "Enter carol 3", "Leave bob 2", "Leave alice 1", "Leave carol 0",
    ]  # fmt: skip
    assert not rt.channels and not rt.bridges


async def test_bridge_takes_a_channel_out_of_the_dialplan(rt: TestRuntime) -> None:
    rt.extensions(
        "[default]\nexten => 100,1,Answer()\n same => n,Wait(100)\n same => n,NoOp(alice goes on)\n same => n,Wait(5)\n"
        "exten => 200,1,Bridge(Loopback/alice,)\n same => n,NoOp(${BRIDGERESULT})\n"
    )
    alice = await rt.phone("alice").call("100@default")
    await alice.until("up")
    bob = await rt.phone("bob").call("200@default")
    await bob.talking()
    bob.say("hello")
    assert alice.sounds() == ["hello"]
    assert told(rt) == ["Enter alice 1", "Enter bob 2"]
    bob.hangup()
    await bob.over()
    await asyncio.sleep(1)
    assert "100@default:3 NoOp(alice goes on)" in rt.executed()
    await alice.over()


async def test_bridge_hangs_the_other_up_with_x_and_ends_after_s(rt: TestRuntime) -> None:
    rt.extensions(
        "[default]\nexten => 100,1,Answer()\n same => n,Wait(100)\n same => n,NoOp(never)\n"
        "exten => 200,1,Bridge(Loopback/alice,xS(7))\n same => n,NoOp(${BRIDGERESULT})\n"
        "exten => 300,1,Bridge(Loopback/nobody)\n same => n,NoOp(${BRIDGERESULT})\n"
        "exten => 400,1,Bridge(Loopback/bob)\n same => n,NoOp(${BRIDGERESULT})\n"
    )
    alice = await rt.phone("alice").call("100@default")
    await alice.until("up")
    bob = await rt.phone("bob").call("200@default")
    began = rt.now()
    await bob.over()
    assert round(rt.now() - began) == 7
    await alice.over()
    assert not any("never" in line for line in rt.executed())
    await (await rt.phone("bob").call("300@default")).over()
    await (await rt.phone("bob").call("400@default")).over()
    assert [line for line in rt.executed() if "NoOp" in line] == [
        "200@default:2 NoOp(SUCCESS)", "300@default:2 NoOp(NONEXISTENT)", "400@default:2 NoOp(LOOP)",
    ]  # fmt: skip


@pytest.mark.parametrize("place", ["after^700^2", "after,700,2"])
async def test_bridge_sends_the_other_on_where_f_says(rt: TestRuntime, place: str) -> None:
    rt.extensions(
        "[default]\nexten => 100,1,Answer()\n same => n,Wait(100)\n"
        f"exten => 200,1,Bridge(Loopback/alice, F({place}))\n"
        "[after]\nexten => 700,1,NoOp(too early)\n same => n,NoOp(here)\n"
    )
    alice = await rt.phone("alice").call("100@default")
    await alice.until("up")
    bob = await rt.phone("bob").call("200@default")
    await bob.talking()
    bob.hangup()
    await alice.over()
    assert [line for line in rt.executed() if "NoOp" in line] == ["700@after:2 NoOp(here)"]


async def test_bridge_takes_a_party_out_of_its_call(rt: TestRuntime) -> None:
    rt.extensions(
        "[default]\nexten => 100,1,Dial(Loopback/bob)\nexten => 200,1,Bridge(Loopback/bob)\n same => n,NoOp(done)\n"
    )
    bob = rt.phone("bob").answers()
    alice = await rt.phone("alice").call("100@default")
    await alice.talking()
    carol = await rt.phone("carol").call("200@default")
    await alice.over()
    await carol.talking()
    carol.say("it is me now")
    assert bob.calls[0].sounds() == ["it is me now"]
    bob.calls[0].hangup()
    await carol.over()
    assert "200@default:2 NoOp(done)" in rt.executed()
    assert not rt.channels and not rt.bridges


async def test_waiting_with_music_until_the_time_is_up(rt: TestRuntime) -> None:
    rt.extensions("[default]\nexten => 100,1,BridgeWait(,,S(5)m(default))\n same => n,NoOp(on)\n")
    began = rt.now()
    alice = await rt.phone("alice").call("100@default")
    await alice.over()
    assert round(rt.now() - began) == 5
    assert "100@default:2 NoOp(on)" in rt.executed()
    assert rt.heard(MusicOnHoldStart) and rt.heard(MusicOnHoldStop)
    entered = rt.heard(BridgeEnter).bridge
    assert (entered.kind, entered.technology, entered.creator, entered.name) == (
        "base", "holding_bridge", "BridgeWait", "default",
    )  # fmt: skip
    assert rt.heard(BridgeDestroy)


async def test_an_announcer_is_heard_by_all_who_wait_and_hears_nobody(rt: TestRuntime) -> None:
    rt.extensions(
        "[default]\nexten => 100,1,BridgeWait(room,participant,e(s))\nexten => 200,1,BridgeWait(room,announcer)\n"
    )
    waiting = [await rt.phone(name).call("100@default") for name in ("alice", "bob")]
    for call in waiting:
        await call.until("up")
    await asyncio.sleep(1)
    announcer = await rt.phone("carol").call("200@default")
    await announcer.until("up")
    await asyncio.sleep(1)
    announcer.say("attention")
    waiting[0].say("hello?")
    assert [call.sounds() for call in waiting] == [["attention"], ["attention"]]
    assert announcer.sounds() == []
    announcer.hangup()
    await announcer.over()
    for call in waiting:
        assert call.state == "up"
        call.hangup()
        await call.over()
    assert not rt.bridges


async def test_wrong_words_for_bridgewait_end_the_call(rt: TestRuntime) -> None:
    rt.extensions(
        "[default]\nexten => 1,1,BridgeWait(,listener)\nexten => 2,1,BridgeWait(,,e(x))\n"
        "exten => 3,1,BridgeWait(,,S(x))\n"
    )
    for number in "123":
        await (await rt.phone("alice").call(f"{number}@default")).over()
    assert len([line for line in rt.logged(Level.ERROR) if "BridgeWait" in line or "invalid" in line.lower()]) == 3


async def test_a_handler_pushed_on_a_called_channel_runs_at_its_end(rt: TestRuntime) -> None:
    rt.extensions(
        "[default]\nexten => 100,1,Dial(Loopback/bob&Loopback/carol,,b(sub^s^1))\n"
        "[sub]\nexten => s,1,Set(CHANNEL(hangup_handler_push)=sub,gone,1)\n same => n,Return()\n"
        "exten => gone,1,NoOp(gone ${CHANNEL})\n same => n,Return()\n"
    )
    rt.phone("bob").answers(talks_s=1)
    rt.phone("carol").refuses(17)
    alice = await rt.phone("alice").call("100@default")
    await alice.over()
    await asyncio.sleep(1)
    ran = [line.partition("NoOp")[2] for line in rt.executed() if "gone" in line and "NoOp" in line]
    assert ran == ["(gone Loopback/carol-00000002)", f"(gone {BOB})"]
    assert not rt.channels


async def test_a_limit_goes_with_a_channel_that_is_moved(rt: TestRuntime) -> None:
    rt.extensions("[default]\nexten => 100,1,Dial(Loopback/bob,,L(9000))\nexten => 200,1,Bridge(Loopback/bob)\n")
    bob = rt.phone("bob").answers()
    alice = await rt.phone("alice").call("100@default")
    began = rt.now()
    await alice.talking()
    await asyncio.sleep(2)
    await rt.phone("carol").call("200@default")
    await alice.over()
    await bob.calls[0].over()
    assert round(rt.now() - began) == 9


async def test_muted_and_deaf(rt: TestRuntime) -> None:
    from asterism.runtime import media

    rt.extensions("[default]\nexten => 100,1,Dial(Local/200@default)\nexten => 200,1,Dial(Loopback/bob)\n")
    bob = rt.phone("bob").answers()
    alice = await rt.phone("alice").call("100@default")
    await alice.talking()
    channel: Channel = rt.channels["Loopback/alice-00000000"]
    channel.muted = True
    media.refresh(channel)
    alice.say("unheard")
    bob.calls[0].say("heard")
    channel.muted, channel.deaf = False, True
    media.refresh(channel)
    alice.say("heard again")
    bob.calls[0].say("not this")
    assert alice.sounds() == ["heard"]
    assert bob.calls[0].sounds() == ["heard again"]
    alice.hangup()
    await alice.over()


@pytest.mark.parametrize("joins", ["Bridge(${OTHER},n)", "BridgeWait(,,n)"])
async def test_nobody_waits_for_who_has_hung_up(rt: TestRuntime, joins: str) -> None:
    rt.extensions(
        "[default]\nexten => 100,1,Answer()\n same => n,Wait(5)\n same => n,NoOp(bob goes on)\n"
        f"exten => 200,1,Answer()\n same => n,Wait(60)\nexten => h,1,{joins}\n"
    )
    rt.set_global("OTHER", "Loopback/bob-00000000")
    bob = await rt.phone("bob").call("100@default")
    carol = await rt.phone("carol").call("200@default")
    await carol.until("up")
    carol.hangup()
    await carol.over()
    await asyncio.sleep(1)
    assert not rt.bridges
    bob.hangup()
    await bob.over()
    assert not rt.channels and not rt.bridges
