"""Channels and the dialplan: making a channel of a leg, and giving its task to the machine."""

import asyncio
import inspect
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, cast

from asterism.dialplan import machine
from asterism.dialplan.errors import Ended, Interrupt, Redirected
from asterism.runtime import accounts, media
from asterism.runtime.causes import Cause
from asterism.runtime.channel import Channel
from asterism.runtime.channel_base import ChannelBase
from asterism.runtime.driver import Known, Leg, Party, Passage
from asterism.runtime.events import LocalBridge, Newexten
from asterism.runtime.interception import note_redirection, redirection_of
from asterism.runtime.member import impart
from asterism.runtime.pickup import by_extension
from asterism.runtime.states import ChannelState
from asterism.runtime.takeover import take_over
from asterism.runtime.unbound import Unbound

if TYPE_CHECKING:
    from asterism.runtime.switchboard import Switchboard


class Pbx:
    """Makes channels and lets them run. One per runtime."""

    def __init__(self, runtime: "Switchboard") -> None:
        self._runtime = runtime
        self._waiting: dict[str, tuple[Channel, Channel]] = {}
        "Local pairs that are made but not called yet, by the name of the dialplan half."

    # --- making channels ----------------------------------------------------------------------

    def incoming(
        self,
        leg: Leg,
        *,
        context: str,
        exten: str,
        caller: Party,
        variables: Mapping[str, str] | None,
        language: str,
        accountcode: str,
        dialed: str,
    ) -> Channel:
        """Make the channel of a call that has come in, and start its dialplan."""
        waiting = self._waiting.pop(leg.name, None)
        if waiting is not None:
            self._pair(*waiting, caller)
            self.start(waiting[1])
            return waiting[1]
        channel = self._channel(leg, None, ChannelState.RING, context=context, exten=exten)
        channel.caller = caller
        channel.ani = caller.number
        channel.dialed = dialed or exten
        channel.language = language or channel.language
        channel.accountcode = accountcode
        channel.begin()
        channel.set_variables(variables or {})
        if exten == self._runtime.features.general.pickupexten:
            channel.run(self._once(channel, lambda: by_extension(channel)), lambda error: self._over(channel, error))
        else:
            self.start(channel)
        return channel

    def replace(self, leg: Leg, name: str, context: str, caller: Party) -> None:
        """Answer a call that has come in, and let it take the place of a channel, which is hung up then."""
        replaced = self._runtime.channels.get(name)
        if replaced is None or replaced.ended or replaced.far_end_gone:
            leg.hangup(Cause.CALL_REJECTED)
            return
        channel = self._channel(leg, None, ChannelState.RING, context=context, exten="")
        channel.caller, channel.ani = caller, caller.number
        channel.begin()
        leg.answer()
        if replaced.bridge is not None:
            impart(replaced.bridge, channel, swap=replaced, introduced=True)
        else:
            take_over(replaced, channel)
            channel.close(Cause.NORMAL_CLEARING)

    def _pair(self, first: Channel, second: Channel, caller: Party) -> None:
        """The dialplan half of a Local pair takes over what the called half was given."""
        for name in first.variables:
            second.set(first.variables.spelled(name), first.variables[name])
        second.language, second.musicclass = first.language, first.musicclass
        accounts.crossed(second, first)
        second.forwards_left = first.forwards_left
        note_redirection(second, redirection_of(first))
        second.meet(caller, first.caller)
        bus = self._runtime.bus
        if bus.wants(LocalBridge):
            optimized = "No" if "n" in (first.leg.read("options") or "") else "Yes"
            bus.publish(LocalBridge(first.snapshot(), second.snapshot(), second.context, second.exten, optimized))

    def outgoing(
        self,
        leg: Leg,
        parent: Channel | None,
        caller: Party | None,
        resource: str,
        uniqueids: tuple[str, str] = ("", ""),
    ) -> Channel:
        """Make the channel of a leg that is to be called; a Local one is two."""
        context = leg.read("context") or (parent.context if parent is not None else "default")
        first_id, second_id = uniqueids
        exten = leg.read("exten") or ""
        channel = self._channel(leg, parent, ChannelState.DOWN, context=context, exten=exten, uniqueid=first_id)
        if isinstance(leg, Known):
            channel.caller = leg.party
        channel.begin()
        across = leg.across if leg.audio is None and isinstance(leg, Passage) else None
        if across is not None:
            second_id = second_id or (f"{first_id};2" if first_id else "")
            second = self._channel(across, channel, ChannelState.RING, context=context, exten=exten, uniqueid=second_id)
            self._waiting[across.name] = (channel, second)
            second.begin()
        channel.app_data = "(Outgoing Line)"
        if parent is None:
            channel.application, channel.exten = "AppDial2", exten or "s"
            channel.tell(Newexten, channel.exten, channel.application, channel.app_data)
            if caller is not None:
                channel.meet(caller, channel.connected)
                channel.meet(caller, caller)
                channel.ani = caller.number
            return channel
        channel.set("DIALEDPEERNUMBER", resource)
        channel.inherit(parent)
        note_redirection(channel, redirection_of(parent))
        accounts.dialled(channel, parent)
        channel.application, channel.exten = "AppDial", parent.exten
        channel.caller_lent = not channel.caller.number
        called = Party(parent.exten, parent.connected.name) if channel.caller_lent else channel.caller
        place = Newexten, channel.exten, channel.application, channel.app_data
        channel.meet(called, caller or parent.caller, place)
        return channel

    def _channel(
        self,
        leg: Leg,
        parent: Channel | None,
        state: ChannelState,
        *,
        context: str,
        exten: str,
        uniqueid: str = "",
    ) -> Channel:
        runtime = self._runtime
        channel = Channel(
            runtime,
            leg,
            call=parent.call if parent is not None else runtime.channels.new_call(),
            uniqueid=uniqueid or runtime.uniqueid(),
            linkedid=parent.linkedid if parent is not None else "",
            state=state,
            context=context,
            exten=exten,
            closed=self._closed,
        )
        channel.language = runtime.options.defaultlanguage
        channel.accountcode = leg.read("accountcode") or ""
        if parent is not None:
            channel.forwards_left = parent.forwards_left
        runtime.channels.add(channel)
        return channel

    def _closed(self, channel: ChannelBase) -> None:
        self._runtime.channels.remove(cast(Channel, channel))
        self._runtime.channel_gone()
        for name, (first, second) in tuple(self._waiting.items()):
            if first is channel:  # Given up before it was called: nobody else looks after the other half.
                del self._waiting[name]
                second.close()

    # --- running them -------------------------------------------------------------------------

    def start(self, channel: Channel, application: str = "", app_data: str = "") -> None:
        """Let a channel run the dialplan from where it stands, or one application and no more."""

        calls = self._runtime.channels

        def over(error: BaseException | None) -> None:
            if not application:
                calls.finished()
            self._over(channel, error)

        work = self._alone(channel, application, app_data) if application else machine.run(channel.source, channel)
        if not application:
            calls.began()
        channel.run(work, over)

    def _over(self, channel: Channel, error: BaseException | None) -> None:
        """What a channel ran is over, and so is the channel."""
        if error is not None and not isinstance(error, asyncio.CancelledError):
            self._runtime.log.error(f"{channel.name}: the dialplan broke off: {error!r}", channel.call)
            self._runtime.log.traceback(error, channel.call)
            channel.cause = channel.cause or int(Cause.NETWORK_OUT_OF_ORDER)
        status, first = channel.variables.get("DIALSTATUS", ""), media.beyond(channel)
        if first is not None and status:
            first.set("CHANLOCALSTATUS", status)
        channel.close()

    async def _alone(self, channel: Channel, name: str, data: str) -> None:
        """Run one application, as an originated call may; there is no `h` then."""
        application = self._runtime.find_application(name)
        if application is None:
            channel.warn(f"No such application '{name}'")
            return
        channel.runs(application.name, data)
        await self._once(channel, lambda: application.run(channel, data))

    async def _once(self, channel: Channel, work: Callable[[], Any]) -> None:
        """Run something that is no dialplan, and whatever the channel is sent to meanwhile."""
        try:
            outcome = work()
            if outcome is not None and inspect.isawaitable(outcome):
                await outcome
        except Redirected as elsewhere:
            channel.go(await elsewhere.place())
            await machine.run(channel.source, channel)
        except Interrupt as interrupt:
            channel.cause = (interrupt.cause if isinstance(interrupt, Ended) else 0) or channel.cause
        except Exception as error:
            channel.failed(error)

    def exists(self, context: str, exten: str, priority: int = 1, caller: str = "") -> bool:
        """Whether a call would find something to run there."""
        runtime = self._runtime
        found = runtime.plan.find(Unbound(runtime, context=context, caller=caller), context, exten, priority)
        return found is not None  # Where only a wait could tell (a realtime switch) the call itself finds out.

    def may_match(self, context: str, exten: str, caller: str = "") -> bool:
        """Whether more digits could make it match."""
        runtime = self._runtime
        return runtime.plan.longer(Unbound(runtime, context=context, caller=caller), context, exten) is True

    def hint(self, context: str, exten: str) -> tuple[str, str] | None:
        """Devices and name of the hint that stands for an extension."""
        runtime = self._runtime
        scope = Unbound(runtime, context=context)
        for found in runtime.plan.reachable(scope, context):
            for group in found.matching(exten):
                for extension in group:
                    if extension.hint is not None:
                        step = extension.hint
                        return step.application, step.data
        return None
