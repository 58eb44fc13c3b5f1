"""Commands that list and show the objects of pjsip.conf, and the channels of its endpoints.

Headings, lines, and widths are Asterisk's; `asterism.runtime.commands.pjsip_tables` prints them.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any, NamedTuple

from asterism.runtime.commands.core import clock
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


class _Object(NamedTuple):
    """An object of pjsip.conf: its name, what is in force of it, and where an address of record can be reached."""

    name: str
    said: Mapping[str, str]
    contacts: Sequence[ContactFacts] = ()


def _objects(kind: str) -> Callable[["Runtime"], Sequence[_Object]]:
    """The objects of a kind, by name."""

    def found(rt: "Runtime") -> Sequence[_Object]:
        driver = driver_of(rt)
        known = ((name, driver.parameters(kind, name)) for name in sorted(driver.objects(kind)))
        return [_Object(name, said) for name, said in known if said is not None]

    return found


def _said(rt: "Runtime", kind: str, name: str) -> Mapping[str, str]:
    return driver_of(rt).parameters(kind, name) or {}


def _options(rt: "Runtime", one: _Object) -> Iterator[tuple[str, object]]:
    """All that is in force of an object; several networks stand on a line each, as in Asterisk."""
    for name, value in one.said.items():
        for each in value.split(",") if name in ("match", "local_net") else [value]:
            yield name, each


def _options_of(kind: str) -> Callable[["Runtime", Any], Iterator[tuple[str, object]]]:
    return lambda rt, one: _options(rt, _Object(one.name, _said(rt, kind, one.name)))


# --- secrets ---------------------------------------------------------------------------------------------

_AUTH = Heading("I/OAuth", "AuthId/UserName", 78)


def _auth_line(what: str, name: str, user: str, depth: int = 0) -> str:
    return f"{label(what, depth)}  {name}/{user}"


list_auths, show_auths, show_auth, auth = commands_of(
    Kind(
        "auth",
        "auths",
        _AUTH.at(0),
        found=_objects("auth"),
        named=lambda one: str(one.name),
        lines=lambda rt, one: iter([_auth_line("Auth", one.name, one.said["username"])]),
        cells=lambda rt, one: {"Auth": one.name, "UserName": one.said["username"]},
        options=_options,
        described=lambda rt, one: str(one.said["username"]),
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


def _aors(rt: "Runtime") -> list[_Object]:
    contacts: dict[str, list[ContactFacts]] = {}
    for each in driver_of(rt).contacts():
        contacts.setdefault(each.aor, []).append(each)
    return [one._replace(contacts=contacts.get(one.name, ())) for one in _objects("aor")(rt)]


def _aor_options(rt: "Runtime", one: _Object) -> Iterator[tuple[str, object]]:
    for option, value in _options(rt, one):
        yield option, ",".join(each.uri for each in one.contacts) if option == "contact" else value


list_aors, show_aors, show_aor, aor = commands_of(
    Kind(
        "aor",
        "aors",
        _AOR.at(0),
        found=_aors,
        named=lambda one: str(one.name),
        lines=lambda rt, one: iter([_aor_line(one.name, one.said["max_contacts"])]),
        cells=lambda rt, one: {
            "Aor": one.name,
            "MaxContact": int(one.said["max_contacts"]),
            "Contacts": [each.uri for each in one.contacts],
        },
        below=[_CONTACT.at(1)],
        belonging=lambda rt, one: (_contact_line(each, 1) for each in one.contacts),
        options=_aor_options,
        described=lambda rt, one: f"{len(one.contacts)} contacts",
    )
)

# --- transports ------------------------------------------------------------------------------------------

_TRANSPORT = Heading("Transport", "BindAddress", 33, "  <TransportId........>  <Type>  <cos>  <tos>  ")
_TRANSPORT_CELLS = ("protocol", "cos", "tos", "bind")


def _transport_line(name: str, said: Mapping[str, str], depth: int = 0) -> str:
    columns = f"{said['protocol']:>6}  {said['cos']:>5}  {said['tos']:>5}  {said['bind']}"
    return f"{label('Transport', depth)}  {name:<21.21}  {columns}"


list_transports, show_transports, show_transport, transport = commands_of(
    Kind(
        "transport",
        "transports",
        _TRANSPORT.at(0),
        found=_objects("transport"),
        named=lambda one: str(one.name),
        lines=lambda rt, one: iter([_transport_line(one.name, one.said)]),
        cells=lambda rt, one: {"Transport": one.name, **{key: one.said[key] for key in _TRANSPORT_CELLS}},
        options=_options,
        described=lambda rt, one: str(one.said["bind"]),
    )
)

# --- identifies ------------------------------------------------------------------------------------------

_IDENTIFY = Heading("Identify", "Identify/Endpoint", 78)
_MATCH = Heading("Match", "criteria", 39)


def _identify_line(name: str, endpoint: str, depth: int = 0) -> str:
    return f"{label('Identify', depth)}  {name}/{endpoint}"


def _network(text: str) -> str:
    try:
        return str(ip_network(text, strict=False))
    except ValueError:
        # A mask of IPv6 is none to ipaddress.
        address, slash, mask = text.partition("/")
        return f"{address}/{int(ip_address(mask)).bit_count()}" if slash and ":" in mask else text


def _matches(said: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for each in filter(None, said["match"].split(",")):
        yield "Match", _network(each)
    for what, option in (("Header", "match_header"), ("RequestURI", "match_request_uri")):
        if said[option]:
            yield what, said[option]


def _match_lines(said: Mapping[str, str], depth: int) -> Lines:
    return (f"{label(what, depth)} {text}" for what, text in _matches(said))


list_identifies, show_identifies, show_identify, identify = commands_of(
    Kind(
        "identify",
        "identifies",
        _IDENTIFY.at(0),
        found=_objects("identify"),
        named=lambda one: str(one.name),
        lines=lambda rt, one: iter([_identify_line(one.name, one.said["endpoint"])]),
        cells=lambda rt, one: {
            "Identify": one.name,
            "Endpoint": one.said["endpoint"],
            "Match": [text for _, text in _matches(one.said)],
        },
        below=[_MATCH.at(1)],
        belonging=lambda rt, one: _match_lines(one.said, 1),
        options=_options,
        described=lambda rt, one: str(one.said["endpoint"]),
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
        options=_options_of("registration"),
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
    return clock(rt.now() - channel.created_s)


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
        name = endpoint.transport[0]
        yield _transport_line(name, _said(rt, "transport", name), 1)
    for name, _ in endpoint.identifies:
        yield _identify_line(name, endpoint.name, 1)
        yield from _match_lines(_said(rt, "identify", name), 2)
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
        options=_options_of("endpoint"),
        described=lambda rt, one: STATES[one.state],
    )
)  # fmt: skip
