"""EAGI's descriptor 3: what the caller says, into a pipe that nobody ever waits for."""

from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asterism.runtime.channel import Channel


class Ear:
    """The pipe of one script."""

    def __init__(self, channel: "Channel") -> None:
        self._channel = channel
        self.descriptor = -1

    async def __aenter__(self) -> "Ear":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def begin(self) -> None:
        """Begin to listen."""
