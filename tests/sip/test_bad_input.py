"""Nothing that comes over the wire ends the process, or anybody else's call."""

import asyncio
import random
import socket
from typing import Any

import pytest

from tests.sip.conftest import NET, SERVER
from tests.sip.test_calls import EXTENSIONS, SDP, caller, invite

pytestmark = [pytest.mark.sip, pytest.mark.timeout(90)]

SIP = f"""
[general]
udpbindaddr={SERVER}
tcpenable=yes
[6001]
type=friend
host=dynamic
secret=one
context=internal
[open]
type=peer
host={NET}.90
insecure=port,invite
context=internal
"""

DATAGRAMS = 3000


def seeds() -> list[bytes]:
    found = []
    for method in ("INVITE", "REGISTER", "OPTIONS", "BYE", "CANCEL", "SUBSCRIBE", "MESSAGE", "INFO", "REFER", "NOSUCH"):
        text = (
            f"{method} sip:100@{SERVER} SIP/2.0\nVia: SIP/2.0/UDP {NET}.90:5060;branch=z9hG4bKseed{method};rport\n"
            f'From: "X" <sip:6001@{SERVER}>;tag=1\nTo: <sip:100@{SERVER}>\nCall-ID: seed{method}\nCSeq: 1 {method}\n'
            f"Contact: <sip:x@{NET}.90>;expires=60\nMax-Forwards: 70\nX-Custom: a,b\nExpires: 60\n"
            'Authorization: Digest username="6001",realm="asterisk",nonce="x",uri="sip:x",response="y"\n'
            f"Content-Type: application/sdp\nContent-Length: {len(SDP) + SDP.count(chr(10))}\n\n{SDP}"
        )
        found.append(text.replace("\n", "\r\n").encode())
    return found


def mutated(rng: random.Random, seed: bytes) -> bytes:
    data = bytearray(seed)
    for _ in range(rng.randint(1, 6)):
        at = rng.randrange(len(data))
        kind = rng.randrange(5)
        if kind == 0:
            data[at] = rng.randrange(256)
        elif kind == 1:
            del data[at : at + rng.randint(1, 40)]
        elif kind == 2:
            data[at:at] = bytes(rng.randrange(256) for _ in range(rng.randint(1, 40)))
        elif kind == 3:
            end = at + rng.randint(1, 80)
            data[at:at] = bytes(data[at:end]) * rng.randint(1, 30)
        else:
            data[at:at] = rng.choice(
                [b"\r\n", b"\x00", b"%00", b";", b'"', b"<", b"sip:", b"9" * 30, b": ", b"\xff\xfe"]
            )
        if not data:
            data = bytearray(seed)
    return bytes(data[:60000])


async def test_mutated_datagrams(served: Any, agent: Any) -> None:
    pbx = await served(sip=SIP, extensions=EXTENSIONS)
    rng = random.Random(4475)
    originals = seeds()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
        wire.bind((f"{NET}.90", 5060))
        wire.setblocking(False)
        for number in range(DATAGRAMS):
            data = mutated(rng, rng.choice(originals)) if number % 10 else rng.randbytes(rng.randint(1, 500))
            wire.sendto(data, (SERVER, 5060))
            if number % 20 == 0:
                await asyncio.sleep(0.002)
                try:
                    while True:
                        wire.recv(65535)
                except BlockingIOError:
                    pass
    await asyncio.sleep(0.5)
    faults = [
        record.text for record in pbx.records if "could not be taken" in record.text or record.level.name == "ERROR"
    ]
    assert faults == []
    one = await caller(agent)
    assert (await invite(one, "100")).code == 486


async def test_control_characters_are_shown_as_such(served: Any, agent: Any) -> None:
    pbx = await served(sip=SIP, extensions=EXTENSIONS)
    one = await agent("6001", "one")
    await invite(one, "9%0a%1b%5b31m9")
    assert "\x1b" not in pbx.said
    assert "extension '9[31m9' rejected because" in pbx.said


async def test_a_connection_that_talks_nonsense(served: Any, agent: Any) -> None:
    await served(sip=SIP, extensions=EXTENSIONS)
    for text in (
        b"\x00" * 4000,
        b"GET / HTTP/1.1\r\n\r\n",
        b"INVITE sip:x SIP/2.0\r\nContent-Length: 99999999\r\n\r\n",
    ):
        reader, writer = await asyncio.open_connection(SERVER, 5060, local_addr=(f"{NET}.91", 0))
        writer.write(text)
        await writer.drain()
        await asyncio.sleep(0.1)
        writer.close()
        del reader
    one = await caller(agent)
    assert (await invite(one, "100")).code == 486
