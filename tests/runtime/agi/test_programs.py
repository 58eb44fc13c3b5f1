"""Programs of their own: scripts, servers, and what is left of them."""

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from asterism.runtime.agi import network
from asterism.runtime.log import Level
from asterism.runtime.settings import DirectorySettings
from asterism.runtime.testing import TestRuntime

READ_BLOCK = 'while read line && [ -n "$line" ]; do echo "$line" >> block; done\n'
PLAN = """
[default]
exten => run,1,Answer()
 same => n,AGI({command})
 same => n,Set(AFTER=yes)
 same => n,Hangup()
exten => stay,1,Answer()
 same => n,Set({variable})
 same => n,AGI({command})
exten => h,1,Set(IN_H=${{AGISTATUS}})
"""


@pytest_asyncio.fixture(name="rt")
async def runtime(tmp_path: Path) -> AsyncIterator[TestRuntime]:
    """A runtime in real time: processes know no other."""
    (tmp_path / "agi").mkdir()
    settings = DirectorySettings(
        astagidir=tmp_path / "agi", astdbdir=tmp_path, astspooldir=tmp_path, astlogdir=tmp_path, astrundir=tmp_path
    )
    async with TestRuntime(directories=settings, real_time=True) as found:
        yield found


def script(rt: TestRuntime, text: str, *, mode: int = 0o755) -> str:
    """Write a shell script; its name."""
    path = rt.directories.agi / "script.sh"
    path.write_text(f"#!/bin/sh\ncd {rt.directories.agi}\n{text}")
    path.chmod(mode)
    return path.name


async def called(rt: TestRuntime, command: str) -> dict[str, str]:
    """Call a script; the variables at the end."""
    rt.extensions(PLAN.format(command=command, variable="A=1"))
    call = await rt.phone("alice").call("run@default", name="Alice")
    async with asyncio.timeout(10):
        await call.over()
    return dict(call.variables)


async def test_a_script_is_told_and_asks(rt: TestRuntime) -> None:
    talk = (
        READ_BLOCK
        + 'echo "SET VARIABLE TOLD \\"$1-$3\\""\nread reply; echo "$reply" > reply\nenv > env\necho oops >&2\n'
    )
    variables = await called(rt, script(rt, talk) + ",one,,three 3")
    assert variables["AGISTATUS"] == "SUCCESS"
    assert variables["TOLD"] == "one-three 3" and variables["AFTER"] == "yes"
    assert (rt.directories.agi / "reply").read_text() == "200 result=1\n"
    block = (rt.directories.agi / "block").read_text().splitlines()
    assert block[0] == "agi_request: script.sh" and "agi_arg_3: three 3" in block and "agi_calleridname: Alice" in block
    assert f"AST_AGI_DIR={rt.directories.agi}" in (rt.directories.agi / "env").read_text()
    assert any("oops" in line for line in rt.logged(Level.NOTICE))


@pytest.mark.parametrize(
    ("text", "mode", "status"),
    [
        ("exit 0\n", 0o755, "SUCCESS"),
        ("exit 3\n", 0o755, "FAILURE"),
        ("kill -9 $$\n", 0o755, "FAILURE"),
        ("exit 0\n", 0o644, "FAILURE"),
        ("printf NOOP\n", 0o755, "SUCCESS"),
        ("head -c 100000 /dev/zero | tr '\\0' x; echo; echo NOOP\n", 0o755, "SUCCESS"),
    ],
    ids=["well", "exit-3", "killed", "not-executable", "no-line-end", "endless-line"],
)
async def test_how_a_script_ends(rt: TestRuntime, text: str, mode: int, status: str) -> None:
    assert (await called(rt, script(rt, text, mode=mode)))["AGISTATUS"] == status


