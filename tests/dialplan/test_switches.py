"""`switch => Loopback/...`: where it leads, what it may be told, and that it cannot lead on for ever."""

from asterism.runtime.events import Newexten
from asterism.runtime.testing import TestRuntime

GENERAL = "[general]\n"


async def ran(rt: TestRuntime, text: str, exten: str) -> list[tuple[str, str, int, str]]:
    rt.extensions(GENERAL + text + f"[start]\nexten => s,1,Goto(m,{exten},1)\n")
    call = await rt.phone("alice").call("s@start")
    await call.over()
    steps = [(one.channel.context, one.extension, one.channel.priority, one.app_data) for one in rt.heard_all(Newexten)]
    return [step for step in steps if step[0] != "start"]


async def test_a_number_is_looked_for_elsewhere_and_the_call_goes_on_there(rt: TestRuntime) -> None:
    text = "[m]\nlswitch => Loopback/7${EXTEN}@b/_X\n[b]\nexten => _7X,1,NoOp(${CONTEXT})\n same => n,NoOp(${EXTEN})\n"
    assert await ran(rt, text, "1") == [("b", "71", 1, "b"), ("b", "71", 2, "71")]


async def test_without_a_number_it_is_the_one_that_was_dialled(rt: TestRuntime) -> None:
    assert await ran(rt, "[m]\nlswitch => Loopback/@b\n[b]\nexten => 5,1,NoOp()\n", "5") == [("b", "5", 1, "")]


async def test_a_number_that_the_pattern_does_not_match_is_not_looked_for(rt: TestRuntime) -> None:
    text = "[m]\nlswitch => Loopback/${EXTEN}@b/_9X\nexten => i,1,NoOp(i)\n[b]\nexten => 5,1,NoOp()\n"
    assert await ran(rt, text, "5") == [("m", "i", 1, "i")]


async def test_a_context_looped_back_to_itself_ends_the_call(rt: TestRuntime) -> None:
    text = "[m]\nlswitch => Loopback/b\ninclude => b\nexten => i,1,NoOp(i)\n[b]\nexten => 5,1,NoOp()\n"
    assert await ran(rt, text, "5") == []


async def test_two_contexts_that_lead_to_each_other_find_nothing(rt: TestRuntime) -> None:
    # Asterisk's process ends here.
    text = "[m]\nlswitch => Loopback/${EXTEN}@b\n[b]\nlswitch => Loopback/${EXTEN}@m\nexten => 9,1,NoOp(nine)\n"
    assert await ran(rt, text, "5") == []
    assert await ran(rt, text, "9") == [("b", "9", 1, "nine")]
