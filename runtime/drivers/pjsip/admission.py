"""Letting an incoming call in: where it begins, who calls, or why not."""

from asterism import _native as native
from asterism.runtime.causes import Cause
from asterism.runtime.driver import Party
from asterism.runtime.drivers.pjsip.call import Call
from asterism.runtime.drivers.pjsip.headers import Uri, party_of
from asterism.runtime.drivers.pjsip.model import Endpoint, General
from asterism.runtime.log import escaped
from asterism.runtime.switch import Switch


def admit(
    switch: Switch, call: Call, event: native.Incoming, general: General, calls: int, replaced: Call | None = None
) -> None:
    """Start the dialplan for a call, or refuse it with the status that says why.

    Args:
        general: What holds for the endpoint's dialect.
        calls: How many calls the endpoint has, this one too.
        replaced: The call whose place it takes (RFC 3891).
    """
    endpoint = call.endpoint
    uri = Uri.parse(event.uri)
    exten = uri.user or "s"
    context = _context(endpoint, uri, general)
    caller = _caller(endpoint, event)
    if not switch.accepting:
        call.hangup(Cause.SWITCH_CONGESTION)
        return
    if endpoint.call_limit and calls > endpoint.call_limit:
        switch.log.notice(f"Call from peer '{endpoint.name}' rejected due to usage limit of {endpoint.call_limit}")
        call.hangup(Cause.NORMAL_UNSPECIFIED)
        return
    if replaced is not None:
        switch.replace(call, replaced.name, context=context, caller=caller)
        return
    picks_up = exten == switch.features.general.pickupexten
    if not picks_up and not switch.extension_exists(context, exten, 1, caller.number):
        source = f"{event.source[0]}:{event.source[1]}"
        where = source if endpoint.technology == "SIP" else f"{event.protocol.upper()}:{source}"
        more = switch.extension_may_match(context, exten, caller.number)
        switch.log.notice(
            f"Call from '{endpoint.name}' ({where}) to extension '{escaped(exten)}' rejected because extension "
            f"not found in context '{context}'."
        )
        call.hangup(Cause.INVALID_NUMBER_FORMAT if more else Cause.UNALLOCATED)
        return
    variables = dict(endpoint.variables)
    variables["SIPDOMAIN"] = uri.host
    if endpoint.technology == "SIP":
        variables["SIPURI"] = call.read("uri") or ""
        variables["SIPCALLID"] = event.sip_call_id
    switch.incoming(
        call, context=context, exten=exten, caller=caller, variables=variables, language=endpoint.language,
        accountcode=endpoint.accountcode, dialed=uri.user,
    )  # fmt: skip


def _context(endpoint: Endpoint, uri: Uri, general: General) -> str:
    if endpoint.technology == "SIP":
        for domain, context in general.domains:
            if context and domain.lower() == uri.host.lower():
                return context
    return endpoint.context


def _caller(endpoint: Endpoint, event: native.Incoming) -> Party:
    said = party_of(event.message, event.from_, endpoint.trust_inbound)
    own = endpoint.caller
    if not (own.number or own.name):
        return Party(
            said.number,
            said.name,
            own.presentation if own.presentation != "allowed_not_screened" else said.presentation,
        )
    return Party(own.number or said.number, own.name or (said.name if not own.number else ""), own.presentation)
