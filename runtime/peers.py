"""What commands, functions, and actions may ask of the SIP driver: facts about peers, endpoints, contacts.

The driver makes these afresh for each question; they are what was true at that moment.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from asterism.runtime.dialogs import DialogFacts, DialogHistory
from asterism.runtime.driver import Party
from asterism.runtime.states import DeviceState

INHERITABLE = "PJSIPINHERIT"
"""The variables that carry PJSIP_INHERITABLE_HEADER's headers, inherited for ever; a number of two digits follows."""


@dataclass(frozen=True, slots=True)
class ContactFacts:
    """One place where somebody can be reached.

    Args:
        status: UNKNOWN, UNMONITORED, REACHABLE, LAGGED, UNREACHABLE.
        rtt_ms: Of the last answered probe; 0 for none.
        expires_s: Left; 0 for a static contact.
        call_id, source, path: Of its REGISTER.
        endpoint: Whose it is.
    """

    aor: str
    uri: str
    digest: str
    status: str
    rtt_ms: float
    expires_s: int
    qualified: bool
    user_agent: str = ""
    call_id: str = ""
    source: tuple[str, int] = ("", 0)
    path: str = ""
    endpoint: str = ""
    static: bool = False

    @property
    def name(self) -> str:
        """What Asterisk calls it; a static one has another mark than a registered one."""
        return f"{self.aor}{'@@' if self.static else ';@'}{self.digest}"


@dataclass(frozen=True, slots=True)
class PeerFacts:
    """A peer of sip.conf.

    Args:
        address, port: Where it is; empty and 0 when nobody knows.
        force_rport, comedia: yes, no, `auto yes`, `auto no`.
        status: As ContactFacts; UNMONITORED without qualify.
        callable, calls_in: Whether it may be called, and may call.
        ringing, held: How many of its calls do so.
    """

    name: str
    username: str
    address: str
    port: int
    dynamic: bool
    force_rport: str
    comedia: str
    access_list: bool
    status: str
    rtt_ms: float
    description: str
    context: str
    caller: Party
    codecs: Sequence[str]
    language: str
    accountcode: str
    mailboxes: Sequence[str]
    call_groups: str
    pickup_groups: str
    named_call_groups: str
    named_pickup_groups: str
    register_extension: str
    user_agent: str
    calls: int
    call_limit: int
    busy_level: int
    expires_s: int
    variables: Sequence[tuple[str, str]]
    callable: bool
    calls_in: bool = True
    ringing: int = 0
    held: int = 0


@dataclass(frozen=True, slots=True)
class EndpointFacts:
    """An endpoint of pjsip.conf, with what belongs to it.

    Args:
        auths, outbound_auths: (name, user) of each.
        aors: (name, max_contacts) of each.
        identifies: (name, networks) of each.
        channels: Names of its channels.
    """

    name: str
    caller_number: str
    state: DeviceState
    busy_at: int
    auths: Sequence[tuple[str, str]]
    outbound_auths: Sequence[tuple[str, str]]
    aors: Sequence[tuple[str, int]]
    contacts: Sequence[ContactFacts]
    transport: tuple[str, str, int, int, str] | None
    identifies: Sequence[tuple[str, Sequence[str]]]
    channels: Sequence[str]
    context: str = ""
    codecs: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class RegistrationFacts:
    """A registration of ours with somebody else.

    Args:
        user: `user[@domain][:port]`.
        refresh_s: Time between two refreshes, as agreed, or as configured before that.
        state: Asterisk's word.
        registered_s: Since the epoch; 0 when it is not registered.
        due_s: When it was or will be tried again, since the epoch.
    """

    technology: str
    name: str
    host: str
    port: int
    user: str
    refresh_s: int
    state: str
    registered_s: float
    due_s: float = 0.0


@dataclass(frozen=True, slots=True)
class ProbeFacts:
    """The probing of a contact of pjsip.conf.

    Args:
        interval_s: Time between two probes.
        runs: How many were sent.
        queued_s, ran_s, next_s: When it was begun, when the last one was sent, when the next one is due; since the
            epoch. 0 for never, and for a next one while the last one waits for its answer.
    """

    name: str
    interval_s: int
    runs: int
    queued_s: float
    ran_s: float
    next_s: float


@dataclass(frozen=True, slots=True)
class ConnectionFacts:
    """A connection over TCP or TLS.

    Args:
        remote: `host:port` of the other side.
        state: Asterisk's word.
        incoming: The other side has opened it.
        monitors: How many registered contacts live by it.
    """

    protocol: str
    remote: str
    state: str
    incoming: bool
    monitors: int


