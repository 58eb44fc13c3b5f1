"""Where an outgoing call goes and what its INVITE says: dial strings, request URIs, our identity."""

import ipaddress
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from asterism.runtime.driver import Party
from asterism.runtime.drivers.pjsip.departure import Departure
from asterism.runtime.drivers.pjsip.headers import Uri, added_headers, escaped_user, quoted, wire_headers
from asterism.runtime.drivers.pjsip.model import Endpoint
from asterism.runtime.drivers.pjsip.options import bracketed
from asterism.runtime.peers import INHERITABLE


@dataclass(frozen=True, slots=True)
class Destination:
    """What stands behind the slash of a dial string.

    Args:
        who: A peer or endpoint, or a host.
        exten: What to call there; empty for itself.
        uri: A whole URI, when that is given.
    """

    who: str
    exten: str = ""
    uri: str = ""


def parse_sip(resource: str) -> Destination:
    """Read `peer`, `exten@peer`, `peer/exten`, `user@host:port`, each with `!dnid` behind it, as SIP/ takes them."""
    text = resource.partition("!")[0].strip()
    if "@" in text:
        exten, _, who = text.rpartition("@")
        return Destination(who, exten.partition(":")[0])
    who, _, exten = text.partition("/")
    return Destination(who, exten.partition("/")[0])


def parse_pjsip(resource: str, default: str) -> Destination:
    """Read `endpoint`, `number@endpoint`, `endpoint/sip:uri`, or a bare `sip:uri`, as PJSIP/ takes them.

    Args:
        default: The endpoint of bare URIs.
    """
    text = resource.strip()
    if text.lower().startswith(("sip:", "sips:")):
        return Destination(default, uri=text)
    who, slash, uri = text.partition("/")
    if slash:
        return Destination(who, uri=uri)
    exten, at, who = text.rpartition("@")
    return Destination(who, exten) if at else Destination(text)


def with_user(uri: str, user: str) -> str:
    """A contact's URI with another user part, or the same when that is empty."""
    if not user:
        return uri
    parsed = Uri.parse(uri)
    port = f":{parsed.port}" if parsed.port else ""
    return f"{parsed.scheme or 'sip'}:{escaped_user(user)}@{bracketed(parsed.host)}{port}{parsed.params}"


@cache
def hosts(path: Path = Path("/etc/hosts")) -> Mapping[str, str]:
    """Names that this machine knows by itself; read once. PJSIP asks name servers only, which do not know them."""
    found: dict[str, str] = {}
    try:
        lines = path.read_text("utf-8", "replace").splitlines()
    except OSError:
        return found
    for line in lines:
        address, *names = line.partition("#")[0].split() or [""]
        for name in names:
            # The first line counts; IPv4 is what most transports speak.
            if name.lower() not in found or (":" in found[name.lower()] and ":" not in address):
                found[name.lower()] = address
    return found


def reachable(uri: str) -> str:
    """A URI whose host PJSIP can find: names of /etc/hosts are replaced by their addresses."""
    parsed = Uri.parse(uri)
    address = hosts().get(parsed.host.lower())
    if address is None:
        return uri
    user = f"{escaped_user(parsed.user)}@" if parsed.user else ""
    port = f":{parsed.port}" if parsed.port else ""
    return f"{parsed.scheme}:{user}{bracketed(address)}{port}{parsed.params}"


def local_host(destination: str, bound: str) -> str:
    """Our address as a destination sees it: the bound one, or the one that the routing table names; never waits."""
    if bound not in ("0.0.0.0", "::"):
        return bound
    try:
        there = ipaddress.ip_address(destination)
    except ValueError:
        # A name is resolved by PJSIP later; the default route is the best guess.
        there = ipaddress.ip_address("192.0.2.1")
    family = socket.AF_INET6 if there.version == 6 else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((str(there), 9))
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])


def hidden(endpoint: Endpoint, caller: Party) -> bool:
    """Whether the far end must not learn the caller's number."""
    return caller.presentation.startswith("prohib") and not endpoint.trust_outbound


def _phone(endpoint: Endpoint, user: str) -> str:
    """`;user=phone` (RFC 3261, 19.1.1) behind a host, where the endpoint wants it and the user is a number."""
    digits = user.removeprefix("+")
    return ";user=phone" if endpoint.user_eq_phone and digits.isascii() and digits.isdigit() else ""


def target(endpoint: Endpoint, uri: str) -> str:
    """The Request-URI of a call."""
    parsed = Uri.parse(uri)
    phone = _phone(endpoint, parsed.user)
    if not phone or phone in parsed.params:
        return uri
    port = f":{parsed.port}" if parsed.port else ""
    return f"{parsed.scheme}:{escaped_user(parsed.user)}@{bracketed(parsed.host)}{port}{phone}{parsed.params}"


