"""Who a request is from: by address, user, header, Request-URI, and the lists that come first."""

from __future__ import annotations

import socket

import pytest

from tests.runtime.native.phone import Phone
from tests.runtime.native.switch import Switch, native, pj

pytestmark = pytest.mark.sip


def register(phone: Phone) -> int:
    return phone.ask("REGISTER", uri=f"sip:127.0.0.1:{phone.server}").code


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
        assert register(outside) == 403
        assert switch.wait(native.Security).event == "FailedACL"
        assert register(inside) == 401
    switch.alice(service={"access": (native.Access(False, "127.0.0.9"),)})
    with Phone(switch.port, host="127.0.0.9") as phone:
        assert register(phone) == 403


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
