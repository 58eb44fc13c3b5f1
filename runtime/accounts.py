"""Who pays: how account codes pass from one channel to another.

A channel has two: its own, and that of the other side. Whoever is called is called on the other side's account, so
between two channels that talk, what is one's own account is the other's peer account.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asterism.runtime.channel_base import ChannelBase


def dialled(channel: "ChannelBase", caller: "ChannelBase") -> None:
    """A channel is called by another one, to talk with it: the account of its own counts where the caller has none."""
    channel.accountcode = caller.peeraccount or caller.accountcode or channel.accountcode
    channel.peeraccount = caller.accountcode or channel.peeraccount


def given(channel: "ChannelBase", accountcode: str) -> None:
    """Somebody from outside says who pays for a call, whoever talks."""
    channel.set_accountcode(accountcode)
    channel.peeraccount = accountcode


def crossed(channel: "ChannelBase", other: "ChannelBase") -> None:
    """The half of a pair that runs the dialplan takes over the accounts of the half that was called."""
    channel.accountcode, channel.peeraccount = other.peeraccount, other.accountcode


def met(one: "ChannelBase", other: "ChannelBase") -> None:
    """Two channels talk: what one does not know it learns from the other."""
    for channel, peer in ((one, other), (other, one)):
        if not channel.accountcode and peer.peeraccount:
            channel.set_accountcode(peer.peeraccount)
    for channel, peer in ((one, other), (other, one)):
        channel.peeraccount = peer.accountcode
