"""Commands about music, prompts, and tones."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from asterism.runtime.settings import DirectorySettings, Options
from asterism.runtime.testing import TestRuntime


@pytest_asyncio.fixture
async def rt(tmp_path: Path) -> AsyncIterator[TestRuntime]:
    """A runtime with a prompt, a piece of music, and a configuration folder."""
    for name in ("sounds/en/beep.gsm", "moh/one.wav", "jazz/two.wav"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    directories = DirectorySettings(astdatadir=tmp_path, astdbdir=tmp_path)
    async with TestRuntime(tmp_path, directories=directories, options=Options()) as runtime:
        yield runtime


async def run(rt: TestRuntime, line: str) -> list[str]:
    return (await rt.commands.run(rt, line)).lines


async def test_the_classes_of_music_and_their_files(rt: TestRuntime, tmp_path: Path) -> None:
    assert await run(rt, "moh show classes") == ["Class: default", "\tMode: files", f"\tDirectory: {tmp_path}/moh"]
    assert await run(rt, "moh show files") == ["Class: default", f"\tFile: {tmp_path}/moh/one"]


async def test_a_new_class_is_there_after_reload(rt: TestRuntime, tmp_path: Path) -> None:
    (tmp_path / "musiconhold.conf").write_text("[jazz]\nmode=files\ndirectory=jazz\n")
    await run(rt, "moh reload")
    assert f"\tFile: {tmp_path}/jazz/two" in await run(rt, "moh show files")


async def test_where_a_prompt_is_played_from(rt: TestRuntime, tmp_path: Path) -> None:
    assert await run(rt, "core show sound beep de") == [
        "Indexed Information for beep:",
        "  Language de:",
        f"    File: {tmp_path}/sounds/en/beep.gsm",
    ]
    assert (await run(rt, "core show sound nope"))[0] == "ERROR: File nope not found in index"


async def test_the_tones_of_a_country(rt: TestRuntime) -> None:
    assert "de       Germany" in await run(rt, "indication show")
    assert "de      busy            425/480,0/480" in await run(rt, "indication show de")
    assert (await run(rt, "indication show de"))[2].rstrip() == "de      <ringcadence>"
    assert [each.word for each in rt.commands.complete(rt, rt.nouns, "indication show u")] == ["uk", "us"]
    assert (await run(rt, "indication show atlantis"))[0].startswith("No countries matched")
