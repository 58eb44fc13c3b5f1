"""What becomes of contacts and endpoints, told to whoever listens: registered, reachable, in use."""

import asyncio
from contextlib import suppress

from asterism import _native as native
from asterism.runtime.drivers.pjsip.contacts import Contact, Contacts, Reach
from asterism.runtime.drivers.pjsip.headers import Uri
from asterism.runtime.drivers.pjsip.identities import Identities
from asterism.runtime.drivers.pjsip.model import Aor, Dialect, Endpoint
from asterism.runtime.drivers.pjsip.options import bracketed
from asterism.runtime.drivers.pjsip.outgoing import local_host, reachable, route
from asterism.runtime.drivers.pjsip.qualify import Prober
from asterism.runtime.drivers.pjsip.routing import Router
from asterism.runtime.drivers.pjsip.stack import AccountKind, Stack
from asterism.runtime.drivers.pjsip.usage import Usages
from asterism.runtime.errors import Unavailable
from asterism.runtime.events import ContactStatus, DeviceStateChange, PeerStatus
from asterism.runtime.log import escaped
from asterism.runtime.peers import Notice
from asterism.runtime.states import DeviceState
from asterism.runtime.switch import Switch


class Presence:
    """Keeps contacts, probes, and device states together.

    Args:
        dialects: Both dialects, by technology, as they are in force.
    """

    def __init__(
        self, switch: Switch, dialects: dict[str, Dialect], stack: Stack, identities: Identities, usages: Usages
    ) -> None:
        self._switch, self._dialects, self._stack = switch, dialects, stack
        self._identities, self._usages = identities, usages
        self._states: dict[str, DeviceState] = {}
        self._changed: dict[tuple[str, str], Endpoint] = {}
        self.contacts = self._contacts = Contacts(switch.database, switch.log, self._contact_changed, switch.now)
        self.prober = self._prober = Prober(self._send_options, self._reached, switch.log, switch.now)
        self.router = Router(dialects, self._contacts, usages, stack, switch.log)

    async def adopt(self, dialect: Dialect) -> None:
        """Put a dialect in force, but for its identities and registrations."""
        before = self._dialects[dialect.technology]
        self._dialects[dialect.technology] = dialect
        for number, contact in enumerate(self._contacts.configure(dialect.technology, dialect.aors.values())):
            gap = number * dialect.general.qualify_gap_ms / 1000
            self._prober.watch(contact, dialect.aors[contact.aor], gap)
        for contact in self._contacts:
            aor = dialect.aors.get(contact.aor) if contact.technology == dialect.technology else None
            if aor is not None and before.present and before.aors.get(contact.aor) != aor:
                self._prober.watch(contact, aor)

    async def load(self, dialect: Dialect) -> None:
        """Take over what was registered when the process ended."""
        for contact in await self._contacts.load(dialect.technology, dialect.aors.values()):
            self.learn(contact)
            self._prober.watch(contact, dialect.aors[contact.aor])

    def _contact_changed(self, contact: Contact, what: str) -> None:
        dialect = self._dialects[contact.technology]
        aor = dialect.aors.get(contact.aor)
        endpoint = dialect.endpoints.get(contact.endpoint)
        if what in ("Created", "Updated"):
            if aor is not None and (what == "Created" or contact.technology == "SIP"):
                self._prober.watch(contact, aor)
            self.learn(contact)
        else:
            self._prober.forget(contact)
            if endpoint is not None and not self._contacts.of(contact.technology, contact.aor):
                native.learn(self._identities.number(contact.technology, endpoint.name), None)
        if not contact.static:
            (self._tell_sip if contact.technology == "SIP" else self._tell_pjsip)(contact, what)
        if endpoint is not None:
            self.device_changed(endpoint)

    def unregister(self, name: str) -> bool:
        """End the registration of a peer of sip.conf; False when it has none."""
        found = [contact for contact in self.contacts.of("SIP", name) if not contact.static]
        for contact in found:
            self.contacts.remove(contact, "Unregistered")
        return bool(found)

    def probe(self, technology: str, name: str) -> bool:
        """Send an OPTIONS to each contact of an endpoint; False when there is none of that name."""
        dialect = self._dialects[technology]
        endpoint = dialect.endpoints.get(name)
        if endpoint is None or not endpoint.calls_out:
            return False
        for aor in endpoint.aors:
            for contact in self._contacts.of(technology, aor):
                if not self._prober.probe(contact):
                    # Nobody waits for the answer of a contact that is not watched, but it shall see the question.
                    with suppress(native.NativeError, ValueError):
                        self._send_options(contact, dialect.aors[aor])
        return True

    def synchronize(self, technology: str, name: str) -> bool:
        """Probe the contacts of an address of record anew, as its options say; False when there is none."""
        aor = self._dialects[technology].aors.get(name)
        if aor is None:
            return False
        for contact in self._contacts.of(technology, name):
            self._prober.watch(contact, aor)
        return True

    def learn(self, contact: Contact) -> None:
        """Know a peer by the address it registered from."""
        if contact.source is not None and contact.technology == "SIP":
            native.learn(self._identities.number("SIP", contact.endpoint), contact.source)

    def _tell_sip(self, contact: Contact, what: str) -> None:
        bus, peer = self._switch.bus, f"SIP/{contact.endpoint}"
        if what in ("Created", "Updated"):
            host, port = contact.source or contact.address
            address = f"{bracketed(host)}:{port}"
            if what == "Created":
                self._switch.log.verbose(3, f"Registered SIP '{contact.endpoint}' at {address}")
            bus.publish(PeerStatus("SIP", peer, "Registered", address))
        else:
            self._switch.log.verbose(3, f"Unregistered SIP '{contact.endpoint}'")
            bus.publish(PeerStatus("SIP", peer, "Unregistered", "", "Expired"))

    def _tell_pjsip(self, contact: Contact, what: str) -> None:
        bus, log = self._switch.bus, self._switch.log
        uri = escaped(contact.uri)
        others = [each for each in self._contacts.of("PJSIP", contact.aor) if each is not contact]
        if what == "Created":
            log.verbose(
                3, f"Added contact '{uri}' to AOR '{contact.aor}' with expiration of {contact.granted_s} seconds"
            )
            bus.publish(ContactStatus(uri, "NonQualified", contact.aor, contact.endpoint, 0))
            if not others and contact.reach is not Reach.UNREACHABLE:
                self._endpoint_status(contact, "Reachable")
        elif what == "Updated":
            log.debug(1, f"Refreshed contact '{uri}' of AOR '{contact.aor}'")
            bus.publish(ContactStatus(uri, "Updated", contact.aor, contact.endpoint, 0))
        else:
            reason = {"Expired": "expiration", "Unregistered": "request"}.get(what, "remove existing")
            log.verbose(3, f"Removed contact '{uri}' from AOR '{contact.aor}' due to {reason}")
            if not others:
                self._endpoint_status(contact, "Unreachable")
            bus.publish(ContactStatus(uri, "Removed", contact.aor, contact.endpoint, 0))

    def _endpoint_status(self, contact: Contact, status: str) -> None:
        self._switch.log.verbose(2, f"Endpoint {contact.endpoint} is now {status}")
        self._switch.bus.publish(PeerStatus("PJSIP", f"PJSIP/{contact.endpoint}", status))

    def _send_options(self, contact: Contact, aor: Aor) -> int:
        dialect = self._dialects[contact.technology]
        endpoint = dialect.endpoints.get(contact.endpoint)
        try:
            uri = reachable(contact.uri)
            number, transport = self.router.transport_to(uri, endpoint.transport if endpoint else "")
        except Unavailable as error:
            raise ValueError(str(error)) from None
        host = local_host(Uri.parse(uri).host, transport.host)
        account = -1
        if aor.authenticate_qualify and endpoint is not None and endpoint.outbound_auths:
            account = self._stack.account(AccountKind(number, endpoint.outbound_auths)).getId()
        user = dialect.general.default_user
        routes = [("Route", route) for route in (contact.path, route(aor.outbound_proxy)) if route]
        return native.send_request(
            "OPTIONS", uri, from_uri=f"<sip:{user}@{bracketed(host)}:{transport.port}>",
            headers=routes, transport=number, account=account, timeout_ms=round(aor.qualify_timeout_s * 1000) or 3000,
        )  # fmt: skip

    def notify(self, technology: str, target: str, notice: Notice) -> bool:
        """Send a NOTIFY to each contact of an endpoint, or to a SIP URI; False when there is nowhere to send it."""
        dialect = self._dialects[technology]
        endpoint = dialect.endpoints.get(target)
        uris = [target] if target.startswith(("sip:", "sips:")) else []
        if endpoint is not None:
            uris = [each.uri for aor in endpoint.aors for each in self._contacts.of(technology, aor)]
        sent = [self._send_notify(dialect, endpoint, uri, notice) for uri in uris]
        return any(sent)

    def _send_notify(self, dialect: Dialect, endpoint: Endpoint | None, uri: str, notice: Notice) -> bool:
        try:
            where = reachable(uri)
            number, transport = self.router.transport_to(where, endpoint.transport if endpoint else "")
            host = local_host(Uri.parse(where).host, transport.host)
            account = -1
            if endpoint is not None and endpoint.outbound_auths:
                account = self._stack.account(AccountKind(number, endpoint.outbound_auths)).getId()
            user = (endpoint.from_user if endpoint else "") or dialect.general.default_user
            native.send_request(
                "NOTIFY", where, from_uri=f"<sip:{user}@{bracketed(host)}:{transport.port}>", transport=number,
                headers=list(notice.headers), body=notice.body, content_type=notice.content_type, account=account,
            )  # fmt: skip
        except (Unavailable, ValueError, native.NativeError) as error:
            self._switch.log.warning(f"NOTIFY to {escaped(uri)} could not be sent: {error}")
            return False
        return True

    def _reached(self, contact: Contact, before: Reach, now: Reach) -> None:
        if before is now:
            return
        log, bus = self._switch.log, self._switch.bus
        if contact.technology == "SIP":
            aor = self._dialects["SIP"].aors[contact.aor]
            name, rtt, limit = contact.endpoint, round(contact.rtt_ms), aor.lagged_ms
            if now is Reach.UNREACHABLE:
                log.notice(f"Peer '{name}' is now UNREACHABLE!  Last qualify: {rtt}")
            elif now is Reach.LAGGED:
                log.notice(f"Peer '{name}' is now Lagged. ({rtt}ms / {limit}ms)")
            else:
                log.notice(f"Peer '{name}' is now Reachable. ({rtt}ms / {limit}ms)")
            bus.publish(PeerStatus("SIP", f"SIP/{name}", now.name.capitalize()))
        else:
            status = "Unreachable" if now is Reach.UNREACHABLE else "Reachable"
            log.verbose(
                3, f"Contact {contact.aor}/{escaped(contact.uri)} is now {status}.  RTT: {contact.rtt_ms:.3f} msec"
            )
            others = [each for each in self._contacts.of("PJSIP", contact.aor) if each is not contact]
            changed = before is Reach.UNREACHABLE or now is Reach.UNREACHABLE
            if changed and not any(each.reach.usable for each in others):
                self._endpoint_status(contact, status)
            bus.publish(ContactStatus(contact.uri, status, contact.aor, contact.endpoint, round(contact.rtt_ms * 1000)))
        endpoint = self._dialects[contact.technology].endpoints.get(contact.endpoint)
        if endpoint is not None:
            self.device_changed(endpoint)

    def device_changed(self, endpoint: Endpoint) -> None:
        """Tell a device's state, when it is another; behind what has happened to its channels, as in Asterisk."""
        if not self._changed:
            asyncio.get_running_loop().call_soon(self._tell_changed)
        self._changed[endpoint.technology, endpoint.name] = endpoint

    def _tell_changed(self) -> None:
        changed, self._changed = self._changed, {}
        for endpoint in changed.values():
            self._tell_state(endpoint)

    def _tell_state(self, endpoint: Endpoint) -> None:
        device = f"{endpoint.technology}/{endpoint.name}"
        if not self._switch.bus.wants(DeviceStateChange):
            self._states.pop(device, None)
            return
        before, state = self._states.get(device), self.state_of(endpoint)
        self._states[device] = state
        if before is None and state is DeviceState.NOT_INUSE and self._usages.of(endpoint).calls:
            return  # That is what it was, before somebody began to call it, too.
        if before is not state:
            self._switch.bus.publish(DeviceStateChange(device, state.value))

    def state_of(self, endpoint: Endpoint) -> DeviceState:
        """What an endpoint is doing."""
        contacts = [each for aor in endpoint.aors for each in self._contacts.of(endpoint.technology, aor)]
        return self._usages.device_state(endpoint, contacts)
