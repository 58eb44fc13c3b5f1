"""Actions about queues: the log that they share."""

from typing import TYPE_CHECKING

from asterism.runtime.declare import action
from asterism.runtime.request import Request, Response

if TYPE_CHECKING:
    from asterism.runtime.runtime import Runtime


@action("QueueLog", privilege="agent", headers="Queue* Event* Uniqueid Interface Message")
def queue_log(rt: "Runtime", request: Request) -> Response:
    """Write a line into the queue log, as the application QueueLog does.

    Args:
        Interface: The member it is about.
        Message: What else there is to say, several things with `|` between them.
    """
    queue, event = request.get("Queue"), request.get("Event")
    if not queue or not event:
        return Response.error("Need 'Queue' and 'Event' parameters.")
    rt.log.queue(request.get("Uniqueid"), queue, request.get("Interface"), event, request.get("Message"))
    return Response.success("Event added successfully")
