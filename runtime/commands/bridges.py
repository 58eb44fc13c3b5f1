"""Commands about bridges."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from asterism.runtime.bridge import Bridge
from asterism.runtime.channel import Channel
from asterism.runtime.commands.core import clock
from asterism.runtime.commands.nouns import Words
from asterism.runtime.declare import Table, command, noun

if TYPE_CHECKING:
    from asterism.runtime.runtime import Runtime

_COLUMNS = (("Bridge-ID", 36), ("Name", 36), ("Chans", 5), ("Type", 15), ("Technology", 15), ("Duration", 0))


@noun("bridge-id")
def bridge_id(rt: "Runtime") -> Words:
    """Bridges, and who is in them."""
    for bridge in rt.bridges.values():
        yield bridge.uniqueid, " and ".join(member.name for member in bridge.members)


@command("bridge show all", see="bridge show, bridge kick")
def bridge_show_all(rt: "Runtime") -> Table:
    """List the bridges."""
    rows = [
        (
            each.uniqueid,
            each.name or "<unknown>",
            len(each.parties),
            each.kind,
            each.technology,
            _age(rt, each),
        )
        for each in rt.bridges.values()
    ]

    def line(row: Sequence[object]) -> str:
        uniqueid, name, count, kind, technology, age = row
        return f"{uniqueid:<36} {name:<36} {count:>5} {kind:<15} {technology:<15} {age}"

    return Table(_COLUMNS, rows, line=line)


def _age(rt: "Runtime", bridge: Bridge) -> str:
    return clock(rt.now() - bridge.created_s)


@command("bridge show <bridge-id>", see="bridge show all")
def bridge_show(rt: "Runtime", bridge_id: str) -> list[str]:
    """Show one bridge, and who is in it."""
    found = rt.bridges.get(bridge_id)
    if found is None:
        return [f"Bridge '{bridge_id}' not found"]
    active = sum(not party.is_apart for party in found.parties)
    return [
        f"Id: {found.uniqueid}",
        f"Type: {found.kind}",
        f"Technology: {found.technology}",
        f"Subclass: {found.kind}",
        f"Creator: {found.creator}",
        f"Name: {found.name}",
        "Video-Mode: none",
        "Video-Source-Id: ",
        f"Num-Channels: {len(found.parties)}",
        f"Num-Active: {active}",
        f"Duration: {_age(rt, found)}",
        *(f"Channel: {member.name}" for member in found.members),
    ]


@command("bridge destroy <bridge-id>", see="bridge kick")
def bridge_destroy(rt: "Runtime", bridge_id: str) -> str:
    """Send everybody out of a bridge."""
    found = rt.bridges.get(bridge_id)
    if found is None:
        return f"Bridge '{bridge_id}' not found"
    found.destroy()
    return f"Destroying bridge '{bridge_id}'"


@command("bridge kick <bridge-id> <channel>", see="bridge destroy")
def bridge_kick(rt: "Runtime", bridge_id: str, channel: str) -> str:
    """Send a channel, or `all`, out of a bridge; a call of two is over then."""
    found = rt.bridges.get(bridge_id)
    if found is None:
        return f"Bridge '{bridge_id}' not found"
    if channel.lower() == "all":
        for each in found.members:
            _kick(each)
        return f"Kicking all channels from bridge '{bridge_id}'"
    member = rt.channels.find(channel)
    if member is None:
        return f"Channel '{channel}' not found"
    if member.bridge is not found:
        return f"Channel '{member.name}' is not in bridge '{bridge_id}'"
    _kick(member)
    return f"Kicking channel '{member.name}' from bridge '{bridge_id}'"


def _kick(member: Channel) -> None:
    if member.membership is not None:
        member.membership.hang_up()


@command("bridge technology show", see="bridge show all")
def bridge_technology_show(rt: "Runtime") -> Table:
    """List the ways in which channels are joined."""

    def line(row: Sequence[object]) -> str:
        name, kind, priority, suspended = row
        return f"{name:<20} {kind:<20} {priority:>8} {suspended}"

    rows = [(*each, "No") for each in TECHNOLOGIES]
    return Table((("Name", 20), ("Type", 20), ("Priority", 8), ("Suspended", 0)), rows, line=line)


TECHNOLOGIES = (
    ("holding_bridge", "Holding", 50),
    ("simple_bridge", "1to1Mix", 50),
    ("softmix", "MultiMix", 10),
)
"""Ways to join channels: name, type, and preference, as Asterisk lists them."""
