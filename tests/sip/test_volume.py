"""How loud a phone speaks and hears: two phones, and the tones that they send."""

import asyncio
from typing import Any

import pytest

from tests.sip.test_applications import SIP

pytestmark = [pytest.mark.sip, pytest.mark.timeout(60)]


async def loudness(served: Any, phone: Any, *steps: str) -> tuple[Any, float, float]:
    """How loud caller and callee hear each other, after these steps of the caller's dialplan."""
    lines = "".join(f" same => n,{step}\n" for step in steps)
    pbx = await served(sip=SIP, extensions=f"[phones]\nexten => 1,1,NoOp()\n{lines} same => n,Dial(SIP/6002,20)\n")
    one, two = await phone("6001", "one", tone_hz=440), await phone("6002", "two", tone_hz=660)
    await one.registered()
    await two.registered()
    await one.dial("1")
    await two.ringing()
    await two.answer()
    await asyncio.sleep(2.5)
    await one.hangup()
    await one.closed()
    await two.closed()
    return pbx, one.loudness(), two.loudness()


async def test_one_side_is_softer(served: Any, phone: Any) -> None:
    pbx, one, two = await loudness(
        served, phone, "Set(VOLUME(TX)=-8)", "Verbose(1,tx ${VOLUME(TX)} ${VOLUME(RX)})",
        "Set(JITTERBUFFER(adaptive)=default)", "Set(JITTERBUFFER(fixed)=200)",
    )  # fmt: skip
    assert "tx -8.000000 0.000000" in pbx.said
    assert one < two / 4
    assert "a fixed buffer is not supported" in pbx.said and "sizes" not in pbx.said


async def test_the_other_side_is_softer(served: Any, phone: Any) -> None:
    _, one, two = await loudness(served, phone, "Set(VOLUME(RX)=-8)")
    assert two < one / 4
