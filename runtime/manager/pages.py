"""The manager over HTTP: an action for each request, as text, as HTML, or as XML.

A login lasts as long as its cookie, `httptimeout` seconds from one request to the next; on the pages whose name begins
with `a` digest authentication takes the place of login and cookie. Events wait until the action WaitEvent fetches them.
"""

import asyncio
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING

from asterism.runtime import security
from asterism.runtime.http.server import BODY_BYTES_MAX, HttpServer, Page
from asterism.runtime.log import escaped, quoted
from asterism.runtime.manager.client import NO_ANSWER, ManagerClient
from asterism.runtime.manager.conf import User
from asterism.runtime.manager.digest import Credentials, Nonces
from asterism.runtime.manager.packets import EventPacket, Packet, last, packets_of
from asterism.runtime.manager.sockets import WebSockets
from asterism.runtime.request import CLIENT, Request, Response, one_line

if TYPE_CHECKING:
    from aiohttp import web
    from asterism.runtime.manager.server import ManagerServer

COOKIE = "mansession_id"

FORM = """\
<form method="post">
<p>Action <input name="action"> Command <input name="command"></p>
<p>User <input name="username"> Secret <input name="secret" type="password"> <input type="submit"></p>
</form>
"""


class WebLogin(ManagerClient):
    """A client over HTTP, from one request to the next."""

    def __init__(self, pages: "Pages", server: "ManagerServer", scheme: str) -> None:
        super().__init__(server, scheme)
        self._pages = pages
        self._held = []
        self._turn = asyncio.Lock()
        self._expiry: asyncio.TimerHandle | None = None
        self.key = secrets.token_hex(16)
        "What its cookie holds."
        self.lasts = False
        "Whether there is something to come back for: a login, or a challenge."

    def meet(self, ours: object, theirs: object) -> None:
        """Say between which addresses it speaks."""
        self._met(ours, theirs)

    def send(self, packets: Iterable[Packet]) -> None:
        """It is sent nothing but answers."""

    def send_events(self, packets: Iterable[EventPacket]) -> None:
        """More events wait than may: whoever asks so rarely is logged off."""
        self._rt.log.warning(f"Manager client {self.said()} does not fetch its events and is logged off")
        self.close()

    def logged_in(self) -> None:
        """It counts from now on."""
        self.lasts = True
        self._server.connections.append(self)

    def close(self) -> None:
        """Forget it."""
        self.lasts = False
        if self._expiry is not None:
            self._expiry.cancel()
        self._wake()
        self._pages.forget(self)
        self._server.left(self)

    def _welcome(self) -> None:
        self._tell(security.SuccessfulAuth, {"UsingPassword": "0"})

    async def packets(self, request: Request) -> list[Packet]:
        """Do an action; what comes of it."""
        async with self._turn:
            if self._expiry is not None:
                self._expiry.cancel()
            CLIENT.set(self)
            action_id = request.get("ActionID") if "ActionID" in request else None
            response = await self.answer(request)
            found = [] if response is NO_ANSWER else list(packets_of(response, action_id))
            if response.last is not None:
                waiting, self._held = self._held or [], []
                found += [each.numbered() if self.numbered else Packet(each.headers) for each in waiting]
                found.append(last(response.last, action_id))
            self._ended(response)
            return found

    def _ended(self, response: Response) -> None:
        if response.closes:
            self.close()
            return
        if response.after is not None:
            response.after()
        self.lasts = self.lasts or bool(self._challenge)
        if self.lasts:
            seconds = self._server.conf.general.httptimeout
            self._expiry = asyncio.get_running_loop().call_later(max(1, seconds), self.close)

    async def wait_event(self, seconds: float) -> None:
        """Wait for an event; see `Client`."""
        await super().wait_event(min(seconds, max(1.0, self._server.conf.general.httptimeout - 5.0)))


