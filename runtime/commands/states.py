"""Commands about states: of custom devices and presences, of groups, of hangup handlers."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from asterism.runtime.declare import Function, Table, command, noun
from asterism.runtime.errors import ArgumentError, AsterismError
from asterism.runtime.states import DeviceState
from asterism.runtime.unbound import Unbound

if TYPE_CHECKING:
    from asterism.runtime.channel import Channel
    from asterism.runtime.runtime import Runtime

_RULE = "-" * 69


def _function(rt: "Runtime", name: str) -> Function:
    found = rt.find_function(name)
    if found is None:
        raise AsterismError(f"The function {name} is not loaded.")
    return found


async def _assign(rt: "Runtime", name: str, argument: str, value: str) -> None:
    done = _function(rt, name).assign(Unbound(rt), argument, value)
    if done is not None:
        await done


@command("devstate list", see="devstate change")
async def devstate_list(rt: "Runtime") -> Table:
    """List the custom device states that were set."""
    found = await rt.database.tree("CustomDevstate")
    rows = [(f"Custom:{path.split('/', 2)[2]}", state) for path, state in sorted(found.items())]
    return Table(
        [("Name", 0), ("State", 0)],
        rows,
        ["---", _RULE, _RULE, ""],
        header=False,
        line=lambda row: f"---\n--- Name: '{row[0]}'  State: '{row[1]}'",
        above=["", _RULE, f"--- Custom Device States {'-' * 44}", _RULE],
    )


@command("devstate change <custom device> <state>", see="devstate list")
async def devstate_change(rt: "Runtime", device: str, state: str) -> list[str]:
    """Set the state of a custom device: NOT_INUSE, INUSE, BUSY, RINGING, RINGINUSE, ONHOLD, UNAVAILABLE ..."""
    if not device.startswith("Custom:"):
        raise AsterismError("The devstate command can only be used to set 'Custom:' device state!")
    if state.upper() not in DeviceState.__members__:
        raise ArgumentError("")
    await _assign(rt, "DEVICE_STATE", device, state)
    return [f"Changing {device.removeprefix('Custom:')} to {state.upper()}"]


@command("presencestate list", see="presencestate change")
async def presencestate_list(rt: "Runtime") -> Table:
    """List the custom presence states that were set."""
    found = await rt.database.tree("CustomPresence")
    rows = []
    for path, text in sorted(found.items()):
        state, subtype, message, coding = (*text.split(",", 3), "", "", "")[:4]
        name = f"CustomPresence:{path.split('/', 2)[2]}"
        rows.append((name, state, subtype, message, "Yes" if "e" in coding else "No"))
    footer = ["---", _RULE, _RULE, ""] if rows else ["---", "No custom presence states defined"]
    return Table(
        [(title, 0) for title in ("Name", "State", "Subtype", "Message", "Base64 Encoded")],
        rows,
        footer,
        header=False,
        line=_presence_line,
        above=["", _RULE, f"--- Custom Presence States {'-' * 42}", _RULE],
    )


def _presence_line(row: object) -> str:
    assert isinstance(row, tuple)
    name, state, subtype, message, coded = row
    return (
        f"---\n--- Name: '{name}'\n    --- State: '{state}'\n    --- Subtype: '{subtype}'\n"
        f"    --- Message: '{message}'\n    --- Base64 Encoded: '{coded}'"
    )


@command("presencestate change <custom presence> <state>", see="presencestate list")
async def presencestate_change(rt: "Runtime", presence: str, state: str) -> list[str]:
    """Set a custom presence: `state[,subtype[,message[,e]]]`, with e when the texts are in base64.

    The state is one of not_set, unavailable, available, away, xa, chat, dnd.
    """
    if not presence.startswith("CustomPresence:"):
        raise AsterismError("The presencestate command can only be used to set 'CustomPresence:' presence state!")
    await _assign(rt, "PRESENCE_STATE", presence, state)
    return [f"Changing {presence.removeprefix('CustomPresence:')} to {state.partition(',')[0]}"]


@command("group show channels [<pattern>]", see="core show channels")
def group_show_channels(rt: "Runtime", pattern: str = "") -> Table:
    """List the channels that count in groups; with a regular expression those whose group fits it."""
    from asterism.dialplan import regex

    fits = None
    if pattern:
        try:
            fits = regex.compiled(pattern)
        except ValueError as error:
            raise AsterismError(f"{pattern} is no regular expression: {error}") from None
    rows = []
    for channel in rt.channels.values():
        for group, category in channel.datastores.get("groups", ()):
            if fits is None or fits.search(group):
                rows.append((channel.name, group, category or "(default)"))
    count = len({row[0] for row in rows})
    return Table(
        [("Channel", 25), ("Group", 20), ("Category", 20)],
        rows,
        [f"{count} active channel{'' if count == 1 else 's'}"],
        line=lambda row: f"{row[0]!s:<25}  {row[1]!s:<20}  {row[2]!s:<20}",
    )


@command("core show hanguphandlers all", see="core show hanguphandlers")
def show_all_hangup_handlers(rt: "Runtime") -> Table:
    """List the hangup handlers of all channels."""
    return _handlers(tuple(rt.channels.values()))


@command("core show hanguphandlers <channel>", see="core show hanguphandlers all")
def show_hangup_handlers(rt: "Runtime", name: str) -> Table:
    """List the hangup handlers of a channel, the one that runs first on top."""
    channel = rt.channels.find(name)
    if channel is None:
        raise AsterismError("Channel does not exist.")
    return _handlers((channel,))


def _handlers(channels: "tuple[Channel, ...]") -> Table:
    rows = []
    for channel in channels:
        for place, handler in enumerate(reversed(channel.hangup_handlers)):
            rows.append((channel.name if place == 0 else "", handler))
    return Table([("Channel", 30), ("Handler", 0)], rows, line=lambda row: f"{row[0]!s:<30} {row[1]}")


@noun("custom device")
def custom_device(rt: "Runtime") -> Iterator[tuple[str, str]]:
    """Custom devices that hints name, or that were set."""
    for context in rt.plan.contexts.values():
        for extension in context:
            if extension.hint is not None:
                for device in str(extension.hint.application).partition(",")[0].split("&"):
                    if device.startswith("Custom:"):
                        yield device, f"{extension.name}@{context.name}"
    paths = rt.database.keys()
    for path in paths:
        if path.startswith("/CustomDevstate/"):
            yield f"Custom:{path.split('/', 2)[2]}", "set before"


@noun("state")
def state(rt: "Runtime") -> Iterator[tuple[str, str]]:
    """States of devices."""
    for each in DeviceState:
        yield each.value, ""
