"""Lines that make no sense, and what the parser makes of any line."""

import asyncio

import pytest
from asterism.runtime.agi import protocol
from asterism.runtime.agi.command import commands, find
from asterism.runtime.agi.lines import Lines
from hypothesis import given
from hypothesis import strategies as st

from tests.runtime.agi.fuzz import LINES_EACH, talk


async def test_random_lines_are_answered() -> None:
    assert await asyncio.to_thread(lambda: asyncio.run(talk(4 * LINES_EACH, seed=1))) == 4 * LINES_EACH


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\n")), max_size=20))
def test_words_come_back(words: list[str]) -> None:
    line = " ".join('"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"' for word in words)
    assert protocol.arguments(line) == words


@given(st.text())
def test_any_line_is_words(line: str) -> None:
    assert len(protocol.arguments(line)) <= protocol.ARGUMENTS_MAX
    found = find(protocol.arguments(line))
    assert found is None or found[0].name in {each.name for each in commands().values()}


@pytest.mark.parametrize("size", [100, 8191, 8193, 16384, 20000, 100_000])
async def test_a_long_line_costs_nothing_but_itself(size: int) -> None:
    reader = asyncio.StreamReader(limit=protocol.LINE_BYTES * 2)
    lines = Lines(reader)
    reader.feed_data(b"x" * size)
    reader.feed_data(b"\nNOOP\nend")
    reader.feed_eof()
    first = await lines.next()
    assert first is not None and first == "x" * min(size, protocol.LINE_BYTES)
    assert [await lines.next() for _ in range(3)] == ["NOOP", "end", None]
