"""The manager's wire format: packets of `Name: value` lines that an empty line ends."""

from collections.abc import Iterable
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


def encode(headers: Iterable[Header], lines: Iterable[str] = ()) -> bytes:
    """A packet."""
    written = [f"{name}: {clean(value)}\r\n" for name, value in headers]
    written += [f"{clean(line)}\r\n" for line in lines]
    written.append("\r\n")
    return "".join(written).encode("utf-8", "surrogateescape")


def written(response: Response, action_id: str | None) -> bytes:
    """An answer, with the events that belong to it."""
    mark: list[Header] = [] if action_id is None else [("ActionID", action_id)]
    headers: list[Header] = [("Response", response.status), *mark]
    if response.complete:
        headers.append(("EventList", "start"))
    if response.message:
        headers.append(("Message", response.message))
    packets = [encode((*headers, *response.headers), response.lines)]
    packets += [_item(item, mark) for item in response.items]
    if response.complete:
        end: list[Header] = [("Event", response.complete), *mark, ("EventList", "Complete")]
        packets.append(encode((*end, ("ListItems", len(response.items)), *response.totals)))
    return b"".join(packets)


def last(item: Item, action_id: str | None) -> bytes:
    """The event that ends an answer, behind what happened meanwhile."""
    return _item(item, [] if action_id is None else [("ActionID", action_id)])


def _item(item: Item, mark: list[Header]) -> bytes:
    headers: list[Header] = [("Event", item.event), *item.headers]
    if item.marked_last:
        return encode((*headers, *mark))
    # Where the list says nothing else, ActionID follows the name; a few have a Privilege line before it.
    at = 2 if item.headers and item.headers[0][0] == "Privilege" else 1
    return encode((*headers[:at], *mark, *headers[at:]))
