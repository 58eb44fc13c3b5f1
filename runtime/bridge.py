"""Bridges: channels that hear each other.

A bridge of two joins the audio of its members in the drivers' own code. Its members come and go by `enter` and
`leave`; `talk` is what a two-party call does in it until something ends it.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from asterism.dialplan.errors import Interrupt, Redirected
from asterism.dialplan.scope import Jump
from asterism.runtime import media
from asterism.runtime.channel import Channel
from asterism.runtime.driver import (
    Digit,
    Ended,
    Held,
    Identified,
    LegEvent,
    Resumed,
    TextReceived,
    TransferAsked,
)
from asterism.runtime.errors import Hangup
from asterism.runtime.events import (
    BridgeCreate,
    BridgeDestroy,
    BridgeEnter,
    BridgeLeave,
    BridgeSnapshot,
    Event,
    Newexten,
)
from asterism.runtime.mailbox import Interrupted, next_event

if TYPE_CHECKING:
    from asterism.runtime.channel_base import ChannelBase
    from asterism.runtime.switch import Switch


class Bridge:
    """Channels that hear each other.

    Args:
        switch: The runtime it lives in.
        creator: The application that made it, such as `Dial`.
    """

    def __init__(self, switch: "Switch", creator: str = "") -> None:
        self.switch = switch
        self.uniqueid = str(uuid.uuid4())
        self.creator = creator
        self.kind = "basic"
        self.technology = "simple_bridge"
        self.members: list[Channel] = []
        self.created_s = switch.now()
        switch.bridges[self.uniqueid] = self
        self._tell(BridgeCreate)

    def snapshot(self) -> BridgeSnapshot:
        """What it is now."""
        return BridgeSnapshot(
            uniqueid=self.uniqueid,
            kind=self.kind,
            technology=self.technology,
            creator=self.creator,
            channels=tuple(member.name for member in self.members),
        )

    def other(self, channel: "ChannelBase") -> Channel | None:
        """The other member of two; None when there are more, or fewer."""
        if len(self.members) != 2:
            return None
        first, second = self.members
        return second if first is channel else first

    def enter(self, channel: Channel) -> None:
        """Let a channel in; with two inside, they hear each other."""
        channel.bridge = self
        if channel.outgoing and not channel.running and channel.exten:
            channel.exten = ""  # It has left the place of the caller that it was lent for being dialled.
            channel.application, channel.app_data = "AppDial", "(Outgoing Line)"
            channel.tell(Newexten, "", channel.application, channel.app_data)
        self.members.append(channel)
        self._said(channel, "joined")
        self._tell(BridgeEnter, channel)
        if len(self.members) == 2:
            first, second = self.members
            first.set("BRIDGEPEER", second.name)
            second.set("BRIDGEPEER", first.name)
            if not media.join(first, second):
                self.switch.log.error(f"The audio of {first.name} and {second.name} cannot be joined", channel.call)

    def leave(self, channel: "ChannelBase") -> None:
        """Take a channel out; the last one out ends the bridge. Harmless for a stranger."""
        if channel.bridge is not self:
            return
        media.part(channel)
        for member in self.members:
            if "BRIDGEPEER" in member.variables:
                member.unset("BRIDGEPEER")
        self.members = [member for member in self.members if member is not channel]
        channel.bridge = None
        self._said(channel, "left")
        self._tell(BridgeLeave, channel)
        if not self.members:
            self.switch.bridges.pop(self.uniqueid, None)
            self._tell(BridgeDestroy)

    def _said(self, channel: "ChannelBase", what: str) -> None:
        if self.switch.log.shows(3):
            where = f"'{self.technology}' {self.kind}-bridge <{self.uniqueid}>"
            channel.verbose(3, f"Channel {channel.name} {what} {where}")

    def _tell(self, kind: type[Event], channel: "ChannelBase | None" = None) -> None:
        bus = self.switch.bus
        if bus.wants(kind):
            facts = (self.snapshot(),) if channel is None else (self.snapshot(), channel.snapshot())
            bus.publish(kind(*facts))


@dataclass(frozen=True, slots=True)
class Parted:
    """How the talk of two ended.

    Args:
        by: Who went: one of the two, or None when the time was up.
        interrupt: What it was told: a hangup, or to go elsewhere in the dialplan.
    """

    by: Channel | None
    interrupt: Interrupt


@dataclass(frozen=True, slots=True)
class Rules:
    """What two parties may do in a bridge.

    Args:
        caller_hangs_up, callee_hangs_up: Digits with which that party ends the talk.
        on_digit: Sees each digit first; True keeps it from the other party.
    """

    caller_hangs_up: str = ""
    callee_hangs_up: str = ""
    on_digit: Callable[[Channel, str], bool] | None = None


async def talk(caller: Channel, callee: Channel, deadline: float, creator: str = "", rules: Rules = Rules()) -> Parted:
    """Join two channels until either goes, somebody takes one away, or the deadline (loop time) is there.

    Runs in the caller's task: what ends the caller is raised here, as at any await. The callee has no task of its own.
    """
    bridge = Bridge(caller.switch, creator)
    try:
        bridge.enter(callee)
        bridge.enter(caller)
        while True:
            found = await next_event((caller, callee), deadline)
            if found is None:
                return Parted(None, Hangup())
            channel, event = found
            other = callee if channel is caller else caller
            if isinstance(event, Ended):
                return Parted(channel, Hangup(event.cause))
            if isinstance(event, Interrupted):
                return Parted(channel, event.interrupt)
            if isinstance(event, TransferAsked):
                return _transferred(channel, other, event)
            if isinstance(event, Digit):
                ends = rules.caller_hangs_up if channel is caller else rules.callee_hangs_up
                if event.digit in ends:
                    return Parted(channel, Hangup())
                if rules.on_digit is not None and rules.on_digit(channel, event.digit):
                    continue
            pass_on(event, channel, other)
    finally:
        for member in (callee, caller):
            bridge.leave(member)


def _transferred(channel: Channel, other: Channel, event: TransferAsked) -> Parted:
    """One party has asked to send the other one elsewhere: that one goes, and the asker's call is over."""
    place = Redirected(Jump(event.context or other.context, event.exten, 1))
    channel.verbose(3, f"Transferring {other.name} to '{event.exten}' (context {event.context}) priority 1")
    return Parted(other, place)


def pass_on(event: LegEvent, channel: Channel, other: Channel) -> None:
    """Tell one party what the other one does."""
    if isinstance(event, Digit):
        if not event.carried:
            other.leg.send_digit(event.digit, event.duration_ms)
    elif isinstance(event, Identified):
        channel.set_caller(event.party)
        other.set_connected(event.party)
    elif isinstance(event, TextReceived):
        other.leg.send_text(event.text)
    elif isinstance(event, Held):
        other.start_music()
    elif isinstance(event, Resumed):
        other.stop_music()
