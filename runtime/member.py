"""What a channel does while it is in a bridge: it waits for what its far end does, and passes that on.

`join` runs in the channel's own task, as an application does; `impart` gives a channel that has no task (one that was
dialled) a task of its own. Whoever is moved to another bridge stays in the same call of either.
"""

import asyncio
import contextlib
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from asterism.dialplan.errors import Ended as HungUp
from asterism.dialplan.errors import Interrupt, Redirected
from asterism.dialplan.scope import Jump
from asterism.runtime import features, interception, media
from asterism.runtime.causes import Cause
from asterism.runtime.channel import Channel
from asterism.runtime.driver import (
    Answered,
    Digit,
    Ended,
    Held,
    Identified,
    LegEvent,
    Passage,
    Progressing,
    Redirecting,
    Resumed,
    Ringing,
    TextReceived,
    Waiting,
)
from asterism.runtime.errors import Hangup
from asterism.runtime.events import DialEnd, DialState, DTMFBegin, DTMFEnd
from asterism.runtime.mailbox import Errand, Interrupted, stirred

if TYPE_CHECKING:
    from asterism.runtime.bridge import Bridge
    from asterism.runtime.channel_base import ChannelBase


@dataclass(eq=False)
class Member:
    """A channel's part in a bridge.

    Args:
        channel: Who.
        limit_s: After so many seconds it leaves, whichever bridge it is in then.
        role: What it is in a bridge that knows roles, such as `announcer`.
    """

    channel: Channel
    limit_s: float = math.inf
    role: str = ""
    bridge: "Bridge | None" = None
    last_words: str = ""
    "A sound that it hears when its time is up, before it leaves."
    moving: bool = False
    "Whether it is on its way from one bridge to another."
    on_hold: bool = False
    "Whether it was put on hold by another member."
    is_apart: bool = False
    "Whether it neither hears the others nor is heard for now."
    on_end: Callable[[], bool] | None = None
    "Asked when its call ends; True when that does not end the bridge's."
    on_answer: Callable[[], None] | None = None
    "Called when its far end has answered, in the bridge."
    _next: Jump | None = None
    _timer: asyncio.TimerHandle | None = None
    _ringing: media.Play | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        self.keys = features.Keys(self, {})

    # --- told by the bridge -------------------------------------------------------------------

    def entered(self) -> None:
        """It is in a bridge now."""
        if self.bridge is not None and self.bridge.kind == "basic":
            self.keys.use(features.hooks_of(self.channel))
        if self._timer is None and self.limit_s < math.inf:
            self._timer = asyncio.get_running_loop().call_later(self.limit_s, self.expire)

    def left(self) -> None:
        """It is out of its bridge."""
        self.release()
        self.keys.forget()
        self.keys.use({})
        if not self.moving and self._timer is not None:
            self._timer.cancel()
        self.channel.stir()

    def expire(self) -> None:
        """Its time is up."""
        bridge, words = self.bridge, self.last_words
        if bridge is None:
            return
        if words:
            self.last_words = ""
            self.channel.post(Errand(lambda: self._say(words)))
            return
        self.hang_up()
        bridge.ended_by = None

    async def _say(self, sound: str) -> None:
        with self.apart():
            await self.channel.play(*sound.split("&"))
        self.expire()

    def hang_up(self) -> None:
        """Its part in the call is over, though its far end is there."""
        bridge, handled = self.bridge, self.on_end is not None and self.on_end()
        if bridge is not None:
            bridge.leave(self.channel, ends=not handled)

    @contextlib.contextmanager
    def apart(self) -> Iterator[None]:
        """Let it do something of its own that the others neither hear nor are heard in."""
        before, self.is_apart = self.is_apart, True
        if self.bridge is not None:
            self.bridge.wire()
        try:
            yield
        finally:
            self.is_apart = before
            if self.bridge is not None:
                self.bridge.wire()

    # --- the time inside ----------------------------------------------------------------------

    async def attend(self) -> None:
        """Be in the bridge until somebody takes this channel out, or it ends; in the channel's own task."""
        channel = self.channel
        try:
            while self.bridge is not None:
                event = channel.next_mail()
                if event is not None:
                    await self._take(event)
                elif not await stirred((channel,), self.keys.deadline):
                    self.keys.lapse()
        except BaseException:
            self.hang_up()
            raise

    async def _take(self, event: LegEvent) -> None:
        channel = self.channel
        if isinstance(event, Ended):
            raise Hangup(event.cause)
        if isinstance(event, Interrupted):
            raise event.interrupt
        if isinstance(event, Errand):
            await event.run()
        elif isinstance(event, Identified):
            channel.set_caller(event.party)
            for other in self.others():
                interception.connect_later(other, event.party)
        elif isinstance(event, Redirecting):
            for other in self.others():
                interception.redirect_later(other, event.redirection)
        elif isinstance(event, TextReceived):
            for other in self.others():
                other.leg.send_text(event.text)
        elif isinstance(event, Digit):
            await self.keys.press(event)
        elif isinstance(event, Held | Resumed):
            self._hold(event)
        elif isinstance(event, Ringing | Progressing | Answered) and channel.outgoing:
            self._alert(event)

    def others(self) -> list[Channel]:
        """The other members of its bridge."""
        return [] if self.bridge is None else self.bridge.others(self.channel)

    def pass_digit(self, event: Digit) -> None:
        """Let the others have a digit, unless they got it with the packets."""
        for other in self.others():
            other.tell(DTMFBegin, event.digit, "Sent")
            if not event.carried:
                other.leg.send_digit(event.digit, event.duration_ms)
            other.tell(DTMFEnd, event.digit, event.duration_ms, "Sent")

    # --- hold ---------------------------------------------------------------------------------

    def _hold(self, event: Held | Resumed) -> None:
        """The far end has put those it talks to on hold, or is back; among three and more nobody is told."""
        others = self.others()
        if len(others) == 1 and others[0].membership is not None:
            party = others[0].membership
            party.suspend(event.music_class) if isinstance(event, Held) else party.release()

    def suspend(self, music: str = "") -> None:
        """Put this channel on hold: it hears music, of a class, or what its device hears on hold."""
        if not self.on_hold:
            self.on_hold = True
            self._kept_waiting()
            if passes_hold(self.channel):
                self.channel.leg.hold(music)
            else:
                self.channel.start_music(music, self.channel.leg.read("musicclass") or "")

    def release(self) -> None:
        """Take it back; harmless when it is not on hold."""
        self.ring(False)
        if self.on_hold:
            self.on_hold = False
            self._kept_waiting()
            if self.channel.far_end_gone:
                self.channel.stop_music()
            elif passes_hold(self.channel):
                self.channel.leg.unhold()
            else:
                self.channel.stop_music()

    def _kept_waiting(self) -> None:
        if isinstance(self.channel.leg, Waiting) and not self.channel.far_end_gone:
            self.channel.leg.kept_waiting(self.on_hold)

    # --- somebody who is still being called ------------------------------------------------------

    def _alert(self, event: LegEvent) -> None:
        """Tell the others how the call to this channel goes on."""
        bus, channel = self.channel.switch.bus, self.channel
        if isinstance(event, Answered):
            bus.publish(DialEnd(None, channel.snapshot(), "ANSWER"))
            if self.on_answer is not None:
                self.on_answer()
        else:
            word = "RINGING" if isinstance(event, Ringing) else "PROGRESS"
            bus.publish(DialState(None, channel.snapshot(), word))
        for other in self.others():
            if other.membership is not None:
                other.membership.ring(isinstance(event, Ringing))

    def ring(self, rings: bool) -> None:
        """Let this channel hear, or be told, that somebody is being called; or no more."""
        if rings and self._ringing is None and not self.channel.far_end_gone:
            if self.channel.is_up:
                self._ringing = media.Play(self.channel, _ringback(self.channel))
            else:
                self.channel.leg.ring()
        elif not rings and self._ringing is not None:
            self._ringing.stop()
            self._ringing = None

    # --- a task of its own ------------------------------------------------------------------------

    async def alone(self) -> None:
        """Be in the bridge, then decide what comes next."""
        channel = self.channel
        try:
            await self.attend()
            self._next, channel.after_bridge = channel.after_bridge, None
        except Redirected as elsewhere:
            self._next = await elsewhere.place()
        except Interrupt as interrupt:
            channel.cause = (interrupt.cause if isinstance(interrupt, HungUp) else 0) or channel.cause

    def over(self, error: BaseException | None) -> None:
        """The task has ended: go on in the dialplan, or end the channel."""
        channel = self.channel
        if error is not None and not isinstance(error, asyncio.CancelledError):
            channel.error(f"{channel.name}: its bridge broke off: {error!r}")
            channel.switch.log.traceback(error, channel.call)
        if self._next is not None and not channel.far_end_gone:
            channel.cause = channel.cause or int(Cause.NORMAL_CLEARING)
            channel.go(self._next)
            channel.switch.start(channel)
        else:
            channel.close(channel.cause or int(Cause.NORMAL_CLEARING))


