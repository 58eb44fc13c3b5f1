"""The testing kit as its user has it: outside of this project, with a conftest of his own or none."""

import asyncio
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from asterism.runtime.errors import ConfigError
from asterism.runtime.events import DialEnd
from asterism.runtime.testing import JumpingClock, TestRuntime

ROOT = Path(__file__).parents[2]


def test_the_example_passes(tmp_path: Path) -> None:
    (tmp_path / "test_mine.py").write_text((ROOT / "contrib/examples/test_my_dialplan.py").read_text())
    (tmp_path / "pytest.ini").write_text("[pytest]\nasyncio_mode = auto\n")
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT / "contrib/namespace")},
    )
    assert "2 passed" in ran.stdout, ran.stdout + ran.stderr


async def test_time_jumps_and_stands_still() -> None:
    loop = asyncio.get_running_loop()
    clock = JumpingClock(loop)
    clock.install()
    began = loop.time()
    await asyncio.sleep(129)
    assert loop.time() - began == pytest.approx(129)
    assert sum(range(100_000)) and loop.time() - began == pytest.approx(129)
    clock.remove()
    assert "time" not in vars(loop)


async def test_what_is_given_to_an_executor_is_done_at_once() -> None:
    loop = asyncio.get_running_loop()
    clock = JumpingClock(loop)
    clock.install()
    try:
        assert await loop.run_in_executor(None, sum, [1, 2]) == 3
        with pytest.raises(ZeroDivisionError):
            await loop.run_in_executor(None, divmod, 1, 0)
    finally:
        clock.remove()


async def test_an_event_that_was_not_heard(rt: TestRuntime) -> None:
    with pytest.raises(AssertionError, match="DialEnd"):
        rt.heard(DialEnd)


async def test_one_that_does_not_start_leaves_nothing_either(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path))
    with pytest.raises(ConfigError, match="no such folder"):
        async with TestRuntime(tmp_path / "gone"):
            pass
    assert not list(tmp_path.iterdir())


async def test_it_leaves_nothing_on_the_machine(tmp_path: Path) -> None:
    (tmp_path / "asterisk.conf").write_text(f"[directories]\nastlogdir => {tmp_path}/log\n")
    for folder in (None, tmp_path):
        async with TestRuntime(folder) as rt:
            written = (rt.directories.db, rt.directories.data, rt.directories.spool)
            rt.extensions("[default]\nexten => 100,1,Answer()\n same => n,Record(said.wav,,1)\n")
            call = await rt.phone("alice").call("100@default")
            await call.over()
            assert (rt.directories.data / "sounds" / "said.wav").exists()
            assert rt.directories.log == (tmp_path / "log" if folder else rt.directories.data.parent / "astlogdir")
        assert not rt.directories.data.exists() and not rt.directories.spool.exists()
        assert [str(each).startswith("/var") for each in written] == [folder is None, False, False]
