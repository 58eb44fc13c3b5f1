"""The command line of `asterism`, with Asterisk's switches."""

from pathlib import Path

import pytest
from asterism import __version__
from asterism.runtime.console.process import PidFile
from asterism.runtime.errors import ConfigError
from asterism.runtime.main import Switches, main, merged, read_switches
from asterism.runtime.settings import Options


@pytest.mark.parametrize(
    ("line", "facts"),
    [
        ("-rvvvx cmd", {"remote": True, "verbose": 3, "execute": "cmd"}),
        ("-rx core", {"remote": True, "execute": "core"}),
        ("-x core", {"remote": True, "execute": "core"}),
        ("-xcore", {"remote": True, "execute": "core"}),
        ("-Rvn", {"remote": True, "reconnect": True, "verbose": 1, "flags": frozenset("n")}),
        ("-C /x/asterisk.conf -f -q -m -n", {"conf": Path("/x/asterisk.conf"), "foreground": True, "mute": True,
                                             "flags": frozenset("qn")}),
        ("-cvvvddg", {"console": True, "verbose": 3, "debug": 2, "flags": frozenset("g")}),
        ("-L 2.5 -M 10 -U me -G us", {"load": 2.5, "calls": 10, "user": "me", "group": "us"}),
        ("-rs /s", {"remote": True, "socket": Path("/s")}),
        ("-i -p -t -X -W -B -I -T", {"flags": frozenset("ipXWBT")}),
        ("-V", {"version": True}),
        ("-h", {"help": True}),
        ("-F", {"background": True}),
    ],
)  # fmt: skip
def test_switches(line: str, facts: dict[str, object]) -> None:
    assert read_switches(line.split()) == Switches(**facts)  # type: ignore[arg-type]


@pytest.mark.parametrize("line", ["-Z", "-C", "-L much", "-M 1.5", "core show channels", "--help"])
def test_wrong_switches_are_refused(line: str, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ConfigError):
        read_switches(line.split())
    assert main(line.split()) == 1
    assert capfd.readouterr().err.startswith("asterism: ")


def test_version_and_help(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["-V"]) == 0
    assert capfd.readouterr().out == f"Asterism {__version__}\n"
    assert main(["-h"]) == 0
    shown = capfd.readouterr().out
    for letter in "VhCfFcvdqmgpUGLMXitIrRxsnTWB":
        assert f"-{letter} " in shown


def test_the_command_line_wins_over_asterisk_conf() -> None:
    options = merged(Options(verbose=1, nofork=False), read_switches(["-vvv", "-n", "-M", "5", "-U", "me"]))
    assert (options.verbose, options.nocolor, options.maxcalls, options.runuser) == (3, True, 5, "me")
    assert merged(Options(verbose=4), read_switches([])) == Options(verbose=4)
    assert merged(Options(), read_switches(["-F"])).alwaysfork
    assert merged(Options(alwaysfork=True), read_switches(["-f"])).nofork, "-f wins over asterisk.conf"


def test_no_server_is_told_in_asterisks_words(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "asterisk.conf").write_text("[directories]\nastrundir = run\n")
    expected = f"Unable to connect to remote asterisk (does {tmp_path / 'run' / 'asterisk.ctl'} exist?)\n"
    assert main(["-C", str(tmp_path / "asterisk.conf"), "-rx", "core show version"]) == 1
    assert capfd.readouterr().err == expected
    assert main(["-C", str(tmp_path / "asterisk.conf"), "-r"]) == 1
    assert capfd.readouterr().err == expected


def test_a_missing_asterisk_conf_is_told(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["-C", str(tmp_path / "none.conf"), "-rx", "core show version"]) == 1
    first = capfd.readouterr().err.splitlines()[0]
    assert first == f"Unable to open specified master config file '{tmp_path / 'none.conf'}', using built-in defaults"


def test_the_pid_file_of_another_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "run" / "asterisk.pid"
    file = PidFile(path)
    file.write()
    path.write_text("1\n")
    file.remove()
    assert path.exists()
    file.write()
    file.remove()
    assert not path.exists()
