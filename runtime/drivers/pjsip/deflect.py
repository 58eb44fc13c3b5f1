"""Sending the far end of a call elsewhere: 302 before the answer (RFC 3261 21.3.3), REFER after it (RFC 3515)."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from asterism import _native as native
from asterism.runtime.driver import Transferred
from asterism.runtime.drivers.pjsip.headers import Message, Uri
from asterism.runtime.drivers.pjsip.options import bracketed
from asterism.runtime.errors import Unavailable
from asterism.runtime.log import escaped

if TYPE_CHECKING:
    from asterism.runtime.drivers.pjsip.call import Call

_UNFIT = frozenset(' <>"\r\n\t')


class Deflection:
    """One REFER that we have sent.

    Args:
        call: The call it was sent in.
        token: Of its Result; 0 when it could not be sent.
    """

    def __init__(self, call: "Call", token: int) -> None:
        self._call = call
        self.token = token
        self._over = False
        if not token:
            self._told(False, 503)

    def answered(self, status: int) -> None:
        """The far end has answered the REFER itself; what comes of it is told by NOTIFY."""
        if status >= 300:
            self._told(False, status)

    def notified(self, message: bytes) -> None:
        """A NOTIFY about it: the status line of the call that the far end makes."""
        parts = message.partition(b"\r\n\r\n")[2].decode("utf-8", "replace").split()
        status = int(parts[1]) if len(parts) > 1 and parts[0].startswith("SIP/") and parts[1].isdigit() else 0
        ended = Message(message).first("Subscription-State").lower().startswith("terminated")
        if status >= 200 or ended:
            self._told(200 <= status < 300, 0 if 200 <= status < 300 else status)

    def _told(self, done: bool, status: int) -> None:
        if not self._over:
            self._over = True
            self._call.deflection = None
            self._call.post(Transferred(done, status))


def target(call: "Call", destination: str, address: Callable[[str, str], str]) -> str:
    """The URI that a destination stands for; empty when it is none.

    Args:
        call: Whose far end is to go there.
        destination: A whole `sip:` URI, an endpoint's name (PJSIP), or `number[@host]`.
        address: Finds where an endpoint is; raises Unavailable.
    """
    if not destination or _UNFIT.intersection(destination):
        call.warn(f"cannot be transferred to '{escaped(destination)}'")
        return ""
    if destination.lower().startswith(("sip:", "sips:")):
        return destination
    if call.technology == "PJSIP":
        try:
            return address("PJSIP", destination)
        except Unavailable:
            pass  # It is the number of somebody at the far end's own server.
    number, at, host = destination.partition("@")
    if not at and call.incoming is not None:
        uri = Uri.parse(call.incoming.uri)
        host = bracketed(uri.host) + (f":{uri.port}" if uri.port else "")
    elif not at and call.departure is not None:
        host = call.departure.from_host
    return f"sip:{number}@{host}"


def result(event: native.Result, calls: "Iterable[Call]") -> bool:
    """Take the answer to a REFER of ours; False when it is none."""
    for call in calls:
        if call.deflection is not None and call.deflection.token == event.token:
            call.deflection.answered(event.status)
            return True
    return False
