"""The same tests against a native part that was built with AddressSanitizer and UndefinedBehaviorSanitizer."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
BUILD = ROOT / "build" / "asan"
INSIDE = "ASTERISM_NATIVE"  # set for the inner run: the folder of the instrumented module

pytestmark = [
    pytest.mark.sip,
    pytest.mark.skipif(INSIDE in os.environ, reason="this is the inner run"),
    pytest.mark.skipif(not (shutil.which("cmake") and shutil.which("gcc")), reason="needs cmake and gcc"),
]


def build() -> Path:
    """Build what changed since the last time; 20 s from nothing."""
    configure = [
        "cmake",
        "-S",
        ROOT / "runtime" / "native",
        "-B",
        BUILD,
        "-DASTERISM_ASAN=ON",
        f"-DPython_EXECUTABLE={sys.executable}",
        f"-DASTERISM_PJSIP={os.environ.get('ASTERISM_PJSIP', '')}",  # CMake would remember one that is gone by now
    ]
    for command in (configure, ["cmake", "--build", BUILD]):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "No PJSIP" not in done.stderr, done.stderr
    return BUILD


def library(name: str) -> str:
    return subprocess.run(
        ["gcc", f"-print-file-name={name}"], capture_output=True, text=True, check=True
    ).stdout.strip()


@pytest.mark.timeout(600)
def test_native_tests_under_sanitizers(tmp_path: Path) -> None:
    pytest.importorskip("pjsua2", reason="needs pjsua2")
    report = tmp_path / "asan"
    environment = os.environ | {
        INSIDE: str(build()),
        "LD_PRELOAD": f"{library('libasan.so')} {library('libubsan.so')}",
        # Python itself never frees what it keeps for life, so leaks are counted by native.counts() instead.
        "ASAN_OPTIONS": f"detect_leaks=0:abort_on_error=0:halt_on_error=1:exitcode=99:log_path={report}",
        "UBSAN_OPTIONS": f"print_stacktrace=1:halt_on_error=1:exitcode=98:log_path={report}",
        "PYTHONMALLOC": "malloc",
    }
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-m",
        "sip",
        f"--confcutdir={Path(__file__).parent}",
        str(Path(__file__).parent),
    ]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    found = "\n".join(path.read_text()[:6000] for path in tmp_path.glob("asan.*"))
    assert not found, found
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert " passed" in done.stdout
