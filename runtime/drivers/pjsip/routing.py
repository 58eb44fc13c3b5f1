"""Whom a dial string means, and on which transport and as whom the call leaves."""

from asterism.runtime.causes import Cause
from asterism.runtime.drivers.pjsip.contacts import Contact, Contacts
from asterism.runtime.drivers.pjsip.departure import Departure
from asterism.runtime.drivers.pjsip.headers import Uri
from asterism.runtime.drivers.pjsip.model import Dialect, Endpoint, Transport
from asterism.runtime.drivers.pjsip.options import bracketed, host_port
from asterism.runtime.drivers.pjsip.outgoing import (
    Destination,
    anywhere,
    local_host,
    parse_pjsip,
    parse_sip,
    reachable,
    route,
    target,
    with_user,
)
from asterism.runtime.drivers.pjsip.stack import AccountKind, Stack
from asterism.runtime.drivers.pjsip.usage import Usages
from asterism.runtime.errors import DriverError, Unavailable
from asterism.runtime.log import Log, escaped


class Router:
    """Finds the way of outgoing calls.

    Args:
        dialects: Both dialects, by technology, as they are in force.
    """

    def __init__(
        self, dialects: dict[str, Dialect], contacts: Contacts, usages: Usages, stack: Stack, log: Log
    ) -> None:
        self._dialects, self._contacts, self._usages, self._stack, self._log = dialects, contacts, usages, stack, log

    def find(self, technology: str, resource: str) -> tuple[Endpoint, Departure]:
        """The endpoint that a dial string means, and how to call it.

        Raises:
            Unavailable: Nobody there has that name, or it cannot be reached now.
        """
        dialect = self._dialects[technology]
        if technology == "SIP":
            endpoint, uri, contact = self._find_peer(parse_sip(resource), dialect)
        else:
            to = parse_pjsip(resource, dialect.general.callers_outbound)
            endpoint, uri, contact = self._find_endpoint(to, dialect)
        return endpoint, self._departure(endpoint, reachable(uri), contact, dialect)

    def _find_peer(self, to: Destination, dialect: Dialect) -> tuple[Endpoint, str, Contact | None]:
        try:
            host, port = host_port(to.who, 0)
        except ValueError as error:
            raise Unavailable(f"'{escaped(to.who)}': {error}") from None
        endpoint = dialect.endpoints.get(to.who) or dialect.endpoints.get(host)
        if endpoint is None or not endpoint.calls_out:
            # A host: only what can be one, so that a peer that was mistyped does not ask the DNS.
            if not host or not (":" in host or "." in host or host == "localhost"):
                raise Unavailable(f"No such host: {escaped(to.who)}", Cause.SUBSCRIBER_ABSENT)
            default = Endpoint(name=host, technology="SIP", auths=(), challenged=frozenset())
            user = f"{to.exten}@" if to.exten else ""
            return anywhere(default, host, port), f"sip:{user}{bracketed(host)}:{port or 5060}", None
        contacts = self._contacts.of("SIP", endpoint.name)
        if not contacts:
            if endpoint.default_address:
                address = f"{bracketed(endpoint.default_address)}:{endpoint.port or 5060}"
                user = to.exten or endpoint.default_user
                return endpoint, f"sip:{user + '@' if user else ''}{address}", None
            raise Unavailable(f"Peer '{endpoint.name}' is not registered", Cause.SUBSCRIBER_ABSENT)
        contact = contacts[0]
        if not contact.reach.usable:
            raise Unavailable(f"Peer '{endpoint.name}' is unreachable", Cause.SUBSCRIBER_ABSENT)
        if endpoint.call_limit and len(self._usages.of(endpoint).calls) >= endpoint.call_limit:
            self._log.notice(f"Call to peer '{endpoint.name}' rejected due to usage limit of {endpoint.call_limit}")
            raise Unavailable(f"Peer '{endpoint.name}' has no line free", Cause.USER_BUSY)
        return endpoint, with_user(contact.uri, to.exten), contact

    def _find_endpoint(self, to: Destination, dialect: Dialect) -> tuple[Endpoint, str, Contact | None]:
        endpoint = dialect.endpoints.get(to.who)
        if endpoint is None:
            raise Unavailable(f"endpoint '{escaped(to.who)}' was not found", Cause.CHANNEL_UNACCEPTABLE)
        contacts = [contact for aor in endpoint.aors for contact in self._contacts.of("PJSIP", aor)]
        if to.uri:
            if Uri.parse(to.uri).scheme in ("sip", "sips"):
                known = next((contact for contact in contacts if contact.uri == to.uri), None)
                return endpoint, to.uri, known
            contacts = self._contacts.of("PJSIP", to.uri) if to.uri in endpoint.aors else []
        usable = [contact for contact in contacts if contact.reach.usable]
        if not usable:
            raise Unavailable(
                f"endpoint '{endpoint.name}' has no contact that can be called", Cause.NO_ROUTE_DESTINATION
            )
        return endpoint, with_user(usable[0].uri, to.exten), usable[0]

    def _departure(self, endpoint: Endpoint, uri: str, contact: Contact | None, dialect: Dialect) -> Departure:
        number, transport = self.transport_to(uri, endpoint.transport)
        proxies = tuple(route(proxy) for proxy in (endpoint.outbound_proxy,) if proxy)
        external = transport.is_external(Uri.parse(uri).host)
        kind = AccountKind(
            number, endpoint.outbound_auths, proxies, endpoint.session_timers, endpoint.session_expires_s,
            endpoint.session_minimum_s, external, endpoint.reliable_responses,
        )  # fmt: skip
        try:
            account = self._stack.account(kind)
        except DriverError as error:
            raise Unavailable(str(error), Cause.NORMAL_CIRCUIT_CONGESTION) from None
        host = (transport.external_signaling if external else "") or local_host(Uri.parse(uri).host, transport.host)
        port = f":{transport.port}" if transport.port not in (5060, 5061) else ""
        shown_host = bracketed(host) + port
        if endpoint.from_domain:
            # chan_sip puts its own port behind the domain too, unless one stands there already.
            own = port if endpoint.technology == "SIP" and ":" not in endpoint.from_domain else ""
            shown_host = endpoint.from_domain + own
        protocol = "" if transport.protocol == "udp" else f";transport={transport.protocol}"
        contact_port = (transport.external_port if external else 0) or transport.port
        return Departure(
            contact_host=f"{bracketed(host)}:{contact_port}{protocol}",
            uri=target(endpoint, uri), account=account, from_host=shown_host, default_user=dialect.general.default_user,
            from_user=endpoint.from_user, route=(contact.path,) if contact and contact.path else (),
            contact=f"{contact.aor};@{contact.digest}" if contact else "", aor=contact.aor if contact else "",
        )  # fmt: skip

    def transport_to(self, uri: str, name: str = "") -> tuple[int, Transport]:
        """The transport that a request to a URI leaves by.

        Raises:
            Unavailable: There is none of that protocol.
        """
        parsed = Uri.parse(uri)
        protocol = parsed.transport or ("tls" if parsed.scheme == "sips" else "udp")
        number = self._stack.number(protocol, name, ":" in parsed.host)
        transport = self._stack.transport(number)
        if transport is None:
            raise Unavailable(f"no {escaped(protocol)} transport for {escaped(uri)}", Cause.NETWORK_OUT_OF_ORDER)
        return number, transport
