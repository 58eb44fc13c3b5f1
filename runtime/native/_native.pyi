"""The seam between the runtime and PJSIP's threads (implemented in C, bound by Cython).

pjsua2 stays the owner of the endpoint, its transports, accounts and calls: Python makes a plain ``pj.Endpoint``, calls
``libCreate`` and ``libInit``, then :func:`attach`, then creates transports and accounts. From then on no thread of
PJSIP ever asks for the GIL: what happens is written into a queue, an eventfd becomes readable, and :func:`drain`
returns the records in order. All functions here may be called from the one thread that owns pjsua2; those marked *any
thread* may be called from any Python thread. None of them waits for the network.

Numbers: a *call* (``CallId``) is a pjsua call slot and the generation of its use, a *token* names one request, a
*player* one source of audio, a *recorder* one sink. A number that is no longer valid raises :class:`StaleError` (a
``LookupError``) or, where the text says so, is ignored; it never reaches a stranger. 0 always means "none".
"""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple, TypeAlias

CallId: TypeAlias = int
Token: TypeAlias = int
PlayerId: TypeAlias = int
RecorderId: TypeAlias = int
Headers: TypeAlias = Iterable[tuple[str, str]]
"""Name and value of each header, in order; a control character in either raises ``ValueError``."""
Address: TypeAlias = tuple[str, int]
"""Numeric IP address (no brackets) and port."""

class NativeError(Exception):
    """PJSIP refused; ``status`` is its status number."""

    status: int

    def __init__(self, status: int, text: str) -> None: ...

class StaleError(LookupError):
    """The call, token, player or recorder has ended."""

# ---------------------------------------------------------------------------------------------------------------- life

def attach(
    *,
    max_pending: int = 4096,
    max_queued: int = 65536,
    request_timeout_ms: int = 8000,
    user_agent: str = "",
) -> None:
    """Take over pjsua's callbacks and register the modules; after ``libInit``, before the first transport.

    Args:
        max_pending: Requests that may wait for :func:`respond`; one more is answered 503 natively.
        max_queued: Records that may wait for :func:`drain`; above it new calls and requests are answered 503. Half
            of them may be such as only tell: of security, packets, messages, and the log.
        request_timeout_ms: A request not answered within this time gets 500.
        user_agent: Value of ``Server`` in natively made answers; empty for none.

    Raises:
        NativeError: pjsua is not initialised, or already attached.
    """

def detach() -> None:
    """Answer what waits with 503, stop players and relays, and give pjsua's callbacks back; before ``libDestroy``.

    Calls should have been hung up before. May be called twice. Unread records are dropped.
    """

def eventfd() -> int:
    """Return the descriptor that is readable while records wait (one for the life of the process)."""

def drain(limit: int = 1024) -> list[Event]:
    """Return up to `limit` records in the order they happened; never waits."""

def quiet() -> None:
    """Keep PJSIP from writing log lines to standard output; legal before ``libCreate``."""

def give_codecs_away() -> bool:
    """Let pjsua have the codecs that sounds were read with while it did not run; before ``libCreate``.

    Returns:
        False while one of them is in use by a recorder.
    """

def take_codecs_back() -> None:
    """Allow sounds to be read without pjsua again; after ``libDestroy``."""

def set_log_level(level: int) -> None:
    """Choose how much PJSIP tells in :class:`Log` records, 0 (nothing) to 6; after :func:`attach`."""

def trace(on: bool) -> None:
    """Queue a :class:`Wire` record for each SIP message that goes over the wire, or stop it."""

def dump(details: bool) -> str:
    """Return what PJSIP says of its inside: modules, timers, transports; with details its memory and transactions."""

def watch_packets(*, rtp: bool, rtcp: bool) -> None:
    """Queue a :class:`Packet` record for each packet of audio, and for each of its reports, or stop it."""

def believe_audio(strict: str, probation: int) -> None:
    """Choose from whom audio is taken, in all calls; "yes" and 4 until then.

    Args:
        strict: "no": from anybody. "seqno": from where SDP says, or from who sends ``probation`` packets with
            consecutive numbers while nobody is believed, or who was is silent. "yes": and not all of them at once.
        probation: At least 2.

    Raises:
        ValueError: Something of this is malformed.
    """

def register_thread(name: str) -> None:
    """Make the running Python thread known to PJLIB (*any thread*; the functions marked so do it themselves)."""

# ---------------------------------------------------------------------------------------------------------- identities

