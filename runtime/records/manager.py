"""Records as events of the manager."""

from collections.abc import Sequence

from asterism.runtime.bus import Bus
from asterism.runtime.events import Cdr
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
