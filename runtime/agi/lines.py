"""Lines out of a byte stream, whatever comes: one that is too long is cut, and costs nothing but itself."""

import asyncio

from asterism.runtime.agi.protocol import LINE_BYTES


class Lines:
    """The lines of a stream."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader = reader

    async def next(self) -> str | None:
        """The next line without its end, the last one even without one; None behind it."""
        try:
            line = await self._reader.readuntil(b"\n")
        except asyncio.IncompleteReadError as rest:
            if not rest.partial:
                return None
            line = rest.partial
        except asyncio.LimitOverrunError:
            line = await self._overlong()
        return line.removesuffix(b"\n")[:LINE_BYTES].decode("utf-8", "surrogateescape")

    async def _overlong(self) -> bytes:
        """The beginning of a line that is longer than may be; the rest of it is thrown away."""
        beginning = b""
        while True:
            try:
                rest = await self._reader.readuntil(b"\n")
            except asyncio.LimitOverrunError as error:
                piece = await self._reader.readexactly(max(1, error.consumed))
                beginning = beginning or piece
                continue
            except asyncio.IncompleteReadError as error:
                return beginning or error.partial
            return beginning or rest
