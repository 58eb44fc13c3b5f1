"""How finished records reach a back end: in order, one writer for each, and no call ever waits for it."""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Generic, Protocol, TypeVar

from asterism.runtime.limits import RECORDS_WAITING_MAX
from asterism.runtime.log import Log

T = TypeVar("T")
T_contra = TypeVar("T_contra", contravariant=True)

CHUNK = 500
"How many records a back end is given at once."
RETRY_S = 5.0
"How long to wait before a back end that cannot be reached is tried again."
CLOSE_S = 10.0
"How long the end of the process waits for a back end that takes its time."


class Backend(Protocol[T_contra]):
    """Where records are kept."""

    @property
    def name(self) -> str:
        """As the operator knows it, such as `cdr_csv`."""

    async def write(self, records: Sequence[T_contra]) -> None:
        """Keep some records, in order.

        Raises:
            OSError: They cannot be kept now; they are offered again later.
            Exception: One of them cannot be kept ever.
        """

    async def close(self) -> None:
        """Let go of files and connections."""


class Outlet(Generic[T]):
    """The queue before one back end."""

    def __init__(self, backend: Backend[T], log: Log) -> None:
        self.backend = backend
        self._log = log
        self._waiting: deque[T] = deque()
        self._task: asyncio.Task[None] | None = None
        self._failing = False
        self._closing = False
        self.lost = 0
        "How many records it never got."

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, records: Sequence[T]) -> None:
        """Hand over some records; never waits."""
        self._waiting.extend(records)
        excess = len(self._waiting) - RECORDS_WAITING_MAX
        if excess > 0:
            for _ in range(excess):
                self._waiting.popleft()
            self.lost += excess
            self._log.error(f"{self.backend.name}: {excess} records are lost, {RECORDS_WAITING_MAX} wait already")
        if self._task is None and self._waiting:
            self._task = asyncio.get_running_loop().create_task(self._work(), name=f"writer of {self.backend.name}")

    async def _work(self) -> None:
        try:
            while self._waiting:
                chunk = [self._waiting[at] for at in range(min(CHUNK, len(self._waiting)))]
                if await self._offered(chunk):
                    for _ in chunk:
                        self._waiting.popleft()
                elif self._closing:
                    return
                else:
                    await asyncio.sleep(RETRY_S)
        finally:
            self._task = None

    async def _offered(self, chunk: Sequence[T]) -> bool:
        """Offer some records; False when they are to be offered again."""
        try:
            await self.backend.write(chunk)
        except OSError as error:
            if not self._failing:
                self._failing = True
                self._log.error(
                    f"{self.backend.name}: records cannot be written, they wait: {str(error) or repr(error)}"
                )
            return False
        except Exception as error:
            if len(chunk) > 1:  # Only the one that is at fault may be lost.
                for record in chunk:
                    if not await self._offered([record]):
                        await asyncio.sleep(RETRY_S)
                return True
            self.lost += 1
            self._log.error(f"{self.backend.name}: a record is lost: {error!r}: {chunk[0]!r}")
        if self._failing:
            self._failing = False
            self._log.notice(f"{self.backend.name}: records are written again")
        return True

    async def flush(self) -> None:
        """Return when all that was handed over is written."""
        while self._task is not None and not self._failing:
            await asyncio.wait({self._task}, timeout=0.1)

    async def drained(self) -> None:
        """Return when nothing waits any more, however long that takes, or the outlet was closed."""
        while self._task is not None and self._waiting:
            await asyncio.wait({self._task})

    async def close(self) -> None:
        """Write what waits, if it can be written, and close the back end."""
        self._closing = True
        if self._task is not None:
            await asyncio.wait({self._task}, timeout=0.0 if self._failing else CLOSE_S)
        if self._task is not None:
            self._task.cancel()
        if self._waiting:
            self._log.error(f"{self.backend.name}: {len(self._waiting)} records are lost with the end of the process")
        await self.backend.close()
