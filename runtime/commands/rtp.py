"""Commands about audio on the wire: its settings, its packets, their reports."""

from typing import TYPE_CHECKING

from asterism.runtime.commands.sip import address_of, driver_of
from asterism.runtime.declare import command
from asterism.runtime.errors import ArgumentError, AsterismError
from asterism.runtime.settings import Address

if TYPE_CHECKING:
    from asterism.runtime.runtime import Runtime


@command("rtp show settings", see="pjsip show channelstats")
def rtp_show_settings(rt: "Runtime") -> list[str]:
    """Show what holds for audio."""
    audio = driver_of(rt).audio()
    return [
        "",
        "",
        "General Settings:",
        "----------------",
        f"  Port start:      {audio.first}",
        f"  Port end:        {audio.last}",
        "  Checksums:       Yes",
        f"  Strict RTP:      {'Yes' if audio.strict else 'No'}",
        *([f"  Probation:       {audio.probation} frames"] if audio.strict else []),
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
    address = await _looked_up(text)
    driver_of(rt).packets.watch_rtp(str(address) if address.port else address.host)
    return [f"RTP Packet Debugging Enabled for address: {address}{'' if address.port else ':0'}"]


@command("rtcp set debug {on|off}", see="rtcp set debug ip, rtp set debug")
def rtcp_set_debug(rt: "Runtime", state: str) -> list[str]:
    """Show every report on audio (RTCP) that comes or goes on the consoles, or none."""
    on = state.lower() == "on"
    driver_of(rt).packets.watch_rtcp("*" if on else "")
    return [f"RTCP Packet Debugging {'Enabled' if on else 'Disabled'}"]


@command("rtcp set debug ip <address>", see="rtcp set debug")
async def rtcp_set_debug_ip(rt: "Runtime", text: str) -> list[str]:
    """Show the reports on audio from and to one address, `host` or `host:port`."""
    address = await _looked_up(text)
    driver_of(rt).packets.watch_rtcp(str(address) if address.port else address.host)
    return [f"RTCP Packet Debugging Enabled for address: {address}{'' if address.port else ':0'}"]


async def _looked_up(text: str) -> Address:
    try:
        return Address.parse(await address_of(text))
    except (ArgumentError, ValueError):  # A network is no one's address.
        raise AsterismError(f"Lookup failed for '{text}'") from None