async def test_what_is_not_there(rt: TestRuntime) -> None:
    assert (await called(rt, "nosuch.sh"))["AGISTATUS"] == "NOTFOUND"
    bad = rt.directories.agi / "bad"
    bad.write_text("#!/no/such/interpreter\n")
    bad.chmod(0o755)
    assert (await called(rt, "bad"))["AGISTATUS"] == "FAILURE"
    assert (await called(rt, "/"))["AGISTATUS"] == "FAILURE"
    variables = await called(rt, "")
    assert "AGISTATUS" not in variables and "AFTER" not in variables


async def hung_up(rt: TestRuntime, text: str, variable: str) -> dict[str, str]:
    """Call a script, hang up when it is ready; the variables at the end."""
    rt.extensions(PLAN.format(command=script(rt, READ_BLOCK + text), variable=variable))
    call = await rt.phone("alice").call("stay@default")
    async with asyncio.timeout(10):
        while not (rt.directories.agi / "ready").exists():
            await asyncio.sleep(0.01)
        call.hangup()
        await call.over()
        while rt.channels:
            await asyncio.sleep(0.01)
    return dict(call.variables)


TRAPPED = 'trap "echo hup >> told" HUP\ntouch ready\nwhile [ ! -e told ]; do sleep 0.02; done\n'


async def test_a_hangup_is_a_signal_and_the_script_goes_on(rt: TestRuntime) -> None:
    variables = await hung_up(
        rt, TRAPPED + 'echo "GET VARIABLE A"\nread one\necho ANSWER\nread two\necho "$one/$two" > end\n', "A=1"
    )
    assert variables["IN_H"] == "HANGUP"
    end = (rt.directories.agi / "end").read_text()
    assert end == "200 result=1 (1)/511 Command Not Permitted on a dead channel or intercept routine\n"


async def test_no_signal_when_it_is_not_wanted(rt: TestRuntime) -> None:
    text = 'trap "touch told" HUP\ntouch ready\nsleep 0.3\nexit 0\n'
    assert (await hung_up(rt, text, "AGISIGHUP=no"))["IN_H"] == "HANGUP"
    assert not (rt.directories.agi / "told").exists()


async def test_a_call_that_does_not_wait_for_its_script(rt: TestRuntime) -> None:
    variables = await hung_up(rt, "touch ready\ntrap '' HUP\nsleep 3\ntouch end\n", "AGIEXITONHANGUP=yes")
    assert variables["IN_H"] == "HANGUP"
    assert not (rt.directories.agi / "end").exists()


def descriptors() -> int:
    """Return how many descriptors are open."""
    return len(list(Path("/proc/self/fd").iterdir()))


