"""A client of the manager over TCP or TLS: its bytes, and its patience."""

import asyncio
from collections import deque
from collections.abc import Iterable
from typing import TYPE_CHECKING, cast

from asterism.runtime.manager.client import ManagerClient
from asterism.runtime.manager.packets import EventPacket, Malformed, Packet, Reader, packets_of
from asterism.runtime.request import Request, Response

if TYPE_CHECKING:
    from asterism.runtime.manager.server import ManagerServer

UNREAD_BYTES = 4 << 20
"Output that a client has not read yet; beyond it the client is cut off."

REQUESTS_WAITING = 64
"Packets of one client that wait their turn; beyond it nothing more is read from it until they are done."


class Connection(ManagerClient, asyncio.Protocol):
    """One client over TCP or TLS."""

    def __init__(self, server: "ManagerServer", scheme: str) -> None:
        super().__init__(server, scheme)
        self._transport: asyncio.Transport | None = None
        self._reader = Reader()
        self._waiting: deque[Request | Malformed] = deque()
        self._runner: asyncio.Task[None] | None = None
        self._unsent: list[bytes] = []
        self._writable = asyncio.Event()
        self._writable.set()
        self._patience: asyncio.TimerHandle | None = None
        self._login_timer: asyncio.TimerHandle | None = None

    # --- asyncio's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet, or refuse when too many are not logged in."""
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=1 << 16)
        self._met(transport.get_extra_info("sockname"), transport.get_extra_info("peername"))
        socket = transport.get_extra_info("socket")
        self.descriptor = socket.fileno() if socket is not None else -1
        if not self._server.arrived(self):
            self._transport.abort()
            return
        general = self._server.conf.general
        self._login_timer = asyncio.get_running_loop().call_later(max(1, general.authtimeout), self._too_late)
        self._write(f"{self._server.banner}\r\n".encode())

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it; an action under way is finished, nobody reads its answer."""
        self._transport = None
        self._waiting.clear()
        self._unsent.clear()
        self._writable.set()
        for timer in (self._login_timer, self._patience, self._hold_timer):
            if timer is not None:
                timer.cancel()
        self._wake()
        self._server.left(self)

    def pause_writing(self) -> None:
        """It reads slower than we write: it gets some time to catch up."""
        self._writable.clear()
        general = self._server.conf.general
        timeout_ms = general.writetimeout if self.user is None else self.user.settings.writetimeout
        self._patience = asyncio.get_running_loop().call_later(max(100, timeout_ms) / 1000, self._too_slow)

    def resume_writing(self) -> None:
        """It has caught up."""
        self._writable.set()
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def data_received(self, data: bytes) -> None:
        """Take packets out of what came, and do them one after the other."""
        self._waiting.extend(self._reader.feed(data))
        if not self._waiting or self._transport is None:
            return
        if len(self._waiting) >= REQUESTS_WAITING:
            self._transport.pause_reading()
        if self._runner is None:
            self._runner = asyncio.get_running_loop().create_task(self._run_all(), name=f"manager {self.name}")

    def eof_received(self) -> bool:
        """Who has said all may still read the answers."""
        if self._runner is None:
            return False
        self._runner.add_done_callback(lambda _: self.close())
        return True

    async def _run_all(self) -> None:
        try:
            while self._waiting and self._transport is not None and not self._transport.is_closing():
                packet = self._waiting.popleft()
                if len(self._waiting) < REQUESTS_WAITING // 2:
                    self._transport.resume_reading()
                if isinstance(packet, Malformed):
                    self.send(packets_of(Response.error(packet.reason), None))
                else:
                    await self.run(packet)
                await self._writable.wait()
        finally:
            self._runner = None

    # --- writing

    def send(self, packets: Iterable[Packet]) -> None:
        """Write these packets."""
        self._write(b"".join(each.encode() for each in packets))

    def send_events(self, packets: Iterable[EventPacket]) -> None:
        """Write these events."""
        numbered = self.numbered or self._server.debug
        for each in packets:
            self._write(each.wire(numbered=numbered))

    def _write(self, data: bytes) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        # What comes in one turn of the loop leaves in one system call.
        if not self._unsent:
            asyncio.get_running_loop().call_soon(self._flush)
        self._unsent.append(data)

    def _flush(self) -> None:
        transport, unsent = self._transport, self._unsent
        if transport is None or transport.is_closing() or not unsent:
            unsent.clear()
            return
        data = b"".join(unsent)
        unsent.clear()
        if transport.get_write_buffer_size() + len(data) > UNREAD_BYTES:
            self._too_slow()
            return
        transport.write(data)

    def _too_slow(self) -> None:
        if self._transport is not None:
            self._rt.log.warning(f"Manager client {self.said()} reads too slowly and is cut off")
            self._transport.abort()

    def _too_late(self) -> None:
        if self._transport is not None and self.user is None:
            self._rt.log.notice(f"Client from {self.name}, failed to authenticate in time")
            self.close()

    def logged_in(self) -> None:
        """Its time to log in no longer runs."""
        if self._login_timer is not None:
            self._login_timer.cancel()

    def close(self) -> None:
        """Hang up on it, once it has read what it was sent."""
        self._flush()
        if self._transport is not None:
            self._transport.close()
            asyncio.get_running_loop().call_later(5.0, self._transport.abort)
