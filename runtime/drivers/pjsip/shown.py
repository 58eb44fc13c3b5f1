"""The driver's state as facts, for commands, functions, and actions."""

from collections.abc import Callable, Sequence

from asterism.runtime.drivers.pjsip.contacts import Contact, Contacts, Reach
from asterism.runtime.drivers.pjsip.headers import Uri
from asterism.runtime.drivers.pjsip.model import Dialect, Endpoint, Identify
from asterism.runtime.drivers.pjsip.options import bracketed
from asterism.runtime.drivers.pjsip.outgoing import with_user
from asterism.runtime.drivers.pjsip.parameters import parameters
from asterism.runtime.drivers.pjsip.registrations import Registering
from asterism.runtime.drivers.pjsip.usage import Usages
from asterism.runtime.peers import ContactFacts, EndpointFacts, PeerFacts, RegistrationFacts, SettingFacts


def contact_facts(contact: Contact, dialect: Dialect, now: float) -> ContactFacts:
    """One contact."""
    aor = dialect.aors.get(contact.aor)
    return ContactFacts(
        aor=contact.aor,
        uri=contact.uri,
        digest=contact.digest,
        status=contact.reach.name,
        rtt_ms=contact.rtt_ms,
        expires_s=max(round(contact.expires_at - now), 0) if not contact.static else 0,
        qualified=bool(aor and aor.qualify_s),
        static=contact.static,
        user_agent=contact.user_agent,
        call_id=contact.call_id,
        source=contact.source or ("", 0),
        path=contact.path,
        endpoint=contact.endpoint,
    )


def contacts_of(dialect: Dialect, contacts: Contacts, now: float) -> list[ContactFacts]:
    """All contacts of a dialect, by aor."""
    found = [contact_facts(each, dialect, now) for each in contacts if each.technology == dialect.technology]
    return sorted(found, key=lambda each: f"{each.aor}/{each.uri}")


def peer_facts(endpoint: Endpoint, dialect: Dialect, contacts: Contacts, usages: Usages, now: float) -> PeerFacts:
    """One peer of sip.conf."""
    present = contacts.of("SIP", endpoint.name)
    contact = present[0] if present else None
    aor = dialect.aors.get(endpoint.name)
    qualified = bool(aor and aor.qualify_s)
    status = contact.reach if contact else Reach.UNKNOWN if qualified else Reach.UNMONITORED
    nat = "yes" if contact is not None and contact.nat_detected else "no"
    address, port = (contact.source or contact.address) if contact else ("", 0)
    if contact is not None and contact.static:
        address, port = endpoint.host, endpoint.port or 5060
    last = contacts.last.get(("SIP", endpoint.name))
    username = endpoint.default_user or (last.username if last else "")
    return PeerFacts(
        name=endpoint.name,
        username=username,
        address=address,
        port=port if address else 0,
        dynamic=endpoint.dynamic,
        force_rport=f"auto {nat}" if endpoint.auto_force_rport else "yes" if endpoint.force_rport else "no",
        comedia=f"auto {nat}" if endpoint.auto_comedia else "yes" if endpoint.symmetric else "no",
        access_list=bool(endpoint.access),
        status=(status if qualified else Reach.UNMONITORED).name,
        rtt_ms=contact.rtt_ms if contact else 0.0,
        description=endpoint.description,
        context=endpoint.context,
        caller=endpoint.caller,
        codecs=endpoint.codecs,
        language=endpoint.language,
        accountcode=endpoint.accountcode,
        mailboxes=endpoint.mailboxes,
        call_groups=endpoint.call_groups,
        pickup_groups=endpoint.pickup_groups,
        named_call_groups=endpoint.named_call_groups,
        named_pickup_groups=endpoint.named_pickup_groups,
        register_extension=endpoint.register_extension,
        user_agent=last.user_agent if last else "",
        calls=len(usages.of(endpoint).calls),
        call_limit=endpoint.call_limit,
        busy_level=endpoint.busy_at,
        expires_s=round(contact.expires_at - now) if contact and not contact.static else -1,
        variables=endpoint.variables,
        callable=endpoint.calls_out,
        calls_in=endpoint.calls_in,
        ringing=usages.of(endpoint).count("ringing"),
        held=usages.of(endpoint).count("hold"),
    )


