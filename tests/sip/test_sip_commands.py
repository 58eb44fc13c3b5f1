"""The commands `sip ...` on a runtime that serves phones."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.sip.conftest import SERVER, Served, until
from tests.sip.wire import Received, answer

pytestmark = [pytest.mark.sip, pytest.mark.timeout(60)]

SIP = f"""
[general]
udpbindaddr={SERVER}
tcpenable=yes
callcounter=yes
disallow=all
allow=ulaw
[6001]
type=friend
host=dynamic
secret=one
context=office
[6002]
type=friend
host=dynamic
secret=two
context=office
session-timers=originate
[door]
type=user
secret=three
context=office
"""
DIALPLAN = """
[office]
exten => 700,1,Answer()
 same => n,Wait(30)
exten => 6002,1,Dial(SIP/6002)
"""
SDP = (
    "v=0\no=- 1 1 IN IP4 {0}\ns=-\nc=IN IP4 {0}\nt=0 0\n"
    "m=audio 6000 RTP/AVP 0 8 101\na=rtpmap:101 telephone-event/8000\n"
)

Start = Callable[..., Awaitable[Any]]


async def said(served: Served, command: str) -> list[str]:
    return list((await served.runtime.commands.run(served.runtime, command)).lines)


async def completed(served: Served, line: str) -> list[str]:
    return [each.word for each in served.runtime.commands.complete(served.runtime, served.runtime.nouns, line)]


async def calling(agent: Any, number: str) -> Received:
    headers = (f"Contact: <sip:{agent.user}@{agent.address}>", "Content-Type: application/sdp", "User-Agent: Few/1")
    taken: Received = await agent.ask("INVITE", f"sip:{number}@{SERVER}", *headers, body=SDP.format(agent.address))
    return taken


async def test_a_call(served: Start, agent: Start) -> None:
    pbx = await served(sip=SIP, extensions=DIALPLAN)
    alice = await agent("6001", "one")
    assert (await alice.register()).code == 200
    taken = await calling(alice, "700")
    assert taken.code == 200
    contact = re.sub(r".*<(.*)>.*", r"\1", taken.header("Contact"))
    alice.send(alice.request("ACK", contact, cseq=1002, to=taken.header("To")))
    await until(lambda: pbx.runtime.driver("SIP").dialogs()[0].up)

    lines = await said(pbx, "sip show channels")
    cut = alice.call_id[:15]
    assert lines[1] == (
        f"{alice.address:<15}  {'6001':<15}  {cut:<15}  {'(ulaw)':<15}  No       {'Rx: ACK':<15} {'':<10} {'6001':<10}"
    )
    assert lines[2] == "1 active SIP dialog"

    shown = await said(pbx, f"sip show channel {alice.call_id[:9].upper()}")
    assert shown[:3] == ["", "  * SIP Call", "  Curr. trans. direction:  Incoming"]
    for line in (
        f"  Call-ID:                {alice.call_id}",
        "  Owner channel ID:       SIP/6001-00000000",
        "  Our Codec Capability:   (ulaw)",
        "  Their Codec Capability:   (ulaw|alaw)",
        "  Joint Codec Capability:   (ulaw)",
        f"  Received Address:       {alice.address}:5060",
        f"  Audio IP:               {SERVER} (local)",
        "  Their Tag:              t6001",
        "  SIP User agent:         Few/1",
        "  Session-Timer:          Inactive",
        "  Media:                  RTP",
    ):
        assert line in shown
    assert await said(pbx, "sip show channel nosuch") == ["No such SIP Call ID starting with 'nosuch'"]

    stats = await said(pbx, "sip show channelstats")
    assert stats[1].startswith(f"{alice.address:<15}  {alice.call_id:<11.11}  00:00:0")
    assert "0000000000  0000000000 ( 0.00%) 0.0000" in stats[1]
    inuse = await said(pbx, "sip show inuse")
    assert f"{'6001':<25} {'1/0/0':<15} {2**31 - 1:<15} " in inuse
    objects = await said(pbx, "sip show objects")
    assert objects[objects.index("-= Dialog objects:") + 2] == f"name: {alice.call_id}"
    assert await completed(pbx, "sip show channel ") == [alice.call_id]
    assert "door" in await completed(pbx, "sip show user ") and "door" not in await completed(pbx, "sip show peer ")
    assert await completed(pbx, "sip prune realtime peer ") == ["6001", "6002", "all", "like"]
    assert await said(pbx, "sip show tcp") == [f"{'Address':<47} Transport   Type"]


async def test_a_call_that_rings(served: Start, agent: Start) -> None:
    def ringing(message: Received) -> str | None:
        return answer(message, 180, "Ringing") if message.method == "INVITE" else None

    pbx = await served(sip=SIP, extensions=DIALPLAN)
    alice, bob = await agent("6001", "one"), await agent("6002", "two")
    assert (await bob.register()).code == 200
    bob.answering = ringing
    headers = (f"Contact: <sip:6001@{alice.address}>", "Content-Type: application/sdp")
    first = await alice.ask("INVITE", f"sip:6002@{SERVER}", *headers, body=SDP.format(alice.address), digest=False)
    assert first.code == 401
    authorization = alice.credentials(first.header("WWW-Authenticate"), "INVITE", f"sip:6002@{SERVER}")
    invite = alice.request(
        "INVITE", f"sip:6002@{SERVER}", f"Authorization: {authorization}", *headers, cseq=9,
        body=SDP.format(alice.address),
    )  # fmt: skip
    alice.send(invite)
    await until(lambda: len(pbx.runtime.driver("SIP").dialogs()) == 2)
    await until(lambda: any(each.ringing for each in pbx.runtime.driver("SIP").devices()))
    assert f"{'6002':<25} {'1/1/0':<15} {2**31 - 1:<15} " in await said(pbx, "sip show inuse")
    lines = await said(pbx, "sip show channels")
    assert f"{bob.address:<15}  {'6002':<15}" in lines[2] and "(ulaw)" in lines[2] and "Init: INVITE" in lines[2]
    assert len(await completed(pbx, "sip show channel ")) == 2
    out = next(each for each in pbx.runtime.driver("SIP").dialogs() if not each.incoming)
    shown = await said(pbx, f"sip show channel {out.call_id}")
    assert "  Curr. trans. direction:  Outgoing" in shown
    assert f"  Our Tag:                {out.our_tag}" in shown and out.our_tag
    alice.send(alice.request("CANCEL", f"sip:6002@{SERVER}", cseq=9).replace("9CANCEL", "9INVITE"))
    await until(lambda: not pbx.runtime.driver("SIP").dialogs())


async def test_a_session_timer(served: Start, agent: Start) -> None:
    pbx = await served(sip=SIP, extensions=DIALPLAN)
    bob = await agent("6002", "two")
    assert (await calling(bob, "700")).header("Session-Expires") == "1800;refresher=uas"
    shown = await said(pbx, f"sip show channel {bob.call_id}")
    at = shown.index("  Session-Timer:          Active")
    assert shown[at + 1 : at + 5] == [
        "  S-Timer Interval:       1800", "  S-Timer Refresher:      us", "  S-Timer Sched Id:       -1",
        "  S-Timer Peer Sts:       Inactive",
    ]  # fmt: skip
    assert shown[at + 8] == "  S-Timer Cached Mode:    Originate"


async def test_what_was_said(served: Start, agent: Start) -> None:
    pbx = await served(sip=SIP, extensions=DIALPLAN)
    alice = await agent("6001", "one")
    off = ["", "***Note: History recording is currently DISABLED.  Use 'sip set history on' to ENABLE."]
    assert await said(pbx, "sip show history x") == [*off, "No such SIP Call ID starting with 'x'"]
    on = "SIP History Recording Enabled (use 'sip show history')"
    assert await said(pbx, "sip set history ON") == [on]
    assert "  Record SIP history:     On" in await said(pbx, "sip show settings")
    taken = await calling(alice, "700")
    contact = re.sub(r".*<(.*)>.*", r"\1", taken.header("Contact"))
    alice.send(alice.request("ACK", contact, cseq=1002, to=taken.header("To")))
    await until(lambda: pbx.runtime.driver("SIP").dialogs()[0].up)
    assert (await alice.ask("BYE", contact, to=taken.header("To"), cseq=1010)).code == 200
    await until(lambda: not pbx.runtime.driver("SIP").dialogs())
    lines = await said(pbx, f"sip show history {alice.call_id}")
    assert lines[:3] == ["", "  * SIP Call", f"1. Rx              INVITE / 1 INVITE / sip:700@{SERVER}"]
    texts = [each.partition(". ")[2] for each in lines[2:]]
    number = texts[4].split()[3]
    ignored = ("RTCP", f"TxResp          SIP/2.0 / {number} INVITE - 100")
    assert [each for each in texts if not each.startswith(ignored)] == [
        f"Rx              INVITE / 1 INVITE / sip:700@{SERVER}",
        "AuthChal        Auth challenge sent for  - nc 0",
        "TxRespRel       SIP/2.0 / 1 INVITE - 401 Unauthorized",
        f"Rx              ACK / 1 ACK / sip:700@{SERVER}",
        f"Rx              INVITE / {number} INVITE / sip:700@{SERVER}",
        f"Invite          New call: {alice.call_id}"[:79],
        f"NewChan         Channel SIP/6001-00000000 - from {alice.call_id}"[:79],
        f"TxRespRel       SIP/2.0 / {number} INVITE - 200 OK",
        f"Rx              ACK / 1002 ACK / {contact}"[:79],
        f"Rx              BYE / 1010 BYE / {contact}"[:79],
        "TxResp          SIP/2.0 / 1010 BYE - 200 OK",
    ]
    assert any(each.startswith("RTCPaudio       Quality:ssrc=") for each in texts)
    assert await said(pbx, "sip set history off") == ["SIP History Recording Disabled"]
    assert (await said(pbx, f"sip show history {alice.call_id}"))[:2] == off
    assert (await said(pbx, "sip set history maybe"))[0].startswith("No such command")


async def test_recordhistory(served: Start, agent: Start) -> None:
    pbx = await served(sip=SIP.replace("callcounter", "recordhistory=yes\ncallcounter"))
    alice = await agent("6001", "one")
    assert (await alice.register()).code == 200
    await until(lambda: len(pbx.runtime.driver("SIP").tracing.dialogs.of(alice.call_id)) >= 4)
    pbx.write(sip=SIP)
    await pbx.runtime.reload("sip")
    assert not pbx.runtime.driver("SIP").tracing.dialogs.recording


async def test_debug_of_an_address(served: Start) -> None:
    pbx = await served(sip=SIP)
    assert await said(pbx, "sip set debug ip 127.0.0.1:5070") == ["SIP Debugging Enabled for IP: 127.0.0.1"]
    for name in ("nosuch.invalid", "nosuch..invalid"):
        assert (await said(pbx, f"sip set debug ip {name}"))[0].startswith("Usage: sip set debug ip")
    assert await said(pbx, "sip set debug off") == ["SIP Debugging Disabled"]


async def test_arguments_too_many(served: Start) -> None:
    pbx = await served(sip=SIP)
    for line in ("sip show users bogus x", "sip show channels x", "sip prune realtime all like 600",
                 "sip prune realtime", "sip prune realtime peer", "sip show users like ["):  # fmt: skip
        assert (await said(pbx, line))[0].startswith("Usage: sip "), line
