"""A task into which an interrupt can be thrown, whatever it awaits.

asyncio can only cancel a task. A channel's task must be ended, or sent elsewhere, with a word of its own
(`Hangup`, `Redirected`, `Elapsed`) at any await: a verb, `asyncio.sleep`, a web request. So the coroutine is
driven by hand, and a cancellation that was meant as an interrupt is thrown into it as that interrupt.
"""

import asyncio
from collections.abc import Callable, Coroutine, Generator
from typing import Any

from asterism.dialplan.errors import Interrupt


class ChannelTask:
    """One coroutine of a channel, under way.

    Args:
        coroutine: What to run.
        name: Name of the task, for debuggers.
        done: Called when it is over, with what it raised or None.
    """

    def __init__(
        self, coroutine: Coroutine[Any, Any, None], name: str, done: Callable[[BaseException | None], None]
    ) -> None:
        self._coroutine = coroutine
        self._pending: Interrupt | None = None
        self._waiting = False
        self._done = done
        self.task = asyncio.get_running_loop().create_task(self._main(), name=name)
        self.task.add_done_callback(self._over)

    @property
    def current(self) -> bool:
        """Whether the code that asks is this task's own."""
        return asyncio.current_task() is self.task

    def interrupt(self, interrupt: Interrupt) -> None:
        """Throw into the coroutine at the await where it stands, or at its next one; it replaces one still pending."""
        self._pending = interrupt
        if self._waiting:
            self._waiting = False
            self.task.cancel()

    def take_pending(self) -> Interrupt | None:
        """An interrupt that waits for the next await; whoever takes it raises it."""
        pending, self._pending = self._pending, None
        return pending

    async def _main(self) -> None:
        await _Driven(self)

    def _over(self, task: asyncio.Task[None]) -> None:
        if task.cancelled():
            self._coroutine.close()
            self._done(asyncio.CancelledError())
        else:
            self._done(task.exception())

    def drive(self) -> Generator[Any, None, None]:
        """Pass on what the coroutine awaits; the loop's side of the task."""
        coroutine = self._coroutine
        error: BaseException | None = None
        while True:
            try:
                future = coroutine.send(None) if error is None else coroutine.throw(error)
            except StopIteration:
                return
            error = None
            if self._pending is not None:
                if future is not None:
                    future.cancel()
                error = self.take_pending()
                continue
            self._waiting = True
            try:
                yield future
            except asyncio.CancelledError as cancelled:
                error = self.take_pending()
                if error is None:
                    error = cancelled
                else:
                    self.task.uncancel()
            except BaseException as other:
                error = other
            self._waiting = False


class _Driven:
    def __init__(self, owner: ChannelTask) -> None:
        self._owner = owner

    def __await__(self) -> Generator[Any, None, None]:
        return self._owner.drive()
