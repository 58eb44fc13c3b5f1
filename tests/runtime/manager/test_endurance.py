"""The manager under load and under attack, in small; `tests.bench.manager` and `fuzz` do the same at length."""

import asyncio
import gc
from pathlib import Path

from asterism.runtime.events import UserEvent

from tests.bench.manager import follow, login, manager_of, runtime_in
from tests.runtime.manager.fuzz import attack, fuzzed

PAD = "x" * 3000


async def test_every_client_gets_every_event_in_order(tmp_path: Path) -> None:
    count = 3000
    async with runtime_in(tmp_path) as rt:
        manager = manager_of(rt)
        port = manager.addresses[0][1]
        _, stalled = await login(port)
        stalled.transport.pause_reading()  # type: ignore[attr-defined]
        clients = [asyncio.ensure_future(follow(port, count)) for _ in range(5)]
        while sum("user" in each.sees for each in manager.connections) < 6:
            await asyncio.sleep(0.001)
        for number in range(count):
            rt.bus.publish(UserEvent(None, "Load", {"Number": str(number), "Pad": PAD}))
            if number % 20 == 0:
                await asyncio.sleep(0)
        assert await asyncio.gather(*clients) == [count] * 5
        while manager.connections:
            await asyncio.sleep(0.01)
        stalled.transport.abort()


async def test_random_packets_end_nothing_and_leave_nothing(tmp_path: Path) -> None:
    async with fuzzed(tmp_path) as rt:
        await attack(rt, 600)
        gc.collect()
        before = len(asyncio.all_tasks())
        await attack(rt, 300, seed=2)
        assert len(asyncio.all_tasks()) <= before


async def test_half_open_and_idle_clients_harm_nobody(tmp_path: Path) -> None:
    async with runtime_in(tmp_path) as rt:
        manager = manager_of(rt)
        port = manager.addresses[0][1]
        idle = [await login(port) for _ in range(100)]
        half = []
        for _ in range(10):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"Action: Lo")
            half.append(writer)
        reader, writer = await login(port)
        writer.write(b"Action: Ping\r\n\r\n")
        assert b"Pong" in await reader.readuntil(b"Pong\r\n")
        assert len(manager.connections) == 111
        for each in (*half, *(writer for _, writer in idle), writer):
            each.transport.abort()
        while manager.connections:
            await asyncio.sleep(0.001)
