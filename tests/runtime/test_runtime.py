"""The runtime as an embedder and an operator meet it: folders, wrong configuration, reload, stop."""

import asyncio
import gc
from dataclasses import replace
from pathlib import Path

import pytest
from asterism.runtime.channel import Channel
from asterism.runtime.errors import AsterismError, ConfigError
from asterism.runtime.events import FullyBooted, Newchannel, Reload, Shutdown
from asterism.runtime.log import Level, Record
from asterism.runtime.runtime import Runtime
from asterism.runtime.testing import TestRuntime


def folder(tmp_path: Path, **files: str) -> Path:
    """A configuration folder that keeps everything below itself."""
    (tmp_path / "asterisk.conf").write_text(
        "[directories]\nastdbdir => db\nastdatadir => data\nastvarlibdir => lib\n[options]\nsystemname = test\n"
    )
    for name, text in files.items():
        (tmp_path / f"{name}.conf").write_text(text)
    return tmp_path


async def test_a_folder_is_read(tmp_path: Path) -> None:
    text = "[globals]\nWHO=world\n[default]\nexten => 100,1,NoOp(hello ${WHO} ${SYSTEMNAME})\n"
    async with TestRuntime(folder(tmp_path, extensions=text)) as rt:
        call = await rt.phone("alice").call("100@default")
        await call.over()
        assert rt.executed() == ["100@default:1 NoOp(hello world test)"]
        assert rt.directories.db == tmp_path / "db"
        await rt.database.put("f", "k", "v")
        assert rt.heard(Newchannel).channel.uniqueid == "test-1800000000.0"
        assert rt.heard(FullyBooted).status == "Fully Booted"
    assert (tmp_path / "db" / "astdb.sqlite3").exists()
    assert rt.heard(Shutdown)
    async with TestRuntime(tmp_path) as rt:
        assert await rt.database.get("f", "k") == "v"


async def test_an_empty_folder_still_runs(tmp_path: Path) -> None:
    async with TestRuntime(folder(tmp_path)) as rt:
        assert any("extensions.conf" in line for line in rt.logged(Level.ERROR))
        assert rt.booted


async def test_a_wrong_dialplan_keeps_the_old_one(tmp_path: Path) -> None:
    path = folder(tmp_path, extensions="[default]\nexten => 100,1,NoOp(old)\n")
    async with TestRuntime(path) as rt:
        (path / "extensions.conf").write_text("[default]\nexten => 100,1,NoOp(new)\n[broken\n")
        complaints = await rt.reload("dialplan")
        assert len(complaints) == 1
        assert "extensions.conf:3" in complaints[0]
        assert any("extensions.conf:3" in line for line in rt.logged(Level.ERROR))
        assert rt.heard(Reload).status == 1
        call = await rt.phone("alice").call("100@default")
        await call.over()
        (path / "extensions.conf").write_text("[default]\nexten => 100,1,NoOp(new)\n")
        assert await rt.reload() == []
        call = await rt.phone("alice").call("100@default")
        await call.over()
        assert rt.executed() == ["100@default:1 NoOp(old)", "100@default:1 NoOp(new)"]


async def test_a_call_under_way_goes_on_in_the_new_dialplan(tmp_path: Path) -> None:
    path = folder(tmp_path, extensions="[default]\nexten => 100,1,Answer()\n same => n,Wait(5)\n same => n,NoOp(old)\n")
    async with TestRuntime(path) as rt:
        call = await rt.phone("alice").call("100@default")
        await call.until("up")
        text = (path / "extensions.conf").read_text()
        (path / "extensions.conf").write_text(text.replace("old", "new"))
        await rt.reload("dialplan")
        await call.over()
        assert rt.executed()[-1] == "100@default:3 NoOp(new)"


async def test_wrong_settings_are_named_with_file_and_line(tmp_path: Path) -> None:
    path = folder(tmp_path, extensions="[default]\nexten => 1,1,NoSuchApp()\n")
    (path / "asterisk.conf").write_text("[options]\nmaxcalls = many\nnonsense = 1\n[directories]\nastdbdir = db\n")
    async with TestRuntime(path) as rt:
        errors = rt.logged(Level.ERROR)
        assert any("asterisk.conf:2" in line and "maxcalls" in line for line in errors)
        assert any("asterisk.conf:3" in line and "nonsense" in line for line in errors)
        assert any("extensions.conf:2" in line and "NoSuchApp" in line for line in rt.logged(Level.WARNING))


async def test_what_cannot_be_reloaded(rt: TestRuntime) -> None:
    with pytest.raises(AsterismError, match="nonsense"):
        await rt.reload("nonsense")


async def test_the_example_of_the_readme(tmp_path: Path) -> None:
    import asterism

    greeted: list[str] = []
    path = folder(tmp_path, extensions="[default]\nexten => 100,1,Hello(reader)\n")
    records: list[Record] = []
    async with asterism.Runtime(config_dir=path) as rt:
        rt.log.attach(records.append, verbose=3)

        @rt.application("Hello")
        async def hello(chan: asterism.Channel, who: str = "world") -> None:
            """Greet somebody."""
            await chan.answer()
            greeted.append(who)

        made = await rt.originate("Local/100@default", application="Wait", app_data="0.7")
        assert made.channel is not None
        while rt.channels:
            await asyncio.sleep(0.01)
        await rt.stop()
        await rt.wait_closed()
    assert greeted == ["reader"]
    assert any('Executing [100@default:1] Hello("Local/100@default-00000000;2", "reader")' in r.text for r in records)


