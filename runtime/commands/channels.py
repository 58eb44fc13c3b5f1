"""Commands about channels: what there are, one in detail, hang up, send elsewhere, originate."""

import fnmatch
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from asterism.dialplan import regex
from asterism.runtime.commands.core import clock, span
from asterism.runtime.declare import Table, command, noun
from asterism.runtime.errors import AsterismError
from asterism.runtime.events import ChannelSnapshot
from asterism.runtime.peers import group_numbers
from asterism.runtime.pickup import groups_of

if TYPE_CHECKING:
    from asterism.runtime.channel import Channel
    from asterism.runtime.runtime import Runtime

_AMA_DOCUMENTATION = 3
"What `concise` prints when nothing else was said: Asterisk's default AMA flag."

_PLAIN = (("Channel", 64), ("Location", 32), ("State", 7), ("Application(Data)", 30))

_VERBOSE = (
    ("Channel", 80), ("Context", 24), ("Extension", 24), ("Prio", 4), ("State", 7), ("Application", 12),
    ("Data", 25), ("CallerID", 15), ("Duration", 8), ("Accountcode", 11), ("PeerAccount", 11), ("BridgeID", 20),
)  # fmt: skip

_CONCISE = (
    "Channel", "Context", "Extension", "Priority", "State", "Application", "Data", "CallerID", "Accountcode",
    "PeerAccount", "AMAFlags", "Duration", "BridgeID", "UniqueID",
)  # fmt: skip


@command("core show channels [concise|verbose|count]", see="core show channel")
def show_channels(rt: "Runtime", form: str = "") -> Table:
    """List the active channels.

    With `concise` one line each, fields joined by !, for programs; with `verbose` more and longer columns; with
    `count` only how many there are.
    """
    footer = counts(rt)
    snapshots = [] if form == "count" else list(reversed(rt.channels.snapshots()))
    match form:
        case "concise":
            rows = [_concise_row(rt, each) for each in snapshots]
            return Table([(title, 0) for title in _CONCISE], rows, header=False, line=_joined)
        case "verbose":
            return Table(_VERBOSE, [_verbose_row(rt, each) for each in snapshots], footer, line=_verbose_line)
        case "count":
            return Table(_PLAIN, [], footer, header=False)
        case _:
            return Table(_PLAIN, [_plain_row(each) for each in snapshots], footer, line=_filled(_PLAIN))


def counts(rt: "Runtime") -> list[str]:
    """Channels and calls in numbers, as several commands end."""
    channels, calls, processed = len(rt.channels), rt.channels.calls, rt.channels.processed
    most = rt.options.maxcalls
    active = f"{calls} active call{_s(calls)}"
    if most:
        active = f"{calls} of {most} max active call{_s(calls)} ({100 * calls / most:5.2f}% of capacity)"
    return [
        f"{channels} active channel{_s(channels)}",
        active,
        f"{processed} call{_s(processed)} processed",
    ]


def _s(number: int) -> str:
    return "" if number == 1 else "s"


def _filled(columns: Sequence[tuple[str, int]]) -> Callable[[Sequence[object]], str]:
    """Asterisk fills the last column with blanks too, and scripts cut by position."""

    def line(row: Sequence[object]) -> str:
        return " ".join(f"{cell!s:<{width}.{width}}" for cell, (_, width) in zip(row, columns, strict=True))

    return line


def _verbose_line(row: Sequence[object]) -> str:
    cells = [f"{cell!s:<{width}.{width}}" for cell, (_, width) in zip(row, _VERBOSE, strict=True)]
    if isinstance(row[3], int):
        cells[3] = f"{row[3]:4d}"
    cells[8] = f"{row[8]!s:>8.8}"
    return " ".join(cells)


def _joined(row: Sequence[object]) -> str:
    return "!".join(map(str, row))


def _plain_row(each: ChannelSnapshot) -> tuple[object, ...]:
    location = f"{each.exten}@{each.context}:{each.priority}" if each.context and each.exten else "(None)"
    running = f"{each.application}({each.app_data})" if each.application else "(None)"
    return each.channel, location, each.state.text, running


