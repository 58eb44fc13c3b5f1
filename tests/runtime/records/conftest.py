"""What tests of records share: a runtime with a configuration folder, and a call."""

from collections.abc import Callable
from pathlib import Path

import pytest
from asterism.runtime.settings import DirectorySettings
from asterism.runtime.testing import TestRuntime

Start = Callable[..., "TestRuntime"]


@pytest.fixture
def start(tmp_path: Path) -> Start:
    """Make a runtime whose configuration folder has these files; logs go to the folder log beside it."""

    def make(**files: str) -> TestRuntime:
        etc = tmp_path / "etc"
        etc.mkdir(exist_ok=True)
        for name, text in files.items():
            (etc / f"{name}.conf").write_text(text)
        directories = DirectorySettings(
            astetcdir=etc, astlogdir=tmp_path / "log", astdbdir=tmp_path, astspooldir=tmp_path
        )
        return TestRuntime(etc, directories=directories)

    return make


async def called(rt: TestRuntime) -> None:
    """Alice calls 100, and what was recorded of it is written."""
    call = await rt.phone("alice").call("100@default")
    await call.over()
    await rt.cdr.flush()
    await rt.cel.flush()
