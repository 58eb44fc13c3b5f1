"""Calls as the native module reports them."""

from __future__ import annotations

import re
import time

import pytest

from tests.runtime.native.phone import Message, Phone, media_of, sdp
from tests.runtime.native.switch import Switch, native, pj

pytestmark = pytest.mark.sip


def test_a_call_is_reported_from_invite_to_bye(switch: Switch, phone: Phone) -> None:
    phone.invite(extra="User-Agent: bare sockets\r\nX-Colour: blue\r\n")
    incoming = switch.wait(native.Incoming)
    assert (incoming.identity, incoming.authenticated, incoming.protocol) == (1, False, "udp")
    assert incoming.source == (phone.host, phone.port)
    assert incoming.local[1] == switch.port
    assert incoming.uri == f"sip:100@127.0.0.1:{switch.port}"
    assert incoming.from_ == f"<sip:alice@127.0.0.1>;tag={phone.tag}"
    assert incoming.user_agent == "bare sockets"
    assert incoming.sip_call_id == phone.call_id
    assert b"X-Colour: blue" in incoming.message
    assert native.invite_message(incoming.call) == incoming.message
    switch.answer(incoming, 180)
    assert phone.answer_of(180).code == 180
    assert switch.wait(native.CallState, state="early").code == 180
    switch.answer(incoming)
    phone.established()
    media = switch.wait(native.CallMedia)
    assert (media.codec, media.ptime_ms, media.direction, media.held, media.dtmf) == (
        "PCMU/8000",
        20,
        "sendrecv",
        False,
        True,
    )
    assert media.remote == (phone.host, phone.rtp_port)
    switch.wait(native.CallState, state="confirmed")
    assert native.is_live(incoming.call)
    phone.send(phone.make("BYE", extra='Reason: Q.850;cause=16;text="bye"\r\n'))
    ended = switch.wait(native.CallState, state="disconnected")
    assert (ended.code, ended.cause, ended.remote) == (200, 'Q.850;cause=16;text="bye"', True)
    assert ended.message.startswith(b"BYE ")
    assert not native.is_live(incoming.call)
    with pytest.raises(native.StaleError):
        native.call_slot(incoming.call)


def test_183_then_180_are_both_seen_by_the_caller(switch: Switch, other: Phone) -> None:
    call = switch.dial(other.uri)
    assert native.invite_message(call).startswith(b"INVITE ")
    invite = other.request_of("INVITE")
    other.respond(invite, 180, "Ringing")
    other.respond(invite, 183, "Progress", body=other.offer())
    assert switch.wait(native.CallState, state="early", code=180).call == call
    early = switch.wait(native.CallState, state="early", code=183)
    assert b"183 Progress" in early.message
    assert switch.wait(native.CallMedia).codec == "PCMU/8000"
    other.respond(invite, 486, "Busy Here", extra="Reason: Q.850;cause=17\r\n")
    other.request_of("ACK")
    ended = switch.wait(native.CallState, state="disconnected")
    assert (ended.code, ended.reason, ended.cause, ended.remote) == (486, "Busy Here", "Q.850;cause=17", True)


def test_a_redirect_ends_the_call_and_shows_its_contact(switch: Switch, other: Phone) -> None:
    switch.dial(other.uri)
    invite = other.request_of("INVITE")
    other.respond(invite, 302, "Moved", extra="Contact: <sip:elsewhere@127.0.0.9>\r\n")
    ended = switch.wait(native.CallState, state="disconnected")
    assert ended.code == 302
    assert b"sip:elsewhere@127.0.0.9" in ended.message


def test_cancel_ends_a_ringing_call(switch: Switch, phone: Phone) -> None:
    phone.invite()
    incoming = switch.wait(native.Incoming)
    switch.answer(incoming, 180)
    phone.answer_of(180)
    branch = phone.branch
    cancel = phone.make("CANCEL", cseq=phone.cseq).replace(phone.branch, branch)
    phone.branch = branch
    phone.send(cancel)
    assert phone.answer_of(487).code == 487
    ended = switch.wait(native.CallState, state="disconnected")
    assert (ended.code, ended.remote) == (487, True)


