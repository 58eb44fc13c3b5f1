"""Commands that show PJSIP itself: its settings, versions, tasks, subscriptions, and the audio of its calls."""

import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from asterism.runtime.commands.pjsip_objects import channels, uptime
from asterism.runtime.commands.pjsip_tables import parameters, wanted
from asterism.runtime.commands.sip import driver_of
from asterism.runtime.declare import Table, command
from asterism.runtime.events import ChannelSnapshot
from asterism.runtime.log import escaped

if TYPE_CHECKING:
    from asterism.runtime.runtime import Runtime


@command("pjsip show version", see="core show version")
def pjsip_show_version(rt: "Runtime") -> list[str]:
    """Show the version of PJSIP that runs."""
    return [f"PJPROJECT version currently running against: {driver_of(rt).versions()[0]}"]


@command("pjsip dump endpt [details]", see="pjsip show transports")
def pjsip_dump_endpt(rt: "Runtime", details: str = "") -> list[str]:
    """Show what PJSIP says of its own inside: modules, timers, transports; with `details` memory and transactions.

    Compat: Asterisk writes it to the log of pjproject, which nobody sees by default.
    """
    return [escaped(line) for line in driver_of(rt).dump(bool(details)).splitlines()]


@command("pjsip list ciphers", see="pjsip show transports")
def pjsip_list_ciphers(rt: "Runtime") -> list[str]:
    """List the ciphers that TLS may use, by OpenSSL's names."""
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_ciphers("ALL:COMPLEMENTOFALL:@SECLEVEL=0")
    names = {int(each["id"]) & 0xFFFF: str(each["name"]) for each in context.get_ciphers()}
    found = [names[number & 0xFFFF] for number in driver_of(rt).versions()[1] if number & 0xFFFF in names]
    return [f"Available ciphers: '{', '.join(found)}'"]


@command("pjsip show settings", see="pjsip show endpoint")
def pjsip_show_settings(rt: "Runtime") -> Table:
    """Show the settings of the sections of type global and system of pjsip.conf."""
    found = [
        (title, list((driver_of(rt).parameters(kind, kind) or {}).items()))
        for title, kind in (("Global", "global"), ("System", "system"))
    ]
    rows, texts = [], {}
    for title, pairs in found:
        heading, *lines = ["\n".join(("", f"{title} Settings:", "")), *list(parameters(pairs).lines())[:-1]]
        # The heading of a part stands before its first line.
        lines[2] = "\n".join((heading, *lines[:3]))
        for (name, value), line in zip(pairs, lines[2:], strict=True):
            rows.append((title, name, value))
            texts[title, name] = line
    columns = [("Settings", 0), ("ParameterName", 0), ("ParameterValue", 0)]
    return Table(columns, rows, header=False, line=lambda row: texts[str(row[0]), str(row[1])])


@command("pjsip show identifiers", see="pjsip show identifies")
def pjsip_show_identifiers(rt: "Runtime") -> Table:
    """List the ways in which a request is told whose it is, in order."""
    said = (driver_of(rt).parameters("global", "global") or {}).get("endpoint_identifier_order", "")
    order = [each.strip() for each in said.split(",") if each.strip()]
    known = ("ip", "username", "anonymous", "auth_username", "header", "request_uri")
    # The line of a registration of ours has no name and goes first.
    rows = ["name not specified", *order, *(each for each in known if each not in order)]
    return Table([("Identifier Names:", 20)], [(each,) for each in rows], line=lambda row: f"{row[0]!s:<20}")


_TASKS = (
    "<Task Name....................................> <Interval> <Times Run> <State>  <Queued....>  <Last Start>"
    "  <Next Start.....secs>"
)


@command("pjsip show scheduled_tasks [like <pattern>]", see="pjsip show contacts")
def pjsip_show_scheduled_tasks(rt: "Runtime", pattern: str = "") -> Table:
    """List what PJSIP does again and again: the probes of contacts."""
    titles = ("Task Name", "Interval", "Times Run", "State", "Queued", "Last Start", "Next Start", "secs")
    rows = [
        (
            each.name,
            each.interval_s,
            each.runs,
            "wait" if each.next_s else "run",
            _clock(each.queued_s),
            _clock(each.ran_s),
            _clock(each.next_s),
            max(0, int(each.next_s - rt.now())) if each.next_s else 0,
        )
        for each in driver_of(rt).probes()
        if wanted(pattern, each.name)
    ]
    return Table(
        [(title, 0) for title in titles],
        rows,
        ["", f"Total Scheduled Tasks: {len(rows)}", ""],
        header=False,
        line=_task_line,
        above=["PJSIP Scheduled Tasks:", "", _TASKS, "=" * len(_TASKS)],
    )


def _clock(seconds: float) -> str:
    return time.strftime("%a %H:%M:%S", time.localtime(seconds)) if seconds else ""


def _task_line(row: Sequence[object]) -> str:
    name, interval, runs, state, queued, ran, due, left = row
    return (
        f"{name!s:<46.46} {interval:>11} {runs:>11}   {state!s:<5}  {queued!s:<12}  {ran!s:<12}  {due!s:<12} {left:>8}"
    )


_CONNECTIONS = f"<{'Remote Host':.<46}> <State.....> <Direction> <RefCnt> <Monitors> <{'ObjName':.<19}>"


