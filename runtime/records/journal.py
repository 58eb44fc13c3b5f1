"""What a batch holds, on disk meanwhile: records that wait for their batch outlive the process that gathered them.

A segment is a file with a line for each record. The batch under way writes into one; when it is handed over the
segment is sealed, and it is dropped when all back ends have written it. What is found at the start was left by a
process that was killed, and is handed over again: a record may come twice then, but none is lost.
"""

import asyncio
import json
from collections import deque
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from asterism.runtime.log import Log
from asterism.runtime.records.files import append
from asterism.runtime.records.record import CallRecord, Disposition

SUFFIX = ".jsonl"


class Journal:
    """The segments of one folder. What it writes it writes in order, by a thread, and nobody waits for it."""

    def __init__(self, folder: Path, log: Log) -> None:
        self.folder = folder
        self._log = log
        self._number = 0
        self._jobs: deque[Callable[[], None]] = deque()
        self._task: asyncio.Task[None] | None = None

    async def load(self) -> list[CallRecord]:
        """The records that were left behind, oldest first; their segments count as sealed."""
        return await asyncio.to_thread(self._load)

    def _load(self) -> list[CallRecord]:
        found: list[CallRecord] = []
        for path in self._segments():
            self._number = max(self._number, _number(path) + 1)
            for line in path.read_text("utf-8", "surrogateescape").splitlines():
                try:
                    found.append(read(line))
                except (ValueError, KeyError, TypeError):
                    self._log.warning(f"{path.name} has a line that is no record; the process was killed in it")
        return found

    def _segments(self) -> list[Path]:
        return sorted(self.folder.glob(f"*{SUFFIX}"), key=_number)

    def _path(self, number: int) -> Path:
        return self.folder / f"{number}{SUFFIX}"

    def add(self, record: CallRecord) -> None:
        """Write a record into the segment under way."""
        path, line = self._path(self._number), written(record)
        self._do(lambda: append(path, [line]))

    def seal(self) -> int:
        """Begin another segment; returns the number of the one so far, for `drop`."""
        self._number += 1
        return self._number - 1

    def drop(self, upto: int) -> None:
        """Forget all segments up to this one: their records are written."""

        def remove() -> None:
            for path in self._segments():
                if _number(path) <= upto:
                    path.unlink(missing_ok=True)

        self._do(remove)

    def _do(self, job: Callable[[], None]) -> None:
        self._jobs.append(job)
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._work(), name="journal of a batch")

    async def _work(self) -> None:
        try:
            while self._jobs:
                jobs = tuple(self._jobs)
                self._jobs.clear()
                try:
                    await asyncio.to_thread(_run, jobs)
                except OSError as error:
                    self._log.error(f"{self.folder}: a batch cannot be kept on disk, it would not survive: {error}")
        finally:
            self._task = None

    async def flush(self) -> None:
        """Return when all is on disk."""
        while self._task is not None:
            await asyncio.wait({self._task})


def _run(jobs: tuple[Callable[[], None], ...]) -> None:
    for job in jobs:
        job()


def _number(path: Path) -> int:
    return int(path.stem) if path.stem.isdecimal() else 0


def written(record: CallRecord) -> str:
    """A record as a line."""
    return json.dumps({**asdict(record), "disposition": record.disposition.name})


def read(line: str) -> CallRecord:
    """A record from its line; raises ValueError, KeyError, or TypeError when it is none."""
    facts = json.loads(line)
    return CallRecord(**{**facts, "disposition": Disposition[facts["disposition"]]})
