"""Local channels: two halves, their causes, variables handed down, and audio that goes through."""

import asyncio
import wave
from pathlib import Path

import pytest
from asterism.runtime import optimizing
from asterism.runtime.causes import Cause
from asterism.runtime.channel import Channel
from asterism.runtime.driver import SoundFile
from asterism.runtime.events import (
    DeviceStateChange,
    DialBegin,
    DialEnd,
    Hangup,
    HangupRequest,
    LocalBridge,
    LocalOptimizationBegin,
    LocalOptimizationEnd,
    Newchannel,
)
from asterism.runtime.log import Level
from asterism.runtime.testing import TestRuntime


@pytest.mark.parametrize(
    ("ends", "status", "cause"),
    [
        # As Asterisk 22 was seen to do.
        ("Hangup(21)", "CHANUNAVAIL", 21),
        ("Hangup(18)", "CHANUNAVAIL", 18),
        ("Hangup(1)", "CHANUNAVAIL", 1),
        ("NoOp()", "CHANUNAVAIL", 0),
        ("Hangup(19)", "NOANSWER", 19),
        ("Hangup()", "NOANSWER", 16),
        ("Hangup(17)", "BUSY", 17),
        ("Hangup(34)", "CONGESTION", 34),
        ("Busy()", "BUSY", 0),
        ("Congestion()", "CONGESTION", 0),
    ],
)
async def test_how_it_ends_is_how_dial_ends(rt: TestRuntime, ends: str, status: str, cause: int) -> None:
    rt.extensions(
        "[default]\nexten => 100,1,Dial(Local/200@default,5)\n same => n,NoOp(${DIALSTATUS} ${HANGUPCAUSE})\n"
        f"exten => 200,1,{ends}\n"
    )
    call = await rt.phone("alice").call("100@default")
    await call.over()
    assert f"100@default:2 NoOp({status} {cause})" in rt.executed()
    assert rt.heard(DialEnd).dial_status == status.replace("CHANUNAVAIL", "NOANSWER")  # As Asterisk tells of these.
    assert not rt.channels


async def test_names_and_events(rt: TestRuntime) -> None:
    rt.extensions(
        "[default]\nexten => 100,1,Dial(Local/200@default/n,5)\nexten => 200,1,Answer()\n same => n,Wait(1)\n"
    )
    call = await rt.phone("alice").call("100@default")
    await call.over()
    names = [event.channel.channel for event in rt.heard_all(Newchannel)]
    assert names == ["Loopback/alice-00000000", "Local/200@default-00000000;1", "Local/200@default-00000000;2"]
    bridge = rt.heard(LocalBridge)
    assert (bridge.local_one.channel, bridge.local_two.channel) == tuple(names[1:])
    assert (bridge.context, bridge.exten) == ("default", "200")
    calls = {event.channel.call for event in rt.heard_all(Newchannel)}
    assert calls == {"C-00000001"}


async def test_variables_are_handed_down(rt: TestRuntime) -> None:
    rt.extensions(
        "[default]\nexten => 100,1,Set(A=plain)\n same => n,Set(_B=one)\n same => n,Set(__C=two)\n"
        " same => n,Dial(Local/200@default)\n"
        "exten => 200,1,NoOp([${A}] [${B}] [${C}] ${CALLERID(num)} ${EXTEN})\n same => n,Dial(Local/300@default)\n"
        "exten => 300,1,NoOp([${A}] [${B}] [${C}])\n"
    )
    alice = rt.phone("alice")
    alice.number = "6001"
    call = await alice.call("100@default")
    await call.over()
    assert "200@default:1 NoOp([] [one] [two] 6001 200)" in rt.executed()
    assert "300@default:1 NoOp([] [] [two])" in rt.executed()


async def test_two_phones_hear_each_other_through_a_chain(rt: TestRuntime) -> None:
    rt.extensions(
        "[default]\nexten => 100,1,Dial(Local/200@default)\nexten => 200,1,Dial(Local/300@default/n)\n"
        "exten => 300,1,Dial(Loopback/bob)\n"
    )
    bob = rt.phone("bob").answers(after_s=1)
    call = await rt.phone("alice").call("100@default")
    await call.talking()
    theirs = bob.calls[0]
    call.say("hello")
    theirs.say("hi")
    assert theirs.sounds() == ["hello"]
    assert call.sounds() == ["hi"]
    call.press("1")
    await rt_settles()
    assert theirs.digits == "1"
    theirs.hangup()
    await call.over()
    assert not rt.channels and not rt.bridges


