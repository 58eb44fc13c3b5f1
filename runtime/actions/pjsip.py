"""Actions on pjsip.conf's endpoints, contacts, and registrations."""

from collections.abc import Iterable, Sequence
from ipaddress import ip_network
from typing import TYPE_CHECKING

from asterism.runtime.actions.notify import Refused, notice_of
from asterism.runtime.actions.pjsip_objects import Objects, headers, objects, plain
from asterism.runtime.causes import cause_of_sip
from asterism.runtime.commands.sip import driver_of
from asterism.runtime.declare import action
from asterism.runtime.peers import ContactFacts, EndpointFacts, NotifyLeg, RegistrationFacts
from asterism.runtime.request import Header, Item, Request, Response
from asterism.runtime.states import DeviceState

if TYPE_CHECKING:
    from asterism.runtime.runtime import Runtime

_WORDS = {
    DeviceState.UNKNOWN: "Unknown",
    DeviceState.NOT_INUSE: "Not in use",
    DeviceState.INUSE: "In use",
    DeviceState.BUSY: "Busy",
    DeviceState.INVALID: "Invalid",
    DeviceState.UNAVAILABLE: "Unavailable",
    DeviceState.RINGING: "Ringing",
    DeviceState.RINGINUSE: "Ring+Inuse",
    DeviceState.ONHOLD: "On Hold",
}

_STATUSES = {"REACHABLE": "Reachable", "LAGGED": "Reachable", "UNREACHABLE": "Unreachable", "UNKNOWN": "Unknown"}


@action("PJSIPShowEndpoints", privilege="system", see="PJSIPShowEndpoint")
def show_endpoints(rt: "Runtime") -> Response:
    """List the endpoints of pjsip.conf."""
    items = []
    for each in driver_of(rt).endpoints():
        contacts = "".join(f"{contact.aor}/{contact.uri}," for contact in each.contacts)
        facts: list[Header] = [
            ("ObjectType", "endpoint"),
            ("ObjectName", each.name),
            ("Transport", each.transport[0] if each.transport is not None else ""),
            ("Aor", ",".join(name for name, _ in each.aors)),
            ("Auths", ",".join(name for name, _ in each.auths)),
            ("OutboundAuths", ",".join(name for name, _ in each.outbound_auths)),
            ("Contacts", contacts),
            *_activity(each),
        ]
        items.append(Item("EndpointList", facts))
    if not items:
        return Response.error("No endpoints found")
    message = "A listing of Endpoints follows, presented as EndpointList events"
    return Response.listing(message, items, "EndpointListComplete")


def _activity(endpoint: EndpointFacts) -> list[Header]:
    channels: object = ",".join(endpoint.channels) if endpoint.channels else 0
    return [("DeviceState", _WORDS[endpoint.state]), ("ActiveChannels", channels)]


@action("PJSIPShowEndpoint", privilege="system", see="PJSIPShowEndpoints")
async def show_endpoint(rt: "Runtime", endpoint: str = "") -> Response:
    """Show an endpoint of pjsip.conf with all its options, and what belongs to it."""
    if not endpoint:
        return Response.error("PJSIPShowEndpoint requires an endpoint name")
    known = await objects(rt)
    found = _endpoint(rt, endpoint)
    if found is None:
        return Response.error(f"Unable to retrieve endpoint {endpoint}")
    own: list[Header] = [("EndpointName", found.name)]
    named = _named(found)
    items = [Item("EndpointDetail", [*headers("endpoint", found.name, known, named), *_activity(found)])]
    for name, user in (*found.auths, *found.outbound_auths):
        items.append(Item("AuthDetail", [*headers("auth", name, known, {"Username": user}), *own]))
    for name, _ in found.aors:
        mine = [each for each in found.contacts if each.aor == name]
        counts: list[Header] = [
            ("TotalContacts", len(mine)), ("ContactsRegistered", sum(bool(each.expires_s) for each in mine))
        ]  # fmt: skip
        items.append(Item("AorDetail", [*_aor(name, known, found.contacts), *counts, *own]))
        items += [Item("ContactStatusDetail", _contact_status(rt, each, found.name, known)) for each in mine]
    for name, matches in found.identifies:
        values = {"Match": ",".join(map(_network, matches)), "Endpoint": found.name}
        items.append(Item("IdentifyDetail", [*headers("identify", name, known, values), *own]))
    message = "Following are Events for each object associated with the Endpoint"
    return Response.listing(message, items, "EndpointDetailComplete")


