"""Local/number@context: a call into the dialplan, as if somebody had dialled there.

A call is two channels: `;1` is the called side, as the dialling application sees it, `;2` runs the dialplan. What
one half is told, the other half's channel is told as an event. There is no audio in between: the core joins
whoever is behind the halves (`driver.Passage`). Without `/n` the core takes the pair out of the way once both halves
are in bridges (`asterism.runtime.optimizing`).
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from asterism.runtime.causes import Cause
from asterism.runtime.driver import (
    Answered,
    Audio,
    Digit,
    Ended,
    Held,
    Identified,
    LegEvent,
    Owner,
    Party,
    Proceeding,
    Progressing,
    Redirecting,
    Redirection,
    Resumed,
    Ringing,
    TextReceived,
)
from asterism.runtime.drivers.owned import Owned
from asterism.runtime.errors import Unavailable
from asterism.runtime.events import DeviceStateChange, Hangup, Newstate
from asterism.runtime.log import escaped
from asterism.runtime.states import DeviceState

if TYPE_CHECKING:
    from asterism.runtime.switch import Switch


class LocalLeg(Owned):
    """One half of a pair. Meets driver.Leg and driver.Passage."""

    technology = "Local"
    audio: Audio | None = None
    formats: Sequence[str] = ("slin",)

    def __init__(self, driver: "LocalDriver", name: str, exten: str, context: str) -> None:
        super().__init__()
        self._driver = driver
        self.name = name
        self.exten, self.context = exten, context
        self.options = ""
        self.stays = False
        "Whether the pair is not taken out of the way: `/n`."
        self.other: LocalLeg | None = None
        self._called = False

    @property
    def beyond(self) -> Owner | None:
        """The channel of the other half."""
        return None if self.other is None else self.other.owner

    @property
    def across(self) -> "LocalLeg | None":
        """The other half."""
        return self.other

    def _across(self, event: LegEvent) -> None:
        if self.other is not None:
            self.other.post(event)

    def call(self, caller: Party, variables: Mapping[str, str]) -> None:
        """Start the dialplan on the other half."""
        if self.other is None:
            return
        if not self._driver.switch.extension_exists(self.context, self.exten, caller=caller.number):
            place = f"{escaped(self.exten)}@{escaped(self.context)}"
            self._driver.switch.log.notice(f"No such extension/context {place} while calling Local channel")
            raise Unavailable(f"there is no {place}", Cause.NOT_DEFINED)
        self._called = self.other._called = True
        self._driver.count(self, 1)
        self._driver.paired(self, self.other, caller)

    def ring(self) -> None:
        """Tell the other half's channel that it rings."""
        self._across(Ringing())

    def progress(self) -> None:
        """Tell it that there is early audio."""
        self._across(Progressing())

    def proceed(self) -> None:
        """Tell it that the call is worked on."""
        self._across(Proceeding())

    def answer(self) -> None:
        """Both halves are up."""
        self.post(Answered())
        self._across(Answered())

    def refuse(self, cause: int) -> None:
        """Tell it that the called side is busy or congested; there is no cause with that, as in Asterisk."""
        self._across(Ended(0, busy=cause == Cause.USER_BUSY, congestion=cause == Cause.NORMAL_CIRCUIT_CONGESTION))

    def hangup(self, cause: int) -> None:
        """End both halves."""
        other, self.other = self.other, None
        if other is not None:
            other.other = None
            if self._called:  # Before that nobody is there to be told.
                self._driver.count(self, -1)
                other.post(Ended(cause))

    def hold(self, music_class: str = "") -> None:
        """Pass it on."""
        self._across(Held(music_class))

    def unhold(self) -> None:
        """Pass it on."""
        self._across(Resumed())

    def send_digit(self, digit: str, duration_ms: int) -> None:
        """Pass it on."""
        self._across(Digit(digit, duration_ms))

    def send_text(self, text: str) -> None:
        """Pass it on."""
        self._across(TextReceived(text))

    def identify(self, party: Party) -> None:
        """Tell the other half's channel who is behind this one."""
        self._across(Identified(party))

    def redirected(self, redirection: Redirection) -> None:
        """Tell the other half's channel who has sent the call on."""
        self._across(Redirecting(redirection))

    def read(self, item: str) -> str | None:
        """Where in the dialplan it leads."""
        return {"context": self.context, "exten": self.exten, "options": self.options}.get(item)


