"""Bridges: channels that hear each other.

Channels come and go by `enter`, `leave` and `move`, at once and without waiting; what a channel does while it is
inside is its membership's (`asterism.runtime.member`). Two hear each other packet by packet, three and more are mixed;
the bridge changes between the two by itself.
"""

import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING

from asterism.runtime import accounts, interception, media, optimizing
from asterism.runtime.channel import Channel
from asterism.runtime.events import (
    BridgeCreate,
    BridgeDestroy,
    BridgeEnter,
    BridgeLeave,
    BridgeMerge,
    BridgeSnapshot,
    Event,
    Newexten,
)
from asterism.runtime.linkedids import merge
from asterism.runtime.member import Member, play_to

if TYPE_CHECKING:
    from asterism.runtime.channel_base import ChannelBase
    from asterism.runtime.switch import Switch

PEERS_NAMED = 10
"Names in BRIDGEPEER at most."

_CLEARED = ("BLINDTRANSFER", "ATTENDEDTRANSFER", "FORWARDERNAME")
"Variables about a transfer that is complete when the channel enters a bridge."


class Bridge:
    """Channels that hear each other: a call of two, which may grow.

    Args:
        switch: The runtime it lives in.
        creator: The application that made it, such as `ConfBridge`; empty for a call's own bridge.
        name: Its name among those of its creator.
    """

    kind = "basic"
    ends_with_a_party = True
    "Whether the call is over for all when one of the last two goes."
    allows_transfers = True
    allows_moves = True
    "Whether channels may be taken in or out to get a Local pair out of the way."

    def __init__(self, switch: "Switch", creator: str = "", name: str = "") -> None:
        self.switch = switch
        self.uniqueid = str(uuid.uuid4())
        self.creator, self.name = creator, name
        self.technology = self.technology_for(0)
        self.parties: list[Member] = []
        self.created_s = switch.now()
        self.dissolved = False
        self.ended_by: Channel | None = None
        "Whose going has ended it."
        self.inhibited = 0
        "How many reasons there are to leave its channels where they are; a transfer under way is one."
        self.watcher: Callable[[Bridge, Member], None] | None = None
        "Told when a channel is out, but for one that is moved to another bridge."
        switch.bridges[self.uniqueid] = self
        self._tell(BridgeCreate)

    def technology_for(self, channels: int) -> str:
        """How so many channels are joined, by Asterisk's name for it."""
        return "simple_bridge" if channels <= 2 else "softmix"

    @property
    def members(self) -> list[Channel]:
        """The channels inside, in order of their coming."""
        return [party.channel for party in self.parties]

    def snapshot(self) -> BridgeSnapshot:
        """What it is now."""
        return BridgeSnapshot(
            uniqueid=self.uniqueid,
            kind=self.kind,
            technology=self.technology,
            creator=self.creator,
            name=self.name,
            channels=tuple(party.channel.name for party in self.parties),
        )

    def other(self, channel: "ChannelBase") -> Channel | None:
        """The other member of two; None when there are more, or fewer."""
        if len(self.parties) != 2:
            return None
        first, second = self.members
        return second if first is channel else first

    def others(self, channel: "ChannelBase") -> list[Channel]:
        """All members but this one."""
        return [member for member in self.members if member is not channel]

    # --- coming and going ---------------------------------------------------------------------

    def enter(self, party: Member, swap: "ChannelBase | None" = None, *, introduced: bool = False) -> None:
        """Let a channel in.

        Args:
            party: The channel and what it may do.
            swap: A member whose place it takes.
            introduced: Tell the members who the newcomer is, and him who they are.
        """
        channel = party.channel
        if channel.outgoing and not channel.running and channel.exten:
            channel.exten = ""  # It has left the place of the caller that it was lent for being dialled.
            channel.application, channel.app_data = "AppDial", "(Outgoing Line)"
            channel.tell(Newexten, "", channel.application, channel.app_data)
        leaver = next((each for each in self.parties if each.channel is swap), None)
        if self.kind == "basic":
            merge([channel, *(member for member in self.members if member is not swap)])
        if leaver is not None:
            self._out(leaver, replaced=True)
        channel.bridge, channel.membership, party.bridge = self, party, self
        self.parties.append(party)
        if len(self.parties) == 2:
            accounts.met(*self.members)
        party.entered()
        if leaver is None:
            self._said(channel, "joined")
        else:
            self._said(channel, f"swapped with {leaver.channel.name} into")
        self._tell(BridgeEnter, channel, *(() if leaver is None else (leaver.channel.uniqueid,)))
        for name in _CLEARED:
            if name in channel.variables:
                channel.unset(name)
        self._changed()
        if introduced:
            self.introduce()

    def leave(self, channel: "ChannelBase", *, ends: bool = True) -> None:
        """Take a channel out. Harmless for a stranger.

        Args:
            channel: Who goes.
            ends: Its part in the call is over, which ends the call when no two others are left. False for a channel
                that is moved, or whose place another one has.
        """
        party = channel.membership
        if channel.bridge is not self or party is None:
            return
        if ends and self.ends_with_a_party and len(self.parties) <= 2 and not self.dissolved:
            self.dissolved, self.ended_by = True, party.channel
        self._out(party)

    def _out(self, party: Member, *, replaced: bool = False) -> None:
        channel = party.channel
        if not party.moving:
            self._forget_peer(channel)
        media.part(channel)
        self.parties.remove(party)
        for other in self.members if self.dissolved else ():
            self._forget_peer(other)
        channel.bridge = party.bridge = None
        channel.membership = None
        party.left()
        self._said(channel, "left")
        self._tell(BridgeLeave, channel)
        if self.watcher is not None and not party.moving:
            self.watcher(self, party)
        if replaced:
            return
        if self.dissolved:
            for each in tuple(self.parties):
                if each.bridge is self:
                    self._out(each)
        elif self.parties:
            self._changed()
        if not self.parties and self.switch.bridges.pop(self.uniqueid, None) is not None:
            self.dissolved = True
            self._tell(BridgeDestroy)

    def move(self, party: Member, swap: "ChannelBase | None" = None, *, introduced: bool = True) -> None:
        """Take a member of another bridge over; it does not notice."""
        source, party.moving = party.bridge, True
        if source is not None:
            source._out(party)
        party.moving = False
        self.enter(party, swap, introduced=introduced)

    def merge(self, other: "Bridge", kick: "tuple[ChannelBase, ...]" = (), *, introduced: bool = True) -> None:
        """Take all members of another bridge over but those that are kicked, from either."""
        if self.switch.bus.wants(BridgeMerge):
            self.switch.bus.publish(BridgeMerge(self.snapshot(), other.snapshot()))
        for channel in kick:
            if channel.bridge in (self, other) and channel.bridge is not None:
                channel.bridge.leave(channel, ends=False)
        for party in tuple(other.parties):
            self.move(party, introduced=False)
        if introduced:
            self.introduce()

    def destroy(self) -> None:
        """Send everybody out; each goes on with what comes after it."""
        self.dissolved = True
        if self.parties:
            self._out(self.parties[0])
        elif self.switch.bridges.pop(self.uniqueid, None) is not None:
            self._tell(BridgeDestroy)

    # --- what follows from it -----------------------------------------------------------------

    def _changed(self) -> None:
        """Somebody has come or gone."""
        technology = self.technology_for(len(self.parties))
        if technology != self.technology:
            if self.switch.log.shows(4):
                text = f"Bridge {self.uniqueid}: switching from {self.technology} technology to {technology}"
                self.switch.log.verbose(4, text)
            self.technology = technology
        if not self.wire():
            names = " and ".join(member.name for member in self.members)
            self.switch.log.error(f"The audio of {names} cannot be joined", self.parties[0].channel.call)
        self.sounded()
        for member in self.members:
            sound = member.variables.get("BRIDGE_PLAY_SOUND", "")
            if sound:
                member.unset("BRIDGE_PLAY_SOUND")
                play_to(member, sound)
        self.name_peers()

    def sounded(self) -> None:
        """Somebody may be heard here from now on: Local pairs that pass it on may be taken out of the way."""
        for member in self.members:
            optimizing.later(member)

    def wire(self) -> bool:
        """Join the audio of the members; False when that of some cannot be."""
        together = [party.channel for party in self.parties if not party.is_apart]
        for party in self.parties:
            if party.is_apart:
                media.part(party.channel)
        return media.join(*together)

    def name_peers(self) -> None:
        """Let each member know the names of the others: BRIDGEPEER, and of two BRIDGEPVTCALLID."""
        members = self.members
        if len(members) < 2:
            return
        for member in members:
            others = [other for other in members[: PEERS_NAMED + 1] if other is not member]
            member.set("BRIDGEPEER", ",".join(other.name for other in others))
            call_id = others[0].leg.read("callid") if len(members) == 2 else ""
            if call_id:
                member.set("BRIDGEPVTCALLID", call_id)
            elif "BRIDGEPVTCALLID" in member.variables:
                member.unset("BRIDGEPVTCALLID")

    @staticmethod
    def _forget_peer(channel: Channel) -> None:
        for name in ("BRIDGEPEER", "BRIDGEPVTCALLID"):
            if name in channel.variables:
                channel.unset(name)

    def introduce(self) -> None:
        """Tell each of two who the other is."""
        if len(self.parties) == 2:
            first, second = self.members
            interception.connect_later(first, second.caller)
            interception.connect_later(second, first.caller)

    def _said(self, channel: "ChannelBase", what: str) -> None:
        if self.switch.log.shows(3):
            where = f"'{self.technology}' {self.kind}-bridge <{self.uniqueid}>"
            channel.verbose(3, f"Channel {channel.name} {what} {where}")

    def _tell(self, kind: type[Event], channel: "ChannelBase | None" = None, *more: str) -> None:
        bus = self.switch.bus
        if bus.wants(kind):
            facts = (self.snapshot(),) if channel is None else (self.snapshot(), channel.snapshot(), *more)
            bus.publish(kind(*facts))
