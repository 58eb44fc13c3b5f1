"""modules.conf and the commands about modules, in Asterisk's names and Python's."""

import asyncio
import sys
from pathlib import Path

import pytest
from asterism.dialplan.reader import read_text
from asterism.runtime import modules_conf
from asterism.runtime.asterisk_names import PROVIDES, unit_of
from asterism.runtime.errors import ConfigError, ModuleMissing
from asterism.runtime.events import Load, Unload
from asterism.runtime.log import Level
from asterism.runtime.manager.rendering import event_headers
from asterism.runtime.modules_conf import ModulesConf
from asterism.runtime.testing import TestRuntime

DIALPLAN = "[default]\nexten => 100,1,Answer()\n same => n,Echo()\n"


def conf(folder: Path, text: str) -> Path:
    """A configuration folder with this modules.conf."""
    (folder / "modules.conf").write_text(f"[modules]\n{text}")
    (folder / "extensions.conf").write_text(DIALPLAN)
    (folder / "asterisk.conf").write_text("[directories]\nastdbdir = .\nastspooldir = spool\n")
    return folder


async def run(rt: TestRuntime, line: str) -> list[str]:
    return (await rt.commands.run(rt, line)).lines


def test_who_wants_what() -> None:
    assert ModulesConf().wants("chan_sip")
    migrated = ModulesConf(noload=frozenset(("res_pjsip", "res_pjsip_pubsub", "res_pjsip_exten_state")))
    assert not migrated.wants("chan_pjsip")
    assert migrated.wants("chan_sip")
    few = ModulesConf(autoload=False, load={"chan_sip": "", "app_dial": ""})
    assert few.wants("chan_sip") and not few.wants("chan_pjsip")


def test_autoload_is_yes_or_no() -> None:
    told: list[ConfigError] = []
    assert not modules_conf.read(read_text("[modules]\nautoload=maybe\n", "modules.conf"), told.append).autoload
    assert [str(each).partition(";")[0] for each in told] == ["modules.conf:2: autoload = maybe: neither yes nor no"]


def test_a_name_has_one_home() -> None:
    names = [name for names in PROVIDES.values() for name in names.split()]
    assert len(set(names)) == len(names)
    assert unit_of("Dial") == "app_dial"
    assert unit_of("Answer") == ""


async def test_noload_leaves_out_what_the_module_provides(tmp_path: Path) -> None:
    folder = conf(tmp_path, "autoload=yes\nnoload => app_echo.so\nnoload => func_cut.so\nload => app_echo.so\n")
    async with TestRuntime(folder) as rt:
        assert rt.find_application("Echo") is None
        assert rt.find_function("CUT") is None and rt.find_function("SORT") is None
        assert rt.find_function("FIELDQTY") is not None, "it lives beside them, but belongs to func_strings"
        assert (await run(rt, "module show like app_echo"))[-1] == "0 modules loaded"
        assert await run(rt, "module load app_echo.so") == ["Loaded app_echo.so"]
        assert rt.find_application("Echo") is not None
        assert not [each for each in rt.logged(Level.WARNING) if "modules.conf" in each]


async def test_without_autoload_only_what_is_named(tmp_path: Path) -> None:
    folder = conf(
        tmp_path,
        "autoload=no\npreload => func_strings.so\nload => app_dial.so\nload = app_nosuch.so\nrequire => app_echo.so\n"
        "load => pbx_config.so\nload => res_rtp_asterisk.so\n",
    )
    async with TestRuntime(folder) as rt:
        for name in ("Dial", "Echo", "Answer", "Wait", "Goto"):
            assert rt.find_application(name) is not None, name
        assert rt.find_application("Playback") is None
        assert rt.find_function("LEN") is not None and rt.find_function("MATH") is None
        (warning,) = [each for each in rt.logged(Level.WARNING) if "modules.conf" in each]
        assert warning == "Modules that are to be loaded are not here: app_nosuch (modules.conf:5)"


async def test_without_pbx_config_extensions_conf_is_not_read(tmp_path: Path) -> None:
    async with TestRuntime(conf(tmp_path, "autoload=yes\nnoload => pbx_config.so\n")) as rt:
        assert not rt.extension_exists("default", "100")
        assert (await run(rt, "module show like pbx_config"))[-1] == "0 modules loaded"
        assert not rt.logged(Level.ERROR)
    async with TestRuntime(conf(tmp_path, "autoload=yes\n")) as rt:
        assert rt.extension_exists("default", "100")


