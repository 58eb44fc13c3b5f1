"""The control socket and its consoles, without a runtime behind them."""

import asyncio
import contextlib
import json
import os
import random
import socket
import stat
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from asterism.runtime.commands.logger import console_filter
from asterism.runtime.console import server, wire
from asterism.runtime.console.link import Link
from asterism.runtime.console.once import run_once
from asterism.runtime.console.server import ControlSocket
from asterism.runtime.declare import command
from asterism.runtime.errors import ConfigError
from asterism.runtime.grammar import ASKER, Commands
from asterism.runtime.limits import CONSOLE_LINE_BYTES
from asterism.runtime.log import Log, Record
from asterism.runtime.settings import Files


class Fake:
    """What a control socket asks of a runtime."""

    def __init__(self) -> None:
        self.log = Log("test")
        self.commands = Commands()
        self.nouns: dict[str, Any] = {}
        self.may_go_on = asyncio.Event()
        for each in (echo, many, wait, verbose):
            self.commands[each.name] = each


@command("echo <text>...")
def echo(rt: Fake, words: list[str]) -> list[str]:
    """Say it again."""
    return [" ".join(words)]


@command("many <count>")
def many(rt: Fake, count: int) -> list[str]:
    """Print many lines."""
    return [f"line {number}" for number in range(count)]


@command("wait")
async def wait(rt: Fake) -> str:
    """Wait until told."""
    await rt.may_go_on.wait()
    return "waited"


@command("set verbose <level>")
def verbose(rt: Fake, level: int) -> None:
    """Set the console's verbosity."""
    asker = ASKER.get()
    assert asker is not None
    asker.verbose = level


@pytest.fixture
def rt() -> Fake:
    return Fake()


@pytest_asyncio.fixture
async def control(rt: Fake, tmp_path: Path) -> AsyncIterator[ControlSocket]:
    made = ControlSocket(rt, tmp_path / "asterisk.ctl")
    await made.start()
    yield made
    await made.stop()


@contextlib.asynccontextmanager
async def attached(control: ControlSocket) -> AsyncIterator[Link]:
    link = await Link.connect(control.path)
    try:
        yield link
    finally:
        await link.close()


def collector(texts: list[str]) -> Callable[[Record], None]:
    return lambda record: texts.append(record.text)


async def run(link: Link, line: str) -> list[str]:
    lines: list[str] = []
    await asyncio.wait_for(link.run(line, lines.append), 10)
    return lines


async def test_the_socket_belongs_to_owner_and_group_alone(rt: Fake, tmp_path: Path) -> None:
    for permissions, mode in (("0660", 0o660), ("0600", 0o600), ("", 0o660)):
        control = ControlSocket(rt, tmp_path / "x.ctl", Files(astctlpermissions=permissions))
        await control.start()
        assert stat.S_IMODE(control.path.stat().st_mode) == mode
        await control.stop()
        assert not control.path.exists()


@pytest.mark.parametrize("files", [Files(astctlowner="nosuchuser"), Files(astctlgroup="no such"), Files("9x9")])
async def test_what_cannot_be_configured_is_told(rt: Fake, tmp_path: Path, files: Files) -> None:
    with pytest.raises(ConfigError, match="control socket"):
        await ControlSocket(rt, tmp_path / "x.ctl", files).start()


async def test_a_path_that_is_too_long_is_told(rt: Fake, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="control socket"):
        await ControlSocket(rt, tmp_path / ("x" * 120)).start()


async def test_a_second_server_is_refused_and_a_dead_ones_socket_is_taken(control: ControlSocket, rt: Fake) -> None:
    with pytest.raises(ConfigError, match="already running"):
        await ControlSocket(rt, control.path).start()
    path = control.path
    await control.stop()
    path.touch()
    again = ControlSocket(rt, path)
    await again.start()
    await again.stop()


