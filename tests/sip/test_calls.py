"""What calls say on the wire, both dialects: identity, headers, refusals, codecs."""

import asyncio
from typing import Any

import pytest

from tests.sip.conftest import NET, SERVER, until
from tests.sip.wire import SDP, Received, answer

pytestmark = [pytest.mark.sip, pytest.mark.timeout(60)]

SIP = f"""
[general]
udpbindaddr={SERVER}
[6001]
type=friend
host=dynamic
secret=one
context=internal
callerid="Alice Phone" <6001>
setvar=CUSTID=5678
disallow=all
allow=ulaw
[6002]
type=friend
host={NET}.52
secret=two
context=internal
disallow=all
allow=ulaw
use_q850_reason=yes
[trunk]
type=peer
host={NET}.53
port=5070
fromuser=account
fromdomain=provider.example
sendrpid=pai
defaultuser=line
disallow=all
allow=ulaw
"""

PJSIP = f"""
[t]
type=transport
bind={SERVER}:5060
[7001]
type=endpoint
context=internal
disallow=all
allow=ulaw
aors=7001
[7001]
type=identify
endpoint=7001
match={NET}.51
[7001]
type=aor
contact=sip:7001@{NET}.51
contact=sip:7001@{NET}.54
[7002]
type=endpoint
context=internal
disallow=all
allow=ulaw
aors=7002
from_domain=example.org
send_pai=yes
[7002]
type=aor
contact=sip:7002@{NET}.52
[7003]
type=endpoint
context=internal
allow=ulaw
aors=7003
send_pai=yes
trust_id_outbound=yes
user_eq_phone=yes
[7003]
type=aor
contact=sip:{NET}.52
"""

EXTENSIONS = f"""
[internal]
exten => 100,1,NoOp(peerip=${{CHANNEL(peerip)}} recvip=${{CHANNEL(recvip)}} from=${{CHANNEL(from)}})
 same => n,NoOp(uri=${{CHANNEL(uri)}} agent=${{CHANNEL(useragent)}} peername=${{CHANNEL(peername)}})
 same => n,NoOp(old=${{SIPCHANINFO(peerip)}}${{SIPCHANINFO(nosuch)}} ${{SIPCHANINFO(PeerName)}})
 same => n,NoOp(header=${{SIP_HEADER(X-Custom,2)}} to=${{SIP_HEADER(t)}} names=${{SIP_HEADERS(X-)}})
 same => n,NoOp(var=${{CUSTID}} domain=${{SIPDOMAIN}} callid=${{SIPCALLID}} caller=${{CALLERID(all)}})
 same => n,NoOp(peer=${{SIPPEER(6002,port)}} ${{SIPPEER(6002)}} ${{SIPPEER(nobody)}}.)
 same => n,Busy()
exten => 101,1,SIPAddHeader(X-One: 1)
 same => n,SIPAddHeader(X-Two: 2)
 same => n,SIPAddHeader(Y-Three: 3)
 same => n,SIPRemoveHeader(Y-)
 same => n,Dial(SIP/6002,5)
exten => 102,1,Dial(SIP/123@trunk,5)
exten => 103,1,Dial(SIP/trunk/456,5)
exten => 104,1,Dial(SIP/77@{NET}.52:5060,5)
exten => 105,1,Dial(SIP/trunk,5)
exten => 106,1,Dial(SIP/nobody,5)
 same => n,NoOp(status=${{DIALSTATUS}} cause=${{HANGUPCAUSE}})
 same => n,Congestion()
exten => 107,1,Dial(SIP/6001,5)
 same => n,NoOp(status=${{DIALSTATUS}} cause=${{HANGUPCAUSE}})
exten => 200,1,NoOp(read=${{PJSIP_HEADER(read,X-Custom,2)}} names=${{PJSIP_HEADERS(X-)}} id=${{CHANNEL(pjsip,call-id)}})
 same => n,NoOp(contacts=${{PJSIP_DIAL_CONTACTS(7001)}} endpoint=${{CHANNEL(endpoint)}})
 same => n,Dial(PJSIP/7002,5,b(headers^s^1))
exten => 201,1,Dial(PJSIP/5551@7002,5)
exten => 202,1,Dial(PJSIP/7002/sip:other@{NET}.53:5070,5)
exten => 203,1,Dial(PJSIP/7009,5)
 same => n,NoOp(status=${{DIALSTATUS}} cause=${{HANGUPCAUSE}})
 same => n,Hangup(34)
exten => 204,1,Set(CALLERID(num)=5550113)
 same => n,Dial(PJSIP/+12568675309@7003,5)
exten => 205,1,Set(CALLERID(all)="Alice" <alice>)
 same => n,Set(CALLERID(pres)=prohib)
 same => n,Dial(PJSIP/7003,5)
exten => 206,1,Answer()
 same => n,Wait(5)
[headers]
exten => s,1,Set(PJSIP_HEADER(add,X-Added)=one)
 same => n,Set(PJSIP_HEADER(add,X-Gone)=two)
 same => n,Set(PJSIP_HEADER(add,X-Changed)=three)
 same => n,Set(PJSIP_HEADER(remove,X-Gone)=)
 same => n,Set(PJSIP_HEADER(update,X-Changed)=four)
 same => n,Return()
"""