@dataclass(frozen=True, slots=True)
class StrangerFacts:
    """A host whose requests belong to no endpoint: how many there were, and how long ago the first one was."""

    host: str
    count: int
    age_s: float


@dataclass(frozen=True, slots=True)
class RtpFacts:
    """What holds for audio.

    Args:
        first, last: The range of ports.
        strict: Whether audio is taken only from where SDP says, or from who proves himself.
        probation: Packets in a row that prove it.
    """

    first: int
    last: int
    strict: bool
    probation: int


@dataclass(frozen=True, slots=True)
class SettingFacts:
    """What sip.conf says of itself, as it is in force.

    Args:
        said: Its section general, names in lower case without underscores.
        bound: Address and port by protocol.
        realm_auths: Realm and user of each, and whether only a digest is known.
    """

    said: Mapping[str, str]
    bound: Mapping[str, str]
    codecs: Sequence[str]
    realm_auths: Sequence[tuple[str, str, bool]]
    local_net: Sequence[str]


@dataclass(frozen=True, slots=True)
class TracedMessage:
    """A SIP message that was kept.

    Args:
        number: Counts from 0.
        time_s: When it went, since the epoch.
        remote: `host:port` of the other side.
    """

    number: int
    time_s: float
    sent: bool
    remote: str
    message: bytes


@dataclass(frozen=True, slots=True)
class Notice:
    """What a NOTIFY says.

    Args:
        headers: Names and values, in order.
        body: Its content.
        content_type: What that is.
    """

    headers: Sequence[tuple[str, str]]
    body: bytes = b""
    content_type: str = ""


class SipTracing(Protocol):
    """What is done with the SIP messages that come and go."""

    verbose: bool
    "Whether those that pjsip's logger selects are shown on the consoles."

    @property
    def history(self) -> Sequence[TracedMessage]:
        """The messages that were kept, as far as there was room."""

    def set(self, technology: str, address: str, *, add: bool = False) -> None:
        """Show messages on the consoles, in the form of SIP or PJSIP.

        Args:
            address: `*` for everybody's; `host`, `host:port`, or a network for some; empty for none.
            add: These beside those that are shown already.
        """

    def traced(self, technology: str) -> bool:
        """Whether any are shown."""

    def set_method(self, method: str, *, add: bool = False) -> Sequence[str]:
        """Select messages of pjsip's logger by method, too; the methods in force are returned."""

    def record(self, on: bool) -> None:
        """Keep each message from now on, or no more."""

    def forget(self) -> None:
        """Forget what was kept."""

    @property
    def dialogs(self) -> DialogHistory:
        """What was said in each dialog."""

    def record_dialogs(self, on: bool) -> None:
        """Keep what is said in each dialog from now on, or no more."""

    async def write(self, path: Path) -> None:
        """Write what pjsip's logger selects to a file (pcap) too. Raises OSError."""


class PacketTracing(Protocol):
    """What is shown of the packets of audio: those of `*`, `host`, or `host:port`; none when it is empty."""

    def watch_rtp(self, address: str) -> None:
        """Show packets of audio."""

    def watch_rtcp(self, address: str) -> None:
        """Show reports on audio."""


