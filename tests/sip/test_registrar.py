"""Registering at sip.conf's peers and pjsip.conf's addresses of record."""

import asyncio
import json
from typing import Any

import pytest
from asterism.runtime.events import ContactStatus, DeviceStateChange, PeerStatus

from tests.sip.conftest import NET, SERVER, until
from tests.sip.wire import SDP, answer

pytestmark = [pytest.mark.sip, pytest.mark.timeout(60)]

SIP = f"""
[general]
udpbindaddr={SERVER}
minexpiry=20
[6001]
type=friend
host=dynamic
secret=one
context=internal
[6002]
type=friend
host=192.0.2.1
secret=two
[6003]
type=friend
host=dynamic
secret=three
deny=0.0.0.0/0
permit={NET}.99
[6004]
type=friend
host=dynamic
secret=four
nat=force_rport,comedia
qualify=yes
qualifyfreq=1
"""

PJSIP = f"""
[t]
type=transport
bind={SERVER}:5060
[7001]
type=endpoint
context=internal
allow=ulaw
aors=7001
auth=7001
rewrite_contact=yes
[7001]
type=auth
username=7001
password=one
[7001]
type=aor
max_contacts=1
remove_existing=yes
qualify_frequency=1
qualify_timeout=0.5
[7002]
type=endpoint
context=internal
allow=ulaw
aors=7002
auth=7002
[7002]
type=auth
username=7002
password=two
[7002]
type=aor
max_contacts=2
"""

EXTENSIONS = "[internal]\nexten => 100,1,Answer()\n same => n,Echo()\n[default]\nexten => 100,1,Answer()\n"


def statuses(queue: Any) -> list[str]:
    found = []
    while queue._queue.qsize():
        event = queue._queue.get_nowait()
        found.append(getattr(event, "peer_status", "") or getattr(event, "contact_status", "") or event.state)
    return found


async def stored(pbx: Any, family: str, count: int) -> dict[str, str]:
    """A family of the database, as soon as it has so many entries."""
    for _ in range(100):
        found = dict(await pbx.runtime.database.tree(family))
        if len(found) == count:
            break
        await asyncio.sleep(0.02)
    return found


async def test_a_peer_registers(served: Any, agent: Any) -> None:
    pbx = await served(sip=SIP, extensions=EXTENSIONS)
    heard = pbx.runtime.bus.queue(PeerStatus)
    one = await agent("6001", "one")
    granted = await one.register(expires=120)
    assert granted.code == 200
    assert granted.header("Contact") == f"<sip:6001@{NET}.51:5060>;expires=120"
    assert granted.header("Expires") == "120"
    assert granted.header("Date").endswith("GMT")
    peer = pbx.runtime.driver("SIP").peer("6001")
    assert (peer.address, peer.port, peer.username) == (f"{NET}.51", 5060, "6001")
    database = await stored(pbx, "SIP/Registry", 1)
    assert database == {"/SIP/Registry/6001": f"{NET}.51:5060:120:6001:sip:6001@{NET}.51:5060"}
    assert (await one.register(expires=5)).header("Expires") == "20"
    assert (await one.register(expires=90000)).header("Expires") == "3600"
    assert (await one.register("", expires=None)).header("Contact").startswith(f"<sip:6001@{NET}.51:5060>;expires=")
    gone = await one.register(expires=0)
    assert (gone.code, gone.all("Contact")) == (200, [])
    assert pbx.runtime.driver("SIP").peer("6001").address == ""
    assert statuses(heard) == ["Registered", "Registered", "Registered", "Unregistered"]
    assert await stored(pbx, "SIP/Registry", 0) == {}


async def test_who_may_not_register(served: Any, agent: Any) -> None:
    pbx = await served(sip=SIP, extensions=EXTENSIONS)
    for user, secret in (("6001", "wrong"), ("nobody", "one"), ("6002", "two")):
        one = await agent(user, secret)
        assert (await one.register()).code == 403, user
    barred = await agent("6003", "three")
    assert (await barred.register()).code == 403
    assert f"Registration from '6001' failed for '{NET}.51:5060' - Wrong password" in pbx.said
    lines = [record.text for record in pbx.records if record.level.name == "SECURITY"]
    bad = next(line for line in lines if line.startswith('SecurityEvent="InvalidPassword"'))
    assert 'Service="SIP"' in bad
    assert 'AccountID="6001"' in bad
    assert f'RemoteAddress="IPV4/UDP/{NET}.51/5060"' in bad
    assert (await (await agent("6003", "three", address=f"{NET}.99")).register()).code == 200


async def test_the_answer_does_not_tell_who_is_there(served: Any, agent: Any) -> None:
    await served(sip=SIP, extensions=EXTENSIONS)
    answers = []
    for user in ("6001", "nobody"):
        one = await agent(user, "wrong")
        first = await one.ask("REGISTER", f"sip:{SERVER}", f"Contact: <sip:x@{NET}.51>", digest=False)
        second = await one.register()
        answers.append((first.code, first.header("WWW-Authenticate").split("nonce")[0], second.code, len(second.text)))
    assert answers[0][:3] == answers[1][:3]