class Credential(NamedTuple):
    """What a digest is checked against."""

    username: str
    realm: str
    "Shown in the challenge; empty for the service's realm."
    algorithm: str
    '"md5" or "sha256".'
    ha1: str
    "Lower-case hex of H(username:realm:password)."

class Media(NamedTuple):
    """How the audio of a call is negotiated."""

    codecs: tuple[str, ...] = ()
    """Allowed codecs in order of preference, as SDP names them with clock rate ("PCMU/8000"); empty: all, in pjsua's
    order. An offer that shares none of them is answered 488."""
    dtmf: str = "rfc4733"
    """"rfc4733", "info", "inband", "auto" (rfc4733 if offered, else inband) or "none"; only rfc4733 and auto offer
    telephone-event."""
    symmetric: bool = False
    "Send audio back to where it comes from, whatever the SDP said (comedia, rtp_symmetric)."
    prefer_remote_order: bool = True
    "Answer in the order of the offer (Asterisk's way) rather than in the order of `codecs`."

class Access(NamedTuple):
    """One line of an access list; the last one that matches decides, none means permit (Asterisk's rule)."""

    permit: bool
    network: str
    '"192.0.2.0/24", "192.0.2.1", "2001:db8::/32".'

class Pattern(NamedTuple):
    """A text by which a request names an identity (order entries header and request_uri)."""

    header: str
    "Name of the header, in any case; each instance is looked at. Empty: the Request-URI."
    text: str
    "The whole value, or a POSIX extended regular expression found in it."
    regex: bool = False

class Identity(NamedTuple):
    """Somebody who may send us requests."""

    number: int
    "The caller's own number (> 0), given back in every record."
    service: int
    "Index of the service it belongs to."
    users: tuple[str, ...] = ()
    'Users of From ("alice" or "alice@example.org") that name it.'
    register_users: tuple[str, ...] = ()
    "Users by which a REGISTER names it (From or To, as the service says)."
    auth_users: tuple[str, ...] = ()
    "Digest user names that name it (order entry auth_username)."
    networks: tuple[str, ...] = ()
    """Source addresses that name it: "192.0.2.1", "192.0.2.1:5060", "192.0.2.0/24", "[2001:db8::1]:5060"; the longest
    wins."""
    credentials: tuple[Credential, ...] = ()
    "Any of them opens the door; all with the same realm. Empty: requests are believed without a digest."
    challenge: frozenset[str] = frozenset()
    'Methods that need a digest ("INVITE", "REGISTER" ...); "*" stands for every method but ACK and CANCEL.'
    access: tuple[Access, ...] = ()
    "Checked before anything is said; refused with 403."
    accounts: tuple[int, ...] = ()
    """Of pj.Account: its calls belong to the one of the transport that they come by; without one to the first that is
    bound to the transport, else to pjsua's choice."""
    media: Media = ...
    "For its incoming calls."
    force_rport: bool = True
    "Answer to where the request came from, whatever its Via says (nat=force_rport, force_rport=yes)."
    rewrite_contact: bool = False
    "Send requests of the dialog to where the INVITE came from, not to its Contact (rewrite_contact)."
    patterns: tuple[Pattern, ...] = ()

class Service(NamedTuple):
    """What holds for the transports of one dialect (sip.conf or pjsip.conf).

    Several services may name one transport: they are asked in order, guests last of all, and a stranger is answered as
    the first one says.
    """

    transports: tuple[int, ...] = ()
    "pjsua transport ids; empty: all transports that no other service names."
    order: tuple[str, ...] = ("ip", "username", "anonymous")
    '"ip" (networks), "address" (see `learn`), "username", "auth_username", "anonymous" (see `guest`).'
    realm: str = "asterism"
    algorithms: tuple[str, ...] = ("md5",)
    "Offered to users that nobody knows; known ones are offered what their credentials have."
    challenge: frozenset[str] = frozenset({"*"})
    """Methods for which an unknown user is challenged too. Other methods get 404 (REGISTER, INVITE: 403); an OPTIONS
    becomes a Request with identity 0."""
    register_user: str = "from"
    '"from" (pjsip.conf) or "to" (sip.conf): which header names the identity in a REGISTER.'
    wrong_password: int = 401
    "Answer to a wrong digest: 401 once more (pjsip.conf) or 403 (sip.conf); the same for users nobody knows."
    nonce_lifetime_s: int = 32
    guest: int = 0
    "Number of the identity that strangers are (anonymous endpoint, allowguest); 0: no guests."
    options: str = "defer"
    '"defer": an OPTIONS becomes a Request; "answer": it is answered 200 natively.'
    access: tuple[Access, ...] = ()
    "For everybody who comes by these transports, before identification; refused with 403."

