"""Commands that send a NOTIFY to devices: what it says is a section of a file."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from asterism.runtime.commands.sip import driver_of
from asterism.runtime.declare import command
from asterism.runtime.notices import notice_named
from asterism.runtime.peers import Notice, NotifyLeg

if TYPE_CHECKING:
    from asterism.runtime.runtime import Runtime


@command("pjsip send notify <type> endpoint|uri|channel <name>...", see="sip notify")
async def pjsip_send_notify(rt: "Runtime", kind: str, to: str, names: list[str]) -> list[str]:
    """Send a NOTIFY to endpoints of pjsip.conf, to SIP URIs, or inside the calls of channels.

    Args:
        kind: A section of pjsip_notify.conf: what it says.
    """
    said = await notice_named(rt, "pjsip_notify.conf", kind)
    lines = []
    for name in names:
        lines.append(f"Sending NOTIFY of type '{kind}' to '{name}'")
        if to == "channel":
            lines += _inside(rt, name, said)
        elif to == "endpoint" and name not in driver_of(rt).objects("endpoint"):
            lines.append(f"Unable to retrieve endpoint {name}")
        else:
            driver_of(rt).notify("PJSIP", name, said)  # Whether that went out is in the log, as with Asterisk.
    return lines


def _inside(rt: "Runtime", name: str, said: Notice) -> Sequence[str]:
    channel = rt.channels.find(name)
    if channel is None or channel.technology != "PJSIP" or not isinstance(channel.leg, NotifyLeg):
        return [f"Unable to find channel {name}"]
    channel.leg.notify(said)
    return []


@command("sip notify <type> <name>...", see="pjsip send notify")
async def sip_notify(rt: "Runtime", kind: str, names: list[str]) -> list[str]:
    """Send a NOTIFY to peers of sip.conf.

    Args:
        kind: A section of sip_notify.conf: what it says.
    """
    said = await notice_named(rt, "sip_notify.conf", kind)
    lines = []
    for name in names:
        plain = name[4:] if name[:4].lower() == "sip/" else name
        if driver_of(rt).notify("SIP", plain, said):
            lines.append(f"Sending NOTIFY of type '{kind}' to '{name}'")
        else:
            lines.append(f"Could not create address for '{name}'")
    return lines
