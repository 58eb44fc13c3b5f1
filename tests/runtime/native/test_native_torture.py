"""Wrong, odd and hostile messages: each costs itself and nothing else."""

from __future__ import annotations

import random
import socket
import time

import pytest

from tests.runtime.native.phone import Phone, token
from tests.runtime.native.switch import Switch, native, pj
from tests.runtime.native.torture import CASES, FOLDER, Torture

pytestmark = pytest.mark.sip


def serve(switch: Switch) -> None:
    """Answer as a small server would: calls, registrations, options; the rest is not allowed."""
    for event in list(switch.events):
        if isinstance(event, native.Request):
            native.respond(event.token, 200 if event.method == "OPTIONS" else 405)
        elif isinstance(event, native.Register):
            headers = [("Contact", f"<{contact.uri}>;expires=60") for contact in event.contacts]
            try:
                native.respond(event.token, 200, headers=headers)
            except ValueError:
                native.respond(event.token, 400)
        elif isinstance(event, native.Incoming):
            try:
                switch.answer(event)
            except pj.Error:
                pass  # refused by then
        else:
            str(event)  # whatever came in can be shown
        switch.events.remove(event)


def final_answer(switch: Switch, phone: Phone, seconds: float) -> int | None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        switch.pump(0.01)
        serve(switch)
        try:
            message = phone.receive(0.02)
        except TimeoutError:
            continue
        if message.first.startswith("SIP/2.0") and message.code >= 200:
            return message.code
    return None


def alive(switch: Switch, timeout: float = 10) -> None:
    with Phone(switch.port) as phone:
        phone.send(phone.make("OPTIONS"))
        assert final_answer(switch, phone, timeout) == 200


def hang_up_all(switch: Switch) -> None:
    switch.pump(0.05)
    serve(switch)
    for call in list(switch.calls):
        if native.is_live(call):
            switch.hangup(call)
    switch.pump(0.05)


@pytest.mark.parametrize("torture", CASES, ids=lambda torture: torture.name)
def test_rfc_4475(switch: Switch, phone: Phone, torture: Torture) -> None:
    # The RFC gives many messages the same branch; to PJSIP the second would be a retransmission of the first.
    phone.send(torture.message.replace(b"z9hG4bKkdjuw", b"z9hG4bKkdjuw" + token().encode()))
    answer = final_answer(switch, phone, 0.15 if None in torture.answers else 10)
    assert answer in torture.answers
    alive(switch)
    hang_up_all(switch)


def test_every_message_of_the_rfc_is_there_once() -> None:
    assert len({torture.section for torture in CASES}) == len(CASES) == len(list(FOLDER.glob("*.dat"))) == 49


def mutate(rng: random.Random, message: bytes) -> bytes:
    data = bytearray(message)
    for _ in range(rng.choice((1, 1, 2, 4, 16))):
        at = rng.randrange(len(data) + 1)
        kind = rng.randrange(8)
        if kind == 0 and data:
            data[at % len(data)] = rng.randrange(256)
        elif kind == 1:
            data[at:at] = bytes(rng.randrange(256) for _ in range(rng.randrange(20)))
        elif kind == 2:
            del data[at : at + rng.randrange(40)]
        elif kind == 3:
            data[at:at] = data[at : at + rng.randrange(200)] * rng.randrange(1, 6)
        elif kind == 4:
            data[at:at] = rng.choice(
                (b"\r\n", b"\n", b"\0", b";", b",", b'"', b"<", b">", b"\\", b"%", b"\r\n\r\n", b"@", b":")
            )
        elif kind == 5:
            data[at:at] = rng.choice((b"A", b"9", b";a=b", b"%41", b" ")) * rng.choice((10, 300, 3000))
        elif kind == 6:
            data[at:at] = str(rng.choice((-1, 0, 2**31, 2**32, 2**64, 10**40))).encode()
        else:
            del data[at:]
    return bytes(data[:60000])


@pytest.mark.timeout(300)
def test_ten_thousand_random_and_mutated_datagrams(switch: Switch) -> None:
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    rng = random.Random(seed)
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with Phone(switch.port) as phone:
        seeds = [torture.message for torture in CASES]
        for method in (
            "INVITE",
            "REGISTER",
            "OPTIONS",
            "SUBSCRIBE",
            "BYE",
            "CANCEL",
            "ACK",
            "MESSAGE",
            "REFER",
            "UPDATE",
        ):
            extra = "Expires: 60\r\nEvent: presence\r\nRefer-To: <sip:a@b>\r\n"
            extra += "Replaces: a;to-tag=b;from-tag=c\r\nPath: <sip:x;lr>\r\n"
            phone.call_id = token()
            seeds.append(phone.make(method, extra=extra, body=phone.offer()).encode())
        seeds.append(
            phone.make(
                "REGISTER",
                extra='Authorization: Digest username="alice", realm="asterism", nonce="00", '
                'uri="sip:a", response="00", qop=auth, nc=00000001, cnonce="x"\r\n',
            ).encode()
        )
    for i in range(10_000):
        if i % 5 == 0:
            datagram = rng.randbytes(rng.randrange(1, 1400))
        else:
            datagram = mutate(rng, rng.choice(seeds))
        udp.sendto(datagram, ("127.0.0.1", switch.port))
        if i % 50 == 49:
            switch.pump(0.005)
            serve(switch)
        if i % 1000 == 999:
            alive(switch, 10)
            hang_up_all(switch)
    udp.close()
    hang_up_all(switch)
    switch.pump(2)  # requests that nobody waits for any more
    serve(switch)
    alive(switch)


def test_random_bytes_over_tcp(switch: Switch) -> None:
    rng = random.Random(4475)
    for i in range(60):
        with socket.create_connection(("127.0.0.1", switch.port)) as tcp:
            try:
                if i % 2:
                    tcp.sendall(rng.randbytes(rng.randrange(1, 5000)))
                else:
                    tcp.sendall(mutate(rng, rng.choice(CASES).message))
            except ConnectionError:
                pass  # thrown out: rightly so
        switch.pump(0.005)
        serve(switch)
    hang_up_all(switch)
    alive(switch)
    switch.events.clear()
