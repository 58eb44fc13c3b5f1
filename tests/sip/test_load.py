"""Many calls at once, by SIPp: none fails, none is repeated, nothing is left behind."""

import asyncio
import csv
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from asterism import _native

from tests.sip.conftest import NET, SERVER, until

SIPP = shutil.which("sipp")
SCENARIOS = Path(__file__).parent / "sipp"
pytestmark = [
    pytest.mark.sip,
    pytest.mark.timeout(120),
    pytest.mark.skipif(SIPP is None, reason="SIPp is not installed"),
]

SIP = f"""
[general]
udpbindaddr={SERVER}
[caller]
type=peer
host={NET}.2
insecure=port,invite
context=internal
disallow=all
allow=ulaw
[uas]
type=peer
host={NET}.3
port=6070
disallow=all
allow=ulaw
"""

EXTENSIONS = """
[internal]
exten => 1,1,Answer()
 same => n,Hangup()
exten => 2,1,Dial(SIP/uas,20)
"""


async def sipp(folder: Path, *arguments: str) -> dict[str, str]:
    """Run SIPp to its end; the last line of its statistics."""
    folder.mkdir(exist_ok=True)
    assert SIPP
    process = await asyncio.create_subprocess_exec(
        SIPP, f"{SERVER}:5060", "-i", f"{NET}.2", "-p", "6060", "-nostdin", "-trace_stat",
        "-stf", "stat.csv", "-fd", "1",
        *arguments, cwd=folder, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    code = await asyncio.wait_for(process.wait(), 90)
    with (folder / "stat.csv").open() as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    assert code == 0, rows[-1]
    return rows[-1]


def repeats(statistics: dict[str, str]) -> int:
    return sum(int(value or 0) for name, value in statistics.items() if name.startswith("Retransmissions"))


@pytest.mark.parametrize(
    ("number", "scenario", "calls", "rate"), [("1", "answered.xml", 200, 100), ("2", "hangs_up.xml", 100, 50)]
)
async def test_no_call_fails(served: Any, tmp_path: Path, number: str, scenario: str, calls: int, rate: int) -> None:
    pbx = await served(sip=SIP, extensions=EXTENSIONS)
    pbx.runtime.log.detach(pbx.records.append)
    uas = None
    if number == "2":
        assert SIPP
        uas = await asyncio.create_subprocess_exec(
            SIPP, "-sn", "uas", "-i", f"{NET}.3", "-p", "6070", "-nostdin",
            cwd=tmp_path, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        await asyncio.sleep(0.3)
    before = len(list(Path(f"/proc/{os.getpid()}/fd").iterdir()))
    try:
        found = await sipp(
            tmp_path / "uac",
            "-sf",
            str(SCENARIOS / scenario),
            "-s",
            number,
            "-m",
            str(calls),
            "-r",
            str(rate),
            "-d",
            "100",
        )
    finally:
        if uas is not None:
            uas.terminate()
            await uas.wait()
    assert (found["SuccessfulCall(C)"], found["FailedCall(C)"]) == (str(calls), "0")
    assert repeats(found) == 0
    assert pbx.runtime.channels.processed == calls
    await until(lambda: not pbx.runtime.channels and not pbx.runtime.driver("SIP")._calls)
    await until(lambda: _native.counts().calls == 0 and _native.counts().relays == 0)
    await until(lambda: len(list(Path(f"/proc/{os.getpid()}/fd").iterdir())) <= before + 1)
