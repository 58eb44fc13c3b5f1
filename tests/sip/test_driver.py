"""Life of the driver: registrations of ours, reload, wrong files, two runtimes, TCP, early media, DTMF, hold."""

import asyncio
import shutil
import socket
import ssl
from pathlib import Path
from typing import Any

import pytest
from asterism.runtime.events import Registry

from tests.sip.conftest import NET, SERVER, until
from tests.sip.test_calls import SDP, Callee, caller, invite
from tests.sip.wire import Agent, Received, answer

pytestmark = [pytest.mark.sip, pytest.mark.timeout(60)]

SIP = f"""
[general]
udpbindaddr={SERVER}
tcpenable=yes
[6001]
type=friend
host=dynamic
secret=one
context=internal
disallow=all
allow=ulaw
[6002]
type=friend
host={NET}.52
context=internal
disallow=all
allow=ulaw
"""

EXTENSIONS = """
[internal]
exten => 1,1,Answer()
 same => n,Read(digits,,3)
 same => n,NoOp(digits=${digits})
 same => n,Hangup()
exten => 2,1,Dial(SIP/6002,5)
exten => 3,1,Ringing()
 same => n,Wait(0.2)
 same => n,Progress()
 same => n,Wait(0.2)
 same => n,Answer()
 same => n,Wait(2)
exten => 600,1,NoOp(forwarded)
 same => n,Answer()
 same => n,Wait(2)
"""


async def test_we_register_with_others(served: Any) -> None:
    provider = await Agent("provider", "", SERVER, f"{NET}.60", 5070).open()
    seen: list[Received] = []

    def answering(request: Received) -> str:
        seen.append(request)
        if "Authorization" not in request.text:
            challenge = 'WWW-Authenticate: Digest realm="them",nonce="abc",algorithm=MD5'
            return answer(request, 401, "Unauthorized", challenge)
        contact = request.header("Contact").split(";")[0]
        expires = request.header("Expires")
        return answer(request, 200, "OK", f"Contact: {contact};expires={expires}")

    provider.answering = answering
    try:
        lines = f"[general]\nudpbindaddr={SERVER}\nregister => account:secret:digest@{NET}.60:5070/1234~300\n"
        pbx = await served(sip=lines, extensions=EXTENSIONS)
        heard = pbx.runtime.bus.queue(Registry)
        driver = pbx.runtime.driver("SIP")
        await until(lambda: [each.state for each in driver._registrations] == ["Registered"])
        event = heard._queue.get_nowait()
        assert (event.username, event.domain, event.status) == ("account", f"{NET}.60", "Registered")
        last = seen[-1]
        assert last.text.startswith(f"REGISTER sip:{NET}.60:5070 SIP/2.0")
        assert f"<sip:1234@{SERVER}:5060>" in last.header("Contact")
        assert f"sip:account@{NET}.60" in last.header("From")
        assert 'username="digest"' in last.header("Authorization")
        assert last.header("Expires") == "300"
        assert [each.refresh_s for each in driver._registrations] == [285]
        await pbx.stop()
        assert seen[-1].header("Expires") == "0"
    finally:
        provider.close()
        await pbx.start()


async def test_a_refused_registration_is_told(served: Any) -> None:
    provider = await Agent("provider", "", SERVER, f"{NET}.60", 5070).open()
    provider.answering = lambda request: answer(request, 403, "Forbidden")
    try:
        lines = f"[general]\nudpbindaddr={SERVER}\nregister => account:secret@{NET}.60:5070\n"
        pbx = await served(sip=lines, extensions=EXTENSIONS)
        driver = pbx.runtime.driver("SIP")
        await until(lambda: [each.state for each in driver._registrations] == ["No Authentication"])
        assert f"with 'sip:{NET}.60:5070' failed: 403 Forbidden" in pbx.said
    finally:
        provider.close()


async def test_only_one_runtime_owns_sip(served: Any) -> None:
    first = await served(sip=SIP, extensions=EXTENSIONS)
    second = await served(sip=SIP.replace(f"{SERVER}", f"{NET}.2"), extensions=EXTENSIONS)
    assert first.runtime.driver("SIP") is not None
    assert second.runtime.driver("SIP") is None
    assert "SIP belongs to another runtime of this process" in second.said


