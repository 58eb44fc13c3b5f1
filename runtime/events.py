"""Everything that happens, one frozen dataclass per event.

The class is named as the manager names the event; its fields are the manager's headers in Asterisk's order.
A field's header is its name in capitals joined without underscores (`app_data` is AppData) unless its metadata
names another. A ChannelSnapshot prints as the block of channel headers; a snapshot in a field `dest` prefixes
each of them with Dest.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from asterism.runtime.causes import cause_text
from asterism.runtime.states import ChannelState


def named(name: str, default: Any = "") -> Any:
    """A field whose header is not made of its name."""
    return field(default=default, metadata={"header": name})


@dataclass(frozen=True, slots=True)
class ChannelSnapshot:
    """What a channel was at one moment; never changes, so anybody may keep it."""

    channel: str
    uniqueid: str
    linkedid: str
    state: ChannelState
    caller_number: str = ""
    caller_name: str = ""
    connected_number: str = ""
    connected_name: str = ""
    language: str = "en"
    accountcode: str = ""
    context: str = ""
    exten: str = ""
    priority: int = 1
    application: str = ""
    app_data: str = ""
    created_s: float = 0.0
    answered_s: float = 0.0
    bridge: str = ""
    call: str = ""


@dataclass(frozen=True, slots=True)
class BridgeSnapshot:
    """What a bridge was at one moment."""

    uniqueid: str
    kind: str = "basic"
    technology: str = "simple_bridge"
    creator: str = ""
    name: str = ""
    channels: tuple[str, ...] = ()
    video_mode: str = "none"


@dataclass(frozen=True, slots=True)
class Event:
    """Root of all events; `privilege` is the class a manager user needs to see it."""

    @property
    def name(self) -> str:
        """The event's name, which is its class's."""
        return type(self).__name__


@dataclass(frozen=True, slots=True)
class ChannelEvent(Event):
    """An event of one channel."""

    channel: ChannelSnapshot


@dataclass(frozen=True, slots=True)
class Newchannel(ChannelEvent):
    """A channel has been made."""


@dataclass(frozen=True, slots=True)
class Newstate(ChannelEvent):
    """A channel's state has changed."""


@dataclass(frozen=True, slots=True)
class Newexten(ChannelEvent):
    """A channel is about to run a priority."""

    extension: str
    application: str
    app_data: str


@dataclass(frozen=True, slots=True)
class ApplicationStart(ChannelEvent):
    """A channel runs another application now, be it from within another one; the manager does not print this."""


@dataclass(frozen=True, slots=True)
class VarSet(Event):
    """A variable has been set; `channel` is None for a global one."""

    channel: ChannelSnapshot | None
    variable: str
    value: str


@dataclass(frozen=True, slots=True)
class NewCallerid(ChannelEvent):
    """A channel's caller id has changed."""

    cid_calling_pres: str = named("CID-CallingPres", "0 (Presentation Allowed, Not Screened)")


@dataclass(frozen=True, slots=True)
class NewConnectedLine(ChannelEvent):
    """Whom a channel talks to has changed."""


@dataclass(frozen=True, slots=True)
class NewAccountCode(ChannelEvent):
    """A channel's account code has changed."""

    old_accountcode: str = named("OldAccountCode")


@dataclass(frozen=True, slots=True)
class Rename(Event):
    """A channel has another name now."""

    channel: str
    newname: str
    uniqueid: str


@dataclass(frozen=True, slots=True)
class DialBegin(Event):
    """A dial attempt has begun; `channel` is None when nobody dials (originate)."""

    channel: ChannelSnapshot | None
    dest: ChannelSnapshot
    dial_string: str


@dataclass(frozen=True, slots=True)
class DialState(Event):
    """A dial attempt's device rings, or makes progress."""

    channel: ChannelSnapshot | None
    dest: ChannelSnapshot
    dial_status: str


@dataclass(frozen=True, slots=True)
class DialEnd(Event):
    """A dial attempt has ended."""

    channel: ChannelSnapshot | None
    dest: ChannelSnapshot
    dial_status: str
    forward: str = ""


