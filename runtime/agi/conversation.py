"""One program and one channel: lines in, commands run on the channel, replies out.

It runs in the channel's own task, so a command may use every verb of the channel. A hangup does not end it: the
program is told, and goes on without a channel until it is done; then the hangup takes its course.
"""

import asyncio
import random
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from asterism.dialplan.errors import Ended, Interrupt
from asterism.runtime.agi import protocol
from asterism.runtime.agi.command import Misused, find
from asterism.runtime.agi.events import AGIExecEnd, AGIExecStart
from asterism.runtime.agi.protocol import Reply
from asterism.runtime.driver import Digit
from asterism.runtime.log import escaped
from asterism.runtime.mailbox import stirred
from asterism.runtime.settings import FALSE_WORDS, is_true

if TYPE_CHECKING:
    from asterism.runtime.channel import Channel

DEBUG = "agi debug"
"Under this name the runtime keeps whether every line is to be shown."


class Wire(Protocol):
    """What carries the lines."""

    async def receive(self) -> str | None:
        """The next line without its end; None when the program is done."""

    def send(self, text: str) -> None:
        """Send lines; never waits."""

    async def flush(self) -> None:
        """Wait until what was sent is on its way, as a program that does not read makes others wait."""

    def hung_up(self) -> None:
        """Tell the program that the channel is gone."""

    async def close(self, *, patient: bool) -> bool:
        """Be done, after the program's own end when `patient`; False when it says that it has failed."""


class Conversation:
    """The talk of one program with one channel.

    Args:
        channel: Whose call.
        wire: What carries the lines.
        breaks: ASYNCAGI BREAK ends it.
    """

    def __init__(self, channel: "Channel", wire: Wire, *, breaks: bool = False) -> None:
        self.breaks = breaks
        self.channel = channel
        self.wire = wire
        self.dead = channel.ended
        "Whether the channel is gone, so that only some commands are served."
        self.over = False
        "Set by a command that ends the conversation."
        self.status = ""
        "What AGISTATUS will be; empty for as long as nothing went wrong."
        self._interrupt: Interrupt | None = None
        self._to_tell = False
        self._line: str | None = None
        self._ended = False
        self._room = asyncio.Event()
        variables = channel.variables
        self._tells_hangup = variables.get("AGISIGHUP", "").lower() not in FALSE_WORDS
        # The manager learns of the end by an event: nobody would end a conversation with it afterwards.
        self._leaves_on_hangup = breaks or is_true(variables.get("AGIEXITONHANGUP", ""))
        self._debug: Callable[[str], None] | None = None
        if channel.switch.datastores.get(DEBUG):
            self._debug = lambda text: channel.verbose(1, f"<{channel.name}>AGI {text}")

    # --- lines ----------------------------------------------------------------------------------

    @property
    def superseded(self) -> bool:
        """Whether the next command is there already: playing and listening make way for it."""
        return self._line is not None or self._ended

    async def _read(self) -> None:
        """Have one line ready, and no more: a program that writes without reading is read at our pace."""
        try:
            while (line := await self.wire.receive()) is not None:
                self._line = line
                self.channel.stir()
                self._room.clear()
                await self._room.wait()
        except OSError as error:
            self.channel.debug(1, f"AGI on {self.channel.name}: {error}")
        finally:
            self._ended = True
            self.channel.stir()

    async def _next_line(self) -> str | None:
        channel = self.channel
        while self._line is None and not self._ended:
            while channel.take(Digit) is not None:
                pass  # Keys that are pressed while nobody listens for them are lost, as with Asterisk.
            await stirred((channel,))
        line, self._line = self._line, None
        self._room.set()
        return line

    # --- the talk -------------------------------------------------------------------------------

    async def run(self) -> str:
        """Talk until the program is done; what AGISTATUS becomes.

        When the channel was hung up or sent elsewhere meanwhile, `leave` lets that take its course.
        """
        reading = asyncio.get_running_loop().create_task(self._read(), name=f"AGI {self.channel.name}")
        try:
            await self._talk()
        finally:
            reading.cancel()
            succeeded = await self._closed()
        if not succeeded and not self.status:
            self.status = "FAILURE"
        return self.status or "SUCCESS"

    async def _closed(self) -> bool:
        """Close the wire; a hangup meanwhile is told to a program that is still waited for."""
        closing = asyncio.get_running_loop().create_task(self.wire.close(patient=self._ended))
        while True:
            try:
                return await asyncio.shield(closing)
            except Interrupt as interrupt:
                self.interrupted(interrupt)
                if self._tells_hangup:
                    self.wire.hung_up()

    def leave(self) -> None:
        """Let what broke into the conversation take its course, when it is over."""
        if self._interrupt is not None:
            raise self._interrupt

    async def _talk(self) -> None:
        while not self.over:
            try:
                if self._to_tell:
                    self._to_tell = False
                    if self._tells_hangup:
                        self._trace("Tx", "HANGUP\n")
                        self.wire.hung_up()
                    if self._leaves_on_hangup:
                        return
                line = await self._next_line()
                if line is None:
                    return
                await self._answer(line)
            except Interrupt as interrupt:
                self.interrupted(interrupt)

    def interrupted(self, interrupt: Interrupt) -> None:
        """Note that the channel is gone, or sent elsewhere: the program goes on without it."""
        if self.dead:
            return
        self.dead = self._to_tell = True
        self._interrupt = interrupt
        self.status = self.status or "HANGUP"
        if isinstance(interrupt, Ended):
            self.channel.cause = interrupt.cause or self.channel.cause

    async def _answer(self, line: str) -> None:
        """Run one command and say what came of it."""
        channel = self.channel
        self._trace("Rx", line)
        command_id = random.getrandbits(31)
        channel.tell(AGIExecStart, command_id, line)
        reply = await self._perform(line)
        if reply.failed and not self.status:
            self.status = "FAILURE"
        if not reply.silent:
            self.say(str(reply))
        channel.tell(AGIExecEnd, command_id, line, reply.result_code, reply.verdict)
        await self.wire.flush()

    def say(self, text: str) -> None:
        """Send lines to the program."""
        self._trace("Tx", text)
        self.wire.send(text)

    async def _perform(self, line: str) -> Reply:
        found = find(protocol.arguments(line))
        if found is None:
            return protocol.unknown()
        command, arguments = found
        if self.dead and not command.dead:
            return protocol.not_permitted()
        try:
            return await command.run(self, arguments)
        except Misused:
            return protocol.misused(command.usage)
        except Interrupt as interrupt:
            self.interrupted(interrupt)
            return protocol.failure(-1)
        except Exception as error:  # What a command breaks at costs that command, and not the call.
            self.channel.error(f"AGI command '{escaped(line)}' on {self.channel.name} failed: {error!r}")
            self.channel.switch.log.traceback(error, self.channel.call)
            return protocol.failure(-1)

    def _trace(self, direction: str, text: str) -> None:
        if self._debug is not None:
            for line in text.splitlines():
                self._debug(f"{direction} {'<<' if direction == 'Rx' else '>>'} {escaped(line)}")
