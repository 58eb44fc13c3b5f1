"""The control socket: the server's end of every console."""

import asyncio
import grp
import os
import pwd
import socket
import struct
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol, cast

from asterism import __version__
from asterism.dialplan import regex
from asterism.runtime.cli_permissions import NOBODY
from asterism.runtime.console import wire
from asterism.runtime.declare import Noun
from asterism.runtime.errors import AsterismError, ConfigError
from asterism.runtime.grammar import ASKER, Commands, Reply
from asterism.runtime.limits import CONSOLE_LINE_BYTES, CONSOLE_UNREAD_BYTES, CONSOLE_WAITING, CONSOLES_MAX
from asterism.runtime.log import CONSOLE_LEVELS, FOLLOW, Log, Record, escaped
from asterism.runtime.settings import Files

LAST_WORDS_S = 5.0
"How long a console that is cut off may take to read why."


class Served(Protocol):
    """What the control socket asks of a runtime."""

    log: Log

    @property
    def commands(self) -> Commands:
        """Its commands."""

    @property
    def nouns(self) -> Mapping[str, Noun]:
        """What completes values in them."""


class Attached(asyncio.Protocol):
    """One console, as the server sees it. Meets `asterism.runtime.grammar.Asker`."""

    def __init__(self, control: "ControlSocket", *, root: bool = False) -> None:
        self._control = control
        self._root = root
        "Whether it is the console of the server's own process."
        self._user, self._group = NOBODY, NOBODY
        self._rt = control.rt
        self._transport: asyncio.Transport | None = None
        self._unread = bytearray()
        self._unsent: list[bytes] = []
        self._unsent_bytes = 0
        self._skipping = False
        self._waiting: deque[tuple[int, str]] = deque()
        self._runner: asyncio.Task[None] | None = None
        self._writable = asyncio.Event()
        self._writable.set()
        self._verbose = 0
        self._listening = False
        self._muted = False
        self.hidden: set[str] = set()
        self._filter = ""
        self._wanted: Callable[[str], object] | None = None

    # --- what commands may ask of it

    @property
    def verbose(self) -> int:
        """Its verbosity."""
        return self._verbose

    @verbose.setter
    def verbose(self, depth: int) -> None:
        self._verbose = depth
        if self._root:
            self._rt.log.set_verbose(depth)
        if self._listening and not self._muted:
            self._rt.log.attach(self._sink, verbose=depth, debug=FOLLOW)

    @property
    def muted(self) -> bool:
        """Whether it gets no log for now."""
        return self._muted

    @muted.setter
    def muted(self, muted: bool) -> None:
        self._muted = muted
        if muted:
            self._rt.log.detach(self._sink)
        else:
            self.verbose = self._verbose

    @property
    def filter(self) -> str:
        """What lines of the log must hold to be shown: a text, or a /regular expression/; empty for all."""
        return self._filter

    @filter.setter
    def filter(self, text: str) -> None:
        try:
            self._wanted = _searching(text)
        except regex.BadPattern as error:
            raise AsterismError(f"{text} is no regular expression: {error}") from None
        self._filter = text

    # --- asyncio's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet, or refuse when there are too many."""
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=1 << 16)
        if len(self._control.consoles) >= CONSOLES_MAX:
            self.end(f"There are {CONSOLES_MAX} consoles already.")
            return
        if not self._root:
            self._user, self._group = _peer(self._transport)
        self._control.consoles.add(self)
        self._send(wire.encode({"hello": self._control.hello}))

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it. A command under way is finished; nobody reads its output."""
        self._transport = None
        self._rt.log.detach(self._sink)
        self._waiting.clear()
        self._writable.set()
        if self in self._control.consoles:
            self._control.consoles.discard(self)
            if self._listening:
                self._control.tell("Remote UNIX connection disconnected")

    def pause_writing(self) -> None:
        """The console reads slower than we write: commands wait, the log does not."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """It has caught up."""
        self._writable.set()

    def data_received(self, data: bytes) -> None:
        """Take lines apart; one that is too long is skipped to its end."""
        self._unread += data
        while (end := self._unread.find(b"\n")) >= 0:
            line = bytes(self._unread[:end])
            del self._unread[: end + 1]
            if self._skipping or len(line) > CONSOLE_LINE_BYTES:
                if not self._skipping:
                    self._complain("The line is too long.")
                self._skipping = False
            elif line.strip():
                self._take(line)
        if len(self._unread) > CONSOLE_LINE_BYTES:
            if not self._skipping:
                self._complain("The line is too long.")
            self._skipping = True
            self._unread.clear()

    # --- frames

    def _take(self, line: bytes) -> None:
        try:
            frame = wire.decode(line)
        except wire.FrameError as error:
            self._complain(f"The line could not be read: {error}.")
            return
        number, text = wire.number_of(frame, "id"), wire.text_of(frame, "line")
        match frame.get("do"):
            case "attach":
                self._attach(frame)
            case "run":
                self._waiting.append((number, text))
                if len(self._waiting) >= CONSOLE_WAITING and self._transport is not None:
                    self._transport.pause_reading()
                if self._runner is None:
                    self._runner = asyncio.get_running_loop().create_task(self._run_all(), name="console")
            case "complete":
                found = self._rt.commands.complete(self._rt, self._rt.nouns, text)
                candidates = [
                    [each.word, escaped(each.description)] for each in found if escaped(each.word) == each.word
                ]
                self._send(wire.encode({"id": number, "candidates": candidates}))
            case _:
                self._complain("'do' is none of attach, run, complete.")

    def _attach(self, frame: dict[str, Any]) -> None:
        if not self._listening:
            self._control.tell("Remote UNIX connection")
        self._listening = True
        self._muted = frame.get("mute") is True
        self.verbose = max(0, min(wire.number_of(frame, "verbose"), 100))

    async def _run_all(self) -> None:
        try:
            await self._run_waiting()
        finally:
            self._runner = None

    async def _run_waiting(self) -> None:
        ASKER.set(self)
        while self._waiting:
            number, line = self._waiting.popleft()
            if self._transport is not None and len(self._waiting) < CONSOLE_WAITING:
                self._transport.resume_reading()
            if self._root or self._control.allows(self._user, self._group, line):
                reply = await self._rt.commands.run(self._rt, line)
            else:
                reply = Reply([f"You don't have permissions to run '{line}' command"], ok=False)
            for start in range(0, len(reply.lines), wire.LINES_MAX):
                piece = [escaped(line) for line in reply.lines[start : start + wire.LINES_MAX]]
                self._send(wire.encode({"id": number, "lines": piece}))
                self._flush()
                await self._writable.wait()
            self._send(wire.encode({"id": number, "ok": reply.ok}))

    def _complain(self, text: str) -> None:
        self._send(wire.encode({"id": 0, "error": text}))

    def _sink(self, record: Record) -> None:
        name = record.level_name
        if self._wanted is not None and not self._wanted(record.text) and not self._wanted(record.call):
            return
        if name in self._control.levels and name not in self.hidden:
            self._send(self._control.framed(record))

    def _send(self, line: bytes) -> None:
        """Queue a line; what comes in one turn of the loop is written at once, which a busy log needs."""
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        if transport.get_write_buffer_size() + self._unsent_bytes + len(line) > CONSOLE_UNREAD_BYTES:
            self.end("You read too slowly: too much output is waiting for you.")
            self._control.rt.log.notice("A console reads too slowly and is cut off.")
            return
        if not self._unsent:
            asyncio.get_running_loop().call_soon(self._flush)
        self._unsent.append(line)
        self._unsent_bytes += len(line)

    def _flush(self) -> None:
        if self._unsent and self._transport is not None:
            self._transport.write(b"".join(self._unsent))
        self._unsent.clear()
        self._unsent_bytes = 0

    def end(self, reason: str, back: bool = False) -> None:
        """Say why and close; who does not read it is cut off after a while."""
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        self._rt.log.detach(self._sink)
        self._flush()
        transport.write(wire.encode({"bye": reason, "back": back}))
        transport.close()
        asyncio.get_running_loop().call_later(LAST_WORDS_S, transport.abort)


def _searching(text: str) -> Callable[[str], object] | None:
    """What tells whether a line holds a text, or a /regular expression/; None when nothing is searched for."""
    if len(text) > 2 and text.startswith("/") and text.endswith("/"):
        # POSIX's, whose search takes no longer for a malicious pattern.
        return regex.compiled(text[1:-1], ignore_case=True).search
    lowered = text.lower()
    return (lambda line: lowered in line.lower()) if text else None


def _peer(transport: asyncio.Transport) -> tuple[int, int]:
    """The user and the group of whoever is at the other end of a Unix socket."""
    peer = transport.get_extra_info("socket").getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
    _, user, group = struct.unpack("3i", peer)
    return user, group


class ControlSocket:
    """Where consoles attach.

    Args:
        rt: The runtime that they see.
        path: The socket, `asterisk.ctl` in astrundir.
        files: Its owner and mode.
        shell: Whether consoles may use `!`.
        quiet: Do not log who comes and goes.
        allows: Whether a user of a group, by their numbers, may run a command.
        system: The name of the system, for prompts.
    """

    def __init__(
        self,
        rt: Served,
        path: Path,
        files: Files | None = None,
        *,
        shell: bool = False,
        quiet: bool = False,
        allows: Callable[[int, int, str], bool] = lambda user, group, line: True,
        system: str = "",
    ) -> None:
        self.rt = rt
        self.path = path
        self.consoles: set[Attached] = set()
        self.allows = allows
        self._files = files or Files()
        self._quiet = quiet
        self._server: asyncio.Server | None = None
        self._last: tuple[Record | None, bytes] = (None, b"")
        self.hello = {
            "name": "Asterism",
            "version": __version__,
            "host": socket.gethostname().partition(".")[0],
            "fqdn": socket.gethostname(),
            "system": system,
            "pid": os.getpid(),
            "shell": shell,
        }

    @property
    def levels(self) -> frozenset[str]:
        """What consoles show, by name."""
        files = self.rt.log.files
        return CONSOLE_LEVELS if files is None else files.console_levels

    def framed(self, record: Record) -> bytes:
        """A record as a line; put together once for all consoles."""
        if self._last[0] is not record:
            self._last = (record, wire.log_frame(record))
        return self._last[1]

    def tell(self, text: str) -> None:
        """Log that a console came or went."""
        if not self._quiet:
            self.rt.log.verbose(3, text)

    async def start(self) -> None:
        """Open the socket.

        Raises:
            ConfigError: Another server has it, or it cannot be made as configured.
        """
        if is_served(self.path):
            raise ConfigError(f"Asterism already running on {self.path}.  Use 'asterism -r' to connect.")
        try:
            listener = self._listener()
        except (OSError, ValueError, LookupError) as error:
            raise ConfigError(f"Unable to open the control socket {self.path}: {error}") from None
        self._server = await asyncio.get_running_loop().create_unix_server(lambda: Attached(self), sock=listener)

    def _listener(self) -> socket.socket:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        # Nobody may connect before owner and mode are as configured.
        before = os.umask(0o177)
        try:
            listener.bind(str(self.path))
            self._hand_over()
        except BaseException:
            listener.close()
            raise
        finally:
            os.umask(before)
        return listener

    def _hand_over(self) -> None:
        files = self._files
        owner = pwd.getpwnam(files.astctlowner).pw_uid if files.astctlowner else -1
        group = grp.getgrnam(files.astctlgroup).gr_gid if files.astctlgroup else -1
        if owner >= 0 or group >= 0:
            os.chown(self.path, owner, group)
        self.path.chmod(int(files.astctlpermissions or "0660", 8))

    async def adopt(self, sock: socket.socket) -> None:
        """Serve a console over a connected socket: the one in the server's own process."""
        await asyncio.get_running_loop().create_connection(lambda: Attached(self, root=True), sock=sock)

    async def stop(self, back: bool = False) -> None:
        """Send all consoles away and remove the socket.

        Args:
            back: Tell them that the server will be back.
        """
        if self._server is not None:
            self._server.close()
            self._server = None
            self.path.unlink(missing_ok=True)
        for console in tuple(self.consoles):
            console.end("The server restarts." if back else "The server has ended.", back)
        await asyncio.sleep(0)


def is_served(path: Path) -> bool:
    """Whether a server listens on this socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
        return True
