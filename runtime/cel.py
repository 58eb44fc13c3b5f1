"""Channel event logging: what happens to each channel, one event after the other.

A listener of the bus. It says in the words of Asterisk's CEL what the bus says in the manager's, and hands it to the
back ends at once.
"""

from collections.abc import Callable
from typing import Any

from asterism.runtime.channel import Channel
from asterism.runtime.events import (
    ApplicationStart,
    AttendedTransfer,
    BlindTransfer,
    BridgeEnter,
    BridgeLeave,
    ChannelSnapshot,
    DialEnd,
    DTMFEnd,
    Event,
    Hangup,
    LocalOptimizationBegin,
    LocalOptimizationEnd,
    Newchannel,
    Newstate,
    SoftHangupRequest,
)
from asterism.runtime.pickup import Pickup
from asterism.runtime.records import backends
from asterism.runtime.records.cel_event import CelEvent, as_json
from asterism.runtime.records.conf import CelConf, cel_conf
from asterism.runtime.records.listening import Listening
from asterism.runtime.records.outlet import Backend
from asterism.runtime.states import ChannelState
from asterism.runtime.switch import Switch

FILE = "cel.conf"


def _who(channel: ChannelSnapshot | None) -> tuple[str, str]:
    return ("N/A", "N/A") if channel is None else (channel.channel, channel.uniqueid)