async def test_reload_follows_the_files(served: Any, agent: Any) -> None:
    pbx = await served(sip=SIP, extensions=EXTENSIONS)
    one = await caller(agent)
    assert (await one.register()).code == 200
    driver = pbx.runtime.driver("SIP")
    pbx.write(sip=SIP + "\n[6009]\ntype=friend\nhost=dynamic\nsecret=nine\nnosuchoption=1\n")
    await driver.reload()
    assert "WARNING sip.conf:23: [6009] unknown option 'nosuchoption'" in pbx.said
    assert driver.peer("6009") is not None
    assert driver.peer("6001").address == f"{NET}.51"
    nine = await agent("6009", "nine")
    assert (await nine.register()).code == 200
    pbx.write(sip="[general\nudpbindaddr=127.0.0.1\n")
    with pytest.raises(Exception, match=r"sip\.conf:1"):
        await driver.reload()
    assert driver.peer("6001").address == f"{NET}.51"
    assert (await one.register()).code == 200
    pbx.write(sip=SIP)
    await driver.reload()
    assert driver.peer("6009") is None
    assert (await nine.register()).code == 403


async def test_calls_over_tcp(served: Any) -> None:
    pbx = await served(sip=SIP, extensions=EXTENSIONS)
    reader, writer = await asyncio.open_connection(SERVER, 5060, local_addr=(f"{NET}.51", 0))
    port = writer.get_extra_info("sockname")[1]
    text = (
        f"INVITE sip:1@{SERVER} SIP/2.0\nVia: SIP/2.0/TCP {NET}.51:{port};branch=z9hG4bKtcp1\n"
        f"From: <sip:6001@{SERVER}>;tag=a\nTo: <sip:1@{SERVER}>\nCall-ID: tcp1\nCSeq: 1 INVITE\nMax-Forwards: 70\n"
        f"Contact: <sip:6001@{NET}.51:{port};transport=tcp>\n"
        "Content-Type: application/sdp\nContent-Length: "
    )
    body = SDP.replace("\n", "\r\n")
    writer.write((text + str(len(body)) + "\n\n").replace("\n", "\r\n").encode() + body.encode())
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 15)
    while b"100 Trying" in head:
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 15)
    assert b"401 Unauthorized" in head
    writer.close()
    assert not pbx.runtime.channels


async def test_ringing_early_audio_answer(served: Any, agent: Any) -> None:
    await served(sip=SIP, extensions=EXTENSIONS)
    one = await caller(agent)
    codes: list[tuple[int, bool]] = []
    original = one.received.put_nowait

    def note(message: Received) -> None:
        if message.code:
            codes.append((message.code, "m=audio" in message.text))
        original(message)

    one.received.put_nowait = note
    got = await invite(one, "3")
    assert got.code == 200
    assert [each for each in codes if each[0] > 100 and each[0] != 401] == [(180, False), (183, True), (200, True)]


async def test_a_cancelled_call_ends_the_other_leg(served: Any, agent: Any) -> None:
    pbx = await served(sip=SIP, extensions=EXTENSIONS)
    one, two = await caller(agent), await agent("6002")
    seen: list[str] = []

    def ringing(request: Received) -> str:
        seen.append(request.method)
        return answer(request, 180 if request.method == "INVITE" else 200, "Fine", f"Contact: <sip:b@{NET}.52>")

    two.answering = ringing
    asked = asyncio.create_task(invite(one, "2"))
    await until(lambda: "INVITE" in seen)
    cancel = one.last_sent.replace("INVITE sip", "CANCEL sip").replace(" INVITE\n", " CANCEL\n")
    one.send(cancel.split("\n\n")[0].split("Content-Type")[0] + "Content-Length: 0\n\n")
    got = await asked
    assert got.code in (200, 487)
    await until(lambda: "CANCEL" in seen)
    await until(lambda: not pbx.runtime.channels)