def _network(text: str) -> str:
    """A network with its mask, as Asterisk shows it; names of hosts as they are."""
    try:
        return str(ip_network(text, strict=False).with_netmask)
    except ValueError:
        return text


def _named(endpoint: EndpointFacts) -> dict[str, object]:
    """What is known of an endpoint itself, under the names of its options."""
    return {
        "Aors": ",".join(name for name, _ in endpoint.aors),
        "Auth": ",".join(name for name, _ in endpoint.auths),
        "OutboundAuth": ",".join(name for name, _ in endpoint.outbound_auths),
        "Context": endpoint.context,
        "Allow": f"({'|'.join(endpoint.codecs)})",
    }


def _aor(name: str, known: Objects, contacts: Iterable[ContactFacts]) -> list[Header]:
    mine = ",".join(f"{each.aor}/{each.uri}" for each in contacts if each.aor == name)
    return headers("aor", name, known, {"Contacts": mine})


def _endpoint(rt: "Runtime", name: str) -> EndpointFacts | None:
    return next((each for each in driver_of(rt).endpoints() if each.name == name), None)


def _status(contact: ContactFacts) -> str:
    return _STATUSES.get(contact.status, "Unknown") if contact.qualified else "NonQualified"


def _round_trip(contact: ContactFacts) -> object:
    return round(contact.rtt_ms * 1000) if contact.status in ("REACHABLE", "LAGGED") else "N/A"


def _option(known: Objects, aor: str, name: str, default: str = "") -> str:
    return known.get(("aor", aor), {}).get(plain(name), default)


def _identity(contact: ContactFacts) -> str:
    return f"{contact.aor}{';@' if contact.expires_s else '@@'}{contact.digest}"


def _contact_status(rt: "Runtime", contact: ContactFacts, endpoint: str, known: Objects) -> list[Header]:
    found: list[Header] = [("AOR", contact.aor), ("URI", contact.uri), ("UserAgent", contact.user_agent)]
    found.append(("RegExpire", int(rt.now()) + contact.expires_s if contact.expires_s else 0))
    if contact.expires_s:
        host, port = contact.source
        found += [("ViaAddress", f"{host}:{port}"), ("CallID", contact.call_id)]
    return [
        *found,
        ("Status", _status(contact)),
        ("RoundtripUsec", _round_trip(contact)),
        ("EndpointName", endpoint),
        ("ID", _identity(contact)),
        (
            "AuthenticateQualify",
            int(_option(known, contact.aor, "authenticate_qualify", "no").lower() in ("yes", "true")),
        ),
        ("OutboundProxy", _option(known, contact.aor, "outbound_proxy")),
        ("Path", contact.path),
        ("QualifyFrequency", _option(known, contact.aor, "qualify_frequency", "0")),
        ("QualifyTimeout", f"{float(_option(known, contact.aor, 'qualify_timeout', '3.0')):.3f}"),
        ("Qualify2xxOnly", int(_option(known, contact.aor, "qualify_2xx_only", "no").lower() in ("yes", "true"))),
    ]


@action("PJSIPShowAors", privilege="system")
async def show_aors(rt: "Runtime") -> Response:
    """List the addresses of record of pjsip.conf with all their options."""
    known = await objects(rt)
    contacts = driver_of(rt).contacts()
    names = [name for kind, name in known if kind == "aor"]
    if not names:
        return Response.error("No Aors found")
    items = [Item("AorList", _aor(name, known, contacts)) for name in names]
    message = "A listing of AORs follows, presented as AorList events"
    return Response.listing(message, items, "AorListComplete")


@action("PJSIPShowAuths", privilege="system")
async def show_auths(rt: "Runtime") -> Response:
    """List the secrets of pjsip.conf with all their options."""
    known = await objects(rt)
    items = [Item("AuthList", headers("auth", name, known, {})) for kind, name in known if kind == "auth"]
    if not items:
        return Response.error("No Auths found")
    message = "A listing of Auths follows, presented as AuthList events"
    return Response.listing(message, items, "AuthListComplete")


