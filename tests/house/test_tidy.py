"""Sizes and habits: what a reader can hold in the head, and what must not be in the source."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

from tests.house.source import ROOT, files, name_of, tree

LONGEST_FILE = 500
LONGEST_FUNCTION = 70
MAY_PRINT = re.compile(r"runtime/(main|console/.*)")
# Annotations that are strings, which are code of ours or of the embedder, never of a caller.
MAY_EVALUATE = {"runtime/arguments.py"}
# What only one machine or one workplace understands.
PLACES = re.compile(r"(?<![\w.<>{}$])/(work|root|home/\w+|Users/\w+)/|\bissue #?\d")


def test_a_file_can_be_read_in_one_go() -> None:
    lengths = {name_of(file): len(file.read_text().splitlines()) for file in files()}
    assert not {name: lines for name, lines in lengths.items() if lines > LONGEST_FILE}


def test_a_function_fits_a_screen() -> None:
    long = [
        f"{name_of(file)}:{node.lineno} {node.name}: {node.end_lineno - node.lineno + 1} lines"
        for file in files()
        for node in ast.walk(tree(file))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno >= LONGEST_FUNCTION
    ]
    assert not long


def habits(file: Path) -> list[str]:
    """Return the bad habits found in a file."""
    found = []
    for node in ast.walk(tree(file)):
        where = f"{name_of(file)}:{getattr(node, 'lineno', 0)}"
        if isinstance(node, ast.ExceptHandler) and node.type is None:
            found.append(f"{where}: a bare except catches cancellation and hangup")
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if called == "print" and not MAY_PRINT.match(name_of(file)):
                found.append(f"{where}: print; the log and the console speak")
            if called in {"eval", "exec"} and name_of(file) not in MAY_EVALUATE:
                found.append(f"{where}: {called} runs text")
            if called in {"time.sleep", "os.system", "asyncio.get_event_loop"}:
                found.append(f"{where}: {called}")
    return found


def test_habits() -> None:
    assert not [habit for file in files() for habit in habits(file)]


def test_names_say_what_a_thing_is() -> None:
    vague = {"helper", "helpers", "util", "utils", "handler", "handlers", "session", "data", "misc", "common"}
    assert not [name_of(file) for file in files() if file.stem in vague]


def test_the_project_speaks_of_itself_alone() -> None:
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    try:
        names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a clone")
    ours = [ROOT / name for name in names if (ROOT / name).is_file() and not (ROOT / name).is_symlink()]
    found = [
        f"{name_of(file)}:{number}: {match[0]}"
        for file in ours
        for number, line in enumerate(file.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        if (match := PLACES.search(line)) and file != Path(__file__)
    ]
    assert not found