def _verbose_row(rt: "Runtime", each: ChannelSnapshot) -> tuple[object, ...]:
    return (
        each.channel, each.context, each.exten, each.priority, each.state.text, each.application or "(None)",
        each.app_data or "(Empty)", each.caller_number, clock(_age(rt, each)), each.accountcode,
        _peer_account(rt, each), each.bridge,
    )  # fmt: skip


def _concise_row(rt: "Runtime", each: ChannelSnapshot) -> tuple[object, ...]:
    return (
        each.channel, each.context, each.exten, each.priority, each.state.text, each.application or "(None)",
        each.app_data, each.caller_number, each.accountcode, _peer_account(rt, each), _AMA_DOCUMENTATION,
        _age(rt, each), each.bridge, each.uniqueid,
    )  # fmt: skip


def _age(rt: "Runtime", each: ChannelSnapshot) -> int:
    return max(0, int(rt.now() - each.created_s))


def _peer_account(rt: "Runtime", each: ChannelSnapshot) -> str:
    channel = rt.channels.get(each.channel)
    peer = channel.peer if channel is not None else None
    return peer.accountcode if peer is not None else ""


@command("core show calls [uptime|uptime seconds]")
def show_calls(rt: "Runtime", form: str = "") -> list[str]:
    """Show how many calls there are and were, and with `uptime` since when; with `seconds` as a plain number."""
    lines = counts(rt)[1:]
    up = int(rt.now() - rt.started_s)
    return [*lines, f"System uptime: {up if form.endswith('seconds') else span(up)}"] if form else lines


@command("core show channel <channel>", see="core show channels")
def show_channel(rt: "Runtime", name: str) -> list[str]:
    """Show everything about one channel: its variables, its call record, its media."""
    channel = rt.channels.find(name)
    if channel is None:
        return [_unknown(name)]
    snapshot = channel.snapshot()
    formats = list(channel.leg.formats)
    age = _age(rt, snapshot)
    audio = formats[0] if formats else "none"
    number, title = channel.connected.number or "(N/A)", channel.connected.name or "(N/A)"
    names = reversed(list(channel.variables))
    return [
        " -- General --",
        _field("Name", channel.name),
        _field("Type", channel.technology),
        _field("UniqueID", channel.uniqueid),
        _field("LinkedID", channel.linkedid),
        _field("Caller ID", channel.caller.number or "(N/A)"),
        _field("Caller ID Name", channel.caller.name or "(N/A)"),
        _field("Connected Line ID", number),
        _field("Connected Line ID Name", title),
        _field("Eff. Connected Line ID", number),
        _field("Eff. Connected Line ID Name", title),
        _field("DNID Digits", channel.dialed or "(N/A)"),
        _field("Language", channel.language),
        _field("State", f"{channel.state.text} ({int(channel.state)})"),
        _field("NativeFormats", f"({'|'.join(formats)})"),
        _field("WriteFormat", audio),
        _field("ReadFormat", audio),
        _field("WriteTranscode", "No "),
        _field("ReadTranscode", "No "),
        _field("Time to Hangup", int(channel.absolute_timeout_at)),
        _field("Elapsed Time", f"{age // 3600}h{age // 60 % 60}m{age % 60}s"),
        _field("Bridge ID", snapshot.bridge or "(Not bridged)"),
        " --   PBX   --",
        _field("Context", channel.context),
        _field("Extension", channel.exten),
        _field("Priority", channel.priority),
        _field("Call Group", _bits(channel, "callgroup")),
        _field("Pickup Group", _bits(channel, "pickupgroup")),
        _field("Application", snapshot.application or "(N/A)"),
        _field("Data", snapshot.app_data or "(Empty)"),
        f" Call Identifier: [{channel.call}]",
        "      Variables:",
        *(f"{channel.variables.spelled(each)}={channel.variables[each]}" for each in names),
        *_record(rt, channel),
        "",
        " -- Streams --",
        "Name: audio-0",
        "    Type: audio",
        "    State: sendrecv",
        "    Group: -1",
        f"    Formats: ({'|'.join(formats)})",
        "    Metadata:",
    ]


