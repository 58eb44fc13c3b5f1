"""What call records and event log have in common: they listen to the bus, and hand what they find to back ends."""

from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

from asterism.runtime.events import Event
from asterism.runtime.records.batch import Batch
from asterism.runtime.switch import Switch

T = TypeVar("T")


class Listening(Generic[T]):
    """A listener with back ends; without one it does not listen and costs nothing."""

    def __init__(self, switch: Switch) -> None:
        self._switch = switch
        self.batch: Batch[T] = Batch(switch.log)
        self._stops: list[Callable[[], None]] = []

    async def reload(self) -> None:
        """Read the configuration, at the start and again; what is under way goes on by the new rules.

        Raises:
            ConfigError: A file is lost as a whole; the old ones stay in force.
        """
        raise NotImplementedError

    async def stop(self) -> None:
        """Hand over what there is, and close the back ends."""
        self._sleep()
        await self.batch.close()

    async def flush(self) -> None:
        """Return when all that was handed over is written; a batch is not, until it is full."""
        for outlet in self.batch.outlets:
            await outlet.flush()

    @property
    def listening(self) -> bool:
        """Whether it listens now."""
        return bool(self._stops)

    def _listen(self, told: Mapping[type[Event], Callable[[Any], None]]) -> None:
        self._stops = [self._switch.bus.subscribe(listener, kind) for kind, listener in told.items()]

    def _sleep(self) -> None:
        """Listen no more, and forget what was heard."""
        for stop in self._stops:
            stop()
        self._stops.clear()
