"""Actions on channels: originate in all its forms, mute, map, redirect."""

import asyncio

import pytest
from asterism.runtime.events import DTMFBegin, DTMFEnd, Newexten, OriginateResponse, UserEvent
from asterism.runtime.testing import TestRuntime

from tests.runtime.actions.conftest import Do

PLAN = """\
[default]
exten => 100,1,Answer()
 same => n,Wait(30)
exten => 200,1,Progress()
 same => n,Wait(5)
 same => n,Answer()
 same => n,Wait(30)
exten => 300,1,Dial(Local/100@default)
[sub]
exten => s,1,Set(PRE=${ARG1}${ARG2})
 same => n,Return()
"""


async def originated(rt: TestRuntime, do: Do, **headers: str) -> OriginateResponse:
    answer = await do("Originate", Async="yes", **headers)
    assert answer.message == "Originate successfully queued" and answer.after is not None
    queue = rt.events(OriginateResponse)
    answer.after()
    found = await queue.get()
    assert isinstance(found, OriginateResponse)
    return found


async def test_a_subroutine_runs_before_the_call(rt: TestRuntime, do: Do) -> None:
    rt.extensions(PLAN)
    found = await originated(
        rt, do, Channel="Local/100@default", Application="Wait", Data="5", PreDialGoSub="sub,s,1(a,b)", Variable="X=1"
    )
    channel = rt.channels[found.channel]
    assert (channel.variables["PRE"], channel.variables["X"]) == ("ab", "1")


@pytest.mark.parametrize(("early", "seconds"), [("true", 0), ("no", 5)])
async def test_early_media_counts_as_an_answer(rt: TestRuntime, do: Do, early: str, seconds: int) -> None:
    rt.extensions(PLAN)
    began = rt.now()
    found = await originated(
        rt, do, Channel="Local/200@default", Application="Wait", Data="5", EarlyMedia=early, ActionID="7"
    )
    assert (found.response, found.reason, round(rt.now() - began)) == ("Success", 4, seconds)


async def test_who_does_not_answer_has_no_channel(rt: TestRuntime, do: Do) -> None:
    rt.extensions(PLAN)
    found = await originated(
        rt, do, Channel="Local/200@default", Context="default", Exten="100", Priority="1", Timeout="2000"
    )
    assert (found.response, found.channel, found.uniqueid) == ("Failure", "Local/200@default", "")


async def test_unique_ids(rt: TestRuntime, do: Do) -> None:
    rt.extensions(PLAN)
    ids = {"ChannelId": "one", "OtherChannelId": "two"}
    await originated(rt, do, Channel="Local/100@default", Application="Wait", Data="5", **ids)
    assert {each.uniqueid for each in rt.channels.values()} == {"one", "two"}
    again = await do("Originate", Channel="Local/100@default", Application="Wait", Data="5", ChannelId="two")
    assert again.status == "Error"


async def test_whom_a_channel_hears(rt: TestRuntime, do: Do) -> None:
    rt.extensions(PLAN)
    await originated(rt, do, Channel="Local/300@default/n", Application="Wait", Data="9", ChannelId="a")
    second = next(name for name in rt.channels if name.startswith("Local/300") and name.endswith(";2"))
    while rt.channels[second].bridge is None or len(rt.channels[second].bridge.members) < 2:
        await rt.events(Newexten).get()
    answer = await do("CoreShowChannelMap", Channel=second)
    told = [dict(item.headers)["ConnectedChannel"] for item in answer.items]
    assert [str(name)[-1] for name in told] == ["1", "2"] and all("Local/100" in str(name) for name in told)
    assert (await do("CoreShowChannelMap", Channel="nosuch")).message == "Could not get channel snapshot"


async def test_mute(rt: TestRuntime, do: Do) -> None:
    rt.extensions(PLAN)
    await originated(rt, do, Channel="Local/100@default", Application="Wait", Data="5", ChannelId="a")
    channel = rt.channels.find("a")
    assert channel is not None
    for direction, state, expected in (
        ("in", "on", (True, False)),
        ("all", "on", (True, True)),
        ("in", "off", (False, True)),
    ):
        assert (await do("MuteAudio", Channel="a", Direction=direction, State=state)).status == "Success"
        assert (channel.muted, channel.deaf) == expected
    assert (await do("MuteAudio", Channel="a", Direction="up", State="on")).status == "Error"
    assert (await do("Getvar", Channel="a", Variable="MUTEAUDIO(out)")).headers[1] == ("Value", "1")


async def test_a_user_event_keeps_what_is_said_twice(rt: TestRuntime, do: Do) -> None:
    from asterism.runtime.manager.rendering import event_headers

    action = rt.actions["UserEvent"]
    from asterism.runtime.request import Request

    action.body(rt, Request([("Action", "UserEvent"), ("UserEvent", "X"), ("a", "1"), ("A", "2"), ("a", "3")]))
    found = event_headers(rt.heard(UserEvent), 0.0)
    assert [value for name, value in found if name.lower() == "a"] == ["1", "2", "3"]


async def test_a_digit_that_comes_whole_has_no_beginning(rt: TestRuntime, do: Do) -> None:
    """As Asterisk 22 was seen to do: with Receive, as with a digit in a message, only its end is told."""
    rt.extensions(PLAN)
    alice = await rt.phone("alice").call("100@default")
    await alice.until("up")
    (name,) = rt.channels
    answer = await do("PlayDTMF", Channel=name, Digit="4", Duration="120", Receive="true")
    assert answer.message == "DTMF successfully queued"
    told = rt.heard(DTMFEnd)
    assert (told.digit, told.duration_ms, told.direction) == ("4", 120, "Received")
    assert not rt.heard_all(DTMFBegin)
    alice.press("5")
    await asyncio.sleep(1)
    assert [each.digit for each in rt.heard_all(DTMFBegin)] == ["5"]