def _bits(channel: "Channel", kind: str) -> int:
    """Groups from 0 to 63 as the bits of a number."""
    return sum(1 << int(number) for number in set(group_numbers(groups_of(channel, kind))))


def _record(rt: "Runtime", channel: "Channel") -> list[str]:
    """The call record so far, as far as one is kept."""
    record = rt.cdr.record(channel) if rt.cdr.listening else None
    if record is None:
        return []
    values = {
        **{name: record.value(name) for name in ("clid", "src", "dst", "dcontext", "channel", "dstchannel")},
        **{name: record.value(name) for name in ("lastapp", "lastdata")},
        "start": f"{record.start_s:.6f}",
        "answer": f"{record.answer_s:.6f}",
        "end": f"{record.end_s:.6f}",
        **{name: record.value(name, "u") for name in ("duration", "billsec", "disposition", "amaflags")},
        **{name: record.value(name) for name in ("accountcode", "uniqueid", "linkedid", "userfield", "sequence")},
        **record.variables,
    }
    return ["  CDR Variables:", *(f"level 1: {name}={value}" for name, value in values.items() if value)]


def _field(name: str, value: object) -> str:
    return f"{name:>15}: {value}"


def _unknown(name: str) -> str:
    return f"{name} is not a known channel"


def _meant(rt: "Runtime", name: str) -> "Iterable[Channel]":
    """The channels that an operator means: one, `all`, a /regular expression/, or a pattern with wildcards."""
    channels = tuple(rt.channels.values())
    if name.lower() == "all":
        return channels
    if len(name) > 2 and name.startswith("/") and name.endswith("/"):
        try:
            wanted = regex.compiled(name[1:-1], ignore_case=True)
        except regex.BadPattern as error:
            raise AsterismError(f"{name} is no regular expression: {error}") from None
        return [each for each in channels if wanted.search(each.name)]
    if any(char in name for char in "*?["):
        return [each for each in channels if _glob(each.name, name)]
    found = rt.channels.find(name)
    return [found] if found is not None else []


def _glob(name: str, pattern: str) -> bool:
    """Match as path names do: a wildcard stands for no slash."""
    names, patterns = name.split("/"), pattern.split("/")
    return len(names) == len(patterns) and all(map(fnmatch.fnmatchcase, names, patterns))


@command("channel request hangup <channel|all>...")
def request_hangup(rt: "Runtime", names: list[str]) -> list[str]:
    """Hang up channels.

    A channel by its name, `all` of them, those that a /regular expression/ is found in, or those that a pattern
    with * and ? matches; in a pattern no wildcard stands for a slash (Local/*, not Loc*).
    """
    lines = []
    for name in names:
        channels = list(_meant(rt, name))
        if not channels and name.lower() != "all":
            lines.append(_unknown(name))
        for channel in channels:
            channel.request_hangup(told=True)
            lines.append(f"Requested Hangup on channel '{channel.name}'")
    return lines


@command("hangup request <channel|all>...", see="channel request hangup")
def hangup_request(rt: "Runtime", names: list[str]) -> list[str]:
    """Hang up channels: an older spelling of channel request hangup."""
    lines: list[str] = request_hangup.body(rt, names)
    return lines


@command("channel redirect <channel> <[context,]exten,priority>")
def redirect(rt: "Runtime", name: str, place: str) -> str:
    """Send a channel to another place of the dialplan.

    Without a context it stays in its own; the priority is a number or a label.
    """
    channel = rt.channels.find(name)
    if channel is None:
        raise AsterismError(f"Channel '{name}' not found")
    *context, exten, priority = ["", *place.split(",")][-3:] if place.count(",") else ["", place, "1"]
    channel.redirect(context[0] if context else "", exten, priority)
    return f"Channel '{channel.name}' successfully redirected to {place}"


