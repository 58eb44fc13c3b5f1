"""Commands that list and show the objects of pjsip.conf, and the channels of its endpoints.

Headings, lines, and widths are Asterisk's; `asterism.runtime.commands.pjsip_tables` prints them.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any

from asterism.runtime.commands.pjsip_tables import Heading, Kind, Lines, commands_of, label
from asterism.runtime.commands.sip import driver_of
from asterism.runtime.events import ChannelSnapshot
from asterism.runtime.peers import ContactFacts, EndpointFacts, RegistrationFacts
from asterism.runtime.states import DeviceState

if TYPE_CHECKING:
    from asterism.runtime.runtime import Runtime

STATES = {
    DeviceState.NOT_INUSE: "Not in use",
    DeviceState.INUSE: "In use",
    DeviceState.BUSY: "Busy",
    DeviceState.INVALID: "Invalid",
    DeviceState.UNAVAILABLE: "Unavailable",
    DeviceState.RINGING: "Ringing",
    DeviceState.RINGINUSE: "Ring+Inuse",
    DeviceState.ONHOLD: "On Hold",
    DeviceState.UNKNOWN: "Unknown",
}
"""Device states as these tables say them."""


def _options(kind: str) -> Callable[["Runtime", Any], Iterable[tuple[str, object]]]:
    """What pjsip.conf says of an object of a kind; several networks stand on a line each, as in Asterisk."""

    def read(rt: "Runtime", one: Any) -> Iterator[tuple[str, object]]:
        for name, value in (driver_of(rt).parameters(kind, one if isinstance(one, str) else one.name) or {}).items():
            for each in value.split(",") if name in ("match", "local_net") else [value]:
                yield name, each

    return read


def _named(kind: str) -> Callable[["Runtime"], Sequence[str]]:
    """The names of the objects of a kind, in order."""

    def found(rt: "Runtime") -> Sequence[str]:
        driver = driver_of(rt)
        return sorted(name for name in driver.objects(kind) if driver.parameters(kind, name) is not None)

    return found


def _said(rt: "Runtime", kind: str, name: str) -> Mapping[str, str]:
    return driver_of(rt).parameters(kind, name) or {}


# --- secrets ---------------------------------------------------------------------------------------------

_AUTH = Heading("I/OAuth", "AuthId/UserName", 78)


def _auth_line(what: str, name: str, user: str, depth: int = 0) -> str:
    return f"{label(what, depth)}  {name}/{user}"


list_auths, show_auths, show_auth, auth = commands_of(
    Kind(
        "auth",
        "auths",
        _AUTH.at(0),
        found=_named("auth"),
        named=str,
        lines=lambda rt, name: iter([_auth_line("Auth", name, _said(rt, "auth", name).get("username", ""))]),
        cells=lambda rt, name: {"Auth": name, "UserName": _said(rt, "auth", name).get("username", "")},
        options=_options("auth"),
        described=lambda rt, name: _said(rt, "auth", name).get("username", ""),
    )
)

# --- contacts --------------------------------------------------------------------------------------------

_CONTACT = Heading("Contact", "Aor/ContactUri", 46, after=" <Hash....> <Status> <RTT(ms)..>")
_REACHED = {"REACHABLE": "Avail", "LAGGED": "Avail", "UNREACHABLE": "Unavail"}


def _contact_name(contact: ContactFacts) -> str:
    return f"{contact.aor}/{contact.uri}"


def _contact_status(contact: ContactFacts) -> str:
    return _REACHED.get(contact.status, "NonQual")


def _contact_line(contact: ContactFacts, depth: int = 0) -> str:
    name = _contact_name(contact) if depth else _contact_name(contact)[:46]
    rtt = f"{contact.rtt_ms:11.3f}" if _contact_status(contact) == "Avail" else f"{'-nan':>11}"
    text = f"{name:<{46 - 2 * depth}} {contact.digest[:10]} {_contact_status(contact):<7} {rtt}"
    return f"{label('Contact', depth)}  {text}"


def _contact_options(rt: "Runtime", contact: ContactFacts) -> Sequence[tuple[str, object]]:
    # Asterisk shows a static contact's own defaults here; a registered one has what its aor said when it came.
    aor = _said(rt, "aor", contact.aor) if not contact.static else {}
    host, port = contact.source
    return [
        ("authenticate_qualify", "yes" if aor.get("authenticate_qualify") == "true" else "no"),
        ("call_id", contact.call_id),
        ("endpoint", "" if contact.static else contact.endpoint),
        ("expiration_time", 0 if contact.static else round(rt.now()) + contact.expires_s),
        ("outbound_proxy", aor.get("outbound_proxy", "")),
        ("path", contact.path),
        ("prune_on_boot", "no"),
        ("qualify_2xx_only", aor.get("qualify_2xx_only", "false")),
        ("qualify_frequency", aor.get("qualify_frequency", "0")),
        ("qualify_timeout", aor.get("qualify_timeout", "3.000000")),
        ("reg_server", "" if contact.static else rt.system_name),
        ("uri", contact.uri),
        ("user_agent", contact.user_agent),
        ("via_addr", host),
        ("via_port", port),
    ]


def _contact_cells(rt: "Runtime", contact: ContactFacts) -> Mapping[str, object]:
    known = _contact_status(contact) == "Avail"
    return {
        "Contact": _contact_name(contact),
        "Hash": contact.digest,
        "Status": _contact_status(contact),
        "RTT(ms)": round(contact.rtt_ms, 3) if known else None,
        "Expires": contact.expires_s or None,
        "UserAgent": contact.user_agent,
    }


list_contacts, show_contacts, show_contact, contact = commands_of(
    Kind(
        "contact",
        "contacts",
        _CONTACT.at(0),
        found=lambda rt: driver_of(rt).contacts(),
        named=_contact_name,
        lines=lambda rt, contact: iter([_contact_line(contact)]),
        cells=_contact_cells,
        options=_contact_options,
        described=lambda rt, contact: _contact_status(contact),
    )
)

# --- addresses of record ---------------------------------------------------------------------------------

_AOR = Heading("Aor", "Aor", 51, after="  <MaxContact>")


def _aor_line(name: str, most: object, depth: int = 0) -> str:
    width = 41 - 2 * depth
    return f"{label('Aor', depth)}  {name:<{width}.{width}} {most!s:>12}"


def _contacts_of(rt: "Runtime", aor: str) -> list[ContactFacts]:
    return [each for each in driver_of(rt).contacts() if each.aor == aor]


def _most(rt: "Runtime", aor: str) -> str:
    return _said(rt, "aor", aor).get("max_contacts", "0")


def _aor_options(rt: "Runtime", name: str) -> Iterator[tuple[str, object]]:
    for option, value in _options("aor")(rt, name):
        yield option, ",".join(each.uri for each in _contacts_of(rt, name)) if option == "contact" else value


list_aors, show_aors, show_aor, aor = commands_of(
    Kind(
        "aor",
        "aors",
        _AOR.at(0),
        found=_named("aor"),
        named=str,
        lines=lambda rt, name: iter([_aor_line(name, _most(rt, name))]),
        cells=lambda rt, name: {
            "Aor": name,
            "MaxContact": int(_most(rt, name)),
            "Contacts": [each.uri for each in _contacts_of(rt, name)],
        },
        below=[_CONTACT.at(1)],
        belonging=lambda rt, name: (_contact_line(each, 1) for each in _contacts_of(rt, name)),
        options=_aor_options,
        described=lambda rt, name: f"{len(_contacts_of(rt, name))} contacts",
    )
)

# --- transports ------------------------------------------------------------------------------------------

_TRANSPORT = Heading("Transport", "BindAddress", 33, "  <TransportId........>  <Type>  <cos>  <tos>  ")


def _transport_line(rt: "Runtime", name: str, depth: int = 0) -> str:
    said = _said(rt, "transport", name)
    columns = f"{said['protocol']:>6}  {said['cos']:>5}  {said['tos']:>5}  {said['bind']}"
    return f"{label('Transport', depth)}  {name:<21.21}  {columns}"


list_transports, show_transports, show_transport, transport = commands_of(
    Kind(
        "transport",
        "transports",
        _TRANSPORT.at(0),
        found=_named("transport"),
        named=str,
        lines=lambda rt, name: iter([_transport_line(rt, name)]),
        cells=lambda rt, name: {
            "Transport": name,
            **{key: _said(rt, "transport", name)[key] for key in ("protocol", "cos", "tos", "bind")},
        },
        options=_options("transport"),
        described=lambda rt, name: _said(rt, "transport", name)["bind"],
    )
)

# --- identifies ------------------------------------------------------------------------------------------

_IDENTIFY = Heading("Identify", "Identify/Endpoint", 78)
_MATCH = Heading("Match", "criteria", 39)


def _identify_line(rt: "Runtime", name: str, depth: int = 0) -> str:
    return f"{label('Identify', depth)}  {name}/{_said(rt, 'identify', name).get('endpoint', '')}"


def _network(text: str) -> str:
    try:
        return str(ip_network(text, strict=False))
    except ValueError:
        # A mask of IPv6 is none to ipaddress.
        address, slash, mask = text.partition("/")
        return f"{address}/{int(ip_address(mask)).bit_count()}" if slash and ":" in mask else text


def _matches(rt: "Runtime", name: str) -> Iterator[tuple[str, str]]:
    said = _said(rt, "identify", name)
    for each in filter(None, said.get("match", "").split(",")):
        yield "Match", _network(each)
    for what, option in (("Header", "match_header"), ("RequestURI", "match_request_uri")):
        if said.get(option):
            yield what, said[option]


def _match_lines(rt: "Runtime", name: str, depth: int = 1) -> Lines:
    return (f"{label(what, depth)} {text}" for what, text in _matches(rt, name))


list_identifies, show_identifies, show_identify, identify = commands_of(
    Kind(
        "identify",
        "identifies",
        _IDENTIFY.at(0),
        found=_named("identify"),
        named=str,
        lines=lambda rt, name: iter([_identify_line(rt, name)]),
        cells=lambda rt, name: {
            "Identify": name,
            "Endpoint": _said(rt, "identify", name).get("endpoint", ""),
            "Match": [text for _, text in _matches(rt, name)],
        },
        below=[_MATCH.at(1)],
        belonging=_match_lines,
        options=_options("identify"),
        described=lambda rt, name: _said(rt, "identify", name).get("endpoint", ""),
    )
)

# --- registrations of ours -------------------------------------------------------------------------------


def _registrations(rt: "Runtime") -> list[RegistrationFacts]:
    found = (each for each in driver_of(rt).registrations() if each.technology == "PJSIP")
    return sorted(found, key=lambda each: each.name)


def _registration_line(rt: "Runtime", one: RegistrationFacts) -> Lines:
    name = f"{one.name}/{_said(rt, 'registration', one.name).get('server_uri', '')}"
    auth = _said(rt, "registration", one.name).get("outbound_auth") or "n/a"
    left = round(one.due_s - rt.now())
    due = f"(exp. {abs(left)}s{' ago' if left < 0 else ''})"
    yield f" {name:<54.54}  {auth:<26.26}  {one.state:<16}  {due}"


list_registrations, show_registrations, show_registration, registration = commands_of(
    Kind(
        "registration",
        "registrations",
        f" <{'Registration/ServerURI':.<52}>  <Auth....................>  <Status.......>",
        found=_registrations,
        named=lambda one: str(one.name),
        lines=_registration_line,
        cells=lambda rt, one: {
            "Registration": one.name,
            "ServerURI": _said(rt, "registration", one.name).get("server_uri", ""),
            "Auth": _said(rt, "registration", one.name).get("outbound_auth", ""),
            "Status": one.state,
            "Due": round(one.due_s - rt.now()),
        },
        options=_options("registration"),
        described=lambda rt, one: str(one.state),
    )
)

# --- channels --------------------------------------------------------------------------------------------

_CHANNEL = Heading("Channel", "ChannelId", 51, after="  <State.....>  <Time.....>")
_EXTEN = Heading("Exten", "DialedExten", 28, before=" ", after="  CLCID: <ConnectedLineCID.......>")


def channels(rt: "Runtime") -> list[ChannelSnapshot]:
    """The channels of PJSIP, by name."""
    found = (each.snapshot() for each in rt.channels.values() if each.technology == "PJSIP")
    return sorted(found, key=lambda each: each.channel)


def uptime(rt: "Runtime", channel: ChannelSnapshot) -> str:
    """How long a channel has been there."""
    seconds = int(rt.now() - channel.created_s)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def _channel_line(rt: "Runtime", channel: ChannelSnapshot, depth: int = 0) -> str:
    name = f"{channel.channel}/{channel.application}" if channel.application else channel.channel
    width = 53 - 2 * depth
    return f"{label('Channel', depth)} {name:<{width}.{width}} {channel.state.text:<13.13} {uptime(rt, channel):<11}"


def _exten_line(rt: "Runtime", channel: ChannelSnapshot, depth: int = 1) -> str:
    known = rt.channels.get(channel.channel)
    dialed = "" if known is None or known.outgoing else known.dialed
    width = 29 - 2 * depth
    party = f'"{channel.connected_name}" <{channel.connected_number}>'
    return f"{label('Exten', depth)} {dialed:<{width}.{width}} CLCID: {party}"


list_channels, show_channels, show_channel, pjsip_channel = commands_of(
    Kind(
        "channel",
        "channels",
        _CHANNEL.at(0),
        found=channels,
        named=lambda one: str(one.channel),
        lines=lambda rt, one: iter([_channel_line(rt, one)]),
        cells=lambda rt, one: {
            "Channel": one.channel,
            "Application": one.application,
            "State": one.state.text,
            "Time": uptime(rt, one),
            "ConnectedName": one.connected_name,
            "ConnectedNumber": one.connected_number,
        },
        below=[_EXTEN.at(1)],
        belonging=lambda rt, one: iter([_exten_line(rt, one)]),
        described=lambda rt, one: str(one.state.text),
    )
)

# --- endpoints -------------------------------------------------------------------------------------------


def _endpoint_line(endpoint: EndpointFacts) -> str:
    name = endpoint.name + (f"/{endpoint.caller_number}" if endpoint.caller_number else "")
    most = str(endpoint.busy_at) if endpoint.busy_at else "inf"
    return f" Endpoint:  {name:<52.52} {STATES[endpoint.state]:<12.12}  {len(endpoint.channels)} of {most}"


def _endpoint_belonging(rt: "Runtime", endpoint: EndpointFacts) -> Lines:
    for name, user in endpoint.outbound_auths:
        yield _auth_line("OutAuth", name, user, 1)
    for name, user in endpoint.auths:
        yield _auth_line("InAuth", name, user, 1)
    for name, most in endpoint.aors:
        yield _aor_line(name, most, 1)
        yield from (_contact_line(each, 2) for each in endpoint.contacts if each.aor == name)
    if endpoint.transport is not None:
        yield _transport_line(rt, endpoint.transport[0], 1)
    for name, _ in endpoint.identifies:
        yield _identify_line(rt, name, 1)
        yield from _match_lines(rt, name, 2)
    for name in endpoint.channels:
        known = rt.channels.get(name)
        if known is not None:
            yield _channel_line(rt, known.snapshot(), 1)
            yield _exten_line(rt, known.snapshot(), 2)


list_endpoints, show_endpoints, show_endpoint, endpoint = commands_of(
    Kind(
        "endpoint",
        "endpoints",
        " Endpoint:  <Endpoint/CID.....................................>  <State.....>  <Channels.>",
        found=lambda rt: sorted(driver_of(rt).endpoints(), key=lambda each: each.name),
        named=lambda one: str(one.name),
        lines=lambda rt, one: iter([_endpoint_line(one)]),
        cells=lambda rt, one: {
            "Endpoint": one.name,
            "CID": one.caller_number,
            "State": STATES[one.state],
            "Aors": [name for name, _ in one.aors],
            "Contacts": [each.uri for each in one.contacts],
            "Channels": list(one.channels),
        },
        below=[
            _AUTH.at(1), _AOR.at(1), _CONTACT.at(2), _TRANSPORT.at(1), _IDENTIFY.at(1), _MATCH.at(2), _CHANNEL.at(1),
            _EXTEN.at(2),
        ],
        belonging=_endpoint_belonging,
        options=_options("endpoint"),
        described=lambda rt, one: STATES[one.state],
    )
)  # fmt: skip