async def test_a_302_sends_the_call_elsewhere(served: Any, agent: Any) -> None:
    pbx = await served(sip=SIP, extensions=EXTENSIONS)
    one, two = await caller(agent), await agent("6002")
    two.answering = lambda request: (
        answer(request, 302, "Moved", f"Contact: <sip:600@{SERVER}>") if request.method == "INVITE" else ""
    )
    got = await invite(one, "2")
    assert got.code == 200
    assert "forwarded" in pbx.said


@pytest.mark.parametrize("user", ["Local/600", "Local%2F600%40internal", "600%40internal"])
async def test_a_302_to_what_is_no_number_leads_nowhere(served: Any, agent: Any, user: str) -> None:
    pbx = await served(sip=SIP, extensions=EXTENSIONS)
    one, two = await caller(agent), await agent("6002")
    two.answering = lambda request: (
        answer(request, 302, "Moved", f"Contact: <sip:{user}@{SERVER}>") if request.method == "INVITE" else ""
    )
    got = await invite(one, "2")
    assert got.code >= 400
    assert "is no number" in pbx.said and "forwarded" not in pbx.said


async def test_digits_by_info(served: Any, agent: Any) -> None:
    pbx = await served(sip=SIP.replace("secret=one", "secret=one\ndtmfmode=info"), extensions=EXTENSIONS)
    one = await caller(agent)
    got = await invite(one, "1")
    assert got.code == 200
    to = got.header("To")
    target = got.header("Contact").strip("<>")
    one.send(one.request("ACK", target, cseq=int(got.header("CSeq").split()[0]), to=to))
    for number, digit in enumerate("57#"):
        body = f"Signal={digit}\nDuration=100\n"
        one.send(
            one.request("INFO", target, "Content-Type: application/dtmf-relay", cseq=2000 + number, to=to, body=body)
        )
        assert (await one.final()).code == 200
    await until(lambda: "digits=57" in pbx.said)


async def test_the_far_end_holds(served: Any, agent: Any) -> None:
    from asterism.runtime.events import Hold, Unhold

    pbx = await served(sip=SIP.replace("secret=one", "secret=one\nmohsuggest=waltz"), extensions=EXTENSIONS)
    heard = pbx.runtime.bus.queue(Hold, Unhold)
    one, two = await caller(agent), await agent("6002")
    Callee(two)
    got = await invite(one, "2")
    assert got.code == 200
    to, target = got.header("To"), got.header("Contact").strip("<>")
    one.send(one.request("ACK", target, cseq=int(got.header("CSeq").split()[0]), to=to))
    contact = f"Contact: <sip:6001@{one.address}:5060>"
    for number, direction in enumerate(("sendonly", "sendrecv")):
        body = SDP.replace("o=agent 1 1", f"o=agent 1 {number + 2}") + f"a={direction}\n"
        kind = "Content-Type: application/sdp"
        one.send(one.request("INVITE", target, contact, kind, cseq=1100 + number, to=to, body=body))
        answered = await one.final()
        assert answered.code == 200
        assert ("a=recvonly" in answered.text) == (direction == "sendonly")
        one.send(one.request("ACK", target, cseq=1100 + number, to=to))
    await until(lambda: heard._queue.qsize() == 2)
    hold, unhold = (heard._queue.get_nowait() for _ in range(2))
    assert isinstance(hold, Hold) and hold.music_class == "waltz" and isinstance(unhold, Unhold)


async def test_a_trunk_that_wants_our_password(served: Any, agent: Any) -> None:
    """sip.conf's secret and defaultuser answer the challenge of a call that we make."""
    trunk = f"\n[trunk]\ntype=peer\nhost={NET}.53\nsecret=word\ndefaultuser=account\nallow=ulaw\n"
    await served(sip=SIP + trunk, extensions="[internal]\nexten => 9,1,Dial(SIP/555@trunk,5)\n")
    one = await caller(agent)
    provider = await agent("account", "word", address=f"{NET}.53")
    seen: list[Received] = []

    def answering(request: Received) -> str:
        seen.append(request)
        if request.method != "INVITE":
            return "" if request.method == "ACK" else answer(request, 200, "OK")
        if "Authorization" not in request.text:
            return answer(request, 401, "Unauthorized", 'WWW-Authenticate: Digest realm="them",nonce="n",algorithm=MD5')
        contact = f"Contact: <sip:555@{NET}.53>"
        return answer(request, 200, "OK", contact, "Content-Type: application/sdp", body=SDP)

    provider.answering = answering
    assert (await invite(one, "9")).code == 200
    proof = next(each for each in seen if "Authorization" in each.text)
    challenge = 'Digest realm="them",nonce="n"'
    wanted = provider.credentials(challenge, "INVITE", f"sip:555@{NET}.53:5060").split("response=")[1].split(",")[0]
    assert wanted in proof.text
    assert 'username="account"' in proof.text


