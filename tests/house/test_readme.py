"""What README.md shows is run."""

import asyncio
import re
from pathlib import Path
from typing import Any

import asterism
import pytest
from asterism.runtime.events import DialEnd
from asterism.runtime.settings import DirectorySettings
from asterism.runtime.states import DialStatus
from asterism.runtime.testing import TestRuntime

from tests.house.source import ROOT

EMBEDDING, TESTING = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)


def names_of(program: str, **given: object) -> dict[str, Any]:
    """Run a program up to its last line, which would start it, and return its names."""
    names: dict[str, Any] = dict(given)
    exec(compile(program.replace("asyncio.run(main())\n", ""), "README.md", "exec"), names)
    return names


async def test_the_embedding_example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "extensions.conf").write_text("[default]\nexten => 100,1,Hello()\nexten => 101,1,Hello(moon)\n")
    sounds = tmp_path / "sounds/en"
    sounds.mkdir(parents=True)
    for sound in ("hello-world", "hello-moon"):
        (sounds / f"{sound}.ulaw").write_bytes(b"\xff" * 800)
    begun: list[TestRuntime] = []

    def begin(config_dir: str) -> TestRuntime:
        begun.append(TestRuntime(config_dir=tmp_path, directories=DirectorySettings(astdatadir=tmp_path)))
        return begun[0]

    monkeypatch.setattr(asterism, "Runtime", begin)
    program = asyncio.create_task(names_of(EMBEDDING)["main"]())
    # No timeout: the clock of this runtime jumps.
    while not program.done() and (not begun or "Hello" not in begun[0].applications):
        await asyncio.sleep(0)
    for exten, sound in (("100", "hello-world"), ("101", "hello-moon")):
        call = await begun[0].phone("alice").call(f"{exten}@default")
        await call.over()
        assert call.sounds() == [sound]
    await begun[0].stop()
    await program


async def test_the_test_of_a_call(rt: TestRuntime) -> None:
    names = names_of(TESTING, TestRuntime=TestRuntime, DialEnd=DialEnd, DialStatus=DialStatus)
    (test,) = (value for name, value in names.items() if name.startswith("test_"))
    await test(rt)
