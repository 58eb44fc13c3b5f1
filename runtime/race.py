"""Several legs called at once; the first to answer wins.

A race runs in the caller's task. The legs that it calls have no task: their events are read here until one of
them answers. Whatever happens, every leg that did not win is ended and its DialEnd told.
"""

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from asterism.runtime import answers, forwarding, interception, media, pickup
from asterism.runtime.causes import Cause, cause_text
from asterism.runtime.channel import Channel
from asterism.runtime.dial_settings import AnswerHook, DialResult, DialSettings, Hook
from asterism.runtime.driver import (
    Answered,
    Digit,
    Ended,
    Forwarded,
    Identified,
    LegEvent,
    Party,
    Proceeding,
    Progressing,
    Redirecting,
    Responded,
    Ringing,
)
from asterism.runtime.errors import ArgumentError, DriverError, Hangup, Unavailable
from asterism.runtime.events import ChannelSnapshot, DialBegin, DialEnd, DialState
from asterism.runtime.log import escaped
from asterism.runtime.mailbox import Interrupted, next_event, stirred
from asterism.runtime.states import DialStatus
from asterism.runtime.switch import Switch

if TYPE_CHECKING:
    from asterism.runtime.bridge import Bridge

__all__ = ["AnswerHook", "DialResult", "DialSettings", "Hook", "Race", "status_of_cause"]


@dataclass(slots=True)
class _Tally:
    """Why legs failed, counted as Asterisk counts."""

    busy: int = 0
    congestion: int = 0
    unavailable: int = 0

    def add(self, cause: int) -> None:
        """Count a leg that ended with this cause before an answer."""
        if cause == Cause.USER_BUSY:
            self.busy += 1
        elif cause == Cause.NORMAL_CIRCUIT_CONGESTION:
            self.congestion += 1
        elif cause not in (Cause.NO_ANSWER, Cause.NORMAL_CLEARING):
            self.unavailable += 1

    @property
    def failed(self) -> int:
        """All of them."""
        return self.busy + self.congestion + self.unavailable


def status_of_cause(cause: int) -> DialStatus:
    """The dial status that a leg's end before the answer stands for."""
    tally = _Tally()
    tally.add(cause)
    if tally.busy:
        return DialStatus.BUSY
    if tally.congestion:
        return DialStatus.CONGESTION
    return DialStatus.CHANUNAVAIL if tally.unavailable else DialStatus.NOANSWER


_STATUSES = {
    int(Cause.USER_BUSY): DialStatus.BUSY,
    int(Cause.NORMAL_CIRCUIT_CONGESTION): DialStatus.CONGESTION,
    int(Cause.NO_ROUTE_DESTINATION): DialStatus.CHANUNAVAIL,
    int(Cause.SUBSCRIBER_ABSENT): DialStatus.CHANUNAVAIL,
}
"How DialEnd tells of an attempt that ended with a cause; NOANSWER of all others."


@dataclass(eq=False, slots=True)
class Attempt:
    """One leg under way."""

    channel: Channel
    destination: str
    resource: str
    called: bool = False
    progressed: bool = False