def set_identities(services: Sequence[Service], identities: Sequence[Identity]) -> None:
    """Replace all services and identities at one stroke; requests in progress keep the old ones.

    Numbers keep their meaning over a change: addresses given to :func:`learn` stay while their number is in the table.

    Raises:
        ValueError: An address, order entry, algorithm or number is not valid, and which; the old tables stay in force.
    """

def learn(identity: int, address: Address | None) -> None:
    """Remember where an identity registered from, for the order entry "address"; None forgets. Unknown: ignored."""

# --------------------------------------------------------------------------------------------------- requests, answers

def respond(
    token: Token,
    code: int,
    reason: str = "",
    headers: Headers = (),
    body: bytes = b"",
    content_type: str = "",
) -> None:
    """Send the final answer of a :class:`Request` or :class:`Register`.

    Raises:
        StaleError: It was answered before, timed out (500 was sent), or never was.
        ValueError: `code` is outside 200-699, or a header is malformed.
    """

def send_request(
    method: str,
    uri: str,
    *,
    from_uri: str = "",
    to_uri: str = "",
    contact: str = "",
    call_id: str = "",
    headers: Headers = (),
    body: bytes = b"",
    content_type: str = "",
    transport: int = -1,
    account: int = -1,
    timeout_ms: int = 0,
) -> Token:
    """Send a request outside any dialog; a :class:`Result` with the returned token always follows.

    Args:
        uri: Request URI; the destination too unless a Route header is given. A host name is resolved by PJSIP.
        from_uri: Default: the account's, else ``sip:asterism@<local address>``. May be a whole header value.
        to_uri: Default: `uri`.
        contact: Default: the account's, else the transport's address.
        transport: pjsua transport id that must carry it, or -1.
        account: pj.Account whose credentials answer a 401 or 407, or -1.
        timeout_ms: Give up after this time (status 408); 0 for SIP's 32 s.

    Raises:
        ValueError: A URI or header is malformed.
        NativeError: No transport fits.
    """

def send_in_call(call: CallId, method: str, headers: Headers = (), body: bytes = b"", content_type: str = "") -> Token:
    """Send a request (INFO, NOTIFY, MESSAGE, REFER, UPDATE) inside a call's dialog; a :class:`Result` follows.

    A challenge is answered once, with the credentials of the call's account or of :func:`use_account`.
    """

def use_account(call: CallId, account: int) -> None:
    """Answer challenges inside a call with the credentials of an account (``pj.Account.getId()``).

    An outgoing call has its own account's from the start; an incoming one has none.

    Raises:
        StaleError: The call has ended.
        ValueError: There is no such account.
    """

# --------------------------------------------------------------------------------------------------------------- calls

def plan_call(media: Media = ..., *, identity: int = 0, rewrite_contact: bool = False) -> None:
    """Say how the next call that is made with ``pj.Call.makeCall`` negotiates its audio; say it before each.

    Args:
        identity: Given back in the call's records.
        rewrite_contact: Send the call's later requests to where its messages come from, not to their Contact.
    """

def call_id(slot: int) -> CallId:
    """Return the number of the call in use in a pjsua slot (``pj.Call.getId()``); right after ``makeCall``.

    Raises:
        StaleError: The slot is free: ``makeCall`` made no call. One that was refused at once has a number, and its
            records follow.
    """

def call_slot(call: CallId) -> int:
    """Return the pjsua slot of a live call. Raises StaleError."""

def is_live(call: CallId) -> bool:
    """Tell whether the call is still in its slot (*any thread*)."""

def find_call(sip_call_id: str, local_tag: str, remote_tag: str) -> CallId:
    """Find the call of a dialog (Replaces), or 0."""

def invite_message(call: CallId) -> bytes:
    """Return the INVITE of a call as it was received or sent last (SIP_HEADER, PJSIP_HEADER)."""

# --------------------------------------------------------------------------------------------------------------- media

