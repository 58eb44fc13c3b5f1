"""Holding bridges: channels that wait, each with music or silence of its own, until somebody takes them out.

Its members do not hear each other. An announcer is heard by all who wait; while one is there they hear nothing else.
"""

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from asterism.runtime import media
from asterism.runtime.bridge import Bridge
from asterism.runtime.member import passes_hold

if TYPE_CHECKING:
    from asterism.runtime.channel_base import ChannelBase
    from asterism.runtime.member import Member
    from asterism.runtime.switch import Switch

ANNOUNCER = "announcer"

_HEARD = "holding bridge"
"Under which a channel keeps what it hears while it waits."


class HoldingBridge(Bridge):
    """Where channels wait."""

    kind = "base"
    ends_with_a_party = False
    allows_transfers = False
    allows_moves = False

    def __init__(self, switch: "Switch", creator: str = "", name: str = "") -> None:
        self._idle: WeakKeyDictionary[ChannelBase, tuple[str, str]] = WeakKeyDictionary()
        super().__init__(switch, creator, name)

    def technology_for(self, channels: int) -> str:
        """There is one way to wait."""
        return "holding_bridge"

    def entertain(self, channel: "ChannelBase", mode: str, music: str = "") -> None:
        """Say what a channel is to hear while it waits; before it enters.

        Args:
            channel: Who.
            mode: Asterisk's letters: m music, r ringing, s silence, h hold, n nothing.
            music: Class of the music.
        """
        self._idle[channel] = (mode, music)

    def wire(self) -> bool:
        """Let all who wait hear the announcers, or what each of them hears alone."""
        announcers = [party.channel for party in self.parties if party.role == ANNOUNCER]
        waiting = [party for party in self.parties if party.role != ANNOUNCER]
        for announcer in announcers:
            announcer.deaf = True
        wanted: dict[ChannelBase, tuple[ChannelBase, ...]] = {party.channel: tuple(announcers) for party in waiting}
        wanted |= {announcer: tuple(party.channel for party in waiting) for announcer in announcers}
        agreed = media.wire(wanted)
        for party in waiting:
            if announcers:
                self._quiet(party)
            else:
                self._begin(party)
        return agreed

    def name_peers(self) -> None:
        """Nobody has a peer here."""
        for member in self.members:
            self._forget_peer(member)

    def _out(self, party: "Member", *, replaced: bool = False) -> None:
        self._quiet(party)
        self._idle.pop(party.channel, None)
        party.channel.deaf = False
        super()._out(party, replaced=replaced)

    def _begin(self, party: "Member") -> None:
        channel = party.channel
        mode, music = self._idle.get(channel, ("m", ""))
        if _HEARD in channel.datastores or channel.far_end_gone:
            return
        channel.datastores[_HEARD] = mode
        if mode == "m" or (mode == "h" and not passes_hold(channel)):
            channel.start_music(music)
        elif mode == "h":
            channel.leg.hold()
        elif mode == "r":
            party.ring(True)

    def _quiet(self, party: "Member") -> None:
        channel = party.channel
        mode = channel.datastores.pop(_HEARD, "")
        if mode == "m" or (mode == "h" and not passes_hold(channel)):
            channel.stop_music()
        elif mode == "h" and not channel.far_end_gone:
            channel.leg.unhold()
        elif mode == "r":
            party.ring(False)


def named(switch: "Switch", creator: str, name: str) -> HoldingBridge:
    """The holding bridge of a name; made when there is none."""
    for bridge in switch.bridges.values():
        if isinstance(bridge, HoldingBridge) and (bridge.creator, bridge.name) == (creator, name):
            return bridge
    return HoldingBridge(switch, creator, name)
