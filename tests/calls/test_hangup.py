"""Hangup: raised at whatever is awaited, not to be swallowed, and followed by `h` once."""

import asyncio
import contextlib

from asterism.runtime.causes import Cause
from asterism.runtime.channel import Channel
from asterism.runtime.events import Hangup as HangupEvent
from asterism.runtime.events import HangupRequest, Newchannel, Newstate, SoftHangupRequest
from asterism.runtime.log import Level
from asterism.runtime.testing import TestRuntime

H = "exten => h,1,NoOp(h ${HANGUPCAUSE})\n"


async def test_the_simplest_call(rt: TestRuntime) -> None:
    rt.extensions("[default]\nexten => 100,1,Answer()\n same => n,Wait(1)\n same => n,Hangup()\n" + H)
    call = await rt.phone("alice").call("100@default")
    await call.over()
    assert rt.executed() == [
        "100@default:1 Answer()",
        "100@default:2 Wait(1)",
        "100@default:3 Hangup()",
        "h@default:1 NoOp(h 16)",
    ]
    kinds = [type(event).__name__ for event in rt.published]
    assert kinds.index("Newchannel") < kinds.index("Newexten") < kinds.index("Newstate") < kinds.index("Hangup")
    assert rt.heard(Newchannel).channel.state.text == "Ring"
    assert rt.heard(Newstate).channel.state.text == "Up"
    assert rt.heard(HangupEvent).cause == 16
    assert rt.heard(HangupEvent).cause_txt == "Normal Clearing"
    lines = rt.logged(Level.VERBOSE)
    assert 'Executing [100@default:1] Answer("Loopback/alice-00000000", "") in new stack' in lines
    assert "Spawn extension (default, 100, 3) exited non-zero on 'Loopback/alice-00000000'" in lines


async def test_an_application_cannot_swallow_it(rt: TestRuntime) -> None:
    seen: list[str] = []

    @rt.application("Stubborn")
    async def stubborn(chan: Channel) -> None:
        """Never give up."""
        await chan.answer()
        while True:
            try:
                await asyncio.sleep(60)
            except Exception:
                seen.append("swallowed")
            finally:
                seen.append("cleaned up")

    rt.extensions("[default]\nexten => 100,1,Stubborn()\n same => n,NoOp(never)\n" + H)
    call = await rt.phone("alice").call("100@default")
    await call.until("up")
    await asyncio.sleep(1)
    call.hangup(Cause.NORMAL_CLEARING)
    await call.over()
    assert seen == ["cleaned up"]
    assert rt.executed()[-1] == "h@default:1 NoOp(h 16)"
    assert len([line for line in rt.executed() if line.startswith("h@")]) == 1
    assert rt.heard(HangupRequest).cause == 16


async def test_who_swallows_it_all_the_same_gets_it_again_at_the_next_verb(rt: TestRuntime) -> None:
    seen: list[str] = []

    @rt.application("Deaf")
    async def deaf(chan: Channel) -> None:
        """Ignore everything."""
        await chan.answer()
        with contextlib.suppress(BaseException):
            await chan.wait(60)
        seen.append("heard nothing")
        await chan.wait(60)
        seen.append("never")

    rt.extensions("[default]\nexten => 100,1,Deaf()\n" + H)
    call = await rt.phone("alice").call("100@default")
    await call.until("up")
    await asyncio.sleep(1)
    call.hangup()
    await call.over()
    assert seen == ["heard nothing"]


async def test_an_exception_costs_the_call_and_nothing_else(rt: TestRuntime) -> None:
    @rt.application("Broken")
    async def broken(chan: Channel) -> None:
        """Break."""
        await asyncio.sleep(0)
        raise ValueError("out of order")

    rt.extensions("[default]\nexten => 100,1,NoOp()\n same => n,Broken()\n same => n,NoOp(never)\n" + H)
    call = await rt.phone("alice").call("100@default")
    await call.over()
    (line,) = rt.logged(Level.ERROR)
    assert "extensions.conf:3" in line and "Broken" in line and "out of order" in line
    assert not any("never" in line for line in rt.executed())
    call = await rt.phone("alice").call("100@default")
    await call.over()


async def test_it_can_be_asked_for_from_outside(rt: TestRuntime) -> None:
    rt.extensions("[default]\nexten => 100,1,Answer()\n same => n,Wait(3600)\n" + H)
    call = await rt.phone("alice").call("100@default")
    await call.until("up")
    rt.channels["Loopback/alice-00000000"].request_hangup(Cause.NORMAL_CIRCUIT_CONGESTION)
    await call.over()
    assert call.cause == Cause.NORMAL_CIRCUIT_CONGESTION
    assert [event.cause for event in rt.heard_all(SoftHangupRequest)] == [SoftHangupRequest.PLAN_OVER]
    assert rt.executed()[-1] == "h@default:1 NoOp(h 34)"


