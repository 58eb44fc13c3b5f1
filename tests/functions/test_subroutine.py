"""EVAL_SUB, TESTTIME, IFMODULE."""

from asterism.runtime.log import Level
from asterism.runtime.testing import TestRuntime


async def said(rt: TestRuntime, text: str, number: str = "1") -> list[str]:
    rt.extensions(text)
    await (await rt.phone("alice").call(f"{number}@default")).over()
    return [line.partition("NoOp(")[2][:-1] for line in rt.executed() if " NoOp(" in line]


async def test_a_subroutine_as_a_value(rt: TestRuntime) -> None:
    got = await said(
        rt,
        "[default]\nexten => 1,1,NoOp(<${EVAL_SUB(sub,twice,1(21))}>)\n"
        " same => n,NoOp(<${EVAL_SUB(2,1)}|${GOSUB_RETVAL}|${EVAL_SUB(sub,none,1)}|${EVAL_SUB(sub,lost,1)}>)\n"
        " same => n,NoOp(${EXTEN} ${IF($[${EVAL_SUB(sub,twice,1(2))} = 4]?four:else)})\n"
        "exten => 2,1,Return(two)\nexten => h,1,NoOp(h ${EVAL_SUB(sub,twice,1(4))})\n"
        "[sub]\nexten => twice,1,Return($[${ARG1} * 2])\nexten => none,1,Return()\nexten => lost,1,Verbose(gone)\n",
    )
    assert got == ["<42>", "<two|two||>", "1 four", "h 8"]
    assert any("Failed to execute Gosub(sub,lost,1)" in line for line in rt.logged(Level.WARNING))


async def test_another_time_for_gotoiftime(rt: TestRuntime) -> None:
    got = await said(
        rt,
        "[default]\nexten => 1,1,Set(TESTTIME()=2026/12/24 18:30:00 UTC)\n"
        " same => n,GotoIfTime(18:00-19:00,*,24,dec,UTC?eve)\n same => n,NoOp(no)\n"
        " same => n(eve),NoOp(eve ${TESTTIME})\n same => n,Set(TESTTIME()=0)\n same => n,NoOp(<${TESTTIME}>)\n"
        " same => n,Set(TESTTIME()=tomorrow)\n",
    )
    assert got == ["eve 1798137000", "<>"]
    assert any("'tomorrow' is no time" in line for line in rt.logged(Level.WARNING))


async def test_modules_of_asterisks(rt: TestRuntime) -> None:
    got = await said(
        rt, "[default]\nexten => 1,1,NoOp(${IFMODULE(func_strings.so)}${IFMODULE(app_dial)}${IFMODULE(nosuch.so)}"
        "${IFMODULE()})\n"
    )  # fmt: skip
    assert got == ["1100"]
