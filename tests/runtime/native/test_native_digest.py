"""Digest: who proves who he is, and what strangers learn."""

from __future__ import annotations

import re
import time

import pytest

from tests.runtime.native.phone import Message, Phone
from tests.runtime.native.switch import Switch, ha1, native

pytestmark = pytest.mark.sip


def shape(message: Message) -> list[str]:
    """What an attacker could compare: lines without what changes from request to request."""
    text = re.sub(r'nonce="[0-9a-f]+"', 'nonce="-"', message.text)
    lines = [line for line in text.split("\r\n") if not re.match(r"(Via|From|To|Call-ID|CSeq):", line)]
    return [*lines, str(message.names())]


def register(phone: Phone, *, extra: str = "", **how: object) -> Message:
    return phone.ask("REGISTER", uri=f"sip:127.0.0.1:{phone.server}", extra=extra, **how)


def authorized(phone: Phone, challenge: Message, **how: object) -> str:
    return phone.digest(challenge, "REGISTER", uri=f"sip:127.0.0.1:{phone.server}", **how)  # type: ignore[arg-type]


def test_register_is_challenged_then_deferred(switch: Switch, phone: Phone) -> None:
    switch.alice()
    challenge = register(phone)
    assert challenge.code == 401
    assert re.fullmatch(
        r'Digest realm="asterism",nonce="[0-9a-f]{64}",algorithm=MD5,qop="auth"', challenge.header("WWW-Authenticate")
    )
    assert switch.wait(native.Security).event == "ChallengeSent"
    contacts = (
        '<sip:alice@127.0.0.1:6000;transport=udp>;q=0.5;+sip.instance="<urn:uuid:1>", <sip:alice@127.0.0.2>;expires=20'
    )
    phone.send(
        phone.make(
            "REGISTER",
            uri=f"sip:127.0.0.1:{phone.server}",
            contact=contacts,
            extra=authorized(phone, challenge) + "Expires: 300\r\nPath: <sip:edge;lr>\r\n",
        )
    )
    event = switch.wait(native.Register)
    assert (event.identity, event.authenticated, event.to_user, event.cseq) == (7, True, "alice", 2)
    assert [(c.uri, c.expires_s, c.q) for c in event.contacts] == [
        ("sip:alice@127.0.0.1:6000;transport=udp", 300, 0.5),
        ("sip:alice@127.0.0.2", 20, 1.0),
    ]
    assert "+sip.instance" in event.contacts[0].params
    assert event.path == ("<sip:edge;lr>",)
    assert event.source == (phone.host, phone.port)
    assert switch.wait(native.Security).event == "SuccessfulAuth"
    native.respond(event.token, 200, "Fine", [("Contact", "<sip:alice@127.0.0.1:6000>;expires=300"), ("X-A", "1")])
    answer = phone.answer_of()
    assert (answer.first, answer.header("X-A")) == ("SIP/2.0 200 Fine", "1")
    assert answer.header("Server") == "asterism test"
    with pytest.raises(native.StaleError):
        native.respond(event.token, 200)


@pytest.mark.parametrize("code", [401, 403])
def test_known_and_unknown_users_get_the_same_answers(switch: Switch, code: int) -> None:
    switch.alice(service={"wrong_password": code})
    shapes = []
    for user in ("alice", "mallory"):
        with Phone(switch.port, user=user, secret="wrong") as phone:
            first = register(phone)
            second = register(phone, extra=authorized(phone, first))
            third = phone.ask("INVITE", body=phone.offer())
            fourth = phone.ask("SUBSCRIBE", extra="Event: x\r\n") if user == "mallory" else None
            shapes.append([shape(first), shape(second), shape(third)])
            assert (first.code, second.code, third.code) == (401, code, 401)
            assert fourth is None or fourth.code == 401
    assert shapes[0] == shapes[1]
    switch.pump(0.05)
    events = [e.event for e in switch.events if isinstance(e, native.Security)]
    assert "InvalidPassword" in events
    assert "InvalidAccountID" in events