def local_uri(endpoint: Endpoint, departure: Departure, caller: Party) -> str:
    """The From of a call.

    Compat: chan_pjsip withholds the caller here even from those that it trusts with P-Asserted-Identity; who has
    neither number nor name is withheld as well.
    """
    withheld = hidden(endpoint, caller)
    if endpoint.technology == "PJSIP":
        withheld = caller.presentation.startswith("prohib") or not (caller.number or caller.name)
    if withheld and not departure.from_user:
        return _with_parameters('"Anonymous" <sip:anonymous@anonymous.invalid>', departure.from_parameters)
    user = departure.from_user or caller.number or departure.default_user
    name = f"{quoted(caller.name)} " if caller.name and not withheld else ""
    address = f"{name}<sip:{escaped_user(user)}@{departure.from_host}{_phone(endpoint, user)}>"
    return _with_parameters(address, departure.from_parameters)


def _with_parameters(address: str, parameters: Sequence[tuple[str, str]]) -> str:
    """A name and an address in brackets, with further parameters in its URI; those of the same name give way."""
    if not parameters:
        return address
    before, _, behind = address.rpartition(">")
    uri, *former = before.split(";")
    names = {name.lower() for name, _ in parameters}
    kept = [each for each in former if each.partition("=")[0].lower() not in names]
    added = [f"{name}={value}" if value else name for name, value in parameters]
    return f"{';'.join((uri, *kept, *added))}>{behind}"


def contact_uri(endpoint: Endpoint, departure: Departure, caller: Party) -> str:
    """The Contact of a call: where the far end sends its requests."""
    if endpoint.technology == "SIP":
        known = "" if hidden(endpoint, caller) else caller.number
        user = departure.from_user or known or departure.default_user
    else:
        user = endpoint.default_user or departure.from_user or departure.default_user
    return f"<sip:{escaped_user(user)}@{departure.contact_host}>"


def identity_headers(endpoint: Endpoint, caller: Party, host: str) -> list[tuple[str, str]]:
    """P-Asserted-Identity and Remote-Party-ID, as far as the endpoint wants them.

    Args:
        host: Our host as a URI has it.
    """
    if not caller.number or (hidden(endpoint, caller) and endpoint.technology == "PJSIP"):
        return []
    private = caller.presentation.startswith("prohib")
    where = f"{endpoint.from_domain or host}{_phone(endpoint, caller.number)}"
    address = f"{quoted(caller.name)} <sip:{escaped_user(caller.number)}@{where}>"
    found = []
    if endpoint.send_pai:
        found.append(("P-Asserted-Identity", address))
        if private:
            found.append(("Privacy", "id"))
    if endpoint.send_rpid:
        screen = "yes" if caller.presentation.endswith("passed_screen") else "no"
        found.append(
            ("Remote-Party-ID", f"{address};party=calling;privacy={'full' if private else 'off'};screen={screen}")
        )
    return found


def invite_headers(
    endpoint: Endpoint, departure: Departure, caller: Party, variables: Mapping[str, str]
) -> list[tuple[str, str]]:
    """Headers of our own in an INVITE: who calls, and what SIPAddHeader and PJSIP_INHERITABLE_HEADER have left."""
    found = identity_headers(endpoint, caller, departure.from_host)
    if endpoint.technology == "SIP":
        found += wire_headers(added_headers(variables))
    else:
        found += wire_headers(reversed(added_headers(variables, INHERITABLE)))
    # A call that somebody was sent to by REFER (RFC 3892, RFC 3891).
    referred = ("Referred-By", "SIPREFERREDBYHDR"), ("Replaces", "SIPREPLACESHDR")
    return found + wire_headers([(name, variables[held]) for name, held in referred if variables.get(held)])


def anywhere(endpoint: Endpoint, host: str, port: int) -> Endpoint:
    """An endpoint for a host that no file names: SIP/user@host."""
    return replace(endpoint, name=host, aors=(), host=host, port=port)


def route(proxy: str) -> str:
    """An outbound proxy as a Route header: sip.conf writes a host, pjsip.conf a URI."""
    proxy = proxy.strip()
    if not proxy or proxy.lower().startswith(("sip:", "sips:", "<")):
        return proxy if not proxy or proxy.startswith("<") else f"<{proxy}>" if ";lr" in proxy else f"<{proxy};lr>"
    host = proxy.partition(",")[0].rpartition("://")[2]
    return f"<sip:{host};lr>"
