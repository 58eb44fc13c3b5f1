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


class Keeping(Protocol[T]):
    """Keeps what waits on disk; see `asterism.runtime.records.journal`."""

    async def load(self) -> list[T]:
        """What was left behind."""

    def add(self, record: T) -> None:
        """Keep a record."""

    def seal(self) -> int:
        """The batch is handed over."""

    def drop(self, upto: int) -> None:
        """The batch is written."""

    async def flush(self) -> None:
        """Return when all is on disk."""


class Batch(Generic[T]):
    """Gathers records and hands them to the outlets."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self.outlets: list[Outlet[T]] = []
        self._configured: list[Outlet[T]] = []
        self.waiting: list[T] = []
        self._rules: Batching | None = None
        self._journal: Keeping[T] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._dropping: set[asyncio.Task[None]] = set()

    async def change(
        self, backends: Sequence[Backend[T]], rules: Batching | None = None, journal: Keeping[T] | None = None
    ) -> None:
        """Take the back ends of a new configuration; the old ones write what they have and are closed.

        Args:
            backends: The new ones.
            rules: How records are gathered.
            journal: Keeps on disk what waits; what it has from before is handed over. None goes on with the one so far.
        """
        self._rules = rules
        if self.waiting:
            self.submit()
        old, self._configured = self._configured, [Outlet(each, self._log) for each in backends]
        self.outlets = self._configured + [each for each in self.outlets if each not in old]
        for outlet in old:
            await outlet.close()
        if journal is not None:
            self._journal = journal
            left = await journal.load()
            if left:
                self._log.notice(f"{len(left)} records of a batch were left behind by a process that was killed")
                self._hand_over(left)

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
        if self._journal is not None:
            self._journal.add(record)
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
        if records:
            self._hand_over(records)

    def _hand_over(self, records: Sequence[T]) -> None:
        for outlet in self.outlets:
            outlet.put(records)
        if self._journal is not None:
            dropping = asyncio.get_running_loop().create_task(self._drop(self._journal), name="end of a batch")
            self._dropping.add(dropping)
            dropping.add_done_callback(self._dropping.discard)

    async def _drop(self, journal: Keeping[T]) -> None:
        upto, outlets = journal.seal(), tuple(self.outlets)
        for outlet in outlets:
            await outlet.drained()
        if not any(map(len, outlets)):
            journal.drop(upto)

    @property
    def left_s(self) -> float:
        """Seconds until the batch is handed over."""
        return 0.0 if self._timer is None else max(0.0, self._timer.when() - asyncio.get_running_loop().time())

    async def close(self) -> None:
        """Write what waits, and close the back ends."""
        if self._rules is None or self._rules.safeshutdown:
            self.submit()
        elif self._timer is not None:
            self._timer.cancel()
        for outlet in self.outlets:
            await outlet.close()
        self.outlets.clear()
        if self._dropping:
            await asyncio.wait(self._dropping, timeout=1.0)
        for dropping in tuple(self._dropping):
            dropping.cancel()
        if self._journal is not None:
            await self._journal.flush()