@dataclass(frozen=True, slots=True)
class BridgeCreate(Event):
    """A bridge has been made."""

    bridge: BridgeSnapshot


@dataclass(frozen=True, slots=True)
class BridgeEnter(Event):
    """A channel has entered a bridge; `swap_uniqueid` is of the one whose place it took."""

    bridge: BridgeSnapshot
    channel: ChannelSnapshot
    swap_uniqueid: str | None = None


@dataclass(frozen=True, slots=True)
class BridgeLeave(Event):
    """A channel has left a bridge."""

    bridge: BridgeSnapshot
    channel: ChannelSnapshot


@dataclass(frozen=True, slots=True)
class BridgeDestroy(Event):
    """A bridge is no more."""

    bridge: BridgeSnapshot


@dataclass(frozen=True, slots=True)
class BridgeMerge(Event):
    """The channels of a bridge are about to move into another one."""

    to_bridge: BridgeSnapshot
    from_bridge: BridgeSnapshot


@dataclass(frozen=True, slots=True)
class BlindTransfer(Event):
    """A party of a call has sent the other one elsewhere, or tried to."""

    result: str
    transferer: ChannelSnapshot
    transferee: ChannelSnapshot | None
    bridge: BridgeSnapshot | None
    is_external: str
    context: str
    extension: str


@dataclass(frozen=True, slots=True)
class AttendedTransfer(Event):
    """A party of a call has joined the other one with somebody else, or tried to; `dest` says with what."""

    result: str
    orig_transferer: ChannelSnapshot
    orig_bridge: BridgeSnapshot | None
    second_transferer: ChannelSnapshot
    second_bridge: BridgeSnapshot | None
    transferee: ChannelSnapshot | None
    transfer_target: ChannelSnapshot | None
    is_external: str
    dest: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LocalOptimizationBegin(Event):
    """A Local pair is about to be taken out of the way; `source` takes the place of one half."""

    local_one: ChannelSnapshot
    local_two: ChannelSnapshot
    source: ChannelSnapshot | None
    dest_unique_id: str = named("DestUniqueId")
    id: int = named("Id", 0)


@dataclass(frozen=True, slots=True)
class LocalOptimizationEnd(Event):
    """A Local pair has been taken out of the way, or not."""

    local_one: ChannelSnapshot
    local_two: ChannelSnapshot
    success: str = "Yes"
    id: int = named("Id", 0)


@dataclass(frozen=True, slots=True)
class LocalBridge(Event):
    """The two halves of a Local channel belong together."""

    local_one: ChannelSnapshot
    local_two: ChannelSnapshot
    context: str
    exten: str
    local_optimization: str = "Yes"


@dataclass(frozen=True, slots=True)
class HangupRequest(ChannelEvent):
    """The far end wants to hang up; `tech_cause` is the SIP status that says why, when it was no ordinary end."""

    cause: int = 0
    tech_cause: int | None = None


@dataclass(frozen=True, slots=True)
class SoftHangupRequest(ChannelEvent):
    """Somebody here has asked for a channel's end; `cause` is who, by Asterisk's numbers, and no Q.850 cause."""

    PLAN_OVER: ClassVar[int] = 16
    "The channel's own dialplan has come to its end."
    ASKED: ClassVar[int] = 32
    "The console, an application, or an AGI program."

    cause: int = 0


@dataclass(frozen=True, slots=True)
class Hangup(ChannelEvent):
    """A channel has ended; `tech_cause` as in HangupRequest."""

    cause: int = 0
    tech_cause: int | None = None

    @property
    def cause_txt(self) -> str:
        """The cause in words, the header Cause-txt."""
        return cause_text(self.cause)


@dataclass(frozen=True, slots=True)
class Hold(ChannelEvent):
    """The far end has put us on hold, and suggests what music we hear, or none."""

    music_class: str | None = None


