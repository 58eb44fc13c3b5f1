"""The extensions of one realtime family, in memory: as its table was a second ago, at most.

A look-up need not wait then, and whoever cannot wait (is there such a number?) gets the right answer.
"""

from asterism.runtime.realtime import Realtime, Values

Place = tuple[str, str]
"Context and priority."


def value(row: Values, column: str) -> str:
    """A column of a row, by its name in any case; empty where there is none."""
    return next((text for name, text in row if name.lower() == column), "")


class Table:
    """One family.

    Args:
        realtime: Where its rows are.
        family: Its name.
    """

    def __init__(self, realtime: Realtime, family: str) -> None:
        self.usable = False
        "Whether the rows are here: not before they were read, and not when they are too many or cannot be read."
        self._realtime = realtime
        self._family = family
        self._signature: object = None
        self._numbers: dict[Place, dict[str, Values]] = {}
        self._patterns: dict[Place, list[tuple[str, Values]]] = {}

    async def refresh(self) -> None:
        """Read the rows, if the files have changed since they were read last."""
        signature = await self._realtime.signature(self._family)
        if self.usable and signature == self._signature:
            return
        rows = await self._realtime.rows(self._family)
        numbers: dict[Place, dict[str, Values]] = {}
        patterns: dict[Place, list[tuple[str, Values]]] = {}
        for row in rows or ():
            place, exten = (value(row, "context"), value(row, "priority")), value(row, "exten")
            numbers.setdefault(place, {}).setdefault(exten, row)
            if exten.startswith("_"):
                patterns.setdefault(place, []).append((exten, row))
        for found in patterns.values():
            found.sort(key=lambda each: -len(each[0]))
        self._numbers, self._patterns = numbers, patterns
        self._signature, self.usable = signature, rows is not None

    def number(self, context: str, exten: str, priority: int) -> Values | None:
        """The row of a number as it is."""
        return self._numbers.get((context, str(priority)), {}).get(exten)

    def numbers(self, context: str) -> dict[str, Values]:
        """The numbers of a context that begin there."""
        return self._numbers.get((context, "1"), {})

    def patterns(self, context: str, priority: int) -> list[tuple[str, Values]]:
        """The patterns of a context with that priority, the longest first."""
        return self._patterns.get((context, str(priority)), [])
