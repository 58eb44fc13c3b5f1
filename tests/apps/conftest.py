"""A runtime with prompts of one second each."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from asterism.runtime.settings import DirectorySettings
from asterism.runtime.testing import TestRuntime

PROMPTS = ("en/hello-world", "en/beep", "en/menu", "de/hello-world", "en/digits/1")


@pytest_asyncio.fixture
async def rt(tmp_path: Path) -> AsyncIterator[TestRuntime]:
    """A runtime in memory whose phones hear sounds of a second each."""
    for name in PROMPTS:
        path = tmp_path / "sounds" / f"{name}.ulaw"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"\xff" * 8000)
    async with TestRuntime(directories=DirectorySettings(astdatadir=tmp_path, astdbdir=tmp_path)) as runtime:
        yield runtime
