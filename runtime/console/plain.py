"""A console without line editing: for pipes and terminals that can do nothing."""

import asyncio
import sys
import threading

from asterism.runtime.console.link import Link
from asterism.runtime.console.render import Painter


def say(text: str) -> None:
    """Write a line to the screen or the pipe."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


class PlainConsole:
    """Reads commands line by line and prints what comes.

    Args:
        link: The connection.
        painter: How records look.
        prompt: Show the prompt before each line.
    """

    def __init__(self, link: Link, painter: Painter, *, prompt: bool) -> None:
        self._link, self._painter, self._prompt = link, painter, prompt
        self._lines: asyncio.Queue[str | None] = asyncio.Queue()

    async def run(self) -> None:
        """Return when the input ends, `quit` is typed, or the connection is over."""
        link = self._link
        link.on_record = lambda record: say(self._painter.console(record))
        # A thread, since reading cannot be given up, and a daemon, since nobody waits for it.
        threading.Thread(target=self._read, args=(asyncio.get_running_loop(),), daemon=True).start()
        over = asyncio.ensure_future(link.over.wait())
        while not link.over.is_set():
            self._ask()
            line = asyncio.ensure_future(self._lines.get())
            await asyncio.wait((line, over), return_when=asyncio.FIRST_COMPLETED)
            if not line.done():
                line.cancel()
                break
            text = line.result()
            if text is None or text.strip() in ("quit", "exit"):
                break
            if text.strip():
                await link.run(text, say)
        over.cancel()

    def _ask(self) -> None:
        if self._prompt:
            sys.stdout.write(self._link.prompt)
            sys.stdout.flush()

    def _read(self, loop: asyncio.AbstractEventLoop) -> None:
        for line in sys.stdin:
            loop.call_soon_threadsafe(self._lines.put_nowait, line.rstrip("\n"))
        loop.call_soon_threadsafe(self._lines.put_nowait, None)