async def test_greeting_command_and_completion(control: ControlSocket) -> None:
    async with attached(control) as link:
        assert link.hello["pid"] == os.getpid()
        assert link.prompt.endswith("*CLI> ")
        assert await run(link, "echo hello  world") == ["hello world"]
        assert await run(link, "many 1000") == [f"line {number}" for number in range(1000)]
        assert await link.complete("ec") == [("echo", "Say it again")]
        assert (await run(link, "nosuch"))[0].startswith("No such command 'nosuch'")


async def test_each_console_has_its_own_verbosity(control: ControlSocket, rt: Fake) -> None:
    seen: dict[str, list[str]] = {"deep": [], "flat": [], "silent": []}
    async with attached(control) as deep, attached(control) as flat, attached(control) as silent:
        for link, name in ((deep, "deep"), (flat, "flat"), (silent, "silent")):
            link.on_record = collector(seen[name])
        deep.attach(5)
        flat.attach(1)
        await run(deep, "echo 1")
        await run(flat, "echo 1")
        assert rt.log.shows(5)
        rt.log.verbose(5, "deep talk")
        rt.log.verbose(1, "flat talk")
        rt.log.warning("warning")
        rt.log.security("for who watches the log file")
        rt.log.dtmf("1")
        await run(flat, "set verbose 5")
        rt.log.verbose(5, "again")
        for link in (deep, flat, silent):
            await run(link, "echo 1")
    assert [each for each in seen["deep"] if "UNIX" not in each] == ["deep talk", "flat talk", "warning", "again"]
    assert seen["flat"] == ["flat talk", "warning", "again"]
    assert seen["silent"] == []
    await asyncio.sleep(0.05)
    assert not rt.log.shows(1)


async def test_a_record_arrives_whole(control: ControlSocket, rt: Fake) -> None:
    seen: list[Record] = []
    sent: list[Record] = []
    rt.log.attach(sent.append)
    async with attached(control) as link:
        link.on_record = seen.append
        link.attach(0)
        await run(link, "echo 1")
        rt.log.error("text \x1b[2J ü \ud800", call="C-00000001")
        await run(link, "echo 1")
    assert [each.text.encode("ascii", "ignore") for each in seen] == [b"text \x1b[2J  "]
    assert (seen[0].level, seen[0].line, seen[0].call) == (sent[-1].level, sent[-1].line, "C-00000001")


async def test_output_with_control_characters_is_escaped(control: ControlSocket) -> None:
    async with attached(control) as link:
        assert await run(link, "echo \x1b[2J") == ["\\x1b[2J"]


async def test_a_command_that_waits_holds_up_nobody_else(control: ControlSocket, rt: Fake) -> None:
    async with attached(control) as one, attached(control) as two:
        waiting = one.run("wait", lambda line: None)
        assert await run(two, "echo x") == ["x"]
        assert not waiting.done()
        rt.may_go_on.set()
        assert await asyncio.wait_for(waiting, 5)


GARBAGE = [
    b"\n\n\r\n",
    b"hello\n",
    b"\x00\xff\xfe\n",
    b"[]\n",
    b"null\n",
    b"{}\n",
    b'{"do": 1}\n',
    b'{"do": "run"}\n',
    b'{"do": "run", "line": 5, "id": []}\n',
    b'{"do": "run", "id": 1e400, "line": "echo x"}\n',
    b'{"do": "attach", "verbose": -1e99}\n',
    b'{"do": "attach", "verbose": "x", "mute": 3}\n',
    b'{"do": "complete", "line": {"a": 1}}\n',
    b"[" * 5000 + b"\n",
    b'{"a":' * 1500 + b"\n",
    b"x" * (CONSOLE_LINE_BYTES + 1) + b"\n",
    b"x" * 1_000_000,
]


