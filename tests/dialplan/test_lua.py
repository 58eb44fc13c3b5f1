"""extensions.lua: what is loaded of it, and what the machine does around it; the recorded calls are in tests/oracle."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from asterism.runtime.events import Newexten
from asterism.runtime.testing import TestRuntime

GENERAL = "[general]\n"


@pytest.fixture
async def lua(tmp_path: Path) -> AsyncIterator[TestRuntime]:
    (tmp_path / "extensions.conf").write_text(GENERAL)
    async with TestRuntime(tmp_path) as rt:
        yield rt


async def load(rt: TestRuntime, text: str, conf: str = "") -> list[str]:
    assert rt.config_dir is not None
    (rt.config_dir / "extensions.lua").write_text(text)
    (rt.config_dir / "extensions.conf").write_text(GENERAL + conf)
    return await rt.reload("dialplan")


async def said(rt: TestRuntime, exten: str = "s@c") -> list[str]:
    """Call a number and return the data of every application that ran."""
    rt.published.clear()
    rt.records.clear()
    call = await rt.phone("alice").call(exten)
    await call.over()
    return [one.text.partition(' "')[2].rpartition('")')[0] for one in rt.records if "Executing [" in one.text]


async def test_contexts_and_hints_are_in_the_dialplan(lua: TestRuntime) -> None:
    assert await load(lua, 'extensions.c = {["_X."] = function() end}\nhints.c = {["100"] = "SIP/100"}\n') == []
    assert lua.plan.contexts["c"].switches[0].text == "Lua/"
    shown = "\n".join((await lua.commands.run(lua, "dialplan show c")).lines)
    assert "[ Context 'c' created by 'pbx_lua' ]" in shown and "hint: SIP/100" in shown
    assert "Alt. Switch =>    'Lua/'                                        [pbx_lua]" in shown


async def test_what_is_wrong_names_file_and_line_and_the_old_file_stays(lua: TestRuntime) -> None:
    await load(lua, "extensions.c = {s = function() app.NoOp('one') end}")
    complaints = await load(lua, "extensions.c = {\n  s = function() if end\n}")
    assert len(complaints) == 1 and complaints[0].startswith("extensions.lua:2: ")
    assert await said(lua) == ["one"]
    complaints = await load(lua, "\nerror('boo')")
    assert complaints == ["extensions.lua:2: boo"]
    assert await said(lua) == ["one"]


async def test_without_the_file_nothing_of_it_is_left(lua: TestRuntime) -> None:
    await load(lua, "extensions.c = {s = function() app.NoOp('one') end}")
    assert lua.config_dir is not None
    (lua.config_dir / "extensions.lua").unlink()
    await lua.reload("dialplan")
    assert "c" not in lua.plan.contexts and "lua" not in lua.plan.switches


async def test_a_channel_goes_on_with_the_file_that_it_began_with(lua: TestRuntime) -> None:
    await load(lua, "extensions.c = {s = function() app.Wait(5); app.NoOp('old') end}")
    call = await lua.phone("alice").call("s@c")
    await load(lua, "extensions.c = {s = function() app.NoOp('new') end}")
    await call.over()
    assert any('"old"' in one.text for one in lua.records)
    assert await said(lua) == ["new"]


async def test_a_function_that_never_ends_costs_its_own_call(lua: TestRuntime) -> None:
    text = "while true do pcall(function() while true do end end) end"
    await load(lua, f"extensions.c = {{s = function() {text} end; h = function() app.NoOp('h') end}}")
    assert await said(lua) == ["h"]
    assert any("runs too long" in one.text for one in lua.records)


async def test_one_that_takes_all_memory_does_too(lua: TestRuntime) -> None:
    text = "local t = {} for i = 1, 1e9 do t[i] = ('x'):rep(100000) .. i end"
    await load(lua, f"extensions.c = {{s = function() {text} end; h = function() app.NoOp('h') end}}")
    assert await said(lua) == ["h"]


async def test_the_process_cannot_be_ended(lua: TestRuntime) -> None:
    await load(lua, "extensions.c = {s = function() os.exit(1) end; h = function() app.NoOp('h') end}")
    assert await said(lua) == ["h"]


async def test_the_main_chunk_has_no_channel(lua: TestRuntime) -> None:
    assert "there is no channel here" in (await load(lua, "app.NoOp('x')"))[0]


async def test_modules_beside_the_file_are_found(lua: TestRuntime) -> None:
    assert lua.config_dir is not None
    (lua.config_dir / "words.lua").write_text("return {hello = 'from a module'}")
    await load(lua, "local w = require('words')\nextensions.c = {s = function() app.NoOp(w.hello) end}")
    assert await said(lua) == ["from a module"]


async def test_bytes_come_through(lua: TestRuntime) -> None:
    await load(lua, "extensions.c = {s = function() channel.A = 'ü\\255'; app.NoOp(channel.A:get()) end}")
    await said(lua)
    assert [one.app_data for one in lua.heard_all(Newexten)] == ["ü\udcff"]


async def test_more_digits_may_lead_into_the_file(lua: TestRuntime) -> None:
    await load(
        lua,
        "extensions.c = {['_12X'] = function(c, e) app.NoOp(e) end}",
        "[d]\nexten => s,1,Answer()\n same => n,WaitExten(5)\ninclude => c\nexten => 1,1,NoOp(one)\n",
    )
    call = await lua.phone("alice").call("s@d")
    await call.until("up")
    call.press("123")
    await call.over()
    assert [one.app_data for one in lua.heard_all(Newexten)][-1] == "123"