HEADERS = ("User-Agent: AlicePhone/3.1", "X-Custom: first", "x-custom: second", "Content-Type: application/sdp")


class Callee:
    """An agent that takes or refuses calls, and keeps the INVITE."""

    def __init__(self, agent: Any, code: int = 200, *headers: str) -> None:
        self.invite: Received | None = None
        self.seen: list[Received] = []

        def answering(request: Received) -> str:
            self.seen.append(request)
            if request.method == "INVITE":
                self.invite = request
                contact = f"Contact: <sip:callee@{agent.address}:{agent.port}>"
                if code == 200:
                    return answer(request, 200, "OK", contact, "Content-Type: application/sdp", body=SDP)
                return answer(request, code, "No", contact, *headers)
            return answer(request, 200, "OK") if request.method != "ACK" else ""

        agent.answering = answering


async def caller(agent: Any, user: str = "6001", secret: str = "one") -> Any:
    one = await agent(user, secret)
    one.answering = lambda request: answer(request, 200, "OK") if request.method in ("OPTIONS", "BYE") else None
    return one


async def invite(one: Any, number: str, *headers: str) -> Received:
    contact = f"Contact: <sip:{one.user}@{one.address}:{one.port}>"
    got = await one.ask("INVITE", f"sip:{number}@{SERVER}", contact, *(headers or HEADERS), body=SDP)
    assert isinstance(got, Received)
    return got


async def test_what_a_sip_channel_knows(served: Any, agent: Any) -> None:
    pbx = await served(sip=SIP, extensions=EXTENSIONS)
    one = await caller(agent)
    assert (await invite(one, "100")).code == 486
    said = pbx.said
    assert f"peerip={NET}.51 recvip={NET}.51 from=sip:6001@{SERVER}" in said
    assert f"old={NET}.51 6001" in said
    assert f"uri=sip:6001@{NET}.51:5060 agent=AlicePhone/3.1 peername=6001" in said
    assert 'header=second to= names=X-Custom")' in said
    assert f'var=5678 domain={SERVER} callid={one.call_id} caller="Alice Phone" <6001>' in said
    assert f"peer=5060 {NET}.52 ." in said


async def test_headers_go_with_an_outgoing_sip_call(served: Any, agent: Any) -> None:
    await served(sip=SIP, extensions=EXTENSIONS)
    one, two = await caller(agent), await agent("6002")
    callee = Callee(two)
    assert (await invite(one, "101")).code == 200
    got = callee.invite
    assert got is not None
    assert got.text.startswith(f"INVITE sip:{NET}.52:5060 SIP/2.0")
    assert got.text.index("X-Two: 2") < got.text.index("X-One: 1")
    assert "Y-Three" not in got.text
    assert got.header("From").startswith(f'"Alice Phone" <sip:6001@{SERVER}>')
    assert got.header("Contact") == f"<sip:6001@{SERVER}:5060>"
    assert got.header("User-Agent").startswith("asterism")
    assert "m=text" not in got.text
    assert "PCMA" not in got.text


