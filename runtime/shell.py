"""Commands of the system's shell, run beside the calls."""

import asyncio
import os
import signal
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress


@asynccontextmanager
async def started(command: str, *, stdout: int | None = None) -> AsyncIterator[Process]:
    """Run a command as `sh -c` does, without standard input; whatever breaks off the block kills it with its children.

    Args:
        command: The command.
        stdout: Where its output goes: `asyncio.subprocess.PIPE`, or None for our own.
    """
    process = await asyncio.create_subprocess_shell(command, stdin=DEVNULL, stdout=stdout, start_new_session=True)
    try:
        yield process
    except BaseException:
        if process.returncode is None:
            with suppress(ProcessLookupError):  # It may have ended at this moment.
                os.killpg(process.pid, signal.SIGKILL)
        raise