@pytest.mark.parametrize("garbage", GARBAGE, ids=lambda value: repr(value[:24]))
async def test_garbage_is_answered_and_harmless(control: ControlSocket, garbage: bytes) -> None:
    reader, writer = await asyncio.open_unix_connection(str(control.path), limit=1 << 22)
    assert "hello" in json.loads(await reader.readline())
    writer.write(garbage)
    writer.write(b"\n" + wire.encode({"do": "run", "id": 77, "line": "echo still here"}))
    lines: list[Any] = []
    while not lines or lines[-1] != {"id": 77, "ok": True}:
        lines.append(json.loads(await asyncio.wait_for(reader.readline(), 5)))
    assert {"id": 77, "lines": ["still here"]} in lines
    writer.close()
    await writer.wait_closed()


async def test_a_line_that_is_too_long_is_refused_once(control: ControlSocket) -> None:
    reader, writer = await asyncio.open_unix_connection(str(control.path))
    await reader.readline()
    writer.write(b"x" * (3 * CONSOLE_LINE_BYTES) + b"\n" + wire.encode({"do": "run", "id": 1, "line": "echo x"}))
    assert json.loads(await reader.readline()) == {"id": 0, "error": "The line is too long."}
    assert json.loads(await reader.readline()) == {"id": 1, "lines": ["x"]}
    writer.close()
    await writer.wait_closed()


async def test_a_slow_console_is_cut_off_and_told_why(
    control: ControlSocket, rt: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "CONSOLE_UNREAD_BYTES", 100_000)
    monkeypatch.setattr(server, "LAST_WORDS_S", 0.2)
    notices: list[str] = []
    rt.log.attach(lambda record: notices.append(record.text))
    _, writer = await asyncio.open_unix_connection(str(control.path), limit=1 << 10)
    writer.write(wire.encode({"do": "attach", "verbose": 5}))
    async with attached(control) as quick:
        seen: list[str] = []
        quick.on_record = lambda record: seen.append(record.text)
        quick.attach(1)
        await run(quick, "echo 1")
        for _ in range(5000):
            rt.log.verbose(1, "x" * 100)
            await asyncio.sleep(0)
        assert "A console reads too slowly and is cut off." in notices
        assert await run(quick, "echo still here") == ["still here"]
        assert seen.count("x" * 100) == 5000
        assert len(control.consoles) == 1 or await _gone(control)
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()


async def _gone(control: ControlSocket) -> bool:
    for _ in range(50):
        await asyncio.sleep(0.02)
        if len(control.consoles) == 1:
            return True
    return False


async def test_there_is_an_end_to_the_number_of_consoles(
    control: ControlSocket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "CONSOLES_MAX", 2)
    async with attached(control), attached(control):
        with pytest.raises(ConnectionRefusedError, match="2 consoles already"):
            await Link.connect(control.path)


async def test_the_end_of_the_server_is_told(control: ControlSocket) -> None:
    async with attached(control) as link:
        await control.stop(back=True)
        await asyncio.wait_for(link.over.wait(), 5)
        assert link.last_words == "The server restarts."
        assert link.back


