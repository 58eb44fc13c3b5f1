"""Who may import whom: down, never up, and never across from a driver to a channel.

5  runtime/main console manager                 front ends
4  apps functions runtime/commands actions agi  skins: the channel's verbs and the words
3  runtime/runtime pbx modules testing          the composition root
2  runtime/channel dialing bridge media ...     and, beside them, drivers/*
1  runtime/declare events causes driver ...     words
0  dialplan                                     the language
"""

from pathlib import Path

import pytest

from tests.house.source import ROOT, files, imports, name_of

# fmt: off
WORDS = {
    "arguments", "bus", "causes", "declare", "dialogs", "driver", "errors", "events", "front_ends", "grammar",
    "limits", "log", "mailboxes", "patterns", "pcm", "peers", "record_events", "security", "settings", "sounds",
    "states", "switch", "tape", "tones",
}
# fmt: on
ROOT_FLOOR = ["modules", "pbx", "runtime", "switchboard", "testing"]
SKINS = ["actions", "agi", "commands"]
FRONT_ENDS = ["console", "http", "main", "manager"]
CLIMBS = {
    "dialplan/parser.py": "import asyncio",
    "dialplan/machine.py": "from asterism.runtime.channel import Channel",
    "runtime/driver.py": "def f():\n    import asterism.runtime.channel",
    "runtime/channel.py": "from asterism.apps.dial import dial",
    "runtime/bridge.py": "from asterism.runtime.drivers.local import Local",
    "runtime/drivers/local.py": "from asterism.runtime.channel import Channel",
    "runtime/media.py": "from . import sounds",
}
FORBIDDEN_IN_DIALPLAN = {"asyncio", "threading", "socket", "selectors", "subprocess", "time", "multiprocessing"}


def floor(module: str) -> int:
    """Return the floor of a module such as `asterism.runtime.channel`."""
    room, _, rest = module.removeprefix("asterism.").partition(".")
    inner = rest.partition(".")[0]
    if room == "dialplan":
        return 0
    if room in {"apps", "functions"} or inner in SKINS:
        return 4
    if inner in FRONT_ENDS:
        return 5
    if inner in ROOT_FLOOR:
        return 3
    return 1 if inner in WORDS else 2


def module_of(file: Path) -> str:
    """Return the import name of a file."""
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(("asterism", *(part for part in parts if part != "__init__")))


def is_driver(module: str) -> bool:
    """Tell whether a module is a channel driver, or a part of one."""
    return module.startswith("asterism.runtime.drivers.")


def complaints(file: Path) -> list[str]:
    """Return what is wrong with the imports of a file."""
    here = module_of(file)
    found = []
    for line, name in imports(file):
        where = f"{name_of(file)}:{line} imports {name}"
        if name.startswith("."):
            found.append(f"{where}: imports are absolute, so that a line tells its floor")
        elif floor(here) == 0 and (name.split(".")[0] in FORBIDDEN_IN_DIALPLAN):
            found.append(f"{where}: the language knows neither clock nor loop")
        if not name.startswith("asterism.") or name.startswith("asterism._native"):
            continue
        if floor(name) > floor(here):
            found.append(f"{where}: floor {floor(here)} reaches up to {floor(name)}")
        if is_driver(here) and floor(name) == 2 and not is_driver(name):
            found.append(f"{where}: a driver knows only driver.py and the words")
        if is_driver(name) and floor(here) in {2, 4} and not is_driver(here):
            found.append(f"{where}: only the composition root knows drivers")
    return found


def test_imports_go_down() -> None:
    assert not [complaint for file in files() for complaint in complaints(file)]


def test_a_climb_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.house.test_floors.ROOT", tmp_path)
    monkeypatch.setattr("tests.house.source.ROOT", tmp_path)
    for where, line in CLIMBS.items():
        (tmp_path / where).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / where).write_text(line)
        assert complaints(tmp_path / where), where


def test_the_floors_stand_in_order() -> None:
    assert floor("asterism.dialplan.parser") < floor("asterism.runtime.driver") < floor("asterism.runtime.channel")
    assert floor("asterism.runtime.runtime.Runtime") < floor("asterism.apps.dial") < floor("asterism.runtime.main.main")
    assert is_driver("asterism.runtime.drivers.pjsip.call")