async def test_early_audio_is_passed_on(served: Any, agent: Any) -> None:
    pbx = await served(sip=SIP, extensions=EXTENSIONS)
    one, two = await caller(agent), await agent("6002")
    two.answering = lambda request: (
        answer(
            request, 183, "Progress", f"Contact: <sip:b@{NET}.52>", "Content-Type: application/sdp", body=SDP
        )
        if request.method == "INVITE"
        else answer(request, 200, "OK")
    )  # fmt: skip
    codes: list[tuple[int, bool]] = []
    original = one.received.put_nowait

    def note(message: Received) -> None:
        codes.append((message.code, "m=audio" in message.text))
        original(message)

    one.received.put_nowait = note
    asked = asyncio.create_task(invite(one, "2"))
    await until(lambda: (183, True) in codes)
    await until(lambda: all(channel.leg.audio.relayed for channel in pbx.runtime.channels.values()))
    asked.cancel()


GOLDEN = Path(__file__).parent.parent / "runtime/drivers/golden"


async def test_large_configurations_start(served: Any) -> None:
    """Files with nearly every option; only the certificate that they name is not there."""
    files = {
        name: (GOLDEN / f"{name}.conf").read_text().replace("127.0.0.1:", f"{SERVER}:") for name in ("sip", "pjsip")
    }
    pbx = await served(extensions=EXTENSIONS, **files)
    driver = pbx.runtime.driver("SIP")
    assert len(driver._stack.listening) == 4
    errors = [record.text for record in pbx.records if record.level.name == "ERROR"]
    assert len(errors) == 2, errors
    assert all("cannot listen at TLS" in text and "there is no file" in text for text in errors)
    assert driver.peer("6001").status == "UNKNOWN"
    assert len(driver.endpoints()) == 18


async def test_tls(served: Any, tmp_path: Path) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed")
    pem = tmp_path / "both.pem"
    process = await asyncio.create_subprocess_exec(
        openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=pbx",
        "-keyout", str(tmp_path / "key.pem"), "-out", str(tmp_path / "cert.pem"), stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    assert await process.wait() == 0
    pem.write_text((tmp_path / "cert.pem").read_text() + (tmp_path / "key.pem").read_text())
    lines = f"tcpenable=yes\ntlsenable=yes\ntlsbindaddr={SERVER}:5061\ntlscertfile={pem}\n"
    await served(sip=SIP.replace("tcpenable=yes\n", lines), extensions=EXTENSIONS)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.load_verify_locations(tmp_path / "cert.pem")
    reader, writer = await asyncio.open_connection(SERVER, 5061, ssl=context)
    text = (
        f"OPTIONS sip:{SERVER} SIP/2.0\nVia: SIP/2.0/TLS {NET}.51:5061;branch=z9hG4bKtls\n"
        f"From: <sip:x@{SERVER}>;tag=1\nTo: <sip:{SERVER}>\nCall-ID: tls\n"
        "CSeq: 1 OPTIONS\nMax-Forwards: 70\nContent-Length: 0\n\n"
    )
    writer.write(text.replace("\n", "\r\n").encode())
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 15)
    assert head.startswith(b"SIP/2.0 200 OK")
    writer.close()


