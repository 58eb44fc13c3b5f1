"""The commands `pjsip ...` on a runtime that serves phones."""

import shutil
import socket
import struct
import subprocess
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.sip.conftest import SERVER, Served, until
from tests.sip.wire import Received, answer

pytestmark = [pytest.mark.sip, pytest.mark.timeout(60)]

PJSIP = f"""
[global]
type=global
endpoint_identifier_order=auth_username,ip,username,anonymous
[udp]
type=transport
protocol=udp
bind={SERVER}
[tcp]
type=transport
protocol=tcp
bind={SERVER}
[alice]
type=endpoint
allow=ulaw
aors=alice
auth=alice
[alice]
type=aor
max_contacts=1
qualify_frequency=30
[alice]
type=auth
auth_type=userpass
username=alice
password=one
"""
DIALPLAN = """
[default]
exten => 700,1,Answer()
 same => n,Wait(30)
"""
SDP = "v=0\no=- 1 1 IN IP4 127.0.0.1\ns=-\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 6000 RTP/AVP 0\n"


async def said(served: Served, command: str) -> list[str]:
    return list((await served.runtime.commands.run(served.runtime, command)).lines)


def _options(message: Received) -> str | None:
    return answer(message, 200, "OK") if message.method == "OPTIONS" else None


Start = Callable[..., Awaitable[Any]]


async def test_settings_and_versions(served: Start) -> None:
    pbx = await served(pjsip=PJSIP)
    assert (await said(pbx, "pjsip show version"))[0].startswith("PJPROJECT version currently running against: 2.")
    assert "ECDHE-RSA-AES128-GCM-SHA256" in (await said(pbx, "pjsip list ciphers"))[0]
    settings = await said(pbx, "pjsip show settings")
    assert settings[:4] == ["", "Global Settings:", "", f" {'ParameterName':<42} : ParameterValue"]
    assert f" {'endpoint_identifier_order':<42} : auth_username,ip,username,anonymous" in settings
    assert f" {'timer_b':<27} : 32000" in settings
    assert (await said(pbx, "pjsip show identifiers"))[:3] == [
        "Identifier Names:   ", "name not specified  ", "auth_username       ",
    ]  # fmt: skip
    assert any("Dumping endpoint" in line for line in await said(pbx, "pjsip dump endpt"))
    assert "Unable to find object nosuch." in await said(pbx, "pjsip show transport nosuch")


async def test_probes(served: Start, agent: Start) -> None:
    pbx = await served(pjsip=PJSIP)
    alice = await agent("alice", "one")
    alice.answering = _options
    assert (await alice.register()).code == 200
    await until(lambda: any(each.ran_s and each.next_s for each in pbx.runtime.driver("PJSIP").probes()))
    tasks = await said(pbx, "pjsip show scheduled_tasks like alice")
    assert tasks[-2] == "Total Scheduled Tasks: 1"
    assert tasks[4].split()[:4] == ["pjsip/options/alice-00000001", "30", "1", "wait"]
    assert (await said(pbx, "pjsip show scheduled_tasks like bob"))[-2] == "Total Scheduled Tasks: 0"
    assert await said(pbx, "pjsip show qualify aor alice") == [
        " * AOR 'alice'",
        "  Qualify frequency    : 30 sec",
        "  Qualify timeout      : 3000 ms",
        "  Qualify 2xx only     : no",
        "  Authenticate qualify : no",
    ]
    assert await said(pbx, "pjsip reload qualify endpoint alice") == ["Synchronizing AOR 'alice' on endpoint 'alice'"]
    await until(lambda: pbx.runtime.driver("PJSIP").probes()[0].runs == 2)
    assert (await said(pbx, "pjsip reload qualify aor nosuch"))[0] == "Unable to retrieve aor 'nosuch'"


async def test_maintenance(served: Start, agent: Start) -> None:
    pbx = await served(pjsip=PJSIP, extensions=DIALPLAN)
    alice = await agent("alice", "one")
    alice.answering = _options
    assert (await alice.register()).code == 200
    enabled = "Maintenance mode ENABLED for endpoint 'alice'"
    assert await said(pbx, "pjsip set maintenance on alice") == [enabled]
    assert (await said(pbx, "pjsip show maintenance"))[3:] == [
        f"  {'alice':<40}  ON", "", "  1 endpoint in maintenance mode", "",
    ]  # fmt: skip
    refused = await alice.ask("INVITE", f"sip:700@{SERVER}", f"Contact: <sip:alice@{alice.address}>")
    assert (refused.code, refused.header("Retry-After")) == (503, "300")
    assert (await alice.register()).code == 503
    assert "rejecting new INVITE" in pbx.said
    await said(pbx, "channel originate PJSIP/alice application Wait 1")
    await until(lambda: "Refusing outbound call to endpoint 'alice'" in pbx.said)
    assert (await alice.register(expires=0)).code == 200
    again = "Maintenance mode DISABLED for endpoint 'alice'"
    assert await said(pbx, "pjsip set maintenance off alice") == [again]
    assert (await alice.register()).code == 200


