"""Functions beside what Asterisk 22 was seen to answer: the oracle's cases, and those of `data`.

A case is a list of steps, and the data of each step after substitution. They ran in a context of their own on a Local
channel; `data` calls the context `here`, and the channel's number is written as #1.
"""

import asyncio
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from asterism.runtime.events import Event, Newexten
from asterism.runtime.testing import TestRuntime

from tests.oracle.cases import cases

Case = dict[str, Any]

DATA = Path(__file__).with_name("data")
ORACLE: dict[str, list[Case]] = {}
for _case in cases("functions"):
    ORACLE.setdefault(_case["cat"], []).append(_case)


@pytest.fixture(autouse=True)
def _universal_time(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The cases were recorded where the system's time zone is UTC."""
    with monkeypatch.context() as changed:
        changed.setenv("TZ", "UTC")
        time.tzset()
        yield
    time.tzset()


class Calls:
    """Runs cases as calls, one after the other."""

    def __init__(self, rt: TestRuntime) -> None:
        self.rt = rt
        self.seen: list[str] = []
        rt.bus.subscribe(self._note)

    def _note(self, event: Event) -> None:
        if isinstance(event, Newexten) and event.channel.channel.endswith(";2"):
            self.seen.append(event.app_data)

    async def run(self, context: str) -> list[str]:
        """Return the data of the steps of a case, its context and channel named as in the recording."""
        self.seen = []
        await self.rt.originate(f"Local/s@{context}/n", application="Wait", app_data="1")
        while self.rt.channels:
            await asyncio.sleep(0.1)
        return [re.sub(r"-[0-9a-f]{8};", "-#1;", data) for data in self.seen]


async def differences(rt: TestRuntime, wanted: list[Case]) -> list[str]:
    """Run cases; return those that came out otherwise."""
    contexts = {case["id"].replace("-", "") + "x": case for case in wanted}
    lines: list[str] = []
    for context, case in contexts.items():
        lines.append(f"[{context}]")
        lines += [f"exten => s,{at},{_written(step)}" for at, step in enumerate(case["steps"], 1)]
    rt.extensions("\n".join(lines) + "\n")
    calls = Calls(rt)
    wrong = []
    for context, case in contexts.items():
        expected = case["truth"]["data"] if "truth" in case else case["data"]
        got = await calls.run(context)
        if "truth" not in case:
            got = [data.replace(context, "here") for data in got]
        wrong += [
            f"{case['id']} {step}: {ours!r} instead of {theirs!r}"
            for step, ours, theirs in zip(case["steps"], got, expected, strict=False)
            if ours != theirs
        ]
        if len(got) != len(expected):
            wrong.append(f"{case['id']}: {len(got)} steps instead of {len(expected)}")
    return wrong


def _written(step: str) -> str:
    return step.replace(";", "\\;")


@pytest.mark.parametrize("category", ORACLE)
async def test_the_oracle(rt: TestRuntime, category: str) -> None:
    assert await differences(rt, ORACLE[category]) == []


@pytest.mark.parametrize("file", sorted(DATA.glob("*.jsonl")), ids=lambda file: file.stem)
async def test_as_recorded(rt: TestRuntime, file: Path) -> None:
    recorded = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    assert await differences(rt, recorded) == []
