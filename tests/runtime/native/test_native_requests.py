"""Requests outside calls: deferred ones, our own, and a final answer for everything."""

from __future__ import annotations

import re
import socket

import pytest

from tests.runtime.native.phone import Message, Phone, token
from tests.runtime.native.switch import Switch, native, pj

pytestmark = pytest.mark.sip


def test_star_and_query_registers(switch: Switch, phone: Phone) -> None:
    phone.send(phone.make("REGISTER", contact="*", extra="Expires: 0\r\n"))
    event = switch.wait(native.Register)
    assert [(c.uri, c.expires_s) for c in event.contacts] == [("*", 0)]
    native.respond(event.token, 200)
    phone.send(re.sub("Contact:.*\r\n", "", phone.make("REGISTER")))
    event = switch.wait(native.Register)
    assert event.contacts == ()
    native.respond(event.token, 200)


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
    name = native.send_request("OPTIONS", other.uri, timeout_ms=300)
    result = switch.wait(native.Result)
    assert (result.token, result.status, result.message) == (name, 408, b"")
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


def test_a_contact_behind_a_route_is_left_alone(switch: Switch, phone: Phone) -> None:
    """Later requests go to the route; a re-INVITE names none, and yet the Contact is not where it comes from."""
    native.set_identities(
        [native.Service(order=("anonymous",), guest=1, challenge=frozenset())],
        [native.Identity(1, 0, rewrite_contact=True)],
    )
    far = "<sip:alice@203.0.113.9>"
    route = f"Record-Route: <sip:{phone.host}:{phone.port};lr>\r\n"
    phone.send(phone.make("INVITE", contact=far, extra=route, body=phone.offer()))
    incoming = switch.wait(native.Incoming)
    switch.answer(incoming)
    phone.established()
    switch.wait(native.CallState, state="confirmed")
    phone.send(phone.make("INVITE", contact=far, body=phone.offer()))
    phone.established()
    switch.hangup(incoming.call)
    bye = phone.request_of("BYE")
    assert bye.first == "BYE sip:alice@203.0.113.9 SIP/2.0"
    assert bye.header("Route") == f"<sip:{phone.host}:{phone.port};lr>"
    phone.respond(bye, 200)


def test_a_rewritten_contact_is_reached_by_the_transport_it_came_by(switch: Switch) -> None:
    native.set_identities(
        [native.Service(order=("anonymous",), guest=1, challenge=frozenset())],
        [native.Identity(1, 0, rewrite_contact=True)],
    )
    config = switch.account_config()
    config.sipConfig.transportId = switch.tcp
    account = pj.Account()
    account.create(config)
    with Phone(switch.port) as phone, socket.create_connection(("127.0.0.1", switch.port)) as tcp:
        invite = phone.make("INVITE", contact="<sip:alice@203.0.113.9>", body=phone.offer())
        tcp.sendall(invite.replace("SIP/2.0/UDP", "SIP/2.0/TCP").encode())
        incoming = switch.wait(native.Incoming)
        switch.answer(incoming)
        tcp.settimeout(10)
        got = ""
        while "SIP/2.0 200" not in got:
            got += tcp.recv(65535).decode()
        phone.learn(Message(got[got.index("SIP/2.0 200") :]))
        tcp.sendall(phone.make("ACK", cseq=phone.cseq).replace("SIP/2.0/UDP", "SIP/2.0/TCP").encode())
        switch.wait(native.CallState, state="confirmed")
        switch.hangup(incoming.call)
        while "BYE " not in got:
            got += tcp.recv(65535).decode()
        bye = got[got.index("BYE ") :].splitlines()[0]
        assert bye == f"BYE sip:alice@127.0.0.1:{tcp.getsockname()[1]};transport=TCP SIP/2.0"
        tcp.sendall(phone.response(Message(got[got.index("BYE ") :]), 200).encode())
        switch.wait(native.CallState, state="disconnected")


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
    assert [int(each.header("CSeq").split()[0]) - int(first.header("CSeq").split()[0]) for each in (first, second)] == [
        0,
        1,
    ]
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


def test_pjsip_tells_of_its_inside(switch: Switch) -> None:
    told = native.dump(False)
    assert "Dumping endpoint" in told
    assert "Dumping caching pool" in told
    assert len(native.dump(True)) > len(told)
    switch.nothing(native.Log)  # its log is as it was before
