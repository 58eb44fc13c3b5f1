"""Actions on pjsip.conf's endpoints, contacts, and registrations."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from asterism.runtime.actions.named import channel_of, given
from asterism.runtime.actions.pjsip_objects import headers
from asterism.runtime.causes import cause_of_sip
from asterism.runtime.commands.pjsip_objects import STATES
from asterism.runtime.commands.sip import driver_of
from asterism.runtime.declare import action
from asterism.runtime.notices import notice, notice_named, pairs
from asterism.runtime.peers import ContactFacts, EndpointFacts, NotifyLeg, RefusingLeg, RegistrationFacts, SipDriver
from asterism.runtime.request import Header, Item, Request, Response

if TYPE_CHECKING:
    from asterism.runtime.runtime import Runtime

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
    return [("DeviceState", STATES[endpoint.state]), ("ActiveChannels", channels)]


@action("PJSIPShowEndpoint", privilege="system", see="PJSIPShowEndpoints")
def show_endpoint(rt: "Runtime", endpoint: str = "") -> Response:
    """Show an endpoint of pjsip.conf with all its options, and what belongs to it."""
    if not endpoint:
        return Response.error("PJSIPShowEndpoint requires an endpoint name")
    driver = driver_of(rt)
    found = _endpoint(rt, endpoint)
    if found is None:
        return Response.error(f"Unable to retrieve endpoint {endpoint}")
    own: list[Header] = [("EndpointName", found.name)]

    def detail(event: str, kind: str, name: str, *more: Header) -> Item:
        return Item(event, [*headers(driver, kind, name), *more, *own])

    items = [Item("EndpointDetail", [*headers(driver, "endpoint", found.name), *_activity(found)])]
    items += [detail("AuthDetail", "auth", name) for name, _ in (*found.auths, *found.outbound_auths)]
    if (driver.parameters("endpoint", found.name) or {}).get("transport") and found.transport is not None:
        items.append(detail("TransportDetail", "transport", found.transport[0]))
    for name, _ in found.aors:
        mine = [each for each in found.contacts if each.aor == name]
        registered = sum(bool(each.expires_s) for each in mine)
        counts: list[Header] = [("TotalContacts", len(mine)), ("ContactsRegistered", registered)]
        items.append(Item("AorDetail", [*_aor(driver, name, mine), *counts, *own]))
        items += [Item("ContactStatusDetail", _contact_status(rt, each, found.name)) for each in mine]
    items += [detail("IdentifyDetail", "identify", name) for name, _ in found.identifies]
    message = "Following are Events for each object associated with the Endpoint"
    return Response.listing(message, items, "EndpointDetailComplete")


def _aor(driver: SipDriver, name: str, contacts: Iterable[ContactFacts]) -> list[Header]:
    mine = ",".join(f"{each.aor}/{each.uri}" for each in contacts if each.aor == name)
    return headers(driver, "aor", name, {"Contacts": mine})


def _endpoint(rt: "Runtime", name: str) -> EndpointFacts | None:
    return next((each for each in driver_of(rt).endpoints() if each.name == name), None)


def _status(contact: ContactFacts) -> str:
    return _STATUSES.get(contact.status, "Unknown") if contact.qualified else "NonQualified"


def _round_trip(contact: ContactFacts) -> object:
    return round(contact.rtt_ms * 1000) if contact.status in ("REACHABLE", "LAGGED") else "N/A"


def _options(rt: "Runtime", contact: ContactFacts) -> Mapping[str, str]:
    return {**_AOR_OPTIONS, **(driver_of(rt).parameters("aor", contact.aor) or {})}


_AOR_OPTIONS = {
    "authenticate_qualify": "false", "outbound_proxy": "", "qualify_frequency": "0", "qualify_timeout": "3.0",
    "qualify_2xx_only": "false",
}  # fmt: skip
"Those of a contact without an aor of its own, as Asterisk shows them."


def _identity(contact: ContactFacts) -> str:
    return f"{contact.aor}{';@' if contact.expires_s else '@@'}{contact.digest}"


def _contact_status(rt: "Runtime", contact: ContactFacts, endpoint: str) -> list[Header]:
    options = _options(rt, contact)
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
        ("AuthenticateQualify", int(options["authenticate_qualify"] == "true")),
        ("OutboundProxy", options["outbound_proxy"]),
        ("Path", contact.path),
        ("QualifyFrequency", options["qualify_frequency"]),
        ("QualifyTimeout", f"{float(options['qualify_timeout']):.3f}"),
        ("Qualify2xxOnly", int(options["qualify_2xx_only"] == "true")),
    ]


@action("PJSIPShowAors", privilege="system")
def show_aors(rt: "Runtime") -> Response:
    """List the addresses of record of pjsip.conf with all their options."""
    driver = driver_of(rt)
    contacts = driver.contacts()
    items = [Item("AorList", _aor(driver, name, contacts)) for name in driver.objects("aor")]
    if not items:
        return Response.error("No Aors found")
    message = "A listing of AORs follows, presented as AorList events"
    return Response.listing(message, items, "AorListComplete")


@action("PJSIPShowAuths", privilege="system")
def show_auths(rt: "Runtime") -> Response:
    """List the secrets of pjsip.conf with all their options."""
    driver = driver_of(rt)
    items = [Item("AuthList", headers(driver, "auth", name)) for name in driver.objects("auth")]
    if not items:
        return Response.error("No Auths found")
    message = "A listing of Auths follows, presented as AuthList events"
    return Response.listing(message, items, "AuthListComplete")


@action("PJSIPShowContacts", privilege="system")
def show_contacts(rt: "Runtime") -> Response:
    """List where the addresses of record of pjsip.conf can be reached, as far as somebody registered there."""
    found = [each for each in driver_of(rt).contacts() if each.expires_s]
    if not found:
        return Response.error("No Contacts found")
    message = "A listing of Contacts follows, presented as ContactList events"
    return Response.listing(message, [Item("ContactList", _contact(rt, each)) for each in found], "ContactListComplete")


def _contact(rt: "Runtime", contact: ContactFacts) -> list[Header]:
    host, port = contact.source
    options = _options(rt, contact)
    return [
        ("ObjectType", "contact"),
        ("ObjectName", _identity(contact)),
        ("ViaAddr", host),
        ("QualifyTimeout", f"{float(options['qualify_timeout']):.6f}"),
        ("Qualify2xxOnly", options["qualify_2xx_only"]),
        ("CallId", contact.call_id),
        ("RegServer", rt.system_name),
        ("PruneOnBoot", "no"),
        ("Path", contact.path),
        ("Endpoint", contact.endpoint),
        ("ViaPort", port),
        ("AuthenticateQualify", "yes" if options["authenticate_qualify"] == "true" else "no"),
        ("Uri", contact.uri),
        ("QualifyFrequency", options["qualify_frequency"]),
        ("UserAgent", contact.user_agent),
        ("ExpirationTime", int(rt.now()) + contact.expires_s),
        ("OutboundProxy", options["outbound_proxy"]),
        ("Status", _status(contact)),
        ("RoundtripUsec", _round_trip(contact)),
    ]


@action("PJSIPShowRegistrationsInbound", privilege="system")
def show_registrations_inbound(rt: "Runtime") -> Response:
    """List the addresses of record of endpoints that others register at, with all their options."""
    driver = driver_of(rt)
    items = []
    for endpoint in driver.endpoints():
        for name, _ in endpoint.aors:
            mine = [f"{each.aor}/{each.uri}" for each in endpoint.contacts if each.aor == name]
            facts = headers(driver, "aor", name, {"Contacts": ",".join(mine)})
            facts = [("Contact", value) if header == "Contacts" else (header, value) for header, value in facts]
            items.append(
                Item("InboundRegistrationDetail", [*facts, ("Contacts", "".join(f"{each}," for each in mine))])
            )
    message = "Following are Events for each Inbound registration"
    return Response.listing(message, items, "InboundRegistrationDetailComplete")


@action("PJSIPShowRegistrationInboundContactStatuses", privilege="system")
def show_contact_statuses(rt: "Runtime") -> Response:
    """List the contacts that have registered, and whether they can be reached."""
    found = [each for each in driver_of(rt).contacts() if each.expires_s]
    items = [Item("ContactStatusDetail", _contact_status(rt, each, each.endpoint)) for each in found]
    message = "Following are ContactStatusEvents for each Inbound registration"
    return Response.listing(message, items, "ContactStatusDetailComplete")


@action("PJSIPShowRegistrationsOutbound", privilege="system,reporting")
def show_registrations_outbound(rt: "Runtime") -> Response:
    """List our registrations with others, by pjsip.conf."""
    driver = driver_of(rt)
    found = [each for each in driver.registrations() if each.technology == "PJSIP"]
    items = []
    for each in found:
        state: list[Header] = [("Status", each.state), ("NextReg", _next(rt, each))]
        items.append(Item("OutboundRegistrationDetail", [*headers(driver, "registration", each.name), *state]))
        auths = (driver.parameters("registration", each.name) or {}).get("outbound_auth", "")
        items += [Item("AuthDetail", headers(driver, "auth", name)) for name in auths.split(",") if name]
    registered = sum(each.state == "Registered" for each in found)
    totals: list[Header] = [("Registered", registered), ("NotRegistered", len(found) - registered)]
    message = "Following are Events for each Outbound registration"
    return Response.listing(message, items, "OutboundRegistrationDetailComplete", totals)


def _next(rt: "Runtime", registration: RegistrationFacts) -> int:
    if registration.state != "Registered":
        return 0
    return max(0, round(registration.registered_s + registration.refresh_s - rt.now()))


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
        cause: The status, such as 486, or PJSIP's name for it, BUSY_HERE.
    """
    given((channel, "No channel specified"))
    found = channel_of(rt, channel)
    if found.technology != "PJSIP":
        return Response.error("Channel is not a PJSIP channel")
    status = found.leg.refuse_with(cause) if cause and isinstance(found.leg, RefusingLeg) else 0
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
    if option := request.get("Option"):
        said = await notice_named(rt, "pjsip_notify.conf", option)
    else:
        said = notice(pairs(request.all("Variable")))
    target = request.get(names[0])
    if names[0] == "Channel":
        channel = channel_of(rt, target, "Channel not found")
        if not isinstance(channel.leg, NotifyLeg) or channel.technology != "PJSIP":
            return Response.error("Channel is not a PJSIP channel")
        channel.leg.notify(said)
        return Response.success("NOTIFY sent")
    if names[0] == "Endpoint" and _endpoint(rt, target) is None:
        return Response.error(f"Unable to retrieve endpoint {target}")
    if not driver_of(rt).notify("PJSIP", target, said):
        return Response.error("Internal error")
    return Response.success("NOTIFY sent")