def passes_hold(channel: "ChannelBase") -> bool:
    """Whether being put on hold is for whoever is behind a channel: a Local one that was dialled with `/m`."""
    return isinstance(channel.leg, Passage) and "m" in (channel.leg.read("options") or "")


def _ringback(channel: Channel) -> "list[media.Piece]":
    tones = channel.switch.tones.find("ring", channel.tonezone)
    return [] if tones is None else media.tone_pieces(tones)


async def join(
    bridge: "Bridge", who: "Channel | Member", swap: "ChannelBase | None" = None, *, introduced: bool = False
) -> None:
    """Be in a bridge until it is over, or somebody takes the channel out; in the channel's own task.

    Args:
        bridge: Which.
        who: The channel, or what it is and may do in the bridge.
        swap: A member whose place it takes.
        introduced: Let the others and it know who they talk to.

    Raises:
        Redirected: It was let out to go on elsewhere.
    """
    party = who if isinstance(who, Member) else Member(who)
    channel = party.channel
    if channel.ended or channel.far_end_gone:
        if len(bridge.parties) < (2 if bridge.ends_with_a_party else 1):
            bridge.destroy()  # Who waits there waits for nobody.
        channel.check()
    bridge.enter(party, swap, introduced=introduced)
    await party.attend()
    place, channel.after_bridge = channel.after_bridge, None
    if place is not None:
        raise Redirected(place)