def devices_of(dialect: Dialect, contacts: Contacts, usages: Usages, now: float) -> list[PeerFacts]:
    """The peers and users of sip.conf, in the order of strcmp."""
    endpoints = sorted(dialect.endpoints.values(), key=lambda each: each.name.encode("utf-8", "surrogateescape"))
    return [peer_facts(each, dialect, contacts, usages, now) for each in endpoints]


def settings_of(dialect: Dialect) -> SettingFacts:
    """What sip.conf says of itself."""
    said = parameters(dialect, "general", "general") or {}
    return SettingFacts(
        said={name.replace("_", "").lower(): value for name, value in said.items()},
        bound={each.protocol: f"{bracketed(each.host)}:{each.port}" for each in dialect.transports},
        codecs=dialect.general.codecs,
        realm_auths=[(each.realm, each.username, bool(each.ha1)) for each in dialect.general.realm_auths],
        local_net=dialect.general.local_net,
    )


def endpoints_of(dialect: Dialect, contacts: Contacts, usages: Usages, now: float) -> list[EndpointFacts]:
    """The endpoints of pjsip.conf."""
    identifies: dict[str, list[Identify]] = {}
    for each in dialect.identifies:
        identifies.setdefault(each.endpoint, []).append(each)
    return [
        _endpoint_facts(each, dialect, identifies.get(each.name, ()), contacts, usages, now)
        for each in dialect.endpoints.values()
    ]


def _endpoint_facts(
    endpoint: Endpoint, dialect: Dialect, identifies: Sequence[Identify], contacts: Contacts, usages: Usages, now: float
) -> EndpointFacts:
    present = [contact for aor in endpoint.aors for contact in contacts.of("PJSIP", aor)]
    transport = next((each for each in dialect.transports if each.name == endpoint.transport), None)
    return EndpointFacts(
        name=endpoint.name,
        caller_number=endpoint.caller.number,
        state=usages.device_state(endpoint, present),
        busy_at=endpoint.busy_at,
        auths=[(auth.name, auth.username) for auth in endpoint.auths],
        outbound_auths=[(auth.name, auth.username) for auth in endpoint.outbound_auths],
        aors=[(name, dialect.aors[name].max_contacts) for name in endpoint.aors if name in dialect.aors],
        contacts=[contact_facts(each, dialect, now) for each in present],
        transport=None
        if transport is None
        else (transport.name, transport.protocol, transport.cos, transport.tos, f"{transport.host}:{transport.port}"),
        identifies=[(each.name, each.matches) for each in identifies],
        channels=[call.name for call in usages.of(endpoint).calls],
        context=endpoint.context,
        codecs=endpoint.codecs,
    )


def registration_facts(entry: Registering) -> RegistrationFacts:
    """One registration of ours."""
    registration = entry.registration
    server = Uri.parse(registration.server_uri)
    registered = entry.state == "Registered"
    return RegistrationFacts(
        technology=registration.technology,
        name=registration.name,
        host=registration.domain_shown or server.host,
        port=server.port or registration.port_shown,
        user=registration.user_shown or registration.client_uri,
        refresh_s=entry.refresh_s if registered else registration.expires_s,
        state=entry.state,
        registered_s=entry.registered_at if registered else 0.0,
        due_s=entry.due_at,
    )


def dial_contacts(
    endpoint: Endpoint, of: Callable[[str, str], Sequence[Contact]], aor: str = "", user: str = ""
) -> str:
    """The contacts of an endpoint as a dial string."""
    names = (aor,) if aor else endpoint.aors
    uris = [contact.uri for name in names for contact in of("PJSIP", name) if contact.reach.usable]
    return "&".join(f"PJSIP/{endpoint.name}/{with_user(uri, user)}" for uri in uris)
