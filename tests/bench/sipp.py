"""SIPp as a load: scenarios beside this file, results read from its statistics."""

import csv
import subprocess
import tempfile
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

SCENARIOS = Path(__file__).parent / "scenarios"


@dataclass(frozen=True)
class Outcome:
    """What one SIPp run did."""

    successful: int
    failed: int
    retransmissions: int
    elapsed_s: float
    response_ms: float


def _milliseconds(text: str) -> float:
    # SIPp writes hours:minutes:seconds:microseconds.
    parts = [int(part) for part in text.split(":")]
    if len(parts) != 4:
        return 0.0
    hours, minutes, seconds, micros = parts
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + micros / 1000


def run(scenario: str, target: str, arguments: Sequence[str], limit_s: float) -> Outcome:
    """Run a scenario to its end and read its final statistics row."""
    with tempfile.TemporaryDirectory() as folder:
        statistics = Path(folder) / "stat.csv"
        command = ["sipp", target, "-sf", str(SCENARIOS / f"{scenario}.xml"), "-nostdin", "-trace_stat"]
        command += ["-stf", str(statistics), "-fd", "1", *arguments]
        process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            process.wait(limit_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        with statistics.open() as lines:
            last = list(csv.DictReader(lines, delimiter=";"))[-1]
    return Outcome(
        successful=int(last["SuccessfulCall(C)"]),
        failed=int(last["FailedCall(C)"]),
        retransmissions=int(last["Retransmissions(C)"]),
        elapsed_s=_milliseconds(last["ElapsedTime(C)"]) / 1000,
        response_ms=_milliseconds(last.get("ResponseTime1(C)", "")),
    )


def answering(port: int, scenario: str = "uas", *arguments: str) -> "subprocess.Popen[bytes]":
    """A SIPp that answers on 127.0.0.3 until killed."""
    return subprocess.Popen(
        ["sipp", "-sf", str(SCENARIOS / f"{scenario}.xml"), "-i", "127.0.0.3", "-p", str(port), "-nostdin", *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=tempfile.gettempdir(),
    )


def silence(path: Path, seconds: int) -> Path:
    """A raw u-law file of that many seconds for SIPp's rtp_stream."""
    path.write_bytes(b"\xff" * 8000 * seconds)
    return path


def tone_wav(path: Path, seconds: int) -> Path:
    """An empty 8 kHz wave file of that many seconds."""
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(8000)
        out.writeframes(b"\0\0" * 8000 * seconds)
    return path
