"""How a call ends, as its channel is told or as it says itself: the cause, the status, where else to go."""

from typing import TYPE_CHECKING

import pjsua2 as pj
from asterism import _native as native
from asterism.runtime.causes import Cause, cause_of_sip
from asterism.runtime.driver import Ended, Forwarded, Party
from asterism.runtime.drivers.pjsip.headers import Message, NameAddress, Uri, reason_cause
from asterism.runtime.log import escaped

if TYPE_CHECKING:
    from asterism.runtime.drivers.pjsip.call import Call

# chan_sip tells Dial busy or congestion by the status alone, whatever cause it stands for.
_SIP_BUSY = frozenset((482, 486, 600, 603))
_SIP_CONGESTION = frozenset((400, 403, 404, 410, 480, 500, 502, 503, 504))


def ended(call: "Call", event: native.CallState, *, was_up: bool) -> Ended:
    """What a call is told that the far end has ended, or refused; a redirection is posted to it beforehand."""
    cause = reason_cause(event.cause)
    status = event.code if event.code >= 300 else 0
    if cause is None:
        if status and not was_up:
            # chan_sip has no cause for a CANCEL; chan_pjsip has that of its status, 487.
            cancelled = call.incoming is not None and call.technology == "SIP"
            cause = 0 if cancelled and event.remote else int(cause_of_sip(status))
        else:
            cause = int(Cause.NORMAL_CLEARING)
    if call.incoming is None and status in (300, 301, 302, 305) and event.remote:
        _forward(call, event)
    spoken = call.technology == "SIP" and call.incoming is None and not was_up
    return Ended(
        cause, status, escaped(event.reason),
        busy=spoken and status in _SIP_BUSY, congestion=spoken and status in _SIP_CONGESTION,
    )  # fmt: skip


def status_named(text: str) -> int:
    """The status of a refusal by its number or by PJSIP's name for it, BUSY_HERE; 603 for what is none."""
    text = text.strip().upper()
    status = int(text) if text.isdecimal() and text.isascii() else getattr(pj, f"PJSIP_SC_{text}", 0)
    return status if 300 <= status <= 699 else 603


def _forward(call: "Call", event: native.CallState) -> None:
    message = Message(event.message)
    uri = Uri.parse(NameAddress.parse(message.first("Contact")).uri)
    if "/" in uri.user or "@" in uri.user:  # A dial string, or a context: a phone may name a number, and no more.
        call.warn(f"it sends the call to '{escaped(uri.user)}', which is no number")
    elif uri.user:
        reason = NameAddress.parse(message.first("Diversion"))
        call.post(Forwarded(uri.user, Party(Uri.parse(reason.uri).user, reason.name)))
