"""What real phones hear when one of them listens in on the call of two others."""

import asyncio
from typing import Any

import pytest

from tests.sip.test_applications import SIP

pytestmark = [pytest.mark.sip, pytest.mark.timeout(90)]
LISTENER = "[6003](phone)\nsecret = three\n"
A, B, S = 440, 660, 880


@pytest.mark.parametrize(
    ("options", "heard"),
    [
        ("q", ({B}, {A}, {A, B})),
        ("qo", ({B}, {A}, {A})),
        ("qw", ({B, S}, {A}, {A, B})),
        ("qB", ({B, S}, {A, S}, {A, B})),
    ],
)
async def test_who_hears_whom(served: Any, phone: Any, options: str, heard: tuple[set[int], ...]) -> None:
    await served(
        sip=SIP + LISTENER,
        extensions=f"[phones]\nexten => 1,1,Dial(SIP/6002,20)\nexten => 9,1,ChanSpy(SIP/6001,{options}E)\n",
    )
    phones = [
        await phone("6001", "one", tone_hz=A), await phone("6002", "two", tone_hz=B),
        await phone("6003", "three", tone_hz=S),
    ]  # fmt: skip
    one, two, spy = phones
    for each in phones:
        await each.registered()
    await one.dial("1")
    await two.ringing()
    await two.answer()
    await one.event("CALL_ESTABLISHED")
    await spy.dial("9")
    await spy.event("CALL_ESTABLISHED")
    await asyncio.sleep(3)
    await one.hangup()
    for each in phones:
        await each.closed()
    assert tuple({tone for tone in (A, B, S) if each.heard(tone) > 0.15} for each in phones) == heard
