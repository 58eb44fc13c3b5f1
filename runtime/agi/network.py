"""FastAGI: a server that is called for each conversation, agi://host[:port][/path] or hagi:// by SRV records."""

import asyncio
import contextlib
import os
import socket
from dataclasses import dataclass

from asterism.runtime.agi.lines import Lines
from asterism.runtime.agi.protocol import LINE_BYTES

PORT = 4573
CONNECT_S = 2.0
"How long a server may take to accept a connection: Asterisk's own bound."


class NotReached(Exception):
    """No server took the connection; the text says why."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a FastAGI URL leads."""

    host: str
    port: int
    script: str


def address_of(url: str, *, default_port: int = PORT) -> Address:
    """Read `agi://host[:port][/path]`; an IPv6 address stands in brackets.

    Raises:
        NotReached: There is no host in it, or the port is none.
    """
    _, _, rest = url.partition("://")
    authority, _, script = rest.partition("/")
    if authority.startswith("["):
        host, _, tail = authority[1:].partition("]")
        port = tail.removeprefix(":")
    elif authority.count(":") > 1:
        host, port = authority, ""
    else:
        host, _, port = authority.partition(":")
    if not host or (port and not (port.isascii() and port.isdecimal() and 0 < int(port) < 65536)):
        raise NotReached(f"'{url}' is no address of a FastAGI server")
    return Address(host, int(port) if port else default_port, script)


class Connection:
    """A conversation over TCP; meets `asterism.runtime.agi.conversation.Wire`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._lines = Lines(reader)
        self._writer = writer
        plain = writer.get_extra_info("socket")
        if plain is not None:
            with contextlib.suppress(OSError):
                plain.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)

    async def receive(self) -> str | None:
        """The next line from the server."""
        return await self._lines.next()

    def send(self, text: str) -> None:
        """Send to the server."""
        if not self._writer.is_closing():
            self._writer.write(text.encode("utf-8", "surrogateescape"))

    async def flush(self) -> None:
        """Wait until the server has taken enough of it."""
        with contextlib.suppress(OSError):
            await self._writer.drain()

    def hung_up(self) -> None:
        """Say HANGUP between two replies."""
        self.send("HANGUP\n")

    async def close(self, *, patient: bool) -> bool:
        """End the connection."""
        self._writer.close()
        return True


async def connect(address: Address, url: str) -> Connection:
    """Connect to a server, by IPv6 or IPv4.

    Raises:
        NotReached: It did not take the connection, or not in time.
    """
    reader: asyncio.StreamReader
    try:
        async with asyncio.timeout(CONNECT_S):
            reader, writer = await asyncio.open_connection(
                address.host, address.port, limit=LINE_BYTES * 2, happy_eyeballs_delay=0.25
            )
    except socket.gaierror:
        raise NotReached(f"Unable to locate host '{address.host}'") from None
    except (TimeoutError, OSError) as error:
        why = os.strerror(error.errno) if error.errno else "no answer in time"
        raise NotReached(f"Connecting to '{address.host}:{address.port}' failed for url '{url}': {why}") from None
    return Connection(reader, writer)


async def connect_by_service(address: Address, url: str) -> Connection:
    """Connect to the first server of a service that takes the connection, in the order of its SRV records.

    Raises:
        NotReached: There are no such records, or none of the servers can be reached.
    """
    try:
        import dns.asyncresolver
        import dns.exception
        from dns.rdtypes.IN.SRV import SRV
    except ImportError:
        raise NotReached("hagi:// needs dnspython: install asterism[dns]") from None
    try:
        answer = await dns.asyncresolver.resolve(f"_agi._tcp.{address.host}", "SRV", lifetime=CONNECT_S * 2)
    except dns.exception.DNSException:
        raise NotReached(f"SRV lookup failed for {url}") from None
    last = NotReached(f"SRV lookup failed for {url}")
    for record in answer.rrset.processing_order() if answer.rrset is not None else ():
        assert isinstance(record, SRV)
        try:
            return await connect(Address(record.target.to_text(True), record.port, address.script), url)
        except NotReached as error:
            last = error
    raise last
