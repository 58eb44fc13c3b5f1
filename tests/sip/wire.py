"""A SIP user agent of a few lines that says exactly what a test wants, over UDP or TCP."""

import asyncio
import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import md5


@dataclass(frozen=True)
class Received:
    """A message as it came."""

    text: str

    @property
    def code(self) -> int:
        return int(self.text.split(" ", 2)[1]) if self.text.startswith("SIP/2.0") else 0

    @property
    def method(self) -> str:
        return self.text.split(" ", 1)[0]

    def all(self, name: str) -> list[str]:
        return re.findall(rf"^{re.escape(name)}\s*:\s*(.*?)\r?$", self.text, re.IGNORECASE | re.MULTILINE)

    def header(self, name: str) -> str:
        return next(iter(self.all(name)), "")


class Agent(asyncio.DatagramProtocol):
    """A user agent on an address of its own."""

    def __init__(self, user: str, secret: str, server: str, address: str, port: int = 5060) -> None:
        self.user, self.secret, self.server, self.address, self.port = user, secret, server, address, port
        self.received: asyncio.Queue[Received] = asyncio.Queue()
        self.answering: Callable[[Received], str | None] = lambda message: None
        self._numbers = itertools.count(1)
        self.call_id = f"call-{user}-{id(self)}@{address}"

    async def open(self) -> "Agent":
        loop = asyncio.get_running_loop()
        self.transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(self.address, self.port))
        return self

    def close(self) -> None:
        self.transport.close()

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        message = Received(data.decode("utf-8", "replace"))
        answer = None if message.code else self.answering(message)
        if answer is not None:
            self.transport.sendto(answer.encode(), address)
        else:
            self.received.put_nowait(message)

    last_sent = ""
    "The latest INVITE, so that it can be cancelled."

    def send(self, text: str) -> None:
        if text.startswith("INVITE"):
            self.last_sent = text
        self.transport.sendto(text.replace("\n", "\r\n").encode(), (self.server, 5060))

    def request(self, method: str, uri: str, *headers: str, cseq: int, body: str = "", to: str = "") -> str:
        lines = [
            f"{method} {uri} SIP/2.0",
            f"Via: SIP/2.0/UDP {self.address}:{self.port};branch=z9hG4bK{id(self)}{cseq}{method};rport",
            f"From: <sip:{self.user}@{self.server}>;tag=t{self.user}",
            f"To: {to or f'<{uri}>'}",
            f"Call-ID: {self.call_id}",
            f"CSeq: {cseq} {method}",
            "Max-Forwards: 70",
            *headers,
            f"Content-Length: {len(body.replace(chr(10), chr(13) + chr(10)))}",
        ]
        return "\n".join(lines) + "\n\n" + body

    async def ask(
        self, method: str, uri: str, *headers: str, body: str = "", to: str = "", cseq: int = 0, digest: bool = True
    ) -> Received:
        """Send a request, answer its challenge, and return the final answer."""
        cseq = cseq or next(self._numbers)
        self.send(self.request(method, uri, *headers, cseq=cseq, body=body, to=to))
        answer = await self.final()
        if answer.code in (401, 407) and digest:
            if method == "INVITE":
                self.send(
                    self.request("ACK", uri, cseq=cseq, to=answer.header("To")).replace(f"{cseq}ACK", f"{cseq}INVITE")
                )
            name = "Authorization" if answer.code == 401 else "Proxy-Authorization"
            challenge = answer.header("WWW-Authenticate") or answer.header("Proxy-Authenticate")
            cseq = next(self._numbers) + 1000
            authorization = f"{name}: {self.credentials(challenge, method, uri)}"
            self.send(self.request(method, uri, authorization, *headers, cseq=cseq, body=body, to=to))
            answer = await self.final()
        return answer

    async def final(self) -> Received:
        while True:
            message = await asyncio.wait_for(self.received.get(), 15)
            if message.code >= 200:
                return message

    def credentials(self, challenge: str, method: str, uri: str) -> str:
        fields = dict(re.findall(r'(\w+)="?([^",]*)"?', challenge))

        def digest(text: str) -> str:
            return md5(text.encode(), usedforsecurity=False).hexdigest()

        ha1 = digest(f"{self.user}:{fields['realm']}:{self.secret}")
        ha2 = digest(f"{method}:{uri}")
        tail = ""
        if "qop" in fields:
            response = digest(f"{ha1}:{fields['nonce']}:00000001:cnonce:auth:{ha2}")
            tail = ',qop=auth,nc=00000001,cnonce="cnonce"'
        else:
            response = digest(f"{ha1}:{fields['nonce']}:{ha2}")
        return (
            f'Digest username="{self.user}",realm="{fields["realm"]}",nonce="{fields["nonce"]}",uri="{uri}",'
            f'response="{response}",algorithm=MD5{tail}'
        )

    async def register(
        self, *contacts: str, expires: int | None = 120, headers: tuple[str, ...] = (), cseq: int = 0
    ) -> Received:
        """Register; its own address when no contact is given."""
        contacts = contacts or (f"<sip:{self.user}@{self.address}:{self.port}>",)
        wanted = [f"Contact: {contact}" for contact in contacts if contact]
        if expires is not None:
            wanted.append(f"Expires: {expires}")
        return await self.ask(
            "REGISTER", f"sip:{self.server}", *wanted, *headers, to=f"<sip:{self.user}@{self.server}>", cseq=cseq
        )


def answer(request: Received, code: int, reason: str, *headers: str, body: str = "") -> str:
    """An answer to a request that came."""
    lines = [f"SIP/2.0 {code} {reason}"]
    for name in ("Via", "From", "To", "Call-ID", "CSeq"):
        for value in request.all(name):
            tag = ";tag=answer" if name == "To" and "tag=" not in value and code > 100 else ""
            lines.append(f"{name}: {value}{tag}")
    lines += [*headers, f"Content-Length: {len(body.replace(chr(10), chr(13) + chr(10)))}", "", body]
    return "\r\n".join("\n".join(lines).split("\n"))


SDP = """v=0
o=agent 1 1 IN IP4 127.0.0.1
s=-
c=IN IP4 127.0.0.1
t=0 0
m=audio 6000 RTP/AVP 0 101
a=rtpmap:0 PCMU/8000
a=rtpmap:101 telephone-event/8000
"""