async def rt_settles() -> None:
    await asyncio.sleep(0.01)


@pytest.fixture
def sound(tmp_path: Path) -> SoundFile:
    """Two seconds of silence."""
    path = tmp_path / "two-seconds.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(b"\0\0" * 16000)
    return SoundFile(path, "wav")


async def test_a_prompt_behind_a_local_channel_plays_to_the_caller(rt: TestRuntime, sound: SoundFile) -> None:
    @rt.application("Prompt")
    async def prompt(chan: Channel) -> None:
        """Play two seconds."""
        await chan.until_played(chan.start_play(sound))

    rt.extensions(
        "[default]\nexten => 100,1,Dial(Local/200@default,,g)\n same => n,NoOp(after)\n"
        "exten => 200,1,Answer()\n same => n,Prompt()\n"
    )
    call = await rt.phone("alice").call("100@default")
    began = rt.now()
    await call.over()
    (heard,) = call.heard
    assert heard.what == "two-seconds"
    assert heard.length_ms is not None and 1900 < heard.length_ms <= 2001
    assert 2 <= rt.now() - began < 2.5


async def test_a_prompt_that_nobody_hears_takes_its_time(rt: TestRuntime, sound: SoundFile) -> None:
    @rt.application("Prompt")
    async def prompt(chan: Channel) -> None:
        """Play two seconds."""
        await chan.until_played(chan.start_play(sound))

    rt.extensions(
        "[default]\nexten => 100,1,Dial(Local/200@default&Loopback/bob,10)\n"
        "exten => 200,1,Prompt()\n same => n,Hangup(19)\n"
    )
    began = rt.now()
    call = await rt.phone("alice").call("100@default")
    await call.over()
    assert call.sounds() == []
    assert 10 <= rt.now() - began < 11


async def test_a_local_channel_that_calls_itself_ends(rt: TestRuntime) -> None:
    rt.extensions("[default]\nexten => 100,1,Dial(Local/100@default)\n")
    call = await rt.phone("alice").call("100@default")
    await call.over()
    assert len(rt.heard_all(Newchannel)) < 50
    assert not rt.channels


async def test_nothing_there(rt: TestRuntime) -> None:
    rt.extensions(
        "[default]\nexten => 100,1,Dial(Local/999@nowhere,5)\n same => n,NoOp(${DIALSTATUS} ${HANGUPCAUSE})\n"
    )
    call = await rt.phone("alice").call("100@default")
    await call.over()
    assert "100@default:2 NoOp(CHANUNAVAIL 0)" in rt.executed()
    # As Asterisk 22 was seen to do: nobody was dialled, so there is nothing to tell but the end of the two halves.
    assert not rt.heard_all(DialBegin) and not rt.heard_all(DialEnd)
    assert not any(event.channel.channel.startswith("Local") for event in rt.heard_all(HangupRequest))
    ends = {event.channel.channel: event.cause for event in rt.heard_all(Hangup)}
    assert ends["Local/999@nowhere-00000000;1"] == ends["Local/999@nowhere-00000000;2"] == 0
    assert not rt.channels


@pytest.mark.parametrize(("other", "status"), [("bob", "BUSY"), ("carol", "ANSWER")])
async def test_nothing_there_counts_for_nothing_beside_others(rt: TestRuntime, other: str, status: str) -> None:
    rt.phone("bob").refuses(Cause.USER_BUSY)
    rt.phone("carol").answers(talks_s=1)
    rt.extensions(f"[default]\nexten => 100,1,Dial(Local/999@nowhere&Loopback/{other},5)\n")
    call = await rt.phone("alice").call("100@default")
    await call.over()
    assert call.variables["DIALSTATUS"] == status
    assert not rt.channels


async def test_a_forward_to_nothing_is_a_failure(rt: TestRuntime) -> None:
    rt.phone("bob").forwards("999@nowhere")
    rt.phone("carol").refuses(Cause.USER_BUSY)
    rt.extensions("[default]\nexten => 100,1,Dial(Loopback/bob&Loopback/carol,5)\n same => n,NoOp(${DIALSTATUS})\n")
    call = await rt.phone("alice").call("100@default")
    await call.over()
    assert "100@default:2 NoOp(BUSY)" in rt.executed()
    assert not rt.channels


