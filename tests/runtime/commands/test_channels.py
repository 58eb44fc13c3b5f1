"""Channel commands, column for column as Asterisk 22 prints them."""

import asyncio
import json
from typing import Any

import pytest
from asterism.runtime.testing import TestRuntime

DIALPLAN = """
[default]
exten => 100,1,Answer()
 same => n,Wait(300)
exten => 200,1,Answer()
 same => n,Wait(500)
exten => 300,1,Dial(Loopback/bob,30)
"""

HEADER = "Channel" + " " * 58 + "Location" + " " * 25 + "State   Application(Data)" + " " * 13


async def run(rt: TestRuntime, line: str) -> list[str]:
    return (await rt.commands.run(rt, line)).lines


async def test_without_channels(rt: TestRuntime) -> None:
    nothing = ["0 active channels", "0 active calls", "0 calls processed"]
    assert await run(rt, "core show channels") == [HEADER, *nothing]
    assert await run(rt, "core show channels count") == nothing
    assert await run(rt, "core show channels concise") == []
    assert json.loads("\n".join(await run(rt, "core show channels --json"))) == []


async def test_a_channel_in_every_form(rt: TestRuntime) -> None:
    rt.extensions(DIALPLAN)
    await rt.phone("alice").call("100@default")
    await asyncio.sleep(1)
    name = "Loopback/alice-00000000"
    plain = await run(rt, "core show channels")
    assert plain[1] == f"{name:<64} {'100@default:2':<32} {'Up':<7} {'Wait(300)':<30}"
    assert plain[2:] == ["1 active channel", "1 active call", "1 call processed"]
    fields = (await run(rt, "core show channels concise"))[0].split("!")
    assert len(fields) == 14
    assert [*fields[:7], fields[10], fields[12]] == [name, "default", "100", "2", "Up", "Wait", "300", "3", ""]
    assert fields[13] == rt.channels[name].uniqueid
    header, row, *_ = await run(rt, "core show channels verbose")
    for title in ("Context", "Extension", "State", "Application", "Data", "CallerID", "Duration", "BridgeID"):
        assert title in header
    assert row[header.index("Context") :].startswith("default ")
    assert row[header.index("Prio") :].startswith("   2 Up ")
    assert row[header.index("Application") :].startswith("Wait ")
    assert row[header.index("Duration") :][:8].count(":") == 2
    rows = json.loads("\n".join(await run(rt, "core show channels concise --json")))
    assert rows[0]["Channel"] == name
    assert rows[0]["Priority"] == 2


async def test_one_channel_in_detail(rt: TestRuntime) -> None:
    rt.extensions("[default]\nexten => 100,1,Set(__SITE=HQ)\n same => n,Answer()\n same => n,Wait(300)\n")
    await rt.phone("alice").call("100@default")
    await asyncio.sleep(1)
    lines = await run(rt, "core show channel loopback/ALICE-00000000")
    for line in (
        "           Name: Loopback/alice-00000000",
        "          State: Up (6)",
        "      Bridge ID: (Not bridged)",
        "      Extension: 100",
        "    Application: Wait",
        "           Data: 300",
        " Call Identifier: [C-00000001]",
        "__SITE=HQ",
    ):
        assert line in lines
    assert await run(rt, "core show channel nosuch") == ["nosuch is not a known channel"]


@pytest.mark.parametrize(
    ("pattern", "hit"),
    [
        ("Loopback/alice-00000000", [0]),
        ("all", [0, 1]),
        ("ALL", [0, 1]),
        ("/-0000000[1]$/", [1]),
        ("Loopback/*", [0, 1]),
        ("Loop*", []),
        ("Loopback/b*", [1]),
    ],
)
async def test_hangup_by_name_pattern_and_expression(rt: TestRuntime, pattern: str, hit: list[int]) -> None:
    rt.extensions(DIALPLAN)
    calls = [await rt.phone("alice").call("100@default"), await rt.phone("bert").call("200@default")]
    await asyncio.sleep(1)
    names = list(rt.channels)
    lines = await run(rt, f"channel request hangup {pattern}")
    if not hit:
        assert lines == [f"{pattern} is not a known channel"]
        return
    assert lines == [f"Requested Hangup on channel '{names[index]}'" for index in hit]
    for index in hit:
        await calls[index].over()
    assert [name for index, name in enumerate(names) if index not in hit] == list(rt.channels)


