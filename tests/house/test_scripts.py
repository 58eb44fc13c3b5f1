"""The scripts of contrib/: their syntax, and that what they announce is so."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.source import ROOT

SHELL = [ROOT / "contrib" / name for name in ("run", "test", "wheels", "lib/prepare.sh")] + [ROOT / ".ci/run"]


@pytest.mark.parametrize("script", SHELL, ids=lambda script: script.name)
def test_shell_scripts_parse(script: Path) -> None:
    subprocess.run(["bash", "-n", str(script)], check=True)
    assert script.name.endswith(".sh") or os.access(script, os.X_OK)


def builder(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the builder of PJSIP."""
    command = [sys.executable, str(ROOT / "contrib/pjsip/build"), *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **environment})


def test_the_builder_never_builds_when_asked_where(tmp_path: Path) -> None:
    done = builder("--print", "--prefix", str(tmp_path))
    assert (done.returncode, done.stdout) == (1, "")


def test_the_builder_refuses_what_is_no_source(tmp_path: Path) -> None:
    done = builder("--source", str(tmp_path / "none.tar.xz"), "--prefix", str(tmp_path))
    assert done.returncode == 1
    assert "none.tar.xz" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_builder_names_a_missing_compiler(tmp_path: Path) -> None:
    done = builder("--prefix", str(tmp_path), PATH=str(tmp_path))
    assert done.returncode == 1
    assert "apt-get install" in done.stderr
    assert "swig" in done.stderr


def test_a_profile_is_a_name_in_the_cache(tmp_path: Path) -> None:
    done = builder("--print")
    if done.returncode:
        pytest.skip("PJSIP is not built on this machine")
    built = Path(done.stdout.strip())
    assert (built / "lib/libpjall.so").is_file()
    assert (built / "include/pjsua-lib/pjsua_internal.h").is_file()
    assert list(built.glob("pjsua2-*.whl"))
