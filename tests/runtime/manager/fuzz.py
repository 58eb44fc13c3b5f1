"""Random packets for the manager, as many as wanted: `python -m tests.runtime.manager.fuzz 1000000 [seed]`.

Actions with their own headers and wrong values, unknown ones, broken lines, bytes; from clients with all rights, with
few, and without a login. Afterwards the server must answer, and hold no channel, no client, and no task of theirs.
"""

import asyncio
import gc
import logging
import random
import resource
import sys
import tempfile
import time
from pathlib import Path

from asterism.runtime.runtime import Runtime

from tests.bench.manager import manager_of, runtime_in

BATCH = 100

LEFT_OUT = frozenset(("WaitEvent",))
"What would only wait."

WORDS = [
    "", "0", "1", "-1", "99999999999999999999", "yes", "on", "off", "all", "x", "default", "100", "s", "a=b", "a=b,c=d",
    "Local/100@default", "Local/nosuch@default/n", "/.*/", "/[/", "*", "${SHELL(id)}", "${${a}}", "../../etc/passwd",
    "x.conf", "extensions.conf", "CALLERID(num)", "CHANNEL(state)", "HASH(a,b)", "Custom:lamp", "100@default",
    "core show uptime", "core show channels", "dialplan show", "manager show connected", "\x00\x01\x7f",
    "é☃\U0001f600", "%s%n%x", "A" * 300,
]  # fmt: skip

NAMES = [
    "ActionID", "Channel", "Context", "Exten", "Priority", "Variable", "Value", "Application", "Data", "Timeout",
    "Async", "EventMask", "Filter", "Operation", "Filename", "SrcFilename", "DstFilename", "Category", "Family", "Key",
    "Val", "Command", "Action-000000", "Cat-000000", "Var-000000", "Value-000000", "UserEvent", "Events", "", ":",
    "a b",
]  # fmt: skip

EXTENSIONS = "[default]\nexten => 100,1,Answer()\n same => n,Wait(0.01)\nexten => _X,1,NoOp(${EXTEN})\n"


class Packets:
    """An endless stream of them, the same for the same seed."""

    def __init__(self, rt: Runtime, seed: int) -> None:
        self._random = random.Random(seed)
        self._actions = [each for name, each in sorted(rt.actions.items()) if name not in LEFT_OUT]

    def next(self) -> bytes:
        """One packet, with the empty line that ends it."""
        choose = self._random
        kind = choose.random()
        if kind < 0.03:
            return choose.randbytes(choose.randrange(1, 300)).replace(b"Logoff", b"") + b"\r\n\r\n"
        if kind < 0.05:
            return b"Action: " + b"x" * choose.randrange(1, 20_000) + b"\r\n\r\n"
        lines = []
        if kind < 0.95:
            action = choose.choice(self._actions)
            lines.append(f"{choose.choice(['Action', 'action', 'ACTION'])}: {action.name}")
            for parameter in action.parameters:
                if parameter.name != "request" and choose.random() < 0.7:
                    lines.append(f"{parameter.name.replace('_', '')}: {self._word()}")
        else:
            lines.append(f"Action: {self._word()}")
        for _ in range(choose.randrange(5)):
            lines.append(f"{choose.choice(NAMES)}: {self._word()}")
        if choose.random() < 0.1:
            choose.shuffle(lines)
        return "\r\n".join(lines).encode() + b"\r\n\r\n"

    def _word(self) -> str:
        choose = self._random
        if choose.random() < 0.8:
            return choose.choice(WORDS)
        return "".join(chr(choose.randrange(32, 0x2FF)) for _ in range(choose.randrange(12)))


async def talk(port: int, packets: list[bytes], login: bytes) -> None:
    """One client: log in, say it all, and read until the server hangs up or has answered."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(login + b"".join(packets) + b"Action: Logoff\r\n\r\n")
        while await reader.read(1 << 16):
            pass
    except ConnectionError:
        pass
    finally:
        writer.close()


async def attack(rt: Runtime, count: int, seed: int = 1) -> None:
    """Send so many packets, in batches over connections of their own.

    Raises:
        AssertionError: The server does not answer any more, or holds something.
    """
    manager = manager_of(rt)
    rt.extensions(EXTENSIONS)
    port = manager.addresses[0][1]
    stream = Packets(rt, seed)
    logins = [f"Action: Login\r\nUsername: {name}\r\nSecret: secret\r\n\r\n".encode() for name in ("user", "few")]
    sent = 0
    while sent < count:
        batches = []
        for login in (*logins, b"" if sent % (BATCH * 20) == 0 else logins[0]):
            size = min(BATCH, count - sent)
            batches.append(talk(port, [stream.next() for _ in range(size)], login))
            sent += size
        await asyncio.wait_for(asyncio.gather(*batches), 60)
        await settle(rt)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(logins[0] + b"Action: Ping\r\nActionID: alive\r\n\r\n")
    await asyncio.wait_for(reader.readuntil(b"alive\r\nPing: Pong\r\n"), 10)
    writer.close()
    await settle(rt)


async def settle(rt: Runtime) -> None:
    """Wait until nobody is there any more."""
    for _ in range(2000):
        if not manager_of(rt).connections and not rt.channels:
            return
        for channel in tuple(rt.channels.values()):
            channel.request_hangup()
        await asyncio.sleep(0.005)
    raise AssertionError(f"left: {manager_of(rt).connections} {list(rt.channels)}")


async def main(count: int, seed: int) -> None:
    """Attack a server of our own and tell what it cost."""
    logging.disable()
    with tempfile.TemporaryDirectory() as folder:
        async with fuzzed(Path(folder)) as rt:
            await attack(rt, 3000, seed)
            gc.collect()
            before, tasks = memory_mib(), len(asyncio.all_tasks())
            start = time.perf_counter()
            await attack(rt, count, seed + 1)
            gc.collect()
            took = time.perf_counter() - start
            print(f"{count} packets in {took:.0f} s, {before:.1f} MiB before, {memory_mib():.1f} MiB after,", end=" ")
            print(f"{tasks} tasks before, {len(asyncio.all_tasks())} after")


def memory_mib() -> float:
    """Memory of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / (1 << 20)


def fuzzed(folder: Path) -> Runtime:
    """A runtime that may be attacked: a user with all rights but those that end it, and one with few."""
    rt = runtime_in(folder)
    with (folder / "manager.conf").open("a") as file:
        file.write("[few]\nsecret = secret\nread = call\nwrite = call\n")
    return rt


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1))
