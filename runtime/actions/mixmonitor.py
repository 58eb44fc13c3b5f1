"""The actions MixMonitor, StopMixMonitor, MixMonitorMute."""

from typing import TYPE_CHECKING

from asterism.apps.mixmonitor import begin, chosen
from asterism.apps.mixmonitor import mixmonitor as application
from asterism.runtime.actions.named import channel_of, given
from asterism.runtime.declare import action
from asterism.runtime.mixmonitor import MixMonitorMute
from asterism.runtime.request import Request, Response
from asterism.runtime.settings import is_true

if TYPE_CHECKING:
    from asterism.runtime.runtime import Runtime


@action("MixMonitor", privilege="system", headers="Channel* File Options Command")
async def mixmonitor(rt: "Runtime", request: Request) -> Response:
    """Record a channel, as the application MixMonitor does."""
    name = request.get("Channel")
    given((name, "No channel specified"))
    found = channel_of(rt, name)
    file = request.get("File") or f"{found.name.replace('/', '-')}.wav"
    options = request.get("Options")
    for complaint in application.complaints(f",{options}"):
        rt.log.warning(complaint)
    read = application.arguments(f"{file},{options}")[1]
    monitor = await begin(found, file, read, request.get("Command"))
    if monitor is None:
        return Response.error("Could not start monitoring channel")
    return Response.success(headers=[("MixMonitorID", monitor.name)])


@action("StopMixMonitor", privilege="system,call")
async def stop_mixmonitor(rt: "Runtime", channel: str = "", mixmonitorid: str = "") -> Response:
    """End what MixMonitor records on a channel: all, or the recording of this id."""
    given((channel, "No channel specified."))
    found = channel_of(rt, channel)
    monitors = list(chosen(found, mixmonitorid))
    if not monitors:
        return Response.error("Could not stop monitoring channel")
    for monitor in monitors:
        await monitor.stop()
    return Response.success()


@action("MixMonitorMute", privilege="system,call")
def mute_mixmonitor(
    rt: "Runtime", channel: str = "", direction: str = "", state: str = "", mixmonitorid: str = ""
) -> Response:
    """Record silence instead of what a channel says (`read`), hears (`write`), or both."""
    given((channel, "No channel specified"))
    found = channel_of(rt, channel)
    if direction.lower() not in ("read", "write", "both"):
        return Response.error("Invalid direction specified. Must be read, write or both")
    if not state:
        return Response.error("No state specified")
    monitors = list(chosen(found, mixmonitorid))
    if not monitors:
        return Response.error("Cannot set mute flag")
    muted = is_true(state)
    for monitor in monitors:
        monitor.mute(direction.lower(), muted)
    found.tell(MixMonitorMute, direction.lower(), int(muted))
    return Response.success()