class _Logged:
    """What is remembered of a channel between its events."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.linkedid = channel.linkedid
        self.application, self.app_data = "", ""
        self.dial_status = ""


class EventLog(Listening[CelEvent]):
    """The channel events of one runtime. Without cel.conf it does not listen and costs nothing."""

    def __init__(self, switch: Switch) -> None:
        super().__init__(switch)
        self.conf = CelConf()
        self._logged: dict[str, _Logged] = {}
        self._linked: dict[str, int] = {}
        "How many channels have a linked id."

    # --- life ---------------------------------------------------------------------------------

    async def reload(self) -> None:
        """Read the configuration, at the start and again.

        Raises:
            ConfigError: A file is lost as a whole; the old ones stay in force.
        """
        complain = self._switch.complain
        config = self._switch.configuration(FILE, complain) if self._switch.has_config(FILE) else None
        conf = CelConf() if config is None else cel_conf(config, complain)
        found = backends.of_cel(self._switch, config, conf, complain) if conf.enable else []
        self.conf = conf
        await self.batch.change(found)
        if self.batch.outlets:
            self._wake()
        elif self._stops and not conf.enable:
            self._sleep()

    def register(self, backend: Backend[CelEvent], *, events: frozenset[str] | None = None) -> Callable[[], None]:
        """Give events to a back end of one's own, also without cel.conf; returns how to stop.

        Args:
            backend: Gets what cel.conf asks for.
            events: Kinds to log from now on, where cel.conf does not say.
        """
        if not self.conf.enable:
            self.conf = CelConf(enable=True, events=events or frozenset(), apps=frozenset(("all",)))
        self._wake()
        return self.batch.add(backend)

    def _wake(self) -> None:
        if self._stops:
            return
        told: dict[type[Event], Callable[[Any], None]] = {
            Newchannel: self._created,
            Newstate: self._changed,
            ApplicationStart: self._runs,
            SoftHangupRequest: self._ends,
            BridgeEnter: self._enters,
            BridgeLeave: self._leaves,
            DialEnd: self._dialed,
            DTMFEnd: self._digit,
            BlindTransfer: self._sent,
            AttendedTransfer: self._handed_over,
            Pickup: self._picked_up,
            LocalOptimizationBegin: self._optimizes,
            LocalOptimizationEnd: self._optimized,
            Hangup: self._ended,
        }
        for channel in self._switch.channels.values():
            self._note(channel)
        self._listen(told)

    def _sleep(self) -> None:
        super()._sleep()
        self._logged.clear()
        self._linked.clear()

    # --- what happens -------------------------------------------------------------------------

    def _note(self, channel: Channel) -> _Logged:
        logged = self._logged[channel.uniqueid] = _Logged(channel)
        self._linked[channel.linkedid] = self._linked.get(channel.linkedid, 0) + 1
        return logged

    def _of(self, snapshot: ChannelSnapshot | None) -> _Logged | None:
        """What is remembered of a channel; its linked id may have changed meanwhile."""
        logged = None if snapshot is None else self._logged.get(snapshot.uniqueid)
        if logged is not None and logged.linkedid != logged.channel.linkedid:
            old, logged.linkedid = logged.linkedid, logged.channel.linkedid
            self._linked[logged.linkedid] = self._linked.get(logged.linkedid, 0) + 1
            self._unlink(logged, old)
        return logged

    def _unlink(self, logged: _Logged, linkedid: str) -> None:
        """One channel less has this linked id; the last one ends the call."""
        left = self._linked.get(linkedid, 0) - 1
        if left > 0:
            self._linked[linkedid] = left
            return
        self._linked.pop(linkedid, None)
        self._log("LINKEDID_END", logged, linkedid=linkedid)

    def _created(self, event: Newchannel) -> None:
        channel = self._switch.channels.get(event.channel.channel)
        if channel is not None:
            self._log("CHAN_START", self._note(channel))

    def _changed(self, event: Newstate) -> None:
        logged = self._of(event.channel)
        if logged is not None and event.channel.state is ChannelState.UP:
            self._log("ANSWER", logged)

    def _runs(self, event: ApplicationStart) -> None:
        logged = self._of(event.channel)
        if logged is None:
            return
        self._application_ends(logged)
        application = logged.channel.application
        if not self.conf.follows(application):
            return
        logged.application, logged.app_data = application, logged.channel.app_data
        self._log("APP_START", logged)

    def _application_ends(self, logged: _Logged) -> None:
        application, logged.application = logged.application, ""
        if application:
            self._log("APP_END", logged, application=application, app_data=logged.app_data)

    def _ends(self, event: SoftHangupRequest) -> None:
        logged = self._of(event.channel)
        if logged is not None and logged.channel.ended:
            self._application_ends(logged)

    def _enters(self, event: BridgeEnter) -> None:
        self._bridged("BRIDGE_ENTER", event)

    def _leaves(self, event: BridgeLeave) -> None:
        self._bridged("BRIDGE_EXIT", event)

    def _bridged(self, kind: str, event: BridgeEnter | BridgeLeave) -> None:
        logged, bridge = self._of(event.channel), event.bridge
        if logged is None:
            return
        peer = ",".join(name for name in bridge.channels if name != event.channel.channel)
        extra = as_json(bridge_id=bridge.uniqueid, bridge_technology=bridge.technology)
        self._log(kind, logged, peer=peer, extra=extra)

    def _dialed(self, event: DialEnd) -> None:
        caller = self._of(event.channel)
        if caller is not None:
            caller.dial_status = event.dial_status
        logged = caller or self._of(event.dest)
        if event.forward and logged is not None:
            self._log("FORWARD", logged, extra=as_json(forward=event.forward))

    def _digit(self, event: DTMFEnd) -> None:
        logged = self._of(event.channel)
        if logged is not None and event.direction == "Received":
            self._log("DTMF", logged, extra=as_json(digit=event.digit, duration_ms=str(event.duration_ms)))

    def _sent(self, event: BlindTransfer) -> None:
        logged = self._of(event.transferer)
        if logged is not None and event.result == "Success":
            name, uniqueid = _who(event.transferee)
            extra = as_json(
                extension=event.extension,
                context=event.context,
                bridge_id="" if event.bridge is None else event.bridge.uniqueid,
                transferee_channel_name=name,
                transferee_channel_uniqueid=uniqueid,
            )
            self._log("BLINDTRANSFER", logged, extra=extra)

    def _handed_over(self, event: AttendedTransfer) -> None:
        first, second = event.orig_transferer, event.second_transferer
        bridge, other = event.orig_bridge, event.second_bridge
        if bridge is None:
            first, second, bridge, other = second, first, other, bridge
        logged = self._of(first)
        if logged is None or event.result != "Success":
            return
        facts: dict[str, str] = {
            "bridge1_id": "" if bridge is None else bridge.uniqueid,
            "channel2_name": second.channel,
            "channel2_uniqueid": second.uniqueid,
        }
        application = event.dest.get("DestApp", "")
        if application:
            facts["app"] = application
        else:
            facts["bridge2_id"] = "" if other is None else other.uniqueid
        facts["transferee_channel_name"], facts["transferee_channel_uniqueid"] = _who(event.transferee)
        if not application:
            name, uniqueid = _who(event.transfer_target)
            facts |= {"transfer_target_channel_name": name, "transfer_target_channel_uniqueid": uniqueid}
        self._log("ATTENDEDTRANSFER", logged, extra=as_json(**facts))

    def _picked_up(self, event: Pickup) -> None:
        logged = self._of(event.target)
        if logged is not None:
            by = event.channel
            extra = as_json(pickup_channel=by.channel, pickup_channel_uniqueid=by.uniqueid)
            self._log("PICKUP", logged, extra=extra)

    def _optimizes(self, event: LocalOptimizationBegin) -> None:
        self._optimization("LOCAL_OPTIMIZE_BEGIN", event)

    def _optimized(self, event: LocalOptimizationEnd) -> None:
        if event.success == "Yes":
            self._optimization("LOCAL_OPTIMIZE", event)

    def _optimization(self, kind: str, event: LocalOptimizationBegin | LocalOptimizationEnd) -> None:
        logged, two = self._of(event.local_one), event.local_two
        if logged is not None:
            self._log(kind, logged, extra=as_json(local_two=two.channel, local_two_uniqueid=two.uniqueid))

    def _ended(self, event: Hangup) -> None:
        logged = self._of(event.channel)
        if logged is None:
            return
        self._application_ends(logged)
        del self._logged[event.channel.uniqueid]
        channel = logged.channel
        # What a dialplan has run is over by now; who was called runs nothing of its own.
        idle = ("", "") if not channel.outgoing else (channel.application, channel.app_data)
        if channel.outgoing and not channel.application.lower().startswith("appdial"):
            idle = ("AppDial2", "(Outgoing Line)")
        extra = as_json(
            hangupcause=event.cause,
            hangupsource=channel.datastores.get("hangupsource", ""),
            dialstatus=logged.dial_status,
        )
        channel.application, channel.app_data = idle
        self._log("HANGUP", logged, extra=extra)
        self._log("CHAN_END", logged)
        self._unlink(logged, logged.linkedid)

    def user_event(self, channel: Channel, name: str, extra: str = "") -> None:
        """Log an event that the dialplan makes up (CELGenUserEvent)."""
        logged = self._logged.get(channel.uniqueid)
        if logged is not None:
            self._log("USER_DEFINED", logged, user_defined=name, extra=as_json(extra=extra))

    def _log(self, kind: str, logged: _Logged, **facts: str) -> None:
        if kind not in self.conf.events:
            return
        channel = logged.channel
        known: dict[str, str] = {
            "application": channel.application,
            "app_data": channel.app_data,
            "linkedid": logged.linkedid,
        }
        self.batch.put(
            CelEvent(
                kind=kind,
                when_s=self._switch.now(),
                name=channel.caller.name,
                number=channel.caller.number,
                ani=channel.ani,
                rdnis=channel.redirecting.number,
                dnid=channel.dialed,
                exten=channel.exten,
                context=channel.context,
                channel=channel.name,
                amaflags=channel.amaflags,
                accountcode=channel.accountcode,
                peeraccount=channel.peeraccount,
                uniqueid=channel.uniqueid,
                userfield=channel.datastores.get("userfield", ""),
                **{**known, **facts},
            )
        )