def impart(
    bridge: "Bridge", who: "Channel | Member", swap: "ChannelBase | None" = None, *, introduced: bool = False
) -> None:
    """Put a channel that has no task into a bridge; when it is out, it goes on to `after_bridge`, or ends."""
    party = who if isinstance(who, Member) else Member(who)
    bridge.enter(party, swap, introduced=introduced)
    party.channel.run(party.alone(), party.over)


def bring(
    bridge: "Bridge",
    channel: Channel,
    *,
    after: Jump | None = None,
    limit_s: float = math.inf,
    introduced: bool = True,
    answer: bool = True,
) -> bool:
    """Get a channel into a bridge, wherever it is: in another bridge, or somewhere in the dialplan.

    Args:
        bridge: Which.
        channel: Who.
        after: Where it goes on when the bridge is over; without, it is hung up then.
        limit_s: After so many seconds it leaves.
        introduced: Let the members know who they talk to.
        answer: Answer it when it was not answered.

    Returns:
        False when nobody looks after the channel (it is being dialled), or it is ending.
    """
    if channel.ended or channel.far_end_gone or bridge.dissolved:
        return False
    channel.stop_music()
    party, source = channel.membership, channel.bridge
    if party is not None and source is not None:
        channel.after_bridge = after
        bridge.move(party, introduced=introduced)
        if source.ends_with_a_party and len(source.parties) == 1:
            source.destroy()
        return True
    if not channel.running:
        return False
    channel.after_bridge = after
    party = Member(channel, limit_s)
    bridge.enter(party, introduced=introduced)
    channel.detour(lambda: _brought(party, answer))
    return True


async def _brought(party: Member, answer: bool) -> None:
    channel = party.channel
    if answer:
        await channel.answer(at_once=True)
    await party.attend()
    place, channel.after_bridge = channel.after_bridge, None
    if place is None:
        raise Hangup(Cause.NORMAL_CLEARING)
    raise Redirected(place)


def play_to(channel: Channel, sound: str) -> None:
    """Let one member of a bridge hear a sound that the others do not hear."""
    party = channel.membership
    if party is None or not sound:
        return

    async def play() -> None:
        with party.apart():
            await channel.play(*sound.split("&"))

    channel.post(Errand(play))
