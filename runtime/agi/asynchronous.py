"""AsyncAGI: a conversation by way of the manager. The action AGI puts commands into a queue, events tell the rest."""

import asyncio
from typing import TYPE_CHECKING
from urllib.parse import quote

from asterism.runtime.agi.events import AsyncAGIExec

if TYPE_CHECKING:
    from asterism.runtime.channel import Channel

KEY = "async agi"
"Under this name a channel keeps its queue, while it has one."

COMMANDS_MAX = 1000
"Commands that may wait for one channel; beyond it the manager is refused."


class Queue:
    """The commands for one channel; meets `asterism.runtime.agi.conversation.Wire`."""

    def __init__(self, channel: "Channel") -> None:
        self._channel = channel
        self._waiting: asyncio.Queue[tuple[str, str]] = asyncio.Queue(COMMANDS_MAX)
        self._command_id = ""

    def add(self, command: str, command_id: str) -> bool:
        """Let a command wait for its turn; False when too many wait already."""
        try:
            self._waiting.put_nowait((command, command_id))
        except asyncio.QueueFull:
            return False
        return True

    async def receive(self) -> str | None:
        """The next command."""
        command, self._command_id = await self._waiting.get()
        return command

    def send(self, text: str) -> None:
        """Tell the manager what came of a command."""
        self._channel.tell(AsyncAGIExec, self._command_id or None, quote(text, safe=""))

    async def flush(self) -> None:
        """Nothing to wait for."""

    def hung_up(self) -> None:
        """AsyncAGIEnd will tell."""

    async def close(self, *, patient: bool) -> bool:
        """Take no more commands."""
        return True


def queue_of(channel: "Channel") -> Queue | None:
    """The queue of a channel that runs AGI(agi:async) now."""
    found = channel.datastores.get(KEY)
    return found if isinstance(found, Queue) else None
