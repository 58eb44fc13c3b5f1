"""ChanSpy and ExtenSpy: who hears whom, which channels are listened to, and what the keys do."""

import asyncio

import pytest
from asterism.apps.chanspy import ChanSpyStart, ChanSpyStop
from asterism.runtime.channel import Channel
from asterism.runtime.log import Level
from asterism.runtime.testing import Call, TestRuntime


def plan(spying: str) -> str:
    return (
        "[default]\nexten => 1,1,Dial(Loopback/bob)\nexten => 2,1,Set(SPYGROUP=sales:support)\n same => n,Answer()\n"
        f" same => n,Wait(100)\nexten => 9,1,{spying}\n same => n,NoOp(spied)\nexten => 5,1,NoOp(five)\n"
        "[out]\nexten => 7,1,NoOp(seven)\n"
    )


async def talking(rt: TestRuntime) -> tuple[Call, Call]:
    """Alice talks with bob."""
    rt.phone("bob").answers()
    alice = await rt.phone("alice").call("1@default")
    await alice.talking()
    return alice, rt.phone("bob").calls[0]


def told(rt: TestRuntime) -> list[str]:
    return [event.spyee.channel.partition("-")[0] for event in rt.heard_all(ChanSpyStart)]


def heard(*calls: Call) -> list[str]:
    """What each has heard that was said, one letter for who said it."""
    return ["".join(each for each in call.sounds() if len(each) == 1) for call in calls]


@pytest.mark.parametrize(
    ("options", "keys", "expected"),
    [
        ("q", "", ["B", "A", "AB"]),
        ("qo", "", ["B", "A", "A"]),
        ("qw", "", ["BS", "A", "AB"]),
        ("qW", "", ["BS", "A", ""]),
        ("qB", "", ["BS", "AS", "AB"]),
        ("qd", "5", ["BS", "A", "AB"]),
        ("qd", "6", ["BS", "AS", "AB"]),
        ("qd", "64", ["B", "A", "AB"]),
    ],
)
async def test_who_hears_whom(rt: TestRuntime, options: str, keys: str, expected: list[str]) -> None:
    rt.extensions(plan(f"ChanSpy(Loopback/alice,{options}E)"))
    alice, bob = await talking(rt)
    spy = await rt.phone("spy").call("9@default")
    await asyncio.sleep(1)
    spy.press(keys)
    await asyncio.sleep(1)
    for call, letter in ((alice, "A"), (bob, "B"), (spy, "S")):
        call.say(letter)
    assert heard(alice, bob, spy) == expected
    alice.hangup()
    await spy.over()
    assert "9@default:2 NoOp(spied)" in rt.executed()
    assert told(rt) == ["Loopback/alice"] and len(rt.heard_all(ChanSpyStop)) == 1
    assert not rt.channels


async def test_nobody_hears_more_when_the_spy_has_gone(rt: TestRuntime) -> None:
    rt.extensions(plan("ChanSpy(Loopback/alice,qB)"))
    alice, bob = await talking(rt)
    spy = await rt.phone("spy").call("9@default")
    await asyncio.sleep(1)
    spy.hangup()
    await spy.over()
    alice.say("A")
    bob.say("B")
    assert heard(alice, bob, spy) == ["B", "A", ""]
    assert len(alice.leg.audio.heard) == 1 and len(bob.leg.audio.heard) == 1


async def test_who_comes_to_the_call_later_is_heard_too(rt: TestRuntime) -> None:
    rt.extensions(plan("ChanSpy(Loopback/alice,qB)"))
    alice = await rt.phone("alice").call("1@default")
    await alice.until("ringing")
    spy = await rt.phone("spy").call("9@default")
    await asyncio.sleep(1)
    bob = rt.phone("bob").calls[0]
    bob.answer()
    await asyncio.sleep(1)
    for call, letter in ((alice, "A"), (bob, "B"), (spy, "S")):
        call.say(letter)
    assert heard(alice, bob, spy) == ["BS", "AS", "AB"]


async def test_what_is_played_to_a_channel_is_heard_by_who_listens_in(rt: TestRuntime) -> None:
    rt.extensions(
        "[default]\nexten => 1,1,Answer()\n same => n,Wait(2)\n same => n,Playback(hello-world)\n"
        "exten => 9,1,ChanSpy(Loopback/alice,qE)\n"
    )
    alice = await rt.phone("alice").call("1@default")
    await alice.until("up")
    spy = await rt.phone("spy").call("9@default")
    await alice.over()
    assert alice.sounds() == spy.sounds() == ["hello-world"]


async def test_a_sound_is_not_begun_again_for_who_hears_it_when_a_spy_comes_and_goes(rt: TestRuntime) -> None:
    (rt.directories.data / "sounds/en/long.sln").write_bytes(bytes(16000 * 9))
    rt.extensions(
        "[default]\nexten => 1,1,Answer()\n same => n,Playback(long)\nexten => 9,1,ChanSpy(Loopback/alice,qE)\n"
    )
    alice = await rt.phone("alice").call("1@default")
    await asyncio.sleep(1)
    spy = await rt.phone("spy").call("9@default")
    await asyncio.sleep(1)
    spy.hangup()
    await spy.over()
    await alice.over()
    assert [(each.what, each.length_ms) for each in alice.heard] == [("long", 9000)]
    assert [each.what for each in spy.heard] == ["long"] and (spy.heard[0].length_ms or 0) < 2000