async def test_the_logger(served: Start, agent: Start) -> None:
    pbx = await served(pjsip=PJSIP)
    alice = await agent("alice", "one")
    alice.answering = _options
    net = alice.address.rsplit(".", 1)[0]
    assert await said(pbx, f"pjsip set logger host {net}.0/24") == [f"PJSIP Logging Enabled for host: {net}.0/24"]
    assert await said(pbx, "pjsip set logger method REGISTER") == ["PJSIP Logging Enabled for SIP Methods: REGISTER"]
    file = pbx.folder / "log" / "sip.pcap"
    assert await said(pbx, "pjsip set logger pcap sip.pcap") == [f"PJSIP logging to pcap file '{file}'"]
    refused = await said(pbx, "pjsip set logger pcap /tmp/elsewhere.pcap")
    assert "the folder of the logs" in refused[0]
    assert (await alice.register()).code == 200
    await until(lambda: "<--- Transmitting SIP response" in pbx.said)
    assert "REGISTER sip:" in pbx.said
    assert "OPTIONS sip:alice@" not in pbx.said
    await said(pbx, "pjsip set logger off")
    await until(lambda: file.read_bytes().count(b"CSeq") >= 4)
    if shutil.which("tshark"):
        seen = subprocess.run(
            ["tshark", "-r", str(file), "-Y", "sip", "-T", "fields", "-e", "sip.CSeq.method"],
            capture_output=True, text=True, check=True, timeout=30,
        )  # fmt: skip
        assert seen.stdout.split() == ["REGISTER"] * 4


async def test_the_history(served: Start, agent: Start) -> None:
    pbx = await served(pjsip=PJSIP)
    alice = await agent("alice", "one")
    alice.answering = _options
    assert await said(pbx, "pjsip set history on") == ["PJSIP History enabled"]
    assert (await alice.register()).code == 200
    await until(lambda: len(pbx.runtime.driver("PJSIP").tracing.history) >= 4)
    assert len(await said(pbx, "pjsip show history where sip.msg.request.method = REGISTER")) == 4
    assert (await said(pbx, "pjsip show history entry 0"))[1].startswith("REGISTER sip:")
    assert await said(pbx, "pjsip set history off") == ["PJSIP History disabled"]
    assert await said(pbx, "pjsip set history clear") == ["PJSIP History cleared"]
    assert len(await said(pbx, "pjsip show history")) == 2


async def test_a_call_and_a_stranger(served: Start, agent: Start) -> None:
    pbx = await served(pjsip=PJSIP, extensions=DIALPLAN)
    alice = await agent("alice", "one")
    headers = (f"Contact: <sip:alice@{alice.address}>", "Content-Type: application/sdp")
    taken = await alice.ask("INVITE", f"sip:700@{SERVER}", *headers, body=SDP)
    assert taken.code == 200
    stats = await said(pbx, "pjsip show channelstats")
    assert stats[5].split()[:3:2] == ["alice-00000000", "ulaw"]
    assert stats[-2] == "Objects found: 1"
    channels = await said(pbx, "pjsip show channels like alice")
    assert channels[5].startswith("  Channel: PJSIP/alice-00000000/")
    assert channels[6] == f'      Exten: {"700":<27} CLCID: "" <>'
    assert (await said(pbx, "pjsip show channel PJSIP/alice-00000000"))[5] == channels[5]
    stranger = await agent("mallory", "x")
    assert (await stranger.register()).code in (401, 403)
    found = await said(pbx, "pjsip show unidentified_requests")
    assert any(line.startswith(f"  Request:  {stranger.address}") for line in found)
    assert "0 active subscriptions" in await said(pbx, "pjsip show subscriptions inbound")


async def test_packets_of_audio(served: Start, agent: Start) -> None:
    pbx = await served(pjsip=PJSIP, extensions=DIALPLAN, rtp="[general]\nrtpstart=20000\nrtpend=20100\nprobation=2\n")
    assert (await said(pbx, "rtp show settings"))[4:6] == ["  Port start:      20000", "  Port end:        20100"]
    assert "  Probation:       2 frames" in await said(pbx, "rtp show settings")
    assert await said(pbx, "rtp set debug on") == ["RTP Packet Debugging Enabled"]
    lookup = await said(pbx, "rtcp set debug ip 127.0.0.1:7")
    assert lookup == ["RTCP Packet Debugging Enabled for address: 127.0.0.1:7"]
    assert await said(pbx, "rtcp set debug ip ::1") == ["RTCP Packet Debugging Enabled for address: [::1]:0"]
    for name in ("nosuch.invalid", "nosuch..invalid", "10.0.0.0/8"):
        assert (await said(pbx, f"rtp set debug ip {name}"))[0] == f"Lookup failed for '{name}'"
    alice = await agent("alice", "one")
    headers = (f"Contact: <sip:alice@{alice.address}>", "Content-Type: application/sdp")
    taken = await alice.ask("INVITE", f"sip:700@{SERVER}", *headers, body=SDP.replace("127.0.0.1", alice.address))
    port = int(taken.text.split("m=audio ")[1].split()[0])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.bind((alice.address, 6000))
        sender.sendto(struct.pack("!BBHII", 0x80, 0, 7, 160, 1234) + b"\xff" * 160, (SERVER, port))
        came = f"Got  RTP packet from    {alice.address}:6000 (type 00, seq 000007, ts 000160, len 000160)"
        await until(lambda: came in pbx.said)
    assert await said(pbx, "rtp set debug off") == ["RTP Packet Debugging Disabled"]
    assert await said(pbx, "rtcp set debug off") == ["RTCP Packet Debugging Disabled"]
