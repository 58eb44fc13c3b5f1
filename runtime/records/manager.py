"""Records as events of the manager."""

from collections.abc import Sequence

from asterism.runtime.bus import Bus
from asterism.runtime.record_events import CEL, Cdr
from asterism.runtime.records.cel_event import CelEvent
from asterism.runtime.records.cel_event import moment as event_moment
from asterism.runtime.records.conf import CelManager
from asterism.runtime.records.record import CallRecord, moment


class ManagerBackend:
    """Publishes a Cdr event for each record. Meets `asterism.runtime.records.outlet.Backend`."""

    name = "cdr_manager"

    def __init__(self, bus: Bus, mappings: Sequence[tuple[str, str]] = ()) -> None:
        self._bus = bus
        self._mappings = mappings

    async def write(self, records: Sequence[CallRecord]) -> None:
        """Publish them."""
        if not self._bus.wants(Cdr):
            return
        for record in records:
            self._bus.publish(
                Cdr(
                    accountcode=record.accountcode,
                    source=record.src,
                    destination=record.dst,
                    destination_context=record.dcontext,
                    caller_id=record.clid,
                    channel=record.channel,
                    destination_channel=record.dstchannel,
                    last_application=record.lastapp,
                    last_data=record.lastdata,
                    start_time=moment(record.start_s),
                    answer_time=moment(record.answer_s),
                    end_time=moment(record.end_s),
                    duration=record.duration,
                    billable_seconds=record.billsec,
                    disposition=record.disposition.word,
                    amaflags=record.value("amaflags"),
                    uniqueid=record.uniqueid,
                    user_field=record.userfield,
                    more={title: record.value(name) for name, title in self._mappings},
                )
            )

    async def close(self) -> None:
        """Nothing is held."""


class CelManagerBackend:
    """Publishes a CEL event for each logged event. Meets `asterism.runtime.records.outlet.Backend`."""

    name = "Manager Event Logging"

    def __init__(self, bus: Bus, settings: CelManager, dateformat: str = "") -> None:
        self._bus = bus
        self._settings = settings
        self._dateformat = dateformat or "%Y-%m-%d %H:%M:%S"

    async def write(self, records: Sequence[CelEvent]) -> None:
        """Publish them."""
        if not self._bus.wants(CEL):
            return
        apart = self._settings.show_user_defined
        for event in records:
            self._bus.publish(
                CEL(
                    event_name=event.kind if apart else event.shown,
                    accountcode=event.accountcode,
                    caller_id_num=event.number,
                    caller_id_name=event.name,
                    caller_id_ani=event.ani,
                    caller_id_rdnis=event.rdnis,
                    caller_id_dnid=event.dnid,
                    exten=event.exten,
                    context=event.context,
                    channel=event.channel,
                    application=event.application,
                    app_data=event.app_data,
                    event_time=event_moment(event.when_s, self._dateformat),
                    amaflags=event.ama_name,
                    uniqueid=event.uniqueid,
                    linkedid=event.linkedid,
                    userfield=event.userfield,
                    peer=event.peer,
                    peer_account=event.peeraccount,
                    user_def_type=event.user_defined if apart and event.user_defined else None,
                    extra=event.extra,
                )
            )

    async def close(self) -> None:
        """Nothing is held."""
