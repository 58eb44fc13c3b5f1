"""What `poe check` runs: format, lint, types."""

import importlib.util
import subprocess
import sys

import pytest

from tests.house.source import ROOT


@pytest.mark.parametrize("tool", ["ruff format --check .", "ruff check .", "mypy"])
def test_the_checkers_have_nothing_to_say(tool: str) -> None:
    name, *words = tool.split()
    if not importlib.util.find_spec(name):
        pytest.skip(f"{name} is not installed")
    done = subprocess.run([sys.executable, "-m", name, *words], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-1000:]
