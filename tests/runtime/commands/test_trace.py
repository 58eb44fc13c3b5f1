"""Commands that show what happens: of one channel, of all, of calls in a group."""

import asyncio
from pathlib import Path

from asterism.runtime.log import Level, Record
from asterism.runtime.testing import TestRuntime

PLAN = """
[default]
exten => 1,1,Answer()
 same => n,Wait(60)
[groups]
exten => 1,1,NoOp(before)
 same => n,Set(LOG_GROUP()=g1)
 same => n,NoOp(inside)
 same => n,Set(LOG_GROUP()=)
 same => n,NoOp(behind ${LOG_GROUP()})
"""


async def run(rt: TestRuntime, line: str) -> list[str]:
    return (await rt.commands.run(rt, line)).lines


async def test_the_events_of_one_channel(rt: TestRuntime) -> None:
    rt.extensions(PLAN)
    first, second = await rt.phone("anna").call("1@default"), await rt.phone("bob").call("1@default")
    await first.until("up")
    await second.until("up")
    names = list(rt.channels)
    assert await run(rt, f"core set debug channel {names[0]}") == [f"Debugging on channel {names[0]} is enabled"]
    first.press("1")
    second.press("2")
    await asyncio.sleep(1)
    shown = [line for line in rt.logged(Level.VERBOSE, 0) if line.startswith("DTMF")]
    assert shown == [
        f"DTMFBegin [{names[0]}] digit=1 direction=Received",
        f"DTMFEnd [{names[0]}] digit=1 duration_ms=100 direction=Received",
    ]
    assert await run(rt, f"no debug channel {names[0]}") == [f"Debugging on channel {names[0]} is disabled"]
    assert await run(rt, "core set debug channel all") == ["Debugging on new channels is enabled"]
    second.press("3")
    await asyncio.sleep(1)
    assert f"DTMFBegin [{names[1]}] digit=3 direction=Received" in rt.logged(Level.VERBOSE, 0)
    assert await run(rt, "core set debug channel all off") == ["Debugging on new channels is disabled"]
    assert (await run(rt, "core set debug channel nobody"))[0] == "No such channel nobody"


async def test_a_channel_that_is_gone_is_listened_to_no_more(rt: TestRuntime) -> None:
    rt.extensions(PLAN)
    listening = len(rt.bus._all)
    call = await rt.phone("anna").call("1@default")
    await call.until("up")
    (name,) = rt.channels
    await run(rt, f"core set debug channel {name}")
    assert len(rt.bus._all) == listening + 1
    call.hangup()
    await call.over()
    assert any(line.startswith(f"Hangup [{name}] cause=16") for line in rt.logged(Level.VERBOSE, 0))
    assert len(rt.bus._all) == listening


async def test_all_events_at_the_level_trace(rt: TestRuntime) -> None:
    rt.extensions(PLAN)
    for line, answer in (
        ("core set trace 1", "Core trace was OFF and is now 1."),
        ("core set trace atleast 1", "Core trace is still 1."),
        ("core set trace 2 mixmonitor", "Core trace was 0 and has been set to 2 for 'mixmonitor'."),
    ):
        assert await run(rt, line) == [answer]
    call = await rt.phone("anna").call("1@default")
    await call.until("up")
    (name,) = rt.channels
    await run(rt, f"mixmonitor start {name} x.wav")
    lines = rt.logged(Level.TRACE)
    assert f"Newchannel {name}" in lines and f"MixMonitorStart [{name}]" in lines
    assert await run(rt, "core set trace off") == ["Core trace was 1 and is now OFF."]
    assert await run(rt, "core set trace 0 mixmonitor") == ["Core trace was 2 and has been set to 0 for 'mixmonitor'."]
    before = len(rt.logged(Level.TRACE))
    call.hangup()
    await call.over()
    assert len(rt.logged(Level.TRACE)) == before
    assert (await run(rt, "core set trace off mixmonitor"))[0].startswith("Usage: core set trace")


async def test_debug_messages_by_category(rt: TestRuntime) -> None:
    assert await run(rt, "core set debug category sip:2 agi") == []
    assert rt.log.debug_of == {"sip": 2, "agi": 10}
    assert await run(rt, "core set debug category nosuch") == ["There are no debug messages of the category 'nosuch'."]
    assert await run(rt, "core set debug category off sip") == [] and rt.log.debug_of == {"agi": 10}
    assert await run(rt, "core set debug category off") == [] and rt.log.debug_of == {}
    assert (await run(rt, "core set debug category sip:x"))[0].startswith("Usage: core set debug category")


async def test_calls_outside_the_groups_are_not_shown(rt: TestRuntime) -> None:
    rt.extensions(PLAN)
    assert await run(rt, "logger filter show") == ["No filtering currently active"]
    assert await run(rt, "logger filter changroup g0 on") == ["Logging of channel group 'g0' is now enabled"]
    assert await run(rt, "logger filter changroup g1 on") == ["Logging of channel group 'g1' is now enabled"]
    assert await run(rt, "logger filter show") == [
        "  1 g1                              ",
        "  2 g0                              ",
        "2 channel groups currently enabled",
    ]
    assert await run(rt, "logger filter changroup g0 off") == ["Logging of channel group 'g0' is now disabled"]
    await (await rt.phone("anna").call("1@groups")).over()
    ran = [line.partition("]")[2] for line in rt.logged(Level.VERBOSE) if line.startswith("Executing")]
    assert [each.split('", "')[1].partition('"')[0] for each in ran] == ["inside", "LOG_GROUP()="]
    assert any("LOG_GROUP: it can only be written" in line for line in rt.logged(Level.WARNING))
    assert await run(rt, "logger filter reset") == ["Log filtering has been reset (1 filter removed)"]
    await (await rt.phone("anna").call("1@groups")).over()
    assert any("before" in line for line in rt.logged(Level.VERBOSE))


async def test_recordings_from_the_console(rt: TestRuntime, tmp_path: Path) -> None:
    rt.extensions(PLAN)
    call = await rt.phone("anna").call("1@default")
    await call.until("up")
    (name,) = rt.channels
    head = ["MixMonitor ID\tFile\tReceive File\tTransmit File", "=" * 73]
    assert await run(rt, f"mixmonitor list {name}") == head
    assert await run(rt, f"mixmonitor start {name} {tmp_path}/a.wav,r({tmp_path}/r.wav)") == []
    (row,) = (await run(rt, f"mixmonitor list {name}"))[2:]
    assert row.split("\t")[1:] == [f"{tmp_path}/a", f"{tmp_path}/r", ""]
    assert await run(rt, f"mixmonitor stop {name} nosuch") == []
    assert len(await run(rt, f"mixmonitor list {name}")) == 3
    assert await run(rt, f"mixmonitor stop {name}") == []
    assert await run(rt, f"mixmonitor list {name}") == head and (tmp_path / "a.wav").exists()
    assert (await run(rt, "mixmonitor list foo"))[0] == "No channel matching 'foo' found."
    call.hangup()
    await call.over()


async def test_no_class_of_music_comes_from_a_database(rt: TestRuntime) -> None:
    assert (await run(rt, "moh unregister class default"))[0] == "No such realtime moh class 'default'"


def test_a_line_of_no_call_is_shown_in_any_case(rt: TestRuntime) -> None:
    records: list[Record] = []
    rt.log.attach(records.append, verbose=3)
    rt.log.shown_calls = lambda call: False
    rt.log.verbose(1, "of a call", "C-1")
    rt.log.verbose(1, "of none")
    rt.log.warning(text="wrong", call="C-1")
    assert [each.text for each in records] == ["of none", "wrong"]
