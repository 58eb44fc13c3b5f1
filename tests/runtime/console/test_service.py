"""The program as a process: start, one command, background, signals, restart, a console on a real terminal."""

import contextlib
import grp
import os
import pty
import pwd
import re
import select
import shlex
import signal
import socket
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from asterism.runtime.console.process import become
from asterism.runtime.errors import ConfigError

NAMESPACE = Path(__file__).parents[3] / "contrib" / "namespace"

DIALPLAN = """[default]
exten => 100,1,Answer()
 same => n,Wait(60)
exten => 200,1,Answer()
 same => n,Verbose(2,here I am)
 same => n,Wait(60)
"""


class Pbx:
    """A folder with a configuration, and the program run on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.run_folder = folder / "run"
        self.environment = {
            **os.environ,
            "PYTHONPATH": str(NAMESPACE),
            "HOME": str(folder),
            "TERM": "xterm-256color",
            "LC_ALL": "C.UTF-8",
        }
        (folder / "asterisk.conf").write_text(
            "[directories]\nastetcdir = .\nastrundir = run\nastlogdir = log\nastdbdir = db\nastspooldir = spool\n"
            "astvarlibdir = lib\n[options]\nverbose = 3\n"
        )
        (folder / "extensions.conf").write_text(DIALPLAN)
        self.process: subprocess.Popen[bytes] | None = None

    def command(self, *switches: str) -> list[str]:
        return [sys.executable, "-m", "asterism.runtime.main", "-C", str(self.folder / "asterisk.conf"), *switches]

    def start(self, *switches: str) -> subprocess.Popen[bytes]:
        self.process = subprocess.Popen(
            self.command(*switches), env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
        self.wait_booted()
        return self.process

    def wait_booted(self) -> None:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            if self.process is not None and self.process.poll() is not None:
                raise AssertionError(self.process.communicate()[0].decode())
            if (self.run_folder / "asterisk.ctl").exists():
                found = self.rx("core waitfullybooted")
                if found.returncode == 0:
                    assert found.stdout == "Asterisk has fully booted.\n"
                    return
            select.select([], [], [], 0.02)
        raise AssertionError("it did not start")

    def once(self, *switches: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            self.command(*switches), env=self.environment, capture_output=True, text=True, timeout=30, check=False
        )

    def rx(self, line: str) -> "subprocess.CompletedProcess[str]":
        return self.once("-rx", line)

    def stop(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            os.kill(int((self.run_folder / "asterisk.pid").read_text()), signal.SIGKILL)
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            if self.process.stdout is not None:
                self.process.stdout.close()


@pytest.fixture
def pbx(tmp_path: Path) -> Iterator[Pbx]:
    made = Pbx(tmp_path)
    yield made
    made.stop()


def test_a_server_in_the_foreground(pbx: Pbx) -> None:
    process = pbx.start("-f", "-q", "-m", "-n")
    assert int((pbx.run_folder / "asterisk.pid").read_text()) == process.pid
    assert pbx.rx("core show version").stdout.startswith("Asterism 0.")
    shown = pbx.rx("dialplan show default")
    assert "'100' =>          1. Answer()" in shown.stdout
    unknown = pbx.rx("nosuch command")
    assert unknown.returncode == 0
    assert unknown.stdout.startswith("No such command 'nosuch command' (type 'core show help nosuch command'")
    second = pbx.once("-f")
    assert second.returncode == 1
    assert "already running" in second.stderr
    assert pbx.rx("core stop now").returncode == 0
    assert process.wait(30) == 0
    assert process.stdout is not None
    assert process.stdout.read() == b"", "-q prints nothing"
    assert not (pbx.run_folder / "asterisk.ctl").exists()
    assert not (pbx.run_folder / "asterisk.pid").exists()
    assert pbx.rx("core show version").returncode == 1


def test_a_server_in_the_background(pbx: Pbx) -> None:
    assert pbx.once("-Fvvv").returncode == 0
    # Its parent has come back, so it is ready.
    assert pbx.rx("core show uptime").stdout.startswith("System uptime: ")
    pid = int((pbx.run_folder / "asterisk.pid").read_text())
    os.kill(pid, signal.SIGTERM)
    for _ in range(200):
        if not (pbx.run_folder / "asterisk.pid").exists():
            break
        select.select([], [], [], 0.05)
    assert not (pbx.run_folder / "asterisk.ctl").exists()


def test_a_server_stays_in_the_foreground_unless_told(pbx: Pbx) -> None:
    process = pbx.start()
    assert int((pbx.run_folder / "asterisk.pid").read_text()) == process.pid
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0


def test_a_server_that_cannot_start_says_why(pbx: Pbx) -> None:
    pbx.run_folder.write_text("a file where a folder should be")
    for switches in (("-F",), ("-f",)):
        failed = pbx.once(*switches)
        assert failed.returncode == 1
        assert "pid file" in failed.stderr or "control socket" in failed.stderr


def test_a_required_module_that_is_missing_ends_the_start(pbx: Pbx) -> None:
    (pbx.folder / "modules.conf").write_text("[modules]\nautoload=yes\nrequire => app_nosuch.so\n")
    failed = pbx.once("-f")
    assert failed.returncode == 2
    assert "modules.conf:3: module app_nosuch is required" in failed.stderr
    assert "Module initialization failed.  ASTERISK EXITING!" in failed.stderr


def test_hangup_signal_reads_configuration_and_opens_the_log_anew(pbx: Pbx) -> None:
    process = pbx.start("-f", "-vvv")
    log = pbx.folder / "log" / "messages.log"
    (pbx.folder / "extensions.conf").write_text(DIALPLAN + "exten => 300,1,Nosuch(x)\n")
    if log.exists():
        log.rename(log.with_suffix(".1"))
    process.send_signal(signal.SIGHUP)
    for _ in range(200):
        if log.exists() and "Nosuch" in log.read_text():
            break
        select.select([], [], [], 0.05)
    assert re.search(r"\] WARNING\[\d+\] .*extensions\.conf:7: .*Nosuch", log.read_text())
    assert "'300'" in pbx.rx("dialplan show default").stdout
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert b"Asterism Ready." in out
    assert b"\x1b[" not in out, "no colours into a pipe"


def test_systemd_hears_of_it(pbx: Pbx, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(30)
        pbx.environment["NOTIFY_SOCKET"] = str(tmp_path / "notify")
        process = pbx.start("-f", "-q")

        def heard() -> str:
            return manager.recv(1000).decode().partition("\n")[0]

        assert heard() == "READY=1"
        process.send_signal(signal.SIGHUP)
        assert [heard(), heard()] == ["RELOADING=1", "READY=1"]
        pbx.rx("core restart now")
        assert [heard(), heard()] == ["RELOADING=1", "READY=1"]
        process.send_signal(signal.SIGTERM)
        assert heard() == "STOPPING=1"
        assert process.wait(30) == 0


def test_restart_is_the_same_process_again(pbx: Pbx) -> None:
    process = pbx.start("-f", "-q")
    assert pbx.rx("database put a b c").returncode == 0
    assert pbx.rx("core restart now").returncode == 0
    time.sleep(0.2)
    pbx.wait_booted()
    assert int((pbx.run_folder / "asterisk.pid").read_text()) == process.pid
    assert pbx.rx("database get a b").stdout == "Value: c\n"
    pbx.rx("core stop now")
    assert process.wait(30) == 0


def test_a_stalled_reader_of_our_output_holds_up_nothing(pbx: Pbx) -> None:
    process = pbx.start("-f", "-vvv")
    for _ in range(10):
        many = " ".join(["x" * 200] * 30)
        assert pbx.rx(f"core set debug 0 {many}").returncode == 0
    assert pbx.rx("core stop now").returncode == 0
    assert process.wait(15) == 0


class Screen:
    """The program on a terminal of its own."""

    def __init__(self, pbx: Pbx, *switches: str) -> None:
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execve(sys.executable, pbx.command(*switches), pbx.environment)
        termios.tcsetwinsize(self.fd, (40, 120))
        self.seen = ""

    def type(self, keys: str) -> None:
        os.write(self.fd, keys.encode())

    def wait(self, wanted: str, seconds: float = 40) -> str:
        """Return what was seen up to and with a text, and forget it."""
        deadline = time.monotonic() + seconds
        while wanted not in self.seen:
            left = deadline - time.monotonic()
            if left <= 0:
                raise AssertionError(f"{wanted!r} is not in {self.seen!r}")
            if select.select([self.fd], [], [], left)[0]:
                try:
                    self._take(os.read(self.fd, 65536))
                except OSError:
                    raise AssertionError(f"it ended: {self.seen!r}") from None
        before, _, self.seen = self.seen.partition(wanted)
        return before + wanted

    def _take(self, data: bytes) -> None:
        # prompt-toolkit asks the terminal where the cursor is.
        for _ in range(data.count(b"\x1b[6n")):
            os.write(self.fd, b"\x1b[30;1R")
        self.seen += data.decode(errors="replace")

    def ended(self) -> int:
        for _ in range(1200):
            if select.select([self.fd], [], [], 0.025)[0]:
                try:
                    self._take(os.read(self.fd, 65536))
                except OSError:
                    break
        _, status = os.waitpid(self.pid, 0)
        os.close(self.fd)
        return os.waitstatus_to_exitcode(status)


def test_a_remote_console(pbx: Pbx) -> None:
    process = pbx.start("-f", "-q")
    screen = Screen(pbx, "-rvvv")
    host = socket.gethostname().partition(".")[0]
    screen.wait(f"Connected to Asterism 0.1.0 currently running on {host} (pid = {process.pid})")
    screen.wait(f"{host}*CLI>")
    screen.type("core sh\t")
    screen.wait("ow")
    screen.type("upt\t\r")
    screen.wait("System uptime: ")
    screen.type("channel originate Local/200@default extension 100@default\r")
    screen.wait(
        '\x1b[1;30m    -- \x1b[0mExecuting [200@default:2] \x1b[1;36mVerbose\x1b[0m("\x1b[1;35mLocal/200@default-'
    )
    screen.wait("\x1b[1;30m  == \x1b[0mhere I am")
    screen.type("core show channel \t")
    screen.wait("Local/200@default-00000000;")
    screen.type("\x03core show channels cou\t\r")
    screen.wait("active channels")
    screen.type("core set ?")
    screen.wait("Set how deep this console sees verbose messages")
    screen.type("\x03quit\r")
    assert screen.ended() == 0
    history = (pbx.folder / ".asterism_history").read_text()
    assert "+core show uptime" in history
    pbx.rx("core stop now")
    assert process.wait(30) == 0


def test_the_servers_own_console(pbx: Pbx) -> None:
    screen = Screen(pbx, "-c")
    screen.wait("*CLI>")
    screen.type("quit\r")
    screen.wait("'core stop now' ends both")
    screen.type("core show channels\r")
    screen.wait("0 active channels")
    screen.type("core stop now\r")
    assert screen.ended() == 0
    assert not (pbx.run_folder / "asterisk.ctl").exists()


def test_calls_outlive_the_terminal_of_the_servers_console(pbx: Pbx) -> None:
    screen = Screen(pbx, "-c")
    screen.wait("*CLI>")
    pbx.rx("channel originate Local/100@default extension 200@default")
    screen.wait("here I am")
    os.close(screen.fd)
    assert "2 active channels" in pbx.rx("core show channels").stdout
    pbx.rx("core stop now")
    assert os.waitstatus_to_exitcode(os.waitpid(screen.pid, 0)[1]) == 0


def test_control_c_twice_stops_a_server_with_a_console(pbx: Pbx) -> None:
    screen = Screen(pbx, "-cn")
    screen.wait("*CLI>")
    screen.type("\x03")
    screen.wait("Ctrl-C once more")
    screen.type("\x03")
    assert screen.ended() == 0


def test_control_c_while_the_log_scrolls_is_a_key(pbx: Pbx) -> None:
    (pbx.folder / "extensions.conf").write_text(
        "[default]\nexten => loop,1,Answer()\n same => n,Set(i=0)\n"
        " same => n(top),Verbose(1,round ${INC(i)})\n same => n,Wait(0.005)\n same => n,GotoIf($[${i}<300]?top)\n"
        " same => n,Verbose(1,it is over)\n same => n,Wait(60)\n"
    )
    screen = Screen(pbx, "-cvvv")
    screen.wait("*CLI>")
    screen.type("channel originate Local/loop@default application Wait 60\r")
    screen.wait("round 20")
    for _ in range(40):
        screen.type("x\x03")
        screen.wait("round ")
    screen.wait("it is over")
    screen.type("\x15core stop now\r")
    assert screen.ended() == 0


def test_scripts_for_asterisk_read_calls_under_way(pbx: Pbx) -> None:
    process = pbx.start("-f", "-q")
    pbx.rx("channel originate Local/100@default extension 200@default")
    rx = " ".join(shlex.quote(word) for word in pbx.command("-rx"))

    def shell(pipe: str) -> str:
        done = subprocess.run(pipe, shell=True, env=pbx.environment, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    # What monitoring plug-ins do: count calls, find the longest, look whether somebody is in an extension.
    assert shell(f"{rx} 'core show channels' | grep 'active call' | awk '{{print $1}}'") == "2"
    assert shell(f"{rx} 'core show channels' | grep 'calls processed' | awk '{{print $1}}'") == "2"
    assert shell(f"{rx} 'core show channels count' | sed -n 's/ active channels*$//p'") == "2"
    longest = shell(f"{rx} 'core show channels concise' | awk -F'!' '{{print $12, $1}}' | sort -n | tail -1").split()
    assert longest[0].isdecimal() and longest[1].startswith("Local/100@default-00000000;")
    assert shell(f"{rx} 'core show channels concise' | awk -F'!' '$3 == 200 && $5 == \"Up\" {{print $6, $2, NF}}'") == (
        "Wait default 14"
    )
    name = shell(f"{rx} 'core show channels concise' | cut -d'!' -f1 | head -1")
    assert shell(f"{rx} 'core show channel {name}' | grep NativeFormats").startswith("NativeFormats: (")
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0


def test_a_remote_console_through_pipes(pbx: Pbx) -> None:
    process = pbx.start("-f", "-q")
    done = subprocess.run(
        pbx.command("-r"), env=pbx.environment, input="core show uptime seconds\nnosuch\n", capture_output=True,
        text=True, timeout=30, check=False,
    )  # fmt: skip
    assert done.returncode == 0
    assert "System uptime: " in done.stdout
    assert "No such command 'nosuch'" in done.stdout
    assert "\x1b" not in done.stdout
    assert "*CLI>" not in done.stdout
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 0


def test_a_signal_before_it_is_ready_ends_it_tidily(pbx: Pbx) -> None:
    process = pbx.process = subprocess.Popen(pbx.command("-f", "-q"), env=pbx.environment)
    for _ in range(2000):
        if (pbx.run_folder / "asterisk.ctl").exists():
            break
        select.select([], [], [], 0.005)
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) in (0, 1)
    assert not (pbx.run_folder / "asterisk.ctl").exists()
    assert not (pbx.run_folder / "asterisk.pid").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become another")
def test_another_user() -> None:
    code = (
        "import os; from asterism.runtime.console.process import become; become('nobody', 'nogroup'); "
        "print(os.getresuid(), os.getresgid(), os.getgroups())"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": str(NAMESPACE)}, capture_output=True, text=True,
        check=True,
    ).stdout.strip()  # fmt: skip
    user, group = pwd.getpwnam("nobody").pw_uid, grp.getgrnam("nogroup").gr_gid
    assert told == f"{(user,) * 3} {(group,) * 3} {[group]}"
    with pytest.raises(ConfigError, match="No such user"):
        become("no-such-user", "")
    become(pwd.getpwuid(os.geteuid()).pw_name, "")


def test_a_terminal_that_can_do_nothing(pbx: Pbx) -> None:
    process = pbx.start("-f", "-q")
    pbx.environment["TERM"] = "dumb"
    screen = Screen(pbx, "-r")
    screen.wait("*CLI> ")
    screen.type("core show channels count\n")
    screen.wait("0 active channels\r\n0 active calls\r\n0 calls processed\r\n")
    screen.wait("*CLI> ")
    assert "\x1b" not in screen.seen
    screen.type("exit\n")
    assert screen.ended() == 0
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0


def test_a_remote_console_comes_back_with_its_server(pbx: Pbx) -> None:
    process = pbx.start("-f", "-q")
    screen = Screen(pbx, "-R")
    screen.wait("*CLI>")
    pbx.rx("core restart now")
    screen.wait("Disconnected from Asterism server: The server restarts.")
    screen.wait("Connected to Asterism")
    screen.wait("*CLI>")
    screen.type("core show uptime\r")
    screen.wait("System uptime: ")
    pbx.rx("core stop now")
    screen.wait("The server has ended.")
    os.kill(screen.pid, signal.SIGINT)
    assert screen.ended() == 0
    assert process.wait(30) == 0
