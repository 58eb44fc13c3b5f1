"""Actions about the connection itself: who it is, what it hears."""

import time
from typing import TYPE_CHECKING

from asterism.runtime.declare import Action, action
from asterism.runtime.events import UserEvent
from asterism.runtime.front_ends import may
from asterism.runtime.request import Item, Request, Response, client

if TYPE_CHECKING:
    from asterism.runtime.runtime import Runtime

_WAIT_MAX_S = 24 * 3600.0
"How long WaitEvent waits when it is told no time, or one beyond sense."


@action("Login", headers="Username* Secret AuthType Key Events SequenceNumber SequenceRun")
async def login(rt: "Runtime", request: Request) -> Response:
    """Log in to the manager.

    By `Username` and `Secret`, or with `AuthType: MD5` and as `Key` the MD5 of challenge and secret. `Events` is the
    event mask to begin with.
    """
    return await client().login(request)


@action("Challenge")
def challenge(rt: "Runtime", auth_type: str = "") -> Response:
    """Get a challenge for a login without the secret itself."""
    return client().challenge(auth_type)


@action("Logoff")
def logoff(rt: "Runtime") -> Response:
    """Log off and close the connection."""
    return Response("Goodbye", "Thanks for all the fish.", closes=True)


@action("Ping")
def ping(rt: "Runtime") -> Response:
    """Show that the connection is alive."""
    return Response.success(headers=[("Ping", "Pong"), ("Timestamp", f"{time.time():.6f}")])


@action("Events")
def listen(rt: "Runtime", event_mask: str = "") -> Response:
    """Choose the classes of events that are sent here: `on`, `off`, or a list."""
    on = client().listen(event_mask)
    if on is None:
        return Response.error("Invalid event mask")
    return Response.success(headers=[("Events", "On" if on else "Off")])


@action("Filter", privilege="system", headers="Operation* Filter MatchCriteria")
def add_filter(rt: "Runtime", request: Request) -> Response:
    """Add an event filter to this connection, as manager.conf's eventfilter does."""
    if request.get("Operation").lower() != "add":
        return Response.error("Unknown operation")
    why = client().add_filter(request.get("MatchCriteria"), request.get("Filter"))
    return Response.error(why) if why else Response.success("Success")


@action("WaitEvent")
async def wait_event(rt: "Runtime", timeout: float = -1.0) -> Response:
    """Wait until there is an event, at most `Timeout` seconds."""
    await client().wait_event(timeout if 0 <= timeout <= _WAIT_MAX_S else _WAIT_MAX_S)
    return Response("Success", "Waiting for Event completed.", last=Item("WaitEventComplete"))


@action("ListCommands")
def list_commands(rt: "Runtime") -> Response:
    """List the actions."""
    rights = client().rights
    found = sorted(rt.actions.values(), key=lambda each: each.name.lower())
    return Response(lines=[_line(each) for each in found if may(rights, each.privilege)])


def _line(each: Action) -> str:
    return f"{each.name}: {each.doc.synopsis}  (Priv: {each.privilege + ',all' if each.privilege else '<none>'})"


@action("UserEvent", privilege="user", headers="UserEvent*")
def user_event(rt: "Runtime", request: Request) -> Response:
    """Send an event of one's own to all clients."""
    headers: dict[str, str] = {}
    again: list[tuple[str, str]] = []
    for name, value in request.headers:
        if name.lower() in ("action", "userevent"):
            continue
        if name in headers:
            again.append((name, value))
        else:
            headers[name] = value
    rt.bus.publish(UserEvent(None, request.get("UserEvent"), headers, tuple(again)))
    return Response.success("Event Sent")