async def test_an_old_request_undoes_nothing(served: Any, agent: Any) -> None:
    await served(sip=SIP, extensions=EXTENSIONS)
    one = await agent("6001", "one")
    assert (await one.register(expires=100)).code == 200
    stale = await one.ask(
        "REGISTER", f"sip:{SERVER}", "Contact: *", "Expires: 0", to=f"<sip:6001@{SERVER}>", cseq=1, digest=False
    )
    assert stale.code in (401, 500)


async def test_star_removes_all(served: Any, agent: Any) -> None:
    pbx = await served(pjsip=PJSIP, extensions=EXTENSIONS)
    two = await agent("7002", "two")
    assert (await two.register(f"<sip:7002@{NET}.51:5060>", f"<sip:7002@{NET}.51:5070>;q=0.5")).code == 200
    assert len(pbx.runtime.driver("PJSIP").contacts()) == 2
    assert (await two.register("*", expires=60)).code == 400
    assert (await two.register(f"<sip:7002@{NET}.51:5080>")).code == 403
    assert len(pbx.runtime.driver("PJSIP").contacts()) == 2
    assert (await two.register("*", expires=0)).code == 200
    assert len(pbx.runtime.driver("PJSIP").contacts()) == 0


async def test_contacts_outlive_the_process(served: Any, agent: Any, tmp_path: Any) -> None:
    pbx = await served(sip=SIP, pjsip=PJSIP, extensions=EXTENSIONS)
    one, seven = await agent("6001", "one"), await agent("7002", "two")
    assert (await one.register(expires=100)).code == 200
    assert (await seven.register(expires=100)).code == 200
    entry = next(iter((await stored(pbx, "registrar/contact", 1)).items()))
    assert entry[0].startswith("/registrar/contact/7002;@")
    assert json.loads(entry[1])["uri"] == f"sip:7002@{NET}.52:5060"
    await pbx.stop()
    await pbx.start()
    driver = pbx.runtime.driver("SIP")
    assert driver.peer("6001").address == f"{NET}.51"
    assert [each.uri for each in driver.contacts()] == [f"sip:7002@{NET}.52:5060"]


async def test_a_registration_ends(served: Any, agent: Any) -> None:
    brief = PJSIP.replace("max_contacts=2", "max_contacts=2\nminimum_expiration=1")
    pbx = await served(pjsip=brief, extensions=EXTENSIONS)
    two = await agent("7002", "two")
    assert (await two.register(expires=1)).header("Contact").endswith("expires=1")
    await until(lambda: not pbx.runtime.driver("PJSIP").contacts(), 3)


async def test_a_contact_behind_nat_is_rewritten(served: Any, agent: Any) -> None:
    pbx = await served(sip=SIP, pjsip=PJSIP, extensions=EXTENSIONS)
    seven, four = await agent("7001", "one"), await agent("6004", "four")
    seven.answering = four.answering = lambda request: answer(request, 200, "OK")
    granted = await seven.register("<sip:7001@10.0.0.9:5070>")
    assert granted.header("Contact").startswith("<sip:7001@10.0.0.9:5070>")
    driver = pbx.runtime.driver("PJSIP")
    assert driver.contacts()[0].uri == f"sip:7001@{NET}.51:5060;x-ast-orig-host=10.0.0.9:5070"
    assert (await four.register("<sip:6004@10.0.0.9:5070>")).code == 200
    assert driver.peer("6004").address == f"{NET}.52"
    await until(lambda: driver.peer("6004").status == "REACHABLE")


async def test_probes_tell_who_is_there(served: Any, agent: Any) -> None:
    pbx = await served(sip=SIP, pjsip=PJSIP, extensions=EXTENSIONS)
    heard = pbx.runtime.bus.queue(PeerStatus, ContactStatus, DeviceStateChange)
    seven = await agent("7001", "one")
    seven.answering = lambda request: answer(request, 200, "OK")
    assert (await seven.register()).code == 200
    driver = pbx.runtime.driver("PJSIP")
    await until(lambda: driver.contacts()[0].status == "REACHABLE")
    assert driver.contacts()[0].rtt_ms > 0
    await asyncio.sleep(0)  # A device's state is told behind what has changed it.
    seen = statuses(heard)
    assert seen[-2:] == ["Reachable", "NOT_INUSE"], seen
    seven.answering = lambda request: None
    await until(lambda: driver.contacts()[0].status == "UNREACHABLE")
    await asyncio.sleep(0)
    assert statuses(heard)[-3:] == ["Unreachable", "Unreachable", "UNAVAILABLE"]
    assert pbx.runtime.driver("PJSIP").device_state("7001").value == "UNAVAILABLE"


