"""What a channel driver is: the protocols that pjsip, Local, and loopback meet alike.

A driver makes legs. A Leg is one side of a call as the driver sees it; the Channel that owns it lives in the core.
Everything runs on the loop's thread. A leg tells its channel what happens by posting LegEvents to its `owner`;
the channel tells the leg what to do by calling its methods, which start things and never wait for the far end.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from asterism.runtime.causes import Cause
from asterism.runtime.states import DeviceState

if TYPE_CHECKING:
    from asterism.runtime.switch import Switch


@dataclass(frozen=True, slots=True)
class Party:
    """Who somebody is: number, name, and how they may be shown (Asterisk's presentation words).

    `tag` is a word of the dialplan's own, which goes with the party and is told to no phone.
    """

    number: str = ""
    name: str = ""
    presentation: str = "allowed_not_screened"
    tag: str = ""


@dataclass(frozen=True, slots=True)
class LegEvent:
    """Root of what a leg tells its channel."""


@dataclass(frozen=True, slots=True)
class Proceeding(LegEvent):
    """The far end has our call and works on it (SIP 100..182 without ringing)."""


@dataclass(frozen=True, slots=True)
class Ringing(LegEvent):
    """The far end rings (SIP 180)."""


@dataclass(frozen=True, slots=True)
class Progressing(LegEvent):
    """The far end sends audio before it answers (SIP 183 with a body)."""


@dataclass(frozen=True, slots=True)
class Answered(LegEvent):
    """The far end has answered."""


@dataclass(frozen=True, slots=True)
class Ended(LegEvent):
    """The far end has ended the leg, or it failed. The last event of a leg.

    Args:
        cause: Q.850; becomes the caller's HANGUPCAUSE.
        busy, congestion: The far end has said so without a cause (a Local half that runs Busy()); by cause when both
            are False.
        sip_status: The SIP status that ended it; 0 when it was a BYE or no SIP.
        reason: The far end's words; from the wire.
    """

    cause: int = Cause.NORMAL_CLEARING
    sip_status: int = 0
    reason: str = ""
    busy: bool = False
    congestion: bool = False

    @property
    def answer(self) -> str:
        """As HANGUPCAUSE() tells it: `SIP 486 Busy Here`."""
        return f"SIP {self.sip_status} {self.reason}".rstrip()


@dataclass(frozen=True, slots=True)
class Responded(LegEvent):
    """The far end of a leg that we call has responded; other events say what follows from that.

    Args:
        answer: As HANGUPCAUSE() tells it: `SIP 180 Ringing`; from the wire.
        cause: Q.850, of what it stands for.
    """

    answer: str
    cause: int = Cause.NORMAL_CLEARING


@dataclass(frozen=True, slots=True)
class Digit(LegEvent):
    """A DTMF digit has been received whole; `0-9*#A-D`.

    `carried`: whoever this audio is joined with has got it already, inside the relayed packets. `begun`: its beginning
    was told too, as RFC 4733 does; in a message it comes whole.
    """

    digit: str
    duration_ms: int = 100
    carried: bool = False
    begun: bool = True


@dataclass(frozen=True, slots=True)
class Held(LegEvent):
    """The far end has put us on hold, and suggests what music we hear, or none."""

    music_class: str = ""


@dataclass(frozen=True, slots=True)
class Resumed(LegEvent):
    """The far end is back."""


@dataclass(frozen=True, slots=True)
class Forwarded(LegEvent):
    """The far end sends the caller elsewhere (SIP 302): the destination as `number@context` or a dial string."""

    destination: str
    party: Party = field(default_factory=Party)


@dataclass(frozen=True, slots=True)
class Identified(LegEvent):
    """The far end has said who it is now (connected line)."""

    party: Party


@dataclass(frozen=True, slots=True)
class Redirection:
    """Who has sent a call on, and what else REDIRECTING() knows of that.

    Args:
        party: Who.
        facts: The rest, as the function keeps it.
    """

    party: Party
    facts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Redirecting(LegEvent):
    """The far end has said who has sent the call on."""

    redirection: Redirection


@dataclass(frozen=True, slots=True)
class TextReceived(LegEvent):
    """A text message inside the call."""

    text: str


@dataclass(frozen=True, slots=True)
class TransferAsked(LegEvent):
    """The far end asks us to connect our other side elsewhere (SIP REFER).

    Args:
        exten, context: Where to.
        token: By which the leg is told what came of it (`Transferer`).
        replaces: Name of the leg whose other side is to be connected with ours instead.
        variables: Set on the channel that is sent there.
        progress: Whether the asker wants to hear how the call to the target goes on.
    """

    exten: str
    context: str
    token: int = 0
    replaces: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)
    progress: bool = True


@dataclass(frozen=True, slots=True)
class Transferred(LegEvent):
    """The far end has said what came of our asking it to go elsewhere (SIP 302 or REFER).

    Args:
        done: Whether it went.
        sip_status: The status with which it did not, or 0.
    """

    done: bool
    sip_status: int = 0


class Owner(Protocol):
    """Who a leg reports to: its channel."""

    def post(self, event: LegEvent) -> None:
        """Take an event; never waits. Events of one leg arrive in order."""


class Playing(Protocol):
    """Audio on its way to a leg."""

    async def wait(self) -> None:
        """Return when it has been played to its end, or stopped."""

    def stop(self) -> None:
        """End it now; harmless when it is over."""


class Recording(Protocol):
    """What the far end says, on its way into a file or a pipe."""

    @property
    def ms(self) -> int:
        """How much has been recorded."""

    @property
    def silent_ms(self) -> int:
        """For how long nothing louder than silence was heard, up to now."""

    def levels(self) -> list[int]:
        """The mean amplitude of each frame of 20 ms since it was asked last; none while it is not known yet."""

    def hear(self, says: bool, hears: bool) -> None:
        """Record what the far end says, and what it hears: the others and what is played to it."""

    def pause(self, on: bool) -> None:
        """Write nothing for a while."""

    async def stop(self) -> None:
        """End it; the file is complete and closed then. Harmless when it is over."""


@dataclass(frozen=True, slots=True)
class Tone:
    """A piece of a tone: two frequencies in Hz (0 for none) for `on_ms`, then silence for `off_ms`."""

    frequency1_hz: int
    frequency2_hz: int = 0
    on_ms: int = 0
    off_ms: int = 0


@dataclass(frozen=True, slots=True)
class SoundFile:
    """A sound on disk, in the format the leg plays best."""

    path: Path
    format: str
    "wav, ulaw, alaw, gsm, g722, sln, sln16: Asterisk's names."


@runtime_checkable
class Audio(Protocol):
    """The audio of one leg: what can be played to it, and whom it can hear.

    A leg without audio of its own (Local) has None; the core then finds the audio behind it.
    """

    def start_play(self, sound: SoundFile, *, loop: bool = False, offset_ms: int = 0) -> Playing:
        """Play a file to the far end, from `offset_ms` on."""

    def start_tone(self, tones: Sequence[Tone], *, loop: bool = True) -> Playing:
        """Play a tone sequence to the far end."""

    def start_echo(self) -> Playing:
        """Send the far end its own audio back until stopped."""

    async def record(self, path: Path | None, file_format: str = "sln", *, append: bool = False) -> Recording:
        """Write what the far end says into a file; None only listens.

        Raises:
            OSError: The file cannot be written.
            ValueError: Nothing can be recorded in this format.
        """

    def tap(self, descriptor: int, rate_hz: int) -> Recording:
        """Write what the far end says into a pipe that does not block, as 16-bit samples; what it has no room for is
        lost."""

    def keep_digits(self, on: bool) -> None:
        """Let DTMF from the far end come as Digit events alone, not with the audio to who hears it; or no more."""

    def hear(self, others: "Sequence[Audio]") -> bool:
        """Let the far end hear these others, mixed, and nobody else from now on; none: nobody.

        Two that hear each other and nobody else are the common case, which a driver makes cheap. False when this
        kind cannot hear one of them; then it hears nobody.
        """


@runtime_checkable
class Amplifier(Protocol):
    """Audio that can be made louder or softer."""

    def amplify(self, spoken: float, heard: float) -> None:
        """Multiply what the far end says, and what it hears, by these factors; 1 leaves it as it is."""


class Leg(Protocol):
    """One side of a call, in a driver."""

    @property
    def name(self) -> str:
        """The channel name, such as `SIP/6001-00000000`; stable."""

    @property
    def technology(self) -> str:
        """The channel type: SIP, PJSIP, Local, Loopback."""

    @property
    def audio(self) -> Audio | None:
        """Its audio, or None."""

    @property
    def formats(self) -> Sequence[str]:
        """The audio formats in use or, before that, offered, best first: ulaw, alaw, g722."""

    def attach(self, owner: Owner) -> None:
        """Say who gets the events; those that came before are delivered now."""

    def call(self, caller: Party, variables: Mapping[str, str]) -> None:
        """Send the call out (outgoing legs). `variables` are the inherited ones of the new channel (names without `_`),
        for drivers that read some, such as SIPADDHEADER01. Raises Unavailable when there is nobody to call."""

    def ring(self) -> None:
        """Tell the caller that it rings (180)."""

    def progress(self) -> None:
        """Open early audio to the caller (183)."""

    def proceed(self) -> None:
        """Tell the caller that we work on it (100)."""

    def answer(self) -> None:
        """Answer an incoming leg (200). Answered is posted when audio can flow."""

    def refuse(self, cause: int) -> None:
        """Tell the caller of an incoming leg that it is busy (17) or congested (34), unanswered.

        He is expected to give up then (Ended is posted); `hangup` follows in any case."""

    def hangup(self, cause: int) -> None:
        """End the leg, whatever its state (an incoming one that was not answered is refused with the status that the
        cause stands for); Ended need not follow. The leg must not be used afterwards."""

    def hold(self, music_class: str = "") -> None:
        """Put the far end on hold, and suggest what music it hears."""

    def unhold(self) -> None:
        """Take it back."""

    def send_digit(self, digit: str, duration_ms: int) -> None:
        """Send a DTMF digit."""

    def send_text(self, text: str) -> None:
        """Send a text message inside the call."""

    def identify(self, party: Party) -> None:
        """Tell the far end to whom it talks now (connected line)."""

    def read(self, item: str) -> str | None:
        """A fact of this leg for CHANNEL(item) and header functions; None when it has none of that name."""


@runtime_checkable
class Known(Protocol):
    """A leg of which is known who it is that we call."""

    @property
    def party(self) -> Party:
        """Who is at the far end, as configuration says; nobody when it does not."""


@runtime_checkable
class Waiting(Protocol):
    """A leg that counts when its far end is kept waiting by who it talks to, whatever it hears meanwhile."""

    def kept_waiting(self, waits: bool) -> None:
        """It waits, or does no longer."""


@runtime_checkable
class Redirector(Protocol):
    """A leg whose far end can be told who has sent the call on."""

    def redirected(self, redirection: Redirection) -> None:
        """Tell it."""


@runtime_checkable
class Transferer(Protocol):
    """A leg whose far end may ask for a transfer, and is told what comes of it."""

    def transfer_told(self, token: int, status: int, final: bool) -> None:
        """How it goes on, as SIP's status says it: 180 the target rings, 200 it answered, 486 it is busy."""


@runtime_checkable
class Passage(Protocol):
    """A leg without audio of its own that leads to another channel: one half of a Local pair."""

    stays: bool
    "Whether the pair stays in the call even when both halves are in bridges."

    @property
    def beyond(self) -> "Owner | None":
        """The channel of the other half, while both live."""

    @property
    def across(self) -> "Leg | None":
        """The other half, while both live; it is made with this one, and its call comes in when this one is called."""


@runtime_checkable
class Deflector(Protocol):
    """A leg whose far end can be asked to call somebody else instead of us."""

    def transfer(self, destination: str) -> None:
        """Ask it; Transferred is posted when it is known what came of it."""


class ChannelDriver(Protocol):
    """A maker of legs."""

    technologies: tuple[str, ...]
    "What stands before the slash in a dial string; found in any case."
    description: str

    async def start(self, switch: "Switch") -> None:
        """Read the configuration and be ready for calls; raises ConfigError or DriverError."""

    async def stop(self) -> None:
        """End everything that is left and free what is held."""

    async def reload(self) -> None:
        """Read the configuration again; when it is wrong the old one stays in force."""

    def request(self, technology: str, resource: str, caller: "Owner | None" = None) -> Leg:
        """Make an outgoing leg, not yet called; raises Unavailable. `caller` is the channel on whose behalf."""

    def device_state(self, resource: str) -> DeviceState:
        """What this device is doing."""
