"""AMD: what a human says, what a machine says, and what amd.conf changes."""

import asyncio
from pathlib import Path

import pytest
from asterism.runtime.log import Level
from asterism.runtime.testing import Call, TestRuntime


def plan(arguments: str) -> str:
    return f"[default]\nexten => 1,1,Answer()\n same => n,AMD({arguments})\n same => n,Hangup()\n"


async def heard(call: Call, said: list[tuple[float, float]]) -> str:
    """Wait so long, then speak so long, again and again."""
    await call.until("up")
    for silent_s, spoken_s in said:
        await asyncio.sleep(silent_s)
        if spoken_s:
            call.speak(spoken_s)
            await asyncio.sleep(spoken_s)
    await call.over()
    return f"{call.variables['AMDSTATUS']} {call.variables['AMDCAUSE']}"


HELLO = [(0.5, 0.6)]
"Half a second, one word, and then nothing: what Asterisk calls a human."
WORDS = [(0.3, 0.2), (0.2, 0.2), (0.2, 0.2), (0.2, 0.2)]


@pytest.mark.parametrize(
    ("arguments", "said", "verdict"),
    [
        ("", HELLO, "HUMAN HUMAN-800-800"),
        ("", [], "MACHINE INITIALSILENCE-2500-2500"),
        ("600", HELLO, "HUMAN HUMAN-800-800"),
        ("400", HELLO, "MACHINE INITIALSILENCE-400-400"),
        ("", [(0.5, 2.0)], "MACHINE LONGGREETING-1500-1500"),
        (",9000", [(0.5, 2.0)], "HUMAN HUMAN-800-800"),
        (",,300", HELLO, "HUMAN HUMAN-300-300"),
        ("", WORDS, "MACHINE MAXWORDS-3-2"),
        (",,,,,,4", WORDS, "HUMAN HUMAN-800-800"),
        (",,,,300", WORDS, "MACHINE INITIALSILENCE-2500-2500"),
        (",,,,,,,,300", HELLO, "MACHINE MAXWORDLENGTH-300"),
        (",,,1000", HELLO, "NOTSURE TOOLONG-1000"),
        (",,,,,,,7000", HELLO, "MACHINE INITIALSILENCE-2500-2500"),
    ],
)
async def test_who_has_answered(rt: TestRuntime, arguments: str, said: list[tuple[float, float]], verdict: str) -> None:
    rt.extensions(plan(arguments))
    assert await heard(await rt.phone("alice").call("1@default"), said) == verdict


async def test_who_hangs_up_meanwhile_is_neither(rt: TestRuntime) -> None:
    rt.extensions(plan(""))
    call = await rt.phone("alice").call("1@default")
    await call.until("up")
    await asyncio.sleep(1)
    call.hangup()
    await call.over()
    assert (call.variables["AMDSTATUS"], call.variables["AMDCAUSE"]) == ("HANGUP", "")


async def test_where_nothing_comes_the_time_is_over(rt: TestRuntime) -> None:
    rt.extensions(
        "[default]\nexten => 2,1,Answer()\n same => n,Wait(20)\n"
        "exten => 1,1,AMD()\n same => n,Set(GLOBAL(FOUND)=${AMDSTATUS} ${AMDCAUSE})\n"
    )
    await rt.originate("Local/2@default/n", context="default", exten="1")
    await asyncio.sleep(6)
    assert rt.variables["FOUND"] == "NOTSURE TOOLONG-4900"


async def test_the_file_says_what_holds_where_nothing_is_given(tmp_path: Path) -> None:
    (tmp_path / "extensions.conf").write_text(plan(",,,,,,,,,beep"))
    (tmp_path / "amd.conf").write_text("[general]\nafter_greeting_silence = 400\ninitial_silence = 3000\nnosuch = 1\n")
    async with TestRuntime(tmp_path) as rt:
        assert any("amd.conf:4" in text for text in rt.logged(Level.WARNING))
        call = await rt.phone("alice").call("1@default")
        assert await heard(call, HELLO) == "HUMAN HUMAN-400-400"
        assert call.sounds() == ["beep"]
        (tmp_path / "amd.conf").write_text("[general]\nafter_greeting_silence = 200\n")
        await rt.reload()
        assert await heard(await rt.phone("alice").call("1@default"), HELLO) == "HUMAN HUMAN-200-200"
