"""Commands about the calls of sip.conf's devices: the dialogs that there are, how they sound, what was said in them."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from asterism.runtime.commands.pjsip_objects import uptime
from asterism.runtime.commands.sip import NAT, driver_of
from asterism.runtime.declare import Table, command, noun
from asterism.runtime.dialogs import DialogFacts
from asterism.runtime.peers import sip_driver

if TYPE_CHECKING:
    from asterism.runtime.runtime import Runtime


def _active(count: int, what: str) -> str:
    return f"{count} active SIP {what}{'' if count == 1 else 's'}"


def _among(formats: Sequence[str]) -> str:
    return f"({'|'.join(formats) or 'nothing'})"


def _last_message(dialog: DialogFacts) -> str:
    if dialog.up:
        return "Rx: ACK" if dialog.incoming else "Tx: ACK"
    return "Rx: INVITE" if dialog.incoming else "Init: INVITE"


def _beginning(rt: "Runtime", call_id: str) -> list[DialogFacts]:
    """The dialogs whose Call-ID begins so, in any case."""
    return [each for each in driver_of(rt).dialogs() if each.call_id.lower().startswith(call_id.lower())]


@noun("sip dialog")
def sip_dialog(rt: "Runtime") -> Iterator[tuple[str, str]]:
    """The Call-IDs of the calls of sip.conf."""
    driver = sip_driver(rt.driver("SIP"))
    for each in driver.dialogs() if driver is not None else ():
        yield each.call_id, each.channel


# --- what there is ---------------------------------------------------------------------------------------

_CHANNELS = (
    ("Peer", 15), ("User/ANR", 15), ("Call ID", 15), ("Format", 15), ("Hold", 7), ("Last Message", 15),
    ("Expiry", 10), ("Peer name", 10),
)  # fmt: skip
_CHANNELS_HEADING = (
    f"{'Peer':<15}  {'User/ANR':<15}  {'Call ID':<15}  {'Format':<15}  {'Hold':<7}  {'Last Message':<15} "
    f"{'Expiry':<10} {'Peer':<10}"
)


@command("sip show channels", see="sip show channel, sip show channelstats, pjsip show channels")
def sip_show_channels(rt: "Runtime") -> Table:
    """List the calls of sip.conf's devices, as dialogs of SIP.

    Compat: chan_sip lists registrations and probes too, for 32 seconds behind their end; here a dialog is a call.
    """
    rows = [
        (
            each.host,
            each.user or each.caller_number or "(None)",
            each.call_id,
            _among([each.format] if each.format else []),
            "Yes" if each.held else "No",
            _last_message(each),
            "",
            each.peer or "<guest>",
        )
        for each in driver_of(rt).dialogs()
    ]
    footer = [_active(len(rows), "dialog")]
    return Table(_CHANNELS, rows, footer, header=False, line=_channel_line, above=[_CHANNELS_HEADING])


def _channel_line(row: Sequence[object]) -> str:
    host, user, call_id, form, hold, last, expiry, peer = (str(cell) for cell in row)
    return (
        f"{host:<15.15}  {user:<15.15}  {call_id:<15.15}  {form:<15.15}  {hold:<3.3} {'':<3}  {last:<15.15} "
        f"{expiry:<10.10} {peer:<10.10}"
    )


_SUBSCRIPTIONS = (
    ("Peer", 15), ("User", 15), ("Call ID", 15), ("Extension", 15), ("Last state", 13), ("Type", 15),
    ("Mailbox", 10), ("Expiry", 6),
)  # fmt: skip


@command("sip show subscriptions", see="sip show channels, pjsip show subscriptions")
def sip_show_subscriptions(rt: "Runtime") -> Table:
    """List who has subscribed to a hint or a mailbox: nobody, as SUBSCRIBE is not served yet."""
    driver_of(rt)
    return Table(_SUBSCRIPTIONS, (), [_active(0, "subscription")], line=_subscription_line)


def _subscription_line(row: Sequence[object]) -> str:
    peer, user, call_id, extension, state, kind, mailbox, expiry = (str(cell) for cell in row)
    return (
        f"{peer:<15.15}  {user:<15.15}  {call_id:<15.15}  {extension:<15.15}  {state:<13.13}  {kind:<15.15} "
        f"{mailbox:<10.10} {expiry:<6.6}"
    )


@command("sip show channel <sip dialog>", see="sip show channels, sip show history")
def sip_show_channel(rt: "Runtime", call_id: str) -> list[str]:
    """Show a call by the beginning of its Call-ID, with all that SIP knows of it.

    Compat: the direction and the last message are those of the call; chan_sip shows those of the last request in it.
    """
    found = _beginning(rt, call_id)
    if not found:
        return [f"No such SIP Call ID starting with '{call_id}'"]
    return [line for each in found for line in ("", "  * SIP Call", *_whole(rt, each), "", "")]


def _whole(rt: "Runtime", dialog: DialogFacts) -> Iterator[str]:
    peer = driver_of(rt).peer(dialog.peer) if dialog.peer else None
    joint = [each for each in dialog.ours if each in dialog.theirs]
    rtp_keys = dialog.dtmf in ("rfc2833", "auto", "auto_info")
    address = f"{dialog.host}:{dialog.port}"
    said = driver_of(rt).parameters("peer", dialog.peer) if dialog.peer else None
    pairs = [
        ("Curr. trans. direction:", "Incoming" if dialog.incoming else "Outgoing"),
        ("Call-ID:", dialog.call_id),
        ("Owner channel ID:", dialog.channel),
        ("Our Codec Capability:", _among(dialog.ours)),
        ("Non-Codec Capability (DTMF):", str(int(rtp_keys))),
        ("Their Codec Capability:", _among(dialog.theirs)),
        ("Joint Codec Capability:", _among(joint)),
        ("Format:", _among([dialog.format] if dialog.format else [])),
        ("T.38 support", "No"),
        ("Video support", "No"),
        ("MaxCallBR:", f"{(said or {}).get('maxcallbitrate', '384')} kbps"),
        ("Theoretical Address:", address),
        ("Received Address:", address),
        ("SIP Transfer mode:", "open" if dialog.transfers else "closed"),
        ("Force rport:", NAT[peer.force_rport] if peer else "Auto (No)"),
        ("Audio IP:", f"{dialog.audio_host} (local)" if dialog.audio_host else "(local)"),
        ("Our Tag:", dialog.our_tag),
        ("Their Tag:", dialog.their_tag),
        ("SIP User agent:", dialog.user_agent),
    ]
    optional = [("Username:", dialog.user), ("Peername:", dialog.peer)]
    pairs += [(title, text) for title, text in optional if text]
    pairs.append(("Original uri:", dialog.route.partition(";")[0]))
    pairs += [("Caller-ID:", dialog.caller_number)] if dialog.caller_number else []
    pairs += [
        ("Need Destroy:", "No"),
        ("Last Message:", _last_message(dialog)),
        ("Promiscuous Redir:", "No"),
        ("Route:", f"<{dialog.route}>" if dialog.route else "N/A"),
        ("DTMF Mode:", dialog.dtmf),
        ("SIP Options:", "".join(f"{each} " for each in dialog.extensions) or "(none)"),
        *_timer(dialog),
        ("Transport:", dialog.transport.upper()),
        ("Media:", "RTP" if dialog.audio_host else "None"),
    ]
    for title, text in pairs:
        # Chan_sip leaves three blanks behind a capability, whatever that does to the column.
        yield (
            f"  {title}   {text}" if "Capability" in title else f"  {title:<23}{'' if len(title) < 23 else ' '} {text}"
        )


def _timer(dialog: DialogFacts) -> Iterator[tuple[str, str]]:
    timer = dialog.timer
    if timer is None:
        yield "Session-Timer:", "Inactive"
        return
    who = "us" if timer.ours else "them"
    yield "Session-Timer:", "Active"
    yield "S-Timer Interval:", str(timer.interval_s)
    yield "S-Timer Refresher:", who
    yield "S-Timer Sched Id:", "-1"  # PJSIP keeps the time, and has no number for it.
    yield "S-Timer Peer Sts:", "Active" if "timer" in dialog.extensions else "Inactive"
    yield "S-Timer Cached Min-SE:", str(timer.minimum_s)
    yield "S-Timer Cached SE:", str(timer.most_s)
    yield "S-Timer Cached Ref:", who
    yield "S-Timer Cached Mode:", timer.mode


# --- how they sound --------------------------------------------------------------------------------------

_COUNTERS = ("rxcount", "rxploss", "rxjitter", "txcount", "txploss", "txjitter")
_STATS = (
    f"{'Peer':<15}  {'Call ID':<11}  {'Duration':<8} {'Recv: Pack':<10}  {'Lost':<10} (     %) {'Jitter':<6} "
    f"{'Send: Pack':<10}  {'Lost':<10} (     %) {'Jitter':<6}"
)


@command("sip show channelstats", see="sip show channels, pjsip show channelstats")
def sip_show_channelstats(rt: "Runtime") -> Table:
    """List how the audio of each call does: packets, losses, jitter."""
    rows = []
    for each in driver_of(rt).dialogs():
        channel = rt.channels.get(each.channel)
        if channel is None or channel.leg is None:
            continue
        texts = [channel.leg.read(f"rtpqos,audio,{counter}") for counter in _COUNTERS]
        if all(texts):
            counters = [float(text) if "." in text else int(text) for text in texts if text]
            rows.append((each.host, each.call_id, uptime(rt, channel.snapshot()), *counters))
    return Table(
        [(title, 0) for title in ("Peer", "Call ID", "Duration", *_COUNTERS)],
        rows,
        [_active(len(rows), "channel")],
        header=False,
        line=_stats_line,
        above=[_STATS],
    )


def _stats_line(row: Sequence[object]) -> str:
    host, call_id, duration, *counters = row
    rx, rx_lost, rx_jitter, tx, tx_lost, tx_jitter = (float(str(each)) for each in counters)
    return (
        f"{host!s:<15.15}  {call_id!s:<11.11}  {duration!s:<8.8} "
        f"{_way(rx, rx_lost, rx_jitter)} {_way(tx, tx_lost, tx_jitter)}"
    )


def _way(count: float, lost: float, jitter: float) -> str:
    many = count > 100_000
    percent = 100 * lost / (count + lost) if count + lost else 0.0
    shown = int(count) // 1000 if many else int(count)
    return f"{shown:010d}{'K' if many else ' '} {int(lost):010d} ({percent:5.2f}%) {jitter:<6.4f}"


# --- what was said ---------------------------------------------------------------------------------------


@command("sip set history {on|off}", see="sip show history, pjsip set history")
def sip_set_history(rt: "Runtime", state: str) -> list[str]:
    """Keep what is said in each dialog from now on, or no more; `recordhistory` in sip.conf does so from the start.

    The last fifty entries of the thousand dialogs that spoke last are kept, also behind their end.
    """
    on = state.lower() == "on"
    driver_of(rt).tracing.record_dialogs(on)
    return ["SIP History Recording Enabled (use 'sip show history')" if on else "SIP History Recording Disabled"]


@command("sip show history <sip dialog>", see="sip set history, sip show channel, pjsip show history")
def sip_show_history(rt: "Runtime", call_id: str) -> list[str]:
    """Show what was said in a dialog, by the beginning of its Call-ID."""
    history = driver_of(rt).tracing.dialogs
    off = ["", "***Note: History recording is currently DISABLED.  Use 'sip set history on' to ENABLE."]
    lines = [] if history.recording else off
    known = dict.fromkeys([*history.known(), *(each.call_id for each in driver_of(rt).dialogs())])
    found = [each for each in known if each.lower().startswith(call_id.lower())]
    for each in found:
        entries = [f"{number}. {text}" for number, text in enumerate(history.of(each), 1)]
        lines += ["", "  * SIP Call", *(entries or [f"Call '{each}' has no history"])]
    return lines if found else [*lines, f"No such SIP Call ID starting with '{call_id}'"]