@runtime_checkable
class SipDriver(Protocol):
    """The SIP driver, as the floors above it may know it."""

    def peers(self) -> Sequence[PeerFacts]:
        """The peers of sip.conf, by name as bytes compare."""

    def peer(self, name: str) -> PeerFacts | None:
        """One peer of sip.conf."""

    def devices(self) -> Sequence[PeerFacts]:
        """The peers and the users of sip.conf, by name as bytes compare."""

    def dialogs(self) -> Sequence[DialogFacts]:
        """The calls of sip.conf's devices and of strangers, in the order of their beginning."""

    def settings(self) -> SettingFacts:
        """What sip.conf says of itself."""

    def endpoints(self) -> Sequence[EndpointFacts]:
        """The endpoints of pjsip.conf, by name."""

    def objects(self, kind: str) -> Sequence[str]:
        """The names of the objects of pjsip.conf of one type, in order of the file."""

    def parameters(self, kind: str, name: str) -> Mapping[str, str] | None:
        """The options of an object of pjsip.conf as Asterisk shows them, by name; None when there is none.

        Args:
            kind: endpoint, aor, auth, transport, identify, or registration; global or system, of which there is one;
                or peer, for what sip.conf says of one, what holds for all included.
            name: Its name.
        """

    def contacts(self) -> Sequence[ContactFacts]:
        """The contacts of pjsip.conf's addresses of record, by aor."""

    def domains(self) -> Sequence[tuple[str, str]]:
        """sip.conf's domains and their contexts."""

    def registrations(self) -> Sequence[RegistrationFacts]:
        """Our registrations with others, in order of the files."""

    def probe(self, technology: str, name: str) -> bool:
        """Send an OPTIONS to each contact of a peer or endpoint; False when there is none of that name."""

    def unregister(self, name: str) -> bool:
        """End the registration of a peer of sip.conf; False when it has none."""

    def register(self, technology: str, name: str, *, register: bool) -> bool:
        """Begin a registration of ours again, or end it; all of them when `name` is empty. False for an unknown one."""

    def notify(self, technology: str, target: str, notice: Notice) -> bool:
        """Send a NOTIFY outside a call, or inside that of a Call-ID; False when there is nowhere to send it.

        Args:
            target: A peer or endpoint, a SIP URI, or `call:` and a Call-ID.
        """

    @property
    def tracing(self) -> SipTracing:
        """What is done with SIP messages."""

    @property
    def packets(self) -> PacketTracing:
        """What is shown of the packets of audio."""

    def versions(self) -> tuple[str, Sequence[int]]:
        """The version of PJSIP, and the numbers of the ciphers that its TLS has."""

    def dump(self, details: bool) -> str:
        """What PJSIP says of its own inside, in lines."""

    def audio(self) -> RtpFacts:
        """What holds for audio."""

    def probes(self) -> Sequence[ProbeFacts]:
        """The probing of pjsip.conf's contacts, by name."""

    def connections(self) -> Sequence[ConnectionFacts]:
        """The connections over TCP and TLS, in the order of their beginning."""

    def strangers(self) -> Sequence[StrangerFacts]:
        """Who has asked for something lately and was not recognised, by address."""

    def synchronize(self, aor: str) -> bool:
        """Probe the contacts of an address of record of pjsip.conf anew; False when there is none of that name."""

    def maintain(self, endpoint: str, on: bool) -> None:
        """Refuse new calls from and to an endpoint of pjsip.conf, or take them again."""

    def maintained(self) -> Sequence[str]:
        """The endpoints whose new calls are refused, by name."""

    def dial_contacts(self, endpoint: str, aor: str = "", user: str = "") -> str:
        """The contacts of an endpoint as a dial string, joined by `&`."""


def sip_driver(found: object) -> SipDriver | None:
    """The driver as one of SIP; None when it is another, or none."""
    return found if isinstance(found, SipDriver) else None


@runtime_checkable
class HeaderLeg(Protocol):
    """A leg whose next message can carry more headers."""

    @property
    def added_headers(self) -> list[tuple[str, str]]:
        """Headers of the INVITE that was not sent yet, or of our answers; may be changed."""


@runtime_checkable
class CodecLeg(Protocol):
    """A leg that can be told which codecs to offer."""

    def limit_codecs(self, names: Sequence[str]) -> None:
        """Offer only these, of those it might; those it knows nothing of do not count. Before it is called."""


@runtime_checkable
class NotifyLeg(Protocol):
    """A leg that can send a NOTIFY inside its call."""

    def notify(self, notice: Notice) -> None:
        """Send it."""


@runtime_checkable
class RefusingLeg(Protocol):
    """A leg that can be told the very status with which it is refused."""

    def refuse_with(self, status: str) -> int:
        """End an unanswered call with this status, a number or PJSIP's name, when it is hung up; what it will be."""


@runtime_checkable
class MessageLeg(Protocol):
    """A leg that can send a message of any type inside its call."""

    def send_message(self, text: str, content_type: str) -> None:
        """Send it."""


@runtime_checkable
class SessionLeg(Protocol):
    """A leg of which may be said, before it is called, what its session is like, and which can be described anew."""

    def shape(self, *, dtmf: str = "", codecs: Sequence[str] = (), parameter: tuple[str, str] | None = None) -> bool:
        """Change what our INVITE is going to say; False when it was sent, or it is not we who call.

        Args:
            dtmf: How DTMF is sent, one of pjsip.conf's dtmf_mode, instead of the endpoint's.
            codecs: Those that are offered, whatever the endpoint may use.
            parameter: Name and value of one more in the URI of its From.
        """

    def refresh(self, *, update: bool) -> None:
        """Describe the session to the far end again, by a re-INVITE or by an UPDATE."""


def group_numbers(text: str) -> list[str]:
    """Numbered groups, 0 to 63, one by one: of `1,3-5` 1, 3, 4, 5. What is none is left out."""
    numbers: list[str] = []
    for part in text.split(","):
        first, dash, last = (each.strip() for each in part.partition("-"))
        if first.isdecimal() and (last.isdecimal() or not dash):
            numbers += map(str, range(int(first), min(int(last or first), 63) + 1))
    return numbers


def groups(text: str) -> str:
    """Numbered groups as Asterisk shows them."""
    return ", ".join(group_numbers(text))
