"""Actions on pjsip.conf's endpoints."""

from typing import TYPE_CHECKING

from asterism.runtime.commands.sip import driver_of
from asterism.runtime.declare import action
from asterism.runtime.request import Header, Item, Response
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


@action("PJSIPShowEndpoints", privilege="system")
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
            ("DeviceState", _WORDS[each.state]),
            ("ActiveChannels", ",".join(each.channels) if each.channels else 0),
        ]
        items.append(Item("EndpointList", facts))
    if not items:
        return Response.error("No endpoints found")
    message = "A listing of Endpoints follows, presented as EndpointList events"
    return Response.listing(message, items, "EndpointListComplete")