@dataclass(frozen=True, slots=True)
class Unhold(ChannelEvent):
    """The far end is back."""


@dataclass(frozen=True, slots=True)
class DTMFBegin(ChannelEvent):
    """A digit starts; direction is Received or Sent."""

    digit: str
    direction: str = "Received"


@dataclass(frozen=True, slots=True)
class DTMFEnd(ChannelEvent):
    """A digit has ended, after duration_ms."""

    digit: str
    duration_ms: int
    direction: str = "Received"


@dataclass(frozen=True, slots=True)
class MusicOnHoldStart(ChannelEvent):
    """Music has begun on a channel."""

    music_class: str = field(default="default", metadata={"header": "Class"})


@dataclass(frozen=True, slots=True)
class MusicOnHoldStop(ChannelEvent):
    """Music has ended on a channel."""


@dataclass(frozen=True, slots=True)
class UserEvent(Event):
    """The dialplan says something to whoever listens; `repeated` are headers that stand in it once more."""

    channel: ChannelSnapshot | None
    user_event: str
    headers: Mapping[str, str] = field(default_factory=dict)
    repeated: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class OriginateResponse(Event):
    """An originate has succeeded or failed; reason: 4 answered, 5 busy, 8 congestion, 0 failed."""

    response: str
    channel: str
    context: str
    exten: str
    application: str
    data: str
    reason: int
    uniqueid: str
    caller_number: str = ""
    caller_name: str = ""
    action_id: str = ""


@dataclass(frozen=True, slots=True)
class PeerStatus(Event):
    """A peer has registered, gone, or changed reachability."""

    channel_type: str
    peer: str
    peer_status: str
    address: str = ""
    cause: str = ""
    time_ms: int | None = None


@dataclass(frozen=True, slots=True)
class SIPQualifyPeerDone(Event):
    """A peer was sent an OPTIONS because somebody asked for it."""

    peer: str
    action_id: str | None = named("ActionID", None)


@dataclass(frozen=True, slots=True)
class ContactStatus(Event):
    """A contact has come, gone, or changed reachability."""

    uri: str
    contact_status: str
    aor: str
    endpoint_name: str
    roundtrip_usec: int | None = None


@dataclass(frozen=True, slots=True)
class Registry(Event):
    """A registration of ours with a provider has changed."""

    channel_type: str
    username: str
    domain: str
    status: str
    cause: str = ""


@dataclass(frozen=True, slots=True)
class DeviceStateChange(Event):
    """A device's state has changed."""

    device: str
    state: str


@dataclass(frozen=True, slots=True)
class FullyBooted(Event):
    """The runtime is ready for calls."""

    status: str = "Fully Booted"
    uptime_s: int = 0
    last_reload_s: int = 0


@dataclass(frozen=True, slots=True)
class LogChannel(Event):
    """A log cannot be written any more, and why; or it is opened anew."""

    channel: str
    enabled: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Load(Event):
    """A module is loaded now."""

    module: str
    status: str = "Success"


@dataclass(frozen=True, slots=True)
class Unload(Event):
    """A module is loaded no more."""

    module: str
    status: str = "Success"


@dataclass(frozen=True, slots=True)
class Reload(Event):
    """A module's configuration has been read again."""

    module: str
    status: int = 0


@dataclass(frozen=True, slots=True)
class Shutdown(Event):
    """The runtime is about to end."""

    shutdown: str = "Cleanly"
    restart: bool = False


@dataclass(frozen=True, slots=True)
class ExtensionStatus(Event):
    """What the devices of an extension's hint are doing has changed."""

    exten: str
    context: str
    hint: str
    status: int
    status_text: str


@dataclass(frozen=True, slots=True)
class PresenceStateChange(Event):
    """Somebody says something else of himself now."""

    presentity: str
    status: str
    subtype: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class PresenceStatus(Event):
    """Somebody whom an extension's hint names says something else of himself now."""

    exten: str
    context: str
    hint: str
    status: str
    subtype: str = ""
    message: str = ""
