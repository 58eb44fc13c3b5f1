"""Channels and the dialplan: making a channel of a leg, and giving its task to the machine."""

import asyncio
import inspect
from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from asterism.dialplan import machine
from asterism.dialplan.errors import Ended, Interrupt
from asterism.dialplan.source import Elsewhere, Step
from asterism.runtime.causes import Cause
from asterism.runtime.channel import Channel
from asterism.runtime.channel_base import ChannelBase
from asterism.runtime.driver import Leg, Party, Passage
from asterism.runtime.events import LocalBridge, Newexten
from asterism.runtime.states import ChannelState
from asterism.runtime.unbound import Unbound

if TYPE_CHECKING:
    from asterism.runtime.switchboard import Switchboard


class Pbx:
    """Makes channels and lets them run. One per runtime."""

    def __init__(self, runtime: "Switchboard") -> None:
        self._runtime = runtime

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
        behind = leg.beyond if isinstance(leg, Passage) else None
        parent = behind if isinstance(behind, Channel) else None
        channel = self._channel(leg, parent, ChannelState.RING, context=context, exten=exten)
        channel.caller = caller
        channel.ani = caller.number
        channel.dialed = dialed or exten
        channel.language = language or (parent.language if parent is not None else channel.language)
        channel.accountcode = accountcode or (parent.accountcode if parent is not None else "")
        channel.begin()
        if parent is not None:
            self._pair(parent, channel)
        channel.set_variables(variables or {})
        self.start(channel)
        return channel

    def _pair(self, first: Channel, second: Channel) -> None:
        """The dialplan half of a Local pair takes over what the called half was given."""
        for name in first.variables:
            second.set(first.variables.spelled(name), first.variables[name])
        second.musicclass, second.redirecting = first.musicclass, first.redirecting
        second.connected = first.caller
        bus = self._runtime.bus
        if bus.wants(LocalBridge):
            bus.publish(LocalBridge(first.snapshot(), second.snapshot(), second.context, second.exten, "No"))

    def outgoing(self, leg: Leg, parent: Channel | None, caller: Party | None, resource: str) -> Channel:
        """Make the channel of a leg that is to be called."""
        context = parent.context if parent is not None else "default"
        channel = self._channel(leg, parent, ChannelState.DOWN, context=context, exten="")
        if parent is not None:
            channel.caller = Party(parent.dialed or parent.exten)
            channel.connected = caller or parent.caller
            channel.dialed = resource
        elif caller is not None:
            channel.caller = channel.connected = caller
        channel.begin()
        if parent is not None:
            channel.set("DIALEDPEERNUMBER", resource)
            channel.inherit(parent)
            channel.application, channel.app_data = "AppDial", "(Outgoing Line)"
            channel.tell(Newexten, channel.exten, channel.application, channel.app_data)
        return channel

    def _channel(self, leg: Leg, parent: Channel | None, state: ChannelState, *, context: str, exten: str) -> Channel:
        runtime = self._runtime
        channel = Channel(
            runtime,
            leg,
            call=parent.call if parent is not None else runtime.channels.new_call(),
            uniqueid=runtime.uniqueid(),
            linkedid=parent.linkedid if parent is not None else "",
            state=state,
            context=context,
            exten=exten,
            closed=self._closed,
        )
        channel.language = runtime.options.defaultlanguage
        if parent is not None:
            channel.forwards_left = parent.forwards_left
        runtime.channels.add(channel)
        return channel

    def _closed(self, channel: ChannelBase) -> None:
        self._runtime.channels.remove(cast(Channel, channel))
        self._runtime.channel_gone()

    # --- running them -------------------------------------------------------------------------

    def start(self, channel: Channel, application: str = "", app_data: str = "") -> None:
        """Let a channel run the dialplan from where it stands, or one application and no more."""

        calls = self._runtime.channels

        def over(error: BaseException | None) -> None:
            calls.finished()
            if error is not None and not isinstance(error, asyncio.CancelledError):
                self._runtime.log.error(f"{channel.name}: the dialplan broke off: {error!r}", channel.call)
                self._runtime.log.traceback(error, channel.call)
                channel.cause = channel.cause or int(Cause.NETWORK_OUT_OF_ORDER)
            channel.close()

        work = self._alone(channel, application, app_data) if application else machine.run(channel.source, channel)
        calls.began()
        channel.run(work, over)

    async def _alone(self, channel: Channel, name: str, data: str) -> None:
        """Run one application, as an originated call may; there is no `h` then."""
        application = self._runtime.find_application(name)
        if application is None:
            channel.warn(f"No such application '{name}'")
            return
        channel.application, channel.app_data = application.name, data
        channel.tell(Newexten, channel.exten, application.name, data)
        try:
            outcome = application.run(channel, data)
            if outcome is not None and inspect.isawaitable(outcome):
                await outcome
        except Interrupt as interrupt:
            channel.hung_up(interrupt.cause if isinstance(interrupt, Ended) else 0)
        except Exception as error:
            channel.failed(error)

    def exists(self, context: str, exten: str, priority: int = 1, caller: str = "") -> bool:
        """Whether a call would find something to run there."""
        runtime = self._runtime
        found = runtime.plan.find(Unbound(runtime, context=context, caller=caller), context, exten, priority)
        if found is None or isinstance(found, Step | Elsewhere):
            return found is not None
        asyncio.ensure_future(found).cancel()
        return True  # Only a wait could tell (a realtime switch): the call itself finds out.

    def may_match(self, context: str, exten: str, caller: str = "") -> bool:
        """Whether more digits could make it match."""
        runtime = self._runtime
        return runtime.plan.longer(Unbound(runtime, context=context, caller=caller), context, exten)

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
