"""The examples run, and do what they say."""

import asyncio
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest
from asterism.runtime.log import Level
from asterism.runtime.testing import TestRuntime

FOLDER = Path(__file__).parents[2] / "contrib/examples"
LONGEST = 60


def example(name: str) -> ModuleType:
    """Import an example as `python contrib/examples/name.py` would, but for its last lines."""
    spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def configured(folder: Path) -> str:
    """A configuration folder without any phone."""
    folders = "".join(f"ast{which}dir => {folder}\n" for which in ("etc", "varlib", "db", "run", "log", "spool"))
    (folder / "asterisk.conf").write_text(f"[directories]\n{folders}")
    (folder / "extensions.conf").write_text("[phones]\nexten => 1,1,NoOp()\n")
    return str(folder)


def test_each_is_short() -> None:
    files = list(FOLDER.glob("*.py"))
    assert files and all(len(file.read_text().splitlines()) <= LONGEST for file in files)


@pytest.mark.parametrize("name", ["answer_and_play", "ivr"])
async def test_each_starts_by_itself(name: str, tmp_path: Path) -> None:
    running = asyncio.create_task(example(name).main(configured(tmp_path)))
    done, _ = await asyncio.wait({running}, timeout=0.5)
    assert not done, running.exception()
    running.cancel()
    await asyncio.wait({running})


async def test_answer_and_play(rt: TestRuntime) -> None:
    example("answer_and_play").install(rt)
    call = await rt.phone("alice").call("12@phones")
    await call.over()
    assert call.sounds() == ["hello-world", "hello-world"]


async def test_click_to_call(rt: TestRuntime) -> None:
    rt.extensions("[phones]\nexten => 600,1,Playback(beep)\n same => n,NoOp(${CLICKED})\n")
    rt.phone("alice").answers(after_s=2)
    rt.phone("bob").refuses(17)
    clicked = example("click_to_call").click_to_call
    assert await clicked(rt, "Loopback/alice", "600") == "ANSWER"
    await rt.phone("alice").calls[0].over()
    assert rt.phone("alice").calls[0].sounds() == ["beep"]
    assert rt.executed()[-1].endswith("NoOp(600)")
    assert await clicked(rt, "Loopback/bob", "600") == "BUSY"


async def test_click_to_call_reads_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = iter(["Local/1@nowhere 600\n", "nonsense\n", ""])
    monkeypatch.setattr(sys.stdin, "readline", lambda: next(lines))
    await example("click_to_call").main(configured(tmp_path))
    assert capsys.readouterr().out.startswith("Local/1@nowhere -> 600: ")


@pytest.mark.parametrize(
    ("keys", "heard"),
    [("9", ["menu", "goodbye"]), ("", ["menu", "invalid"] * 3 + ["goodbye"]), ("2", ["menu", "echo?", "menu"])],
)
async def test_ivr(rt: TestRuntime, tmp_path: Path, keys: str, heard: list[str]) -> None:
    for name in ("goodbye", "invalid"):
        (tmp_path / f"sounds/en/{name}.ulaw").write_bytes(b"\xff" * 800)
    example("ivr").install(rt)
    rt.extensions("[phones]\nexten => 1,1,Menu(menu,Loopback/bob)\n")
    call = await rt.phone("alice").call("1@phones")
    await call.until("up")
    await asyncio.sleep(1)
    call.press(keys)
    if keys == "2":
        await asyncio.sleep(1)
        call.say("echo?")
        call.press("#")
        await asyncio.sleep(0.5)
        call.hangup()
    await call.over()
    assert call.sounds() == heard
    assert not rt.logged(Level.ERROR)


async def test_ivr_calls_a_phone(rt: TestRuntime) -> None:
    example("ivr").install(rt)
    rt.extensions("[phones]\nexten => 1,1,Menu(menu,Loopback/bob)\n")
    rt.phone("bob").answers(after_s=1)
    call = await rt.phone("alice").call("1@phones")
    await call.until("up")
    call.press("1")
    await call.talking()
    assert rt.phone("bob").calls[0].state == "up"
    call.hangup()
    await call.over()
