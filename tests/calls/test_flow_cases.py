"""Whole calls as Asterisk 22 was recorded to run them: every priority of every channel, and each channel's cause."""

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest
from asterism.dialplan.errors import DialplanError
from asterism.runtime import callerid
from asterism.runtime.events import Hangup, Newchannel
from asterism.runtime.sounds import Sounds
from asterism.runtime.testing import TestRuntime

from tests.oracle.cases import Case, cases, rows, token, whole

_EXECUTING = re.compile(r'Executing \[(.*)@(.*):(\d+)\] (\w+)\("(Local/.*?;[12])", "(.*)"\) in new stack', re.DOTALL)
_NUMBER = re.compile(r"(?<=-)[0-9a-f]{8}(?=;[12])")


def runnable(case: Case) -> bool:
    """Whether a case needs nothing but its text."""
    return not case.get("files")


async def traced(case: Case) -> list[tuple[list[list[Any]], int]]:
    """Run a case: what each channel ran, and its cause, in order of creation."""
    start = case.get("start", {})
    place = f"{start.get('exten', 's')}@{start.get('context', token(case))}"
    number = start.get("callerid", "")
    async with TestRuntime() as rt:
        rt.tones.zones.clear()  # The recorded Asterisk had an empty indications.conf,
        rt.sounds = Sounds(Path("/nonexistent"))  # and no sounds.
        try:
            rt.extensions(whole(case, case["conf"]))
        except DialplanError:
            return []
        await rt.originate(
            f"Local/{place}/n",
            timeout=60,
            application="Wait",
            app_data="60",
            caller=callerid.parse(number) if number else None,
            variables=dict(start.get("variables", {})),
        )
        end = rt.now() + 300
        while rt.channels and rt.now() < end:
            await asyncio.sleep(1)
        traces: dict[str, list[list[Any]]] = {}
        for record in rt.records:
            found = _EXECUTING.fullmatch(record.text)
            if found:
                exten, context, priority, application, channel, data = found.groups()
                traces.setdefault(channel, []).append([context, exten, int(priority), application, data])
        causes = {event.channel.channel: event.cause for event in rt.heard_all(Hangup)}
        created = [event.channel.channel for event in rt.heard_all(Newchannel)]
        numbers = list(dict.fromkeys(number for name in created for number in _NUMBER.findall(name)))
        for name, trace in traces.items():
            # The recordings number the channels of a case from 1.
            traces[name] = [
                [*place, _NUMBER.sub(lambda found: f"#{numbers.index(found[0]) + 1}", data)] for *place, data in trace
            ]
        return [(rows(traces[name]), causes[name]) for name in created if name in traces]


def expected(case: Case) -> list[tuple[list[list[Any]], int]]:
    """What the case recorded."""
    return [(rows(channel["trace"]), channel["cause"]) for channel in case["truth"]["channels"] if channel["trace"]]


@pytest.mark.parametrize("case", [case for case in cases("flow") if runnable(case)], ids=lambda case: str(case["id"]))
def test_a_recorded_call(case: Case) -> None:
    loop = asyncio.new_event_loop()
    try:
        assert loop.run_until_complete(traced(case)) == expected(case)
    finally:
        loop.close()
