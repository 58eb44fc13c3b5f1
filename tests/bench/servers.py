"""The two servers that are measured side by side: asterism, and a real Asterisk in a chroot."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

SIP_PORT = 35060
UAS_PORT = 36070

EXTENSIONS = """
[general]
autofallthrough = yes

[bench]
exten => answer,1,Answer()
 same => n,Hangup()
exten => bridge,1,Dial(PJSIP/uas,30)
 same => n,Hangup()
"""

PJSIP = f"""
[global]
type = global
endpoint_identifier_order = ip,username

[transport-udp]
type = transport
protocol = udp
bind = 127.0.0.1:{SIP_PORT}

[sipp]
type = endpoint
context = bench
disallow = all
allow = ulaw
direct_media = no

[sipp-identify]
type = identify
endpoint = sipp
match = 127.0.0.2

[uas]
type = endpoint
context = bench
disallow = all
allow = ulaw
direct_media = no
aors = uas

[uas]
type = aor
contact = sip:uas@127.0.0.3:{UAS_PORT}
"""

RTP = """
[general]
rtpstart = 20000
rtpend = 28000
icesupport = no
"""

# What the same two tasks need in Asterisk, and no more: autoload would only add threads and memory.
ASTERISK_MODULES = """
[modules]
autoload = no
load = res_sorcery_config.so
load = res_sorcery_memory.so
load = res_sorcery_astdb.so
load = res_timing_timerfd.so
load = res_pjproject.so
load = res_rtp_asterisk.so
load = res_pjsip.so
load = res_pjsip_session.so
load = res_pjsip_sdp_rtp.so
load = res_pjsip_caller_id.so
load = res_pjsip_nat.so
load = res_pjsip_rfc3326.so
load = res_pjsip_dtmf_info.so
load = res_pjsip_endpoint_identifier_ip.so
load = res_pjsip_endpoint_identifier_user.so
load = res_pjsip_authenticator_digest.so
load = res_pjsip_registrar.so
load = res_pjsip_pubsub.so
load = chan_pjsip.so
load = bridge_simple.so
load = bridge_native_rtp.so
load = codec_ulaw.so
load = pbx_config.so
load = app_dial.so
load = func_callerid.so
"""


def _stat(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()


@dataclass
class Server:
    """A server process under measurement."""

    name: str
    root: Path | None = None
    process: subprocess.Popen[bytes] | None = None
    folder: Path = field(default_factory=Path)
    ready_s: float = 0.0

    def start(self, files: dict[str, str] | None = None) -> None:
        """Write the configuration, start, and wait until SIP answers; notes how long that took."""
        base = (self.root / "tmp") if self.root else Path(tempfile.gettempdir())
        self.folder = Path(tempfile.mkdtemp(prefix="bench-", dir=base))
        seen = Path("/") / self.folder.relative_to(self.root) if self.root else self.folder
        for name in ("run", "log", "spool", "lib"):
            (self.folder / name).mkdir()
        data = "/usr/share/asterisk"
        (self.folder / "asterisk.conf").write_text(
            f"[directories]\nastetcdir => {seen}\nastrundir => {seen}/run\nastlogdir => {seen}/log\n"
            f"astspooldir => {seen}/spool\nastdbdir => {seen}/lib\nastvarlibdir => {seen}/lib\nastdatadir => {data}\n"
            + ("astmoddir => /usr/lib/x86_64-linux-gnu/asterisk/modules\n" if self.root else "")
        )
        contents = {
            "extensions.conf": EXTENSIONS,
            "pjsip.conf": PJSIP,
            "rtp.conf": RTP,
            "logger.conf": "[general]\n[logfiles]\n",
        }
        if self.root:
            contents["modules.conf"] = ASTERISK_MODULES
        for name, text in {**contents, **(files or {})}.items():
            (self.folder / name).write_text(text)
        if self.root:
            command = ["chroot", str(self.root), "asterisk", "-f", "-q", "-m", "-n", "-C", f"{seen}/asterisk.conf"]
        else:
            command = [sys.executable, "-m", "asterism.runtime.main", "-f", "-q", "-n", "-C", f"{seen}/asterisk.conf"]
        started = time.perf_counter()
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            # An installed program has its byte code on disk; an environment that forbids writing it would be measured.
            env={name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
        )
        self._wait_for_sip(20.0)
        self.ready_s = time.perf_counter() - started

    def _wait_for_sip(self, limit_s: float) -> None:
        probe = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        probe.bind(("127.0.0.2", 0))
        probe.settimeout(0.02)
        port = probe.getsockname()[1]
        end = time.perf_counter() + limit_s
        number = 0
        while time.perf_counter() < end:
            number += 1
            message = (
                f"OPTIONS sip:probe@127.0.0.1:{SIP_PORT} SIP/2.0\r\n"
                f"Via: SIP/2.0/UDP 127.0.0.2:{port};branch=z9hG4bKprobe{number}\r\nMax-Forwards: 70\r\n"
                f"From: <sip:probe@127.0.0.2>;tag=p{number}\r\nTo: <sip:probe@127.0.0.1>\r\n"
                f"Call-ID: probe{number}@127.0.0.2\r\nCSeq: {number} OPTIONS\r\nContent-Length: 0\r\n\r\n"
            )
            try:
                probe.sendto(message.encode(), ("127.0.0.1", SIP_PORT))
                probe.recv(4096)
            except OSError:
                time.sleep(0.01)
                continue
            probe.close()
            return
        raise RuntimeError(f"{self.name} did not answer; see {self.folder}")

    @property
    def pid(self) -> int:
        """The server's process id (chroot execs, so it is the server's own)."""
        assert self.process is not None
        return self.process.pid

    def cpu_s(self) -> float:
        """Processor time of all its threads so far."""
        fields = _stat(self.pid)
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def rss_mib(self) -> float:
        """Resident memory now."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1024

    def descriptors(self) -> int:
        """Open file descriptors now."""
        return len(list(Path(f"/proc/{self.pid}/fd").iterdir()))

    def stop(self) -> None:
        """End it and remove its folder."""
        assert self.process is not None
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def servers() -> list[Server]:
    """Ours, and Asterisk 22 when ASTERISK22_ROOT names its chroot."""
    found = [Server("asterism")]
    root = os.environ.get("ASTERISK22_ROOT")
    if root:
        found.append(Server("asterisk22", Path(root)))
    return found
