"""What a channel is and what it tells: its parties, variables, place in the dialplan, mailbox, and task.

The verbs that applications use on it are in `asterism.runtime.channel`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import TYPE_CHECKING, Any, cast

from asterism.dialplan import machine, subroutine
from asterism.dialplan.errors import Elapsed, Interrupt, Redirected
from asterism.dialplan.errors import Ended as HungUp
from asterism.dialplan.scope import Frame, Jump, Raised, Variables
from asterism.dialplan.source import Source, Step, Track
from asterism.runtime import answers, farewell, media, transfer_asked
from asterism.runtime import variables as builtins
from asterism.runtime.causes import Cause
from asterism.runtime.driver import (
    Answered,
    Digit,
    Ended,
    Held,
    Leg,
    LegEvent,
    Responded,
    Resumed,
    Ringing,
    TransferAsked,
)
from asterism.runtime.errors import DriverError, Hangup
from asterism.runtime.events import (
    ApplicationStart,
    ChannelEvent,
    ChannelSnapshot,
    DTMFBegin,
    DTMFEnd,
    HangupRequest,
    Hold,
    Newchannel,
    Newexten,
    Newstate,
    SoftHangupRequest,
    Unhold,
    VarSet,
)
from asterism.runtime.events import Hangup as HangupEvent
from asterism.runtime.limits import FORWARDS_MAX, MAILBOX_EVENTS_MAX
from asterism.runtime.log import escaped
from asterism.runtime.mailbox import Interrupted, Mailbox, errand
from asterism.runtime.parties import Parties
from asterism.runtime.reporter import Reporter
from asterism.runtime.states import ChannelState
from asterism.runtime.switch import Switch
from asterism.runtime.task import ChannelTask
from asterism.runtime.unbound import Unbound

if TYPE_CHECKING:
    from asterism.runtime.bridge import Bridge
    from asterism.runtime.channel import Channel
    from asterism.runtime.member import Member


class ChannelBase(Mailbox, Parties, Reporter):
    """One party of a call, without its verbs."""

    def __init__(
        self,
        switch: Switch,
        leg: Leg,
        *,
        call: str,
        uniqueid: str,
        linkedid: str = "",
        state: ChannelState = ChannelState.DOWN,
        context: str = "default",
        exten: str = "s",
        closed: Callable[["ChannelBase"], None] = lambda channel: None,
    ) -> None:
        self.switch: Switch = switch
        self.leg: Leg = leg
        self.name: str = leg.name
        self.technology: str = leg.technology
        self.call = call
        "The call's id in the log, `C-00000001`; legs that it dials share it."
        self.uniqueid: str = uniqueid
        self.linkedid = linkedid or uniqueid
        self.state = state
        self.outgoing = state is ChannelState.DOWN
        "Whether we called it, rather than it us."
        self.created_s = self.linked_since = switch.now()
        self.answered_s = 0.0
        self.cause: int = 0
        self.application = self.app_data = ""
        self.forwards_left = FORWARDS_MAX
        "How often the call may still be dialled on from here: what a forwarding loop runs into."
        self._parties()
        self._place(context, exten)
        self.bridge: Bridge | None = None
        self.membership: Member | None = None
        "What it does in its bridge."
        self.after_bridge: Jump | None = None
        "Where it goes on in the dialplan when it is out of its bridge and not hung up."
        self.joined: tuple[ChannelBase, ...] = ()
        "The channels that this one's audio is joined with; media.py alone writes it."
        self.muted = self.deaf = False
        "Whether those it is joined with do not hear it, or it does not hear them; `media.refresh` after a change."
        self.tech_cause: int | None = None
        "The SIP status that ended it, when that was no ordinary end."
        self.plays: list[media.Play] = []
        self.datastores: dict[str, Any] = {}
        "What applications and functions keep with a channel, by a name of their own; gone with it."
        self.closed = False
        self._closed = closed
        self._gone = False
        self._task: ChannelTask | None = None
        self._flooded = False
        self._empty_mailbox()
        self._absolute: asyncio.TimerHandle | None = None
        self.absolute_timeout_at = 0.0
        "When the call will be ended (epoch), 0 for never."
        self._last_newexten: tuple[str, str, int] | None = None

    def _place(self, context: str, exten: str) -> None:
        self.context: str = context
        self.exten: str = exten
        self.priority: int = 1
        self.step: Step | None = None
        self.track: Track | None = None
        self.frames: list[Frame] = []
        self.hangup_handlers: list[str] = []
        self.jump: Jump | None = None
        self.exception: Raised | None = None
        self.ended = False
        self.runs_h = False
        "Whether `h` is run at its end though it never ran a dialplan of its own."
        self.variables = Variables()
        self.digit_timeout, self.response_timeout = 5.0, 10.0
        self.tells_variables = self.tracing = False
        self.listeners_changed()

    # --- what it is ---------------------------------------------------------------------------

    @property
    def is_up(self) -> bool:
        """Whether it has been answered."""
        return self.state is ChannelState.UP

    @property
    def far_end_gone(self) -> bool:
        """Whether it has been hung up, by the far end or by request."""
        return self._gone

    @property
    def peer(self) -> "Channel | None":
        """The other party of a bridge of two."""
        return self.bridge.other(self) if self.bridge is not None else None

    @property
    def caller_number(self) -> str:
        """Caller id number, or empty."""
        return self.caller.number

    @property
    def globals(self) -> dict[str, str]:
        """The global variables, to read."""
        return cast("dict[str, str]", self.switch.variables)

    @property
    def source(self) -> Source:
        """The dialplan in force."""
        return self.switch.plan

    def snapshot(self) -> ChannelSnapshot:
        """What it is now; for events and lists."""
        application, data, step = self.application, self.app_data, self.step
        if step is not None and not self.tracing:  # Nobody was told of the step, so it is not noted above.
            application, data = step.application, step.constant or ""
        return ChannelSnapshot(
            channel=self.name,
            uniqueid=self.uniqueid,
            linkedid=self.linkedid,
            state=self.state,
            caller_number=self.caller.number,
            caller_name=self.caller.name,
            connected_number=self.connected.number,
            connected_name=self.connected.name,
            language=self.language,
            accountcode=self.accountcode,
            context=self.context,
            exten=self.exten,
            priority=self.priority,
            application=application,
            app_data=data,
            created_s=self.created_s,
            answered_s=self.answered_s,
            bridge="" if self.bridge is None else self.bridge.uniqueid,
            call=self.call,
        )

    def __repr__(self) -> str:
        return f"<Channel {self.name} {self.state.text} {self.exten}@{self.context}:{self.priority}>"

    # --- telling ------------------------------------------------------------------------------

    def listeners_changed(self) -> None:
        """Look again at what anybody listens to; the runtime calls this when that has changed."""
        wants = self.switch.bus.wants
        self.tells_variables = wants(VarSet)
        self.tracing = wants(Newexten) or wants(ApplicationStart) or self.switch.log.shows(3) or self.switch.traces

    def tell(self, kind: type[ChannelEvent], *facts: Any) -> None:
        """Publish an event of this channel; nothing is put together when nobody listens."""
        bus = self.switch.bus
        if bus.wants(kind):
            bus.publish(kind(self.snapshot(), *facts))

    def announce(self, name: str, value: str) -> None:
        """Publish VarSet for what is no plain variable; nothing is stored."""
        if self.tells_variables:
            self.switch.bus.publish(VarSet(self.snapshot(), name, value))

    def trace(self, application: str, data: str) -> None:
        """Tell that a priority starts."""
        self.runs(application, data)
        if self.switch.log.shows(3):
            place = f"[{self.exten}@{self.context}:{self.priority}]"
            self.verbose(3, escaped(f'Executing {place} {application}("{self.name}", "{data}") in new stack'))
        place_now = (self.context, self.exten, self.priority)
        if place_now != self._last_newexten:
            self._last_newexten = place_now
            self.tell(Newexten, self.exten, application, data)

    def runs(self, application: str, data: str) -> None:
        """Note the application that runs now, of a priority or from within another application."""
        self.application, self.app_data = application, data
        self.tell(ApplicationStart)

    # --- variables and parties ----------------------------------------------------------------

    def set(self, name: str, value: str) -> None:
        """Set a variable, spelled as the dialplan does; channels that this one dials inherit `_A`, and theirs `__A`."""
        self.variables.assign(name, value)
        if self.tells_variables:
            self.announce(name, value)

    def unset(self, name: str) -> None:
        """Remove a variable."""
        self.variables.discard(name)
        if self.tells_variables:
            self.announce(name, "")

    def set_global(self, name: str, value: str) -> None:
        """Set a global variable."""
        self.switch.set_global(name, value)

    def builtin(self, name: str) -> str:
        """A variable that the channel answers itself: UNIQUEID, HANGUPCAUSE, ..."""
        return builtins.read(self, name)

    def now(self) -> float:
        """Seconds since the epoch."""
        return self.switch.now()

    def inherit(self, parent: "ChannelBase") -> None:
        """Take over what a channel that this one was dialled by hands down."""
        for name, value in parent.variables.bequeath().items():
            self.set(name, value)
        self.language = parent.language
        self.musicclass = parent.musicclass
        self.linkedid, self.linked_since = parent.linkedid, parent.linked_since
        self.forwards_left = parent.forwards_left - 1

    def to_state(self, state: ChannelState) -> None:
        """Change the state; for the core."""
        if state is not self.state:
            self.state = state
            if state is ChannelState.UP:
                self.answered_s = self.switch.now()
            self.tell(Newstate)

    # --- life ---------------------------------------------------------------------------------

    def begin(self) -> None:
        """Take the leg's events from now on, and tell that the channel is there."""
        self.tell(Newchannel)
        self.leg.attach(self)

    def run(self, coroutine: Coroutine[Any, Any, None], done: Callable[[BaseException | None], None]) -> None:
        """Give the channel its task."""
        assert self._task is None, f"{self.name} runs already"

        def over(error: BaseException | None) -> None:
            self._task = None
            done(error)

        self._task = ChannelTask(coroutine, self.name, over)
        if self._gone and not self.ended:
            self._task.interrupt(Hangup(self.cause))

    async def work(self, coroutine: Coroutine[Any, Any, bool]) -> bool:
        """Let something use this channel's verbs for a while, on behalf of another channel's task, which waits here.

        Returns:
            What it returns; False when this channel was hung up, or sent elsewhere, meanwhile.
        """
        over: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        answer = False

        async def turn() -> None:
            nonlocal answer
            try:
                answer = await coroutine
            except Interrupt as interrupt:
                if not isinstance(interrupt, HungUp):
                    self._mail.append(Interrupted(interrupt))
                elif interrupt.asked and not self._gone:  # Whoever has it made closes it.
                    self._gone, self.cause = True, interrupt.cause or self.cause

        def done(error: BaseException | None) -> None:
            if over.done():
                return
            if error is None or isinstance(error, asyncio.CancelledError):
                over.set_result(True)
            else:
                over.set_exception(error)

        if self._task is not None:  # It has taken somebody's call, and waits for errands until the two are joined.
            self.post(errand(coroutine, over))
            return await over and not self._gone
        self.run(turn(), done)
        try:
            await over
        except BaseException:
            self.cancel()
            raise
        return answer and not self._gone

    @property
    def running(self) -> bool:
        """Whether it has a task of its own."""
        return self._task is not None

    def cancel(self) -> None:
        """End the task without regard to `h`: only for a runtime whose patience is over."""
        if self._task is not None:
            self._task.task.cancel()

    def close(self, cause: int = 0) -> None:
        """End the leg and forget the channel. Its keeper calls this once no task of it runs any more."""
        if self.closed:
            return
        self._gone = self.ended = True
        self.cause = cause or self.cause
        if (self.hangup_handlers or self.runs_h) and not self.running:  # It never ran a dialplan of its own.
            me, runs_h, self.runs_h = cast("Channel", self), self.runs_h, False
            last = machine.Machine(self.source, me).hangup() if runs_h else machine.handlers(self.source, me)
            self.run(last, lambda error: self.close(cause))
            return
        self.closed = True
        for play in tuple(self.plays):
            play.stop()
        if self._absolute is not None:
            self._absolute.cancel()
        if self.bridge is not None:
            self.bridge.leave(self)
        media.part(self)
        farewell.tell_quality(self)
        try:
            self.leg.hangup(self.cause)
        except DriverError as error:  # Whatever the stack says, here the channel is over.
            self.error(f"Hanging up {self.name} failed: {error}")
        self.tell(HangupEvent, self.cause, self.tech_cause)
        self._closed(self)

    def failed(self, error: Exception) -> None:
        """Log what an application raised; the machine calls this, then ends the call."""
        if isinstance(error, DriverError):
            self.cause = int(Cause.NETWORK_OUT_OF_ORDER)
        super().failed(error)

    def hung_up(self, cause: int) -> None:
        """The machine has seen the end of the call; `h` comes next."""
        self.cause = int(cause) or self.cause
        if not self.ended:
            self.ended = True
            self.tell(SoftHangupRequest, SoftHangupRequest.PLAN_OVER)

    # --- asked from outside -------------------------------------------------------------------

    def post(self, event: LegEvent) -> None:
        """Take an event of the leg; never waits."""
        if self.closed:
            return
        if isinstance(event, Ended):
            if event.sip_status and self.outgoing:
                answers.note(self, self.name, event.answer, int(event.cause))
            self._end(event)
            return
        if isinstance(event, TransferAsked):
            transfer_asked.asked(cast("Channel", self), event)
            return
        if isinstance(event, Responded):
            answers.note(self, self.name, event.answer, int(event.cause))
        if len(self._mail) >= MAILBOX_EVENTS_MAX:
            if not self._flooded:
                self._flooded = True
                self.warn(f"{self.name} gets events faster than they are read, the excess is lost")
            return
        if isinstance(event, Digit):
            self.switch.log.dtmf(f"DTMF '{event.digit}' received on {self.name}, {event.duration_ms} ms", self.call)
            if event.begun:
                self.tell(DTMFBegin, event.digit, "Received")
            self.tell(DTMFEnd, event.digit, event.duration_ms, "Received")
        elif isinstance(event, Answered):
            self.to_state(ChannelState.UP)
        elif isinstance(event, Ringing) and self.outgoing and not self.is_up:
            self.to_state(ChannelState.RINGING)
        elif isinstance(event, Held):
            self.tell(Hold, event.music_class or None)
        elif isinstance(event, Resumed):
            self.tell(Unhold)
        self._mail.append(event)
        self.stir()

    def _end(self, event: Ended) -> None:
        if self._gone:
            return
        self._gone = True
        if not event.busy and not event.congestion:
            self.tech_cause = event.sip_status if event.sip_status >= 300 else None
            self.tell(HangupRequest, int(event.cause), self.tech_cause)
        if self.leg.audio is not None:
            farewell.ended_by(self, self.name)
        farewell.tell_quality(self)
        if self.ended:
            return  # `h` runs already: what it ended with stays.
        self.cause = int(event.cause) or self.cause
        if self._task is not None:
            self._task.interrupt(Hangup(self.cause))
        else:
            self._mail.append(event)
            self.stir()

    def request_hangup(self, cause: int = 0, *, told: bool = False) -> None:
        """Ask for the end of the channel; `h` runs. Nothing happens when it is ending already.

        Args:
            cause: Q.850; 0 gives none, as Asterisk's console does: HANGUPCAUSE stays what it is.
            told: Publish that somebody has asked; Asterisk does for its console, SoftHangup and AGI alone.
        """
        if self._gone:
            return
        self._gone = True
        self.cause = int(cause) or self.cause
        farewell.tell_quality(self)
        if told:
            self.tell(SoftHangupRequest, SoftHangupRequest.ASKED)
        self._interrupt(Hangup(self.cause))

    def redirect(self, context: str, exten: str, priority: str | int = 1) -> None:
        """Send the channel elsewhere in the dialplan, whatever it does now."""
        if not self._gone and not self.ended:
            self._interrupt(Redirected(Jump(context, exten, subroutine.number_or_label(str(priority)))))

    def detour(self, before: Callable[[], Awaitable[None]]) -> None:
        """Let the channel's task leave what it does, do something else, then go on at its next priority."""
        if not self._gone and not self.ended:
            self._interrupt(Redirected(Jump(self.context, self.exten, self.priority + 1), before))

    def set_absolute_timeout(self, seconds: float) -> None:
        """Let the call end (at extension `T`) this many seconds from now; 0 takes it back."""
        if self._absolute is not None:
            self._absolute.cancel()
            self._absolute = None
        self.absolute_timeout_at = self.switch.now() + seconds if seconds > 0 else 0.0
        if seconds > 0:
            self._absolute = asyncio.get_running_loop().call_later(seconds, self._interrupt, Elapsed())

    def go(self, jump: Jump) -> None:
        """Stand elsewhere in the dialplan; for a channel that has no task."""
        self.context, self.exten = jump.context or self.context, jump.exten or self.exten
        priority = str(jump.priority)
        self.track = None
        if priority.isdigit():
            self.priority = int(priority)
        else:
            self.priority = self.source.label(Unbound(self.switch), self.context, self.exten, priority)

    def check(self) -> None:
        """Raise Hangup when the call is over."""
        if self.ended or self._gone:
            raise Hangup(self.cause)

    def _interrupt(self, interrupt: Interrupt) -> None:
        if self._task is not None:
            self._task.interrupt(interrupt)
        else:
            self._mail.append(Interrupted(interrupt))
            self.stir()
