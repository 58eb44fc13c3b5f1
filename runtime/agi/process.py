"""Scripts: a process per call, spoken to over its standard input and output. No thread is kept for it.

The end of the process is told by a descriptor (pidfd), so that nothing waits for it and no zombie stays.
"""

import asyncio
import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from asterism.runtime.agi.lines import Lines
from asterism.runtime.agi.protocol import LINE_BYTES
from asterism.runtime.log import escaped

if TYPE_CHECKING:
    from asterism.runtime.channel import Channel


class NotThere(Exception):
    """There is no such script."""


class NotRun(Exception):
    """The script cannot be started."""


class Script:
    """A running script; meets `asterism.runtime.agi.conversation.Wire`. Made by `launch`."""

    def __init__(self, process: "subprocess.Popen[bytes]", reader: asyncio.StreamReader) -> None:
        self.process = process
        self._lines = Lines(reader)
        self._over: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.transports: list[asyncio.BaseTransport] = []
        self._writer: asyncio.StreamWriter | None = None
        self._watched = -1
        self._watch()

    def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            self._watched = os.pidfd_open(self.process.pid)
        except (AttributeError, OSError):  # An old kernel: then a thread has to wait.
            waiting = loop.run_in_executor(None, self.process.wait)
            waiting.add_done_callback(lambda done: self._reaped())
        else:
            loop.add_reader(self._watched, self._reap)

    def _unwatch(self) -> None:
        if self._watched >= 0:
            asyncio.get_running_loop().remove_reader(self._watched)
            os.close(self._watched)
            self._watched = -1

    def _reap(self) -> None:
        self._unwatch()
        self.process.wait()
        self._reaped()

    def _reaped(self) -> None:
        if not self._over.done():
            self._over.set_result(self.process.returncode)

    def abandon(self) -> None:
        """Look after it no longer, because the runtime ends: a script that goes on is its own master."""
        for transport in self.transports:
            transport.close()
        if self._watched >= 0:
            self._unwatch()
            if self.process.poll() is None:
                self.process.returncode = 0  # Else Popen complains of a child that it has not waited for.

    async def connect(self) -> None:
        """Take its standard input and output into the loop."""
        loop = asyncio.get_running_loop()
        process = self.process
        assert process.stdin is not None and process.stdout is not None
        transport, protocol = await loop.connect_write_pipe(
            lambda: asyncio.StreamReaderProtocol(asyncio.StreamReader()), process.stdin
        )
        self._writer = asyncio.StreamWriter(transport, protocol, None, loop)
        self.transports.append(transport)

    async def receive(self) -> str | None:
        """The next line that it prints."""
        return await self._lines.next()

    def send(self, text: str) -> None:
        """Write to its standard input; one that has closed it does not want to know."""
        if self._writer is not None and not self._writer.is_closing():
            self._writer.write(text.encode("utf-8", "surrogateescape"))

    async def flush(self) -> None:
        """Wait until it has room for more."""
        if self._writer is not None:
            with contextlib.suppress(OSError):
                await self._writer.drain()

    def hung_up(self) -> None:
        """Send it SIGHUP."""
        if self.process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.process.pid, signal.SIGHUP)

    async def ended(self) -> int:
        """Return when it has ended; its exit status."""
        return await asyncio.shield(self._over)

    async def close(self, *, patient: bool) -> bool:
        """Close its pipes, when `patient` after its end; False when it has failed."""
        try:
            return not patient or await self.ended() == 0
        finally:
            for transport in self.transports:
                transport.close()


def path_of(folder: Path, script: str) -> Path:
    """Where a script is: below astagidir unless its path begins at the root."""
    return folder / script


def _start(path: Path, arguments: Sequence[str], environment: Mapping[str, str], ear: int) -> "subprocess.Popen[bytes]":
    if not path.exists():
        raise NotThere
    command = [os.fsencode(path), *(argument.encode("utf-8", "surrogateescape") for argument in arguments)]
    kept: tuple[int, ...] = ()
    if ear >= 0:
        if not os.access(path, os.X_OK) or path.is_dir():
            raise PermissionError(13, "Permission denied")
        # The number that EAGI promises is 3, which only the new process itself can give to a descriptor.
        command = [b"/bin/sh", b"-c", b'exec 3<"$0"; exec "$@"', b"/dev/fd/%d" % ear, *command]
        kept = (ear,)
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={os.fsencode(name): os.fsencode(value) for name, value in environment.items()},
        pass_fds=kept,
        bufsize=0,
    )


async def launch(
    chan: "Channel", path: Path, arguments: Sequence[str], environment: Mapping[str, str], *, ear: int = -1
) -> Script:
    """Start a script.

    Args:
        chan: Whose call; what the script prints as errors is said in its name.
        path: The script.
        arguments: Behind its name.
        environment: All of its environment.
        ear: Descriptor from which it may read the call as its descriptor 3 (EAGI); -1 for none.

    Raises:
        NotThere: There is no such file.
        NotRun: It cannot be run, and why.
    """
    loop = asyncio.get_running_loop()
    starting = loop.run_in_executor(None, _start, path, arguments, environment, ear)
    try:
        process = await asyncio.shield(starting)
    except (OSError, ValueError) as error:
        raise NotRun(error.strerror if isinstance(error, OSError) else str(error)) from None
    except (NotThere, Exception):
        raise
    except BaseException:  # Hung up while it was starting: nobody will talk to it.
        starting.add_done_callback(_discard)
        raise
    reader = asyncio.StreamReader(limit=LINE_BYTES * 2)
    script = Script(process, reader)
    await _connect(chan, script, reader)
    return script


async def _connect(chan: "Channel", script: Script, reader: asyncio.StreamReader) -> None:
    loop = asyncio.get_running_loop()
    process = script.process
    assert process.stdout is not None and process.stderr is not None
    transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), process.stdout)
    script.transports.append(transport)
    errors = asyncio.StreamReader(limit=LINE_BYTES * 2)
    transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(errors), process.stderr)
    await script.connect()
    chan.switch.spawn(_attend(chan, script, Lines(errors), transport), f"AGI script {process.pid}")


async def _attend(chan: "Channel", script: Script, errors: Lines, transport: asyncio.BaseTransport) -> None:
    """Tell the operator what a script prints as errors, until it has ended or the runtime does."""
    try:
        while (line := await errors.next()) is not None:
            chan.switch.log.notice(f"AGI on {chan.name}: {escaped(line)}", chan.call)
        await script.ended()
    finally:
        transport.close()
        script.abandon()


def _discard(starting: "asyncio.Future[subprocess.Popen[bytes]]") -> None:
    if starting.cancelled() or starting.exception() is not None:
        return
    process = starting.result()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()
    process.kill()
    asyncio.get_running_loop().run_in_executor(None, process.wait)
