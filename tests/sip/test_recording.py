"""Recordings of real phones, and scripts that hear them."""

import array
import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest
from asterism.runtime import pcm
from asterism.runtime.driver import SoundFile

from tests.sip.conftest import until
from tests.sip.phones import share, write_tone
from tests.sip.test_applications import PURE, SIP, called

pytestmark = [pytest.mark.sip, pytest.mark.timeout(90)]


def heard(path: Path, frequency_hz: int) -> float:
    """Return how much of a recording is one frequency."""
    known = "wav" if path.suffix == ".wav16" else path.suffix.removeprefix(".")
    return share(list(pcm.read(SoundFile(path, known), 8000)), frequency_hz)


@pytest.mark.parametrize("file_format", ["wav", "wav16", "sln", "ulaw", "alaw", "gsm", "g722"])
async def test_a_recording(served: Any, phone: Any, tmp_path: Path, file_format: str) -> None:
    path = tmp_path / f"a.{file_format}"
    pbx, one = await called(served, phone, f"Record({path},,2,q)", "Verbose(1,was ${RECORD_STATUS})", "Hangup()")
    await one.closed()
    assert "was TIMEOUT" in pbx.said
    assert heard(path, 440) > 0.8
    samples = pcm.read(SoundFile(path, "wav" if file_format == "wav16" else file_format), 8000)
    assert len(samples) == pytest.approx(16000, abs=1600)


async def test_silence_ends_it(served: Any, phone: Any, tmp_path: Path) -> None:
    steps = f"Record({tmp_path}/a.wav,1,9,q)\n same => n,Verbose(1,was ${{RECORD_STATUS}})"
    pbx = await served(sip=SIP, extensions=f"[phones]\nexten => 1,1,{steps}\n")
    one = await phone("6001", "one", tone_hz=0)
    await one.registered()
    await one.dial("1")
    await one.closed()
    assert "was SILENCE" in pbx.said


async def test_two_who_talk_are_recorded_and_hear_each_other(served: Any, phone: Any, tmp_path: Path) -> None:
    pbx = await served(sip=SIP, extensions="[phones]\nexten => 1,1,Dial(SIP/6002,20)\n")
    one, two = await phone("6001", "one", tone_hz=440), await phone("6002", "two", tone_hz=660)
    await one.registered()
    await two.registered()
    await one.dial("1")
    await two.ringing()
    await two.answer()
    await asyncio.sleep(1)
    first = next(iter(pbx.runtime.channels.values()))
    assert first.leg.audio.relayed
    tape = await first.leg.audio.record(tmp_path / "a.wav", "wav")
    await asyncio.sleep(1)
    assert not first.leg.audio.relayed
    await tape.stop()
    await until(lambda: first.leg.audio.relayed)
    await one.hangup()
    await one.closed()
    await two.closed()
    assert heard(tmp_path / "a.wav", 440) > PURE and heard(tmp_path / "a.wav", 660) < 0.1
    assert one.heard(660) > PURE and two.heard(440) > PURE


async def test_a_script_hears_a_phone(served: Any, phone: Any, tmp_path: Path) -> None:
    script = tmp_path / "hear.sh"
    script.write_text(f"#!/bin/sh\nexec timeout 2 cat <&3 > {tmp_path}/heard.sln\n")
    script.chmod(0o755)
    _, one = await called(served, phone, "Answer()", f"EAGI({script})", "Hangup()")
    await one.closed()
    samples = array.array("h", (tmp_path / "heard.sln").read_bytes())
    assert sys.byteorder == "big" or share(list(samples), 440) > PURE
    assert 8000 < len(samples) < 17600


async def test_both_sides_of_a_call(served: Any, phone: Any, tmp_path: Path) -> None:
    sides = f"{tmp_path}/m.wav,br({tmp_path}/r.wav)t({tmp_path}/t.wav),touch {tmp_path}/done"
    pbx = await served(
        sip=SIP, extensions=f"[phones]\nexten => 1,1,MixMonitor({sides})\n same => n,Dial(SIP/6002,20,A(tone))\n"
    )
    write_tone(pbx.folder / "data/sounds/en/tone.wav", 523, 1)
    one, two = await phone("6001", "one", tone_hz=440), await phone("6002", "two", tone_hz=660)
    await one.registered()
    await two.registered()
    await one.dial("1")
    await two.ringing()
    await two.answer()
    await asyncio.sleep(3)
    await one.hangup()
    await one.closed()
    await two.closed()
    await until((tmp_path / "done").exists)
    assert heard(tmp_path / "r.wav", 440) > PURE and heard(tmp_path / "r.wav", 660) < 0.1
    assert heard(tmp_path / "t.wav", 660) > PURE and heard(tmp_path / "t.wav", 440) < 0.1
    assert heard(tmp_path / "m.wav", 440) > 0.3 and heard(tmp_path / "m.wav", 660) > 0.3
    assert one.heard(660) > PURE and two.heard(440) > PURE
