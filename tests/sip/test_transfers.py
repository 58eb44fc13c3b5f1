"""REFER: a phone sends whom it talks to elsewhere, or joins two of its calls."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.sip.conftest import NET, SERVER, until
from tests.sip.wire import SDP, Agent, Received, answer

pytestmark = [pytest.mark.sip, pytest.mark.timeout(60)]

PJSIP = f"[t]\ntype=transport\nbind={SERVER}:5060\n" + "".join(
    f"""
[{name}]
type=endpoint
context=internal
allow=ulaw
aors={name}
allow_transfer={"no" if name == "7004" else "yes"}
[{name}]
type=aor
contact=sip:{name}@{NET}.{51 + number}
[{name}]
type=identify
endpoint={name}
match={NET}.{51 + number}
"""
    for number, name in enumerate(("7001", "7002", "7003", "7004"))
)

EXTENSIONS = """
[internal]
exten => _700X,1,Dial(PJSIP/${EXTEN},5)
exten => 300,1,NoOp(transfer=${SIPTRANSFER} by=${SIPREFERREDBYHDR} from=${BLINDTRANSFER})
 same => n,Dial(PJSIP/7003,5)
exten => 301,1,Answer()
 same => n,Echo()
"""


class Phone:
    """A user agent with calls: it takes those that come, and keeps what it is told."""

    def __init__(self, agent: Agent) -> None:
        self.agent = agent
        self.heard: list[Received] = []
        self.turns = itertools.count(1)
        agent.answering = self._answer

    def _answer(self, request: Received) -> str:
        self.heard.append(request)
        if request.method == "INVITE":
            contact = f"Contact: <sip:{self.agent.user}@{self.agent.address}:{self.agent.port}>"
            return answer(request, 200, "OK", contact, "Content-Type: application/sdp", body=SDP)
        return answer(request, 200, "OK") if request.method != "ACK" else ""

    def got(self, method: str) -> list[Received]:
        return [each for each in self.heard if each.method == method]

    async def call(self, number: str, call_id: str = "one") -> Received:
        agent = self.agent
        agent.call_id = f"{call_id}@{agent.address}"
        contact = f"Contact: <sip:{agent.user}@{agent.address}:{agent.port}>"
        turn = next(self.turns)
        got = await agent.ask(
            "INVITE",
            f"sip:{number}@{SERVER}",
            contact,
            "Content-Type: application/sdp",
            body=SDP,
            cseq=(turn := next(self.turns)),
        )
        assert got.code == 200
        agent.send(agent.request("ACK", f"sip:{number}@{SERVER}", cseq=turn, to=got.header("To")))
        return got

    async def talk(self, to: "Phone", number: str, call_id: str) -> Received:
        """Call another phone, and wait until the two are joined."""
        got = await self.call(number, call_id)
        await until(lambda: to.got("ACK"))
        await asyncio.sleep(0.1)
        return got

    async def refer(self, call: Received, target: str, *headers: str) -> Received:
        agent = self.agent
        agent.call_id = call.header("Call-ID")
        return await agent.ask(
            "REFER", f"sip:{SERVER}", f"Refer-To: {target}", *headers, to=call.header("To"), cseq=next(self.turns)
        )


Phones = Callable[[], Awaitable[tuple[Phone, Phone, Phone]]]


@pytest.fixture
async def phones(served: Any, agent: Any) -> Phones:
    async def make() -> tuple[Phone, Phone, Phone]:
        await served(pjsip=PJSIP, extensions=EXTENSIONS)
        alice, bob, carol = [Phone(await agent(name)) for name in ("7001", "7002", "7003")]
        return alice, bob, carol

    return make


async def test_a_phone_sends_its_party_elsewhere(phones: Phones) -> None:
    alice, bob, carol = await phones()
    call = await alice.call("7002")
    answered = await alice.refer(call, f"<sip:300@{SERVER}>", "Referred-By: <sip:7001@there>")
    assert answered.code == 202
    await until(lambda: alice.got("BYE") and carol.got("ACK"))
    told = alice.got("NOTIFY")
    assert [each.header("Event") for each in told] == ["refer", "refer"]
    assert told[0].text.endswith("SIP/2.0 100 Trying\r\n")
    assert told[1].text.endswith("SIP/2.0 200 OK\r\n")
    assert told[1].header("Subscription-State") == "terminated;reason=noresource"
    assert alice.heard.index(told[1]) < alice.heard.index(alice.got("BYE")[0])
    assert not bob.got("BYE")


async def test_a_transfer_that_wants_no_report(phones: Phones) -> None:
    alice, _, carol = await phones()
    call = await alice.call("7002")
    answered = await alice.refer(call, f"<sip:300@{SERVER}>", "Refer-Sub: false")
    assert answered.code in (200, 202)
    assert answered.header("Refer-Sub") == "false"
    await until(lambda: alice.got("BYE") and carol.got("ACK"))
    assert not alice.got("NOTIFY")


async def test_a_phone_joins_its_two_calls(phones: Phones) -> None:
    alice, bob, carol = await phones()
    first = await alice.talk(bob, "7002", "first")
    second = await alice.talk(carol, "7003", "second")
    theirs, ours = second.header("From").partition("tag=")[2], second.header("To").partition("tag=")[2]
    replaces = f"{second.header('Call-ID')}%3Bto-tag%3D{ours}%3Bfrom-tag%3D{theirs}"
    answered = await alice.refer(first, f"<sip:7003@{SERVER}?Replaces={replaces}>")
    assert answered.code == 202
    await until(lambda: len(alice.got("BYE")) == 2)
    assert not bob.got("BYE")
    assert not carol.got("BYE")


@pytest.mark.parametrize(
    ("dialled", "target", "code"),
    [
        ("7002", f"<sip:nowhere@{SERVER}>", 404),
        ("7002", "<tel:+123>", 400),
        ("7002", f"<sip:7003@{SERVER}?Replaces=strange%3Bto-tag%3D1%3Bfrom-tag%3D2>", 404),
        ("301", f"<sip:300@{SERVER}>", 400),
    ],
)
async def test_what_cannot_be_transferred(phones: Phones, dialled: str, target: str, code: int) -> None:
    alice, bob, _ = await phones()
    call = await alice.call(dialled)
    answered = await alice.refer(call, target)
    if answered.code == 202:
        await until(lambda: any("terminated" in each.header("Subscription-State") for each in alice.got("NOTIFY")))
        assert f"SIP/2.0 {code} " in alice.got("NOTIFY")[-1].text
    else:
        assert answered.code == code
    assert not bob.got("BYE")
    assert not alice.got("BYE")


async def test_an_endpoint_that_may_not_transfer(phones: Phones, agent: Any) -> None:
    _, bob, _ = await phones()
    dora = Phone(await agent("7004"))
    call = await dora.call("7002")
    assert (await dora.refer(call, f"<sip:300@{SERVER}>")).code == 603
    assert not bob.got("BYE")


REDIRECTED = """
[internal]
exten => 1,1,Transfer(sip:600@192.0.2.7)
exten => 2,1,Transfer(PJSIP/7002)
exten => 3,1,Transfer(600)
exten => _X,2,NoOp(TRANSFER ${TRANSFERSTATUS} ${TRANSFERSTATUSPROTOCOL})
exten => h,1,NoOp(TRANSFER ${TRANSFERSTATUS} ${TRANSFERSTATUSPROTOCOL})
"""


@pytest.mark.parametrize(
    ("number", "contact"),
    [("1", "<sip:600@192.0.2.7>"), ("2", f"<sip:7002@{NET}.52>"), ("3", f"<sip:600@{SERVER}>")],
)
async def test_a_call_that_is_sent_elsewhere_before_its_answer(
    served: Any, agent: Any, number: str, contact: str
) -> None:
    pbx = await served(pjsip=PJSIP, extensions=REDIRECTED)
    one = await agent("7001")
    got = await one.ask(
        "INVITE", f"sip:{number}@{SERVER}", f"Contact: <sip:7001@{NET}.51>", "Content-Type: application/sdp", body=SDP
    )
    assert (got.code, got.all("Contact")) == (302, [contact])
    await until(lambda: "TRANSFER SUCCESS" in pbx.said)