def test_a_replayed_nonce_count_is_refused_as_stale(switch: Switch, phone: Phone) -> None:
    switch.alice()
    challenge = register(phone)
    credentials = authorized(phone, challenge)
    phone.send(phone.make("REGISTER", extra=credentials, uri=f"sip:127.0.0.1:{phone.server}"))
    native.respond(switch.wait(native.Register).token, 200)
    assert phone.answer_of().code == 200
    replay = register(phone, extra=credentials)
    assert replay.code == 401
    assert "stale=true" in replay.header("WWW-Authenticate")
    # The next count of the same nonce is good.
    phone.send(phone.make("REGISTER", extra=authorized(phone, challenge, nc=2), uri=f"sip:127.0.0.1:{phone.server}"))
    native.respond(switch.wait(native.Register).token, 200)
    # Counts may overtake each other, but each counts once.
    for count, good in ((9, True), (5, True), (5, False), (9, False), (6, True), (0, False)):
        phone.send(
            phone.make("REGISTER", extra=authorized(phone, challenge, nc=count), uri=f"sip:127.0.0.1:{phone.server}")
        )
        if good:
            native.respond(switch.wait(native.Register).token, 200)
        else:
            assert phone.answer_of(401).code == 401
    switch.nothing(native.Register, 0.1)


def test_nonces_age_and_forged_ones_are_stale(switch: Switch, phone: Phone) -> None:
    switch.alice(service={"nonce_lifetime_s": 1})
    challenge = register(phone)
    time.sleep(1.2)
    assert "stale=true" in register(phone, extra=authorized(phone, challenge)).header("WWW-Authenticate")
    nonce = re.search('nonce="(.*?)"', challenge.text)[1]  # type: ignore[index]
    for forged in (nonce[:-1] + ("0" if nonce[-1] != "0" else "1"), "f" * 64, "", "x" * 64, "\xff" * 10):
        answer = register(phone, extra=authorized(phone, Message(challenge.text.replace(nonce, forged))))
        assert answer.code == 401
        assert "stale=true" in answer.header("WWW-Authenticate")


def test_digest_without_qop_and_with_sha256(switch: Switch, phone: Phone) -> None:
    switch.alice(
        credentials=(
            native.Credential("alice", "", "md5", ha1("alice", "secret")),
            native.Credential("alice", "", "sha256", ha1("alice", "secret", "sha256")),
        )
    )
    challenge = register(phone)
    assert [re.search("algorithm=([^,]+)", h)[1] for h in challenge.headers("WWW-Authenticate")] == ["SHA-256", "MD5"]  # type: ignore[index]
    for how in ({"algorithm": "SHA-256"}, {"algorithm": "MD5"}, {"algorithm": "MD5", "qop": False}):
        challenge = register(phone)
        phone.send(
            phone.make("REGISTER", extra=authorized(phone, challenge, **how), uri=f"sip:127.0.0.1:{phone.server}")
        )
        native.respond(switch.wait(native.Register).token, 200)
        assert phone.answer_of().code == 200


def test_malformed_credentials_are_wrong_ones(switch: Switch, phone: Phone) -> None:
    switch.alice()
    challenge = register(phone)
    good = authorized(phone, challenge)
    for bad in (
        good.replace("qop=auth", "qop=auth-int"),
        good.replace("algorithm=MD5", "algorithm=SHA-512"),
        re.sub('response="[^"]*"', 'response=""', good),
        re.sub('response="[^"]*"', f'response="{"0" * 4000}"', good),
        re.sub("nc=[0-9a-f]+", "nc=zz", good),
        good.replace('username="alice"', 'username="alice\\"'),
        "Authorization: Digest\r\n",
        "Authorization: Basic YWxpY2U6c2VjcmV0\r\n",
    ):
        phone.send(phone.make("REGISTER", extra=bad, uri=f"sip:127.0.0.1:{phone.server}"))
        phone.send(phone.make("REGISTER", uri=f"sip:127.0.0.1:{phone.server}"))
        codes: dict[int, int] = {}
        while phone.cseq not in codes:
            message = phone.answer_of()
            codes[int(message.header("CSeq").split()[0])] = message.code
        # A header that cannot be parsed makes the whole message unreadable: it gets no answer.
        assert codes.get(phone.cseq - 1, 400) in {400, 401}
    switch.nothing(native.Register, 0.1)


def test_invite_with_digest_reaches_the_dialplan(switch: Switch, phone: Phone) -> None:
    switch.alice()
    phone.invite()
    challenge = phone.answer_of()
    assert challenge.code == 401
    phone.branch = ""
    phone.send(phone.make("ACK", cseq=1, to_tag=re.search("tag=(.*)", challenge.header("To"))[1]))  # type: ignore[index]
    phone.invite(extra=phone.digest(challenge, "INVITE"))
    incoming = switch.wait(native.Incoming)
    assert (incoming.identity, incoming.authenticated) == (7, True)
    switch.answer(incoming)
    phone.established()
    phone.bye()
