"""Publish and subscribe. Publishing never waits and never raises.

Listeners of the house (CDR, CEL, device states) are called at once, in order of subscription. A remote listener
(console, manager, `rt.events()`) reads from a bounded Queue of its own; when it falls behind it is closed and told why.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

from asterism.runtime.events import Event
from asterism.runtime.limits import LISTENER_EVENTS_MAX
from asterism.runtime.log import Log

Listener = Callable[[Any], None]


class Bus:
    """The event stream of one runtime."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._all: list[Listener] = []
        self._by_kind: dict[type[Event], list[Listener]] = {}
        self._wanted: dict[type[Event], tuple[Listener, ...]] = {}
        self.sequence = 0
        "Number of the event published last."
        self.changed: list[Callable[[], None]] = []
        "Called when a listener has come or gone, for those who keep the answer of `wants`."

    def wants(self, kind: type[Event]) -> bool:
        """Whether anybody listens to this kind: ask before putting an expensive event together."""
        return bool(self._listeners(kind))

    def subscribe(self, listener: Listener, *kinds: type[Event]) -> Callable[[], None]:
        """Call `listener` with each event of these kinds (subclasses too), or of all; returns how to stop."""
        lists = [self._by_kind.setdefault(kind, []) for kind in kinds] or [self._all]
        for listeners in lists:
            listeners.append(listener)
        self._remeasure()

        def stop() -> None:
            for listeners in lists:
                if listener in listeners:
                    listeners.remove(listener)
            self._remeasure()

        return stop

    def _remeasure(self) -> None:
        self._wanted.clear()
        for each in self.changed:
            each()

    def _listeners(self, kind: type[Event]) -> tuple[Listener, ...]:
        found = self._wanted.get(kind)
        if found is None:
            own = [each for base in kind.__mro__ for each in self._by_kind.get(base, ())]
            found = self._wanted[kind] = (*self._all, *own)
        return found

    def publish(self, event: Event) -> None:
        """Hand an event to everybody who listens to its kind."""
        self.sequence += 1
        for listener in self._listeners(type(event)):
            try:
                listener(event)
            except Exception as error:
                self._log.error(f"A listener to {event.name} failed: {error!r}")

    def queue(self, *kinds: type[Event], limit: int = LISTENER_EVENTS_MAX) -> "Queue":
        """A bounded queue of events for a listener that reads at its own pace."""
        return Queue(self, kinds, limit)


class Queue:
    """An iterator of events; ends when closed, or when its reader has fallen `limit` events behind."""

    def __init__(self, bus: Bus, kinds: tuple[type[Event], ...], limit: int) -> None:
        self._queue: asyncio.Queue[Event | None] = asyncio.Queue()
        self._limit = limit
        self._stop = bus.subscribe(self._put, *kinds)
        self.overrun = False
        "Whether it was closed because the reader was too slow."

    def _put(self, event: Event) -> None:
        if self._queue.qsize() >= self._limit:
            self.overrun = True
            self.close()
            return
        self._queue.put_nowait(event)

    def close(self) -> None:
        """Stop listening; what is queued may still be read."""
        self._stop()
        self._queue.put_nowait(None)

    async def get(self) -> Event | None:
        """The next event, or None when the queue was closed and is empty."""
        return await self._queue.get()

    async def __aiter__(self) -> AsyncIterator[Event]:
        while (event := await self._queue.get()) is not None:
            yield event
