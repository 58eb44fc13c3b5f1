"""Actions on states: extensions, devices, presences."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from asterism.functions.presence import STATES as PRESENCES
from asterism.functions.states import joined, state_of
from asterism.runtime.declare import action
from asterism.runtime.peers import sip_driver
from asterism.runtime.request import Header, Item, Response
from asterism.runtime.states import DeviceState
from asterism.runtime.unbound import Unbound

if TYPE_CHECKING:
    from asterism.runtime.runtime import Runtime

_NUMBERS = {
    DeviceState.UNKNOWN: (0, "Idle"),
    DeviceState.NOT_INUSE: (0, "Idle"),
    DeviceState.INUSE: (1, "InUse"),
    DeviceState.BUSY: (2, "Busy"),
    DeviceState.INVALID: (4, "Unavailable"),
    DeviceState.UNAVAILABLE: (4, "Unavailable"),
    DeviceState.RINGING: (8, "Ringing"),
    DeviceState.RINGINUSE: (9, "InUse&Ringing"),
    DeviceState.ONHOLD: (16, "Hold"),
}


def extension_status(rt: "Runtime", devices: str) -> tuple[int, str]:
    """The number and the word for what the devices of a hint are doing; presences among them do not count."""
    scope = Unbound(rt)
    names = [each.strip() for each in devices.partition(",")[0].split("&")]
    found = [state_of(scope, each) for each in names if each and not each.startswith("CustomPresence:")]  # type: ignore[arg-type]
    return _NUMBERS[joined(found)]


def hints(rt: "Runtime") -> Iterator[tuple[str, str, str]]:
    """Context, extension, and devices of every hint; patterns stand for no extension and are left out."""
    for name, context in rt.plan.contexts.items():
        for extension in context:
            if extension.hint is not None and not extension.name.startswith("_"):
                yield name, extension.name, extension.hint.application


@action("ExtensionState", privilege="call,reporting")
def extension_state(rt: "Runtime", exten: str = "", context: str = "") -> Response:
    """Tell what the devices of an extension's hint are doing."""
    if not exten:
        return Response.error("Extension not specified")
    context = context or "default"
    devices, _ = rt.hint(context, exten)
    number, text = extension_status(rt, devices) if devices else (-1, "Unknown")
    facts: list[Header] = [("Exten", exten), ("Context", context), ("Hint", devices)]
    return Response.success("Extension Status", [*facts, ("Status", number), ("StatusText", text)])


@action("ExtensionStateList", privilege="call,reporting")
def extension_state_list(rt: "Runtime") -> Response:
    """List the states of all extensions with a hint."""
    items = []
    for context, exten, devices in hints(rt):
        number, text = extension_status(rt, devices)
        facts: list[Header] = [("Exten", exten), ("Context", context), ("Hint", devices)]
        items.append(Item("ExtensionStatus", [*facts, ("Status", number), ("StatusText", text)]))
    return Response.listing("Extension Statuses will follow", items, "ExtensionStateListComplete")


@action("DeviceStateList", privilege="call,reporting")
def device_state_list(rt: "Runtime") -> Response:
    """List the states of all devices that are known."""
    # In the order in which they got their first state, those of an earlier runtime before.
    prefix, paths = "/CustomDevstate/", rt.database.keys()
    names = [f"Custom:{path.removeprefix(prefix)}" for path in paths if path.startswith(prefix)]
    sip = sip_driver(rt.driver("SIP")) or sip_driver(rt.driver("PJSIP"))
    if sip is not None:
        names += [f"SIP/{peer.name}" for peer in sip.peers()]
        names += [f"PJSIP/{endpoint.name}" for endpoint in sip.endpoints()]
    scope = Unbound(rt)
    items = [
        Item("DeviceStateChange", [("Device", name), ("State", state_of(scope, name).value)])  # type: ignore[arg-type]
        for name in names
    ]
    return Response.listing("Device State Changes will follow", items, "DeviceStateListComplete")


def _presence(rt: "Runtime", name: str) -> tuple[str, str, str]:
    stored = (rt.database.read("CustomPresence", name) or "not_set").split(",", 3)
    state, subtype, message = (*stored, "", "")[:3]
    return (state.lower() if state.lower() in PRESENCES else "not_set"), subtype, message


@action("PresenceState", privilege="call,reporting")
def presence_state(rt: "Runtime", provider: str = "") -> Response:
    """Tell what somebody says of himself."""
    if not provider:
        return Response.error("No provider specified")
    kind, colon, name = provider.partition(":")
    if kind != "CustomPresence" or not colon:
        return Response.error(f"Invalid provider {provider} or provider in invalid state")
    state, subtype, message = _presence(rt, name)
    facts: list[Header] = [("State", state), ("Subtype", subtype), ("Message", message)]
    return Response.success("Presence State", [each for each in facts if each[1]])


@action("PresenceStateList", privilege="call,reporting")
async def presence_state_list(rt: "Runtime") -> Response:
    """List what everybody says of himself."""
    items = []
    for path in await rt.database.tree("CustomPresence"):
        name = path.split("/", 2)[2]
        state, subtype, message = _presence(rt, name)
        facts: list[Header] = [("Presentity", f"CustomPresence:{name}"), ("Status", state)]
        extra: list[Header] = [("Subtype", subtype), ("Message", message)]
        items.append(Item("PresenceStateChange", facts + [each for each in extra if each[1]]))
    return Response.listing("Presence State Changes will follow", items, "PresenceStateListComplete")
