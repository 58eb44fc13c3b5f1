"""The registrar: what a REGISTER does to the contacts of an address of record (RFC 3261 10.3).

The native module has already identified and authenticated the sender; here the rules are applied and the
answer is made. Lifetimes outside an AOR's bounds are moved to the nearest bound, as Asterisk does.
"""

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import formatdate

from asterism import _native as native
from asterism.runtime.drivers.pjsip.contacts import Contact, Contacts
from asterism.runtime.drivers.pjsip.headers import Message, Uri, escaped_user
from asterism.runtime.drivers.pjsip.model import Aor, Dialect, Endpoint, Rule
from asterism.runtime.drivers.pjsip.options import bracketed
from asterism.runtime.log import Log, escaped


@dataclass(frozen=True, slots=True)
class Answer:
    """What a REGISTER is answered with."""

    code: int
    headers: tuple[tuple[str, str], ...] = ()


class Registrar:
    """Applies REGISTERs.

    Args:
        default_access: Who may be registered at all, by technology.
    """

    def __init__(self, contacts: Contacts, log: Log, now: Callable[[], float]) -> None:
        self._contacts, self._log, self._now = contacts, log, now

    def register(self, event: native.Register, endpoint: Endpoint, dialect: Dialect) -> Answer:
        """Apply a REGISTER of an endpoint.

        Args:
            dialect: The endpoint's, whose addresses of record and access lists hold.
        """
        aors, general = dialect.aors, dialect.general
        lists = ((*general.register_access, *endpoint.contact_access), *general.register_lists, *endpoint.contact_lists)
        aor = self._aor(event, endpoint, aors)
        if aor is None:
            self._log.warning(
                f"Registration of '{escaped(event.to_user)}' from {_shown(event.source)} refused: "
                f"'{endpoint.name}' has no such address of record"
            )
            return Answer(404)
        if aor.max_contacts == 0:
            self._log.warning(
                f"Registration attempt from endpoint '{endpoint.name}' refused: '{aor.name}' is not dynamic"
            )
            return Answer(403)
        present = [contact for contact in self._contacts.of(endpoint.technology, aor.name) if not contact.static]
        if not event.contacts:
            return Answer(200, self._list(endpoint, aor))
        if any(contact.call_id == event.sip_call_id and contact.cseq >= event.cseq for contact in present):
            # RFC 3261 10.3 step 7: an older request of the same client must not undo a newer one.
            return Answer(500)
        if any(contact.uri == "*" for contact in event.contacts):
            if len(event.contacts) > 1 or event.contacts[0].expires_s != 0:
                return Answer(400)
            for contact in present:
                self._contacts.remove(contact, "Unregistered")
            return Answer(200, self._list(endpoint, aor))
        return self._apply(event, endpoint, aor, present, lists)

    def _aor(self, event: native.Register, endpoint: Endpoint, aors: dict[str, Aor]) -> Aor | None:
        if endpoint.technology == "SIP":
            return aors.get(endpoint.name)
        user = event.to_user
        host = Uri.parse(event.uri).host
        for name in endpoint.aors:
            if name in (user, f"{user}@{host}"):
                return aors.get(name)
        return None

    def _apply(
        self,
        event: native.Register,
        endpoint: Endpoint,
        aor: Aor,
        present: list[Contact],
        lists: tuple[tuple[Rule, ...], ...],
    ) -> Answer:
        wanted: list[tuple[native.Contact, str, int]] = []
        for each in event.contacts:
            uri = self.target(each.uri, event, endpoint)
            address = _address(uri, event.source)
            if not uri or not all(permitted(address, rules) for rules in lists):
                self._log.warning(f"Contact '{escaped(each.uri)}' of '{endpoint.name}' is not allowed")
                return Answer(400 if not uri else 403)
            wanted.append((each, uri, self._lifetime(each.expires_s, aor)))
        if endpoint.technology == "SIP":
            # chan_sip keeps one contact: the last one counts, whatever was there before.
            wanted = wanted[-1:]
        known = {contact.uri: contact for contact in present}
        adding = [uri for _, uri, seconds in wanted if seconds and uri not in known]
        leaving = [known[uri] for _, uri, seconds in wanted if not seconds and uri in known]
        excess = len(present) - len(leaving) + len(adding) - aor.max_contacts
        if len(adding) > aor.max_contacts or (excess > 0 and not self._may_replace(aor)):
            self._log.warning(
                f"Registration attempt from endpoint '{endpoint.name}' to AOR '{aor.name}' will exceed max contacts of "
                f"{aor.max_contacts}"
            )
            return Answer(403)
        for contact in leaving:
            self._contacts.remove(contact, "Unregistered")
        if excess > 0:
            self._replace(aor, [contact for contact in present if contact not in leaving], excess, wanted)
        for each, uri, seconds in wanted:
            if seconds:
                self._bind(event, endpoint, aor, each, uri, seconds)
        return Answer(200, self._list(endpoint, aor))

    @staticmethod
    def _may_replace(aor: Aor) -> bool:
        return aor.remove_existing or aor.remove_unavailable

    def _replace(
        self, aor: Aor, present: list[Contact], excess: int, wanted: list[tuple[native.Contact, str, int]]
    ) -> None:
        refreshed = {uri for _, uri, _ in wanted}
        leaving = [contact for contact in present if contact.uri not in refreshed]
        leaving.sort(key=lambda each: (each.reach.usable if aor.remove_unavailable else True, each.expires_at))
        for contact in leaving[:excess]:
            self._contacts.remove(contact, "Removed")

    def _lifetime(self, asked_s: int, aor: Aor) -> int:
        if asked_s == 0:
            return 0
        seconds = aor.default_s if asked_s < 0 else asked_s
        return max(min(seconds, aor.maximum_s), aor.minimum_s)

    def _bind(
        self, event: native.Register, endpoint: Endpoint, aor: Aor, each: native.Contact, uri: str, seconds: int
    ) -> None:
        found = next(
            (c for c in self._contacts.of(endpoint.technology, aor.name) if c.uri == uri and not c.static), None
        )
        contact = found or Contact(endpoint.technology, aor.name, uri)
        contact.original = each.uri
        contact.expires_at = self._now() + seconds
        contact.granted_s = seconds
        contact.q = each.q
        contact.call_id, contact.cseq = event.sip_call_id, event.cseq
        contact.user_agent = escaped(event.user_agent)
        contact.username = Uri.parse(each.uri).user
        contact.source = event.source
        contact.path = ",".join(event.path) if aor.support_path else ""
        contact.endpoint = endpoint.name
        contact.nat_detected = _behind_nat(event)
        if found is None:
            self._contacts.add(contact)
        else:
            self._contacts.refresh(contact)

    def target(self, uri: str, event: native.Register, endpoint: Endpoint) -> str:
        """Where requests to a registered contact go; empty when it is no SIP URI."""
        parsed = Uri.parse(uri)
        if parsed.scheme not in ("sip", "sips") or not parsed.host:
            return ""
        rewrite = endpoint.rewrite_contact
        if endpoint.technology == "SIP" and endpoint.auto_force_rport:
            rewrite = _behind_nat(event)
        # A connection is the only way back to whom it came from (RFC 5626 says the same of flows).
        if not rewrite and event.protocol == "udp":
            return uri
        host, port = event.source
        if (parsed.host, parsed.port or 5060) == (host, port):
            return uri
        if not rewrite:
            return uri
        params = "" if parsed.transport or event.protocol == "udp" else f";transport={event.protocol}"
        original = f"{bracketed(parsed.host)}:{parsed.port or 5060}"
        mark = f";x-ast-orig-host={original}" if endpoint.technology == "PJSIP" else ""
        user = f"{escaped_user(parsed.user)}@" if parsed.user else ""
        return f"{parsed.scheme}:{user}{bracketed(host)}:{port}{parsed.params}{params}{mark}"

    def _list(self, endpoint: Endpoint, aor: Aor) -> tuple[tuple[str, str], ...]:
        headers = []
        now = self._now()
        for contact in self._contacts.of(endpoint.technology, aor.name):
            if not contact.static:
                left = max(round(contact.expires_at - now), 0)
                headers.append(("Contact", f"<{contact.original}>;expires={left}"))
                if endpoint.technology == "SIP":
                    headers.insert(0, ("Expires", str(left)))
        headers.append(("Date", formatdate(now, usegmt=True)))
        return tuple(headers)


def permitted(address: str, access: tuple[Rule, ...]) -> bool:
    """Whether an access list lets an address in: the last rule that matches decides, none means yes."""
    allowed = True
    try:
        who = ipaddress.ip_address(address)
    except ValueError:
        # A host name matches no network; with a list in force it is nobody we know.
        return not access
    for rule in access:
        network = ipaddress.ip_network(rule.network)
        if network.version == who.version and who in network:
            allowed = rule.permit
    return allowed


def _address(uri: str, source: tuple[str, int]) -> str:
    host = Uri.parse(uri).host
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return source[0]
    return host


def _behind_nat(event: native.Register) -> bool:
    """Whether the topmost Via names another address than the request came from."""
    via = Message(event.message).first("Via").partition(",")[0]
    sent_by = via.partition(";")[0].split()[-1:] or [""]
    host = sent_by[0].rpartition(":")[0] if sent_by[0].count(":") == 1 else sent_by[0]
    host = host.strip("[]") if not host.startswith("[") else host[1:].partition("]")[0]
    try:
        return ipaddress.ip_address(host) != ipaddress.ip_address(event.source[0])
    except ValueError:
        return False


def _shown(address: tuple[str, int]) -> str:
    return f"{bracketed(address[0])}:{address[1]}"
