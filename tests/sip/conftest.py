"""A runtime with real SIP on loopback addresses of its own, and telephones."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

pytest.importorskip("pjsua2")
pytest.importorskip("asterism._native")

from asterism import _native
from asterism.runtime.log import Record
from asterism.runtime.runtime import Runtime
from asterism.runtime.settings import DirectorySettings

from tests.sip.phones import BARESIP, Phone
from tests.sip.wire import Agent

NET = f"127.{40 + os.getpid() % 200}.{os.getpid() // 200 % 250}"
"""A net of the loopback's own for each process, so that several may test at once."""
SERVER = f"{NET}.1"


class Served:
    """A runtime on a folder, and what it said."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.records: list[Record] = []
        self.runtime: Runtime
        for name in ("etc", "db", "run", "log", "spool", "data/sounds/en"):
            (folder / name).mkdir(parents=True, exist_ok=True)

    def write(self, **files: str) -> None:
        for name, text in files.items():
            (self.folder / "etc" / f"{name}.conf").write_text(text)

    async def start(self) -> Runtime:
        folder = self.folder
        directories = DirectorySettings(
            astetcdir=folder / "etc", astdbdir=folder / "db", astvarlibdir=folder / "db", astdatadir=folder / "data",
            astrundir=folder / "run", astlogdir=folder / "log", astspooldir=folder / "spool",
        )  # fmt: skip
        self.runtime = Runtime(config_dir=folder / "etc", directories=directories)
        self.runtime.log.attach(self.records.append, verbose=10)
        return await self.runtime.__aenter__()

    async def stop(self) -> None:
        await self.runtime.__aexit__(None, None, None)

    @property
    def said(self) -> str:
        return "\n".join(f"{record.level.name} {record.text}" for record in self.records)


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Callable[..., Awaitable[Served]]]:
    """Start a runtime on these files; it is ended, and must leave nothing behind."""
    running: list[Served] = []

    async def start(**files: str) -> Served:
        made = Served(tmp_path / f"pbx{len(running)}")
        made.write(**files)
        running.append(made)
        await made.start()
        return made

    yield start
    for each in running:
        await each.stop()
    left = {name: count for name, count in _native.counts()._asdict().items() if count}
    assert not left, f"the native module still holds {left}"


@pytest.fixture
async def phone(tmp_path: Path) -> AsyncIterator[Callable[..., Awaitable[Phone]]]:
    """Make telephones: `await phone("6001", "secret")`, each at an address of its own."""
    if BARESIP is None:
        pytest.skip("baresip is not installed")
    made: list[Phone] = []

    async def start(user: str, secret: str, *, tone_hz: float = 440, server: str = SERVER) -> Phone:
        one = Phone(tmp_path / f"phone{len(made)}", user, secret, server, f"{NET}.{11 + len(made)}")
        made.append(one)
        await one.start(tone_hz)
        return one

    yield start
    for each in made:
        await each.stop()


@pytest.fixture
async def agent() -> AsyncIterator[Callable[..., Awaitable[Agent]]]:
    """Make user agents of a few lines: `await agent("6001", "secret")`, each at an address of its own."""
    made: list[Agent] = []

    async def start(user: str, secret: str = "", *, address: str = "", server: str = SERVER) -> Agent:
        one = await Agent(user, secret, server, address or f"{NET}.{51 + len(made)}").open()
        made.append(one)
        return one

    yield start
    for each in made:
        each.close()


async def until(condition: Callable[[], object], seconds: float = 20) -> None:
    """Wait until something is so."""
    for _ in range(int(seconds / 0.02)):
        if condition():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it did not come to pass")
