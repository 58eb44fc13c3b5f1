"""Commands that show what happens while it happens: the events of a channel, and all events."""

from collections.abc import Callable, Iterator
from dataclasses import fields
from typing import TYPE_CHECKING

from asterism.runtime.commands.control import changed, level_of, part_of
from asterism.runtime.declare import command
from asterism.runtime.errors import ArgumentError, AsterismError
from asterism.runtime.events import ChannelSnapshot, Event, Hangup
from asterism.runtime.log import escaped

if TYPE_CHECKING:
    from asterism.runtime.runtime import Runtime

KEY = "trace"
"Under this name a runtime keeps its Watch."

WITH_FACTS = 2
"From this level of trace on the facts of an event are written, not its name alone."


class Watch:
    """Writes events into the log: all at the level TRACE, those of chosen channels as verbose lines."""

    def __init__(self, rt: "Runtime") -> None:
        self._rt = rt
        self.level = 0
        self.of_part: dict[str, int] = {}
        self.channels: set[str] = set()
        "Unique ids of channels whose events are shown."
        self.every_channel = False
        self._stop: Callable[[], None] | None = None

    @classmethod
    def of(cls, rt: "Runtime") -> "Watch":
        """The one of a runtime."""
        found: Watch = rt.datastores.setdefault(KEY, cls(rt))
        return found

    def follow(self) -> None:
        """Listen while there is something to show, and not longer: putting events together costs calls their time."""
        wanted = bool(self.level or self.of_part or self.channels or self.every_channel)
        if wanted and self._stop is None:
            self._stop = self._rt.bus.subscribe(self._happened)
        elif not wanted and self._stop is not None:
            self._stop()
            self._stop = None

    def _happened(self, event: Event) -> None:
        snapshots = [each for _, each in _values(event) if isinstance(each, ChannelSnapshot)]
        call = snapshots[0].call if snapshots else ""
        level = self._level_of(type(event).__module__)
        if level:
            text = (
                _told(event) if level >= WITH_FACTS else f"{event.name} {' '.join(each.channel for each in snapshots)}"
            )
            self._rt.log.at("TRACE", text.rstrip(), call)
        if self.every_channel or any(each.uniqueid in self.channels for each in snapshots):
            if snapshots:
                self._rt.log.verbose(0, _told(event), call)
            if isinstance(event, Hangup) and event.channel.uniqueid in self.channels:
                self.channels.discard(event.channel.uniqueid)
                self.follow()

    def _level_of(self, module: str) -> int:
        words = module.replace("_", ".").split(".")
        return max((level for part, level in self.of_part.items() if part in words), default=self.level)


def _values(event: Event) -> Iterator[tuple[str, object]]:
    for each in fields(event):
        yield each.name, getattr(event, each.name)


def _told(event: Event) -> str:
    """An event in a line: its name, its channels, its facts."""
    parts = [event.name]
    for name, value in _values(event):
        if isinstance(value, ChannelSnapshot):
            parts.append(f"[{value.channel}]" if name == "channel" else f"{name}=[{value.channel}]")
        elif value not in (None, ""):
            parts.append(f"{name}={value}")
    return escaped(" ".join(parts))


@command("core set debug channel <channel|all> [off]", see="core set trace, no debug channel")
def set_debug_channel(rt: "Runtime", name: str, off: str = "") -> str:
    """Print each event of a channel as it happens, or of all channels; with off no more.

    The lines are verbose ones that every console shows and that the log keeps, whatever its verbosity.
    """
    watch = Watch.of(rt)
    if name.lower() == "all":
        watch.every_channel = not off
        watch.follow()
        return f"Debugging on new channels is {'disabled' if off else 'enabled'}"
    channel = rt.channels.get(name)
    if channel is None:
        raise AsterismError(f"No such channel {name}")
    if off:
        watch.channels.discard(channel.uniqueid)
    else:
        watch.channels.add(channel.uniqueid)
    watch.follow()
    return f"Debugging on channel {channel.name} is {'disabled' if off else 'enabled'}"


@command("no debug channel <channel|all>", see="core set debug channel")
def no_debug_channel(rt: "Runtime", name: str) -> str:
    """Print the events of a channel no more: the same as core set debug channel ... off."""
    return set_debug_channel.body(rt, name, "off")  # type: ignore[no-any-return]


@command("core set trace [atleast] <level|off> [<part>]", see="core set debug, logger set level")
def set_trace(rt: "Runtime", atleast: str, level: str, part: str = "") -> str:
    """Write every event into the log at the level TRACE: its name and channels, from level 2 on its facts too.

    0 or off writes none. With atleast a higher level stays. With a part only events that come from it are meant, such
    as agi or mixmonitor. Consoles and files show TRACE where logger.conf names it.
    """
    watch, new = Watch.of(rt), level_of(level)
    if not part:
        old = watch.level
        watch.level = old if atleast and new < old else new
        watch.follow()
        return changed("Core trace", old, watch.level)
    if level.lower() == "off":
        raise ArgumentError("")
    word = part_of(part)
    old = watch.of_part.get(word, 0)
    if old == new or (atleast and new < old):
        return f"Core trace is still {old} for '{part}'."
    watch.of_part[word] = new
    if not new:
        del watch.of_part[word]
    watch.follow()
    return f"Core trace was {old} and has been set to {new} for '{part}'."