def test_our_hangup_is_reported_with_our_code(switch: Switch, phone: Phone) -> None:
    phone.invite()
    incoming = switch.wait(native.Incoming)
    switch.take(incoming)
    switch.hangup(incoming.call)
    assert phone.answer_of().code == 603
    ended = switch.wait(native.CallState, state="disconnected")
    assert (ended.code, ended.remote) == (603, False)


def test_generations_tell_calls_in_one_slot_apart(switch: Switch, phone: Phone) -> None:
    seen = set()
    for _ in range(70):  # more than there are slots
        phone.call_id += "x"
        phone.remote_tag = ""
        phone.invite()
        incoming = switch.wait(native.Incoming)
        seen.add(incoming.call)
        switch.take(incoming)
        switch.hangup(incoming.call)
        phone.answer_of()
        phone.send(phone.make("ACK", cseq=phone.cseq))
        switch.wait(native.CallState, state="disconnected")
        assert not native.is_live(incoming.call)
    assert len(seen) == 70


@pytest.mark.parametrize(
    ("offered", "rule", "answered"),
    [
        ("0 8 101", {"codecs": ("PCMA/8000",)}, "8 101"),
        ("0 8 101", {"codecs": ("PCMA/8000", "PCMU/8000")}, "0 8 101"),
        ("0 8 101", {"codecs": ("PCMA/8000", "PCMU/8000"), "prefer_remote_order": False}, "8 101"),
        ("8 0 101", {"codecs": ("PCMA/8000", "PCMU/8000"), "prefer_remote_order": False}, "8 101"),
        ("0 8 101", {"codecs": ("PCMA/8000",), "dtmf": "info"}, "8"),
        ("8 0 101", {"codecs": ("PCMA/8000", "PCMU/8000"), "dtmf": "none"}, "8"),
    ],
)
def test_codecs_of_an_answer(switch: Switch, phone: Phone, offered: str, rule: dict, answered: str) -> None:
    switch.everybody(**rule)
    phone.invite(body=sdp(phone.host, phone.rtp_port, offered))
    switch.answer(switch.wait(native.Incoming))
    message = phone.established()
    line = next(line for line in message.body.split("\r\n") if line.startswith("m=audio"))
    first = answered.split(maxsplit=1)[0]
    formats = line.split()[3:]
    assert formats[0] == first, line
    assert ("101" in formats) == ("101" in answered.split())


def test_no_common_codec_is_refused_with_488(switch: Switch, phone: Phone) -> None:
    switch.everybody(codecs=("GSM/8000",))
    phone.invite(body=sdp(phone.host, phone.rtp_port, "0 101"))
    try:
        incoming = switch.wait(native.Incoming, timeout=1)
    except AssertionError:
        pass
    else:
        switch.answer(incoming)
    assert phone.answer_of().code == 488


def test_codecs_of_an_offer(switch: Switch, other: Phone) -> None:
    switch.dial(other.uri, codecs=("PCMA/8000", "PCMU/8000"), dtmf="none")
    invite = other.request_of("INVITE")
    line = next(line for line in invite.body.split("\r\n") if line.startswith("m=audio"))
    assert line.split()[3:] == ["8", "0"]
    other.respond(invite, 603, "Decline")


def test_hold_and_resume_by_reinvite(switch: Switch, phone: Phone) -> None:
    phone.invite()
    switch.answer(switch.wait(native.Incoming))
    phone.established()
    switch.wait(native.CallMedia)
    phone.invite(body=phone.offer(direction="sendonly"))
    phone.established()
    held = switch.wait(native.CallMedia)
    assert held.held
    assert held.direction == "recvonly"
    phone.invite(body=phone.offer())
    phone.established()
    resumed = switch.wait(native.CallMedia)
    assert (resumed.held, resumed.direction) == (False, "sendrecv")
    phone.bye()