async def test_a_wrong_expression_hangs_nobody_up(rt: TestRuntime) -> None:
    reply = await rt.commands.run(rt, "channel request hangup /[/")
    assert not reply.ok
    assert "regular expression" in reply.lines[0]


async def test_originate_an_application_and_an_extension(rt: TestRuntime) -> None:
    rt.extensions(DIALPLAN)
    bob = rt.phone("bob").answers(after_s=1)
    assert await run(rt, "channel originate Loopback/bob application Wait 77") == []
    await _until(rt, lambda: any("Wait(77)" in line for line in rt.executed()) or _in_application(rt, "Wait"))
    await run(rt, "channel request hangup all")
    assert len(bob.calls) == 1
    assert await run(rt, "channel originate Loopback/bob extension 100") == []
    await _until(rt, lambda: any(line.startswith("100@default:2 Wait") for line in rt.executed()))


@pytest.mark.parametrize(
    ("arguments", "answer"),
    [
        ("Loopback/bob", "Usage: channel originate"),
        ("Loopback/bob application", "Usage: channel originate"),
        ("Nosuch/bob application Wait", "No channel type 'Nosuch' is registered"),
        ("Loopback/bob application Nosuch", "No application 'Nosuch' is registered"),
    ],
)
async def test_what_cannot_be_originated(rt: TestRuntime, arguments: str, answer: str) -> None:
    reply = await rt.commands.run(rt, f"channel originate {arguments}")
    assert not reply.ok
    assert reply.lines[0].startswith(answer)


async def test_redirect(rt: TestRuntime) -> None:
    rt.extensions(DIALPLAN)
    await rt.phone("alice").call("100@default")
    await asyncio.sleep(1)
    await run(rt, "channel redirect Loopback/alice-00000000 default,200,1")
    await _until(rt, lambda: any(line.startswith("200@default:2") for line in rt.executed()))
    assert (await run(rt, "channel redirect nosuch default,200,1"))[0] == "Channel 'nosuch' not found"


async def test_completion_knows_what_is_there(rt: TestRuntime) -> None:
    rt.extensions(DIALPLAN)
    await rt.phone("alice").call("100@default")
    await asyncio.sleep(1)

    def words(line: str) -> dict[str, str]:
        return {each.word: each.description for each in rt.commands.complete(rt, rt.nouns, line)}

    assert words("core show channel ") == {"Loopback/alice-00000000": "Up, 100@default:2"}
    assert set(words("channel request hangup ")) == {"Loopback/alice-00000000", "all"}
    assert set(words("channel originate Loopback/x application Wa")) >= {"Wait"}
    assert "default" in words("dialplan show d")
    assert set(words("dialplan show 1")) == {"100@default"}
    assert "Loopback/" in words("channel originate ")
    assert words("core show application Dia")["Dial"]


def _in_application(rt: TestRuntime, name: str) -> bool:
    return any(each.application == name for each in rt.channels.snapshots())


async def _until(rt: TestRuntime, condition: Any) -> None:

    for _ in range(200):
        if condition():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it did not happen")


async def test_what_has_no_arguments_is_said_to_be_empty(rt: TestRuntime) -> None:
    rt.extensions("[default]\nexten => 100,1,Answer()\n same => n,Echo()\n")
    await rt.phone("alice").call("100@default")
    header, row, *_ = await run(rt, "core show channels verbose")
    assert row[header.index("Data") :].startswith("(Empty) ")


async def test_who_runs_one_application_is_no_call(rt: TestRuntime) -> None:
    rt.extensions("[default]\nexten => 100,1,Answer()\n same => n,Wait(300)\n")
    await run(rt, "channel originate Local/100@default application Wait 300")
    await asyncio.sleep(1)
    assert await run(rt, "core show channels count") == ["2 active channels", "1 active call", "1 call processed"]


async def test_groups_are_shown_as_bits_whoever_has_given_them(rt: TestRuntime) -> None:
    rt.extensions("[default]\nexten => 100,1,Set(CHANNEL(callgroup)=1-3,5)\n same => n,Wait(9)\n")
    await rt.phone("alice").call("100@default")
    await asyncio.sleep(0)
    lines = await run(rt, "core show channel Loopback/alice-00000000")
    assert "     Call Group: 46" in lines and "   Pickup Group: 0" in lines
