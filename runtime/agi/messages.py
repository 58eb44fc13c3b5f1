"""Commands on texts: VERBOSE, SEND and RECEIVE TEXT, NOOP, and what the channels of today have no use for."""

import asyncio
from typing import TYPE_CHECKING

from asterism.functions.indirect import integer
from asterism.runtime.agi.command import agi_command
from asterism.runtime.agi.protocol import Reply, failure, result
from asterism.runtime.driver import TextReceived
from asterism.runtime.log import escaped
from asterism.runtime.mailbox import stirred

if TYPE_CHECKING:
    from asterism.runtime.agi.conversation import Conversation


@agi_command("NOOP", dead=True)
async def noop(agi: "Conversation", *ignored: str) -> Reply:
    """Do nothing."""
    return result(0)


@agi_command("VERBOSE", dead=True)
async def verbose(agi: "Conversation", message: str, level: str = "", *ignored: str) -> Reply:
    """Say something to consoles of that verbosity, 1 to 4; 1 when left out. Returns 1."""
    depth = integer(level)
    agi.channel.verbose(max(1, min(4, 1 if depth is None else depth)), f" {escaped(message)}")
    return result(1)


@agi_command("ASYNCAGI BREAK", dead=True)
async def asyncagi_break(agi: "Conversation", *ignored: str) -> Reply:
    """End AsyncAGI; the dialplan goes on behind it. Anywhere else it does nothing."""
    agi.over = agi.breaks
    return result(0)


@agi_command("SEND TEXT", see="RECEIVE TEXT")
async def send_text(agi: "Conversation", text: str) -> Reply:
    """Send a text message inside the call. Returns 0, whether the channel can carry texts or not."""
    agi.channel.send_text(text)
    return result(0)


@agi_command("RECEIVE TEXT", see="SEND TEXT, RECEIVE CHAR")
async def receive_text(agi: "Conversation", timeout: str, *ignored: str) -> Reply:
    """Wait so many milliseconds for a text message.

    Returns 1 with the text in parentheses, or -1 when none came in time.
    """
    text = await _text(agi, timeout)
    return result(-1) if text is None else result(1, f"({text})")


@agi_command("RECEIVE CHAR", see="RECEIVE TEXT")
async def receive_char(agi: "Conversation", timeout: str, *ignored: str) -> Reply:
    """Wait so many milliseconds for a text message; its first character counts.

    Returns the character's code, or -1 when none came in time.
    """
    text = await _text(agi, timeout)
    if not text:
        return failure(-1, "(hangup)")
    return result(text.encode("utf-8", "surrogateescape")[0])


async def _text(agi: "Conversation", timeout: str) -> str | None:
    milliseconds = integer(timeout) or 0
    deadline = asyncio.get_running_loop().time() + (milliseconds / 1000 if milliseconds >= 0 else 1e9)
    while (event := agi.channel.take(TextReceived)) is None:
        if not await stirred((agi.channel,), deadline):
            return None
    return event.text


@agi_command("SEND IMAGE")
async def send_image(agi: "Conversation", image: str) -> Reply:
    """Send a picture; no channel can, so nothing is sent. Returns 0."""
    return result(0)


@agi_command("TDD MODE")
async def tdd_mode(agi: "Conversation", boolean: str) -> Reply:
    """Switch text telephony for the deaf; no channel has it. Returns 0, as for any channel that cannot."""
    return result(0)
