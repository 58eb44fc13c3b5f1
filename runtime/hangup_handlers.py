"""Hangup handlers: subroutines that a channel runs at its end, and who hears that they come and go."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from asterism.runtime.events import ChannelEvent

if TYPE_CHECKING:
    from asterism.runtime.channel_base import ChannelBase


@dataclass(frozen=True, slots=True)
class HangupHandlerEvent(ChannelEvent):
    """Something has become of a hangup handler, `context,exten,priority(arguments)`."""

    handler: str


@dataclass(frozen=True, slots=True)
class HangupHandlerPush(HangupHandlerEvent):
    """A channel has one more."""


@dataclass(frozen=True, slots=True)
class HangupHandlerPop(HangupHandlerEvent):
    """The one that came last has been taken away."""


@dataclass(frozen=True, slots=True)
class HangupHandlerRun(HangupHandlerEvent):
    """One is about to run."""


def push(channel: "ChannelBase", handler: str) -> None:
    """Let a handler run at the channel's end, before those that are there."""
    channel.hangup_handlers.append(handler)
    channel.tell(HangupHandlerPush, handler)


def pop(channel: "ChannelBase") -> None:
    """Take away the handler that came last."""
    if channel.hangup_handlers:
        channel.tell(HangupHandlerPop, channel.hangup_handlers.pop())


def wipe(channel: "ChannelBase") -> None:
    """Take away all handlers, the last first."""
    while channel.hangup_handlers:
        pop(channel)