def relay(a: CallId, b: CallId) -> bool:
    """Pass RTP packets between two calls (or back to one, for Echo) natively, without decoding.

    Audio of players and of the bridge is not sent while it holds; DTMF of either leg still arrives as :class:`Dtmf`.
    A call has at most one partner: a former relay of either ends. Follows re-INVITEs by itself; when the codecs come
    apart it ends with :class:`RelayEnded` and the caller uses :func:`connect`.

    Returns:
        False when the audio codecs differ or either has no audio: use :func:`connect` then.

    Raises:
        StaleError: Either has ended.
    """

def unrelay(call: CallId) -> None:
    """End the relay of a call and its partner; both go back to their own streams. Stale or not relayed: ignored."""

def keep_events(call: CallId, on: bool = True) -> None:
    """Keep the DTMF packets of a call from its relay's partner; they arrive as :class:`Dtmf` only. Stale: ignored.

    Holds until the call's audio is negotiated anew after it was off.
    """

def connect(a: CallId, b: CallId, *, both: bool = True) -> None:
    """Let two calls hear each other through pjmedia's conference bridge (transcodes, costs CPU and about 20 ms).

    A call may be connected with any number of others: it hears them all.

    Args:
        both: Let `a` hear `b` too; else only `b` hears `a`.

    Raises:
        StaleError: Either has ended.
        NativeError: Either has no active audio.
    """

def disconnect(call: CallId, other: CallId = 0) -> None:
    """Undo :func:`connect` towards one call or all. Stale: ignored. Players are not touched."""

class Range(NamedTuple):
    """How something varied during a call."""

    least: float = 0.0
    most: float = 0.0
    mean: float = 0.0
    deviation: float = 0.0

class MediaStats(NamedTuple):
    """Counters of a call's audio since it began, stream and relay together. rx is what the far end sent us."""

    rx_packets: int
    rx_bytes: int
    "Payload only, as tx_bytes."
    rx_lost: int
    rx_jitter_ms: float
    tx_packets: int
    tx_bytes: int
    tx_lost: int
    "As the far end reports by RTCP."
    tx_jitter_ms: float
    rtt_ms: float
    local_ssrc: int
    remote_ssrc: int
    codec: str
    local: Address | None
    remote: Address | None
    relayed: bool
    rx_jitter: Range
    "In ms, as tx_jitter and rtt."
    tx_jitter: Range
    rx_loss: Range
    "Packets between two reports, as tx_loss."
    tx_loss: Range
    rtt: Range

def media_stats(call: CallId) -> MediaStats:
    """Return the counters of a live call's audio. Raises StaleError."""

# ------------------------------------------------------------------------------------------------------------- players

def player_open(path: str, format: str, *, loop: bool = False, offset_ms: int = 0) -> PlayerId:
    """Open a sound file for playing (*any thread*; reads the disk, so from an executor; the GIL is free meanwhile).

    Args:
        path: File name.
        format: "wav" (PCM 16 bit, ulaw, alaw, any rate), or headerless "ulaw", "alaw", "gsm", "g722", "sln", "sln16",
            "sln32", "sln48" ... ("slin" too).
        loop: Begin again at the end; no PlayerEnded until stopped.
        offset_ms: Where to begin.

    Raises:
        OSError: Not found or not readable.
        ValueError: Unknown format, or the file's contents do not fit it.
    """

def tone_open(tones: Sequence[tuple[int, int, int, int]], *, loop: bool = False) -> PlayerId:
    """Make a tone generator (*any thread*).

    Args:
        tones: (frequency_1_hz, frequency_2_hz or 0, on_ms, off_ms) played in turn; at most 16. No frequency: silence.
        loop: Begin again after the last.
    """

def player_start(player: PlayerId, call: CallId) -> None:
    """Play to one call, mixed with what else it hears; allowed from the first 183 on. One call per player.

    Ends by itself with :class:`PlayerEnded`: at the end of file, when stopped, or when the call ends.

    Raises:
        StaleError: Player or call has ended.
        NativeError: The call has no audio yet.
    """

def player_stop(player: PlayerId) -> None:
    """Stop and close a player, started or not. Stale: ignored."""

def player_position_ms(player: PlayerId) -> int:
    """Return how much has been played, for CPLAYBACKOFFSET and the like. Raises StaleError."""

def recorder_open(path: str, format: str, *, append: bool = False) -> RecorderId:
    """Create a file to record into (*any thread*): "wav" (16 bit), "ulaw", "alaw", "sln", "gsm", "g722"."""

def recorder_start(recorder: RecorderId, call: CallId) -> None:
    """Record what a call says."""