@pytest.mark.parametrize(
    ("number", "uri"), [("102", "sip:123@{}.53:5070"), ("103", "sip:456@{}.53:5070"), ("105", "sip:line@{}.53:5070")]
)
async def test_who_we_are_to_a_trunk(served: Any, agent: Any, number: str, uri: str) -> None:
    await served(sip=SIP, extensions=EXTENSIONS)
    one = await caller(agent)
    from tests.sip.wire import Agent

    trunk = await Agent("trunk", "", SERVER, f"{NET}.53", 5070).open()
    try:
        callee = Callee(trunk)
        assert (await invite(one, number)).code == 200
        assert callee.invite is not None
        assert callee.invite.text.startswith(f"INVITE {uri.format(NET)} SIP/2.0")
        assert callee.invite.header("From").startswith('"Alice Phone" <sip:account@provider.example>')
        assert callee.invite.header("P-Asserted-Identity") == '"Alice Phone" <sip:6001@provider.example>'
    finally:
        trunk.close()


async def called(served: Any, agent: Any, number: str) -> Received:
    await served(pjsip=PJSIP, extensions=EXTENSIONS)
    one, two = await agent("7001", ""), await agent("7002", "")
    callee = Callee(two)
    assert (await invite(one, number)).code == 200
    assert callee.invite is not None
    return callee.invite


async def test_a_number_is_marked_as_one(served: Any, agent: Any) -> None:
    got = await called(served, agent, "204")
    assert got.text.startswith(f"INVITE sip:+12568675309@{NET}.52;user=phone SIP/2.0")
    assert ";user=phone>" in got.header("To")
    assert f"<sip:5550113@{SERVER};user=phone>" in got.header("From")
    assert f"<sip:5550113@{SERVER};user=phone>" in got.header("P-Asserted-Identity")


async def test_a_withheld_caller_is_told_to_the_trusted_alone(served: Any, agent: Any) -> None:
    got = await called(served, agent, "205")
    assert got.header("From").startswith('"Anonymous" <sip:anonymous@anonymous.invalid>')
    assert got.header("P-Asserted-Identity") == f'"Alice" <sip:alice@{SERVER}>'
    assert got.header("Privacy") == "id"


async def test_an_empty_info_only_asks_whether_we_live(served: Any, agent: Any) -> None:
    await served(pjsip=PJSIP, extensions=EXTENSIONS)
    one = await agent("7001", "")
    got = await invite(one, "206")
    assert got.code == 200
    assert (await one.ask("INFO", f"sip:206@{SERVER}", to=got.header("To"))).code == 200


async def test_a_call_to_a_bare_host(served: Any, agent: Any) -> None:
    await served(sip=SIP, extensions=EXTENSIONS)
    one, two = await caller(agent), await agent("6002")
    callee = Callee(two)
    assert (await invite(one, "104")).code == 200
    assert callee.invite is not None
    assert callee.invite.text.startswith(f"INVITE sip:77@{NET}.52:5060 SIP/2.0")


@pytest.mark.parametrize(
    ("code", "heard", "status", "cause"),
    [
        (486, 486, "BUSY", 17),
        (480, 480, "CONGESTION", 19),
        (603, 403, "BUSY", 21),
        (404, 404, "CONGESTION", 1),
        (503, 503, "CONGESTION", 34),
    ],
)
async def test_refusals_pass_through(served: Any, agent: Any, code: int, heard: int, status: str, cause: int) -> None:
    pbx = await served(
        sip=SIP,
        extensions="[internal]\nexten => 1,1,Dial(SIP/6002,5)\n same => n,NoOp(${DIALSTATUS} ${HANGUPCAUSE})\n"
        " same => n,Hangup(${HANGUPCAUSE})\n",
    )
    one, two = await caller(agent), await agent("6002")
    Callee(two, code)
    got = await invite(one, "1")
    assert f'NoOp("SIP/6001-00000000", "{status} {cause}")' in pbx.said
    assert got.code == heard


async def test_a_reason_header_counts_more_than_the_status(served: Any, agent: Any) -> None:
    pbx = await served(
        sip=SIP, extensions="[internal]\nexten => 1,1,Dial(SIP/6002,5)\n same => n,NoOp(cause=${HANGUPCAUSE})\n"
    )  # fmt: skip
    one, two = await caller(agent), await agent("6002")
    Callee(two, 500, "Reason: Q.850;cause=22;text=moved")
    await invite(one, "1")
    assert "cause=22" in pbx.said


