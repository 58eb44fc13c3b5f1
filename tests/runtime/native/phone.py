"""A phone of bare sockets: it says exactly what a test wants, right or wrong."""

from __future__ import annotations

import contextlib
import hashlib
import random
import re
import socket
import struct
import time
from dataclasses import dataclass, field


def free_port() -> int:
    """A port that is free for UDP and for TCP, and that nobody gets who asks for any port."""
    while True:
        port = random.randrange(26000, 32000)
        with (
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
            socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp,
            contextlib.suppress(OSError),
        ):
            udp.bind(("127.0.0.1", port))
            tcp.bind(("127.0.0.1", port))
            return port


def token() -> str:
    return f"{random.getrandbits(48):x}"


@dataclass
class Message:
    """A SIP message taken apart as far as a test needs."""

    text: str

    @property
    def first(self) -> str:
        return self.text.split("\r\n", 1)[0]

    @property
    def code(self) -> int:
        return int(self.first.split()[1])

    @property
    def method(self) -> str:
        return self.first.split()[0]

    @property
    def body(self) -> str:
        return self.text.partition("\r\n\r\n")[2]

    def header(self, name: str) -> str:
        found = re.search(rf"^{name}:[ \t]*(.*?)\r$", self.text, re.MULTILINE | re.IGNORECASE)
        return found[1] if found else ""

    def headers(self, name: str) -> list[str]:
        return re.findall(rf"^{name}:[ \t]*(.*?)\r$", self.text, re.MULTILINE | re.IGNORECASE)

    def names(self) -> list[str]:
        return [line.split(":")[0] for line in self.text.partition("\r\n\r\n")[0].split("\r\n")[1:]]


@dataclass
class Rtp:
    """A packet of audio."""

    payload_type: int
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes
    marker: bool = False

    @classmethod
    def parse(cls, packet: bytes) -> Rtp:
        first, second, sequence, timestamp, ssrc = struct.unpack("!BBHII", packet[:12])
        assert first == 0x80
        return cls(second & 0x7F, sequence, timestamp, ssrc, packet[12:], bool(second & 0x80))

    def packed(self) -> bytes:
        second = self.payload_type | (0x80 if self.marker else 0)
        return struct.pack("!BBHII", 0x80, second, self.sequence & 0xFFFF, self.timestamp & 0xFFFFFFFF, self.ssrc) + (
            self.payload
        )


def sdp(host: str, port: int, formats: str = "0 8 101", direction: str = "sendrecv", names: str | None = None) -> str:
    if names is None:
        names = (
            "a=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\n"
        )
    return (
        f"v=0\r\no=- 1 1 IN IP4 {host}\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\n"
        f"m=audio {port} RTP/AVP {formats}\r\n{names}a={direction}\r\n"
    )