def recorder_stop(recorder: RecorderId) -> int:
    """Stop, close the file, and return its duration in ms. Stale: returns 0."""

def sound_samples(path: str, format: str, rate: int) -> bytes:
    """Return a sound file as 16-bit signed mono samples in the machine's byte order, at a rate of 8000 to 48000
    (*executor*). Raises as `player_open`. Needs no attached PJSIP, as recorders that are fed do not."""

def recorder_open_pipe(descriptor: int, rate: int) -> RecorderId:
    """Make a recorder that writes 16-bit samples of 20 ms each into a pipe (O_NONBLOCK, not larger than PIPE_BUF each):
    what the pipe has no room for is lost. The descriptor stays the caller's, and is used until `recorder_stop`. -1 only
    listens, for `recorder_state`."""

def recorder_feed(recorder: RecorderId, samples: bytes) -> None:
    """Record these 16-bit samples of the recorder's own rate, without a call (*executor*). Raises StaleError."""

def recorder_hear(recorder: RecorderId, call: CallId, on: bool = True) -> None:
    """Record what another call says too, or no longer; or the recorded call itself. Raises StaleError."""

def recorder_hear_player(recorder: RecorderId, player: PlayerId) -> None:
    """Record what a player plays too, until it ends. Raises StaleError."""

def recorder_pause(recorder: RecorderId, on: bool = True) -> None:
    """Write nothing for a while. Raises StaleError."""

def recorder_state(recorder: RecorderId) -> tuple[int, int]:
    """Return how much has been recorded, and for how long it has been silent now, in ms. Raises StaleError."""

def recorder_levels(recorder: RecorderId, since: int) -> tuple[int, list[int]]:
    """Return how many frames of 20 ms were heard so far and the mean amplitudes of those from `since` on, of the latest
    256 if there are more. Raises StaleError."""

def send_dtmf(call: CallId, digits: str, *, duration_ms: int = 100, gap_ms: int = 100) -> None:
    """Send DTMF the way the call's dtmf mode says; also while relayed. Digits: 0-9 * # A-D."""

# ------------------------------------------------------------------------------------------------------------- records

class Incoming(NamedTuple):
    """An INVITE was let in; make a ``pj.Call(account, call_slot(call))`` and answer with it. 100 has been sent."""

    call: CallId
    slot: int
    "pjsua's call id, for pj.Call."
    account: int
    identity: int
    authenticated: bool
    "A digest was checked."
    transport: int
    "pjsua transport id."
    protocol: str
    '"udp", "tcp", "tls".'
    source: Address
    local: Address
    uri: str
    "Request URI."
    from_: str
    "From as received, without the header's name; likewise the following."
    to: str
    contact: str
    user_agent: str
    sip_call_id: str
    replaces: CallId
    "The call that this one wants to take the place of (header Replaces), or 0."
    message: bytes
    "The INVITE as received."

class CallState(NamedTuple):
    """A call changed its state. After "disconnected" its number is stale and nothing more comes for it."""

    call: CallId
    state: str
    '"calling", "early", "connecting", "confirmed", "disconnected".'
    code: int
    "Last SIP status: 180, 183, 200, 486; for a BYE 200. 0 if none."
    reason: str
    cause: str
    "Value of the Reason header in what ended the call, or empty."
    remote: bool
    "Made so by a message of the far end (BYE, CANCEL, response), not by us."
    message: bytes
    "The response, BYE or CANCEL that caused it as received, or empty."

class CallMedia(NamedTuple):
    """The audio of a call was negotiated anew. `codec` is empty when there is none (rejected or failed)."""

    call: CallId
    codec: str
    'As SDP names it: "PCMU/8000".'
    ptime_ms: int
    remote: Address | None
    "Where audio is sent to by SDP."
    direction: str
    '"sendrecv", "sendonly", "recvonly", "inactive": ours.'
    held: bool
    "The far end put us on hold."
    dtmf: bool
    "telephone-event was negotiated."

class Dtmf(NamedTuple):
    """The far end pressed a key. Reported once a key, when it ends (RFC 4733) or at once (INFO)."""

    call: CallId
    digit: str
    duration_ms: int
    method: str
    '"rfc4733" or "info".'

class RelayEnded(NamedTuple):
    """A relay ended without :func:`unrelay`: a leg hung up or changed its codec."""

    call: CallId
    other: CallId
    reason: str
    '"ended" or "codec".'