@pytest.mark.parametrize(("asked", "cause"), [(0, 16), (21, 21)])
async def test_who_is_given_up_ends_with_the_callers_cause(rt: TestRuntime, asked: int, cause: int) -> None:
    rt.extensions("[default]\nexten => 100,1,Dial(Local/200@default/n)\nexten => 200,1,Ringing()\n same => n,Wait(9)\n")
    call = await rt.phone("alice").call("100@default")
    await call.until("ringing")
    rt.channels["Loopback/alice-00000000"].request_hangup(asked)
    await call.over()
    ends = {event.channel.channel: event.cause for event in rt.heard_all(Hangup)}
    assert ends["Local/200@default-00000000;1"] == ends["Local/200@default-00000000;2"] == cause


async def test_an_originate_that_nobody_answers_ends_with_no_answer(rt: TestRuntime) -> None:
    rt.extensions("[default]\nexten => 200,1,Ringing()\n same => n,Wait(9)\n")
    await rt.originate("Local/200@default/n", timeout=1, application="Wait", app_data="1")
    assert rt.heard_all(Hangup)[0].cause == Cause.NO_ANSWER


CHAIN = (
    "[default]\nexten => 100,1,Dial(Local/200@default{first},,g)\n same => n,NoOp(caller goes on)\n"
    "exten => 200,1,Dial(Local/300@default{second})\nexten => 300,1,Dial(Loopback/bob)\n"
)


async def test_pairs_are_taken_out_of_the_way(rt: TestRuntime) -> None:
    rt.extensions(CHAIN.format(first="", second=""))
    bob = rt.phone("bob").answers()
    call = await rt.phone("alice").call("100@default")
    await call.talking()
    await asyncio.sleep(1)
    assert sorted(rt.channels) == ["Loopback/alice-00000000", "Loopback/bob-00000001"]
    (bridge,) = rt.bridges.values()
    assert len(bridge.parties) == 2
    begin, end = rt.heard_all(LocalOptimizationBegin), rt.heard_all(LocalOptimizationEnd)
    assert len(begin) == len(end) == 2
    assert [event.id for event in begin] == [0, 1]
    assert all(event.local_one.channel.endswith(";1") and event.local_two.channel.endswith(";2") for event in begin)
    call.say("hello")
    bob.calls[0].say("hi")
    assert bob.calls[0].sounds() == ["hello"] and call.sounds() == ["hi"]
    bob.calls[0].hangup()
    await call.over()
    assert "100@default:2 NoOp(caller goes on)" in rt.executed()
    assert not rt.channels and not rt.bridges


async def test_a_pair_stays_with_n_until_the_manager_says_otherwise(rt: TestRuntime) -> None:
    rt.extensions(CHAIN.format(first="/n", second="/n"))
    bob = rt.phone("bob").answers()
    call = await rt.phone("alice").call("100@default")
    await call.talking()
    await asyncio.sleep(1)
    assert len(rt.channels) == 6
    assert optimizing.allow(rt.channels["Local/200@default-00000000;1"])
    assert not optimizing.allow(rt.channels["Loopback/alice-00000000"])
    await asyncio.sleep(1)
    assert len(rt.channels) == 4
    call.say("hello")
    assert bob.calls[0].sounds() == ["hello"]
    call.hangup()
    await call.over()
    await bob.calls[0].over()
    await asyncio.sleep(1)
    assert not rt.channels and not rt.bridges


@pytest.mark.parametrize("application", ["Wait", "Echo"])
async def test_a_pair_through_which_nothing_is_heard_stays(rt: TestRuntime, application: str) -> None:
    rt.extensions("[default]\nexten => 1,1,Dial(Local/2@default)\nexten => 2,1,Answer()\n same => n,Wait(5)\n")
    await rt.originate("Local/1@default", application=application, app_data="5")
    await asyncio.sleep(1)
    assert len(rt.channels) == 4
    assert not rt.heard_all(LocalOptimizationBegin)
    while rt.channels:
        await asyncio.sleep(1)


