"""Who tried to get in: events for listeners, lines for the security log, notices for the operator."""

import time

from asterism import _native as native
from asterism.runtime import events
from asterism.runtime.drivers.pjsip.options import bracketed
from asterism.runtime.log import escaped
from asterism.runtime.switch import Switch

_KINDS: dict[str, type[events.SecurityEvent]] = {
    kind.__name__: kind
    for kind in (
        events.SuccessfulAuth,
        events.ChallengeSent,
        events.InvalidPassword,
        events.ChallengeResponseFailed,
        events.InvalidAccountID,
        events.FailedACL,
    )
}

_WHY = {
    "InvalidPassword": "Wrong password",
    "ChallengeResponseFailed": "Wrong password",
    "InvalidAccountID": "No matching peer found",
    "FailedACL": "Device does not match ACL",
}
"""What the operator is told, in the words that log watchers look for."""


def tell(switch: Switch, service: str, event: native.Security) -> None:
    """Tell everybody who wants to know of a security event.

    Args:
        service: SIP or PJSIP.
    """
    log = switch.log
    user = escaped(event.user)
    kind = _KINDS.get(event.event)
    if kind is not None:
        made = kind(
            service=service,
            account_id=user,
            session_id=escaped(event.sip_call_id),
            local_address=_address(event.protocol, event.local),
            remote_address=_address(event.protocol, event.source),
        )
        switch.bus.publish(made)
        log.security(_line(made, switch.now()))
    why = _WHY.get(event.event)
    if why is not None:
        what = "Registration" if event.method == "REGISTER" else event.method
        where = f"{bracketed(event.source[0])}:{event.source[1]}"
        log.notice(f"{what} from '{user}' failed for '{where}' - {why}")


def _address(protocol: str, address: tuple[str, int]) -> str:
    family = "IPV6" if ":" in address[0] else "IPV4"
    return f"{family}/{protocol.upper()}/{address[0]}/{address[1]}"


def _line(event: events.SecurityEvent, now_s: float) -> str:
    when = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now_s)) + f".{int(now_s * 1000) % 1000:03d}+0000"
    return (
        f'SecurityEvent="{event.name}",EventTV="{when}",Severity="{event.severity}",Service="{event.service}",'
        f'EventVersion="1",AccountID="{event.account_id}",SessionID="{event.session_id}",'
        f'LocalAddress="{event.local_address}",RemoteAddress="{event.remote_address}"'
    )