async def test_a_sound_beyond_a_local_pair_is_heard_by_both_sides(rt: TestRuntime) -> None:
    for name, level, seconds in (("quiet", 0, 9), ("loud", 6000, 2)):
        sound = rt.directories.data / f"sounds/en/{name}.sln"
        sound.write_bytes(level.to_bytes(2, "little") * 8000 * seconds)
    rt.extensions(
        "[default]\nexten => 1,1,Dial(Local/b@default/n)\n"
        "exten => b,1,Answer()\n same => n,BackgroundDetect(quiet,500)\n"
        "exten => talk,1,NoOp(talked ${CHANNEL})\n same => n,Wait(10)\n"
        "exten => 9,1,ChanSpy(Local/b,qB)\nexten => say,1,Answer()\n same => n,Wait(1)\n"
        " same => n,Playback(loud)\n same => n,Playback(hello-world)\n"
    )
    await rt.originate("Local/b@default/n", context="default", exten="1")
    await rt.originate("Local/say@default/n", context="default", exten="9")
    await asyncio.sleep(8)
    talked = [step for step in rt.executed() if "talked" in step]
    assert len(talked) == 2 and all(step.endswith(";2)") for step in talked)


@pytest.mark.parametrize(
    ("spying", "expected"),
    [
        ("ChanSpy(,qb)", ["Loopback/alice", "Loopback/bob", "Loopback/alice"]),
        ("ChanSpy(Loopback/,qg(none:support))", ["Loopback/carol"] * 3),
        ("ChanSpy(,qe(bob:dave))", ["Loopback/bob"] * 3),
        ("ChanSpy(Loopback/carol-00000002,qu)", ["Loopback/carol"] * 3),
        ("ChanSpy(Loopback/carol,qu)", []),
        ("ExtenSpy(2@default,q)", ["Loopback/carol"] * 3),
        ("ExtenSpy(2@out,q)", []),
    ],
)
async def test_which_channels_are_listened_to(rt: TestRuntime, spying: str, expected: list[str]) -> None:
    rt.extensions(plan(spying))
    await talking(rt)
    carol = await rt.phone("carol").call("2@default")
    await carol.until("up")
    spy = await rt.phone("spy").call("9@default")
    for _ in range(2):
        await asyncio.sleep(1)
        spy.press("*")
    await asyncio.sleep(1)
    assert told(rt) == expected


@pytest.mark.parametrize(
    ("spying", "keys", "step"),
    [
        ("ChanSpy(Nobody,qS)", "", "9@default:2 NoOp(spied)"),
        ("ChanSpy(Loopback/alice,qx(4))", "4", "9@default:2 NoOp(spied)"),
        ("ChanSpy(Loopback/alice,qX)", "5", "5@default:1 NoOp(five)"),
    ],
)
async def test_how_it_ends(rt: TestRuntime, spying: str, keys: str, step: str) -> None:
    rt.extensions(plan(spying))
    await talking(rt)
    spy = await rt.phone("spy").call("9@default")
    await asyncio.sleep(1)
    spy.press(keys)
    await spy.over()
    assert step in rt.executed()


async def test_a_channel_is_chosen_by_its_number(rt: TestRuntime) -> None:
    rt.extensions(plan("ChanSpy(Loopback/alice,q)"))
    rt.phone("123").answers()
    await talking(rt)
    other = await rt.phone("123").call("2@default")
    await other.until("up")
    spy = await rt.phone("spy").call("9@default")
    await asyncio.sleep(1)
    spy.press("123#")
    await asyncio.sleep(1)
    assert told(rt) == ["Loopback/alice", "Loopback/123"]


async def test_the_name_is_said_first(rt: TestRuntime) -> None:
    rt.extensions(plan("ChanSpy(Loopback/11,s)"))
    other = await rt.phone("11").call("2@default")
    await other.until("up")
    spy = await rt.phone("spy").call("9@default")
    await asyncio.sleep(5)
    assert spy.sounds() == ["beep", "1", "1"]


async def test_a_channel_that_takes_its_time_to_end_is_listened_to_no_more(rt: TestRuntime) -> None:
    async def slow(chan: Channel) -> None:
        """Do something at the end that takes a while."""
        try:
            await asyncio.sleep(100)
        finally:
            await asyncio.sleep(2)

    rt.application("Slow")(slow)
    rt.extensions(plan("ChanSpy(Loopback/alice,q)") + "[slow]\nexten => 1,1,Answer()\n same => n,Slow()\n")
    alice = await rt.phone("alice").call("1@slow")
    await alice.until("up")
    spy = await rt.phone("spy").call("9@default")
    await asyncio.sleep(1)
    alice.hangup()
    await asyncio.sleep(1)
    assert told(rt) == ["Loopback/alice"] and spy.state == "up"


async def test_what_is_not_served_is_told(rt: TestRuntime) -> None:
    rt.extensions(plan("ChanSpy(Loopback/alice,qSr(x)v(2)n)"))
    await (await rt.phone("spy").call("9@default")).over()
    assert [text for text in rt.logged(Level.WARNING) if "not supported" in text]