async def test_messages_on_the_console(served: Any, agent: Any) -> None:
    pbx = await served(sip=SIP, extensions=EXTENSIONS)
    one = await agent("6001", "one")

    async def told(line: str) -> list[str]:
        return list((await pbx.runtime.commands.run(pbx.runtime, line)).lines)

    assert await told("sip set debug on") == ["SIP Debugging enabled"]
    assert await told("sip set debug on") == ["SIP Debugging re-enabled"]
    assert (await one.register()).code == 200
    assert f"\n<--- SIP read from UDP:{NET}.51:5060 --->\nREGISTER sip:{SERVER} SIP/2.0\nVia: " in pbx.said
    assert f"\n<--- Transmitting (no NAT) to {NET}.51:5060 --->\nSIP/2.0 401 Unauthorized\n" in pbx.said
    assert "headers 0 lines) ---" in pbx.said
    assert await told("sip set debug off") == ["SIP Debugging Disabled"]
    assert await told("pjsip set logger host 192.0.2.1") == ["PJSIP Logging Enabled for host: 192.0.2.1"]
    pbx.records.clear()
    assert (await one.register()).code == 200
    assert "SIP/2.0" not in pbx.said
    assert await told("pjsip set logger on") == ["PJSIP Logging enabled"]
    assert (await one.register()).code == 200
    assert "<--- Received SIP request (" in pbx.said
    assert f" bytes) to UDP:{NET}.51:5060 --->\nSIP/2.0 200 OK\n" in pbx.said
    assert await told("pjsip set logger off") == ["PJSIP Logging disabled"]


async def test_a_file_that_cannot_be_read_does_not_stop_the_other(served: Any) -> None:
    pjsip = f"[t]\ntype=transport\nbind={SERVER}:5062\n[7001]\ntype=endpoint\nallow=ulaw\n"
    pbx = await served(sip="[general\n", pjsip=pjsip, extensions=EXTENSIONS)
    assert [each.name for each in pbx.runtime.driver("PJSIP").endpoints()] == ["7001"]
    assert "ERROR sip.conf:1: no closing ']' in '[general'; nothing of this file is in force" in pbx.said


async def test_nothing_can_work(served: Any) -> None:
    pbx = await served(sip="[general\n", extensions=EXTENSIONS)
    assert pbx.runtime.driver("SIP") is None
    assert "did not start: sip.conf:1: no closing ']'" in pbx.said


@pytest.mark.parametrize(("local", "told"), [("", "203.0.113.5"), (f"localnet={NET}.0/24\n", SERVER)])
async def test_only_the_outside_is_told_the_external_address(served: Any, agent: Any, local: str, told: str) -> None:
    outside = SIP.replace("[6001]", f"externaddr=203.0.113.5:5099\n{local}[6001]")
    await served(sip=outside, extensions=EXTENSIONS)
    one, two = await caller(agent), await agent("6002")
    callee = Callee(two)
    got = await invite(one, "2")
    assert got.code == 200
    assert callee.invite is not None
    port = 5099 if told != SERVER else 5060
    assert f"@{told}:{port}" in callee.invite.header("Contact")
    assert f"c=IN IP4 {told}" in callee.invite.text
    assert f"@{told}:{port}" in got.header("Contact")
    assert f"c=IN IP4 {told}" in got.text


async def test_signalling_carries_its_type_of_service(served: Any) -> None:
    marked = SIP.replace("tcpenable=yes", "tcpenable=yes\ntos_sip=cs3\nuseclientcode=yes")
    pbx = await served(sip=marked, extensions=EXTENSIONS)
    assert [each.transport.tos for each in pbx.runtime.driver("SIP")._stack.listening.values()] == [96, 96]
    one = Agent("6001", "", SERVER, f"{NET}.55")
    text = one.request("OPTIONS", f"sip:{SERVER}", cseq=1).replace("\n", "\r\n")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
        wire.bind((one.address, one.port))
        wire.setsockopt(socket.IPPROTO_IP, socket.IP_RECVTOS, 1)
        wire.sendto(text.encode(), (SERVER, 5060))
        wire.settimeout(15)
        _, ancillary, _, _ = await asyncio.to_thread(wire.recvmsg, 65535, 256)
    assert [value[0] for _, kind, value in ancillary if kind == socket.IP_TOS] == [96]
    assert "useclientcode' is not supported yet" in pbx.said
