"""VOLUME and JITTERBUFFER, where there is nothing that they could change; the rest is in tests/sip."""

import pytest
from asterism.functions.volume import factor
from asterism.runtime.log import Level
from asterism.runtime.testing import TestRuntime


@pytest.mark.parametrize(("volume", "times"), [(3, 3), (-4, 0.25), (0, 1), (0.5, 0.5)])
def test_what_samples_are_multiplied_by(volume: float, times: float) -> None:
    assert factor(volume) == times


@pytest.mark.parametrize(
    ("line", "warning"),
    [
        ("Set(VOLUME(TX)=3)", "VOLUME: the volume of Loopback/anna-00000000 cannot be changed"),
        ("Set(VOLUME(XX)=3)", "VOLUME: Direction must be either RX or TX"),
        ("Set(VOLUME(RX)=x)", "VOLUME: 'x' is no volume"),
        ("Set(VOLUME(RX)=nan)", "VOLUME: 'nan' is out of range: -100 to 100"),
        ("NoOp(${VOLUME(foo)})", "VOLUME: Direction must be either RX or TX"),
        ("Set(JITTERBUFFER(foo)=default)", "Unknown Jitterbuffer type foo. Failed to create jitterbuffer."),
        ("Set(JITTERBUFFER(adaptive)=default)", "JITTERBUFFER: Loopback/anna-00000000 gets no packets that could be"),
        ("NoOp(${JITTERBUFFER(fixed)})", "JITTERBUFFER: it can only be written"),
    ],
)
async def test_what_is_not_possible_is_warned_of(rt: TestRuntime, line: str, warning: str) -> None:
    rt.extensions(f"[default]\nexten => 1,1,{line}\n same => n,NoOp(${{VOLUME(RX)}})\n")
    await (await rt.phone("anna").call("1@default")).over()
    (found,) = rt.logged(Level.WARNING)
    assert warning in found
    assert rt.executed()[-1].endswith("NoOp()")
