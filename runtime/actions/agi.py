"""The action AGI: a command for a channel that runs AGI(agi:async)."""

from typing import TYPE_CHECKING

from asterism.runtime.actions.named import channel_of, given
from asterism.runtime.agi import asynchronous, protocol
from asterism.runtime.agi.command import find
from asterism.runtime.danger import is_dangerous, may_run
from asterism.runtime.declare import action
from asterism.runtime.request import Request, Response, client

if TYPE_CHECKING:
    from asterism.runtime.runtime import Runtime


@action("AGI", privilege="agi", headers="Channel* Command* CommandID")
def agi(rt: "Runtime", request: Request) -> Response:
    """Let a channel that runs AGI(agi:async) run a command; the event AsyncAGIExec tells what came of it."""
    name, command = request.get("Channel"), request.get("Command")
    given((name and command, "Both, Channel and Command are *required*"))
    channel = channel_of(rt, name, f"Channel {name} does not exist.")
    if not _may_run(rt, command):
        return Response.error("Permission denied")
    queue = asynchronous.queue_of(channel)
    if queue is None or not queue.add(command, request.get("CommandID")):
        return Response.error(f"Failed to add AGI command to channel {channel.name} queue")
    return Response.success("Added AGI command to queue")


def _may_run(rt: "Runtime", command: str) -> bool:
    """Whether whoever asks may do what a command does: files and processes take the class system."""
    if "system" in client().rights or rt.live_dangerously:
        return True
    found = find(protocol.arguments(command))
    if found is None:
        return True
    known, arguments = found
    if known.name == "RECORD FILE":
        return False
    if known.name == "EXEC" and arguments:
        return may_run(rt, arguments[0], arguments[1:])
    return not is_dangerous(rt, arguments)
