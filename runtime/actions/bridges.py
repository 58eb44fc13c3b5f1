"""Actions on bridges."""

from typing import TYPE_CHECKING

from asterism.dialplan.scope import Jump
from asterism.runtime import features
from asterism.runtime.actions.named import channel_of, given
from asterism.runtime.bridge import Bridge
from asterism.runtime.channel import Channel
from asterism.runtime.commands.bridges import TECHNOLOGIES
from asterism.runtime.declare import action
from asterism.runtime.errors import AsterismError
from asterism.runtime.member import bring, play_to
from asterism.runtime.request import Header, Item, Request, Response
from asterism.runtime.settings import is_true
from asterism.runtime.snapshots import bridge_headers, channel_headers

if TYPE_CHECKING:
    from asterism.runtime.runtime import Runtime


@action("BridgeList")
def bridge_list(rt: "Runtime", bridge_type: str = "") -> Response:
    """List the bridges, or those of one type."""
    found = [each.snapshot() for each in rt.bridges.values() if bridge_type in ("", each.kind)]
    items = [Item("BridgeListItem", bridge_headers(each)) for each in found]
    return Response.listing("Bridge listing will follow", items, "BridgeListComplete")


def _bridge(rt: "Runtime", uniqueid: str) -> Bridge:
    given((uniqueid, "BridgeUniqueid must be provided"))
    found = rt.bridges.get(uniqueid)
    if found is None:
        raise AsterismError("Specified BridgeUniqueid not found")
    return found


@action("BridgeInfo")
def bridge_info(rt: "Runtime", bridge_uniqueid: str = "") -> Response:
    """List who is in a bridge."""
    bridge = _bridge(rt, bridge_uniqueid)
    items = [Item("BridgeInfoChannel", channel_headers(each.snapshot())) for each in bridge.members]
    totals: list[Header] = bridge_headers(bridge.snapshot())
    return Response.listing("Bridge channel listing will follow", items, "BridgeInfoComplete", totals)


@action("BridgeDestroy")
def bridge_destroy(rt: "Runtime", bridge_uniqueid: str = "") -> Response:
    """Send everybody out of a bridge."""
    bridge = _bridge(rt, bridge_uniqueid)
    bridge.destroy()
    return Response.success("Bridge has been destroyed")


@action("BridgeKick")
def bridge_kick(rt: "Runtime", bridge_uniqueid: str = "", channel: str = "") -> Response:
    """Hang up one channel in a bridge."""
    given((channel, "Channel must be provided"))
    found = channel_of(rt, channel, "Channel does not exist")
    if not bridge_uniqueid and found.bridge is None:
        return Response.error("Channel is not in a bridge")
    if bridge_uniqueid and bridge_uniqueid not in rt.bridges:
        return Response.error("Bridge not found")
    if found.membership is None or found.bridge is None or bridge_uniqueid not in ("", found.bridge.uniqueid):
        return Response.error("Channel kick from bridge failed")
    found.membership.hang_up()
    return Response.success("Channel has been kicked")


@action("BridgeTechnologyList")
def bridge_technology_list(rt: "Runtime") -> Response:
    """List the ways in which channels are joined."""
    items = [
        Item(
            "BridgeTechnologyListItem",
            [
                ("BridgeTechnology", name),
                ("BridgeType", kind),
                ("BridgePriority", priority),
                ("BridgeSuspended", "No"),
            ],
        )
        for name, kind, priority in TECHNOLOGIES
    ]
    return Response.listing("Bridge technology listing will follow", items, "BridgeTechnologyListComplete")


@action("Bridge", privilege="call", headers="Channel1* Channel2* Tone")
def bridge(rt: "Runtime", request: Request) -> Response:
    """Join two channels, wherever they are; each goes on at its next priority afterwards."""
    names = request.get("Channel1"), request.get("Channel2")
    if not all(names):
        return Response.error("Missing channel parameter in request")
    found = [_channel(rt, name) for name in names]
    for number, (name, channel) in enumerate(zip(names, found, strict=True), 1):
        if channel is None:
            return Response.error(f"Channel{number} does not exist: {name}")
    here = Bridge(rt)
    tone = request.get("Tone").lower()
    for number, channel in enumerate(found, 1):
        assert channel is not None
        after = Jump(channel.context, channel.exten, channel.priority + (channel.exten != ""))
        if not bring(here, channel, after=after):
            here.destroy()
            return Response.error(f"Unable to add Channel{number} to bridge: {channel.name}")
        if tone in ("both", f"channel{number}") or (number == 2 and is_true(tone)):
            play_to(channel, features.setting(channel, "xfersound"))
    return Response.success("Channels have been bridged")


def _channel(rt: "Runtime", name: str) -> Channel | None:
    found = rt.channels.find(name)
    if found is not None:
        return found
    return next((each for each in rt.channels.values() if each.name.lower().startswith(name.lower())), None)
