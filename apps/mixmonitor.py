"""MixMonitor and StopMixMonitor: recording a call beside whatever goes on."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, cast

from asterism.dialplan import substitution
from asterism.dialplan.compile import Compiler
from asterism.dialplan.scope import EvaluateLater
from asterism.runtime.channel import Channel
from asterism.runtime.declare import Option, Text, application
from asterism.runtime.errors import ArgumentError
from asterism.runtime.log import escaped
from asterism.runtime.mixmonitor import MixMonitor, Order, monitors_of

_LATE = re.compile(r"\^\{([^{}]*)\}")


@dataclass(frozen=True)
class MixMonitorOptions:
    """Options of MixMonitor."""

    append: Annotated[bool, Option("a")] = False
    "Go on behind what is in the file."
    bridged: Annotated[bool, Option("b")] = False
    "Record only while the channel is in a bridge."
    beeps: Annotated[str | None, Option("B", "s", later=True)] = None
    "Play a beep now and then."
    own_caller: Annotated[bool, Option("c", later=True)] = False
    "Use the channel's own caller id for the voicemail."
    delete: Annotated[bool, Option("d")] = False
    "Delete the file when it is done and the command runs."
    heard_volume: Annotated[str | None, Option("v", "x", later=True)] = None
    "Change the volume of what is heard."
    spoken_volume: Annotated[str | None, Option("V", "x", later=True)] = None
    "Change the volume of what is said."
    volume: Annotated[str | None, Option("W", "x", later=True)] = None
    "Change the volume of both."
    received: Annotated[str, Option("r", "file")] = ""
    "Record what the far end says into this file."
    sent: Annotated[str, Option("t", "file")] = ""
    "Record what the far end hears into this file."
    stereo: Annotated[bool, Option("D", later=True)] = False
    "Write two channels of samples side by side."
    loose: Annotated[bool, Option("S", later=True)] = False
    "Do not keep the files of r and t in step."
    identity: Annotated[str, Option("i", "variable")] = ""
    "Set this variable to the id of the recording."
    beep_start: Annotated[bool, Option("p")] = False
    "Play a beep when it begins."
    beep_stop: Annotated[bool, Option("P", later=True)] = False
    "Play a beep when it ends."
    mailboxes: Annotated[str | None, Option("m", "mailbox", later=True)] = None
    "Copy the recording into mailboxes."


@application("MixMonitor", see="StopMixMonitor, MIXMONITOR, MIXMONITOR_FILENAME")
async def mixmonitor(
    chan: Channel, file: str = "", options: MixMonitorOptions = MixMonitorOptions(), command: Text = ""
) -> None:
    """Record a call, both sides mixed, beside whatever goes on; until StopMixMonitor or its end.

    Args:
        file: `name.format`, below the folder `monitor` of the spool unless it begins at the root. The formats are those
            of Record.
        options: `a` appends, `b` records only while bridged, `d` deletes the file in the end, `r(file)` records what
            the far end says, `t(file)` what it hears, `i(variable)` tells the id, `p` plays a beep before.
        command: For the shell, when the recording is done; `^{NAME}` in it stands for `${NAME}`.
    Sets: MIXMONITOR_FILENAME: the path of the file.
    Compat: app_mixmonitor. It does not answer. Never put what a caller sent into the command without FILTER.
    """
    if not file and not options.received and not options.sent:
        chan.warn("MixMonitor requires an argument (filename or ,t(filename) and/or r(filename))")
        return
    if options.beep_start:
        await chan.play("beep")
    await begin(chan, file, options, command)


async def begin(chan: Channel, file: str, options: MixMonitorOptions, command: str) -> MixMonitor | None:
    """Begin a recording; None, and a WARNING, when that is not possible.

    Args:
        chan: Whose call.
        file: As of MixMonitor.
        options: As of MixMonitor.
        command: As of MixMonitor.
    """
    folder = chan.switch.directories.spool / "monitor"
    order = Order(
        mixed=_path(folder, file),
        received=_path(folder, options.received),
        sent=_path(folder, options.sent),
        append=options.append,
        bridged=options.bridged,
        delete=options.delete,
        command=await _substituted(chan, _LATE.sub(r"${\1}", command)),
    )
    monitor = MixMonitor(chan, order, f"0x{id(order):x}")
    try:
        await monitor.start()
    except (OSError, ValueError, ArgumentError) as error:
        chan.warn(f"MixMonitor: {escaped(monitor.filename)} cannot be recorded: {error}")
        return None
    chan.set("MIXMONITOR_FILENAME", monitor.filename)
    if options.identity:
        chan.set(options.identity, monitor.name)
    return monitor


def _path(folder: Path, name: str) -> Path | None:
    return folder / name if name else None


async def _substituted(chan: Channel, text: str) -> str:
    if "$" not in text:
        return text
    compiled = Compiler(chan.source.registry).text(substitution.parse(text))
    return compiled.now(chan) if compiled.now else await cast(EvaluateLater, compiled.later)(chan)


@application("StopMixMonitor", see="MixMonitor")
async def stopmixmonitor(chan: Channel, mixmonitorid: str = "") -> None:
    """End what MixMonitor records; the file is complete then.

    Args:
        mixmonitorid: The id of the recording, as option `i` of MixMonitor tells it; all of the channel when left out.
    Compat: app_mixmonitor.
    """
    for monitor in chosen(chan, mixmonitorid):
        await monitor.stop()


def chosen(chan: Channel, identity: str) -> Iterator[MixMonitor]:
    """The recordings of a channel, or the one of this id."""
    for name, monitor in tuple(monitors_of(chan).items()):
        if not identity or name == identity:
            yield monitor
