"""`asterism --check`: what it finds, and its exit status."""

from pathlib import Path

import pytest
from asterism.runtime.main import main

DEMO = Path(__file__).parents[3] / "contrib" / "configs" / "demo"


def test_the_sample_is_sound(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check", str(DEMO)]) == 0
    assert capsys.readouterr().out.startswith("0 findings in ")


def test_every_file_is_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "extensions.conf").write_text(
        "[guests]\nexten => s,1,Goto(5,1)\n same => n,Foo()\nexten => _9X.,1,Dial(SIP/trunk/${EXTEN:1})\n"
    )
    (tmp_path / "sip.conf").write_text("[general]\nallowguest=yes\ncontext=guests\nfoo=bar\n")
    assert main(["--check", str(tmp_path)]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "extensions.conf:2: Goto leads to extension '5' that is not in context 'guests'",
        "extensions.conf:3: no application 'Foo' is loaded",
        "sip.conf:4: [general] unknown option 'foo'",
        "extensions.conf:4: anybody in context 'guests' can reach Dial(SIP/trunk/${EXTEN:1})",
        f"4 findings in {tmp_path}",
    ]


def test_a_lost_file_is_a_finding(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "extensions.conf").write_text("exten => s,1,NoOp()\n")
    assert main(["--check", str(tmp_path)]) == 1
    assert "extensions.conf:1: text before the first [section]" in capsys.readouterr().out


def test_small_files_are_read_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, text in {
        "logger.conf": "[logfiles]\nx => nosuch\n",
        "modules.conf": "[modules]\nlaod => x\n",
        "cli.conf": "[startup_commands]\ncore show version = sometimes\n",
        "cli_aliases.conf": "[general]\ntemplate = nosuch\n",
        "cli_permissions.conf": "[general\n",
        "features.conf": "[featuremap]\nnosuch = *9\n",
        "musiconhold.conf": "[a]\nmode=files\nnosuch=1\n",
        "http.conf": "[general]\nnosuch=1\n",
        "manager.conf": "[anna]\nacl = office\nnosuch=1\n",
        "acl.conf": "[office]\npermit=10.0.0.0/8\n",
        "asterisk.conf": "[compat]\napp_set = 1.4\npbx_realtime = 1.6\n",
        "extensions.conf": "[default]\nexten => 1,1,NoOp()\n",
    }.items():
        (tmp_path / name).write_text(text)
    assert main(["--check", str(tmp_path)]) == 1
    found = capsys.readouterr().out
    for line in (
        "musiconhold.conf:3: unknown option 'nosuch' of music class 'a'", "http.conf:2: unknown option 'nosuch'",
        "manager.conf:3: unknown option 'nosuch'", "asterisk.conf:2: app_set = 1.4: the manners of Asterisk 1.4 are",
        "logger.conf:2: there is no log level 'nosuch'", "modules.conf:2: unknown option 'laod'",
        "cli.conf:2: when is 'sometimes'?", "cli_aliases.conf:2: there is no section [nosuch]",
        "cli_permissions.conf:1: ", "features.conf:2: unknown option 'nosuch'", "10 findings in",
    ):  # fmt: skip
        assert line in found


def test_no_folder(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check", "/nonexistent"]) == 2
    assert "is no folder" in capsys.readouterr().err
