"""rtp.conf: the ports of audio, whose audio is taken, and what is told of the rest."""

from pathlib import Path
from typing import Any

import pytest
from asterism.runtime.errors import ConfigError
from asterism.runtime.http.conf import http_conf
from asterism.runtime.manager.conf import manager_conf
from asterism.runtime.testing import TestRuntime

pytest.importorskip("asterism._native")

from asterism.dialplan.reader import read_text
from asterism.runtime.drivers.pjsip.rtp_conf import rtp_settings
from asterism.runtime.drivers.pjsip.stack import RtpSettings


@pytest.mark.parametrize(
    ("text", "found", "told"),
    [
        ("[general]\nrtpstart=10000\nrtpend=20000\nicesupport=no\n", (10000, 20000), []),
        ("[general]\nrtpstart=20000\nrtpend=10000\n", (5000, 31000), ["are no range"]),
        ("[general]\nrtpstart=x\n", (5000, 31000), ["rtpstart = x"]),
        (
            "[general]\nturnaddr=b:1\nstunaddr=a:1\n",
            (5000, 31000),
            ["'turnaddr' has", "'stunaddr' has"],
        ),
        ("[general]\nstrictrtp=SeqNo\nprobation=9\n", (5000, 31000, "seqno", 9), []),
        ("[general]\nstrictrtp=off\n", (5000, 31000, "no"), []),
        ("[general]\nstrictrtp=1\nprobation=1\n", (5000, 31000, "yes"), ["probation of 1"]),
        ("[general]\nprobation=99999999999\n", (5000, 31000), ["probation of 99999999999"]),
        ("[general]\nstrictrtp=no\nrtpstart=1\n", (5000, 31000, "no"), ["are no range"]),
        ("[general]\nstrictrtp=perhaps\n", (5000, 31000), ["strictrtp = perhaps: neither"]),
        ("[general]\nrtpsart=1\n", (5000, 31000), ["unknown option 'rtpsart'"]),
        ("", (5000, 31000), []),
    ],
)
async def test_what_the_file_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, found: tuple[Any, ...], told: list[str]
) -> None:
    if text:
        (tmp_path / "rtp.conf").write_text(text)
    complaints: list[ConfigError] = []
    async with TestRuntime(tmp_path) as rt:
        monkeypatch.setattr(rt, "complain", complaints.append)
        made = rtp_settings(rt)
        assert made == RtpSettings(*found)
        assert type(made.strict) is str, "the native module takes no subclass"
    assert len(complaints) == len(told)
    for complaint, part in zip(complaints, told, strict=True):
        assert part in complaint.message


def test_options_of_other_files_that_change_nothing_are_named() -> None:
    complaints: list[ConfigError] = []
    http_conf(read_text("[general]\nsession_inactivity=1\n", "http.conf"), complaints.append)
    manager_conf(read_text("[general]\nblock-sockets=yes\n", "manager.conf"), None, complaints.append)
    assert [(each.file, each.message) for each in complaints] == [
        ("http.conf", "'session_inactivity' has no effect here"),
        ("manager.conf", "'block-sockets' has no effect here"),
    ]