async def test_the_newest_of_one_contact_stays(served: Any, agent: Any) -> None:
    pbx = await served(pjsip=PJSIP, extensions=EXTENSIONS)
    seven = await agent("7001", "one")
    seven.answering = lambda request: answer(request, 200, "OK")
    assert (await seven.register()).code == 200
    other = await agent("7001", "one")
    other.answering = seven.answering
    assert (await other.register()).code == 200
    assert [each.uri for each in pbx.runtime.driver("PJSIP").contacts()] == [f"sip:7001@{NET}.52:5060"]


async def test_named_access_lists(served: Any, agent: Any) -> None:
    lists = f"[lan]\ndeny=0.0.0.0/0\npermit={NET}.51\n[all]\npermit=0.0.0.0/0\n"
    peers = SIP + "".join(
        f"[{name}]\ntype=friend\nhost=dynamic\nsecret=x\nacl={acl}\n"
        for name, acl in (("6011", "lan,all"), ("6012", "nosuch"))
    )
    pbx = await served(sip=peers, acl=lists, extensions=EXTENSIONS)
    inside, outside = await agent("6011", "x"), await agent("6011", "x")
    assert (await outside.register()).code == 403
    assert (await inside.register()).code == 200
    missing = await agent("6012", "x")
    assert (await missing.register()).code == 403
    assert "acl: there is no list 'nosuch' in acl.conf; all are denied" in pbx.said


async def test_a_peer_is_known_by_where_it_registered(served: Any, agent: Any) -> None:
    peer = "[gate]\ntype=peer\nhost=dynamic\nsecret=x\ninsecure=invite\ncontext=internal\n"
    pbx = await served(sip=SIP + peer, extensions="[internal]\nexten => 7,1,Busy()\n")
    gate = await agent("gate", "x")
    assert (await gate.register()).code == 200
    gate.user = "5551212"
    kind = "Content-Type: application/sdp"
    contact = f"Contact: <sip:5551212@{gate.address}:5060>"
    got = await gate.ask("INVITE", f"sip:7@{SERVER}", contact, kind, body=SDP, digest=False)
    assert got.code == 486
    assert 'Busy("SIP/gate-00000000", "")' in pbx.said
    stranger = await agent("5551212", "x")
    got = await stranger.ask("INVITE", f"sip:7@{SERVER}", contact, kind, body=SDP, digest=False)
    assert got.code in (401, 403)


async def test_call_limit_and_device_state(served: Any, agent: Any) -> None:
    limited = SIP.replace("secret=one", "secret=one\ncall-limit=1")
    pbx = await served(sip=limited, extensions="[internal]\nexten => 7,1,Answer()\n same => n,Wait(3)\n")
    driver = pbx.runtime.driver("SIP")
    assert driver.device_state("6001").value == "UNAVAILABLE"
    assert driver.device_state("nobody").value == "INVALID"
    one = await agent("6001", "one")
    one.answering = lambda request: answer(request, 200, "OK")
    assert (await one.register()).code == 200
    assert driver.device_state("6001").value == "NOT_INUSE"
    headers = (f"Contact: <sip:6001@{one.address}:5060>", "Content-Type: application/sdp")
    first = await one.ask("INVITE", f"sip:7@{SERVER}", *headers, body=SDP)
    assert first.code == 200
    assert driver.device_state("6001").value == "BUSY"
    one.call_id += "2"
    assert (await one.ask("INVITE", f"sip:7@{SERVER}", *headers, body=SDP)).code == 480
    assert "Call from peer '6001' rejected due to usage limit of 1" in pbx.said
    for channel in list(pbx.runtime.channels.values()):
        channel.request_hangup(16)
    await until(lambda: driver.device_state("6001").value == "NOT_INUSE")


async def test_the_operator_asks_and_forgets(served: Any, agent: Any) -> None:
    pbx = await served(sip=SIP, pjsip=PJSIP, extensions=EXTENSIONS)

    async def told(line: str) -> list[str]:
        return list((await pbx.runtime.commands.run(pbx.runtime, line)).lines)

    one, seven = await agent("6001", "one"), await agent("7002", "two")
    asked: list[str] = []

    def answering(request: Any) -> str:
        asked.append(request.header("To"))
        return answer(request, 200, "OK")

    one.answering = seven.answering = answering
    assert (await one.register()).code == 200
    assert (await seven.register()).code == 200
    assert await told("sip qualify peer 6001") == []
    assert await told("sip qualify peer nosuch") == ["Peer 'nosuch' not found"]
    assert await told("pjsip qualify 7002") == ["Qualifying AOR '7002' on endpoint '7002'"]
    await until(lambda: len(asked) == 2)
    assert await told("sip unregister 6001") == ["Unregistered peer '6001'", ""]
    assert await told("sip unregister 6001") == ["Peer 6001 not registered"]
    assert await told("sip unregister nosuch") == ["Peer unknown: 'nosuch'. Not unregistered."]
    assert pbx.runtime.driver("SIP").peer("6001").address == ""
