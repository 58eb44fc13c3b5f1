"""Whether somebody talks, as it is found out on the audio of a real phone, which says a tone without a pause."""

import asyncio
from typing import Any

import pytest

from tests.sip.phones import write_tone
from tests.sip.test_applications import SIP, called

pytestmark = [pytest.mark.sip, pytest.mark.timeout(90)]


async def test_a_phone_that_does_not_stop_talking_is_a_machine(served: Any, phone: Any) -> None:
    pbx, one = await called(served, phone, "Answer()", "AMD()", "Verbose(1,${AMDSTATUS} ${AMDCAUSE})")
    await one.closed()
    assert "MACHINE LONGGREETING-1500-1500" in pbx.said


@pytest.mark.parametrize(("threshold", "verdict"), [(256, "MACHINE MAXWORDLENGTH-400"), (32000, "INITIALSILENCE-600")])
async def test_what_counts_as_silence_is_said(served: Any, phone: Any, threshold: int, verdict: str) -> None:
    pbx, one = await called(
        served, phone, "Answer()", f"AMD(600,,,,,,,{threshold},400)", "Verbose(1,${AMDSTATUS} ${AMDCAUSE})"
    )
    await one.closed()
    assert verdict in pbx.said


async def test_talk_before_a_pause_is_measured(served: Any, phone: Any) -> None:
    pbx = await served(
        sip=SIP,
        extensions="[phones]\nexten => 1,1,BackgroundDetect(long,500,100)\n"
        "exten => talk,1,Verbose(1,talked ${TALK_DETECTED})\n same => n,Hangup()\n",
    )
    write_tone(pbx.folder / "data/sounds/en/long.wav", 523, 8)
    one = await phone("6001", "one")
    await one.registered()
    await one.dial("1")
    await one.event("CALL_ESTABLISHED")
    await asyncio.sleep(1)
    await one.hold()
    await one.closed()
    assert "talked" in pbx.said
