"""The door: what `import asterism` shows, and what it does not load."""

import ast
import subprocess
import sys

import asterism

from tests.house.source import ROOT


def loaded_by(statement: str) -> set[str]:
    """Return the modules that a fresh Python has loaded after a statement."""
    program = f"import sys; sys.path.insert(0, 'contrib/namespace'); {statement}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-S", "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_every_name_of_the_door_opens() -> None:
    for name in asterism.__all__:
        assert getattr(asterism, name) is not None


def test_what_a_checker_sees_is_what_is_there() -> None:
    door = ast.parse((ROOT / "contrib/namespace/asterism/__init__.py").read_text())
    seen = {
        alias.asname or alias.name
        for node in ast.walk(door)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("asterism.")
        for alias in node.names
    }
    assert seen | {"__version__"} == set(asterism.__all__)
    assert set(dir(asterism)) >= set(asterism.__all__)


def test_the_language_loads_neither_loop_nor_runtime() -> None:
    loaded = loaded_by("import asterism.dialplan, asterism.dialplan.reader, asterism.dialplan.expression")
    assert not {name for name in loaded if name.split(".")[0] in {"asyncio", "threading", "socket"}}
    assert not {name for name in loaded if name.startswith("asterism.runtime")}


def test_one_command_loads_neither_loop_nor_log() -> None:
    loaded = loaded_by("import asterism.runtime.main, asterism.runtime.asterisk_conf, asterism.runtime.console.once")
    assert not loaded & {"asyncio", "logging", "traceback", "asterism.runtime.runtime"}


def test_sip_is_loaded_only_when_it_is_asked_for() -> None:
    loaded = loaded_by("import asterism; sys.path += __import__('site').getsitepackages(); asterism.Runtime")
    assert not loaded & {"pjsua2", "_pjsua2", "asterism._native"}
