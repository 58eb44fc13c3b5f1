"""Commands about recordings beside calls: mixmonitor start, stop, list."""

from typing import TYPE_CHECKING

from asterism.apps.mixmonitor import mixmonitor, stopmixmonitor
from asterism.runtime.declare import Table, command
from asterism.runtime.errors import AsterismError
from asterism.runtime.mixmonitor import monitors_of

if TYPE_CHECKING:
    from asterism.runtime.channel import Channel
    from asterism.runtime.runtime import Runtime

_COLUMNS = [("MixMonitor ID", 0), ("File", 0), ("Receive File", 0), ("Transmit File", 0)]
_RULE = "=" * 73


def _channel(rt: "Runtime", name: str) -> "Channel":
    found = rt.channels.get(name)
    if found is None:
        raise AsterismError(f"No channel matching '{name}' found.")
    return found


@command("mixmonitor start <channel> [<file,options,command>...]", see="mixmonitor stop, mixmonitor list")
async def mixmonitor_start(rt: "Runtime", name: str, arguments: list[str]) -> None:
    """Record a channel, with the arguments of the application MixMonitor."""
    done = mixmonitor.run(_channel(rt, name), " ".join(arguments))
    if done is not None:
        await done


@command("mixmonitor stop <channel> [<mixmonitorid>]", see="mixmonitor start, mixmonitor list")
async def mixmonitor_stop(rt: "Runtime", name: str, identity: str = "") -> None:
    """End what MixMonitor records on a channel: the recording of this id, or all."""
    done = stopmixmonitor.run(_channel(rt, name), identity)
    if done is not None:
        await done


@command("mixmonitor list <channel>", see="mixmonitor start, mixmonitor stop")
def mixmonitor_list(rt: "Runtime", name: str) -> Table:
    """List what is recorded of a channel, and into which files."""
    rows = [
        (each.name, *(str(path.with_suffix("")) if path else "" for path in (order.mixed, order.received, order.sent)))
        for each in monitors_of(_channel(rt, name)).values()
        for order in (each.order,)
    ]
    line = "\t".join
    return Table(
        _COLUMNS, rows, header=False, line=lambda row: line(map(str, row)), above=[line(t for t, _ in _COLUMNS), _RULE]
    )
