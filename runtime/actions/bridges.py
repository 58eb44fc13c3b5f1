"""Actions on bridges."""

from typing import TYPE_CHECKING

from asterism.runtime.declare import action
from asterism.runtime.request import Header, Item, Response
from asterism.runtime.snapshots import bridge_headers, channel_headers

if TYPE_CHECKING:
    from asterism.runtime.runtime import Runtime


@action("BridgeList")
def bridge_list(rt: "Runtime", bridge_type: str = "") -> Response:
    """List the bridges, or those of one type."""
    found = [each.snapshot() for each in rt.bridges.values() if bridge_type in ("", each.kind)]
    items = [Item("BridgeListItem", bridge_headers(each)) for each in found]
    return Response.listing("Bridge listing will follow", items, "BridgeListComplete")


@action("BridgeInfo")
def bridge_info(rt: "Runtime", bridge_uniqueid: str = "") -> Response:
    """List who is in a bridge."""
    if not bridge_uniqueid:
        return Response.error("BridgeUniqueid must be provided")
    bridge = rt.bridges.get(bridge_uniqueid)
    if bridge is None:
        return Response.error("Specified BridgeUniqueid not found")
    items = [Item("BridgeInfoChannel", channel_headers(each.snapshot())) for each in bridge.members]
    totals: list[Header] = bridge_headers(bridge.snapshot())
    return Response.listing("Bridge channel listing will follow", items, "BridgeInfoComplete", totals)


@action("BridgeDestroy")
def bridge_destroy(rt: "Runtime", bridge_uniqueid: str = "") -> Response:
    """Hang up everybody in a bridge."""
    if not bridge_uniqueid:
        return Response.error("BridgeUniqueid must be provided")
    bridge = rt.bridges.get(bridge_uniqueid)
    if bridge is None:
        return Response.error("Specified BridgeUniqueid not found")
    for channel in tuple(bridge.members):
        channel.request_hangup()
    return Response.success("Bridge has been destroyed")


@action("BridgeKick")
def bridge_kick(rt: "Runtime", bridge_uniqueid: str = "", channel: str = "") -> Response:
    """Hang up one channel in a bridge."""
    if not channel:
        return Response.error("Channel must be provided")
    found = rt.channels.find(channel)
    if found is None:
        return Response.error("Channel does not exist")
    if found.bridge is None or bridge_uniqueid not in ("", found.bridge.uniqueid):
        return Response.error(
            "Channel is not in the specified bridge" if bridge_uniqueid else "Channel is not in a bridge"
        )
    found.request_hangup()
    return Response.success("Channel has been kicked")
