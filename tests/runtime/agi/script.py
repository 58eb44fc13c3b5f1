"""A program at the other end of a conversation, in memory."""

import asyncio
import re
from collections.abc import Sequence

_END = re.compile(r"[25]\d\d( |$)")


class Script:
    """Says one line after the other, each when the one before was answered. Meets conversation.Wire.

    Args:
        commands: The lines.
        succeeds: How the program ends.
    """

    def __init__(self, commands: Sequence[str], *, succeeds: bool = True) -> None:
        self._commands = list(commands)
        self._succeeds = succeeds
        self.block: list[str] = []
        "The agi_ lines."
        self.answers: list[list[str]] = []
        "What was answered to each command; a hangup between two stands before the second answer."
        self._pending: list[str] = []
        self._answered = asyncio.Event()
        self._answered.set()

    async def receive(self) -> str | None:
        """The next command, when the last one was answered."""
        await self._answered.wait()
        await asyncio.sleep(0)
        if not self._commands:
            return None
        self._answered.clear()
        return self._commands.pop(0)

    def send(self, text: str) -> None:
        """An answer."""
        if text.startswith("agi_"):
            self.block = text.splitlines()
            return
        for line in text.removesuffix("\n").split("\n"):
            self._pending.append(line)
            if _END.match(line):
                self.answers.append(self._pending)
                self._pending = []
                self._answered.set()

    async def flush(self) -> None:
        """Nothing to wait for."""

    def hung_up(self) -> None:
        """The line that a server gets."""
        self.send("HANGUP\n")

    async def close(self, *, patient: bool) -> bool:
        """Be done."""
        return self._succeeds