async def test_who_asks_is_told_where_asterisk_tells_it(rt: TestRuntime) -> None:
    rt.extensions("[default]\nexten => 100,1,Wait(3600)\nexten => 101,1,SoftHangup(${CHANNEL})\n" + H)
    call = await rt.phone("alice").call("100@default")
    await rt.commands.run(rt, "channel request hangup all")
    await call.over()
    call = await rt.phone("bob").call("101@default")
    await call.over()
    # As Asterisk 22 was seen to tell: 32 for who asks, then 16 for the end of the dialplan.
    assert [event.cause for event in rt.heard_all(SoftHangupRequest)] == [32, 16, 32, 16]


async def test_before_the_first_step(rt: TestRuntime) -> None:
    rt.extensions("[default]\nexten => 100,1,Wait(3600)\n" + H)
    call = await rt.phone("alice").call("100@default")
    call.hangup()
    await call.over()
    assert not rt.channels


async def test_a_dialplan_that_never_waits_can_be_hung_up(rt: TestRuntime) -> None:
    rt.extensions("[default]\nexten => 100,1,Set(i=$[0${i}+1])\n same => n,Goto(1)\n" + H)
    call = await rt.phone("alice").call("100@default")
    await asyncio.sleep(0.01)
    call.hangup()
    await call.over()
    assert int(call.variables["i"]) > 100


async def test_verbs_in_h_end_it(rt: TestRuntime) -> None:
    rt.extensions(
        "[default]\nexten => 100,1,Hangup(17)\nexten => h,1,NoOp(a)\n same => n,Answer()\n same => n,NoOp(b)\n"
    )
    call = await rt.phone("alice").call("100@default")
    await call.over()
    assert call.cause == Cause.USER_BUSY
    assert not any("NoOp(b)" in line for line in rt.executed())


async def test_redirect_takes_a_channel_from_whatever_it_does(rt: TestRuntime) -> None:
    rt.extensions(
        "[default]\nexten => 100,1,Answer()\n same => n,Wait(3600)\n"
        "exten => 200,1,NoOp()\n same => n(there),NoOp(arrived)\n same => n,Hangup()\n"
    )
    call = await rt.phone("alice").call("100@default")
    await call.until("up")
    rt.channels["Loopback/alice-00000000"].redirect("default", "200", "there")
    await call.over()
    assert "200@default:2 NoOp(arrived)" in rt.executed()


async def test_leaving_the_runtime_hangs_up_and_runs_h() -> None:
    async with TestRuntime() as rt:
        rt.extensions("[default]\nexten => 100,1,Answer()\n same => n,Wait(3600)\n" + H)
        call = await rt.phone("alice").call("100@default")
        await call.until("up")
    assert call.state == "over"
    assert rt.executed()[-1] == "h@default:1 NoOp(h 0)"
    assert not rt.channels


async def test_two_runtimes_in_one_process() -> None:
    async with TestRuntime() as one, TestRuntime() as two:
        one.extensions("[default]\nexten => 100,1,Set(GLOBAL(who)=one)\n")
        two.extensions("[default]\nexten => 100,1,Set(GLOBAL(who)=two)\n")
        for rt in (one, two):
            call = await rt.phone("alice").call("100@default")
            await call.over()
        assert (one.variables["who"], two.variables["who"]) == ("one", "two")


async def test_a_graceful_stop_waits_for_calls(rt: TestRuntime) -> None:
    rt.extensions("[default]\nexten => 100,1,Answer()\n same => n,Wait(600)\n")
    call = await rt.phone("alice").call("100@default")
    await call.until("up")
    began = rt.now()
    await rt.stop(gracefully=True)
    assert rt.now() - began > 599
    await rt.wait_closed()


async def test_a_flood_of_digits_costs_the_excess(rt: TestRuntime) -> None:
    rt.extensions("[default]\nexten => 100,1,Answer()\n same => n,Wait(5)\n same => n,Hangup()\n")
    call = await rt.phone("alice").call("100@default")
    await call.until("up")
    call.press("1" * 3000)
    await call.over()
    assert len([line for line in rt.logged(Level.WARNING) if "excess" in line]) == 1


async def test_an_application_with_tasks_of_its_own(rt: TestRuntime) -> None:
    seen: list[str] = []

    async def beside() -> None:
        try:
            await asyncio.sleep(3600)
        finally:
            seen.append("beside ended")

    @rt.application("Grouped")
    async def grouped(chan: Channel) -> None:
        """Wait with another task beside."""
        await chan.answer()
        async with asyncio.TaskGroup() as group:
            group.create_task(beside())
            await chan.wait(3600)

    rt.extensions("[default]\nexten => 100,1,Grouped()\nexten => 200,1,NoOp(elsewhere)\n" + H)
    call = await rt.phone("alice").call("100@default")
    await call.until("up")
    await asyncio.sleep(1)
    call.hangup()
    await call.over()
    assert seen == ["beside ended"]
    assert rt.executed()[-1] == "h@default:1 NoOp(h 16)"
    assert not rt.logged(Level.ERROR)
    call = await rt.phone("alice").call("100@default")
    await asyncio.sleep(1)
    rt.channels["Loopback/alice-00000001"].redirect("default", "200", 1)
    await call.over()
    assert "200@default:1 NoOp(elsewhere)" in rt.executed()