@dataclass(eq=False)
class Race:
    """Several legs called for one caller (or for nobody, by originate); the first to answer wins."""

    switch: Switch
    caller: Channel | None
    settings: DialSettings
    result: DialResult = field(default_factory=DialResult)
    lines: int = 0
    tally: _Tally = field(default_factory=_Tally)
    legs: dict[Channel, Attempt] = field(default_factory=dict)
    winner: Channel | None = None
    picker_waits: "asyncio.Future[Bridge] | None" = None
    "Who waits to be told in which bridge the talk is, when the winner has taken the call from another one."
    _answer_told: bool = False
    _tone: media.Play | None = None
    _sent_ringing: bool = False

    def __post_init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.began_s = self._loop.time()
        self.deadline = self.began_s + self.settings.timeout
        self._early_deadline = self.began_s + self.settings.early_timeout

    async def run(self, destinations: Sequence[str]) -> Channel | None:
        """Call all but empty ones; the channel that has answered, or None. Losers are ended in any case."""
        try:
            for number, destination in enumerate(destinations, 1):
                if destination:
                    await self.prepare(destination, last=number == len(destinations))
            for attempt in tuple(self.legs.values()):
                if not self.call(attempt):
                    self.lines -= 1
            self._comfort()
            if self.lines == 1 and len(self.legs) == 1:
                await self._introduce(next(iter(self.legs)))
            self.result.status = DialStatus.NOANSWER if self.legs else DialStatus.CHANUNAVAIL
            while self.legs and self.winner is None:
                found = await self._next()
                if found is None:
                    self._timed_out()
                    return None
                if found[0] is self.caller:
                    self.result.status = DialStatus.CANCEL
                    self._lose_others(DialStatus.CANCEL, Cause.NORMAL_CLEARING)
                    return None
                await self._take(*found)
            if self.winner is None:
                self._nobody()
            else:
                self._lose_others(DialStatus.CANCEL, self.settings.loser_cause)
            return self.winner
        except BaseException:
            self.result.status = DialStatus.CANCEL
            if self.winner is not None:
                self.answer_told(self.winner)
            self.dismiss(Cause.NORMAL_CLEARING)
            cause = (0 if self.caller is None else self.caller.cause) or Cause.NORMAL_CLEARING
            elsewhere = self.settings.answered_elsewhere
            self._lose_others(DialStatus.CANCEL, Cause.ANSWERED_ELSEWHERE if elsewhere else cause)
            raise
        finally:
            self._quiet()

    def dismiss(self, cause: int) -> None:
        """End the winner; who has taken the call from another channel ends by himself."""
        if self.picker_waits is not None:
            self.picker_waits.cancel()
        elif self.winner is not None:
            self.winner.close(cause)

    async def _next(self) -> tuple[Channel, LegEvent] | None:
        """The next event of a leg, or the digit by which the caller gives up; None when the time is over."""
        caller, gives_up = self.caller, self.settings.on_caller_digit
        deadline = min(self.deadline, self._early_deadline)
        if caller is None or gives_up is None:
            return await next_event(tuple(self.legs), deadline)
        while True:
            for channel in self.legs:
                if (event := channel.next_mail()) is not None:
                    return channel, event
            while (digit := caller.take(Digit)) is not None:
                if gives_up(digit.digit):
                    return caller, digit
            if not await stirred((caller, *self.legs), deadline):
                return None

    # --- one leg ------------------------------------------------------------------------------

    async def prepare(self, destination: str, caller: Party | None = None, *, last: bool = True) -> None:
        """Make the leg of a destination and its channel, not called yet. `caller`: who calls, for a forwarded one."""
        self.lines += 1
        technology, slash, resource = destination.strip().partition("/")
        driver = self.switch.driver(technology) if slash else None
        try:
            if driver is None:
                raise Unavailable(f"No channel type registered for '{technology}'", Cause.CHAN_NOT_IMPLEMENTED)
            if self.caller is not None and self.caller.forwards_left <= 0:
                raise Unavailable("the call has been passed on too often", Cause.INTERWORKING)
            leg = driver.request(technology, resource, self.caller)
        except Unavailable as refusal:
            self._unavailable(destination, refusal, last)
            return
        except DriverError as error:
            self._unavailable(destination, Unavailable(str(error), Cause.NETWORK_OUT_OF_ORDER), last)
            return
        settings = self.settings
        channel = self.switch.outgoing(
            leg, self.caller, caller=caller or settings.caller, resource=resource, uniqueids=settings.uniqueids
        )
        self.legs[channel] = Attempt(channel, destination, resource)
        pickup.rings_in(channel, self)
        if self.settings.before_call is not None and not await self.settings.before_call(channel):
            del self.legs[channel]
            cause = channel.cause or int(Cause.NORMAL_CLEARING)
            self.tally.add(cause)
            if self.caller is not None:
                self.caller.cause = channel.cause or self.caller.cause
            channel.close(cause)

    def call(self, attempt: Attempt, caller: Party | None = None) -> bool:
        """Call a leg; False when there is nobody to call, and nothing to tell of but the channel's end."""
        channel = attempt.channel
        caller = (
            caller or self.settings.caller or (self.caller.caller if self.caller is not None else channel.connected)
        )
        attempt.called = True
        try:
            channel.leg.call(caller, channel.variables)
        except Unavailable:
            channel.verbose(3, f"Couldn't call {escaped(attempt.destination)}")
            del self.legs[channel]
            channel.close(self._first_cause)
            if self.caller is not None and self._first_cause:
                self.caller.cause = self._first_cause
            return False
        except DriverError as error:
            channel.error(f"Calling {escaped(attempt.destination)} failed: {error}")
            channel.post(Ended(Cause.NETWORK_OUT_OF_ORDER))
        bus = self.switch.bus
        if bus.wants(DialBegin):
            bus.publish(DialBegin(self._caller_snapshot(), channel.snapshot(), attempt.resource))
        if self.switch.log.shows(3):
            channel.verbose(3, f"Called {escaped(attempt.destination)}")
        return True

    def _unavailable(self, destination: str, refusal: Unavailable, last: bool) -> None:
        cause = int(refusal.cause)
        technology = escaped(destination.partition("/")[0])
        text = f"Unable to create channel of type '{technology}' (cause {cause} - {cause_text(cause)}): {refusal}"
        if self.caller is not None:
            self.caller.warn(text)
            self.caller.cause = cause if last else self.caller.cause
        else:
            self.switch.log.warning(text)
        self.result.cause = cause
        self.tally.add(cause)

    def _caller_snapshot(self) -> ChannelSnapshot | None:
        return None if self.caller is None else self.caller.snapshot()

    def set_time(self, name: str, value_ms: int) -> None:
        """Let the caller have a time, in seconds and in milliseconds."""
        if self.caller is not None:
            self.caller.set(name, str(value_ms // 1000))
            self.caller.set(f"{name}_MS", str(value_ms))

    @property
    def _first_cause(self) -> int:
        """The cause that a leg has from the start, and ends with where nobody gives it another."""
        return int(Cause.ANSWERED_ELSEWHERE if self.settings.answered_elsewhere else Cause.NOT_DEFINED)

    @property
    def hears_us(self) -> bool:
        """Whether the caller hears ringing of ours, or music, whatever the called side does."""
        return bool(self.settings.ringback) or self.settings.music is not None

    def elapsed_ms(self) -> int:
        """Milliseconds since the beginning."""
        return round((self._loop.time() - self.began_s) * 1000)

    async def _take(self, channel: Channel, event: LegEvent) -> None:
        attempt = self.legs[channel]
        if isinstance(event, Answered):
            await self._answered(attempt)
        elif isinstance(event, Ended):
            self._ended(attempt, event)
        elif isinstance(event, Interrupted):
            cause = event.interrupt.cause if isinstance(event.interrupt, Hangup) else int(Cause.NORMAL_CLEARING)
            self._ended(attempt, Ended(cause))
        elif isinstance(event, Forwarded):
            await forwarding.forward(self, attempt, event)
        elif isinstance(event, Identified):
            channel.set_caller(event.party)
            if self.caller is not None and self.lines == 1 and self.settings.takes_news:
                await interception.connect(self.caller, event.party)
        elif isinstance(event, Redirecting):
            if self.caller is not None and self.lines == 1 and self.settings.takes_news and not self.hears_us:
                await interception.redirect(self.caller, event.redirection)
        elif isinstance(event, pickup.PickedUp):
            await self._taken(attempt, event)
        elif isinstance(event, Responded):
            if self.caller is not None:
                answers.note(self.caller, channel.name, event.answer, event.cause)
        elif isinstance(event, Ringing | Progressing | Proceeding):
            self._alerting(attempt, event)
            hook = self.settings.on_progress
            if hook is not None and isinstance(event, Progressing) and not attempt.progressed:
                attempt.progressed = True
                await hook(channel)

    async def _taken(self, attempt: Attempt, event: pickup.PickedUp) -> None:
        """Somebody else has taken the call: he is the one that answered."""
        target, picker = attempt.channel, event.picker
        if picker.far_end_gone:
            event.bridge.cancel()
            return
        self.picker_waits = event.bridge
        if self.caller is not None:
            interception.connect_later(picker, self.caller.caller)
            if picker.caller.number and self.settings.takes_news:
                await interception.connect(self.caller, picker.caller)
        await self._answered(attempt, picker)
        target.close(Cause.ANSWERED_ELSEWHERE)

    async def _answered(self, attempt: Attempt, picker: Channel | None = None) -> None:
        channel = picker or attempt.channel
        self.winner = channel
        del self.legs[attempt.channel]
        pickup.rings_in(attempt.channel, None)
        result, caller = self.result, self.caller
        result.status = DialStatus.ANSWER
        result.peer, result.number = channel.name, attempt.resource
        channel.verbose(3, f"{channel.name} answered" + (f" {caller.name}" if caller is not None else ""))
        if self.lines > 1 and picker is None:
            await self._introduce(channel)
        if caller is not None:
            caller.set("DIALSTATUS", result.status.value)
            caller.set("DIALEDPEERNAME", result.peer)
            caller.set("DIALEDPEERNUMBER", result.number)
        if self.settings.on_answer is None or picker is not None:
            self.answer_told(attempt.channel)

    def answer_told(self, channel: Channel, status: str = DialStatus.ANSWER.value) -> None:
        """Tell how the attempt that was answered has ended, unless it is told already."""
        if not self._answer_told:
            self._answer_told = True
            self.end_told(channel, status, answered=True)

    async def _introduce(self, channel: Channel) -> None:
        """Let the caller know whom it is to talk to; a Local channel is nobody before it has said who is behind it."""
        known = channel.caller.number and not (channel.caller_lent and channel.technology == "Local")
        if self.caller is not None and known and self.settings.takes_news:
            await interception.connect(self.caller, channel.caller)

    def _ended(self, attempt: Attempt, event: Ended) -> None:
        channel, cause = attempt.channel, int(event.cause) or self._first_cause
        if self.caller is not None:
            self.caller.cause = cause
        self.result.cause = cause
        if event.sip_status and self.caller is not None:
            answers.note(self.caller, channel.name, event.answer, cause)
        # Whoever originates is told by a Local channel that it is busy, or that it ended: not by its cause, as Dial is.
        meaning = Cause.NOT_DEFINED if self.caller is None and channel.technology == "Local" else cause
        if event.busy or event.congestion:
            meaning = Cause.USER_BUSY if event.busy else Cause.NORMAL_CIRCUIT_CONGESTION
        if meaning == Cause.USER_BUSY:
            channel.verbose(3, f"{channel.name} is busy")
        elif meaning == Cause.NORMAL_CIRCUIT_CONGESTION:
            channel.verbose(3, f"{channel.name} is circuit-busy")
        self.drop(attempt, meaning, cause)

    def drop(self, attempt: Attempt, meaning: int, cause: int | None = None) -> None:
        """Be done with a leg that has ended, or that nobody wants any more.

        Args:
            attempt: Which.
            meaning: The cause that it is counted by.
            cause: The cause that it ends with, when that is another.
        """
        channel = self.legs.pop(attempt.channel).channel
        pickup.rings_in(channel, None)
        self.tally.add(meaning)
        # One attempt's end is told by another rule than DIALSTATUS, which all of them make together.
        self.end_told(channel, _STATUSES.get(meaning or cause or 0, DialStatus.NOANSWER).value)
        channel.close(meaning if cause is None else cause)

    def end_told(self, channel: Channel, status: str, forward: str = "", *, answered: bool = False) -> None:
        """Tell how an attempt has ended, and where the call went from there."""
        bus = self.switch.bus
        if bus.wants(DialEnd):
            end = channel.snapshot()
            if answered and self.caller is not None:
                end = replace(end, exten="")  # The place of the caller was lent for being dialled.
            bus.publish(DialEnd(self._caller_snapshot(), end, status, forward))

    def _alerting(self, attempt: Attempt, event: LegEvent) -> None:
        """Pass ringing and early audio of a leg on to the caller."""
        channel, caller, alone = attempt.channel, self.caller, self.lines == 1
        hears_us = self.hears_us
        if isinstance(event, Ringing | Progressing):
            self._early_deadline = math.inf
        if isinstance(event, Ringing):
            word, text = "RINGING", f"{channel.name} is ringing"
            if self.result.ring_ms is None:
                self.result.ring_ms = self.elapsed_ms()
                self.set_time("RINGTIME", self.result.ring_ms)
            if caller is not None and not hears_us and not self._sent_ringing:
                self._ring(caller)
        elif isinstance(event, Progressing):
            word = "PROGRESS"
            text = f"{channel.name} is making progress" + (f" passing it to {caller.name}" if caller else "")
            if self.result.progress_ms is None:
                self.result.progress_ms = self.elapsed_ms()
                self.set_time("PROGRESSTIME", self.result.progress_ms)
            if caller is not None and alone and (not hears_us or self.settings.ring_until_early):
                self._quiet()
                if not caller.is_up:
                    caller.progress()
                media.join(caller, channel)
        else:
            word = "PROCEEDING"
            text = f"{channel.name} is proceeding" + (f" passing it to {caller.name}" if caller else "")
            if caller is not None and alone and not hears_us and not caller.is_up:
                caller.proceed()
        channel.verbose(3, text)
        bus = self.switch.bus
        if bus.wants(DialState):
            bus.publish(DialState(self._caller_snapshot(), channel.snapshot(), word))

    # --- the caller meanwhile -----------------------------------------------------------------

    def _comfort(self) -> None:
        """What the caller hears from the start, by the options r and m."""
        caller, settings = self.caller, self.settings
        if caller is None or not self.legs:
            return
        if settings.music is not None:
            caller.start_music(settings.music)
        elif settings.ringback:
            self._ring(caller, settings.ringback)

    def _ring(self, caller: Channel, tone: str = "ring") -> None:
        self._sent_ringing = True
        if caller.is_up or tone != "ring":
            if not caller.is_up:
                caller.progress()
            try:
                self._tone = caller.start_tone(tone)
            except ArgumentError as error:
                caller.warn(f"{caller.name} hears no ringing: {error}")
        else:
            caller.ring()

    def _quiet(self) -> None:
        if self._tone is not None:
            self._tone.stop()
            self._tone = None
        if self.settings.music is not None and self.caller is not None:
            self.caller.stop_music()

    # --- the end of it ------------------------------------------------------------------------

    def _lose_others(self, status: DialStatus | None, cause: int) -> None:
        """End all that are still called; without a status nothing is told of the dial's end."""
        for channel, attempt in tuple(self.legs.items()):
            del self.legs[channel]
            if attempt.called and status is not None:
                self.end_told(channel, status.value)
            channel.close(cause)

    def _timed_out(self) -> None:
        early = self._early_deadline < self.deadline
        seconds = self.settings.early_timeout if early else self.settings.timeout
        if self.caller is not None:
            self.caller.verbose(3, f"{'No response' if early else 'Nobody picked up'} in {round(seconds * 1000)} ms")
        self.result.status = DialStatus.CHANUNAVAIL if early else DialStatus.NOANSWER
        if self.caller is None:
            self._lose_others(None, Cause.NO_ANSWER)  # Asterisk tells no end of an originated dial that takes too long.
        else:
            self._lose_others(DialStatus.NOANSWER, self._first_cause)

    def _nobody(self) -> None:
        tally = self.tally
        counts = f"({self.lines}:{tally.busy}/{tally.congestion}/{tally.unavailable})"
        depth, text = 3, "No one is available to answer at this time"
        if tally.failed == self.lines:
            depth, text = 2, "Everyone is busy/congested at this time"
            if tally.busy:
                self.result.status = DialStatus.BUSY
            elif tally.congestion:
                self.result.status = DialStatus.CONGESTION
            else:
                self.result.status = DialStatus.CHANUNAVAIL
        if self.caller is not None:
            self.caller.verbose(depth, f"{text} {counts}")
