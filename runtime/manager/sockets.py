"""The manager as JSON over a WebSocket: one object for each packet, with the same names as over TCP.

What stands in a packet more than once is a list: `{"Action": "Originate", "Variable": ["a=1", "b=2"]}`. The
subprotocol is `ami`, the path `/ws`. A login is made inside, by the action Login.
"""

import asyncio
import json
from collections import deque
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from asterism.runtime.manager.client import ManagerClient
from asterism.runtime.manager.connection import UNREAD_BYTES
from asterism.runtime.manager.packets import HEADERS_MAX, LINE_BYTES_MAX, EventPacket, Packet, packets_of
from asterism.runtime.request import Request, Response, one_line

if TYPE_CHECKING:
    from aiohttp import web
    from asterism.runtime.manager.server import ManagerServer

PROTOCOL = "ami"

MESSAGE_BYTES_MAX = 1 << 20
"Longest message that a client may send."


class Malformed(ValueError):
    """A message that is no packet; its text says why."""


def request_of(text: str) -> Request:
    """Read a packet.

    Raises:
        Malformed: It is none.
    """
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise Malformed("not JSON") from None
    if not isinstance(found, dict):
        raise Malformed("not an object")
    headers: list[tuple[str, str]] = []
    for name, value in found.items():
        for each in value if isinstance(value, list) else [value]:
            headers.append((_text(name, name), _text(name, each)))
    if len(headers) > HEADERS_MAX:
        raise Malformed("too many headers")
    return Request(headers)


def _text(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return str(value)
    if not isinstance(value, str):
        raise Malformed(f"{name[:40]} is neither a text nor a number, nor a list of them")
    if len(value) > LINE_BYTES_MAX:
        raise Malformed(f"{name[:40]} is too long")
    # JSON can say half of a character, which cannot be written anywhere else.
    return one_line(value.encode("utf-8", "replace").decode())


def message_of(packet: Packet) -> str:
    """Write a packet."""
    found: dict[str, str | list[str]] = {}
    for name, value in packet.pairs():
        text = value.encode("utf-8", "replace").decode()
        before = found.get(name)
        if before is None:
            found[name] = text
        elif isinstance(before, list):
            before.append(text)
        else:
            found[name] = [before, text]
    return json.dumps(found, ensure_ascii=False, separators=(",", ":"))


class SocketClient(ManagerClient):
    """One client over a WebSocket."""

    def __init__(self, server: "ManagerServer", scheme: str, socket: "web.WebSocketResponse") -> None:
        super().__init__(server, scheme)
        self._socket = socket
        self._unsent: deque[str] = deque()
        self._unsent_bytes = 0
        self._more = asyncio.Event()
        self._closing = False
        self._login_timer: asyncio.TimerHandle | None = None

    def send(self, packets: Iterable[Packet]) -> None:
        """Send these packets, each a message."""
        for each in packets:
            self._put(message_of(each))

    def send_events(self, packets: Iterable[EventPacket]) -> None:
        """Send these events."""
        numbered = self.numbered or self._server.debug
        self.send(each.numbered() if numbered else Packet(each.headers) for each in packets)

    def _put(self, message: str) -> None:
        if self._closing:
            return
        self._unsent.append(message)
        self._unsent_bytes += len(message)
        if self._unsent_bytes > UNREAD_BYTES:
            self._too_slow()
        self._more.set()

    def _too_slow(self) -> None:
        self._rt.log.warning(f"Manager client {self.said()} reads too slowly and is cut off")
        self._unsent.clear()
        self.close()

    def logged_in(self) -> None:
        """Its time to log in no longer runs."""
        if self._login_timer is not None:
            self._login_timer.cancel()

    def close(self) -> None:
        """Hang up on it, once it has read what it was sent."""
        self._closing = True
        self._more.set()
        self._wake()

    async def serve(self, request: "web.BaseRequest") -> None:
        """Do what it says until it goes, or must."""
        from aiohttp import WSMsgType

        transport = request.transport
        if transport is None:
            return
        self._met(transport.get_extra_info("sockname"), transport.get_extra_info("peername"))
        socket = transport.get_extra_info("socket")
        self.descriptor = socket.fileno() if socket is not None else -1
        if not self._server.arrived(self):
            return
        loop = asyncio.get_running_loop()
        writer = loop.create_task(self._write(transport), name=f"manager {self.name}")
        self._login_timer = loop.call_later(max(1, self._server.conf.general.authtimeout), self._too_late)
        self.send([Packet([("Banner", self._server.banner)])])
        try:
            async for message in self._socket:
                if message.type is WSMsgType.TEXT:
                    await self._take(str(message.data))
                else:
                    self.send(packets_of(Response.error("Malformed message: not text"), None))
                if self._closing:
                    break
        finally:
            self._login_timer.cancel()
            self.close()
            await asyncio.gather(writer, return_exceptions=True)
            self._server.left(self)

    async def _take(self, text: str) -> None:
        try:
            request = request_of(text)
        except Malformed as error:
            self.send(packets_of(Response.error(f"Malformed message: {error}"), None))
            return
        await self.run(request)

    def _too_late(self) -> None:
        self._rt.log.notice(f"Client from {self.name}, failed to authenticate in time")
        self.close()

    async def _write(self, transport: asyncio.Transport) -> None:
        """Send what there is, as fast as it is read; whoever does not read is cut off."""
        try:
            while self._unsent or not self._closing:
                if not self._unsent:
                    self._more.clear()
                    await self._more.wait()
                    continue
                message = self._unsent.popleft()
                self._unsent_bytes -= len(message)
                timeout_ms = self._server.conf.general.writetimeout
                if self.user is not None:
                    timeout_ms = self.user.settings.writetimeout
                async with asyncio.timeout(max(100, timeout_ms) / 1000):
                    await self._socket.send_str(message)
            async with asyncio.timeout(5):
                await self._socket.close()
        except TimeoutError:
            self._rt.log.warning(f"Manager client {self.said()} reads too slowly and is cut off")
            transport.abort()
        except (ConnectionError, RuntimeError):
            transport.abort()
        finally:
            self._closing = True


class WebSockets:
    """Serves WebSockets of the manager."""

    def __init__(self, server: "ManagerServer") -> None:
        self._server = server

    async def serve(self, request: "web.BaseRequest") -> "web.StreamResponse":
        """Serve one, until it ends."""
        from aiohttp import web

        if PROTOCOL not in _protocols(request.headers):
            raise web.HTTPBadRequest(text=f"The subprotocol must be {PROTOCOL}.")
        socket = web.WebSocketResponse(protocols=(PROTOCOL,), max_msg_size=MESSAGE_BYTES_MAX, heartbeat=30.0)
        if not socket.can_prepare(request):
            raise web.HTTPUpgradeRequired(text="This is a WebSocket.")
        await socket.prepare(request)
        await SocketClient(self._server, "TLS" if request.secure else "TCP", socket).serve(request)
        return socket


def _protocols(headers: Mapping[str, str]) -> list[str]:
    return [each.strip() for each in headers.get("Sec-WebSocket-Protocol", "").split(",")]
