"""Whatever happens when, nothing is left behind: every beginning has its end, and `h` runs once."""

import asyncio
from collections import Counter

from asterism.runtime.causes import Cause
from asterism.runtime.events import (
    BridgeCreate,
    BridgeDestroy,
    BridgeEnter,
    BridgeLeave,
    DialBegin,
    DialEnd,
    Hangup,
    Newchannel,
    Newexten,
)
from asterism.runtime.log import Level
from asterism.runtime.testing import Call, TestRuntime
from hypothesis import given, settings
from hypothesis import strategies as st

DIALPLAN = """[default]
exten => 1,1,Dial(Loopback/bob,5,g)
 same => n,Wait(1)
exten => 2,1,Dial(Loopback/bob&Local/4@default&Loopback/carol,5)
exten => 3,1,Dial(Local/1@default,8,g)
 same => n,NoOp(${DIALSTATUS})
exten => 4,1,Ringing()
 same => n,Wait(2)
 same => n,Answer()
 same => n,Wait(3)
exten => 5,1,Answer()
 same => n,Dial(Local/3@default/n&Loopback/carol,4,r)
 same => n,Busy(1)
exten => h,1,NoOp(h)
 same => n,Wait(1)
 same => n,NoOp(never)
"""

TIMES = st.floats(0, 10, allow_nan=False)
ACTS = st.sampled_from(("hangup", "transfer", "redirect", "request", "press"))


def act(rt: TestRuntime, call: Call, what: str) -> None:
    """Do something to a call, whatever state it is in."""
    if call.state == "over":
        return
    channel = rt.channels.get(call.leg.name)
    if what == "hangup":
        call.hangup(Cause.NORMAL_CLEARING)
    elif what == "transfer":
        call.transfer("4", "default")
    elif what == "press":
        call.press("1#")
    elif channel is not None and what == "redirect":
        channel.redirect("default", "4", 1)
    elif channel is not None:
        channel.request_hangup()


async def scenario(exten: str, answers: float, talks: float, acts: list[tuple[float, str, str]]) -> None:
    async with TestRuntime() as rt:
        rt.extensions(DIALPLAN)
        rt.phone("bob").answers(answers, talks)
        rt.phone("carol").refuses(Cause.USER_BUSY, after_s=1)
        call = await rt.phone("alice").call(f"{exten}@default")
        loop = asyncio.get_running_loop()
        for at, what, who in acts:

            def later(what: str = what, who: str = who) -> None:
                for each in rt.phone(who).calls:
                    act(rt, each, what)

            loop.call_later(at, later)
        await asyncio.sleep(60)
        await asyncio.wait_for(call.over(), 600)
        end = rt.now() + 600
        while rt.channels and rt.now() < end:
            await asyncio.sleep(1)
        assert not rt.channels
        assert not rt.bridges
        assert not rt.logged(Level.ERROR)
        count = Counter(type(event) for event in rt.published)
        assert count[Newchannel] == count[Hangup]
        assert count[DialBegin] == count[DialEnd]
        assert count[BridgeCreate] == count[BridgeDestroy]
        # Whoever is moved to another bridge, to get a Local pair out of the way, enters that one too.
        assert count[BridgeEnter] == count[BridgeLeave] >= 2 * count[BridgeCreate]
        ran = {event.channel.channel for event in rt.heard_all(Newexten) if event.application != "AppDial"}
        h = Counter(event.channel.channel for event in rt.heard_all(Newexten) if event.app_data == "h")
        assert h == Counter(dict.fromkeys(ran, 1))
        assert not [event for event in rt.heard_all(Newexten) if event.app_data == "never"]


@settings(max_examples=60, deadline=None)
@given(
    exten=st.sampled_from("12345"),
    answers=TIMES,
    talks=TIMES,
    acts=st.lists(st.tuples(TIMES, ACTS, st.sampled_from(("alice", "bob"))), max_size=4),
)
def test_nothing_is_left_behind(exten: str, answers: float, talks: float, acts: list[tuple[float, str, str]]) -> None:
    asyncio.run(scenario(exten, answers, talks, acts))