@command("pjsip show transport-monitors [like <pattern>]", see="pjsip show transports")
def pjsip_show_transport_monitors(rt: "Runtime", pattern: str = "") -> Table:
    """List the connections over TCP and TLS, and how many registered contacts live by each.

    Compat: PJSIP's own count of references is not known here.
    """
    rows = [
        (each.remote, each.state, "Incoming" if each.incoming else "Outgoing", "-", each.monitors, each.protocol)
        for each in driver_of(rt).connections()
        if wanted(pattern, each.remote)
    ]
    return Table(
        [(title, 0) for title in ("Remote Host", "State", "Direction", "RefCnt", "Monitors", "ObjName")],
        rows,
        ["", f"Total Transport Monitors: {len(rows)}", ""],
        header=False,
        line=lambda row: f" {row[0]!s:<48.48} {row[1]!s:<12} {row[2]!s:<9} {row[3]!s:>8} {row[4]!s:>10}   {row[5]}",
        above=["PJSIP Transport Monitors:", "", _CONNECTIONS],
    )


@command("pjsip show unidentified_requests", see="pjsip show identifiers")
def pjsip_show_unidentified_requests(rt: "Runtime") -> Table:
    """List who has lately sent requests that belong to no endpoint.

    They are counted where endpoint_identifier_order of pjsip.conf names auth_username.
    """
    found = driver_of(rt).strangers()
    if not found:
        return Table((), (), ["No objects found.", ""], header=False)
    return Table(
        [("IP Address", 58), ("Count", 7), ("Age(sec)", 10)],
        [(each.host, each.count, round(each.age_s, 3)) for each in found],
        ["", f"Objects found: {len(found)}", ""],
        header=False,
        line=lambda row: f"  Request:  {row[0]!s:<58.58}  {row[1]:>7} {row[2]:>10.3f}",
        above=["", f"  Request:  <{'IP Address':.<56}>  <Count> <Age(sec)>", "=" * 90, ""],
    )


# --- subscriptions ---------------------------------------------------------------------------------------


@command("pjsip list subscriptions {inbound|outbound} [like <pattern>]", see="pjsip show subscriptions")
def pjsip_list_subscriptions(rt: "Runtime", direction: str, pattern: str = "") -> list[str]:
    """List subscriptions, a line each: there are none, as SUBSCRIBE is not served yet."""
    return [f"{'Endpoint/CLI':<30} {'Resource/Event':<30} Expiry Call-id", "", _subscriptions(pattern)]


@command("pjsip show subscriptions {inbound|outbound} [like <pattern>]", see="pjsip list subscriptions")
def pjsip_show_subscriptions(rt: "Runtime", direction: str, pattern: str = "") -> list[str]:
    """List subscriptions: there are none, as SUBSCRIBE is not served yet."""
    return [
        f"Endpoint: <{'Endpoint/Caller-ID':.<63}>",
        f"Resource: <{'Resource/Event':.<63}>",
        f"  Expiry: <Expiry>  <{'Call-id':.<53}>",
        "=" * 75,
        "",
        _subscriptions(pattern),
    ]


@command("pjsip show subscription {inbound|outbound} <call-id>", see="pjsip show subscriptions")
def pjsip_show_subscription(rt: "Runtime", direction: str, call_id: str) -> list[str]:
    """Show a subscription by the Call-ID of its dialog: there is none, as SUBSCRIBE is not served yet."""
    return []


def _subscriptions(pattern: str) -> str:
    return "0 active subscriptions" + (f' matched "{pattern}"' if pattern else "")


# --- audio -----------------------------------------------------------------------------------------------

_STATS = (
    "",
    "                                             ...........Receive......... .........Transmit..........",
    " BridgeId ChannelId ........ UpTime.. Codec.   Count    Lost Pct  Jitter   Count    Lost Pct  Jitter RTT....",
    f" {'=' * 107}",
    "",
)
_COUNTERS = ("rxcount", "rxploss", "rxjitter", "txcount", "txploss", "txjitter", "rtt")


@command("pjsip show channelstats [like <pattern>]", see="pjsip show channels")
def pjsip_show_channelstats(rt: "Runtime", pattern: str = "") -> Table:
    """List how the audio of each call does: packets, losses, jitter, and the time a packet takes to and fro."""
    found = [each for each in channels(rt) if wanted(pattern, each.channel)]
    if not found:
        return Table((), (), ["No objects found.", ""], header=False)
    return Table(
        [(title, 0) for title in ("Bridge", "Channel", "UpTime", "Codec", *_COUNTERS)],
        [tuple(_stats(rt, each)) for each in found],
        ["", f"Objects found: {len(found)}", ""],
        header=False,
        line=_stats_line,
        above=_STATS,
    )


def _stats(rt: "Runtime", channel: ChannelSnapshot) -> Iterator[object]:
    yield channel.bridge
    yield channel.channel
    yield uptime(rt, channel)
    known = rt.channels.get(channel.channel)
    leg = known.leg if known is not None else None
    yield next(iter(leg.formats), "") if leg is not None else ""
    for counter in _COUNTERS:
        text = leg.read(f"rtcp,{counter}") if leg is not None else None
        yield None if not text else float(text) if "." in text else int(text)


def _stats_line(row: Sequence[object]) -> str:
    bridge, channel, up, codec, *counters = row
    name = str(channel).partition("/")[2]
    if None in counters:
        return f" {name} not valid"
    rx, rx_lost, rx_jitter, tx, tx_lost, tx_jitter, rtt = (float(str(each)) for each in counters)
    return (
        f" {bridge!s:<8.8} {name:<18.18} {up!s:<8.8} {codec!s:<6.6} {_many(rx)} {_many(rx_lost)} "
        f"{_percent(rx_lost, rx):>3} {rx_jitter:7.3f} {_many(tx)} {_many(tx_lost)} "
        f"{_percent(tx_lost, tx):>3} {tx_jitter:7.3f} {rtt:7.3f}"
    )


def _many(count: float) -> str:
    return f"{int(count / 1000):>6}K" if count > 100_000 else f"{int(count):>6} "


def _percent(lost: float, count: float) -> int:
    return int(lost * 100 / (count + lost)) if count + lost else 0
