"""The console's end of the connection to a server."""

import asyncio
import contextlib
import itertools
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

from asterism.runtime.console import wire
from asterism.runtime.console.prompt import Prompt
from asterism.runtime.log import Record

FRAME_BYTES = 1 << 26
"Longest line that is taken from the server."

Print = Callable[[str], None]


class Link:
    """A connected console.

    Args:
        reader, writer: The connection.

    `on_record` gets each log record; `over` is set when the connection has ended, `last_words` say why.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._numbers = itertools.count(1)
        self._answers: dict[int, tuple[asyncio.Future[bool], Print]] = {}
        self._candidates: dict[int, asyncio.Future[list[tuple[str, str]]]] = {}
        self._task: asyncio.Task[None] | None = None
        self.on_record: Callable[[Record], None] = lambda record: None
        self.hello: dict[str, Any] = {}
        self.over = asyncio.Event()
        self.last_words = ""
        self.colour = False
        "Whether the prompt may have colours."
        self.back = False
        "Whether the server has said that it will be back."

    @classmethod
    async def connect(cls, path: Path) -> "Link":
        """Connect to a control socket.

        Raises:
            OSError: Nobody listens there, or it is not allowed.
        """
        return await cls._begin(*await asyncio.open_unix_connection(str(path), limit=FRAME_BYTES))

    @classmethod
    async def over_socket(cls, sock: socket.socket) -> "Link":
        """Take a socket that is connected to a server already."""
        return await cls._begin(*await asyncio.open_connection(sock=sock, limit=FRAME_BYTES))

    @classmethod
    async def _begin(cls, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> "Link":
        link = cls(reader, writer)
        first = wire.decode(await reader.readline() or b"{}")
        if "hello" not in first:
            writer.close()
            raise ConnectionRefusedError(wire.text_of(first, "bye") or "no answer")
        link.hello = first["hello"]
        link._task = asyncio.get_running_loop().create_task(link._read(), name="console link")
        return link

    @property
    def prompt(self) -> str:
        """Asterisk's prompt, `HOST*CLI> `, or the one that ASTERISK_PROMPT asks for."""
        return str(Prompt(self.hello, os.environ.get("ASTERISK_PROMPT", ""), self.colour))

    @property
    def name(self) -> str:
        """Name and version of the server."""
        return f"{self.hello.get('name', '')} {self.hello.get('version', '')}"

    def attach(self, verbose: int, mute: bool = False) -> None:
        """Ask for the log, verbose lines up to this depth."""
        self._send({"do": "attach", "verbose": verbose, "mute": mute})

    def run(self, line: str, output: Print) -> asyncio.Future[bool]:
        """Run a command; `output` gets its lines as they come. The future tells whether it succeeded."""
        number = next(self._numbers)
        done: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._answers[number] = (done, output)
        self._send({"do": "run", "id": number, "line": line})
        return done

    async def complete(self, line: str) -> list[tuple[str, str]]:
        """What the end of this line can become: (word, description)."""
        number = next(self._numbers)
        found: asyncio.Future[list[tuple[str, str]]] = asyncio.get_running_loop().create_future()
        self._candidates[number] = found
        self._send({"do": "complete", "id": number, "line": line})
        try:
            return await found
        finally:
            self._candidates.pop(number, None)

    def _send(self, frame: dict[str, Any]) -> None:
        if not self.over.is_set():
            self._writer.write(wire.encode(frame))

    async def _read(self) -> None:
        try:
            while received := await self._reader.readline():
                self._take(wire.decode(received))
        except (OSError, ValueError) as error:
            self.last_words = self.last_words or str(error)
        finally:
            self.over.set()
            self._writer.close()
            for done, _ in self._answers.values():
                if not done.done():
                    done.set_result(False)
            for found in self._candidates.values():
                if not found.done():
                    found.set_result([])

    def _take(self, frame: dict[str, Any]) -> None:
        if "log" in frame:
            self.on_record(wire.record_of(frame["log"]))
        elif "bye" in frame:
            self.last_words, self.back = wire.text_of(frame, "bye"), frame.get("back") is True
        elif "error" in frame:
            for done, output in self._answers.values():
                output(wire.text_of(frame, "error"))
                if not done.done():
                    done.set_result(False)
            self._answers.clear()
        else:
            self._take_answer(frame, wire.number_of(frame, "id"))

    def _take_answer(self, frame: dict[str, Any], number: int) -> None:
        if "candidates" in frame:
            found = self._candidates.get(number)
            if found is not None and not found.done():
                found.set_result([(word, description) for word, description in frame["candidates"]])
        elif number in self._answers:
            done, output = self._answers[number]
            for line in frame.get("lines", ()):
                output(line)
            if "ok" in frame:
                del self._answers[number]
                if not done.done():
                    done.set_result(frame["ok"] is True)

    async def close(self) -> None:
        """End the connection."""
        self.over.set()
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()
