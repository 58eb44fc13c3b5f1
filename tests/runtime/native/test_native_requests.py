"""Identification, digest, deferred requests, and a final answer for everything."""

from __future__ import annotations

import re
import socket
import time

import pytest

from tests.runtime.native.phone import Message, Phone, token
from tests.runtime.native.switch import Switch, ha1, native, pj

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


def test_star_and_query_registers(switch: Switch, phone: Phone) -> None:
    phone.send(phone.make("REGISTER", contact="*", extra="Expires: 0\r\n"))
    event = switch.wait(native.Register)
    assert [(c.uri, c.expires_s) for c in event.contacts] == [("*", 0)]
    native.respond(event.token, 200)
    phone.send(re.sub("Contact:.*\r\n", "", phone.make("REGISTER")))
    event = switch.wait(native.Register)
    assert event.contacts == ()
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


def test_timing_of_unknown_users_is_not_telling(switch: Switch) -> None:
    switch.alice(service={"wrong_password": 403})
    spent: dict[str, list[float]] = {}
    for user in ("alice", "mallory") * 30:
        with Phone(switch.port, user=user, secret="wrong") as phone:
            challenge = register(phone)
            text = phone.make("REGISTER", uri=f"sip:127.0.0.1:{phone.server}", extra=authorized(phone, challenge))
            begin = time.perf_counter()
            phone.send(text)
            phone.answer_of()
            spent.setdefault(user, []).append(time.perf_counter() - begin)
        switch.pump(0)
    medians = {user: sorted(times)[len(times) // 2] for user, times in spent.items()}
    assert abs(medians["alice"] - medians["mallory"]) < 0.002, medians


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
        try:
            assert phone.answer_of().code in {400, 401}
        except TimeoutError:
            pass  # a header that cannot be parsed makes the whole message unreadable
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


def test_headers_and_request_uris_name_somebody(switch: Switch) -> None:
    server = f"sip:echo@127.0.0.1:{switch.port}"
    native.set_identities(
        [native.Service(order=("username", "header", "request_uri"))],
        [
            native.Identity(1, 0, patterns=(native.Pattern("x-token", "e7657250"),)),
            native.Identity(2, 0, patterns=(native.Pattern("X-Token", "Win.*ca+$", True), native.Pattern("", server))),
            native.Identity(3, 0, patterns=(native.Pattern("", "long.*exp", True),)),
        ],
    )

    def named_by(target: str, extra: str) -> int:
        with Phone(switch.port) as phone:
            phone.send(phone.make("MESSAGE", uri=target, extra=extra))
            answer = switch.wait(native.Request, timeout=1)
            native.respond(answer.token, 200)
            return int(answer.identity)

    other = "sip:nobody@127.0.0.1"
    assert named_by(other, "X-Token: e7657250\r\n") == 1
    assert named_by(other, "X-Token: none\r\nX-TOKEN:   Windows caca\r\n") == 2
    assert named_by(server, "") == 2
    assert named_by("sip:a-long-exp@there;x=1", "") == 3
    with pytest.raises(ValueError, match="regular expression"):
        native.set_identities([native.Service()], [native.Identity(1, 0, patterns=(native.Pattern("", "(", True),))])


def test_match_orders(switch: Switch) -> None:
    native.set_identities(
        [native.Service(order=("username", "address", "ip", "auth_username"), challenge=frozenset({"*"}))],
        [
            native.Identity(1, 0, users=("alice",)),
            native.Identity(2, 0, networks=("127.0.0.0/24",)),
            native.Identity(3, 0, networks=("127.0.0.5",)),
            native.Identity(4, 0, networks=("127.0.1.0/255.255.255.0",)),
            native.Identity(5, 0, users=("carol@127.0.0.1",)),
            native.Identity(6, 0),
        ],
    )
    with Phone(switch.port, host="127.0.0.8", user="dora") as dora:
        native.learn(6, (dora.host, dora.port))
        for user, host, expected in (
            ("alice", "127.0.0.5", 1),
            ("bob", "127.0.0.5", 3),
            ("bob", "127.0.0.6", 2),
            ("bob", "127.0.1.6", 4),
            ("carol", "127.0.0.6", 5),
        ):
            with Phone(switch.port, host=host, user=user) as phone:
                phone.send(phone.make("MESSAGE"))
                request = switch.wait(native.Request)
                assert request.identity == expected, (user, host)
                native.respond(request.token, 405)
        dora.send(dora.make("MESSAGE"))
        request = switch.wait(native.Request)
        assert request.identity == 6
        native.respond(request.token, 200)
        native.learn(6, None)
        dora.send(dora.make("MESSAGE"))
        request = switch.wait(native.Request)
        assert request.identity == 2
        native.respond(request.token, 200)


def test_two_services_on_one_transport(switch: Switch) -> None:
    native.set_identities(
        [
            native.Service(realm="first", order=("username",)),
            native.Service(realm="second", order=("username", "anonymous"), guest=9),
        ],
        [native.Identity(1, 0, users=("alice",)), native.Identity(2, 1, users=("alice", "bob")), native.Identity(9, 1)],
    )
    for user, expected in (("alice", 1), ("bob", 2), ("mallory", 9)):
        with Phone(switch.port, user=user) as phone:
            phone.send(phone.make("MESSAGE"))
            request = switch.wait(native.Request)
            assert request.identity == expected
            native.respond(request.token, 200)
    native.set_identities([native.Service(realm="first"), native.Service(realm="second")], [])
    with Phone(switch.port, user="mallory") as phone:
        assert 'realm="first"' in phone.ask("MESSAGE").text


def test_access_lists_come_before_everything(switch: Switch) -> None:
    switch.alice(access=(native.Access(False, "0.0.0.0/0"), native.Access(True, "127.0.0.9")))
    with Phone(switch.port, host="127.0.0.4") as outside, Phone(switch.port, host="127.0.0.9") as inside:
        assert register(outside).code == 403
        assert switch.wait(native.Security).event == "FailedACL"
        assert register(inside).code == 401
    switch.alice(service={"access": (native.Access(False, "127.0.0.9"),)})
    with Phone(switch.port, host="127.0.0.9") as phone:
        assert register(phone).code == 403


def test_every_method_gets_a_final_answer(switch: Switch, phone: Phone) -> None:
    for method in ("SUBSCRIBE", "PUBLISH", "MESSAGE", "REFER", "NOTIFY", "INFO", "FOO", "OPTIONS"):
        phone.send(phone.make(method, extra="Event: presence\r\n"))
        request = switch.wait(native.Request)
        assert (request.method, request.call) == (method, 0)
        native.respond(request.token, 405, headers=[("Allow", "INVITE")], body=b"no", content_type="text/plain")
        answer = phone.answer_of()
        assert (answer.code, answer.body) == (405, "no")
    for method in ("BYE", "PRACK", "UPDATE", "CANCEL"):
        assert phone.ask(method).code == 481
    for method in ("BYE", "INVITE", "INFO", "FOO"):
        assert phone.ask(method, to_tag="stranger").code == 481
    phone.send(phone.make("ACK"))
    phone.send(phone.make("ACK", to_tag="stranger"))
    assert phone.silent()


def test_a_request_python_forgets_is_answered_500(switch: Switch, phone: Phone) -> None:
    phone.send(phone.make("SUBSCRIBE", extra="Event: x\r\n"))
    request = switch.wait(native.Request)
    assert native.counts().tokens == 1
    assert phone.answer_of(timeout=4).code == 500
    with pytest.raises(native.StaleError):
        native.respond(request.token, 200)


def test_a_retransmission_is_not_a_second_request(switch: Switch, phone: Phone) -> None:
    text = phone.make("SUBSCRIBE", extra="Event: x\r\n")
    for _ in range(3):
        phone.send(text)
    request = switch.wait(native.Request)
    switch.nothing(native.Request, 0.2)
    native.respond(request.token, 489)
    assert phone.answer_of().code == 489
    phone.send(text)
    assert phone.answer_of().code == 489
    switch.nothing(native.Request, 0.1)


def test_too_many_waiting_requests_are_turned_away(switch: Switch, phone: Phone) -> None:
    for _ in range(70):  # max_pending is 64
        phone.call_id = token()
        phone.send(phone.make("SUBSCRIBE", extra="Event: x\r\n"))
    turned_away = [phone.answer_of().code for _ in range(6)]
    assert turned_away == [503] * 6
    assert switch.wait(native.Overload).refused >= 1
    for _ in range(64):
        native.respond(switch.wait(native.Request).token, 489)


def test_an_unknown_required_extension_is_named(switch: Switch, phone: Phone) -> None:
    answer = phone.ask("MESSAGE", extra="Require: nothingSupportsThis, 100rel\r\n")
    assert (answer.code, answer.header("Unsupported")) == (420, "nothingSupportsThis")
    answer = phone.ask("INVITE", extra="Require: nothingSupportsThis\r\n", body=phone.offer())
    assert answer.code == 420


def test_options_answered_natively(switch: Switch, phone: Phone) -> None:
    native.set_identities([native.Service(options="answer", order=("anonymous",), guest=1)], [native.Identity(1, 0)])
    answer = phone.ask("OPTIONS")
    assert answer.code == 200
    assert "INVITE" in answer.header("Allow")
    assert "application/sdp" in answer.header("Accept")


def test_answers_go_where_the_request_came_from(switch: Switch, phone: Phone) -> None:
    text = phone.make("MESSAGE").replace(";rport", "").replace(f"{phone.host}:{phone.port};", "203.0.113.9:5099;")
    phone.send(text)
    native.respond(switch.wait(native.Request).token, 200)
    assert phone.answer_of().code == 200


def test_over_tcp(switch: Switch) -> None:
    with Phone(switch.port) as phone, socket.create_connection(("127.0.0.1", switch.port)) as tcp:
        text = phone.make("MESSAGE", body="hi", content_type="text/plain").replace("SIP/2.0/UDP", "SIP/2.0/TCP")
        tcp.sendall((text * 3).replace(phone.branch, "z9hG4bKa", 1).replace(phone.branch, "z9hG4bKb", 1).encode())
        for _ in range(3):
            request = switch.wait(native.Request)
            assert (request.protocol, request.transport) == ("tcp", switch.tcp)
            native.respond(request.token, 200)
        tcp.settimeout(3)
        got = b""
        while got.count(b"SIP/2.0 200 OK") < 3:
            got += tcp.recv(4096)
        assert switch.wait(native.TransportState).state == "connected"
    assert switch.wait(native.TransportState, state="disconnected").protocol == "tcp"


def test_bad_tables_are_refused_and_the_old_stay(switch: Switch, phone: Phone) -> None:
    for services, identities in (
        ([native.Service(order=("telepathy",))], []),
        ([native.Service()], [native.Identity(1, 0, networks=("300.1.1.1",))]),
        ([native.Service()], [native.Identity(1, 0, networks=("10.0.0.0/33",))]),
        ([native.Service()], [native.Identity(1, 0, networks=("10.0.0.1:99999",))]),
        ([native.Service()], [native.Identity(1, 3)]),
        ([native.Service()], [native.Identity(0, 0)]),
        ([native.Service()], [native.Identity(1, 0), native.Identity(1, 0)]),
        ([native.Service(guest=5)], []),
        ([native.Service(wrong_password=404)], []),
        ([native.Service()], [native.Identity(1, 0, credentials=(native.Credential("a", "", "md5", "secret"),))]),
        ([native.Service()], [native.Identity(1, 0, media=native.Media(dtmf="morse"))]),
        ([native.Service(access=(native.Access(True, "here"),))], []),
        ([native.Service()] * 65, []),
    ):
        with pytest.raises(ValueError, match=r"."):
            native.set_identities(services, identities)
    assert native.counts().tables == 0
    phone.send(phone.make("MESSAGE"))
    native.respond(switch.wait(native.Request).token, 200)


def test_header_injection_is_refused(switch: Switch, phone: Phone) -> None:
    phone.send(phone.make("MESSAGE"))
    request = switch.wait(native.Request)
    for headers in ([("X", "a\r\nY: b")], [("X\r\nY", "b")], [("X:", "b")], [("", "b")], [("X Y", "b")]):
        with pytest.raises(ValueError, match=r"header|control"):
            native.respond(request.token, 200, headers=headers)
    with pytest.raises(ValueError, match="control"):
        native.respond(request.token, 200, "OK\r\nX: y")
    with pytest.raises(ValueError, match="final"):
        native.respond(request.token, 180)
    native.respond(request.token, 200)


def test_requests_of_our_own(switch: Switch, other: Phone) -> None:
    name = native.send_request("OPTIONS", other.uri, transport=switch.udp, headers=[("X-One", "1")], timeout_ms=1000)
    request = other.request_of("OPTIONS")
    assert request.header("X-One") == "1"
    other.respond(request, 404, "Not here")
    result = switch.wait(native.Result)
    assert (result.token, result.status, result.reason) == (name, 404, "Not here")
    assert result.source == (other.host, other.port)
    assert 0 < result.rtt_ms < 1000
    assert result.message.startswith(b"SIP/2.0 404")
    native.send_request(
        "NOTIFY",
        other.uri,
        from_uri='"Us" <sip:us@here>',
        body=b"x=1",
        content_type="application/x",
        headers=[("Event", "keep-alive"), ("Subscription-State", "terminated")],
    )
    request = other.request_of("NOTIFY")
    assert request.header("From").startswith('"Us" <sip:us@here>;tag=')
    assert (request.body, request.header("Content-Type")) == ("x=1", "application/x")
    other.respond(request, 200)
    assert switch.wait(native.Result).status == 200


def test_a_request_without_an_answer_times_out(switch: Switch, other: Phone) -> None:
    begin = time.monotonic()
    name = native.send_request("OPTIONS", other.uri, timeout_ms=300)
    result = switch.wait(native.Result)
    assert (result.token, result.status, result.message) == (name, 408, b"")
    assert 0.25 < time.monotonic() - begin < 1.5
    other.respond(other.request_of("OPTIONS"), 200)  # too late
    switch.nothing(native.Result)


def test_requests_that_cannot_be_sent(switch: Switch) -> None:
    with pytest.raises(ValueError, match="malformed"):
        native.send_request("OPTIONS", "not a uri")
    with pytest.raises(native.NativeError):
        native.send_request("OPTIONS", "sip:a@127.0.0.1", transport=6)
    with pytest.raises(ValueError, match="control"):
        native.send_request("OPTIONS", "sip:a@127.0.0.1", headers=[("X", "a\nb")])
    native.send_request("OPTIONS", "sip:a@127.0.0.1:1;transport=tcp", timeout_ms=3000)
    assert switch.wait(native.Result).status in {408, 503}


def test_the_wire_can_be_watched(switch: Switch, phone: Phone) -> None:
    native.trace(True)
    phone.send(phone.make("MESSAGE"))
    native.respond(switch.wait(native.Request).token, 200)
    received, sent = switch.wait(native.Wire, sent=False), switch.wait(native.Wire, sent=True)
    native.trace(False)
    assert received.message.startswith(b"MESSAGE ")
    assert sent.message.startswith(b"SIP/2.0 200")
    assert received.remote == sent.remote == (phone.host, phone.port)


def test_rewritten_contacts_lead_back_to_the_source(switch: Switch, phone: Phone) -> None:
    native.set_identities(
        [native.Service(order=("anonymous",), guest=1, challenge=frozenset())],
        [native.Identity(1, 0, rewrite_contact=True)],
    )
    phone.send(phone.make("REGISTER", contact="<sip:alice@203.0.113.9>"))
    register_event = switch.wait(native.Register)
    assert register_event.contacts[0].uri == "sip:alice@203.0.113.9"
    native.respond(register_event.token, 200)
    phone.answer_of()
    phone.send(phone.make("INVITE", contact="<sip:alice@203.0.113.9>", body=phone.offer()))
    incoming = switch.wait(native.Incoming)
    assert incoming.contact == "<sip:alice@203.0.113.9>"
    switch.answer(incoming)
    phone.established()
    switch.wait(native.CallState, state="confirmed")
    switch.hangup(incoming.call)
    bye = phone.request_of("BYE")
    assert bye.first == f"BYE {phone.uri} SIP/2.0"
    phone.respond(bye, 200)


def test_over_ipv6(switch: Switch) -> None:
    native.set_identities(
        [native.Service(order=("ip",), challenge=frozenset())],
        [native.Identity(1, 0, networks=("[::1]",)), native.Identity(2, 0, networks=("2001:db8::/32",))],
    )
    try:
        udp = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        udp.bind(("::1", 0))
        config = pj.TransportConfig()
        config.boundAddress = "::1"
        transport = switch.endpoint.transportCreate(pj.PJSIP_TRANSPORT_UDP6, config)
    except (OSError, pj.Error):
        pytest.skip("no IPv6 here")
    server = switch.endpoint.transportGetInfo(transport).localName.rpartition(":")[2]
    with Phone(int(server)) as phone:
        port = udp.getsockname()[1]
        text = phone.make("MESSAGE").replace(f"{phone.host}:{phone.port};", f"[::1]:{port};")
        udp.sendto(text.encode(), ("::1", int(server)))
        request = switch.wait(native.Request)
        assert (request.identity, request.source, request.transport) == (1, ("::1", port), transport)
        native.respond(request.token, 200)
        udp.settimeout(3)
        assert udp.recv(2000).startswith(b"SIP/2.0 200")
    udp.close()
    switch.endpoint.transportClose(transport)


def test_a_challenge_to_our_request_is_answered_once(switch: Switch, other: Phone) -> None:
    config = switch.account_config()
    config.sipConfig.authCreds.append(pj.AuthCredInfo("digest", "far", "us", 0, "ours"))
    account = pj.Account()
    account.create(config)
    challenge = 'WWW-Authenticate: Digest realm="far", nonce="abc", algorithm=MD5, qop="auth"\r\n'
    name = native.send_request("MESSAGE", other.uri, account=account.getId(), timeout_ms=3000)
    first = other.request_of("MESSAGE")
    other.respond(first, 401, "Unauthorized", extra=challenge)
    second = other.request_of("MESSAGE")
    assert 'username="us"' in second.header("Authorization")
    other.respond(second, 401, "Unauthorized", extra=challenge)
    result = switch.wait(native.Result)
    assert (result.token, result.status, result.reason) == (name, 401, "Unauthorized")
    native.send_request("MESSAGE", other.uri, timeout_ms=3000)
    other.respond(other.request_of("MESSAGE"), 401, "Unauthorized", extra=challenge)
    assert switch.wait(native.Result).status == 401


def test_answering_a_connection_that_is_gone(switch: Switch) -> None:
    with Phone(switch.port) as phone, socket.create_connection(("127.0.0.1", switch.port)) as tcp:
        tcp.sendall(phone.make("SUBSCRIBE").replace("SIP/2.0/UDP", "SIP/2.0/TCP").encode())
        request = switch.wait(native.Request)
    switch.wait(native.TransportState, state="disconnected")
    try:
        native.respond(request.token, 200)
    except native.NativeError:
        pass
    with pytest.raises(native.StaleError):
        native.respond(request.token, 200)


def test_outgoing_registrations_are_reported(switch: Switch, other: Phone) -> None:
    config = switch.account_config()
    config.idUri = "sip:us@example.org"
    config.regConfig.registrarUri = f"sip:{other.host}:{other.port}"
    config.regConfig.retryIntervalSec = 0
    account = pj.Account()
    account.create(config)
    request = other.request_of("REGISTER")
    other.respond(request, 200, extra=f"Contact: {request.header('Contact')};expires=77\r\n")
    event = switch.wait(native.Registration)
    assert (event.account, event.code, event.expires_s, event.error) == (account.getId(), 200, 77, 0)
    account.setRegistration(True)
    other.respond(other.request_of("REGISTER"), 403, "Go away")
    event = switch.wait(native.Registration)
    assert (event.code, event.reason, event.expires_s) == (403, "Go away", 0)
    assert event.message.startswith(b"SIP/2.0 403")