def test_requests_in_a_dialog_go_to_python(switch: Switch, phone: Phone) -> None:
    phone.invite()
    incoming = switch.wait(native.Incoming)
    switch.answer(incoming)
    phone.established()
    for method, extra in (
        ("REFER", "Refer-To: <sip:bob@127.0.0.1>\r\n"),
        ("MESSAGE", ""),
        ("NOTIFY", "Event: x\r\n"),
        ("INFO", ""),
        ("FOO", ""),
    ):
        phone.send(phone.make(method, extra=extra))
        request = switch.wait(native.Request)
        assert (request.method, request.call) == (method, incoming.call)
        native.respond(request.token, 202 if method == "REFER" else 200)
        assert phone.answer_of().code in {200, 202}
    assert phone.ask("OPTIONS").code == 200
    body = "Signal=5\r\nDuration=160\r\n"
    phone.send(phone.make("INFO", body=body, content_type="application/dtmf-relay"))
    assert phone.answer_of().code == 200
    dtmf = switch.wait(native.Dtmf)
    assert (dtmf.call, dtmf.digit, dtmf.duration_ms, dtmf.method) == (incoming.call, "5", 160, "info")
    phone.bye()


def test_replaces_names_the_call(switch: Switch, phone: Phone, other: Phone) -> None:
    phone.invite()
    first = switch.wait(native.Incoming)
    switch.answer(first)
    phone.established()
    other.invite(extra=f"Replaces: {phone.call_id};to-tag={phone.remote_tag};from-tag={phone.tag}\r\n")
    second = switch.wait(native.Incoming)
    assert second.replaces == first.call
    switch.answer(second)
    other.established()
    other.bye()
    phone.bye()


def test_replaces_of_an_unknown_call_is_refused(switch: Switch, other: Phone) -> None:
    other.invite(extra="Replaces: nobody@nowhere;to-tag=1;from-tag=2\r\n")
    assert other.answer_of().code == 481
    switch.nothing(native.Incoming)


def test_a_request_inside_a_call(switch: Switch, phone: Phone) -> None:
    phone.invite()
    incoming = switch.wait(native.Incoming)
    switch.answer(incoming)
    phone.established()
    token = native.send_in_call(incoming.call, "INFO", [("X-One", "1")], b"hello", "text/plain")
    request = phone.request_of("INFO")
    assert request.header("X-One") == "1"
    assert request.body == "hello"
    phone.respond(request, 200)
    assert switch.wait(native.Result).token == token
    phone.bye()
    switch.wait(native.CallState, state="disconnected")
    with pytest.raises(native.StaleError):
        native.send_in_call(incoming.call, "INFO")


def test_a_call_whose_offer_is_never_answered_is_ended(switch: Switch, phone: Phone) -> None:
    phone.invite(body="")
    switch.answer(switch.wait(native.Incoming))
    assert "m=audio" in phone.established().body
    switch.wait(native.CallState, state="confirmed")
    phone.respond(phone.request_of("BYE"), 200)
    switch.wait(native.CallState, state="disconnected")
    call = switch.dial(f"sip:them@{phone.host}:{phone.port}")
    phone.accept(body="")
    phone.respond(phone.request_of("BYE"), 200)
    assert switch.wait(native.CallState, state="disconnected").call == call


@pytest.mark.parametrize("proxied", [False, True])
def test_a_far_end_behind_a_nat_is_reached_where_it_is(switch: Switch, phone: Phone, proxied: bool) -> None:
    """What it claims lies in its own network; the nearest proxy's claim counts where there is one (RFC 3261, 12.1)."""
    native.plan_call(rewrite_contact=True)
    call = pj.Call(switch.account)
    call.makeCall(f"sip:them@{phone.host}:{phone.port}", pj.CallOpParam(True))
    request = phone.request_of("INVITE")
    phone.far_rtp = media_of(request)
    routes = "Record-Route: <sip:192.0.2.7;lr>\r\nRecord-Route: <sip:192.0.2.8;lr>\r\n" if proxied else ""
    phone.respond(request, 200, body=phone.offer(), extra=routes, contact="<sip:them@192.0.2.9:5070>")
    ack = phone.request_of("ACK")
    if proxied:
        assert ack.headers("Route") == [f"<sip:{phone.host}:{phone.port};lr>", "<sip:192.0.2.7;lr>"]
        assert ack.first.startswith("ACK sip:them@192.0.2.9:5070 ")
    else:
        assert ack.first.startswith(f"ACK sip:them@{phone.host}:{phone.port} ")
    call.hangup(pj.CallOpParam(True))
    phone.respond(phone.request_of("BYE"), 200)
    switch.wait(native.CallState, state="disconnected")


