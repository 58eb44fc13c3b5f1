"""Events of the last minutes, for clients that lost their connection and ask for what they missed.

Nothing is kept before a client has asked, at its login, for the numbers of events; afterwards what such clients may
see is kept, within bounds, until none of them has been there for a while.
"""

import secrets
from collections import deque
from collections.abc import Iterator

from asterism.runtime.manager.packets import EventPacket

EVENTS_MAX = 10_000
"Events that are kept: at a hundred a second, the last minute and a half."

BYTES_MAX = 8 << 20
"Their size, whatever their number."

KEPT_S = 600.0
"How long events are kept on behalf of a client that has gone."


class History:
    """What happened, by number.

    Numbers are one runtime's: `run` tells one from another, so that a client does not take the events of a runtime
    that was started again for those behind its own.
    """

    def __init__(self) -> None:
        self.run = secrets.token_hex(4)
        self.number = 0
        "That of the last event."
        self._since: dict[str, int] = {}
        # Of each class that is kept, the number behind which nothing of it is missing.
        self._kept: deque[EventPacket] = deque()
        self._bytes = 0

    @property
    def classes(self) -> frozenset[str]:
        """The classes of events that are kept."""
        return frozenset(self._since)

    def want(self, classes: frozenset[str]) -> None:
        """Keep events of these classes too, from now on."""
        for each in classes:
            self._since.setdefault(each, self.number)

    def forget(self) -> None:
        """Keep nothing, and nothing of what was."""
        self._since.clear()
        self._kept.clear()
        self._bytes = 0

    def add(self, packet: EventPacket) -> None:
        """An event has happened."""
        if packet.privilege not in self._since:
            return
        # The bytes are kept, not the headers: a tenth of the memory.
        kept = EventPacket.of(packet.wire(), packet.privilege, packet.number)
        self._kept.append(kept)
        self._bytes += len(kept.wire())
        while len(self._kept) > EVENTS_MAX or self._bytes > BYTES_MAX:
            lost = self._kept.popleft()
            self._bytes -= len(lost.wire())
            self._since[lost.privilege] = max(self._since[lost.privilege], lost.number)

    def __iter__(self) -> Iterator[EventPacket]:
        """What is kept, in order."""
        return iter(self._kept)

    def after(self, number: int, classes: frozenset[str]) -> list[EventPacket]:
        """The events of some classes that are kept behind one, in order."""
        return [each for each in self._kept if each.number > number and each.privilege in classes]

    def reaches(self, run: str, number: int, classes: frozenset[str]) -> bool:
        """Whether every event of these classes behind a number is kept."""
        if run != self.run or number > self.number:
            return False
        return all(each in self._since and self._since[each] <= number for each in classes)
