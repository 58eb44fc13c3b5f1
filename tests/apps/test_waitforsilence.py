"""WaitForSilence and WaitForNoise."""

import asyncio

import pytest
from asterism.runtime.testing import TestRuntime


@pytest.mark.parametrize(
    ("application", "status", "waited_s"),
    [
        ("WaitForSilence(1500)", "SILENCE", 3.5),
        ("WaitForSilence(1500,2)", "SILENCE", 5.0),
        ("WaitForSilence(9000,1,4)", "TIMEOUT", 4.0),
        ("WaitForNoise(1000)", "NOISE", 1.0),
        ("WaitForNoise(3000,1,5)", "TIMEOUT", 5.0),
    ],
)
async def test_what_is_waited_for(rt: TestRuntime, application: str, status: str, waited_s: float) -> None:
    rt.extensions(f"[default]\nexten => 1,1,Answer()\n same => n,{application}\n same => n,Hangup()\n")
    call = await rt.phone("alice").call("1@default")
    await call.until("up")
    began = asyncio.get_running_loop().time()
    call.speak(2)
    await call.over()
    assert call.variables["WAITSTATUS"] == status
    assert asyncio.get_running_loop().time() - began == pytest.approx(waited_s, abs=0.2)