def turn(message: Message) -> int:
    return int(message.header("CSeq").split()[0])


def test_requests_inside_a_call_are_numbered_one_by_one(switch: Switch, phone: Phone) -> None:
    phone.invite()
    incoming = switch.wait(native.Incoming)
    switch.answer(incoming)
    phone.established()
    turns = []
    for method in ("INFO", "MESSAGE"):
        native.send_in_call(incoming.call, method, (), b"hello", "text/plain")
        request = phone.request_of(method)
        turns.append(turn(request))
        phone.respond(request, 200)
        switch.wait(native.Result)
    switch.calls[incoming.call].hangup(pj.CallOpParam(True))
    turns.append(turn(phone.request_of("BYE")))
    assert turns == [turns[0], turns[0] + 1, turns[0] + 2]


def test_a_challenge_inside_a_call_is_answered(switch: Switch, phone: Phone) -> None:
    config = switch.account_config()
    config.sipConfig.authCreds.append(pj.AuthCredInfo("digest", "*", "us", 0, "secret"))
    account = pj.Account()
    account.create(config)
    phone.invite()
    incoming = switch.wait(native.Incoming)
    native.use_account(incoming.call, account.getId())
    switch.answer(incoming)
    phone.established()
    token = native.send_in_call(incoming.call, "MESSAGE", (), b"hello", "text/plain")
    first = phone.request_of("MESSAGE")
    challenge = 'WWW-Authenticate: Digest realm="there", nonce="n1", algorithm=MD5\r\n'
    phone.respond(first, 401, "Unauthorized", extra=challenge)
    second = phone.request_of("MESSAGE")
    assert 'username="us"' in second.header("Authorization")
    assert turn(second) == turn(first) + 1
    phone.respond(second, 200)
    result = switch.wait(native.Result)
    assert (result.token, result.status) == (token, 200)
    phone.bye()


def test_a_call_refused_at_once_has_a_number(switch: Switch, phone: Phone) -> None:
    """On a quick network it is over before its maker asks for the number; the records in the queue name it."""
    native.plan_call()
    call = pj.Call(switch.account)
    call.makeCall(f"sip:them@{phone.host}:{phone.port}", pj.CallOpParam(True))
    phone.respond(phone.request_of("INVITE"), 486, "Busy Here")
    end = time.monotonic() + 5
    while call.isActive() and time.monotonic() < end:
        time.sleep(0.01)
    number = native.call_id(call.getId())
    ended = switch.wait(native.CallState, state="disconnected")
    assert (ended.call, ended.code) == (number, 486)


def test_a_payload_type_that_is_no_number_is_nobodys(switch: Switch, phone: Phone, other: Phone) -> None:
    """The others still count, in offers and in answers; without others there is nothing to talk with."""
    odd = "a=rtpmap:0 PCMU/8000\r\na=rtpmap:bob telephone-event/8000\r\n"
    phone.invite(body=phone.offer(formats="bob 0", names=odd))
    incoming = switch.wait(native.Incoming)
    switch.answer(incoming)
    answer = phone.established()
    assert "bob" not in answer.body
    assert switch.wait(native.CallMedia).codec == "PCMU/8000"
    phone.invite(body=phone.offer(formats="0 bob", names=odd))
    phone.established()
    phone.bye()
    call = switch.dial(other.uri)
    other.accept(body=other.offer(formats="0 bob", names=odd))
    assert switch.wait(native.CallMedia, call=call).codec == "PCMU/8000"
    switch.hangup(call)
    other.respond(other.request_of("BYE"), 200)
    with Phone(switch.port) as third:
        third.invite(body=third.offer(formats="bob"))
        assert third.answer_of().code in {400, 488}


def test_ringing_without_a_tag_is_ringing(switch: Switch, phone: Phone) -> None:
    """Some gateways forget it; RFC 3261, 12.1.1 wants one, so that pjsip makes no dialog of such an answer."""
    call = switch.dial(phone.uri)
    invite = phone.request_of("INVITE")
    for code, reason in ((183, "Session Progress"), (180, "Ringing")):
        phone.send(phone.response(invite, code, reason).replace(f";tag={phone.tag}", ""))
        told = switch.wait(native.CallState, call=call, code=code)
        assert (told.reason, told.remote) == (reason, True)
    phone.respond(invite, 486, "Busy Here")
    assert switch.wait(native.CallState, call=call, state="disconnected").code == 486


