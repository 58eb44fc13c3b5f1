"""REFER: the far end asks us to connect the other party of its call elsewhere (RFC 3515, RFC 3891).

The request is accepted at once, and what comes of it is told by NOTIFY in the same dialog. Until the last of these a
call that the core has ended stays on the wire, for the dialog ends with the BYE.
"""

import asyncio
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING
from urllib.parse import unquote

from asterism import _native as native
from asterism.runtime.driver import TransferAsked
from asterism.runtime.drivers.pjsip.headers import Message, NameAddress, Uri

if TYPE_CHECKING:
    from asterism.runtime.drivers.pjsip.call import Call

GRACE_S = 1.0
"How long after the last NOTIFY the far end may hang up itself, before we do."

LONGEST_S = 60.0
"A transfer of which nothing final is heard is given up after this time."

_REPLACES = re.compile(r"[?&;]Replaces=([^&>\s]*)", re.IGNORECASE)
_EXTERNAL = "external_replaces"
"Extension that is asked to take the place of a party of a call that is not ours."

_REASONS = {
    100: "Trying", 180: "Ringing", 183: "Session Progress", 200: "OK", 400: "Bad Request", 403: "Forbidden",
    404: "Not Found", 486: "Busy Here", 500: "Server Internal Error", 503: "Service Unavailable", 603: "Decline",
}  # fmt: skip

Respond = Callable[..., None]
"""Answers a request: token, status, headers."""


class Referral:
    """One REFER that was accepted.

    Args:
        call: The call it came in.
        token: By which the core tells what comes of it.
    """

    def __init__(self, call: "Call", token: int) -> None:
        self._call = call
        self.token = token
        self._last = 0
        self._ending: Callable[[], None] | None = None
        self._timer = asyncio.get_running_loop().call_later(LONGEST_S, self.told, 503, True)
        self.told(100, False)

    def told(self, status: int, final: bool) -> None:
        """Tell the far end how it goes on; at the last, let the call end that waited for it."""
        if self._last >= 200 or (status <= self._last and not final):
            return
        self._last = 200 if final else status
        state = "terminated;reason=noresource" if final else f"active;expires={LONGEST_S:.0f}"
        body = f"SIP/2.0 {status} {_REASONS.get(status, 'Unknown')}\r\n".encode()
        self._call.tell_referral((("Event", "refer"), ("Subscription-State", state)), body)
        if final:
            self._timer.cancel()
            self._timer = asyncio.get_running_loop().call_later(GRACE_S, self._over)

    def _over(self) -> None:
        self._call.referral = None
        if self._ending is not None:
            self._ending()

    def postpone(self, ending: Callable[[], None]) -> None:
        """Keep the end of the call for after the last NOTIFY."""
        self._ending = ending

    def drop(self) -> None:
        """The dialog is gone."""
        self._timer.cancel()
        self._last = 200


def take(call: "Call", event: native.Request, calls: Mapping[int, "Call"], respond: Respond) -> None:
    """Answer a REFER, and ask the core to transfer."""
    message = Message(event.message)
    targets = message.all("Refer-To")
    address = NameAddress.parse(targets[0]) if len(targets) == 1 else NameAddress("", "", "")
    uri = Uri.parse(address.uri)
    if not call.endpoint.allow_transfer:
        call.warn("a transfer was refused: its endpoint may not transfer")
        respond(event.token, 603)
    elif uri.scheme not in ("sip", "sips") or not uri.host:
        respond(event.token, 400)
    elif call.referral is not None:
        respond(event.token, 491)
    elif message.first("Refer-Sub").strip().lower() == "false":
        call.referral = _Unsubscribed(call, event.token, respond)
        call.post(_asked(call, message, address, uri, event.token, calls))
    else:
        respond(event.token, 202)
        call.referral = Referral(call, event.token)
        call.post(_asked(call, message, address, uri, event.token, calls))


class _Unsubscribed(Referral):
    """A REFER whose sender wants no NOTIFY (RFC 4488): its own answer says what came of it."""

    def __init__(self, call: "Call", token: int, respond: Respond) -> None:
        self._respond = respond
        super().__init__(call, token)

    def told(self, status: int, final: bool) -> None:
        """Answer the REFER with the first thing that is known."""
        if self._last >= 200 or status == 100:
            return
        self._last = 200
        self._timer.cancel()
        self._call.referral = None
        self._respond(self.token, status if status >= 200 else 202, (("Refer-Sub", "false"),))
        if self._ending is not None:
            self._ending()


def _asked(
    call: "Call", message: Message, address: NameAddress, uri: Uri, token: int, calls: Mapping[int, "Call"]
) -> TransferAsked:
    """What the core is asked; the variables are those that chan_sip and chan_pjsip set."""
    context = call.endpoint.context
    target = address.uri.partition("?")[0]
    variables = {"SIPTRANSFER": "yes", "SIPREFERTOHDR": target}
    referred_by = message.first("Referred-By")
    if referred_by:
        variables["__SIPREFERREDBYHDR"] = referred_by
    replaces = _REPLACES.search(address.uri) or _REPLACES.search(";" + address.params)
    if replaces is None:
        exten = uri.user.partition(";")[0] or "s"
        return TransferAsked(exten, context, token, "", variables, call.endpoint.refer_progress)
    dialog = unquote(replaces[1])
    other = _call_of(dialog, calls)
    if other is not None:
        return TransferAsked(uri.user, context, token, other.name, variables)
    variables["__SIPREPLACESHDR"] = dialog
    return TransferAsked(_EXTERNAL, context, token, "", variables, call.endpoint.refer_progress)


def _call_of(dialog: str, calls: Mapping[int, "Call"]) -> "Call | None":
    """Our call that a Replaces value names."""
    call_id, *params = dialog.split(";")
    tags = dict(part.strip().partition("=")[::2] for part in params)
    ours, theirs = tags.get("to-tag", ""), tags.get("from-tag", "")
    number = native.find_call(call_id, ours, theirs) or native.find_call(call_id, theirs, ours)
    return calls.get(number)