async def test_a_module_can_be_unloaded_and_loaded(rt: TestRuntime) -> None:
    rt.extensions("[default]\nexten => 100,1,NoOp(1)\n")
    assert rt.find_application("noop") is not None
    module = rt.applications["NoOp"].module
    assert rt.unload(module)
    assert rt.find_application("NoOp") is None
    call = await rt.phone("alice").call("100@default")
    await call.over()
    assert any("NoOp" in line for line in rt.logged(Level.WARNING) + rt.logged(Level.ERROR))
    rt.load(module)
    assert rt.find_application("NoOp") is not None


async def test_events_can_be_read_at_leisure(rt: TestRuntime) -> None:
    rt.extensions("[default]\nexten => 100,1,Answer()\n")
    events = rt.events(Newchannel)
    call = await rt.phone("alice").call("100@default")
    await call.over()
    events.close()
    assert [event.channel.channel async for event in events] == ["Loopback/alice-00000000"]  # type: ignore[attr-defined]


async def test_stop_when_convenient_can_be_taken_back(rt: TestRuntime) -> None:
    rt.extensions("[default]\nexten => 100,1,Answer()\n same => n,Wait(60)\n")
    call = await rt.phone("alice").call("100@default")
    await call.until("up")
    stopping = asyncio.ensure_future(rt.stop(when_convenient=True))
    await asyncio.sleep(1)
    assert rt.stopping == "when convenient" and rt.accepting
    rt.stop_cancel()
    await stopping
    assert rt.stopping == "" and rt.channels
    call.hangup()
    await call.over()


async def test_a_gracefully_stopping_runtime_takes_no_calls(rt: TestRuntime) -> None:
    rt.extensions("[default]\nexten => 100,1,Answer()\n same => n,Wait(60)\n")
    call = await rt.phone("alice").call("100@default")
    await call.until("up")
    stopping = asyncio.ensure_future(rt.stop(gracefully=True))
    await asyncio.sleep(0)
    assert not rt.accepting
    await stopping
    assert call.state == "over"


async def test_who_does_not_end_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("asterism.runtime.runtime.SHUTDOWN_WAIT_S", 0.05)
    runtime = Runtime()

    @runtime.application("Forever")
    async def forever(chan: Channel) -> None:
        """Never end, whatever is said."""
        while True:
            try:
                await asyncio.sleep(3600)
            except BaseException as error:
                if isinstance(error, asyncio.CancelledError):
                    raise

    async with runtime:
        runtime.extensions("[default]\nexten => 100,1,Forever()\n")
        runtime.spawn(runtime.originate("Local/100@default", application="Wait", app_data="1"), "originate")
        while len(runtime.channels) < 2:
            await asyncio.sleep(0.001)
        await asyncio.sleep(0.01)
    assert not runtime.channels


async def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="nowhere"):
        async with TestRuntime(tmp_path / "nowhere"):
            raise AssertionError("it started")


async def test_no_more_calls_than_allowed(rt: TestRuntime) -> None:
    rt.options = replace(rt.options, maxcalls=2)
    rt.extensions("[default]\nexten => 100,1,Answer()\n same => n,Wait(60)\n")
    calls = [await rt.phone("alice").call("100@default") for _ in range(2)]
    assert not rt.accepting
    calls[0].hangup()
    await calls[0].over()
    assert rt.accepting


async def test_calls_leave_nothing_in_memory(rt: TestRuntime) -> None:
    rt.extensions("[default]\nexten => 100,1,Dial(Local/200@default)\nexten => 200,1,Dial(Loopback/bob)\n")
    rt.phone("bob").answers(talks_s=1)

    async def some(number: int) -> int:
        for _ in range(number):
            call = await rt.phone("alice").call("100@default")
            await call.over()
        for phone in rt.loopback.phones.values():
            phone.calls.clear()
        rt.published.clear()
        rt.records.clear()
        del call
        await asyncio.sleep(1)
        gc.collect()
        return len(gc.get_objects())

    await some(10)
    before = await some(10)
    after = await some(200)
    assert after - before < 100


async def test_modules_conf_leaves_things_out(tmp_path: Path) -> None:
    path = folder(
        tmp_path,
        extensions="[default]\nexten => 1,1,NoOp()\n",
        sip="[general]\nudpbindaddr=127.0.0.1:59999\n",
        modules="[modules]\nautoload=yes\nnoload => chan_sip.so\nnoload => app_echo.so\n"
        "noload => app_alarmreceiver.so\nlaod = x\n",
    )
    async with TestRuntime(path, real_time=True) as rt:
        assert rt.driver("SIP") is None
        assert not rt.wants_module("chan_sip") and rt.wants_module("chan_pjsip")
        assert rt.find_application("Echo") is None
        assert rt.find_application("Dial") is not None
        (error,) = rt.logged(Level.ERROR)
        assert "modules.conf:6" in error and "laod" in error
