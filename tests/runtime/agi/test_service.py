"""hagi://: servers by the SRV records of a name server on the loopback."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import cast

import pytest
import pytest_asyncio

pytest.importorskip("dns")

import dns.asyncresolver
import dns.message
import dns.rcode
import dns.resolver
import dns.rrset
from asterism.runtime.agi import network


class NameServer(asyncio.DatagramProtocol):
    """Knows the SRV records of one name."""

    records: Sequence[str] = ()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep what answers go by."""
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Answer."""
        query = dns.message.from_wire(data)
        reply = dns.message.make_response(query)
        name = query.question[0].name
        if self.records and name.to_text() == "_agi._tcp.agi.test.":
            reply.answer.append(dns.rrset.from_text(name, 60, "IN", "SRV", *self.records))
        else:
            reply.set_rcode(dns.rcode.NXDOMAIN)
        self._transport.sendto(reply.to_wire(), addr)


@pytest_asyncio.fixture(name="names")
async def name_server(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[NameServer]:
    """Let a name server of our own answer."""
    loop = asyncio.get_running_loop()
    transport, names = await loop.create_datagram_endpoint(NameServer, local_addr=("127.0.0.1", 0))
    resolver = dns.asyncresolver.Resolver(configure=False)
    resolver.port = transport.get_extra_info("sockname")[1]
    resolver.nameservers = ["127.0.0.1"]
    monkeypatch.setattr(dns.asyncresolver, "default_resolver", resolver)
    yield names
    transport.close()


async def test_the_first_that_takes_the_connection(names: NameServer) -> None:
    async def nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(nothing, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    names.records = (f"20 0 {port} localhost.", "10 0 1 localhost.")
    url = "hagi://agi.test/path"
    connection = await network.connect_by_service(network.address_of(url), url)
    assert await connection.receive() is None
    await connection.close(patient=False)
    server.close()
    names.records = ("10 0 1 localhost.",)
    with pytest.raises(network.NotReached, match="Connection refused"):
        await network.connect_by_service(network.address_of(url), url)


async def test_a_service_that_is_not_there(names: NameServer) -> None:
    with pytest.raises(network.NotReached, match="SRV lookup failed"):
        await network.connect_by_service(network.address_of("hagi://nosuch.test/x"), "hagi://nosuch.test/x")
