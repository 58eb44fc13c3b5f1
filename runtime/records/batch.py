"""Records on their way to all back ends, at once or in batches."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Generic, Protocol, TypeVar

from asterism.runtime.log import Log
from asterism.runtime.records.outlet import Backend, Outlet

T = TypeVar("T")


class Batching(Protocol):
    """How records are gathered; see cdr.conf."""

    @property
    def batch(self) -> bool:
        """Whether they are."""

    @property
    def size(self) -> int:
        """How many make a batch."""

    @property
    def time(self) -> int:
        """How many seconds the first one waits at most."""

    @property
    def safeshutdown(self) -> bool:
        """Whether the end of the process writes what waits."""


class Batch(Generic[T]):
    """Gathers records and hands them to the outlets."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self.outlets: list[Outlet[T]] = []
        self._configured: list[Outlet[T]] = []
        self.waiting: list[T] = []
        self._rules: Batching | None = None
        self._timer: asyncio.TimerHandle | None = None

    async def change(self, backends: Sequence[Backend[T]], rules: Batching | None = None) -> None:
        """Take the back ends of a new configuration; the old ones write what they have and are closed."""
        self._rules = rules
        if self.waiting:
            self.submit()
        old, self._configured = self._configured, [Outlet(each, self._log) for each in backends]
        self.outlets = self._configured + [each for each in self.outlets if each not in old]
        for outlet in old:
            await outlet.close()

    def add(self, backend: Backend[T]) -> Callable[[], None]:
        """Take one more back end, which no configuration names; returns how to remove it."""
        outlet = Outlet(backend, self._log)
        self.outlets.append(outlet)

        def remove() -> None:
            if outlet in self.outlets:
                self.outlets.remove(outlet)

        return remove

    def put(self, record: T) -> None:
        """Take a finished record; never waits."""
        rules = self._rules
        if rules is None or not rules.batch:
            for outlet in self.outlets:
                outlet.put((record,))
            return
        self.waiting.append(record)
        if len(self.waiting) >= rules.size:
            self.submit()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(rules.time, self.submit)

    def submit(self) -> None:
        """Hand the batch over, full or not."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        records, self.waiting = self.waiting, []
        for outlet in self.outlets:
            outlet.put(records)

    @property
    def left_s(self) -> float:
        """Seconds until the batch is handed over."""
        return 0.0 if self._timer is None else max(0.0, self._timer.when() - asyncio.get_running_loop().time())

    async def close(self) -> None:
        """Write what waits, and close the back ends."""
        if self._rules is None or self._rules.safeshutdown:
            self.submit()
        for outlet in self.outlets:
            await outlet.close()
        self.outlets.clear()
