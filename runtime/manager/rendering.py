"""Events as the manager prints them: Asterisk's header names, in Asterisk's order."""

from collections.abc import Callable, Iterator
from dataclasses import fields
from typing import Any

from asterism.runtime import events, record_events
from asterism.runtime.agi.events import AGIEvent
from asterism.runtime.events import BridgeSnapshot, ChannelSnapshot, Event
from asterism.runtime.hangup_handlers import HangupHandlerEvent
from asterism.runtime.request import Header
from asterism.runtime.security import SecurityEvent
from asterism.runtime.snapshots import bridge_headers, channel_headers
from asterism.runtime.states import ChannelState

Variables = Callable[[ChannelSnapshot], list[tuple[str, str]]]
"""The variables of a channel that manager.conf's channelvars adds to its block."""

Block = Callable[..., list[Header]]
"""A channel's snapshot, and perhaps a prefix, to its headers."""

PRIVILEGES: dict[type[Event], str] = {
    events.ApplicationStart: "",
    events.Newexten: "dialplan",
    events.VarSet: "dialplan",
    events.DTMFBegin: "dtmf",
    events.DTMFEnd: "dtmf",
    events.UserEvent: "user",
    events.PeerStatus: "system",
    events.ContactStatus: "system",
    events.Registry: "system",
    events.FullyBooted: "system",
    events.Load: "system",
    events.LogChannel: "system",
    events.Unload: "system",
    events.Reload: "system",
    events.Shutdown: "system",
    HangupHandlerEvent: "dialplan",
    SecurityEvent: "security",
    AGIEvent: "agi",
    record_events.Cdr: "cdr",
}
"Who may see an event, by its class or the next one that it descends from; `call` where nothing is said."


def privilege(kind: type[Event]) -> str:
    """The class that a user must be able to read to get events of a kind."""
    return next((PRIVILEGES[base] for base in kind.__mro__ if base in PRIVILEGES), "call")


def kinds(base: type[Event] = Event) -> Iterator[type[Event]]:
    """All kinds of events that there are, those without kinds of their own below them."""
    # A dataclass with slots is made twice; the first one, which nobody uses, stays until the collector comes by.
    below = {(kind.__module__, kind.__qualname__): kind for kind in base.__subclasses__()}
    if not below:
        yield base
    for kind in below.values():
        yield from kinds(kind)


def event_headers(event: Event, now: float, variables: Variables | None = None) -> list[Header]:
    """All headers of an event, from `Event` and `Privilege` on.

    Args:
        event: What happened.
        now: Seconds since the epoch.
        variables: What channelvars adds to each channel.
    """

    def block(snapshot: ChannelSnapshot, prefix: str = "") -> list[Header]:
        headers = channel_headers(snapshot, prefix)
        if variables is not None:
            headers += [(f"{prefix}ChanVariable", f"{name}={value}") for name, value in variables(snapshot)]
        return headers

    head: list[Header] = [("Event", event.name), ("Privilege", f"{privilege(type(event))},all")]
    special = _SPECIAL.get(type(event))
    if special is not None:
        return [*head, *special(event, block)]
    if isinstance(event, SecurityEvent):
        return [*head, *event.facts(now)]
    for name, header in _plan(type(event)):
        value = getattr(event, name)
        if isinstance(value, ChannelSnapshot):
            head += block(value, header)
        elif isinstance(value, BridgeSnapshot):
            head += bridge_headers(value)
        elif value is not None:
            head.append((header, value))
    return head


_PLANS: dict[type[Event], list[tuple[str, str]]] = {}


def _plan(kind: type[Event]) -> list[tuple[str, str]]:
    """The fields of an event and their headers; of a channel, what is put before its own."""
    plan = _PLANS.get(kind)
    if plan is None:
        plan = []
        for each in fields(kind):
            hint = str(each.type)
            if "ChannelSnapshot" in hint:
                plan.append((each.name, "" if each.name == "channel" else capitals(each.name)))
            else:
                plan.append((each.name, each.metadata.get("header") or header_of(each.name)))
        _PLANS[kind] = plan
    return plan


def headers_of(kind: type[Event]) -> list[str]:
    """The names of an event's headers behind `Event` and `Privilege`, when there is something in each of its fields."""
    event = kind(**{each.name: _something(str(each.type)) for each in fields(kind)})
    return [name for name, _ in event_headers(event, 0.0)[2:]]


def _something(hint: str) -> object:
    if "ChannelSnapshot" in hint:
        return _NOBODY
    if "BridgeSnapshot" in hint:
        return BridgeSnapshot("")
    if "Mapping" in hint or hint.startswith("tuple"):
        return {}
    return 1 if hint.startswith(("int", "float")) else "-"


_NOBODY = ChannelSnapshot("", "", "", ChannelState.DOWN)


def capitals(name: str) -> str:
    """A field's name as a header: `dial_string` is DialString."""
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))


def header_of(name: str) -> str:
    """The header of a field."""
    return _HEADERS.get(name) or capitals(name)


_HEADERS = {"duration_ms": "DurationMs", "time_ms": "Time", "aor": "AOR", "uri": "URI"}


# --- events with an order of their own ----------------------------------------------------------


def _fully_booted(event: Any, block: Block) -> list[Header]:
    return [("Uptime", event.uptime_s), ("LastReload", event.last_reload_s), ("Status", event.status)]


