"""Showing SIP messages on the console: `sip set debug` and `pjsip set logger`, each in its own form."""

from dataclasses import dataclass, field

from asterism import _native as native
from asterism.runtime.drivers.pjsip.options import bracketed
from asterism.runtime.log import Log, escaped

EVERYBODY = "*"


@dataclass(slots=True)
class Tracing:
    """What is shown, by technology: everybody's messages, or those of one address (with a port or without)."""

    log: Log
    wanted: dict[str, str] = field(default_factory=dict)

    def set(self, technology: str, address: str) -> None:
        """Show messages from now on.

        Args:
            address: `*` for everybody's, `host` or `host:port` for one's, empty for none.
        """
        if address:
            self.wanted[technology] = address
        else:
            self.wanted.pop(technology, None)
        native.trace(bool(self.wanted))

    def show(self, event: native.Wire) -> None:
        """Write a message, in the form of each technology that wants it."""
        host, port = event.remote or ("", 0)
        remote = f"{bracketed(host)}:{port}"
        for technology, wanted in self.wanted.items():
            if wanted in (EVERYBODY, host, remote):
                (self._sip if technology == "SIP" else self._pjsip)(event, remote)

    def _sip(self, event: native.Wire, remote: str) -> None:
        text = _shown(event.message)
        if not event.sent:
            self.log.verbose(0, f"\n<--- SIP read from {event.protocol.upper()}:{remote} --->\n{text}\n<------------->")
            head, _, body = text.partition("\n\n")
            headers = head.count("\n") + 1 if head else 0
            self.log.verbose(0, f"--- ({headers} headers {len(body.splitlines())} lines) ---")
        elif text.startswith("SIP/2.0"):
            self.log.verbose(0, f"\n<--- Transmitting (no NAT) to {remote} --->\n{text}\n\n<------------>")
        else:
            self.log.verbose(0, f"Reliably Transmitting (no NAT) to {remote}:\n{text}\n\n---")

    def _pjsip(self, event: native.Wire, remote: str) -> None:
        kind = "response" if event.message.startswith(b"SIP/2.0") else "request"
        how = f"Transmitting SIP {kind}" if event.sent else f"Received SIP {kind}"
        way = "to" if event.sent else "from"
        size, protocol = len(event.message), event.protocol.upper()
        self.log.verbose(0, f"<--- {how} ({size} bytes) {way} {protocol}:{remote} --->\n{_shown(event.message)}\n")


def _shown(message: bytes) -> str:
    text = message.decode("utf-8", "replace").replace("\r\n", "\n").rstrip("\n")
    return "\n".join(escaped(line) for line in text.split("\n")) + ("\n" if b"\r\n\r\n" in message else "")
