"""`dialplan save` and what the next reload makes of it; `dialplan debug`, `dialplan locks show`."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from asterism.runtime.testing import TestRuntime

TEXT = """[general]
static=yes
writeprotect=no
[globals]
A=a\\;b
[default]
exten => 100,1(lab),NoOp(x\\;y)
 same => n,Dial(SIP/${EXTEN})
exten => 100,hint,SIP/100
exten => _2XX/555,1,NoOp()
include => other,9:00-17:00,mon-fri,*,*
switch => Loopback/1@other
eswitch => Loopback/${EXTEN}@other
lswitch => Loopback/${EXTEN}@other
ignorepat => 9
[other]
autohints=yes
exten => 5\\,6,1,NoOp()
"""


@pytest.fixture
async def saved(tmp_path: Path) -> AsyncIterator[TestRuntime]:
    (tmp_path / "extensions.conf").write_text(TEXT)
    async with TestRuntime(tmp_path) as rt:
        yield rt


async def shown(rt: TestRuntime) -> list[str]:
    lines = (await rt.commands.run(rt, "dialplan show")).lines
    return [line.partition("[extensions.conf")[0] for line in lines]


async def test_what_is_saved_is_what_was_in_force(saved: TestRuntime) -> None:
    before, kinds = await shown(saved), [one.evaluated for one in saved.plan.contexts["default"].switches]
    reply = await saved.commands.run(saved, "dialplan save")
    assert saved.config_dir is not None
    path = saved.config_dir / "extensions.conf"
    assert reply.lines == [f"Dialplan successfully saved into '{path}'"]
    assert path.with_name("extensions.conf.old").read_text() == TEXT
    assert await saved.reload("dialplan") == []
    assert await shown(saved) == before
    assert [one.evaluated for one in saved.plan.contexts["default"].switches] == kinds
    assert saved.variables["A"] == "a;b" and saved.plan.contexts["other"].autohints


async def test_another_file_stays_in_the_folder(saved: TestRuntime) -> None:
    assert (await saved.commands.run(saved, "dialplan save copy.conf")).ok
    assert saved.config_dir is not None and (saved.config_dir / "copy.conf").read_text().startswith("[general]\n")
    assert not (await saved.commands.run(saved, "dialplan save ../copy.conf")).ok


@pytest.mark.parametrize("general", ["static=no\nwriteprotect=no", "static=yes\nwriteprotect=yes", ""])
async def test_a_protected_dialplan_is_not_saved(saved: TestRuntime, general: str) -> None:
    assert saved.config_dir is not None
    (saved.config_dir / "extensions.conf").write_text(f"[general]\n{general}\n[default]\n")
    await saved.reload("dialplan")
    reply = await saved.commands.run(saved, "dialplan save")
    assert reply.lines[0] == "I can't save dialplan now, see 'extensions.conf' example file."


async def test_the_matcher_is_shown_in_its_order(rt: TestRuntime) -> None:
    rt.extensions("[general]\n[c]\nexten => 200,1,NoOp()\nexten => _2.,1,NoOp()\nexten => _2X,1,NoOp()\n")
    lines = (await rt.commands.run(rt, "dialplan debug @c")).lines
    assert lines[3:] == [
        "[ Context 'c' created by 'pbx_config' ]",
        " 2:N:-:1:",
        " +       0:N:-:1:",
        " +       +       0:N:-:1:EXTEN:200",
        " 2:Y:-:1:",
        " +       X:Y:-:2608:EXTEN:_2X",
        " +       .:Y:-:98304:EXTEN:_2.",
        "",
        "-= 1 context. =-",
    ]


async def test_locks_are_listed(rt: TestRuntime) -> None:
    rt.extensions("[general]\n[c]\nexten => s,1,NoOp(${LOCK(door)})\n same => n,Wait(5)\n")
    call = await rt.phone("alice").call("s@c")
    lines = (await rt.commands.run(rt, "dialplan locks show")).lines
    assert [line.split() for line in lines[1:]] == [
        ["Name", "Requesters", "Owner"], ["door", "0", "Loopback/alice-00000000"], ["1", "total", "locks", "listed."],
    ]  # fmt: skip
    call.hangup()
    await call.over()
