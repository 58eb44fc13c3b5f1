"""Actions that list subscriptions. Nobody can subscribe yet, and we subscribe to nobody: there are none."""

from typing import TYPE_CHECKING

from asterism.runtime.declare import action
from asterism.runtime.request import Response

if TYPE_CHECKING:
    from asterism.runtime.runtime import Runtime


def _none(direction: str) -> Response:
    message = f"Following are Events for each {direction} Subscription"
    return Response.listing(message, (), f"{direction.capitalize()}SubscriptionDetailComplete")


@action("PJSIPShowSubscriptionsInbound", privilege="system", see="PJSIPShowSubscriptionsOutbound")
def show_inbound(rt: "Runtime") -> Response:
    """List who has subscribed to something here: nobody, for SUBSCRIBE is not served yet."""
    return _none("inbound")


@action("PJSIPShowSubscriptionsOutbound", privilege="system", see="PJSIPShowSubscriptionsInbound")
def show_outbound(rt: "Runtime") -> Response:
    """List to what we have subscribed elsewhere: nothing yet."""
    return _none("outbound")