def children() -> list[str]:
    """Return what /proc says of each child of this process, from its state on; whatever thread has started it."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            stat = path.read_text().rpartition(") ")[2]
            if stat.split()[1] == str(os.getpid()):
                found.append(stat)
    return found


async def test_many_scripts_leave_nothing(rt: TestRuntime) -> None:
    rt.extensions(PLAN.format(command=script(rt, READ_BLOCK + "echo NOOP\nread reply\n"), variable="A=1"))
    before = descriptors()
    calls = [await rt.phone(f"p{number}").call("run@default") for number in range(40)]
    async with asyncio.timeout(30):
        for call in calls:
            await call.over()
        while rt.channels:
            await asyncio.sleep(0.01)
    assert {call.variables["AGISTATUS"] for call in calls} == {"SUCCESS"}
    await asyncio.sleep(0.05)
    assert descriptors() <= before + 1
    zombies = [stat for stat in children() if stat.startswith("Z")]
    assert not zombies


async def test_a_script_hears_the_call(rt: TestRuntime) -> None:
    name = script(rt, READ_BLOCK + "touch ready\ntimeout 0.6 cat <&3 > heard\nexit 0\n")
    rt.extensions(f"[default]\nexten => run,1,Answer()\n same => n,EAGI({name})\n same => n,Hangup()\n")
    call = await rt.phone("alice").call("run@default")
    async with asyncio.timeout(10):
        while not (rt.directories.agi / "ready").exists():
            await asyncio.sleep(0.01)
        call.speak(5)
        await call.over()
    heard = (rt.directories.agi / "heard").read_bytes()
    assert call.variables["AGISTATUS"] == "SUCCESS"
    assert 3200 < len(heard) < 12800 and heard.count((6000).to_bytes(2, "little")) > 500
    assert "agi_enhanced: 1.0" in (rt.directories.agi / "block").read_text()


async def test_a_script_that_does_not_listen_holds_up_nobody(rt: TestRuntime) -> None:
    rt.extensions(
        f"[default]\nexten => run,1,Answer()\n same => n,EAGI({script(rt, 'sleep 0.5')})\n same => n,Hangup()\n"
    )
    call = await rt.phone("alice").call("run@default")
    call.speak(60)
    async with asyncio.timeout(5):
        await call.over()
    assert call.variables["AGISTATUS"] == "SUCCESS"


# --- servers -------------------------------------------------------------------------------------------

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def serve(talk: Talk, host: str = "127.0.0.1") -> tuple[asyncio.Server, int]:
    """Begin a FastAGI server; its port too."""
    server = await asyncio.start_server(talk, host, 0)
    return server, server.sockets[0].getsockname()[1]


async def test_a_server(rt: TestRuntime) -> None:
    heard: list[str] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := (await reader.readline()).decode().strip():
            heard.append(line)
        writer.write(b"SET VARIABLE FROM server\nNOOP\n")
        heard.append((await reader.readline()).decode())
        heard.append((await reader.readline()).decode())
        writer.close()

    for host, shown in (("127.0.0.1", "127.0.0.1"), ("::1", "[::1]")):
        heard.clear()
        server, port = await serve(talk, host)
        variables = await called(rt, f"agi://{shown}:{port}/path/to?x=1,a")
        server.close()
        assert variables["AGISTATUS"] == "SUCCESS" and variables["FROM"] == "server"
        assert heard[:3] == [
            "agi_network: yes", "agi_network_script: path/to?x=1", f"agi_request: agi://{shown}:{port}/path/to?x=1"
        ]  # fmt: skip
        assert heard[-2:] == ["200 result=1\n", "200 result=0\n"]


async def test_a_server_hears_of_the_hangup(rt: TestRuntime) -> None:
    heard: list[str] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while (await reader.readline()).strip():
            pass
        writer.write(b"WAIT FOR DIGIT -1\n")
        await asyncio.sleep(0.2)
        call.hangup()
        heard.extend([(await reader.readline()).decode() for _ in range(2)])
        writer.close()

    server, port = await serve(talk)
    rt.extensions(PLAN.format(command=f"agi://127.0.0.1:{port}", variable="A=1"))
    call = await rt.phone("alice").call("stay@default")
    async with asyncio.timeout(10):
        await call.over()
        while rt.channels:
            await asyncio.sleep(0.01)
    server.close()
    assert heard == ["200 result=-1\n", "HANGUP\n"]


async def test_a_server_that_is_not_there(rt: TestRuntime) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert (await called(rt, f"agi://127.0.0.1:{port}/x"))["AGISTATUS"] == "FAILURE"
    assert any("Connection refused" in line for line in rt.logged(Level.WARNING))
    assert (await called(rt, "agi://"))["AGISTATUS"] == "FAILURE"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("agi://host", ("host", 4573, "")),
        ("agi://host:99/a/b", ("host", 99, "a/b")),
        ("agi://[::1]/x", ("::1", 4573, "x")),
        ("agi://[::1]:7/x", ("::1", 7, "x")),
        ("agi://host/", ("host", 4573, "")),
    ],
)
def test_addresses(url: str, expected: tuple[str, int, str]) -> None:
    found = network.address_of(url)
    assert (found.host, found.port, found.script) == expected


@pytest.mark.parametrize("url", ["agi://", "agi:///x", "agi://h:0", "agi://h:99999", "agi://h:x"])
def test_no_addresses(url: str) -> None:
    with pytest.raises(network.NotReached):
        network.address_of(url)
