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


def test_no_folder(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check", "/nonexistent"]) == 2
    assert "is no folder" in capsys.readouterr().err
