"""A clock that jumps: while nothing else is to be done, the time of the next timer is now.

While something is being done, time stands still, so that what is measured is exact; only after a second without
a pause does it go on by itself, so that an endless loop meets its timeout.

Two minutes of ringing take a millisecond. Only for phones in memory: sockets and threads live in real time, and
a wait for them would make the clock jump; what is given to an executor is therefore run at once, and a program that
was started (System, SHELL) is given a second of real time to end before time goes on.
"""

import asyncio
import selectors
import time
from collections.abc import Callable
from typing import Any, cast

RESOLUTION_S = 1e-5
"How exact timers are; enough for waits of centuries."

PATIENCE_S = 1.0
"How long something may take without a pause before time goes on."

_LOOK_S = 0.02
"How long to wait at a time for a program that was started."


class JumpingClock:
    """Takes over the time of an event loop until it is removed.

    Args:
        loop: One of asyncio's own selector loops.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = cast(Any, loop)
        if not isinstance(getattr(loop, "_selector", None), selectors.BaseSelector):
            raise TypeError("the clock can only jump in a loop of asyncio's own")
        self._began = loop.time()
        self._jumped = 0.0
        self._idle_at = time.monotonic()
        self._select: Callable[..., Any] = self._loop._selector.select
        self._installed = False
        self._children: list[Any] = []

    @property
    def jumped_s(self) -> float:
        """Seconds that were jumped over so far."""
        return self._jumped

    def install(self) -> None:
        """Begin to jump; nothing to do where another clock does it already."""
        if self._installed or "time" in vars(self._loop):
            return
        self._installed = True
        self._loop.time = self._now
        # Years ahead a timer that is due would be found not to be, for want of digits.
        self._loop._clock_resolution = RESOLUTION_S
        self._loop._selector.select = self._jump
        self._loop.run_in_executor = self._run_now
        self._loop.subprocess_shell = self._started

    def remove(self) -> None:
        """Let time pass by itself again."""
        if self._installed:
            self._installed = False
            del self._loop.time, self._loop._selector.select, self._loop.run_in_executor
            del self._loop.subprocess_shell

    def _now(self) -> float:
        return self._began + self._jumped + max(0.0, time.monotonic() - self._idle_at - PATIENCE_S)

    def _jump(self, timeout: float | None = None) -> Any:
        if timeout is None:
            ready = self._select(None)
            self._idle_at = time.monotonic()
            return ready
        if timeout <= 0:
            return self._select(timeout)
        ready = self._select(0)
        if not ready and self._works():
            return self._select(min(timeout, _LOOK_S))
        if not ready:
            self._jumped = self._now() - self._began + timeout
            self._idle_at = time.monotonic()
        return ready

    def _works(self) -> bool:
        """Whether a program that was started is still at work, and has not been for too long."""
        self._children = [child for child in self._children if child.get_returncode() is None]
        return bool(self._children) and time.monotonic() - self._idle_at < PATIENCE_S

    async def _started(self, *arguments: Any, **options: Any) -> Any:
        made = await type(self._loop).subprocess_shell(self._loop, *arguments, **options)
        self._children.append(made[0])
        self._idle_at = time.monotonic()
        return made

    def _run_now(self, executor: object, function: Callable[..., Any], *arguments: Any) -> "asyncio.Future[Any]":
        future: asyncio.Future[Any] = self._loop.create_future()
        try:
            future.set_result(function(*arguments))
        except Exception as error:
            future.set_exception(error)
        return future
