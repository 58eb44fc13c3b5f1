"""FollowMe: the steps, who takes the call, and what caller and called hear."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from asterism.runtime.causes import Cause
from asterism.runtime.log import Level
from asterism.runtime.settings import DirectorySettings
from asterism.runtime.testing import Call, TestRuntime

CONF = """
[general]
takecall = 1
declinecall = 22
pls-hold-prompt = hold
sorry_prompt = sorry
status_prompt = status
norecording_prompt = call
call_from_prompt = from
options_prompt = options
[one]
context = phones
musicclass = none
number = bob&carol,10
number = dave,10
[ordered]
context = phones
number = bob,5,2
number = carol,5,1
number = dave,x
[silent]
context = phones
enable_callee_prompt = no
connecting_prompt = hello
number = bob
"""
DIALPLAN = """
[default]
exten => 1,1,Set(_X=7)
 same => n,FollowMe({arguments})
 same => n,NoOp(after)
exten => h,1,NoOp(h)
[phones]
exten => _[a-z].,1,NoOp(called ${{EXTEN}} ${{X}} ${{CALLERID(num)}})
 same => n,Dial(Loopback/${{EXTEN}})
[sub]
exten => s,1,NoOp(sub ${{CHANNEL:0:9}})
 same => n,Return()
"""


@pytest_asyncio.fixture
async def rt(tmp_path: Path) -> AsyncIterator[TestRuntime]:
    """A runtime with prompts of one second each, and a followme.conf."""
    folder = tmp_path / "sounds/en"
    folder.mkdir(parents=True)
    for name in ("hold", "sorry", "status", "call", "from", "options", "hello", "vm-rec-name", "beep"):
        (folder / f"{name}.sln").write_bytes(bytes(16000))
    (tmp_path / "followme.conf").write_text(CONF)
    (tmp_path / "extensions.conf").write_text(DIALPLAN.format(arguments="one"))
    directories = DirectorySettings(
        astetcdir=tmp_path, astdatadir=tmp_path, astdbdir=tmp_path, astspooldir=tmp_path / "spool"
    )
    async with TestRuntime(tmp_path, directories=directories) as runtime:
        runtime.phone("alice").number = "100"
        yield runtime


async def called(rt: TestRuntime, arguments: str) -> Call:
    rt.extensions(DIALPLAN.format(arguments=arguments))
    return await rt.phone("alice").call("1@default")


def call_of(rt: TestRuntime, name: str) -> Call:
    return rt.phone(name).calls[-1]


async def test_the_first_who_takes_the_call_gets_it(rt: TestRuntime) -> None:
    for name in ("bob", "carol"):
        rt.phone(name).answers(after_s=1)
    alice = await called(rt, "one")
    await asyncio.sleep(5)
    assert alice.sounds() == ["hold"]
    assert call_of(rt, "bob").sounds() == call_of(rt, "carol").sounds() == ["call", "options"]
    call_of(rt, "carol").press("1")
    await alice.talking()
    alice.say("A")
    call_of(rt, "carol").say("C")
    assert alice.sounds()[-1] == "C" and call_of(rt, "carol").sounds()[-1] == "A"
    await asyncio.sleep(1)
    assert call_of(rt, "bob").state == "over" and not rt.phone("dave").calls
    call_of(rt, "carol").hangup()
    await alice.over()
    assert alice.cause == Cause.NORMAL_CLEARING
    assert not any("after" in step for step in rt.executed())
    assert "called bob 7 100" in " ".join(rt.executed())
    await asyncio.sleep(1)
    assert not rt.channels and not rt.bridges


async def test_who_is_asked_may_take_it_while_the_next_step_rings(rt: TestRuntime) -> None:
    rt.phone("bob").answers(after_s=7)
    alice = await called(rt, "one")
    await asyncio.sleep(13)
    assert call_of(rt, "carol").state == "over" and call_of(rt, "dave").state == "ringing"
    call_of(rt, "bob").press("1")
    await alice.talking()
    await asyncio.sleep(1)
    assert call_of(rt, "dave").state == "over"
    alice.hangup()
    await call_of(rt, "bob").over()


@pytest.mark.parametrize(("keys", "options", "heard"), [("22", "n", ["hold", "sorry"]), ("", "d", [])])
async def test_where_nobody_takes_it_the_dialplan_goes_on(
    rt: TestRuntime, keys: str, options: str, heard: list[str]
) -> None:
    for name in ("bob", "carol", "dave"):
        rt.phone(name).answers(after_s=1)
    alice = await called(rt, f"one,{options}")
    for _ in range(3):
        await asyncio.sleep(4)
        for name in ("bob", "carol", "dave"):
            if rt.phone(name).calls:
                call_of(rt, name).press(keys)
    await alice.over()
    assert any("NoOp(after)" in step for step in rt.executed())
    assert alice.sounds() == heard
    assert all(call_of(rt, name).state == "over" for name in ("bob", "carol", "dave"))


async def test_the_order_of_the_steps(rt: TestRuntime) -> None:
    alice = await called(rt, "ordered,sd")
    await alice.over()
    assert [step for step in rt.executed() if "called" in step] == [
        "carol@phones:1 NoOp(called carol 7 100)", "bob@phones:1 NoOp(called bob 7 100)",
    ]  # fmt: skip
    assert alice.sounds() == ["status"]
    assert any("followme.conf" in text and "dave,x" in text for text in rt.logged(Level.WARNING))


async def test_without_asking_who_answers_has_it(rt: TestRuntime) -> None:
    rt.phone("bob").answers(after_s=1)
    alice = await called(rt, "silent,N")
    await alice.until("ringing")
    await alice.talking()
    assert alice.state == "up" and call_of(rt, "bob").sounds() == ["hello"] and not alice.sounds()
    alice.hangup()
    await call_of(rt, "bob").over()


async def test_the_caller_says_his_name(rt: TestRuntime) -> None:
    rt.phone("bob").answers(after_s=1)
    alice = await called(rt, "one,a")
    await asyncio.sleep(2.5)
    alice.speak(1)
    await asyncio.sleep(12)
    assert call_of(rt, "bob").sounds()[0] == "from" and len(call_of(rt, "bob").sounds()) == 3
    alice.hangup()
    await alice.over()
    await asyncio.sleep(1)
    assert not list((rt.directories.spool / "followme").iterdir())


async def test_subroutines_and_a_caller_who_gives_up(rt: TestRuntime) -> None:
    alice = await called(rt, "one,b(sub^s^1)B(sub^s^1)")
    await asyncio.sleep(3)
    assert [step for step in rt.executed() if "sub " in step] == [
        "s@sub:1 NoOp(sub Loopback/)", "s@sub:1 NoOp(sub Local/bob)", "s@sub:1 NoOp(sub Local/car)",
    ]  # fmt: skip
    alice.hangup()
    await alice.over()
    await asyncio.sleep(1)
    assert call_of(rt, "bob").state == call_of(rt, "carol").state == "over"
    assert not rt.channels


@pytest.mark.parametrize("turns", range(12))
async def test_nobody_is_left_when_the_call_is_taken_as_the_caller_goes(rt: TestRuntime, turns: int) -> None:
    rt.phone("bob").answers(after_s=1)
    alice = await called(rt, "one,a")
    await asyncio.sleep(8)
    call_of(rt, "bob").press("1")
    for _ in range(turns):
        await asyncio.sleep(0)
    alice.hangup()
    await alice.over()
    await asyncio.sleep(1)
    assert call_of(rt, "bob").state == call_of(rt, "carol").state == "over"
    assert not rt.channels and not rt.bridges


async def test_the_name_is_not_kept_of_who_goes_before_anybody_is_called(rt: TestRuntime) -> None:
    alice = await called(rt, "one,a")
    await asyncio.sleep(2.5)
    alice.speak(0.5)
    for _ in range(100):
        if "hold" in alice.sounds():
            break
        await asyncio.sleep(0.1)
    assert alice.sounds()[-1] == "hold" and list((rt.directories.spool / "followme").iterdir())
    alice.hangup()
    await alice.over()
    await asyncio.sleep(1)
    assert not list((rt.directories.spool / "followme").iterdir())


async def test_calls_that_go_round_have_an_end(rt: TestRuntime) -> None:
    rt.extensions(
        "[default]\nexten => 1,1,Set(CHANNEL(max_forwards)=3)\n same => n,FollowMe(silent)\n"
        "[phones]\nexten => bob,1,NoOp(round)\n same => n,FollowMe(silent)\n"
    )
    await (await rt.phone("alice").call("1@default")).over()
    assert len([step for step in rt.executed() if "round" in step]) == 3
    assert any("passed on too often" in text for text in rt.logged(Level.WARNING))


@pytest.mark.parametrize(
    ("arguments", "warning"), [("nosuch", "Profile requested, nosuch, not found"), ("", "requires an argument")]
)
async def test_what_it_cannot_do(rt: TestRuntime, arguments: str, warning: str) -> None:
    await (await called(rt, arguments)).over()
    assert any(warning in text for text in rt.logged(Level.WARNING))
    assert any("NoOp(after)" in step for step in rt.executed())