class LocalDriver:
    """The maker of Local pairs. Meets driver.ChannelDriver."""

    technologies: tuple[str, ...] = ("Local",)
    description = "Calls into the dialplan"

    def __init__(self) -> None:
        self._number = 0
        self._stop_watching: Callable[[], None] | None = None
        # How many pairs lead to each number and context, as long as both halves are there.
        self._in_use: dict[tuple[str, str], int] = {}
        self.switch: Switch

    async def start(self, switch: "Switch") -> None:
        """Be ready."""
        self.switch = switch
        switch.bus.changed.append(self._listeners_changed)
        self._listeners_changed()

    async def stop(self) -> None:
        """Nothing is held."""
        self.switch.bus.changed.remove(self._listeners_changed)
        if self._stop_watching is not None:
            self._stop_watching()

    def _listeners_changed(self) -> None:
        """Watch the channels of pairs as long as somebody asks for states of devices."""
        bus = self.switch.bus
        wanted, watching = bus.wants(DeviceStateChange), self._stop_watching
        if wanted and watching is None:
            self._stop_watching = lambda: None  # Subscribing changes the listeners as well.
            self._stop_watching = bus.subscribe(self._happened, Newstate, Hangup)
        elif not wanted and watching is not None:
            self._stop_watching = None
            watching()

    def _happened(self, event: Newstate | Hangup) -> None:
        """Tell the state of a pair whenever one of its halves has another one, changed or not, as Asterisk does."""
        name = event.channel.channel
        if name.startswith("Local/"):
            # Behind the event itself, whoever is told of it first.
            asyncio.get_running_loop().call_soon(self._tell, name.rpartition("-")[0])

    def _tell(self, device: str) -> None:
        state = self.device_state(device.removeprefix("Local/"))
        self.switch.bus.publish(DeviceStateChange(device, state.value))

    async def reload(self) -> None:
        """Nothing is configured."""

    def request(self, technology: str, resource: str, caller: Owner | None = None) -> LocalLeg:
        """The called half of a new pair for `number[@context][/options]`; whether it leads anywhere the call shows."""
        place, _, options = resource.partition("/")
        exten, _, context = place.partition("@")
        name = f"Local/{exten}@{context or 'default'}-{self._number:08x}"
        self._number += 1
        first = LocalLeg(self, f"{name};1", exten, context or "default")
        second = LocalLeg(self, f"{name};2", exten, context or "default")
        first.other, second.other = second, first
        first.options = options
        first.stays = second.stays = "n" in options
        return first

    def paired(self, first: LocalLeg, second: LocalLeg, caller: Party) -> None:
        """Give the dialplan side its channel and start it."""
        self.switch.incoming(
            second,
            context=second.context,
            exten=second.exten,
            caller=caller,
            dialed=second.exten,
        )

    def count(self, leg: LocalLeg, by: int) -> None:
        """A pair has begun, or is over."""
        place = leg.exten, leg.context
        number = self._in_use.pop(place, 0) + by
        if number > 0:
            self._in_use[place] = number

    def device_state(self, resource: str) -> DeviceState:
        """Whether a call could be made there, or one is under way."""
        exten, _, rest = resource.rpartition("@") if "@" in resource else (resource, "", "")
        context = rest.partition("/")[0] or "default"
        if (exten, context) in self._in_use:
            return DeviceState.INUSE
        exists = self.switch.extension_exists(context, exten)
        return DeviceState.NOT_INUSE if exists else DeviceState.INVALID