def _hangup(event: Any, block: Block) -> list[Header]:
    tech: list[Header] = [] if event.tech_cause is None else [("TechCause", event.tech_cause)]
    return [*block(event.channel), ("Cause", event.cause), ("Cause-txt", event.cause_txt), *tech]


def _dial_end(event: Any, block: Block) -> list[Header]:
    found = [] if event.channel is None else block(event.channel)
    forward: list[Header] = [("Forward", event.forward)] if event.forward else []
    return [*found, *block(event.dest, "Dest"), ("DialStatus", event.dial_status), *forward]


def _var_set(event: Any, block: Block) -> list[Header]:
    found: list[Header] = [("Channel", "none"), ("Uniqueid", "none")]
    if event.channel is not None:
        found = block(event.channel)
    return [*found, ("Variable", event.variable), ("Value", event.value.translate(_ESCAPES))]


_ESCAPES = str.maketrans({"\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\", "\a": "\\a", "\b": "\\b", "\f": "\\f"})


def _presence(event: Any, block: Block) -> list[Header]:
    return [
        ("Presentity", getattr(event, "presentity", "")),
        ("Status", event.status),
        ("Subtype", event.subtype.translate(_ESCAPES)),
        ("Message", event.message.translate(_ESCAPES)),
    ]


def _presence_status(event: Any, block: Block) -> list[Header]:
    place: list[Header] = [("Exten", event.exten), ("Context", event.context), ("Hint", event.hint)]
    return [*place, *_presence(event, block)[1:]]


def _user_event(event: Any, block: Block) -> list[Header]:
    found = [] if event.channel is None else block(event.channel)
    return [*found, ("UserEvent", event.user_event), *event.headers.items(), *event.repeated]


def _originate_response(event: Any, block: Block) -> list[Header]:
    mark: list[Header] = [("ActionID", event.action_id)] if event.action_id else []
    where: list[Header] = [("Context", event.context), ("Exten", event.exten)]
    what: list[Header] = [("Application", event.application), ("Data", event.data)]
    return [
        *mark,
        ("Response", event.response),
        ("Channel", event.channel),
        *(what if event.application else where),
        ("Reason", event.reason),
        ("Uniqueid", event.uniqueid or "<unknown>"),
        ("CallerIDNum", event.caller_number or "<unknown>"),
        ("CallerIDName", event.caller_name or "<unknown>"),
    ]


def _reload(event: Any, block: Block) -> list[Header]:
    return [("Module", _MODULES.get(event.module, event.module)), ("Status", event.status)]


_MODULES = {
    "dialplan": "pbx_config.so", "extensions": "pbx_config.so", "sip": "chan_sip.so", "pjsip": "res_pjsip.so",
    "musiconhold": "res_musiconhold.so",
}  # fmt: skip
"Asterisk's modules that read what is read here under another name."


def _with_address(event: Any, block: Block) -> list[Header]:
    found = [(header, getattr(event, name)) for name, header in _plan(type(event))]
    return [(name, value) for name, value in found if value not in ("", None)]


def _shutdown(event: Any, block: Block) -> list[Header]:
    return [("Shutdown", event.shutdown), ("Restart", event.restart)]


def _local_bridge(event: Any, block: Block) -> list[Header]:
    return [
        *block(event.local_one, "LocalOne"),
        *block(event.local_two, "LocalTwo"),
        ("Context", event.context),
        ("Exten", event.exten),
        ("LocalOptimization", event.local_optimization),
    ]


def _cdr(event: Any, block: Block) -> list[Header]:
    headers: list[Header] = [
        (header, getattr(event, name)) for name, header in _plan(record_events.Cdr) if name != "more"
    ]
    return [*headers, *event.more.items()]


def _bridge_merge(event: Any, block: Block) -> list[Header]:
    return [*bridge_headers(event.to_bridge, "To"), *bridge_headers(event.from_bridge, "From")]


def _attended_transfer(event: Any, block: Block) -> list[Header]:
    found: list[Header] = [("Result", event.result)]
    for name, channel, bridge in (
        ("Orig", event.orig_transferer, event.orig_bridge),
        ("Second", event.second_transferer, event.second_bridge),
    ):
        found += block(channel, f"{name}Transferer")
        found += [] if bridge is None else bridge_headers(bridge, name)
    for name, channel in (("Transferee", event.transferee), ("TransferTarget", event.transfer_target)):
        found += [] if channel is None else block(channel, name)
    return [*found, ("IsExternal", event.is_external), *event.dest.items()]


_SPECIAL: dict[type[Event], Callable[[Any, Block], list[Header]]] = {
    events.AttendedTransfer: _attended_transfer,
    events.BridgeMerge: _bridge_merge,
    events.FullyBooted: _fully_booted,
    events.LocalBridge: _local_bridge,
    events.DialEnd: _dial_end,
    events.Hangup: _hangup,
    events.VarSet: _var_set,
    events.PresenceStateChange: _presence,
    events.PresenceStatus: _presence_status,
    events.UserEvent: _user_event,
    events.OriginateResponse: _originate_response,
    events.PeerStatus: _with_address,
    events.Registry: _with_address,
    events.Reload: _reload,
    events.Shutdown: _shutdown,
    record_events.Cdr: _cdr,
}