@action("PJSIPShowContacts", privilege="system")
async def show_contacts(rt: "Runtime") -> Response:
    """List where the addresses of record of pjsip.conf can be reached, as far as somebody registered there."""
    known = await objects(rt)
    found = [each for each in driver_of(rt).contacts() if each.expires_s]
    if not found:
        return Response.error("No Contacts found")
    message = "A listing of Contacts follows, presented as ContactList events"
    return Response.listing(
        message, [Item("ContactList", _contact(rt, each, known)) for each in found], "ContactListComplete"
    )


def _contact(rt: "Runtime", contact: ContactFacts, known: Objects) -> list[Header]:
    host, port = contact.source
    return [
        ("ObjectType", "contact"),
        ("ObjectName", _identity(contact)),
        ("ViaAddr", host),
        ("QualifyTimeout", f"{float(_option(known, contact.aor, 'qualify_timeout', '3.0')):.6f}"),
        ("Qualify2xxOnly", _option(known, contact.aor, "qualify_2xx_only", "false")),
        ("CallId", contact.call_id),
        ("RegServer", rt.system_name),
        ("PruneOnBoot", "no"),
        ("Path", contact.path),
        ("Endpoint", contact.endpoint),
        ("ViaPort", port),
        ("AuthenticateQualify", _option(known, contact.aor, "authenticate_qualify", "no")),
        ("Uri", contact.uri),
        ("QualifyFrequency", _option(known, contact.aor, "qualify_frequency", "0")),
        ("UserAgent", contact.user_agent),
        ("ExpirationTime", int(rt.now()) + contact.expires_s),
        ("OutboundProxy", _option(known, contact.aor, "outbound_proxy")),
        ("Status", _status(contact)),
        ("RoundtripUsec", _round_trip(contact)),
    ]


@action("PJSIPShowRegistrationsInbound", privilege="system")
async def show_registrations_inbound(rt: "Runtime") -> Response:
    """List the addresses of record of endpoints that others register at, with all their options."""
    known = await objects(rt)
    items = []
    for endpoint in driver_of(rt).endpoints():
        for name, _ in endpoint.aors:
            mine = [f"{each.aor}/{each.uri}" for each in endpoint.contacts if each.aor == name]
            facts = headers("aor", name, known, {"Contacts": ",".join(mine)})
            facts = [("Contact", value) if header == "Contacts" else (header, value) for header, value in facts]
            items.append(
                Item("InboundRegistrationDetail", [*facts, ("Contacts", "".join(f"{each}," for each in mine))])
            )
    message = "Following are Events for each Inbound registration"
    return Response.listing(message, items, "InboundRegistrationDetailComplete")


@action("PJSIPShowRegistrationInboundContactStatuses", privilege="system")
async def show_contact_statuses(rt: "Runtime") -> Response:
    """List the contacts that have registered, and whether they can be reached."""
    known = await objects(rt)
    found = [each for each in driver_of(rt).contacts() if each.expires_s]
    items = [Item("ContactStatusDetail", _contact_status(rt, each, each.endpoint, known)) for each in found]
    message = "Following are ContactStatusEvents for each Inbound registration"
    return Response.listing(message, items, "ContactStatusDetailComplete")


@action("PJSIPShowRegistrationsOutbound", privilege="system,reporting")
async def show_registrations_outbound(rt: "Runtime") -> Response:
    """List our registrations with others, by pjsip.conf."""
    known = await objects(rt)
    found = [each for each in driver_of(rt).registrations() if each.technology == "PJSIP"]
    items = []
    for each in found:
        state: list[Header] = [("Status", each.state), ("NextReg", _next(rt, each))]
        items.append(Item("OutboundRegistrationDetail", [*headers("registration", each.name, known, {}), *state]))
        secret = known.get(("registration", each.name), {}).get("outboundauth", "")
        items += [Item("AuthDetail", headers("auth", name, known, {})) for name in _split(secret)]
    registered = sum(each.state == "Registered" for each in found)
    totals: list[Header] = [("Registered", registered), ("NotRegistered", len(found) - registered)]
    message = "Following are Events for each Outbound registration"
    return Response.listing(message, items, "OutboundRegistrationDetailComplete", totals)


