"""Transfer: what the far end is asked, and what the dialplan is told of it."""

import pytest
from asterism.runtime.driver import Transferred
from asterism.runtime.testing import Call, TestRuntime


async def asked(rt: TestRuntime, arguments: str, *answers: Transferred) -> tuple[Call, list[str]]:
    """A call that runs Transfer; the phone can be transferred when there is an answer for it to give."""
    rt.extensions(f"[default]\nexten => 1,1,Wait(1)\n same => n,Transfer({arguments})\n same => n,NoOp(on)\n")
    call = await rt.phone("alice").call("1@default")
    destinations: list[str] = []

    def transfer(destination: str) -> None:
        destinations.append(destination)
        for answer in answers:
            call.leg.tell(answer)

    if answers:
        call.leg.transfer = transfer  # type: ignore[attr-defined]
    await call.over()
    return call, destinations


@pytest.mark.parametrize(
    ("answer", "status", "protocol"),
    [
        (Transferred(True), "SUCCESS", "0"),
        (Transferred(False, 603), "FAILURE", "603"),
        (Transferred(False), "FAILURE", "0"),
    ],
)
async def test_the_far_end_says_what_came_of_it(
    rt: TestRuntime, answer: Transferred, status: str, protocol: str
) -> None:
    call, destinations = await asked(rt, "Loopback/200@there", answer)
    assert destinations == ["200@there"]
    assert (call.variables["TRANSFERSTATUS"], call.variables["TRANSFERSTATUSPROTOCOL"]) == (status, protocol)
    assert rt.executed()[-1].endswith("NoOp(on)")


@pytest.mark.parametrize(("arguments", "status"), [("SIP/200", "FAILURE"), ("", "FAILURE")])
async def test_who_is_of_another_kind_is_not_asked(rt: TestRuntime, arguments: str, status: str) -> None:
    call, destinations = await asked(rt, arguments, Transferred(True))
    assert destinations == [] and call.variables["TRANSFERSTATUS"] == status


async def test_a_channel_that_cannot_be_transferred_is_unsupported(rt: TestRuntime) -> None:
    call, _ = await asked(rt, "200")
    assert call.variables["TRANSFERSTATUS"] == "UNSUPPORTED"
