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


def bridge_headers(bridge: BridgeSnapshot) -> list[Header]:
    """The block of headers that says what a bridge is."""
    return [
        ("BridgeUniqueid", bridge.uniqueid),
        ("BridgeType", bridge.kind),
        ("BridgeTechnology", bridge.technology),
        ("BridgeCreator", bridge.creator or "<unknown>"),
        ("BridgeName", bridge.name or "<unknown>"),
        ("BridgeNumChannels", len(bridge.channels)),
        ("BridgeVideoSourceMode", bridge.video_mode),
    ]