async def test_one_command_and_its_exit_status(
    control: ControlSocket, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    loop = asyncio.get_running_loop()
    assert await loop.run_in_executor(None, run_once, control.path, "many 500") == 0
    assert capfd.readouterr().out.splitlines() == [f"line {number}" for number in range(500)]
    assert await loop.run_in_executor(None, run_once, control.path, "nosuch") == 0
    assert capfd.readouterr().out.startswith("No such command 'nosuch'")
    assert await loop.run_in_executor(None, run_once, tmp_path / "none.ctl", "nosuch") == 1
    captured = capfd.readouterr()
    assert captured.out == ""
    assert captured.err == f"Unable to connect to remote asterisk (does {tmp_path / 'none.ctl'} exist?)\n"


async def test_ten_thousand_mutated_lines_end_nothing(control: ControlSocket) -> None:
    chance = random.Random(7)
    seeds = [
        wire.encode({"do": "run", "id": 1, "line": 'echo "a b" \\c'}),
        wire.encode({"do": "complete", "id": 2, "line": "ech"}),
        wire.encode({"do": "attach", "verbose": 3}),
    ]
    reader, writer = await asyncio.open_unix_connection(str(control.path), limit=1 << 22)

    async def discard() -> bytes:
        last = b""
        async for line in reader:
            last = line
            if b'"id":99,"ok"' in line:
                break
        return last

    reading = asyncio.ensure_future(discard())
    for _ in range(10_000):
        line = bytearray(chance.choice(seeds))
        for _ in range(chance.randrange(1, 6)):
            at = chance.randrange(len(line))
            match chance.randrange(3):
                case 0:
                    line[at] = chance.randrange(256)
                case 1:
                    del line[at : at + chance.randrange(8)]
                case 2:
                    line[at:at] = bytes(chance.randrange(256) for _ in range(chance.randrange(8)))
            line = line or bytearray(b"x")
        writer.write(bytes(line) + b"\n")
        if writer.transport.get_write_buffer_size() > 1 << 16:
            await writer.drain()
    writer.write(b"\n" + wire.encode({"do": "run", "id": 99, "line": "echo alive"}))
    assert b'"ok":true' in await asyncio.wait_for(reading, 60)
    writer.close()
    await writer.wait_closed()


async def test_commands_are_refused_to_whom_they_are_not_allowed(rt: Fake, tmp_path: Path) -> None:
    asked: list[tuple[int, int, str]] = []

    def allows(user: int, group: int, line: str) -> bool:
        asked.append((user, group, line))
        return line == "echo yes"

    control = ControlSocket(rt, tmp_path / "x.ctl", allows=allows)
    await control.start()
    try:
        async with attached(control) as link:
            assert await run(link, "echo yes") == ["yes"]
            assert await run(link, "echo no") == ["You don't have permissions to run 'echo no' command"]
        assert asked == [(os.getuid(), os.getgid(), "echo yes"), (os.getuid(), os.getgid(), "echo no")]
        ours, theirs = socket.socketpair()
        await control.adopt(ours)
        root = await Link.over_socket(theirs)
        assert await run(root, "echo no") == ["no"], "the server's own console may do everything"
        assert await run(root, "set verbose 4") == []
        assert rt.log.verbose_level == 4, "and its verbosity is the server's"
        await root.close()
    finally:
        await control.stop()


async def test_a_filter_for_what_scrolls_by(rt: Fake, control: ControlSocket) -> None:
    rt.commands[console_filter.name] = console_filter
    async with attached(control) as link, attached(control) as other:
        seen: list[str] = []
        all_of_it: list[str] = []
        link.on_record, other.on_record = collector(seen), collector(all_of_it)
        for one in (link, other):
            one.attach(3)
            await run(one, "echo x")
        assert await run(link, "console filter") == ["All lines are shown."]
        assert await run(link, "console filter sip/6001") == ["Lines with 'sip/6001' are shown."]
        rt.log.verbose(3, "SIP/6001-00000001 answered")
        rt.log.verbose(3, "SIP/6002-00000002 answered")
        assert await run(link, "console filter /^c-0+2a$|busy/") == ["Lines with '/^c-0+2a$|busy/' are shown."]
        rt.log.notice("of another call", "C-0000002b")
        rt.log.notice("of the call", "C-0000002a")
        rt.log.warning("All are busy")
        assert "no regular expression" in (await run(link, "console filter /(/"))[0]
        assert await run(link, "console filter off") == ["All lines are shown."]
        rt.log.verbose(1, "the end")
        for _ in range(100):
            if "the end" in all_of_it and "the end" in seen:
                break
            await asyncio.sleep(0.01)
        assert [text for text in seen if "UNIX" not in text] == [
            "SIP/6001-00000001 answered",
            "of the call",
            "All are busy",
            "the end",
        ]
        assert len([text for text in all_of_it if "UNIX" not in text]) == 6