async def test_nobody_of_that_name(served: Any, agent: Any) -> None:
    pbx = await served(sip=SIP, pjsip=PJSIP, extensions=EXTENSIONS)
    one = await caller(agent)
    assert (await invite(one, "106")).code == 503
    assert "status=CHANUNAVAIL cause=20" in pbx.said
    await invite(one, "107")
    assert pbx.said.count("status=CHANUNAVAIL cause=20") == 2
    assert (await invite(one, "203")).code == 503


async def test_pjsip_headers_both_ways(served: Any, agent: Any) -> None:
    pbx = await served(pjsip=PJSIP, extensions=EXTENSIONS)
    seven, two = await caller(agent, "7001"), await agent("7002")
    callee = Callee(two)
    assert (await invite(seven, "200")).code == 200
    assert f"read=second names=X-Custom,x-custom id={seven.call_id}" in pbx.said
    assert f"contacts=PJSIP/7001/sip:7001@{NET}.51&PJSIP/7001/sip:7001@{NET}.54 endpoint=7001" in pbx.said
    got = callee.invite
    assert got is not None
    assert got.text.startswith(f"INVITE sip:7002@{NET}.52 SIP/2.0")
    assert (got.header("X-Added"), got.header("X-Gone"), got.header("X-Changed")) == ("one", "", "four")
    assert got.header("From").startswith("<sip:7001@example.org>")
    assert got.header("P-Asserted-Identity").endswith("<sip:7001@example.org>")


@pytest.mark.parametrize(("number", "uri"), [("201", "sip:5551@{}.52"), ("202", "sip:other@{}.53:5070")])
async def test_pjsip_dial_strings(served: Any, agent: Any, number: str, uri: str) -> None:
    await served(pjsip=PJSIP, extensions=EXTENSIONS)
    seven = await caller(agent, "7001")
    from tests.sip.wire import Agent

    there = await Agent(
        "x", "", SERVER, f"{NET}.{52 if number == '201' else 53}", 5060 if number == "201" else 5070
    ).open()
    try:
        callee = Callee(there)
        assert (await invite(seven, number)).code == 200
        assert callee.invite is not None
        assert callee.invite.text.startswith(f"INVITE {uri.format(NET)} SIP/2.0")
    finally:
        there.close()


async def test_strangers_are_refused(served: Any, agent: Any) -> None:
    pbx = await served(sip=SIP, pjsip=PJSIP, extensions=EXTENSIONS)
    stranger = await agent("stranger", "x", address=f"{NET}.77")
    first = await stranger.ask("INVITE", f"sip:100@{SERVER}", *HEADERS, body=SDP, digest=False)
    assert first.code in (401, 403)
    assert not pbx.runtime.channels
    asked = await stranger.ask("OPTIONS", f"sip:{SERVER}")
    assert asked.code in (200, 401, 404)


async def test_no_codec_in_common(served: Any, agent: Any) -> None:
    pbx = await served(pjsip=PJSIP, extensions=EXTENSIONS)
    seven = await caller(agent, "7001")
    body = SDP.replace("m=audio 6000 RTP/AVP 0 101", "m=audio 6000 RTP/AVP 18").replace("0 PCMU", "18 G729")
    contact = f"Contact: <sip:7001@{seven.address}:5060>"
    got = await seven.ask("INVITE", f"sip:200@{SERVER}", contact, "Content-Type: application/sdp", body=body)
    assert got.code == 488
    await until(lambda: not pbx.runtime.channels)
    await asyncio.sleep(0)


async def test_an_answer_with_two_codecs_is_left_alone(served: Any, agent: Any) -> None:
    await served(sip=SIP.replace("allow=ulaw", "allow=ulaw,alaw"), extensions=EXTENSIONS)
    one, two = await caller(agent), await agent("6002")
    callee = Callee(two)
    both = SDP.replace("AVP 0 101", "AVP 0 8 101") + "a=rtpmap:8 PCMA/8000\n"
    original = two.answering

    def answering(request: Received) -> str:
        given: str = original(request)
        if request.method != "INVITE":
            return given
        contact = f"Contact: <sip:callee@{two.address}>"
        return answer(request, 200, "OK", contact, "Content-Type: application/sdp", body=both)

    two.answering = answering
    assert (await invite(one, "101")).code == 200
    await asyncio.sleep(1)
    assert [request.method for request in callee.seen] == ["INVITE", "ACK"]
