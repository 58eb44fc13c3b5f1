"""Who is in a call: what each endpoint is doing, as device states tell it."""

from asterism.runtime.drivers.pjsip.call import Call
from asterism.runtime.drivers.pjsip.contacts import Contact, Reach
from asterism.runtime.drivers.pjsip.model import Endpoint
from asterism.runtime.states import DeviceState


class Usage:
    """The calls of one endpoint, counted by state as they come and go: a trunk has thousands of them."""

    def __init__(self) -> None:
        self.calls: dict[Call, str] = {}
        self._counts: dict[str, int] = {}

    def put(self, call: Call, state: str) -> None:
        """A call has come, or changed its state."""
        self.drop(call)
        self.calls[call] = state
        self._counts[state] = self._counts.get(state, 0) + 1

    def drop(self, call: Call) -> None:
        """Forget a call, whether it is there or not."""
        state = self.calls.pop(call, None)
        if state is not None:
            self._counts[state] -= 1

    def count(self, state: str) -> int:
        """How many calls are in this state."""
        return self._counts.get(state, 0)


class Usages:
    """The calls of all endpoints, by technology and name."""

    def __init__(self) -> None:
        self._usages: dict[tuple[str, str], Usage] = {}

    def of(self, endpoint: Endpoint) -> Usage:
        """The calls of an endpoint."""
        return self._usages.get((endpoint.technology, endpoint.name), _NONE)

    def set(self, call: Call, state: str) -> None:
        """A call has changed its state; `ended` forgets it."""
        key = call.endpoint.technology, call.endpoint.name
        if state == "ended":
            usage = self._usages.get(key)
            if usage is not None:
                usage.drop(call)
                if not usage.calls:
                    del self._usages[key]
        else:
            self._usages.setdefault(key, Usage()).put(call, state)

    def device_state(self, endpoint: Endpoint, contacts: list[Contact]) -> DeviceState:
        """What an endpoint is doing, given where it can be reached."""
        usage = self.of(endpoint)
        # Before its first answer a probed contact may be called, yet nobody says that it is there.
        reachable = any(contact.reach not in (Reach.UNREACHABLE, Reach.UNKNOWN) for contact in contacts)
        if endpoint.technology == "SIP":
            return self._sip(endpoint, usage, contacts)
        return _pjsip(usage, endpoint.busy_at, reachable)

    def _sip(self, endpoint: Endpoint, usage: Usage, contacts: list[Contact]) -> DeviceState:
        if not contacts:
            return DeviceState.UNAVAILABLE
        # A peer that answers late is as good as gone for chan_sip's device states.
        if not any(contact.reach.value in ("unmonitored", "reachable", "unknown") for contact in contacts):
            return DeviceState.UNAVAILABLE
        if not usage.calls:
            return DeviceState.NOT_INUSE
        if endpoint.call_limit and len(usage.calls) >= endpoint.call_limit:
            return DeviceState.BUSY
        return _busy_with(usage, endpoint.busy_at)


def _pjsip(usage: Usage, busy_at: int, reachable: bool) -> DeviceState:
    """Compat: for chan_pjsip an outgoing call is nothing before it rings, and one that rings keeps nobody busy."""
    ringing, held = usage.count("ringing"), usage.count("hold")
    talking = len(usage.calls) - usage.count("dialling") - ringing
    if busy_at and talking >= busy_at:
        return DeviceState.BUSY
    if ringing:
        return DeviceState.RINGINUSE if talking else DeviceState.RINGING
    if talking:
        return DeviceState.ONHOLD if held == talking else DeviceState.INUSE
    return DeviceState.NOT_INUSE if usage.calls or reachable else DeviceState.UNAVAILABLE


def _busy_with(usage: Usage, busy_at: int) -> DeviceState:
    ringing = usage.count("ringing")
    if busy_at and len(usage.calls) >= busy_at:
        return DeviceState.BUSY
    if ringing == len(usage.calls):
        return DeviceState.RINGING
    if usage.count("hold") == len(usage.calls):
        return DeviceState.ONHOLD
    return DeviceState.RINGINUSE if ringing else DeviceState.INUSE


_NONE = Usage()
