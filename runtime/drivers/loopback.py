"""Phones in memory: what tests, examples, and simulations call instead of SIP phones.

`Loopback/bob` calls the phone bob; a phone that nobody has told anything rings and is never answered. A phone is
told what to do by `answers`, `refuses`, `forwards`, or by a function of its own. What it hears is written down
with the time and length of each piece; nothing is ever decoded or waited for in real time.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from asterism.runtime.causes import Cause
from asterism.runtime.driver import (
    Answered,
    Audio,
    Digit,
    Ended,
    Forwarded,
    Held,
    LegEvent,
    Owner,
    Party,
    Playing,
    Progressing,
    Resumed,
    Ringing,
    SoundFile,
    TextReceived,
    Tone,
    TransferAsked,
)
from asterism.runtime.drivers.owned import Owned
from asterism.runtime.sounds import duration_ms
from asterism.runtime.states import DeviceState
from asterism.runtime.tape import Sounding, Speaker

if TYPE_CHECKING:
    from asterism.runtime.switch import Switch


@dataclass(slots=True)
class Heard:
    """Something that a phone has heard.

    Args:
        what: A sound's name such as `hello-world`, `tone 440+480`, or what the other party said.
        kind: "sound", "tone", or "voice".
        at_s: When it began, by the loop's clock.
        length_ms: How long it was heard; None while it is.
    """

    what: str
    kind: str
    at_s: float
    length_ms: int | None = None


class LoopbackAudio(Speaker):
    """The audio of a phone in memory. Meets driver.Audio."""

    def __init__(self, call: "Call") -> None:
        super().__init__()
        self.call = call
        self.heard: list[LoopbackAudio] = []
        self.hearers: list[LoopbackAudio] = []
        self.echoing = False

    def start_play(self, sound: SoundFile, *, loop: bool = False, offset_ms: int = 0) -> Playing:
        """Let the phone hear a sound for as long as it lasts."""
        length_s = float("inf") if loop else max(0, duration_ms(sound) - offset_ms) / 1000
        heard = Heard(sound.path.stem, "sound", asyncio.get_running_loop().time())
        return self._heard_for(length_s, heard)

    def start_tone(self, tones: Sequence[Tone], *, loop: bool = True) -> Playing:
        """Let the phone hear a tone."""
        first = tones[0] if tones else Tone(0)
        name = f"tone {first.frequency1_hz}" + (f"+{first.frequency2_hz}" if first.frequency2_hz else "")
        length_s = float("inf") if loop else sum(tone.on_ms + tone.off_ms for tone in tones) / 1000
        return self._heard_for(length_s, Heard(name, "tone", asyncio.get_running_loop().time()))

    def start_echo(self) -> Playing:
        """Let the phone hear itself."""
        self.echoing = True

        def ended() -> None:
            self.echoing = False

        return Sounding(float("inf"), ended)

    def _heard_for(self, length_s: float, heard: Heard) -> Playing:
        self.call.heard.append(heard)

        def ended() -> None:
            heard.length_ms = round((asyncio.get_running_loop().time() - heard.at_s) * 1000)

        return Sounding(length_s, ended)

    def keep_digits(self, on: bool) -> None:
        """Digits are events here in any case."""

    def hear(self, others: Sequence[Audio]) -> bool:
        """Let the phone hear others."""
        known = [other for other in others if isinstance(other, LoopbackAudio)]
        self._forget()
        self.heard = known if len(known) == len(others) else []
        for other in self.heard:
            other.hearers.append(self)
        for each in (self, *self.heard):
            each.call.joined()
        return len(known) == len(others)

    def _forget(self) -> None:
        for other in self.heard:
            other.hearers.remove(self)
        self.heard = []

    def close(self) -> None:
        """The phone has hung up: it hears nobody, and nobody hears it."""
        self._forget()
        for other in self.hearers:
            other.heard.remove(self)
        self.hearers = []


class Call:
    """A call as the phone sees it: one leg's far end.

    `heard` is what came out of it so far; `variables` are its channel's at the end.
    """

    def __init__(self, phone: "Phone", leg: "LoopbackLeg", caller: Party = Party()) -> None:
        self.phone = phone
        self.leg = leg
        self.heard: list[Heard] = []
        self.texts: list[str] = []
        self.digits = ""
        "DTMF that was sent to the phone."
        self.caller = caller
        "Who calls, for a call that came in at the phone."
        self.connected = Party()
        "To whom it was told that it talks."
        self.state = "new"
        '"new", "ringing", "progress", "up", "over".'
        self.cause = 0
        "Why it ended."
        self.variables: Mapping[str, str] = {}
        self.headers: Mapping[str, str] = {}
        "Variables that came with an outgoing call."
        self._changed = asyncio.Event()
        self._over = asyncio.Event()

    # --- what the phone does ------------------------------------------------------------------

    def ring(self) -> None:
        """Tell the caller that it rings."""
        self._become("ringing")
        self.leg.tell(Ringing())

    def progress(self) -> None:
        """Send early audio."""
        self._become("progress")
        self.leg.tell(Progressing())

    def answer(self) -> None:
        """Take the call."""
        if self.state not in ("up", "over"):
            self._become("up")
            self.leg.tell(Answered())

    def hangup(self, cause: int = Cause.NORMAL_CLEARING) -> None:
        """End or refuse the call."""
        if self.state != "over":
            self.cause = int(cause)
            self._become("over")
            self.leg.tell(Ended(int(cause)))

    def forward(self, destination: str) -> None:
        """Send the caller elsewhere: `number@context`, or a dial string."""
        self.leg.tell(Forwarded(destination))

    def press(self, digits: str) -> None:
        """Press keys, one after the other."""
        for digit in digits:
            self.leg.tell(Digit(digit))

    def say(self, text: str) -> None:
        """Say something: whoever is joined with this phone hears it."""
        audio = self.leg.audio
        now = asyncio.get_running_loop().time()
        for listener in [audio] if audio.echoing else audio.hearers:
            listener.call.heard.append(Heard(text, "voice", now, 0))

    def speak(self, seconds: float) -> Playing:
        """Make a noise for a while, as one who speaks: a recording has it."""
        return self.leg.audio.mouth.hear_piece(None, 0, seconds)

    def hold(self, music_class: str = "") -> None:
        """Put the other side on hold."""
        self.leg.tell(Held(music_class))

    def resume(self) -> None:
        """Take it back."""
        self.leg.tell(Resumed())

    def text(self, text: str) -> None:
        """Send a text message."""
        self.leg.tell(TextReceived(text))

    def transfer(self, exten: str, context: str = "") -> None:
        """Send the other party elsewhere."""
        self.leg.tell(TransferAsked(exten, context))

    # --- what the phone waits for -------------------------------------------------------------

    async def until(self, *states: str) -> None:
        """Wait until it is in one of these states, or over."""
        while self.state not in (*states, "over"):
            self._changed.clear()
            await self._changed.wait()

    async def talking(self) -> None:
        """Wait until it and another phone hear each other, or it is over."""
        while self.state != "over" and not self.leg.audio.heard:
            self._changed.clear()
            await self._changed.wait()

    async def over(self) -> None:
        """Wait until the call has ended and its channel is gone."""
        await self._over.wait()

    def sounds(self) -> list[str]:
        """Names of what was heard, in order."""
        return [heard.what for heard in self.heard]

    def _become(self, state: str) -> None:
        if self.state != "over":
            self.state = state
            self._changed.set()

    def ended(self, cause: int, variables: Mapping[str, str]) -> None:
        """The switch has ended it."""
        if self.state != "over":
            self.cause = cause
        self.variables = variables
        self._become("over")
        self._over.set()

    def joined(self) -> None:
        """The switch has joined it with another phone."""
        self._changed.set()

    def now_is(self, state: str) -> None:
        """The switch has brought it to a state."""
        self._become(state)


Reaction = Callable[[Call], None]


class Phone:
    """A phone in memory. Until told otherwise it rings and is never answered."""

    def __init__(self, driver: "LoopbackDriver", name: str) -> None:
        self._driver = driver
        self.name = name
        self.number = ""
        "Its caller id number; empty for none."
        self.calls: list[Call] = []
        "All its calls, the latest last."
        self.called = asyncio.Event()
        "Set when it has got a call."
        self.reaction: Reaction = Call.ring

    def answers(self, after_s: float = 0.0, talks_s: float | None = None) -> "Phone":
        """Let it ring, be answered after a while (0: at once), and hang up after talking so long (None: never)."""

        def react(call: Call) -> None:
            call.ring()
            _later(after_s, call.answer)
            if talks_s is not None:
                _later(after_s + talks_s, call.hangup)

        self.reaction = react
        return self

    def refuses(self, cause: int = Cause.CALL_REJECTED, after_s: float = 0.0) -> "Phone":
        """Let it refuse calls with a cause; USER_BUSY is busy."""
        self.reaction = lambda call: _later(after_s, call.hangup, cause)
        return self

    def forwards(self, destination: str) -> "Phone":
        """Let it send callers elsewhere."""
        self.reaction = lambda call: call.forward(destination)
        return self

    def does(self, reaction: Reaction) -> "Phone":
        """Let a function decide what happens to each call that comes in."""
        self.reaction = reaction
        return self

    async def call(self, place: str, *, name: str = "", variables: Mapping[str, str] | None = None) -> Call:
        """Call `exten@context` from this phone; `name` is its caller id name."""
        exten, _, context = place.partition("@")
        leg = self._driver.leg(self)
        call = leg.call_at_phone
        self._driver.switch.incoming(
            leg,
            context=context or "default",
            exten=exten,
            caller=Party(self.number, name),
            variables=variables,
            dialed=exten,
        )
        await asyncio.sleep(0)
        return call

    async def rung(self) -> Call:
        """Its latest call, as soon as there is one."""
        while not self.calls:
            self.called.clear()
            await self.called.wait()
        return self.calls[-1]


def _later(seconds: float, function: Callable[..., object], *arguments: object) -> None:
    asyncio.get_running_loop().call_later(seconds, function, *arguments)


class LoopbackLeg(Owned):
    """One side of a call with a phone in memory. Meets driver.Leg."""

    technology = "Loopback"
    formats: Sequence[str] = ("ulaw", "alaw")

    def __init__(self, driver: "LoopbackDriver", phone: Phone, number: int) -> None:
        super().__init__()
        self._driver = driver
        self.name = f"Loopback/{phone.name}-{number:08x}"
        self.phone = phone
        self.call_at_phone = Call(phone, self)
        self.audio = LoopbackAudio(self.call_at_phone)
        self._alive = True
        phone.calls.append(self.call_at_phone)
        phone.called.set()

    def tell(self, event: LegEvent) -> None:
        """Post an event of the phone to the channel, as a network would: soon, in order."""
        asyncio.get_running_loop().call_soon(self._deliver, event)

    def _deliver(self, event: LegEvent) -> None:
        if self._alive:
            self.post(event)

    def call(self, caller: Party, variables: Mapping[str, str]) -> None:
        """Let the phone have the call; what it does is up to it."""
        self.call_at_phone.caller = caller
        self.call_at_phone.headers = dict(variables)
        asyncio.get_running_loop().call_soon(self._reach)

    def _reach(self) -> None:
        if self._alive:
            self.phone.reaction(self.call_at_phone)

    def ring(self) -> None:
        """Let the phone hear that it rings."""
        self.call_at_phone.now_is("ringing")

    def progress(self) -> None:
        """Open early audio."""
        self.call_at_phone.now_is("progress")

    def proceed(self) -> None:
        """Nothing to be heard."""

    def answer(self) -> None:
        """Answer the phone's call."""
        self.call_at_phone.now_is("up")
        self.tell(Answered())

    def refuse(self, cause: int) -> None:
        """The phone takes no for an answer and hangs up."""
        self.tell(Ended(cause))

    def hangup(self, cause: int) -> None:
        """End the call."""
        if self._alive:
            self._alive = False
            self.audio.close()
            self._driver.forget(self)
            self.call_at_phone.ended(cause, dict(getattr(self.owner, "variables", {})))

    def hold(self, music_class: str = "") -> None:
        """Nothing to do for a phone in memory."""

    def unhold(self) -> None:
        """Nothing to do for a phone in memory."""

    def send_digit(self, digit: str, duration_ms: int) -> None:
        """Let the phone have a digit."""
        self.call_at_phone.digits += digit

    def send_text(self, text: str) -> None:
        """Let the phone have a text."""
        self.call_at_phone.texts.append(text)

    def identify(self, party: Party) -> None:
        """Show the phone to whom it talks."""
        self.call_at_phone.connected = party

    def read(self, item: str) -> str | None:
        """A phone in memory has no facts of its own."""
        return None


