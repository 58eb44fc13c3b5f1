"""A clock that jumps: while nothing else is to be done, the time of the next timer is now.

Two minutes of ringing take a millisecond. Only for phones in memory: sockets and threads live in real time, and
a wait for them would make the clock jump; what is given to an executor is therefore run at once.
"""

import asyncio
import selectors
from collections.abc import Callable
from typing import Any, cast


class JumpingClock:
    """Takes over the time of an event loop until it is removed.

    Args:
        loop: One of asyncio's own selector loops.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = cast(Any, loop)
        if not isinstance(getattr(loop, "_selector", None), selectors.BaseSelector):
            raise TypeError("the clock can only jump in a loop of asyncio's own")
        self._time = loop.time()
        self._jumped = 0.0
        self._select: Callable[..., Any] = self._loop._selector.select
        self._installed = False

    @property
    def jumped_s(self) -> float:
        """Seconds that were jumped over so far."""
        return self._jumped

    def install(self) -> None:
        """Begin to jump; nothing to do where another clock does it already."""
        if self._installed or "time" in vars(self._loop):
            return
        self._installed = True
        real_time = type(self._loop).time.__get__(self._loop)
        self._loop.time = lambda: real_time() + self._jumped
        self._loop._selector.select = self._jump
        self._loop.run_in_executor = self._run_now

    def remove(self) -> None:
        """Let time pass by itself again."""
        if self._installed:
            self._installed = False
            del self._loop.time, self._loop._selector.select, self._loop.run_in_executor

    def _jump(self, timeout: float | None = None) -> Any:
        if timeout is None or timeout <= 0:
            return self._select(timeout)
        ready = self._select(0)
        if not ready:
            self._jumped += timeout
        return ready

    def _run_now(self, executor: object, function: Callable[..., Any], *arguments: Any) -> "asyncio.Future[Any]":
        future: asyncio.Future[Any] = self._loop.create_future()
        try:
            future.set_result(function(*arguments))
        except Exception as error:
            future.set_exception(error)
        return future
