"""Events that carry records of calls: what cdr_manager.conf and the `[manager]` of cel.conf ask for."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from asterism.runtime.events import Event, named


@dataclass(frozen=True, slots=True)
class Cdr(Event):
    """A call detail record is finished; `more` is what cdr_manager.conf maps beside."""

    accountcode: str = named("AccountCode")
    source: str = ""
    destination: str = ""
    destination_context: str = ""
    caller_id: str = named("CallerID")
    channel: str = ""
    destination_channel: str = ""
    last_application: str = ""
    last_data: str = ""
    start_time: str = ""
    answer_time: str = ""
    end_time: str = ""
    duration: int = 0
    billable_seconds: int = 0
    disposition: str = ""
    amaflags: str = named("AMAFlags")
    uniqueid: str = named("UniqueID")
    user_field: str = ""
    more: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CEL(Event):
    """Something has happened that channel event logging keeps."""

    event_name: str = ""
    accountcode: str = named("AccountCode")
    caller_id_num: str = named("CallerIDnum")
    caller_id_name: str = named("CallerIDname")
    caller_id_ani: str = named("CallerIDani")
    caller_id_rdnis: str = named("CallerIDrdnis")
    caller_id_dnid: str = named("CallerIDdnid")
    exten: str = ""
    context: str = ""
    channel: str = ""
    application: str = ""
    app_data: str = ""
    event_time: str = ""
    amaflags: str = named("AMAFlags")
    uniqueid: str = named("UniqueID")
    linkedid: str = named("LinkedID")
    userfield: str = ""
    peer: str = ""
    peer_account: str = ""
    user_def_type: str | None = None
    extra: str = ""
