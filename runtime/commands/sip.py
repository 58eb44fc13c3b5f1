"""Commands about sip.conf's peers."""

import asyncio
import socket
import time
from collections.abc import Sequence
from ipaddress import ip_network
from typing import TYPE_CHECKING

from asterism.dialplan import regex
from asterism.runtime.declare import Table, command, noun
from asterism.runtime.errors import ArgumentError, AsterismError
from asterism.runtime.peers import PeerFacts, SipDriver, sip_driver

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asterism.runtime.runtime import Runtime

_PEER_COLUMNS = (
    ("Name/username", 25), ("Host", 39), ("Dyn", 3), ("Forcerport", 10), ("Comedia", 10), ("ACL", 3), ("Port", 8),
    ("Status", 11), ("Description", 32), ("Realtime", 0),
)  # fmt: skip

_REGISTRY_COLUMNS = (
    ("Host", 39), ("dnsmgr", 6), ("Username", 12), ("Refresh", 8), ("State", 20), ("Reg.Time", 25),
)  # fmt: skip

NAT = {"yes": "Yes", "no": "No", "auto yes": "Auto (Yes)", "auto no": "Auto (No)"}


def driver_of(rt: "Runtime") -> SipDriver:
    """The SIP driver; an error when there is none."""
    found = sip_driver(rt.driver("SIP"))
    if found is None:
        raise AsterismError("There is no SIP: neither sip.conf nor pjsip.conf could be served.")
    return found


def matching(pattern: str) -> regex.Regex:
    """A pattern of `like`; a usage text when it is wrong, as Asterisk prints it."""
    try:
        return regex.from_outside(pattern)
    except regex.BadPattern:
        raise ArgumentError("") from None


def host_of(address: str) -> str:
    """`host` of `host:port`."""
    host, _, port = address.rpartition(":")
    return host if port.isdecimal() and (host.endswith("]") or ":" not in host) and host else address


async def address_of(text: str) -> str:
    """`host`, `host:port`, or a network by numbers, when names were typed; a usage text when nobody knows them."""
    try:
        ip_network(text, strict=False)
    except ValueError:
        host = host_of(text)
        port = text[len(host) :]
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host.strip("[]"), None, type=socket.SOCK_DGRAM)
        except (OSError, UnicodeError):  # A name that cannot be one of a host is not even asked for.
            raise ArgumentError("") from None
        address = str(found[0][4][0])
        return (f"[{address}]" if ":" in address and port else address) + port
    return text


def status_text(peer: PeerFacts) -> str:
    """A peer's Status as tables show it."""
    rtt = round(peer.rtt_ms)
    return {
        "UNMONITORED": "Unmonitored",
        "REACHABLE": f"OK ({rtt} ms)",
        "LAGGED": f"LAGGED ({rtt} ms)",
    }.get(peer.status, peer.status)


@command("sip show peers [like <pattern>]", see="pjsip show endpoints")
def sip_show_peers(rt: "Runtime", pattern: str = "") -> Table:
    """List the peers of sip.conf.

    With `like` only those whose name holds a match of the regular expression.
    """
    wanted = matching(pattern)
    peers = [peer for peer in driver_of(rt).peers() if wanted.search(peer.name)]
    return Table(_PEER_COLUMNS, [_peer_row(peer) for peer in peers], [_peer_footer(peers)], line=_peer_line)


def _peer_row(peer: PeerFacts) -> Sequence[object]:
    return (
        f"{peer.name}/{peer.username}" if peer.username else peer.name,
        peer.address or "(Unspecified)",
        " D " if peer.dynamic else "   ",
        NAT[peer.force_rport],
        NAT[peer.comedia],
        " A " if peer.access_list else "   ",
        str(peer.port),
        status_text(peer),
        peer.description,
        "",
    )


def _peer_line(row: Sequence[object]) -> str:
    name, host, dynamic, rport, comedia, access, port, status, description, realtime = (str(cell) for cell in row)
    return (
        f"{name:<25.25} {host:<39.39} {dynamic:<3.3} {rport:<10.10} {comedia:<10.10} {access:<3.3} {port:<8} "
        f"{status:<11} {description:<32.32} {'' if realtime == 'Realtime' else realtime}"
    )