class ProvenLogin(WebLogin):
    """A client that proves with each request who it is."""

    credentials = Credentials()
    "What it says of itself this time."
    method = ""
    "How it asks: GET or POST."

    def _refusal(self, user: User | None, request: Request) -> type[security.SecurityEvent] | None:
        secret = user.settings.secret if user is not None else secrets.token_hex()
        proven = self.credentials.proves(self.method, self._pages.realm, secret) and bool(secret)
        if user is None:
            return security.InvalidAccountID
        if not user.access.allows(self.name):
            return security.FailedACL
        return None if proven else security.ChallengeResponseFailed

    def _proof(self, request: Request) -> dict[str, str]:
        return {"Challenge": self.credentials.nonce, "Response": escaped(self.credentials.response)}

    async def proven(self, said: Credentials, asking: "web.BaseRequest") -> bool:
        """Whether it is who it says; the first time it is logged in by that."""
        async with self._turn:
            # Not before its turn: another who has seen the nonce may ask meanwhile, from elsewhere.
            _meet(self, asking)
            self.credentials, self.method = said, asking.method
            request = Request([("Username", said.username)])
            if self.user is not None:
                same = self.user.name == said.username
                return same and self._refusal(self._server.conf.users.get(said.username), request) is None
            answer = await self.login(request)
            if answer.after is not None:
                answer.after()
            return answer.status == "Success"


class Pages:
    """The pages of the manager on the HTTP server, and who is logged in through them."""

    def __init__(self, server: "ManagerServer", http: HttpServer) -> None:
        self._server = server
        self._http = http
        self._logins: dict[str, WebLogin] = {}
        self._nonces = Nonces()
        # Not beside the others: a nonce can be read on the wire, and must not be good as a cookie.
        self._proven: dict[str, ProvenLogin] = {}
        self._sockets = WebSockets(server)
        self._served = {
            "manager": Page(self._page("text/html", as_html), "HTML Manager Event Interface"),
            "rawman": Page(self._page("text/plain", as_text), "Raw HTTP Manager Event Interface"),
            "mxml": Page(self._page("text/xml", as_xml), "XML Manager Event Interface"),
            "amanager": Page(
                self._page("text/html", as_html, True), "HTML Manager Event Interface w/Digest authentication"
            ),
            "arawman": Page(
                self._page("text/plain", as_text, True), "Raw HTTP Manager Event Interface w/Digest authentication"
            ),
            "amxml": Page(self._page("text/xml", as_xml, True), "XML Manager Event Interface w/Digest authentication"),
            "ws": Page(self._sockets.serve, "Manager as JSON over WebSocket (ami)"),
        }
        for path, page in self._served.items():
            http.add(path, page)

    def close(self) -> None:
        """Serve them no more, and log everybody off."""
        for path in self._served:
            self._http.remove(path)
        for login in (*self._logins.values(), *self._proven.values()):
            login.close()

    @property
    def realm(self) -> str:
        """What browsers ask a name and a secret for: the name of the system, where it has one."""
        return self._server.rt.system_name or "asterisk"

    def forget(self, login: WebLogin) -> None:
        """A login is over."""
        self._logins.pop(login.key, None)
        if isinstance(login, ProvenLogin):
            self._proven.pop(login.credentials.nonce, None)
            self._nonces.forget(login.credentials.nonce)

    def _page(
        self, kind: str, shown: "Callable[[Sequence[Packet]], str]", proven: bool = False
    ) -> "Callable[[web.BaseRequest], asyncio.Future[web.StreamResponse]]":
        async def answer(request: "web.BaseRequest") -> "web.StreamResponse":
            answering = self._answer_proven if proven else self._answer
            return await answering(request, kind, shown)

        return answer  # type: ignore[return-value]

    async def _answer(
        self, request: "web.BaseRequest", kind: str, shown: "Callable[[Sequence[Packet]], str]"
    ) -> "web.StreamResponse":
        from aiohttp import web

        if request.method not in ("GET", "POST", "HEAD"):
            return self._http.plain(501, "Not Implemented", "There is GET and POST.")
        login = self._login(request)
        if login is None:
            return self._http.plain(503, "Service Unavailable", "There are too many clients that are not logged in.")
        response = web.Response(text=shown(await login.packets(await _asked(request))), content_type=kind)
        response.headers["Pragma"] = "SuppressEvents"
        timeout = self._server.conf.general.httptimeout
        secure = "; Secure" if request.secure else ""
        response.headers["Set-Cookie"] = (
            f'{COOKIE}="{login.key}"; Version=1; Max-Age={timeout}; HttpOnly; SameSite=Strict{secure}'
        )
        if login.lasts:
            self._logins[login.key] = login
        return response

    async def _answer_proven(
        self, request: "web.BaseRequest", kind: str, shown: "Callable[[Sequence[Packet]], str]"
    ) -> "web.StreamResponse":
        from aiohttp import web

        if request.method not in ("GET", "POST", "HEAD"):
            return self._http.plain(501, "Not Implemented", "There is GET and POST.")
        said = Credentials.parse(request.headers.get("Authorization", ""))
        if said is None or said.uri != request.raw_path:
            return self._unproven(stale=False)
        if not self._nonces.is_fresh(said):
            return self._unproven(stale=True)
        login = self._proven.get(said.nonce)
        if login is None:
            login = self._proven[said.nonce] = ProvenLogin(self, self._server, "TLS" if request.secure else "TCP")
        if not await login.proven(said, request):
            if login.user is None:
                self._proven.pop(said.nonce, None)
            return self._unproven(stale=False)
        if not self._nonces.use(said):
            return self._unproven(stale=True)
        response = web.Response(text=shown(await login.packets(await _asked(request))), content_type=kind)
        response.headers["Pragma"] = "SuppressEvents"
        return response

    def _unproven(self, *, stale: bool) -> "web.Response":
        response = self._http.plain(401, "Unauthorized", "This page needs a name and a secret.")
        again = ", stale=true" if stale else ""
        response.headers["WWW-Authenticate"] = (
            f'Digest algorithm=MD5, realm="{quoted(self.realm)}", nonce="{self._nonces.make()}", qop="auth"{again}'
        )
        return response

    def _login(self, request: "web.BaseRequest") -> WebLogin | None:
        known = self._logins.get(request.cookies.get(COOKIE, ""))
        if known is not None:
            return known
        limit = self._server.conf.general.authlimit
        if limit > 0 and sum(each.user is None for each in self._logins.values()) >= limit:
            return None
        made = WebLogin(self, self._server, "TLS" if request.secure else "TCP")
        _meet(made, request)
        return made


