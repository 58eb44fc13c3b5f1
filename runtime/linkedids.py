"""Which calls belong together: channels that meet share the linked id of the oldest."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asterism.runtime.channel_base import ChannelBase


def merge(channels: "Iterable[ChannelBase]") -> None:
    """Give all of these the linked id that is the oldest."""
    channels = tuple(channels)
    oldest = min(channels, key=_age)
    linkedid, since = oldest.linkedid, oldest.linked_since
    for channel in channels:
        channel.linkedid, channel.linked_since = linkedid, since


def _age(channel: "ChannelBase") -> tuple[float, int]:
    number = channel.linkedid.rpartition(".")[2]
    return channel.linked_since, int(number) if number.isdecimal() else 0
