"""The action ControlPlayback: what the listener's keys do, done by the manager."""

from typing import TYPE_CHECKING

from asterism.runtime.actions.named import channel_of, given
from asterism.runtime.control import ORDERS, Order
from asterism.runtime.declare import action
from asterism.runtime.request import Response

if TYPE_CHECKING:
    from asterism.runtime.runtime import Runtime


@action("ControlPlayback", privilege="call")
def control_playback(rt: "Runtime", channel: str = "", control: str = "") -> Response:
    """Stop, forward, reverse, pause or restart what ControlPlayback plays on a channel."""
    given((channel, "Channel not specified"), (control, "Control operation not specified"))
    found = channel_of(rt, channel)
    if control.lower() not in ORDERS:
        return Response.error("Unknown control operation")
    found.post(Order(control.lower()))
    return Response.success("Media control operation queued")
