"""What stays of a channel that ends: who hung up, and how well it was heard."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asterism.runtime.channel_base import ChannelBase

QUALITY = ("RTPAUDIOQOS", "RTPAUDIOQOSJITTER", "RTPAUDIOQOSLOSS", "RTPAUDIOQOSRTT")
"""Variables about the audio of a channel; with BRIDGED behind the name, about that of whom it talked to."""


def ended_by(channel: "ChannelBase", source: str) -> None:
    """Note who hangs up, CHANNEL(hangupsource), at both sides; who was noted first stays."""
    for each in (channel, channel.peer):
        if each is not None and not each.datastores.get("hangupsource"):
            each.datastores["hangupsource"] = source


def tell_quality(channel: "ChannelBase") -> None:
    """Set the variables of QUALITY, as far as the driver knows of packets, on the channel and on its peer; once.

    Compat: chan_sip and chan_pjsip set them when the far end hangs up, or somebody from outside, so that `h` can read
    them; else when the channel is gone, for whoever listens to the manager.
    """
    if QUALITY[0] in channel.variables:
        return
    peer = channel.peer
    for name in QUALITY:
        value = channel.leg.read(name)
        if value is None:
            return
        channel.set(name, value)
        if peer is not None:
            peer.set(f"{name}BRIDGED", value)
