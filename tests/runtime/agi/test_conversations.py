"""Conversations with Asterisk 22, held again: the same lines must be answered in the same way.

`record.py` beside this file holds them with any server and writes `conversations.jsonl`.
"""

import asyncio
import math
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from asterism.apps.agi import converse
from asterism.runtime.agi import environment
from asterism.runtime.arguments import split_arguments
from asterism.runtime.channel import Channel
from asterism.runtime.declare import Text
from asterism.runtime.events import UserEvent
from asterism.runtime.settings import DirectorySettings
from asterism.runtime.testing import TestRuntime

from tests.runtime.agi.record import CASES, PLAN, dialplan
from tests.runtime.agi.script import Script

SOUNDS = {"agi-test/one": 1.0, "agi-test/five": 5.0, "beep": 0.4, "tt-weasels": 2.96}
WORDS = (
    *(f"digits/{word}" for word in (*range(21), *range(30, 100, 10), "star", "pound", "minus", "at", "a-m", "p-m",
      "oclock", "oh", "hundred", "thousand", "million")),
    *(f"digits/{part}-{number}" for part in ("day", "mon", "h") for number in range(12)),
    *(f"letters/{letter}" for letter in "abcdefghijk"),
    *(f"phonetic/{letter}_p" for letter in "abcdefgh"),
)  # fmt: skip


@pytest_asyncio.fixture(name="rt")
async def runtime(tmp_path: Path) -> AsyncIterator[TestRuntime]:
    """A runtime with sounds to play."""
    for name, seconds in {**dict.fromkeys(WORDS, 0.5), **SOUNDS}.items():
        path = tmp_path / "sounds" / "en" / f"{name}.sln"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"\x00\x10" * int(8000 * seconds))
    async with TestRuntime(directories=DirectorySettings(astdatadir=tmp_path)) as found:
        yield found


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
async def test_conversation(rt: TestRuntime, case: dict[str, Any]) -> None:
    # The other encodings are PJSIP's, which has no place in a clock that jumps.
    script = Script([re.sub(r" (ulaw|gsm) # ", " sln # ", command) for command, _ in case["talk"]])

    @rt.application("Talk")
    async def talk(chan: Channel, text: Text = "") -> None:
        """Hold the conversation."""
        arguments = split_arguments(text)[1:]
        request = f"agi://127.0.0.26:4599/{case['id']}"
        await converse(chan, script, environment.block(chan, request, arguments, network_script=case["id"]))

    rt.extensions(PLAN + dialplan(case, f"Talk(x{case['args']})"))
    await rt.originate(f"Local/s@near-{case['id']}/n", context=f"far-{case['id']}", exten="s")
    while rt.channels:
        await asyncio.sleep(1)
    for (command, expected), answered in zip(case["talk"], script.answers, strict=True):
        offset = command == "GET VARIABLE CPLAYBACKOFFSET"
        assert normal(answered, offset=offset) == normal(expected, offset=offset), command
    said = [[event.user_event, event.headers["Status"]] for event in rt.heard_all(UserEvent)]
    assert said == case["after"]


def normal(lines: list[str], offset: bool = False) -> list[str]:
    """Return an answer without what differs from run to run, and without the words of a usage."""
    if any(line.startswith("520-") for line in lines):
        lines = [line for line in lines if re.match(r"HANGUP|520", line)]
    text = "\n".join(lines)
    text = re.sub(r"Local/(\S+?)-[0-9a-f]{8};2", r"Local/\1", text)
    text = re.sub(r"\d{10}\.\d+", "<uniqueid>", text)
    text = re.sub(r"\((9\.9|10\.0)\d\d\)", "(10)", text)
    text = re.sub(r"endpos=(\d+)", lambda found: f"endpos~{math.ceil(int(found[1]) / 8000)}", text)
    if offset:  # Milliseconds of a clock that does not jump.
        text = re.sub(r"\((\d)\d{3}\)", r"(\1xxx)", text)
    return text.split("\n")
