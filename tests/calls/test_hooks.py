"""What may run on the called channel before the two are joined."""

import asyncio

from asterism.runtime.channel import Channel
from asterism.runtime.testing import TestRuntime


async def test_the_callee_may_be_asked_first(rt: TestRuntime) -> None:
    results: list[object] = []

    async def confirm(callee: Channel) -> bool:
        return await callee.read_digit(10) == "1"

    @rt.application("Screen")
    async def screen(chan: Channel) -> None:
        """Dial with a question."""
        result = await chan.dial(["Loopback/bob"], on_answer=confirm)
        results.append(result.gone_first)

    rt.extensions("[default]\nexten => 100,1,Screen()\n same => n,NoOp(after)\n")
    bob = rt.phone("bob").answers()
    call = await rt.phone("alice").call("100@default")
    theirs = await bob.rung()
    await theirs.until("up")
    theirs.press("1")
    await call.talking()
    theirs.hangup()
    await call.over()
    assert results == ["callee"]
    assert "100@default:2 NoOp(after)" in rt.executed()


async def test_a_callee_that_hangs_up_meanwhile_does_not_end_the_caller(rt: TestRuntime) -> None:
    async def confirm(callee: Channel) -> bool:
        return await callee.work(patience(callee))

    async def patience(callee: Channel) -> bool:
        await callee.wait(10)
        return True

    @rt.application("Screen")
    async def screen(chan: Channel) -> None:
        """Dial with a wait."""
        await chan.dial(["Loopback/bob"], on_answer=confirm)

    rt.extensions("[default]\nexten => 100,1,Screen()\n same => n,NoOp(after)\n")
    rt.phone("bob").answers(talks_s=1)
    began = rt.now()
    call = await rt.phone("alice").call("100@default")
    await call.over()
    assert rt.now() - began < 2
    assert "100@default:2 NoOp(after)" in rt.executed()
    assert not rt.channels


async def test_a_caller_that_hangs_up_meanwhile_ends_both(rt: TestRuntime) -> None:
    async def patience(callee: Channel) -> bool:
        await callee.wait(3600)
        return True

    async def confirm(callee: Channel) -> bool:
        return await callee.work(patience(callee))

    @rt.application("Screen")
    async def screen(chan: Channel) -> None:
        """Dial with a wait."""
        await chan.dial(["Loopback/bob"], on_answer=confirm)

    rt.extensions("[default]\nexten => 100,1,Screen()\n")
    bob = rt.phone("bob").answers()
    call = await rt.phone("alice").call("100@default")
    await call.until("up")
    await asyncio.sleep(1)
    began = rt.now()
    call.hangup()
    await call.over()
    await bob.calls[0].over()
    assert rt.now() - began < 1
    assert not rt.channels


async def test_a_caller_that_hangs_up_while_a_forward_is_prepared_leaves_nothing(rt: TestRuntime) -> None:
    waited: list[str] = []

    async def slow(callee: Channel) -> bool:
        waited.append(callee.name)
        if len(waited) > 1:
            await asyncio.sleep(3600)
        return True

    @rt.application("Slow")
    async def slowly(chan: Channel) -> None:
        """Dial with a slow hook."""
        await chan.dial(["Loopback/bob"], before_call=slow)

    rt.extensions("[default]\nexten => 100,1,Slow()\n")
    rt.phone("bob").forwards("Loopback/carol")
    call = await rt.phone("alice").call("100@default")
    await asyncio.sleep(1)
    assert len(waited) == 2
    call.hangup()
    await call.over()
    assert not rt.channels