def _meet(login: WebLogin, request: "web.BaseRequest") -> None:
    transport = request.transport
    if transport is not None:
        login.meet(transport.get_extra_info("sockname"), transport.get_extra_info("peername"))


async def _asked(request: "web.BaseRequest") -> Request:
    asked = [*request.query.items(), *await _form(request)]
    return Request([(one_line(name), one_line(value)) for name, value in asked])


async def _form(request: "web.BaseRequest") -> list[tuple[str, str]]:
    from aiohttp import web

    if request.method != "POST":
        return []
    if (request.content_length or 0) > BODY_BYTES_MAX:
        raise web.HTTPRequestEntityTooLarge(BODY_BYTES_MAX, request.content_length or 0)
    return [(name, value) for name, value in (await request.post()).items() if isinstance(value, str)]


# --- how an answer is shown ---------------------------------------------------------------------


def as_text(packets: Sequence[Packet]) -> str:
    """As over TCP."""
    return b"".join(each.encode() for each in packets).decode("utf-8", "replace")


def as_xml(packets: Sequence[Packet]) -> str:
    """An element for each packet, with an attribute for each header; a repeated one is numbered."""
    lines = []
    for packet in packets:
        text = "".join(f" {name}='{_xml(value)}'" for name, value in _numbered(packet).items())
        lines.append(f"<response type='object' id='unknown'><generic{text} /></response>\n")
    return f"<ajax-response>\n{''.join(lines)}</ajax-response>\n"


def _numbered(packet: Packet) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for name, value in packet.pairs():
        key = "".join(each if (each.isascii() and each.isalnum()) or each in "-_." else "_" for each in name.lower())
        key = key if key[:1].isalpha() else f"_{key}"
        at, free = 1, key
        while free in found:
            at += 1
            free = f"{key}-{at}"
        found[free] = value
    return found


def _xml(value: str) -> str:
    text = "".join(
        each for each in value if each >= " " and not "\ud800" <= each <= "\udfff" and each not in "\ufffe\uffff"
    )
    return escape(text, quote=True)


def as_html(packets: Sequence[Packet]) -> str:
    """A table of everything, below a form for the next action."""
    rows = []
    for packet in packets:
        rows += [f"<tr><td>{escape(name)}</td><td>{escape(value)}</td></tr>\n" for name, value in packet.pairs()]
        rows.append('<tr><td colspan="2"><hr></td></tr>\n')
    table = f"<table>\n{''.join(rows)}</table>\n"
    text = f"<!DOCTYPE html>\n<title>Manager Interface</title>\n<h1>Manager</h1>\n{FORM}{table}"
    return text.encode("utf-8", "replace").decode()
