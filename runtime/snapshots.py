"""Channels and bridges as the manager prints them: the blocks of headers in events and lists."""

from asterism.runtime.events import BridgeSnapshot, ChannelSnapshot
from asterism.runtime.request import Header


def channel_headers(snapshot: ChannelSnapshot, prefix: str = "") -> list[Header]:
    """The block of headers that says what a channel is, each name with `prefix` before it."""
    return [
        (f"{prefix}Channel", snapshot.channel),
        (f"{prefix}ChannelState", int(snapshot.state)),
        (f"{prefix}ChannelStateDesc", snapshot.state.text),
        (f"{prefix}CallerIDNum", snapshot.caller_number or "<unknown>"),
        (f"{prefix}CallerIDName", snapshot.caller_name or "<unknown>"),
        (f"{prefix}ConnectedLineNum", snapshot.connected_number or "<unknown>"),
        (f"{prefix}ConnectedLineName", snapshot.connected_name or "<unknown>"),
        (f"{prefix}Language", snapshot.language),
        (f"{prefix}AccountCode", snapshot.accountcode),
        (f"{prefix}Context", snapshot.context),
        (f"{prefix}Exten", snapshot.exten),
        (f"{prefix}Priority", snapshot.priority),
        (f"{prefix}Uniqueid", snapshot.uniqueid),
        (f"{prefix}Linkedid", snapshot.linkedid),
    ]


def bridge_headers(bridge: BridgeSnapshot, prefix: str = "") -> list[Header]:
    """The block of headers that says what a bridge is, each name with `prefix` before it."""
    return [
        (f"{prefix}BridgeUniqueid", bridge.uniqueid),
        (f"{prefix}BridgeType", bridge.kind),
        (f"{prefix}BridgeTechnology", bridge.technology),
        (f"{prefix}BridgeCreator", bridge.creator or "<unknown>"),
        (f"{prefix}BridgeName", bridge.name or "<unknown>"),
        (f"{prefix}BridgeNumChannels", len(bridge.channels)),
        (f"{prefix}BridgeVideoSourceMode", bridge.video_mode),
    ]
