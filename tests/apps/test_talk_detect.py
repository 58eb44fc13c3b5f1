"""TALK_DETECT: who is told that somebody talks."""

import asyncio

from asterism.runtime.log import Level
from asterism.runtime.manager.rendering import event_headers
from asterism.runtime.talking import ChannelTalkingStart, ChannelTalkingStop
from asterism.runtime.testing import TestRuntime


def told(rt: TestRuntime) -> list[str]:
    return [each.name for each in rt.published if isinstance(each, ChannelTalkingStart | ChannelTalkingStop)]


async def test_talk_is_told_and_its_end(rt: TestRuntime) -> None:
    rt.extensions(
        "[default]\nexten => 1,1,Answer()\n same => n,Set(TALK_DETECT(set)=600)\n same => n,Wait(20)\n"
        " same => n,Set(TALK_DETECT(remove)=)\n same => n,Wait(20)\n"
    )
    call = await rt.phone("anna").call("1@default")
    await call.until("up")
    await asyncio.sleep(3)
    assert told(rt) == []
    call.speak(2)
    await asyncio.sleep(1)
    assert told(rt) == ["ChannelTalkingStart"]
    await asyncio.sleep(1.5)
    assert told(rt) == ["ChannelTalkingStart"]
    await asyncio.sleep(1)
    stop = rt.heard(ChannelTalkingStop)
    assert abs(stop.duration - 2000) < 150
    headers = event_headers(stop, 0.0)
    assert headers[1] == ("Privilege", "call,all") and headers[-1] == ("Duration", stop.duration)
    assert any(line.endswith("is now silent") for line in rt.logged(Level.VERBOSE, 4))
    await asyncio.sleep(15)
    rt.published.clear()
    call.speak(2)
    await asyncio.sleep(5)
    assert told(rt) == []
    call.hangup()
    await call.over()


async def test_who_hangs_up_is_listened_to_no_more(rt: TestRuntime) -> None:
    rt.extensions("[default]\nexten => 1,1,Answer()\n same => n,Set(TALK_DETECT(set)=)\n same => n,Wait(20)\n")
    call = await rt.phone("anna").call("1@default")
    await call.until("up")
    await asyncio.sleep(1)
    listeners = sum(map(len, rt.bus._by_kind.values()))
    assert call.leg.audio.mouth.tapes
    call.hangup()
    await call.over()
    await asyncio.sleep(1)
    assert not call.leg.audio.mouth.tapes
    assert sum(map(len, rt.bus._by_kind.values())) < listeners


async def test_what_is_wrong_is_warned_of(rt: TestRuntime) -> None:
    rt.extensions(
        "[default]\nexten => 1,1,Answer()\n same => n,Set(TALK_DETECT(foo)=1)\n same => n,Set(TALK_DETECT(set)=x)\n"
        " same => n,Set(TALK_DETECT(set)=-5)\n same => n,Set(TALK_DETECT(set)=600,300)\n"
        " same => n,NoOp(${TALK_DETECT(set)})\n same => n,Set(TALK_DETECT(remove)=)\n"
    )
    await (await rt.phone("anna").call("1@default")).over()
    texts = [line.partition(": ")[2] or line for line in rt.logged(Level.WARNING)]
    assert texts == [
        "TALK_DETECT: unknown option foo",
        "TALK_DETECT: 'x' is no silence",
        "TALK_DETECT: '-5' is no silence",
        "TALK_DETECT: a loudness of 300 is not supported, 256 is used",
        "TALK_DETECT: it can only be written",
    ]