def _next(rt: "Runtime", registration: RegistrationFacts) -> int:
    if registration.state != "Registered":
        return 0
    return max(0, round(registration.registered_s + registration.refresh_s - rt.now()))


def _split(text: str) -> Sequence[str]:
    return [each.strip() for each in text.split(",") if each.strip()]


# --- what they do -------------------------------------------------------------------------------


@action("PJSIPQualify", privilege="system,reporting")
def qualify(rt: "Runtime", endpoint: str = "") -> Response:
    """Send an OPTIONS to all contacts of an endpoint now."""
    if not endpoint:
        return Response.error("Endpoint parameter missing.")
    if not driver_of(rt).probe("PJSIP", endpoint):
        return Response.error("Unable to retrieve endpoint")
    return Response.success("Endpoint found, will qualify")


@action("PJSIPRegister", privilege="system,reporting")
def register(rt: "Runtime", registration: str = "") -> Response:
    """Register with others again, by the name of the registration, or `*all`."""
    return _registration(rt, registration, register=True)


@action("PJSIPUnregister", privilege="system,reporting")
def unregister(rt: "Runtime", registration: str = "") -> Response:
    """End a registration of ours with others, by its name, or `*all`, until PJSIPRegister."""
    return _registration(rt, registration, register=False)


def _registration(rt: "Runtime", name: str, *, register: bool) -> Response:
    if not name:
        return Response.error("Registration parameter missing.")
    done = driver_of(rt).register("PJSIP", "" if name == "*all" else name, register=register)
    if name == "*all":
        return Response.success("Reregistrations queued." if register else "Unregistrations queued.")
    if not done:
        return Response.error("Unable to retrieve registration entry")
    return Response.success("Reregistration sent" if register else "Unregistration sent")


@action("PJSIPHangup", privilege="system,call")
def hangup(rt: "Runtime", channel: str = "", cause: str = "") -> Response:
    """Hang up a channel of pjsip.conf's; one that was not answered is refused with a SIP status.

    Args:
        cause: The status, such as 486.
    """
    if not channel:
        return Response.error("No channel specified")
    found = rt.channels.find(channel)
    if found is None:
        return Response.error("No such channel")
    if found.technology != "PJSIP":
        return Response.error("Channel is not a PJSIP channel")
    status = int(cause) if cause.isdecimal() and 300 <= int(cause) <= 699 else 0
    found.request_hangup(int(cause_of_sip(status)) if status else 0)
    return Response.success("Channel Hungup")


@action("PJSIPNotify", privilege="system", headers="Endpoint URI Channel Option Variable")
async def notify(rt: "Runtime", request: Request) -> Response:
    """Send a NOTIFY to an endpoint, to any SIP URI, or inside the call of a channel.

    What it says is an `Option`, a section of pjsip_notify.conf, or `Variable` lines: headers as `name=value`, and
    `Content` for the body.
    """
    names = [name for name in ("Endpoint", "URI", "Channel") if request.get(name)]
    if bool(request.get("Option")) is bool(request.variables):
        return Response.error("PJSIPNotify requires either an Option or Variable(s).You must use only one of them.")
    if len(names) != 1:
        only = "  You must use only one of them." if names else ""
        return Response.error(f"PJSIPNotify requires either an endpoint name, a SIP URI, or a channel.{only}")
    try:
        notice = await notice_of(rt, "pjsip_notify.conf", request)
    except Refused as error:
        return Response.error(str(error))
    target = request.get(names[0])
    if names[0] == "Channel":
        channel = rt.channels.find(target)
        if channel is None:
            return Response.error("Channel not found")
        if not isinstance(channel.leg, NotifyLeg) or channel.technology != "PJSIP":
            return Response.error("Channel is not a PJSIP channel")
        channel.leg.notify(notice)
        return Response.success("NOTIFY sent")
    if names[0] == "Endpoint" and _endpoint(rt, target) is None:
        return Response.error(f"Unable to retrieve endpoint {target}")
    if not driver_of(rt).notify("PJSIP", target, notice):
        return Response.error("Internal error")
    return Response.success("NOTIFY sent")
