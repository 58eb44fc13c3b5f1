"""Who tried to get in: events for listeners, lines for the security log, notices for the operator."""

from asterism import _native as native
from asterism.runtime import security
from asterism.runtime.drivers.pjsip.options import bracketed
from asterism.runtime.log import quoted
from asterism.runtime.switch import Switch

_KINDS: dict[str, type[security.SecurityEvent]] = {
    kind.__name__: kind
    for kind in (
        security.SuccessfulAuth,
        security.ChallengeSent,
        security.InvalidPassword,
        security.ChallengeResponseFailed,
        security.InvalidAccountID,
        security.FailedACL,
    )
}

_WHY = {
    "InvalidPassword": ("Wrong password", "Failed to authenticate"),
    "ChallengeResponseFailed": ("Wrong password", "Failed to authenticate"),
    "InvalidAccountID": ("No matching peer found", "No matching endpoint found"),
    "FailedACL": ("Device does not match ACL", "Not match Endpoint ACL"),
}
"""What the operator is told, in the words that log watchers look for: chan_sip's of registrations, chan_pjsip's."""


def tell(switch: Switch, service: str, event: native.Security) -> None:
    """Tell everybody who wants to know of a security event.

    Args:
        service: SIP or PJSIP.
    """
    log = switch.log
    user = quoted(event.user)
    kind = _KINDS.get(event.event)
    if kind is not None:
        made = kind(
            service=service,
            account_id=user,
            session_id=quoted(event.sip_call_id),
            local_address=_address(event.protocol, event.local),
            remote_address=_address(event.protocol, event.source),
        )
        security.tell(switch, made)
    why = _WHY.get(event.event)
    if why is None:
        return
    where = f"{bracketed(event.source[0])}:{event.source[1]}"
    if service == "SIP" and event.method == "REGISTER":
        log.notice(f"Registration from '{user}' failed for '{where}' - {why[0]}")
        return
    call_id = quoted(event.sip_call_id).replace(")", "\\x29")
    log.notice(f"Request '{event.method}' from '{user}' failed for '{where}' (callid: {call_id}) - {why[1]}")


def _address(protocol: str, address: tuple[str, int]) -> str:
    family = "IPV6" if ":" in address[0] else "IPV4"
    return f"{family}/{protocol.upper()}/{address[0]}/{address[1]}"
