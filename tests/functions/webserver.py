"""A web server for CURL: says what it was asked, and misbehaves where it is told to."""

import gzip
import http.server
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager

HELD = threading.Event()
"What `/slow` waits for."


class _Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that go away are what is tested."""


class _Answers(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        pass

    def reply(self, body: bytes, code: int = 200, location: str = "", kind: str = "", length: int = -1) -> None:
        self.send_response_only(code)
        for name, value in (("Location", location), ("Content-Type", kind)):
            if value:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if length < 0 else length))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        kind = self.headers.get("Content-Type")
        shown = sorted(f"{name}: {value}" for name, value in self.headers.items() if name not in ("User-Agent", "Host"))
        packed = "gzip" in (self.headers.get("Accept-Encoding") or "")
        plain = {
            "/": b"root",
            "/plain": b"hello",
            "/blanks": b"  hello  \n\n ",
            "/empty": b"",
            "/lines": b"one\ntwo\r\nthree\n",
            "/utf8": "Zoë".encode(),
            "/gzip": gzip.compress(b"zipped") if packed else b"not zipped",
            "/form": b"one=1&two=a%2Cb+c&three&=x&f%6Fur=1%3D2\n",
            "/post": f"{self.command} {kind} {body.decode()}".encode(),
            "/method": self.command.encode(),
            "/echo": self.path.encode(),
            "/agent": (self.headers.get("User-Agent") or "none").encode(),
            "/auth": (self.headers.get("Authorization") or "none").encode(),
            "/headers": "|".join(shown).encode() + b" " + body,
        }
        match self.path.partition("?")[0]:
            case "/404":
                self.reply(b"not here", 404)
            case "/500":
                self.reply(b"broken", 500)
            case "/redirect":
                self.reply(b"moved", 302, "/plain")
            case "/redirect2":
                self.reply(b"moved twice", 302, "/redirect")
            case "/away":
                self.reply(b"moved away", 302, "file:///etc/passwd")
            case "/latin1":
                self.reply("Zoë".encode("latin-1"), kind="text/plain; charset=iso-8859-1")
            case "/partial":
                self.reply(b"half", length=100)
                self.close_connection = True
            case "/endless":
                self.reply(b"x" * (5 << 20))
            case "/slow":
                HELD.wait(30)
                self.reply(b"slow")
            case "/digest" if not self.headers.get("Authorization", "").startswith("Digest"):
                self.send_response_only(401)
                self.send_header("WWW-Authenticate", 'Digest realm="r", nonce="n", qop="auth", algorithm=MD5')
                self.send_header("Content-Length", "0")
                self.end_headers()
            case "/digest":
                self.reply(b"let in")
            case path if path in plain:
                self.reply(plain[path])
            case _:
                self.reply(b"where", 404)


@contextmanager
def serving() -> Iterator[str]:
    """Serve on a port of this machine; gives the URL."""
    HELD.clear()
    with _Server(("127.0.0.1", 0), _Answers) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            HELD.set()
            server.shutdown()
            thread.join()
