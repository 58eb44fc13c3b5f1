"""Commands about audio on the wire: its settings, its packets, their reports."""

import asyncio
import socket
from typing import TYPE_CHECKING

from asterism.runtime.commands.sip import driver_of
from asterism.runtime.declare import command
from asterism.runtime.errors import AsterismError

if TYPE_CHECKING:
    from asterism.runtime.runtime import Runtime


@command("rtp show settings", see="pjsip show channelstats")
def rtp_show_settings(rt: "Runtime") -> list[str]:
    """Show what holds for audio."""
    first, last = driver_of(rt).rtp_ports()
    return [
        "",
        "",
        "General Settings:",
        "----------------",
        f"  Port start:      {first}",
        f"  Port end:        {last}",
        "  Checksums:       Yes",
        "  Strict RTP:      Yes",
        "  Probation:       4 frames",
        "  ICE support:     No",
        "  STUN:            disabled",
    ]


@command("rtp set debug {on|off}", see="rtp set debug ip, rtcp set debug")
def rtp_set_debug(rt: "Runtime", state: str) -> list[str]:
    """Show every packet of audio that comes or goes on the consoles, or none."""
    on = state.lower() == "on"
    driver_of(rt).packets.watch_rtp("*" if on else "")
    return [f"RTP Packet Debugging {'Enabled' if on else 'Disabled'}"]


@command("rtp set debug ip <address>", see="rtp set debug")
async def rtp_set_debug_ip(rt: "Runtime", text: str) -> list[str]:
    """Show the packets of audio from and to one address, `host` or `host:port`."""
    host, port = await _looked_up(text)
    driver_of(rt).packets.watch_rtp(_wanted(host, port))
    return [f"RTP Packet Debugging Enabled for address: {_bracketed(host)}:{port}"]


@command("rtcp set debug {on|off}", see="rtcp set debug ip, rtp set debug")
def rtcp_set_debug(rt: "Runtime", state: str) -> list[str]:
    """Show every report on audio (RTCP) that comes or goes on the consoles, or none."""
    on = state.lower() == "on"
    driver_of(rt).packets.watch_rtcp("*" if on else "")
    return [f"RTCP Packet Debugging {'Enabled' if on else 'Disabled'}"]


@command("rtcp set debug ip <address>", see="rtcp set debug")
async def rtcp_set_debug_ip(rt: "Runtime", text: str) -> list[str]:
    """Show the reports on audio from and to one address, `host` or `host:port`."""
    host, port = await _looked_up(text)
    driver_of(rt).packets.watch_rtcp(_wanted(host, port))
    return [f"RTCP Packet Debugging Enabled for address: {_bracketed(host)}:{port}"]


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _wanted(host: str, port: int) -> str:
    return f"{_bracketed(host)}:{port}" if port else host


async def _looked_up(text: str) -> tuple[str, int]:
    """An address as it was typed; a name is asked for without holding up the calls."""
    host, colon, port = text.rpartition(":")
    if not colon or not port.isdecimal() or (":" in host and not host.endswith("]")):
        host, port = text, "0"
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host.strip("[]"), None, type=socket.SOCK_DGRAM)
    except OSError:
        raise AsterismError(f"Lookup failed for '{text}'") from None
    return str(found[0][4][0]), int(port)