class PlayerEnded(NamedTuple):
    """A started player is done and closed."""

    player: PlayerId
    call: CallId
    reason: str
    '"end", "stopped", "call".'
    position_ms: int

class Request(NamedTuple):
    """A request waits for :func:`respond`: all methods but INVITE, ACK, CANCEL, BYE, PRACK, UPDATE and REGISTER.

    Outside a dialog `call` is 0. Inside one: REFER, INFO (that is not DTMF), MESSAGE, NOTIFY, SUBSCRIBE, unknown ones.
    """

    token: Token
    method: str
    call: CallId
    identity: int
    authenticated: bool
    transport: int
    protocol: str
    source: Address
    local: Address
    uri: str
    from_: str
    to: str
    contact: str
    user_agent: str
    sip_call_id: str
    message: bytes

class Contact(NamedTuple):
    """One Contact of a REGISTER."""

    uri: str
    'The bare URI; "*" for all.'
    expires_s: int
    "Asked for; -1 when nothing was said (the registrar's default)."
    q: float
    params: str
    "Further header parameters as received (;+sip.instance=...)."

class Register(NamedTuple):
    """A REGISTER, let in, waits for :func:`respond`."""

    token: Token
    identity: int
    authenticated: bool
    transport: int
    protocol: str
    source: Address
    local: Address
    uri: str
    from_: str
    to: str
    to_user: str
    user_agent: str
    sip_call_id: str
    cseq: int
    contacts: tuple[Contact, ...]
    "Empty: the client only asks what is registered."
    path: tuple[str, ...]
    message: bytes

class Result(NamedTuple):
    """The outcome of :func:`send_request` or :func:`send_in_call`."""

    token: Token
    status: int
    "Final SIP status; 408 without an answer, 503 when it could not be sent."
    reason: str
    rtt_ms: float
    source: Address | None
    message: bytes
    "The response, or empty."

class Registration(NamedTuple):
    """An outgoing registration (pj.Account with registration) changed."""

    account: int
    code: int
    "Last SIP status; 0 with `error` when nothing came back."
    reason: str
    expires_s: int
    "Granted; 0 when not registered."
    error: int
    message: bytes

class TransportState(NamedTuple):
    """A connection (TCP, TLS) came up or went down."""

    transport: int
    protocol: str
    state: str
    '"connected", "disconnected", "shutdown", "destroyed".'
    local: Address
    remote: Address
    error: str

class Security(NamedTuple):
    """For the security log; named as Asterisk names them."""

    event: str
    '"ChallengeSent", "SuccessfulAuth", "InvalidPassword", "InvalidAccountID", "FailedACL", "ChallengeResponseFailed".'
    identity: int
    user: str
    "From user, or the digest's user name."
    method: str
    transport: int
    protocol: str
    source: Address
    local: Address
    sip_call_id: str

class CallStats(NamedTuple):
    """The final counters of a call's audio; comes before the call's "disconnected"."""

    call: CallId
    stats: MediaStats

class Log(NamedTuple):
    """A line of PJSIP's log."""

    level: int
    "1 error, 2 warning, 3 information, 4 and more debugging."
    text: str
    thread: str

class Wire(NamedTuple):
    """A SIP message that was received or sent, while :func:`trace` is on."""

    transport: int
    protocol: str
    local: Address | None
    remote: Address | None
    sent: bool
    message: bytes

class Packet(NamedTuple):
    """A packet of audio, or a report, while :func:`watch_packets` is on."""

    rtcp: bool
    sent: bool
    remote: Address | None
    payload: int
    "Bytes of audio; 0 for a report."
    head: bytes
    "The fixed header of RTP; a report whole."

class Overload(NamedTuple):
    """Requests were turned away since the last record of this kind (at most one a second)."""

    refused: int
    queued: int
    pending: int

Event: TypeAlias = (
    Incoming
    | CallState
    | CallMedia
    | Dtmf
    | RelayEnded
    | PlayerEnded
    | Request
    | Register
    | Result
    | Registration
    | TransportState
    | Security
    | Overload
    | CallStats
    | Log
    | Wire
    | Packet
)

class Counts(NamedTuple):
    """Live native objects; all zero when nothing is going on."""

    calls: int
    adapters: int
    tokens: int
    results: int
    relays: int
    players: int
    recorders: int
    records: int
    tables: int
    "Identity tables beside the one in force."

def counts() -> Counts:
    """Count what lives (*any thread*)."""

VERSION: Final[str]
"""Version of PJSIP this was built with."""
