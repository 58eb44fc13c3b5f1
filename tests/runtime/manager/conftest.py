"""A runtime with a manager on a port of the system's choice, and clients of it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from asterism.runtime.manager.server import ManagerServer
from asterism.runtime.settings import DirectorySettings
from asterism.runtime.testing import TestRuntime

Packet = dict[str, str]

MANAGER = """\
[general]
enabled = yes
port = 0
authlimit = 5
[admin]
secret = right
read = all
write = all
[filtered]
secret = right
read = all
write = all
eventfilter(action(exclude),name(UserEvent),header(Secret)) = yes
eventfilter = Event: UserEvent
[elsewhere]
secret = right
deny = 0.0.0.0/0
permit = 10.0.0.0/8
[nobody]
secret = right
"""

EXTENSIONS = """\
[default]
exten => 100,1,Answer()
 same => n,Set(here=yes)
 same => n,UserEvent(Hello,a: b)
 same => n,Hangup()
exten => 102,hint,Custom:lamp
exten => 101,1,Answer()
 same => n,Wait(20)
"""


class Client:
    """A client of the manager."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.events: list[Packet] = []
        self.banner = b""

    async def raw(self) -> Packet | None:
        """The next packet; None at the end."""
        found: Packet = {}
        while True:
            line = (await asyncio.wait_for(self.reader.readline(), 5)).decode()
            if not line:
                return None
            if line == "\r\n":
                return found
            name, _, value = line.rstrip("\r\n").partition(": ")
            found.setdefault(name, value)

    async def answer(self) -> Packet | None:
        """The next answer; events before it are kept."""
        while (packet := await self.raw()) is not None and "Response" not in packet:
            self.events.append(packet)
        return packet

    async def event(self, name: str) -> Packet:
        """The next event of this name."""
        while True:
            packet = await self.raw()
            assert packet is not None
            self.events.append(packet)
            if packet.get("Event") == name:
                return packet

    def send(self, text: str) -> None:
        self.writer.write(text.replace("\n", "\r\n").encode() + b"\r\n\r\n")

    async def ask(self, text: str) -> Packet:
        self.send(text)
        found = await self.answer()
        assert found is not None
        return found

    async def login(self, name: str = "admin", events: str = "off") -> "Client":
        assert (await self.ask(f"Action: Login\nUsername: {name}\nSecret: right\nEvents: {events}"))[
            "Response"
        ] == "Success"
        return self


class Bed:
    """A runtime with a manager, and its clients."""

    def __init__(self, rt: TestRuntime) -> None:
        self.rt = rt
        self.clients: list[Client] = []

    @property
    def server(self) -> ManagerServer:
        found = self.rt.front_ends["manager"]
        assert isinstance(found, ManagerServer)
        return found

    async def client(self) -> Client:
        host, port = self.server.addresses[0]
        client = Client(*await asyncio.open_connection(host, port))
        self.clients.append(client)
        client.banner = await client.reader.readline()
        return client


@pytest_asyncio.fixture(name="bed")
async def make_bed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bed]:
    """A runtime with a manager on a port of the system's choice."""
    monkeypatch.setattr("asterism.runtime.manager.client.FAILED_LOGIN_S", 0.01)
    (tmp_path / "manager.conf").write_text(MANAGER)
    (tmp_path / "extensions.conf").write_text(EXTENSIONS)
    places = dict.fromkeys(("astetcdir", "astvarlibdir", "astdbdir", "astrundir", "astlogdir", "astspooldir"), tmp_path)
    async with TestRuntime(tmp_path, directories=DirectorySettings(**places), real_time=True) as rt:
        bed = Bed(rt)
        try:
            yield bed
        finally:
            for client in bed.clients:
                client.writer.close()
                await asyncio.gather(client.writer.wait_closed(), return_exceptions=True)