def test_no_name_is_looked_up_for_audio(switch: Switch, phone: Phone, other: Phone) -> None:
    """A host name in SDP would stop the whole stack for as long as the resolver takes."""
    body = phone.offer().replace(f"c=IN IP4 {phone.host}", "c=IN IP4 no.such.host.invalid")
    phone.invite(body=body)
    incoming = switch.wait(native.Incoming)
    switch.answer(incoming)
    phone.established()
    assert switch.wait(native.CallMedia).remote == (phone.host, phone.rtp_port)
    phone.invite(body=body)
    phone.established()
    switch.wait(native.CallMedia)
    phone.bye()
    call = switch.dial(other.uri)
    other.accept(body=other.offer().replace(f"c=IN IP4 {other.host}", "c=IN IP4 no.such.host.invalid"))
    assert switch.wait(native.CallMedia, call=call).remote == (other.host, other.rtp_port)


def test_sdp_names_the_address_that_faces_the_far_end(switch: Switch, phone: Phone, other: Phone) -> None:
    config = switch.account_config()
    config.mediaConfig.transportConfig.boundAddress = ""  # all interfaces
    account = pj.Account()
    account.create(config)
    former, switch.account = switch.account, account
    native.set_identities(
        [native.Service(order=("anonymous",), guest=1, challenge=frozenset())],
        [native.Identity(1, 0, accounts=(account.getId(),))],
    )
    try:
        phone.invite()
        switch.answer(switch.wait(native.Incoming))
        answer = phone.established()
        call = switch.dial(other.uri)
        offer = other.request_of("INVITE")
        for message in (answer, offer):
            assert set(re.findall(r"IN IP4 (\S+)", message.body)) == {"127.0.0.1"}
            assert re.search(r"^a=rtcp:\d+\r$", message.body, re.MULTILINE)
        other.respond(offer, 486)
        other.request_of("ACK")
        phone.bye()
        switch.wait(native.CallState, state="disconnected", call=call)
        switch.pump(0.1)
    finally:
        switch.account = former
        switch.everybody()


def test_a_late_offer(switch: Switch, phone: Phone) -> None:
    """An INVITE without SDP: we offer in the 200, the ACK answers."""
    switch.everybody(codecs=("PCMA/8000",))
    phone.send(phone.make("INVITE"))
    switch.answer(switch.wait(native.Incoming))
    offer = phone.answer_of(200)
    assert re.search(r"^m=audio \d+ RTP/AVP 8 101\r$", offer.body, re.MULTILINE)
    phone.learn(offer)
    phone.branch = ""
    phone.send(phone.make("ACK", cseq=phone.cseq, body=sdp(phone.host, phone.rtp_port, "8 101")))
    assert switch.wait(native.CallMedia).codec == "PCMA/8000"
    switch.wait(native.CallState, state="confirmed")
    assert phone.bye().code == 200


def test_an_answer_without_a_common_codec_ends_the_call(switch: Switch, other: Phone) -> None:
    call = switch.dial(other.uri, codecs=("PCMA/8000",))
    request = other.request_of("INVITE")
    other.respond(request, 200, body=sdp(other.host, other.rtp_port, "18", names="a=rtpmap:18 G729/8000\r\n"))
    other.respond(other.request_of("BYE"), 200)
    switch.wait(native.CallState, call=call, state="disconnected")
    assert not native.is_live(call)
    assert not [event for event in switch.events if isinstance(event, native.CallMedia) and event.codec]


def test_a_call_to_nowhere_ends(switch: Switch) -> None:
    for uri in ("sip:a@127.0.0.1:1;transport=tcp", "sip:a@256.256.256.256", "sip:a@no-such-host.invalid"):
        try:
            call = switch.dial(uri)
        except (pj.Error, native.StaleError):
            continue
        ended = switch.wait(native.CallState, call=call, state="disconnected", timeout=12)
        assert ended.code >= 400
