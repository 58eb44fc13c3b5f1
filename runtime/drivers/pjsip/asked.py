"""What commands, functions and actions ask the driver, and let it do: the part of it that serves no call."""

from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version

import pjsua2 as pj
from asterism import _native as native
from asterism.runtime.dialogs import DialogFacts
from asterism.runtime.drivers.pjsip import shown
from asterism.runtime.drivers.pjsip.call import Call
from asterism.runtime.drivers.pjsip.connections import Connections, Strangers
from asterism.runtime.drivers.pjsip.dialogs import call_id, dialogs_of
from asterism.runtime.drivers.pjsip.maintenance import Maintenance
from asterism.runtime.drivers.pjsip.model import Dialect
from asterism.runtime.drivers.pjsip.packets import Packets
from asterism.runtime.drivers.pjsip.parameters import parameters
from asterism.runtime.drivers.pjsip.presence import Presence
from asterism.runtime.drivers.pjsip.registrations import Registrations
from asterism.runtime.drivers.pjsip.stack import Stack
from asterism.runtime.drivers.pjsip.tracing import Tracing
from asterism.runtime.drivers.pjsip.usage import Usages
from asterism.runtime.peers import (
    ConnectionFacts,
    ContactFacts,
    EndpointFacts,
    Notice,
    PeerFacts,
    ProbeFacts,
    RegistrationFacts,
    RtpFacts,
    SettingFacts,
    StrangerFacts,
)
from asterism.runtime.switch import Switch


class Asked:
    """Meets asterism.runtime.peers.SipDriver; the driver fills it in."""

    _switch: Switch
    _stack: Stack
    _presence: Presence
    _registrations: Registrations
    _dialects: dict[str, Dialect]
    _usages: Usages
    _calls: dict[int, Call]
    _maintenance: Maintenance
    _connections: Connections
    _strangers: Strangers
    tracing: Tracing
    packets: Packets

    def peers(self) -> Sequence[PeerFacts]:
        """The peers of sip.conf."""
        return [each for each in self.devices() if each.callable]

    def devices(self) -> Sequence[PeerFacts]:
        """The peers and users of sip.conf."""
        return shown.devices_of(self._dialects["SIP"], self._presence.contacts, self._usages, self._switch.now())

    def dialogs(self) -> Sequence[DialogFacts]:
        """The calls of sip.conf."""
        return dialogs_of(self._calls.values())

    def settings(self) -> SettingFacts:
        """What sip.conf says of itself."""
        return shown.settings_of(self._dialects["SIP"])

    def peer(self, name: str) -> PeerFacts | None:
        """One peer of sip.conf."""
        dialect, now = self._dialects["SIP"], self._switch.now()
        endpoint = dialect.endpoints.get(name)
        if endpoint is None or not endpoint.calls_out:
            return None
        return shown.peer_facts(endpoint, dialect, self._presence.contacts, self._usages, now)

    def endpoints(self) -> Sequence[EndpointFacts]:
        """The endpoints of pjsip.conf."""
        return shown.endpoints_of(self._dialects["PJSIP"], self._presence.contacts, self._usages, self._switch.now())

    def objects(self, kind: str) -> Sequence[str]:
        """The names of the objects of pjsip.conf of one type."""
        return [name for each, name in self._dialects["PJSIP"].written if each == kind]

    def parameters(self, kind: str, name: str) -> Mapping[str, str] | None:
        """The options of an object of pjsip.conf, or of a peer or of `general` of sip.conf."""
        found = parameters(self._dialects["SIP" if kind in ("peer", "general") else "PJSIP"], kind, name)
        if kind == "global" and found is not None:
            found["user_agent"] = found["user_agent"] or our_agent()
        return found

    def contacts(self) -> Sequence[ContactFacts]:
        """The contacts of pjsip.conf's addresses of record."""
        return shown.contacts_of(self._dialects["PJSIP"], self._presence.contacts, self._switch.now())

    def domains(self) -> Sequence[tuple[str, str]]:
        """sip.conf's domains."""
        return self._dialects["SIP"].general.domains

    def registrations(self) -> Sequence[RegistrationFacts]:
        """Our registrations with others."""
        return [shown.registration_facts(each) for each in self._registrations]

    def probe(self, technology: str, name: str) -> bool:
        """Send an OPTIONS to each contact of a peer or endpoint."""
        return self._presence.probe(technology, name)

    def unregister(self, name: str) -> bool:
        """End the registration of a peer."""
        return self._presence.unregister(name)

    def register(self, technology: str, name: str, *, register: bool) -> bool:
        """Begin a registration of ours again, or end it."""
        return self._registrations.register(technology, name, register)

    def notify(self, technology: str, target: str, notice: Notice) -> bool:
        """Send a NOTIFY."""
        if target.startswith("call:"):
            found = [call for call in self._calls.values() if f"call:{call_id(call)}" == target]
            for call in found:
                call.notify(notice)
            return bool(found)
        return self._presence.notify(technology, target, notice)

    def dial_contacts(self, endpoint: str, aor: str = "", user: str = "") -> str:
        """The contacts of an endpoint as a dial string."""
        found = self._dialects["PJSIP"].endpoints.get(endpoint)
        return shown.dial_contacts(found, self._presence.contacts.of, aor, user) if found else ""

    def versions(self) -> tuple[str, Sequence[int]]:
        """The version of PJSIP, and the ciphers of its TLS by their numbers."""
        endpoint = pj.Endpoint.instance()
        return str(endpoint.libVersion().full), list(endpoint.utilSslGetAvailableCiphers())

    def dump(self, details: bool) -> str:
        """What PJSIP says of its own inside."""
        return native.dump(details)

    def audio(self) -> RtpFacts:
        """What rtp.conf says."""
        said = self._stack.rtp
        return RtpFacts(said.start, said.end, said.strict != "no", said.probation)

    def probes(self) -> Sequence[ProbeFacts]:
        """The probes of pjsip.conf's contacts."""
        return self._presence.prober.facts(self._switch.now())

    def connections(self) -> Sequence[ConnectionFacts]:
        """The connections over TCP and TLS."""

        def monitors(remote: native.Address) -> int:
            return sum(each.source == remote for each in self._presence.contacts)

        return self._connections.facts(self._stack.listening, monitors)

    def strangers(self) -> Sequence[StrangerFacts]:
        """Who was not recognised lately."""
        return self._strangers.facts()

    def synchronize(self, aor: str) -> bool:
        """Probe the contacts of an address of record anew."""
        return self._presence.synchronize("PJSIP", aor)

    def maintain(self, endpoint: str, on: bool) -> None:
        """Take an endpoint of pjsip.conf out of service for new calls, or back."""
        (self._maintenance.names.add if on else self._maintenance.names.discard)(endpoint)

    def maintained(self) -> Sequence[str]:
        """The endpoints in maintenance."""
        return sorted(self._maintenance.names)


def our_agent() -> str:
    """What we say that we are, unless a file says something else."""
    try:
        return f"asterism {version('asterism')}"
    except PackageNotFoundError:
        return "asterism"
