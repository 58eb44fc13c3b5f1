"""The manager's wire format: packets of `Name: value` lines that an empty line ends."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from asterism.runtime.request import Header, Item, Request, Response

LINE_BYTES_MAX = 8192
"Longest line of a packet; a longer one costs its packet."

HEADERS_MAX = 4096
"Most lines of a packet: UpdateConfig sends a handful for each change."

_BREAKS = str.maketrans({"\n": "\\n", "\r": "\\r"})


@dataclass(frozen=True, slots=True)
class Malformed:
    """A packet that was lost, and why."""

    reason: str


class Reader:
    """Takes packets out of a stream of bytes. What is wrong with a packet costs this packet alone."""

    def __init__(self) -> None:
        self._unread = bytearray()
        self._headers: list[tuple[str, str]] = []
        self._wrong = ""
        self._skipping = False

    def feed(self, data: bytes) -> list[Request | Malformed]:
        """Take bytes, and return the packets that they complete."""
        self._unread += data
        found: list[Request | Malformed] = []
        start = 0
        while (end := self._unread.find(b"\n", start)) >= 0:
            line = bytes(self._unread[start:end])
            start = end + 1
            if self._skipping:
                self._skipping = False
                continue
            packet = self._line(line[:-1] if line.endswith(b"\r") else line)
            if packet is not None:
                found.append(packet)
        del self._unread[:start]
        if len(self._unread) > LINE_BYTES_MAX:
            self._wrong = self._wrong or "Line too long"
            self._skipping = True
            self._unread.clear()
        return found

    def _line(self, line: bytes) -> Request | Malformed | None:
        if not line:
            return self._end()
        if len(line) > LINE_BYTES_MAX:
            self._wrong = self._wrong or "Line too long"
        elif len(self._headers) >= HEADERS_MAX:
            self._wrong = self._wrong or "Too many lines in message or allocation failure"
        else:
            name, _, value = line.decode("utf-8", "surrogateescape").partition(":")
            self._headers.append((name.strip(), value.strip()))
        return None

    def _end(self) -> Request | Malformed | None:
        headers, self._headers = self._headers, []
        wrong, self._wrong = self._wrong, ""
        if wrong:
            return Malformed(wrong)
        return Request(headers) if headers else None


def clean(value: object) -> str:
    """A value that stays on its line whatever it holds."""
    text = str(value)
    return text if text.isprintable() else text.translate(_BREAKS)


class Packet:
    """What a client is sent.

    Args:
        headers: Names and values, in order.
        lines: Lines as they are, behind the headers.
    """

    __slots__ = ("headers", "lines")

    def __init__(self, headers: Sequence[Header], lines: Sequence[str] = ()) -> None:
        self.headers = headers
        self.lines = lines

    def encode(self) -> bytes:
        """As it goes over the wire."""
        written = [f"{name}: {clean(value)}\r\n" for name, value in self.headers]
        written += [f"{clean(line)}\r\n" for line in self.lines]
        written.append("\r\n")
        text = "".join(written)
        try:
            return text.encode("utf-8", "surrogateescape")
        except UnicodeEncodeError:
            # Half of a character, as JSON can say it, costs no more than itself.
            return text.encode("utf-8", "replace")

    def pairs(self) -> Iterator[tuple[str, str]]:
        """Names and values, those of the lines too, for whoever writes them in another way."""
        for name, value in self.headers:
            yield name, clean(value)
        for line in self.lines:
            name, colon, rest = clean(line).partition(": ")
            yield (name, rest) if colon else ("Output", name)


class EventPacket:
    """An event on its way to clients; put on the wire once, however many get it.

    Args:
        headers: From `Event` and `Privilege` on.
        privilege: The class that a client must be able to read.
        number: Its sequence number, for those who asked for it.
    """

    __slots__ = ("_headers", "_numbered", "_plain", "number", "privilege")

    def __init__(self, headers: Sequence[Header] | None, privilege: str, number: int) -> None:
        self.privilege = privilege
        self.number = number
        self._headers = headers
        self._plain = self._numbered = b""

    @classmethod
    def of(cls, wire: bytes, privilege: str, number: int) -> "EventPacket":
        """Make one from what was on the wire, without its number."""
        found = cls(None, privilege, number)
        found._plain = wire
        return found

    @property
    def headers(self) -> Sequence[Header]:
        """From `Event` and `Privilege` on."""
        if self._headers is not None:
            return self._headers
        lines = self._plain.decode("utf-8", "surrogateescape").removesuffix("\r\n\r\n").split("\r\n")
        return [(name, value) for name, _, value in (line.partition(": ") for line in lines)]

    def numbered(self) -> Packet:
        """With its sequence number, behind `Privilege`."""
        headers = self.headers
        return Packet((*headers[:2], ("SequenceNumber", self.number), *headers[2:]))

    def wire(self, *, numbered: bool = False) -> bytes:
        """As it goes over the wire."""
        if numbered:
            self._numbered = self._numbered or self.numbered().encode()
            return self._numbered
        self._plain = self._plain or Packet(self.headers).encode()
        return self._plain


def packets_of(response: Response, action_id: str | None) -> Iterator[Packet]:
    """An answer, and the events that belong to it."""
    mark: list[Header] = [] if action_id is None else [("ActionID", action_id)]
    headers: list[Header] = [("Response", response.status), *mark]
    if response.complete:
        headers.append(("EventList", "start"))
    if response.message:
        headers.append(("Message", response.message))
    yield Packet((*headers, *response.headers), response.lines)
    for item in response.items:
        yield _item(item, mark)
    if response.complete:
        end: list[Header] = [("Event", response.complete), *mark, ("EventList", "Complete")]
        yield Packet((*end, ("ListItems", len(response.items)), *response.totals))


def last(item: Item, action_id: str | None) -> Packet:
    """The event that ends an answer, behind what happened meanwhile."""
    return _item(item, [] if action_id is None else [("ActionID", action_id)])


def _item(item: Item, mark: list[Header]) -> Packet:
    headers: list[Header] = [("Event", item.event), *item.headers]
    if item.marked_last:
        return Packet((*headers, *mark))
    # Where the list says nothing else, ActionID follows the name; a few have a Privilege line before it.
    at = 2 if item.headers and item.headers[0][0] == "Privilege" else 1
    return Packet((*headers[:at], *mark, *headers[at:]))