def _peer_footer(peers: Sequence[PeerFacts]) -> str:
    watched = [peer for peer in peers if peer.status != "UNMONITORED"]
    other = [peer for peer in peers if peer.status == "UNMONITORED"]
    online = sum(peer.status in ("REACHABLE", "LAGGED") for peer in watched)
    known = sum(bool(peer.address and peer.port) for peer in other)
    return (
        f"{len(peers)} sip peers [Monitored: {online} online, {len(watched) - online} offline "
        f"Unmonitored: {known} online, {len(other) - known} offline]"
    )


@command("sip show registry", see="sip show peers")
def sip_show_registry(rt: "Runtime") -> Table:
    """List our registrations with other servers."""
    rows = [
        (
            f"{each.host}:{each.port}",
            "N",
            each.user,
            each.refresh_s,
            each.state,
            time.strftime("%a, %d %b %Y %T", time.localtime(each.registered_s)) if each.registered_s else "",
        )
        for each in driver_of(rt).registrations()
        if each.technology == "SIP"
    ]
    return Table(_REGISTRY_COLUMNS, rows, [f"{len(rows)} SIP registrations."], line=_registry_line)


def _registry_line(row: Sequence[object]) -> str:
    host, dnsmgr, user, refresh, state, when = row
    return f"{host:<39.39} {dnsmgr:<6.6} {user:<12.12}  {refresh:>8} {state:<20.20} {when:<25.25}"


@command("sip show domains", see="CHECKSIPDOMAIN")
def sip_show_domains(rt: "Runtime") -> list[str]:
    """List the SIP domains that are ours, and the contexts that calls to them begin in."""
    domains = driver_of(rt).domains()
    if not domains:
        return ["SIP Domain support not enabled.", ""]
    lines = [f"{'Our local SIP domains:':<40.40} {'Context':<20.20} {'Set by':<16.16}"]
    for name, context in domains:
        lines.append(f"{name:<40.40} {context or '(default)':<20.20} {'[Configured]':<16.16}")
    return [*lines, ""]


@command("sip qualify peer <peer> [load]", see="sip show peers")
def sip_qualify_peer(rt: "Runtime", name: str, load: str = "") -> list[str]:
    """Send an OPTIONS to a peer now; its status follows from the answer.

    `load` is for Asterisk's sake: a peer of realtime is looked up anyway.
    """
    return [] if driver_of(rt).probe("SIP", name) else [f"Peer '{name}' not found"]


@command("sip unregister <peer>", see="sip show peers")
def sip_unregister(rt: "Runtime", name: str) -> list[str]:
    """Forget where a peer is, as if its registration had ended."""
    driver = driver_of(rt)
    if driver.peer(name) is None:
        return [f"Peer unknown: '{name}'. Not unregistered."]
    return [f"Unregistered peer '{name}'", ""] if driver.unregister(name) else [f"Peer {name} not registered"]


@command("sip set debug {on|off}", see="pjsip set logger")
def sip_set_debug(rt: "Runtime", state: str) -> list[str]:
    """Show every SIP message on the consoles, or none."""
    driver = driver_of(rt)
    before = driver.tracing.traced("SIP")
    driver.tracing.set("SIP", "*" if state.lower() == "on" else "")
    if state.lower() != "on":
        return ["SIP Debugging Disabled"]
    return ["SIP Debugging re-enabled" if before else "SIP Debugging enabled"]


@command("sip set debug ip <address>", see="sip set debug peer")
async def sip_set_debug_ip(rt: "Runtime", text: str) -> list[str]:
    """Show the SIP messages from and to one address, `host` or `host:port`."""
    address = await address_of(text)
    driver_of(rt).tracing.set("SIP", address)
    return [f"SIP Debugging Enabled for IP: {host_of(address)}"]


@command("sip set debug peer <peer>", see="sip set debug ip")
def sip_set_debug_peer(rt: "Runtime", name: str) -> list[str]:
    """Show the SIP messages from and to the address of one peer."""
    driver = driver_of(rt)
    found = driver.peer(name)
    if found is None:
        return [f"No such peer '{name}'"]
    if not found.address:
        return [f"Unable to get IP address of peer '{name}'"]
    driver.tracing.set("SIP", found.address)
    return [f"SIP Debugging Enabled for IP: {found.address}"]


@command("sip reload", see="reload")
async def sip_reload(rt: "Runtime") -> list[str]:
    """Read sip.conf again; prints only what is wrong."""
    return await rt.reload("sip")


@noun("peer")
def peer(rt: "Runtime") -> "Iterator[tuple[str, str]]":
    """The peers of sip.conf."""
    found = sip_driver(rt.driver("SIP"))
    if found is not None:
        for each in found.peers():
            yield each.name, each.description or status_text(each)
