"""The `register =>` lines of sip.conf."""

from collections.abc import Mapping

from asterism.dialplan.reader import Line
from asterism.runtime.drivers.pjsip.model import Auth, Endpoint, Origin, Registration
from asterism.runtime.drivers.pjsip.options import Report, bracketed, host_port
from asterism.runtime.drivers.pjsip.sip_options import SipGeneral

FORM = "[peer?][transport://]user[@domain[:port]][:secret[:authuser]]@host[:port][/extension][~expiry]"


def register_line(
    line: Line, general: SipGeneral, endpoints: Mapping[str, Endpoint], report: Report
) -> Registration | None:
    """Read a register line; None when it is wrong, which is reported."""
    try:
        return _read(line, general, endpoints)
    except ValueError as error:
        report.warning(line.file, line.lineno, f"register: {error}; the form is {FORM}")
        return None


def _read(line: Line, general: SipGeneral, endpoints: Mapping[str, Endpoint]) -> Registration:
    left, at, right = line.value.rpartition("@")
    if not at or not left or not right:
        raise ValueError("user and host are needed")
    peer, question, rest = left.partition("?")
    peer, left = (peer, rest) if question and rest else ("", peer)
    transport, scheme, user_part = left.rpartition("://")
    transport = transport.lower() if scheme else "udp"
    if transport not in ("udp", "tcp", "tls", "ws", "wss"):
        raise ValueError(f"transport '{transport}' is unknown")
    user, domain, domain_port, secret, auth_user = _user(user_part)

    address, _, expiry = right.partition("~")
    address, _, extension = address.partition("/")
    host, port = host_port(address, 0)
    if not host:
        raise ValueError("a host is needed")
    if expiry and not expiry.isdigit():
        raise ValueError(f"'{expiry}' is no number of seconds")

    endpoint = endpoints.get(peer)
    where = bracketed(host) + (f":{port}" if port else "")
    tail = "" if transport == "udp" else f";transport={transport}"
    origin = Origin(line.file, line.lineno)
    who = domain or (endpoint.from_domain if endpoint else "") or host
    shown = user + (f"@{domain}" if domain else "") + (f":{domain_port}" if domain_port else "")
    auths: tuple[Auth, ...] = (Auth(user, auth_user or user, password=secret, origin=origin),) if secret else ()
    if endpoint is not None and not auths:
        auths = endpoint.outbound_auths
    return Registration(
        name=f"{user}@{where}",
        technology="SIP",
        server_uri=f"sip:{where}{tail}",
        client_uri=f"sip:{user}@{bracketed(who)}",
        contact_user=extension or "s",
        auths=auths,
        expires_s=int(expiry) if expiry else general.defaultexpiry,
        retry_s=general.registertimeout,
        attempts=general.registerattempts,
        forbidden_retry_s=general.registertimeout if general.register_retry_403 else 0,
        transport=transport,
        outbound_proxy=endpoint.outbound_proxy if endpoint else "",
        endpoint=peer,
        user_shown=shown,
        domain_shown=host,
        port_shown=port or (5061 if transport == "tls" else 5060),
        origin=origin,
    )


def _user(text: str) -> tuple[str, str, int, str, str]:
    """Split `user[@domain[:port]][:secret[:authuser]]` into user, domain, port, secret, authuser."""
    first, *rest = text.split(":")
    user, _, domain = first.partition("@")
    port = 0
    # With a domain, three further parts are its port, the secret, and the user name of the digest.
    if domain and len(rest) == 3:
        if rest[0] and not rest[0].isdigit():
            raise ValueError(f"'{rest[0]}' is no port")
        port = int(rest.pop(0) or 0)
    if not user:
        raise ValueError("a user is needed")
    if len(rest) > 2:
        raise ValueError("too many colons")
    secret, auth_user = [*rest, "", ""][:2]
    return user, domain, port, secret, auth_user