@command(
    "channel originate <tech/data> {application <application> [<data>]|extension <exten@context>}",
    see="core show channels",
)
def originate(rt: "Runtime", device: str, kind: str, application: str, data: str, place: str) -> None:
    """Call a device, and let it run an application or an extension when it answers.

    It rings for 30 seconds at most. Data with blanks are put into double quotes. An extension is written
    exten@context; what is left out is s, or default.
    """
    technology = device.partition("/")[0]
    if rt.driver(technology) is None:
        raise AsterismError(f"No channel type '{technology}' is registered")
    if kind == "application":
        if rt.modules.application(application) is None:
            raise AsterismError(f"No application '{application}' is registered")
        rt.spawn(rt.originate(device, application=application, app_data=data), f"originate {device}")
        return
    exten, _, context = place.partition("@")
    rt.spawn(rt.originate(device, context=context or "default", exten=exten or "s"), f"originate {device}")


_TYPES = (("Type", 15), ("Description", 40), ("Devicestate", 13), ("Presencestate", 13), ("Indications", 13),
          ("Transfer", 13))  # fmt: skip


def _transfers(technology: str) -> bool:
    """Whether the far end of such a channel can be asked to call somebody else."""
    return technology in ("SIP", "PJSIP")


@command("core show channeltypes", see="core show channeltype")
def show_channel_types(rt: "Runtime") -> Table:
    """List the kinds of channel that can be dialled."""
    rows = [
        (technology, driver.description, "yes", "no", "yes", "yes" if _transfers(technology) else "no")
        for driver in rt.drivers
        for technology in driver.technologies
    ]
    footer = ["----------", f"{len(rows)} channel drivers registered."]
    head = [_type_line([title for title, _ in _TYPES]), _type_line(["-" * 13] * len(_TYPES))]
    return Table(_TYPES, rows, footer, header=False, line=_type_line, above=head)


def _type_line(row: Sequence[object]) -> str:
    first, *rest = (f"{cell!s:<{width}.{width}}" for cell, (_, width) in zip(row, _TYPES, strict=True))
    return f"{first}  {' '.join(rest)}"


@command("core show channeltype <technology>", see="core show channeltypes")
def show_channel_type(rt: "Runtime", name: str) -> list[str]:
    """Tell what a kind of channel can do."""
    from asterism.runtime.commands.codecs import CODECS

    driver = rt.driver(name)
    technology = next((each for each in driver.technologies if each.lower() == name.lower()), "") if driver else ""
    if not technology:
        raise AsterismError(f"\n{name} is not a registered channel driver.")
    return [
        f"-- Info about channel driver: {technology} --",
        "  Device State: yes",
        "Presence State: no",
        "    Indication: yes",
        f"     Transfer : {'yes' if _transfers(technology) else 'no'}",
        f"  Capabilities: ({'|'.join(codec.name for codec in CODECS)})",
        "   Digit Begin: yes",
        "     Digit End: yes",
        "    Send HTML : no",
        " Image Support: no",
        "  Text Support: yes",
    ]


@command("local show channels", see="core show channels")
def local_show_channels(rt: "Runtime") -> Table:
    """List the Local channels, and where they lead."""
    rows = [
        (each.name, f"{each.leg.read('exten') or 's'}@{each.leg.read('context') or 'default'}")
        for each in rt.channels.values()
        if each.technology == "Local" and each.name.endswith(";1")
    ]
    footer = [] if rows else ["No local channels in use"]
    return Table(
        [("Channel", 0), ("Location", 0)], rows, footer, header=False, line=lambda row: f"{row[0]} -- {row[1]}"
    )


@noun("technology")
def technology(rt: "Runtime") -> Iterator[tuple[str, str]]:
    """Kinds of channel."""
    for driver in rt.drivers:
        for each in driver.technologies:
            yield each, driver.description
