"""Functions of the channel, its parties, and the database beside what Asterisk 22 was seen to answer.

A case in `observed.jsonl` is a list of steps, and the data of each step after substitution. The calls ran on a
Local channel; its number is written as #1.
"""

import asyncio
import json
import re
from pathlib import Path

import pytest
from asterism.runtime.events import Newexten
from asterism.runtime.testing import TestRuntime

CASES = [json.loads(line) for line in Path(__file__).with_name("observed.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['about']}-{case['id']}")
async def test_as_asterisk_answers(rt: TestRuntime, case: dict[str, object]) -> None:
    steps, expected = case["steps"], case["data"]
    assert isinstance(steps, list) and isinstance(expected, list)
    context = str(case["id"]).replace("-", "") + "x"
    rt.extensions(f"[{context}]\nexten => s,1," + "\n same => n,".join(step.replace(";", "\\;") for step in steps))
    await rt.originate(f"Local/s@{context}/n", application="Wait", app_data="1")
    for _ in range(100):
        if not rt.channels:
            break
        await asyncio.sleep(0.1)
    seen = [event for event in rt.heard_all(Newexten) if event.channel.channel.endswith(";2")]
    got = [re.sub(r"-[0-9a-f]{8};", "-#1;", event.app_data) for event in seen]
    assert got[: len(expected)] == expected
