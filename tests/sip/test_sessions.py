"""How the sessions of incoming calls are kept: timers (RFC 4028), and responses that are acknowledged (RFC 3262)."""

import asyncio
from typing import Any

import pytest

from tests.sip.conftest import NET, SERVER
from tests.sip.wire import SDP, Agent, Received

pytestmark = [pytest.mark.sip, pytest.mark.timeout(60)]

EXTENSIONS = """
[internal]
exten => 100,1,Ringing()
 same => n,Wait(0.5)
 same => n,Answer()
 same => n,Wait(20)
"""


def pjsip(options: str) -> str:
    return f"""
[t]
type=transport
bind={SERVER}:5060
[7001]
type=endpoint
context=internal
allow=ulaw
{options}
[7001]
type=identify
endpoint=7001
match={NET}.51
"""


def sip(options: str) -> str:
    return f"""
[general]
udpbindaddr={SERVER}
[7001]
type=friend
host={NET}.51
context=internal
disallow=all
allow=ulaw
{options}
"""


async def invite(agent: Agent, *headers: str) -> Received:
    """Call, and return what comes after 100."""
    contact = f"Contact: <sip:7001@{NET}.51>"
    agent.send(
        agent.request(
            "INVITE", f"sip:100@{SERVER}", contact, "Content-Type: application/sdp", *headers, cseq=1, body=SDP
        )
    )
    while True:
        message = await asyncio.wait_for(agent.received.get(), 15)
        if message.code > 100:
            return message


async def final(agent: Agent) -> Received:
    while True:
        message = await asyncio.wait_for(agent.received.get(), 15)
        if message.code >= 200:
            return message


async def test_a_session_that_is_too_short_for_an_endpoint(served: Any, agent: Any) -> None:
    await served(pjsip=pjsip("timers_min_se=180"), extensions=EXTENSIONS)
    got = await invite(await agent("7001"), "Supported: timer", "Session-Expires: 120")
    assert (got.code, got.header("Min-SE")) == (422, "180")


@pytest.mark.parametrize("files", [{"pjsip": pjsip("timers=no")}, {"sip": sip("session-timers=refuse")}])
async def test_an_endpoint_without_timers(served: Any, agent: Any, files: dict[str, str]) -> None:
    await served(extensions=EXTENSIONS, **files)
    one = await agent("7001")
    await invite(one, "Supported: timer", "Session-Expires: 1800")
    got = await final(one)
    assert (got.code, got.header("Session-Expires")) == (200, "")


@pytest.mark.parametrize(
    ("option", "reliable"), [("", False), ("100rel=peer_supported", True), ("100rel=required", True)]
)
async def test_ringing_that_is_acknowledged(served: Any, agent: Any, option: str, reliable: bool) -> None:
    await served(pjsip=pjsip(option), extensions=EXTENSIONS)
    one = await agent("7001")
    ringing = await invite(one, "Supported: 100rel")
    assert ringing.code == 180
    assert ("100rel" in ringing.header("Require")) == reliable
    assert bool(ringing.header("RSeq")) == reliable
    if reliable:
        rack = f"RAck: {ringing.header('RSeq')} 1 INVITE"
        got = await one.ask("PRACK", f"sip:100@{SERVER}", rack, to=ringing.header("To"), cseq=2)
        assert (got.code, got.header("CSeq")) == (200, "2 PRACK")
    got = await final(one)
    assert (got.code, got.header("CSeq")) == (200, "1 INVITE")


@pytest.mark.parametrize(
    ("status", "code"), [("437", 437), ("UNSUPPORTED_CERTIFICATE", 437), ("999", 603), ("SOMETHING", 603), ("", 603)]
)
async def test_a_refusal_with_a_status_of_ones_own(served: Any, agent: Any, status: str, code: int) -> None:
    plan = f"[internal]\nexten => 100,1,PJSIPHangup({status})\n"
    await served(pjsip=pjsip(""), extensions=plan)
    assert (await invite(await agent("7001"))).code == code


async def test_an_answered_call_ends_as_any(served: Any, agent: Any) -> None:
    await served(pjsip=pjsip(""), extensions="[internal]\nexten => 100,1,Answer\n same => n,PJSIPHangup(437)\n")
    one = await agent("7001")
    got = await invite(one)
    assert got.code == 200
    one.send(one.request("ACK", f"sip:100@{SERVER}", cseq=1, to=got.header("To")))
    assert (await asyncio.wait_for(one.received.get(), 15)).method == "BYE"
