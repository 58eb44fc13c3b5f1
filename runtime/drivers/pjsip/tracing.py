"""SIP messages for the operator: shown (`sip set debug`, `pjsip set logger`), kept as a history, written to a file."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from pathlib import Path

from asterism import _native as native
from asterism.runtime.drivers.pjsip.capture import Capture
from asterism.runtime.drivers.pjsip.dialogs import DialogHistory
from asterism.runtime.drivers.pjsip.headers import Message
from asterism.runtime.drivers.pjsip.options import bracketed
from asterism.runtime.log import Log, escaped
from asterism.runtime.peers import TracedMessage
from asterism.runtime.switch import Switch

EVERYBODY = "*"

HISTORY_MAX = 10_000
"""Messages that the history keeps; the oldest ones make room."""


@dataclass(slots=True)
class _Wanted:
    """Which messages one technology shows: everybody's; or those of some addresses, of some methods, or of both."""

    addresses: list[str] = field(default_factory=list)
    methods: list[str] = field(default_factory=list)

    def fits(self, host: str, remote: str, method: str) -> bool:
        if EVERYBODY in self.addresses:
            return True
        if self.methods and method not in map(str.upper, self.methods):
            return False
        return any(_is_from(each, host, remote) for each in self.addresses) if self.addresses else bool(self.methods)


def _is_from(wanted: str, host: str, remote: str) -> bool:
    if "/" not in wanted:
        return wanted in (host, remote)
    try:
        return ip_address(host) in ip_network(wanted, strict=False)
    except ValueError:
        return False


class Tracing:
    """What is shown, kept, and written; meets asterism.runtime.peers.SipTracing."""

    def __init__(self, switch: Switch) -> None:
        self._log: Log = switch.log
        self._now = switch.now
        self._wanted: dict[str, _Wanted] = {}
        self._recording = False
        self._number = 0
        self._capture = Capture(switch.log)
        self.verbose = True
        self.history: deque[TracedMessage] = deque(maxlen=HISTORY_MAX)
        self.dialogs = DialogHistory()

    def set(self, technology: str, address: str, *, add: bool = False) -> None:
        """Show messages from now on.

        Args:
            address: `*` for everybody's; `host`, `host:port`, or a network for some; empty for none.
            add: These beside those that are shown already.
        """
        if not address:
            self._wanted.pop(technology, None)
            if technology == "PJSIP":
                self._capture.stop()
        else:
            wanted = self._wanted.setdefault(technology, _Wanted())
            wanted.addresses = [*wanted.addresses, address] if add else [address]
        self._switch_on()

    def set_method(self, method: str, *, add: bool = False) -> Sequence[str]:
        """Show only messages of a method in pjsip.conf's form; which methods that makes is returned."""
        wanted = self._wanted.setdefault("PJSIP", _Wanted())
        wanted.methods = [*wanted.methods, method] if add else [method]
        self._switch_on()
        return wanted.methods

    def traced(self, technology: str) -> bool:
        """Whether any are shown."""
        return technology in self._wanted

    def record(self, on: bool) -> None:
        """Keep each message in the history from now on, or no more."""
        self._recording = on
        self._switch_on()

    def record_dialogs(self, on: bool) -> None:
        """Keep what is said in each dialog from now on, or no more."""
        self.dialogs.recording = on
        self._switch_on()

    def forget(self) -> None:
        """Empty the history; its numbers begin anew."""
        self.history.clear()
        self._number = 0

    async def write(self, path: Path) -> None:
        """Write each message that `pjsip set logger` selects to a file too, for tcpdump and Wireshark.

        Raises:
            OSError: It cannot be written.
        """
        await self._capture.start(path)

    async def stop(self) -> None:
        """End, with all written."""
        await self._capture.close()

    def _switch_on(self) -> None:
        native.trace(bool(self._wanted) or self._recording or self.dialogs.recording)

    def show(self, event: native.Wire) -> None:
        """Take a message: keep it, and write it in the form of each technology that wants it."""
        host, port = event.remote or ("", 0)
        remote = f"{bracketed(host)}:{port}"
        if self._recording:
            self.history.append(TracedMessage(self._number, self._now(), event.sent, remote, event.message))
            self._number += 1
        self.dialogs.take(event)
        method = Message(event.message).first("CSeq").rpartition(" ")[2] if self._wanted else ""
        for technology, wanted in self._wanted.items():
            if not wanted.fits(host, remote, method):
                continue
            if technology == "SIP":
                self._sip(event, remote)
                continue
            self._capture.put(self._now(), event)
            if self.verbose:
                self._pjsip(event, remote)

    def _sip(self, event: native.Wire, remote: str) -> None:
        text = _shown(event.message)
        if not event.sent:
            heading = f"<--- SIP read from {event.protocol.upper()}:{remote} --->"
            self._log.verbose(0, f"\n{heading}\n{text}\n<------------->")
            head, _, body = text.partition("\n\n")
            headers = head.count("\n") + 1 if head else 0
            self._log.verbose(0, f"--- ({headers} headers {len(body.splitlines())} lines) ---")
        elif text.startswith("SIP/2.0"):
            self._log.verbose(0, f"\n<--- Transmitting (no NAT) to {remote} --->\n{text}\n\n<------------>")
        else:
            self._log.verbose(0, f"Reliably Transmitting (no NAT) to {remote}:\n{text}\n\n---")

    def _pjsip(self, event: native.Wire, remote: str) -> None:
        kind = "response" if event.message.startswith(b"SIP/2.0") else "request"
        how = f"Transmitting SIP {kind}" if event.sent else f"Received SIP {kind}"
        way = "to" if event.sent else "from"
        size, protocol = len(event.message), event.protocol.upper()
        self._log.verbose(0, f"<--- {how} ({size} bytes) {way} {protocol}:{remote} --->\n{_shown(event.message)}\n")


def _shown(message: bytes) -> str:
    text = message.decode("utf-8", "replace").replace("\r\n", "\n").rstrip("\n")
    return "\n".join(escaped(line) for line in text.split("\n")) + ("\n" if b"\r\n\r\n" in message else "")
