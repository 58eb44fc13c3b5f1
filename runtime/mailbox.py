"""Waiting for what channels are told."""

import asyncio
import math
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from asterism.dialplan.errors import Interrupt
from asterism.runtime.driver import LegEvent

if TYPE_CHECKING:
    from asterism.runtime.channel_base import ChannelBase

_C = TypeVar("_C", bound="ChannelBase")
_E = TypeVar("_E", bound=LegEvent)


class Mailbox:
    """What a channel was told and has not read yet, and who waits for more."""

    def _empty_mailbox(self) -> None:
        self._mail: deque[LegEvent] = deque()
        self._waiter: asyncio.Future[None] | None = None

    def stir(self) -> None:
        """Wake whoever waits for something to happen to this channel."""
        waiter = self._waiter
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    def take(self, kind: type[_E]) -> _E | None:
        """The oldest unread event of a kind, or None."""
        for event in self._mail:
            if isinstance(event, kind):
                self._mail.remove(event)
                return event
        return None

    def next_mail(self) -> LegEvent | None:
        """The oldest unread event."""
        return self._mail.popleft() if self._mail else None

    def expect(self, waiter: "asyncio.Future[None] | None") -> None:
        """Say whom to wake at the next event."""
        self._waiter = waiter


@dataclass(frozen=True, slots=True)
class Interrupted(LegEvent):
    """A channel without a task of its own is to end, or to go elsewhere: whoever looks after it sees to that."""

    interrupt: Interrupt


@dataclass(frozen=True, slots=True)
class Errand(LegEvent):
    """Something that a channel in a bridge is to do in its own task, asked by another member."""

    run: Callable[[], Awaitable[None]]


def errand(coroutine: Coroutine[Any, Any, bool], over: "asyncio.Future[bool]") -> Errand:
    """Work for a channel that is busy: it does it when it comes to its mail, and says in `over` what it returned."""

    async def run() -> None:
        answer = False
        try:
            answer = await coroutine
        finally:
            if not over.done():
                over.set_result(answer)

    return Errand(run)


async def stirred(channels: "Iterable[ChannelBase]", deadline: float = math.inf) -> bool:
    """Wait until something is posted to one of the channels; False when the deadline (loop time) comes first."""
    loop = asyncio.get_running_loop()
    waiter: asyncio.Future[None] = loop.create_future()
    timed_out = False

    def late() -> None:
        nonlocal timed_out
        timed_out = True
        if not waiter.done():
            waiter.set_result(None)

    timer = loop.call_at(deadline, late) if deadline != math.inf else None
    channels = tuple(channels)
    for channel in channels:
        channel.expect(waiter)
    try:
        await waiter
    finally:
        if timer is not None:
            timer.cancel()
        for channel in channels:
            channel.expect(None)
    return not timed_out


async def next_event(channels: Sequence[_C], deadline: float = math.inf) -> tuple[_C, LegEvent] | None:
    """The next event of any of the channels, in their order; None when the deadline (loop time) comes first."""
    while True:
        for channel in channels:
            event = channel.next_mail()
            if event is not None:
                return channel, event
        if not await stirred(channels, deadline):
            return None