@dataclass
class Phone:
    """One UDP socket for SIP, one for RTP, one dialog at a time."""

    server: int
    host: str = "127.0.0.1"
    user: str = "alice"
    secret: str = "secret"
    call_id: str = field(default_factory=lambda: token() + "@phone")
    tag: str = field(default_factory=token)
    remote_tag: str = ""
    cseq: int = 0
    branch: str = ""
    request: Message | None = None
    sequence: int = field(default_factory=lambda: random.randrange(65536))
    timestamp: int = field(default_factory=lambda: random.getrandbits(32))
    ssrc: int = field(default_factory=lambda: random.getrandbits(32))

    def __enter__(self) -> Phone:
        self.sip = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sip.bind((self.host, 0))
        self.sip.settimeout(10)
        self.rtp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.rtp.bind((self.host, 0))
        self.rtp.settimeout(5)
        self.port = self.sip.getsockname()[1]
        self.rtp_port = self.rtp.getsockname()[1]
        self.uri = f"sip:{self.user}@{self.host}:{self.port}"
        self.far_rtp: tuple[str, int] = ("", 0)
        return self

    def __exit__(self, *_: object) -> None:
        self.sip.close()
        self.rtp.close()

    # ---- SIP

    def offer(self, **how: str) -> str:
        return sdp(self.host, self.rtp_port, **how)

    def make(
        self,
        method: str,
        *,
        uri: str = "",
        extra: str = "",
        body: str = "",
        to_tag: str = "",
        content_type: str = "application/sdp",
        contact: str | None = None,
        cseq: int | None = None,
    ) -> str:
        if cseq is None:
            self.cseq += 1
            cseq = self.cseq
        if method != "ACK" or not self.branch:
            self.branch = "z9hG4bK" + token()
        to = f"<sip:{self.user if method == 'REGISTER' else '100'}@127.0.0.1:{self.server}>"
        tag = to_tag or self.remote_tag
        lines = [
            f"{method} {uri or f'sip:100@127.0.0.1:{self.server}'} SIP/2.0",
            f"Via: SIP/2.0/UDP {self.host}:{self.port};branch={self.branch};rport",
            "Max-Forwards: 70",
            f"From: <sip:{self.user}@127.0.0.1>;tag={self.tag}",
            f"To: {to}" + (f";tag={tag}" if tag else ""),
            f"Call-ID: {self.call_id}",
            f"CSeq: {cseq} {method}",
            f"Contact: {contact if contact is not None else '<' + self.uri + '>'}",
        ]
        head = "\r\n".join(lines) + "\r\n" + extra
        if body:
            head += f"Content-Type: {content_type}\r\n"
        return f"{head}Content-Length: {len(body)}\r\n\r\n{body}"

    def send(self, text: str | bytes) -> None:
        self.sip.sendto(text if isinstance(text, bytes) else text.encode(), ("127.0.0.1", self.server))

    def receive(self, timeout: float = 10) -> Message:
        self.sip.settimeout(timeout)
        return Message(self.sip.recv(65535).decode(errors="replace"))

    def silent(self, seconds: float = 0.4) -> bool:
        try:
            self.receive(seconds)
        except TimeoutError:
            return True
        return False

    def answer_of(self, *codes: int, cseq: int | None = None, timeout: float = 10) -> Message:
        """Wait for a final response, or for one of these codes."""
        until = time.monotonic() + timeout
        while True:
            message = self.receive(max(until - time.monotonic(), 0.01))
            if not message.first.startswith("SIP/2.0"):
                continue
            if cseq is not None and not message.header("CSeq").startswith(f"{cseq} "):
                continue
            if message.code in codes or (not codes and message.code >= 200):
                return message

    def request_of(self, method: str, timeout: float = 10) -> Message:
        until = time.monotonic() + timeout
        while True:
            message = self.receive(max(until - time.monotonic(), 0.01))
            if message.method == method:
                return message

    def ask(self, method: str, **how: object) -> Message:
        self.send(self.make(method, **how))  # type: ignore[arg-type]
        return self.answer_of(cseq=self.cseq)

    def digest(
        self,
        challenge: Message,
        method: str,
        *,
        uri: str = "",
        nc: int = 1,
        qop: bool = True,
        algorithm: str | None = None,
        user: str | None = None,
        secret: str | None = None,
    ) -> str:
        for line in challenge.headers("WWW-Authenticate"):
            fields = dict(re.findall(r'(\w+)="?([^",]*)"?', line.partition(" ")[2]))
            if algorithm is None or fields.get("algorithm", "MD5") == algorithm:
                break
        name = fields.get("algorithm", "MD5")
        uri = uri or f"sip:100@127.0.0.1:{self.server}"
        user, secret = user or self.user, secret or self.secret

        def h(text: str) -> str:
            return hashlib.new({"MD5": "md5", "SHA-256": "sha256"}[name], text.encode()).hexdigest()

        first, second = h(f"{user}:{fields['realm']}:{secret}"), h(f"{method}:{uri}")
        if qop:
            response = h(f"{first}:{fields['nonce']}:{nc:08x}:c0ffee:auth:{second}")
            more = f', qop=auth, cnonce="c0ffee", nc={nc:08x}'
        else:
            response = h(f"{first}:{fields['nonce']}:{second}")
            more = ""
        return (
            f'Authorization: Digest username="{user}", realm="{fields["realm"]}", nonce="{fields["nonce"]}", '
            f'uri="{uri}", response="{response}", algorithm={name}{more}\r\n'
        )

    def invite(self, *, extra: str = "", body: str | None = None) -> None:
        self.send(self.make("INVITE", extra=extra, body=self.offer() if body is None else body))

    def established(self, message: Message | None = None) -> Message:
        """Wait for the 200 of an INVITE and acknowledge it."""
        message = message or self.answer_of()
        assert message.code == 200, message.text
        self.learn(message)
        self.branch = ""
        self.send(self.make("ACK", cseq=self.cseq))
        return message

    def learn(self, message: Message) -> None:
        self.remote_tag = re.search(r"tag=([^;\s]+)", message.header("To"))[1]  # type: ignore[index]
        self.far_rtp = media_of(message)

    def bye(self) -> Message:
        return self.ask("BYE")

    def respond(
        self, request: Message, code: int, reason: str = "OK", *, body: str = "", extra: str = "", contact: str = ""
    ) -> None:
        """Answer a request of the server, as the called party."""
        self.send(self.response(request, code, reason, body=body, extra=extra, contact=contact))

    def response(
        self, request: Message, code: int, reason: str = "OK", *, body: str = "", extra: str = "", contact: str = ""
    ) -> str:
        to = request.header("To")
        if "tag=" not in to:
            to += f";tag={self.tag}"
        lines = [f"SIP/2.0 {code} {reason}"]
        lines += [f"Via: {via}" for via in request.headers("Via")]
        lines += [f"From: {request.header('From')}", f"To: {to}", f"Call-ID: {request.header('Call-ID')}"]
        lines += [f"CSeq: {request.header('CSeq')}", f"Contact: {contact or f'<{self.uri}>'}"]
        text = "\r\n".join(lines) + "\r\n" + extra
        if body:
            text += "Content-Type: application/sdp\r\n"
        return f"{text}Content-Length: {len(body)}\r\n\r\n{body}"

    def accept(self, *, body: str | None = None) -> Message:
        """Be called, and answer."""
        request = self.request_of("INVITE")
        self.request = request
        self.far_rtp = media_of(request)
        self.respond(request, 200, body=self.offer() if body is None else body)
        self.request_of("ACK")
        return request

    # ---- RTP

    def talk(
        self,
        count: int = 1,
        *,
        payload_type: int = 0,
        payload: bytes = b"\xff" * 160,
        marker: bool = False,
        gap_s: float = 0,
    ) -> None:
        for _ in range(count):
            time.sleep(gap_s)
            packet = Rtp(payload_type, self.sequence, self.timestamp, self.ssrc, payload, marker)
            self.rtp.sendto(packet.packed(), self.far_rtp)
            self.sequence += 1
            self.timestamp += 160

    def press(self, digit: int, *, payload_type: int = 101, duration: int = 800, packets: int = 5) -> None:
        """A key as RFC 4733 sends it: growing durations, then three times the end."""
        for i in range(1, packets + 1):
            self._event(digit, payload_type, duration * i // packets, end=False, marker=i == 1)
        for _ in range(3):
            self._event(digit, payload_type, duration, end=True)
        self.timestamp += duration

    def _event(self, digit: int, payload_type: int, duration: int, *, end: bool, marker: bool = False) -> None:
        payload = struct.pack("!BBH", digit, 0x80 if end else 10, duration)
        packet = Rtp(payload_type, self.sequence, self.timestamp, self.ssrc, payload, marker)
        self.rtp.sendto(packet.packed(), self.far_rtp)
        self.sequence += 1

    def hear(self, timeout: float = 5) -> Rtp:
        self.rtp.settimeout(timeout)
        return Rtp.parse(self.rtp.recv(2000))

    def hear_all(self, seconds: float) -> list[Rtp]:
        until, heard = time.monotonic() + seconds, []
        while (left := until - time.monotonic()) > 0:
            try:
                heard.append(self.hear(left))
            except TimeoutError:
                break
        return heard


def media_of(message: Message) -> tuple[str, int]:
    host = re.search(r"^c=IN IP4 (\S+)", message.body, re.MULTILINE)
    port = re.search(r"^m=audio (\d+)", message.body, re.MULTILINE)
    return (host[1], int(port[1])) if host and port else ("", 0)
