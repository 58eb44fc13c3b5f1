"""Processor time of a bridged call with G.711 both ways."""

import subprocess
import tempfile
import time
from pathlib import Path

from tests.bench import sipp
from tests.bench.servers import SIP_PORT, UAS_PORT, Server


def relay(server: Server, calls: int, seconds: int = 20) -> dict[str, float]:
    """So many calls at once through Dial, audio both ways; percent of one core per call while all talk."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        audio = sipp.silence(folder / "audio.ul", 10)
        common = ["-nostdin", "-mp"]
        scenarios = folder
        for scenario in ("uas_rtp.xml", "bridge_rtp.xml"):
            text = (sipp.SCENARIOS / scenario).read_text()
            (folder / scenario).write_text(text.replace("audio.ul", str(audio)))
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder}
        uas = subprocess.Popen(
            ["sipp", "-sf", str(scenarios / "uas_rtp.xml"), "-i", "127.0.0.3", "-mi", "127.0.0.3", "-p", str(UAS_PORT)]
            + [*common, "40000"],
            **quiet,  # type: ignore[call-overload]
        )
        up_s = calls / 20
        uac = subprocess.Popen(
            ["sipp", f"127.0.0.1:{SIP_PORT}", "-sf", str(scenarios / "bridge_rtp.xml"), "-i", "127.0.0.2"]
            + ["-mi", "127.0.0.2", "-r", "20", "-m", str(calls), "-l", str(calls)]
            + ["-d", str(int((up_s + seconds + 6) * 1000)), *common, "45000"],
            **quiet,  # type: ignore[call-overload]
        )
        try:
            time.sleep(up_s + 3)
            before, started, packets = server.cpu_s(), time.perf_counter(), _datagrams()
            time.sleep(seconds)
            used, elapsed = server.cpu_s() - before, time.perf_counter() - started
            moved = (_datagrams() - packets) / elapsed
            uac.wait(up_s + 40)
        finally:
            for process in (uac, uas):
                process.kill()
                process.wait()
    return {
        "calls": calls,
        "cpu_percent_per_call": round(100 * used / elapsed / calls, 4),
        "cpu_percent": round(100 * used / elapsed, 1),
        "datagrams_per_s": round(moved),
        "datagrams_per_s_expected": calls * 100,
    }


def _datagrams() -> int:
    """UDP datagrams read on this machine so far: 50 a second from each side of a call; SIPp reads none of ours."""
    lines = [line.split() for line in Path("/proc/net/snmp").read_text().splitlines() if line.startswith("Udp:")]
    return int(lines[1][lines[0].index("InDatagrams")])
