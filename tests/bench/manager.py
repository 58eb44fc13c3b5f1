"""Many clients of the manager and many events, by hand: `python -m tests.bench.manager [events a second] [seconds]`.

500 events a second are 5,000 packets in all, since each of ten clients gets every one.

A server in a process of its own tells the same events to ten clients, to one that never reads, and to nobody else.
Every client must get every event once, in order; the one that never reads must be cut off; memory must stay flat.
The last line is one JSON object.
"""

import asyncio
import json
import logging
import re
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from asterism.runtime.events import UserEvent
from asterism.runtime.manager.server import ManagerServer
from asterism.runtime.runtime import Runtime
from asterism.runtime.settings import DirectorySettings

CLIENTS = 10

PAD = "x" * 400
"An event of a channel has about as many bytes."

NUMBER = re.compile(rb"Number: (\d+)\r\n")

CONF = "[general]\nenabled = yes\nport = 0\n[user]\nsecret = secret\nread = all\nwrite = all\nwritetimeout = 2000\n"


def runtime_in(folder: Path) -> Runtime:
    """A runtime with a manager and nothing else, whose files are in this folder."""
    (folder / "manager.conf").write_text(CONF)
    (folder / "extensions.conf").write_text("[default]\n")
    places = ("astetcdir", "astvarlibdir", "astdbdir", "astrundir", "astlogdir", "astspooldir")
    return Runtime(folder, directories=DirectorySettings(**dict.fromkeys(places, folder)))


def manager_of(rt: Runtime) -> ManagerServer:
    """The manager of a runtime."""
    found = rt.front_ends["manager"]
    assert isinstance(found, ManagerServer)
    return found


def rss_mib() -> float:
    """Memory of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / (1 << 20)


async def publish(rt: Runtime, rate: int, count: int) -> dict[str, float]:
    """Tell so many events a second; what that cost."""
    memory = []
    start, cpu = time.perf_counter(), time.process_time()
    late = 0.0
    for number in range(count):
        due = start + number / rate
        if number % max(rate // 100, 1) == 0:
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            late = max(late, time.perf_counter() - due)
        if number % rate == 0:
            memory.append(rss_mib())
        rt.bus.publish(UserEvent(None, "Load", {"Number": str(number), "Pad": PAD}))
    took = time.perf_counter() - start
    half = len(memory) // 2
    return {
        "events_per_s": round(count / took),
        "cpu_percent": round((time.process_time() - cpu) / took * 100, 1),
        "worst_lateness_ms": round(late * 1000, 1),
        "rss_mib_first_half": round(max(memory[1 : half + 1] or memory), 1),
        "rss_mib_second_half": round(max(memory[half:]), 1),
    }


async def serve(rate: int, count: int) -> None:
    """Be the server: print the port, wait for the clients, tell the events, print what it cost."""
    logging.disable()
    with tempfile.TemporaryDirectory() as folder:
        async with runtime_in(Path(folder)) as rt:
            manager = manager_of(rt)
            print(manager.addresses[0][1], flush=True)
            while sum("user" in each.sees for each in manager.connections) < CLIENTS + 1:
                await asyncio.sleep(0.05)
            result: dict[str, Any] = dict(await publish(rt, rate, count))
            await asyncio.sleep(3)
            result["connected_at_the_end"] = len(manager.connections)
            print(json.dumps(result), flush=True)


async def login(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A client that gets user events."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
    writer.write(b"Action: Login\r\nUsername: user\r\nSecret: secret\r\nEvents: user\r\n\r\n")
    await reader.readuntil(b"accepted\r\n\r\n")
    return reader, writer


async def follow(port: int, count: int) -> int:
    """Read all events; how many came in their place."""
    reader, writer = await login(port)
    right, rest = 0, b""
    while right < count and (data := await reader.read(1 << 18)):
        whole, mark, rest = (rest + data).rpartition(b"\r\n\r\n")
        if not mark:
            continue
        numbers = [int(each) for each in NUMBER.findall(whole + mark)]
        if numbers != list(range(right, right + len(numbers))):
            break
        right += len(numbers)
    writer.close()
    return right


async def measure(rate: int, count: int) -> dict[str, Any]:
    """Run the server and its clients; what came of it."""
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.manager", "--serve", str(rate), str(count), stdout=asyncio.subprocess.PIPE
    )
    assert server.stdout is not None
    port = int(await server.stdout.readline())
    stalled, writer = await login(port)
    writer.transport.pause_reading()  # type: ignore[attr-defined]
    followed = await asyncio.gather(*(follow(port, count) for _ in range(CLIENTS)))
    result = json.loads(await server.stdout.readline())
    await server.wait()
    writer.transport.abort()
    assert stalled is not None
    return {
        "clients": CLIENTS,
        "events": count,
        "lost_or_out_of_order": sum(count - each for each in followed),
        "stalled_cut_off": result.pop("connected_at_the_end") == 0,
        **result,
    }


def main(arguments: list[str]) -> None:
    """Be the server, or measure."""
    if arguments[:1] == ["--serve"]:
        asyncio.run(serve(int(arguments[1]), int(arguments[2])))
        return
    rate, seconds = (*map(int, arguments), 500, 60)[:2] if len(arguments) != 1 else (int(arguments[0]), 60)
    print(json.dumps(asyncio.run(measure(rate, rate * seconds)), indent=2))


if __name__ == "__main__":
    main(sys.argv[1:])
