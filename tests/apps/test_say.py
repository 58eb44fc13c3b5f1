"""The Say applications: what the caller hears."""

import asyncio
from pathlib import Path

import pytest
from asterism.runtime.log import Level
from asterism.runtime.testing import TestRuntime


@pytest.fixture(autouse=True)
def prompts(tmp_path: Path) -> None:
    for name in (
        "digits/1",
        "digits/2",
        "digits/20",
        "digits/h-1",
        "letters/a",
        "phonetic/a_p",
        "digits/oh",
        "dollars",
        "and",
        "cent",
    ):
        path = tmp_path / f"sounds/en/{name}.ulaw"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"\xff" * 800)


@pytest.mark.parametrize(
    ("step", "sounds"),
    [
        ("SayDigits(12)", ["1", "2"]),
        ("SayAlpha(a1)", ["a", "1"]),
        ("SayPhonetic(A2)", ["a_p", "2"]),
        ("SayNumber(21,f)", ["20", "1"]),
        ("SayOrdinal(21)", ["20", "h-1"]),
        ("SayMoney(21.01)", ["20", "1", "dollars", "and", "1", "cent"]),
        ("SayUnixTime(72060,UTC,HM)", ["20", "oh", "1"]),
        ("Playback(${SAYFILES(21,number)})", ["20", "1"]),
        ("Playback(${SAYFILES(a1x)})", ["a", "1"]),
    ],
)
async def test_it_is_said(rt: TestRuntime, step: str, sounds: list[str]) -> None:
    rt.extensions(f"[default]\nexten => 1,1,Answer()\n same => n,{step}\n same => n,NoOp(on)")
    call = await rt.phone("alice").call("1@default")
    await call.over()
    assert call.sounds() == sounds
    assert rt.executed()[-1].endswith("NoOp(on)")


@pytest.mark.parametrize("step", ["SayNumber(abc)", "SayOrdinal()", "SayNumber(99999999999)", "SayUnixTime(abc)"])
async def test_what_is_no_number_is_a_warning(rt: TestRuntime, step: str) -> None:
    rt.extensions(f"[default]\nexten => 1,1,Answer()\n same => n,{step}\n same => n,NoOp(on)")
    call = await rt.phone("alice").call("1@default")
    await call.over()
    assert call.sounds() == [] and len(rt.logged(Level.WARNING)) == 1
    assert rt.executed()[-1].endswith("NoOp(on)")


@pytest.mark.parametrize(("interrupts", "last"), [("true", "7@default:1 NoOp(seven)"), ("", "1@default:4 NoOp(on)")])
async def test_a_key_is_dialled_when_it_may_interrupt(rt: TestRuntime, interrupts: str, last: str) -> None:
    rt.extensions(
        f"[default]\nexten => 1,1,Answer()\n same => n,Set(SAY_DTMF_INTERRUPT={interrupts})\n"
        " same => n,SayDigits(1212)\n same => n,NoOp(on)\nexten => 7,1,NoOp(seven)\n"
    )
    call = await rt.phone("alice").call("1@default")
    await call.until("up")
    await asyncio.sleep(0.15)
    call.press("7")
    await call.over()
    assert rt.executed()[-1] == last