class LoopbackDriver:
    """The maker of phones in memory. Meets driver.ChannelDriver."""

    technologies: tuple[str, ...] = ("Loopback",)
    description = "Phones in memory"

    def __init__(self) -> None:
        self.phones: dict[str, Phone] = {}
        self._number = 0
        self._legs: list[LoopbackLeg] = []
        self.switch: Switch

    async def start(self, switch: "Switch") -> None:
        """Be ready."""
        self.switch = switch

    async def stop(self) -> None:
        """Nothing is held."""

    async def reload(self) -> None:
        """Nothing is configured."""

    def phone(self, name: str) -> Phone:
        """The phone of this name, made when it is first asked for."""
        return self.phones.setdefault(name, Phone(self, name))

    def leg(self, phone: Phone) -> LoopbackLeg:
        """A new leg with a phone."""
        leg = LoopbackLeg(self, phone, self._number)
        self._number += 1
        self._legs.append(leg)
        return leg

    def forget(self, leg: LoopbackLeg) -> None:
        """A leg has ended."""
        self._legs.remove(leg)

    def request(self, technology: str, resource: str, caller: Owner | None = None) -> LoopbackLeg:
        """A leg to a phone."""
        return self.leg(self.phone(resource.partition("/")[0]))

    def device_state(self, resource: str) -> DeviceState:
        """Whether the phone is in a call."""
        states = [leg.call_at_phone.state for leg in self._legs if leg.phone.name == resource]
        if any(state in ("up", "progress") for state in states):
            return DeviceState.INUSE
        return DeviceState.RINGING if "ringing" in states else DeviceState.NOT_INUSE
