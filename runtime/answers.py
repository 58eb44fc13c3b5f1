"""What the far ends of calls have answered, as HANGUPCAUSE() tells it: kept with their channel, and with the caller."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asterism.runtime.channel_base import ChannelBase

_STORE = "hangup causes"

Answers = dict[str, tuple[str, int]]
"""By name of the called channel: what its far end answered last, such as `SIP 486 Busy Here`, and the Q.850 cause."""


def note(channel: "ChannelBase", called: str, answer: str, cause: int) -> None:
    """Keep with a channel what the far end of a called one has answered."""
    channel.datastores.setdefault(_STORE, {})[called] = (answer, cause)


def known(channel: "ChannelBase") -> Answers:
    """What is kept with a channel."""
    found: Answers = channel.datastores.get(_STORE, {})
    return found


def forget(channel: "ChannelBase") -> None:
    """Keep nothing any more."""
    channel.datastores.pop(_STORE, None)