async def test_a_phone_goes_into_a_bridge_of_three(rt: TestRuntime) -> None:
    rt.extensions(
        "[default]\nexten => 100,1,Dial(Loopback/bob)\nexten => 200,1,BridgeAdd(Loopback/bob)\n"
        "exten => 300,1,Dial(Local/400@default)\nexten => 400,1,BridgeAdd(Loopback/bob)\n"
    )
    bob = rt.phone("bob").answers()
    alice = await rt.phone("alice").call("100@default")
    await alice.talking()
    carol = await rt.phone("carol").call("200@default")
    await carol.talking()
    dave = await rt.phone("dave").call("300@default")
    await dave.talking()
    await asyncio.sleep(1)
    assert len(rt.channels) == 4
    (bridge,) = rt.bridges.values()
    assert len(bridge.parties) == 4
    dave.say("hi all")
    for call in (alice, bob.calls[0], carol):
        assert call.sounds() == ["hi all"]
    for call in (alice, bob.calls[0], carol, dave):
        call.hangup()
    await asyncio.sleep(1)
    assert not rt.channels and not rt.bridges


BETWEEN = """\
[default]
exten => 100,1,Dial(Local/200@default)
exten => 200,1,Dial(Local/300@default)
exten => 300,1,Answer()
 same => n,{listens}
"""


@pytest.mark.parametrize(
    ("application", "listens", "gone_at"),
    [
        # As Asterisk 22 was seen to do: a pair goes when it has passed a sound on, and an echo makes none.
        ("Echo", "Wait(1)", None),
        ("Wait", "Echo()", None),
        ("Wait", "Wait(1)", None),
        ("Milliwatt", "Wait(1)", 0.0),
        ("Wait", "Milliwatt()", 0.5),
    ],
)
async def test_a_pair_goes_when_it_has_passed_a_sound_on(
    rt: TestRuntime, application: str, listens: str, gone_at: float | None
) -> None:
    rt.extensions(BETWEEN.format(listens=listens))
    began, ended = rt.now(), list[float]()
    rt.bus.subscribe(lambda event: ended.append(rt.now() - began), LocalOptimizationEnd)
    await rt.originate("Local/100@default", application=application, app_data="1" if application == "Wait" else "")
    await asyncio.sleep(0.9)
    assert [round(each, 1) for each in ended] == ([] if gone_at is None else [gone_at])
    for channel in tuple(rt.channels.values()):
        channel.request_hangup()
    await asyncio.sleep(0.1)
    assert not rt.channels and not rt.bridges


async def test_the_state_of_a_pair_is_told_as_that_of_a_device(rt: TestRuntime) -> None:
    """As Asterisk 22 was seen to do: at each state of a half, and at the end of each."""
    rt.extensions("[default]\nexten => 700,1,Busy(1)\nexten => 600,1,Answer()\n same => n,Wait(5)\n")
    told = rt.events(DeviceStateChange)
    driver = rt.driver("Local")
    assert driver is not None
    assert [driver.device_state(each).value for each in ("600@default", "601")] == ["NOT_INUSE", "INVALID"]
    await rt.originate("Local/700@default", application="Wait", app_data="1")
    await asyncio.sleep(2)
    busy = [await told.get() for _ in range(3)]
    assert [(each.device, each.state) for each in busy] == [
        ("Local/700@default", state) for state in ("INUSE", "NOT_INUSE", "NOT_INUSE")
    ]
    await rt.originate("Local/600@default/n", application="Wait", app_data="1")
    assert driver.device_state("600@default/n").value == "INUSE"
    await asyncio.sleep(6)
    talked = [await told.get() for _ in range(4)]
    assert [(each.device, each.state) for each in talked] == [
        ("Local/600@default", state) for state in ("INUSE", "INUSE", "NOT_INUSE", "NOT_INUSE")
    ]


async def test_who_is_called_has_dialled_nothing(rt: TestRuntime) -> None:
    rt.extensions(
        "[default]\nexten => 100,1,Dial(Local/200@default/n,,b(default^b^1))\n"
        "exten => 200,1,Answer()\n same => n,Verbose(1,called by ${CALLERID(dnid)}.)\n"
        "exten => b,1,Verbose(1,before ${CALLERID(dnid)}.)\n same => n,Return()\n"
    )
    await (await rt.phone("alice").call("100@default")).over()
    assert [text for text in rt.logged(Level.VERBOSE) if text.startswith(("called by", "before"))] == [
        "before .", "called by ."
    ]  # fmt: skip