async def test_a_required_module_that_is_missing_ends_the_start(tmp_path: Path) -> None:
    with pytest.raises(ModuleMissing, match=r"modules\.conf:3: module app_nosuch is required"):
        async with TestRuntime(conf(tmp_path, "autoload=yes\nrequire => app_nosuch.so\n")):
            pass
    async with TestRuntime(conf(tmp_path, "require => app_nosuch.so\nnoload => app_nosuch.so\n")):
        pass


async def test_python_modules_may_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "my_pbx_things.py").write_text(
        '"""Things of mine."""\nfrom asterism.runtime.declare import application\n\n\n'
        '@application("Mine")\ndef mine(chan: object) -> None:\n    """Do what I want."""\n'
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    try:
        async with TestRuntime(conf(tmp_path, "load => my_pbx_things\nload => no_such_thing\n")) as rt:
            assert rt.find_application("Mine") is not None
            (error,) = rt.logged(Level.ERROR)
            assert error.startswith("modules.conf:3: module no_such_thing could not be loaded")
            assert (await run(rt, "module show like my_pbx"))[1].startswith("my_pbx_things                  Things of")
            assert await run(rt, "module refresh my_pbx_things") == ["Unloaded and loaded my_pbx_things"]
    finally:
        sys.modules.pop("my_pbx_things", None)


async def test_commands_print_as_asterisk_does(rt: TestRuntime) -> None:
    lines = await run(rt, "module show like app_ech")
    assert lines[0] == (
        "Module                         Description                              Use Count  Status      Support Level"
    )
    assert lines[1][:31] == "app_echo.so                    "
    assert lines[1][71:] == " 0          Running              core"
    assert lines[2] == "1 modules loaded"
    assert await run(rt, "module load app_echo.so") == [
        "Unable to load module app_echo.so", "Command 'module load app_echo.so' failed.",
    ]  # fmt: skip
    assert await run(rt, "module unload app_echo.so") == ["Unloaded app_echo.so"]
    assert rt.find_application("echo") is None
    assert (await run(rt, "module unload app_echo.so"))[0] == "Unable to unload resource app_echo.so"
    assert await run(rt, "module load app_echo.so") == ["Loaded app_echo.so"]
    assert await run(rt, "module refresh app_echo.so") == ["Unloaded and loaded app_echo.so"]
    assert await run(rt, "module reload app_echo.so") == ["The module 'app_echo.so' does not support reloads"]
    assert await run(rt, "module reload app_nosuch") == ["No such module 'app_nosuch'"]
    assert await run(rt, "module reload pbx_config.so") == ["Module 'pbx_config.so' reloaded successfully."]
    assert (await run(rt, "module unload res_rtp_asterisk.so"))[0] == "Unable to unload resource res_rtp_asterisk.so"


async def test_a_module_in_use_stays(rt: TestRuntime) -> None:
    rt.extensions(DIALPLAN)
    call = await rt.phone("alice").call("100@default")
    await asyncio.sleep(1)
    assert (await run(rt, "module show like app_echo"))[1].split()[-3:] == ["1", "Running", "core"]
    assert (await run(rt, "module unload app_echo.so"))[0] == "Unable to unload resource app_echo.so"
    assert rt.find_application("Echo") is not None
    assert await run(rt, "module unload -h app_echo.so") == ["Unloaded app_echo.so"]
    await call.over()
    assert rt.find_application("Echo") is None


async def test_who_listens_is_told_of_modules_that_come_and_go(rt: TestRuntime) -> None:
    assert not rt.heard_all(Load)
    await rt.commands.run(rt, "module unload app_echo.so")
    await rt.commands.run(rt, "module load app_echo")
    rt.unload("asterism.apps.say")
    told = [event_headers(each, 0.0)[:4] for each in rt.published if isinstance(each, Load | Unload)]
    head = ("Privilege", "system,all")
    assert told == [
        [("Event", "Unload"), head, ("Module", "app_echo.so"), ("Status", "Success")],
        [("Event", "Load"), head, ("Module", "app_echo.so"), ("Status", "Success")],
        [("Event", "Unload"), head, ("Module", "asterism.apps.say"), ("Status", "Success")],
    ]
