"""What the driver knows of the world: endpoints, addresses of record, secrets, transports, registrations.

sip.conf and pjsip.conf are two dialects that are both translated into this model; behind it nobody asks
which file a thing came from, but for `technology`, which is how the dialplan names it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import md5, sha256
from ipaddress import ip_address, ip_network

from asterism.dialplan.reader import Line
from asterism.runtime.driver import Party

NOBODY = Party()


def words(text: str) -> frozenset[str]:
    """The words of a text, as a set: how long tables of names are written here."""
    return frozenset(text.split())


CODECS = {
    "ulaw": "PCMU/8000",
    "alaw": "PCMA/8000",
    "g722": "G722/8000",
    "gsm": "GSM/8000",
    "opus": "opus/48000",
    "speex": "speex/8000",
    "speex16": "speex/16000",
    "speex32": "speex/32000",
    "slin": "L16/8000",
    "slin16": "L16/16000",
    "slin48": "L16/48000",
}
"""Audio formats served, by Asterisk's name, and as SDP names them."""

CODEC_NAMES = {sdp.lower(): name for name, sdp in CODECS.items()}
"""Asterisk's name by SDP's, in lower case."""

UNSERVED_CODECS = words(
    "g723 g726 g726aal2 adpcm lpc10 g729 ilbc siren7 siren14 g719 silk8 silk12 silk16 silk24 silk evs amr amrwb codec2 "
    "slin12 slin24 slin32 slin44 slin96 slin192 jpeg png h261 h263 h263p h264 h265 mpeg4 vp8 vp9 av1 red t140 t140red "
    "testlaw none"
)
"""Formats that Asterisk knows and this driver does not carry."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where something was written."""

    file: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of an access list; the last one that matches decides, and none means permit."""

    permit: bool
    network: str


@dataclass(frozen=True, slots=True)
class Auth:
    """A user name and its secret; `ha1` is H(username:realm:password) in hex when that is all that is known."""

    name: str
    username: str
    password: str = ""
    ha1: str = ""
    ha1_algorithm: str = "md5"
    realm: str = ""
    "Empty: the service's own when we challenge, any when we are challenged."
    origin: Origin = Origin()

    def digest(self, realm: str, algorithm: str = "md5") -> str:
        """H(username:realm:password) in hex, or empty when only a digest of another kind is known."""
        if self.ha1:
            return self.ha1 if algorithm == self.ha1_algorithm else ""
        text = f"{self.username}:{realm}:{self.password}".encode("utf-8", "surrogateescape")
        return (sha256(text) if algorithm == "sha256" else md5(text, usedforsecurity=False)).hexdigest()


@dataclass(frozen=True, slots=True)
class Aor:
    """An address of record: where somebody can be reached, by configuration and by registration.

    Args:
        contacts: URIs that always hold.
        max_contacts: Registrations at once; 0 lets nobody register.
        remove_existing: A registration beyond the limit replaces the one that ends first.
        minimum_s, maximum_s, default_s: Bounds of a registration's life.
        qualify_s: Seconds between OPTIONS probes; 0 for none.
        qualify_timeout_s: How long a probe waits for its answer.
        lagged_ms: An answer later than this counts as lagged (sip.conf); 0 for never.
        support_path: Path headers are kept and followed.
    """

    name: str
    contacts: tuple[str, ...] = ()
    max_contacts: int = 0
    remove_existing: bool = False
    remove_unavailable: bool = False
    minimum_s: int = 60
    maximum_s: int = 7200
    default_s: int = 3600
    qualify_s: float = 0
    qualify_timeout_s: float = 3.0
    lagged_ms: int = 0
    qualify_2xx_only: bool = False
    authenticate_qualify: bool = False
    support_path: bool = False
    outbound_proxy: str = ""
    mailboxes: tuple[str, ...] = ()
    origin: Origin = Origin()


@dataclass(frozen=True, slots=True)
class Transport:
    """A listening address.

    Args:
        protocol: udp, tcp, or tls.
        host, port: Numeric address; `0.0.0.0` and `::` listen everywhere.
        external_media, external_signaling, external_port: What others are told who are not in `local_net`.
    """

    name: str
    protocol: str = "udp"
    host: str = "0.0.0.0"
    port: int = 5060
    certificate: str = ""
    private_key: str = ""
    authorities: str = ""
    authorities_folder: str = ""
    ciphers: str = ""
    method: str = ""
    verify_client: bool = False
    verify_server: bool = False
    external_media: str = ""
    external_signaling: str = ""
    external_port: int = 0
    local_net: tuple[str, ...] = ()
    tos: int = 0
    cos: int = 0
    technology: str = "PJSIP"
    origin: Origin = Origin()

    def is_external(self, host: str) -> bool:
        """Whether somebody there must be told the external addresses: nobody knows him to be in `local_net`."""
        if not (self.external_media or self.external_signaling):
            return False
        try:
            address = ip_address(host)
        except ValueError:
            return True
        nets = (ip_network(net) for net in self.local_net)
        return not any(net.version == address.version and address in net for net in nets)

    @property
    def key(self) -> tuple[str, str, int]:
        """What makes two transports one."""
        return self.protocol, self.host, self.port


@dataclass(frozen=True, slots=True)
class Pattern:
    """A text by which a request names an endpoint.

    Args:
        header: Name of the header; empty: the Request-URI.
        text: The whole value, or a POSIX extended regular expression that is found in it.
    """

    header: str
    text: str
    is_regex: bool = False


@dataclass(frozen=True, slots=True)
class Identify:
    """By what requests belong to an endpoint: source addresses, headers, Request-URIs."""

    endpoint: str
    matches: tuple[str, ...] = ()
    patterns: tuple[Pattern, ...] = ()
    name: str = ""
    origin: Origin = Origin()


@dataclass(frozen=True, slots=True)
class Registration:
    """A registration of ours with somebody else.

    Args:
        server_uri: Where the REGISTER goes. client_uri: who we say we are.
        contact_user: User part of our Contact, where calls then come in.
        expires_s: Asked for. retry_s: pause after a temporary failure. attempts: 0 for without end.
        forbidden_retry_s: Pause after a 403; 0 gives up.
        endpoint: Endpoint that calls on this registration belong to.
    """

    name: str
    technology: str
    server_uri: str
    client_uri: str
    contact_user: str = "s"
    auths: tuple[Auth, ...] = ()
    expires_s: int = 3600
    retry_s: int = 60
    attempts: int = 10
    forbidden_retry_s: int = 0
    permanent_rejection: bool = True
    transport: str = ""
    outbound_proxy: str = ""
    endpoint: str = ""
    user_shown: str = ""
    "What `sip show registry` and the Registry event name as user."
    domain_shown: str = ""
    port_shown: int = 5060
    origin: Origin = Origin()


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Somebody who calls us and whom we call.

    Args:
        technology: SIP (a peer, user, or friend of sip.conf) or PJSIP.
        context: Where its calls begin.
        aors: Names of its addresses of record.
        auths: Secrets it must show; none means that it is believed.
        outbound_auths: Secrets that we show it.
        codecs: Asterisk's names, best first.
        dtmf: rfc4733, info, inband, auto, auto_info, shortinfo, or none.
        calls_in, calls_out: Whether it may call, and be called (type=user, type=peer).
        challenged: Methods that need a secret.
        symmetric: Audio goes back to where it comes from (comedia, rtp_symmetric).
        force_rport, auto_force_rport, auto_comedia: as sip.conf's nat says; for `sip show peers`.
        rewrite_contact: Requests go to where the REGISTER or INVITE came from, whatever its Contact says.
        caller: Who it is, whatever its From says.
        port_ignored: A call is its own from any port of its address (insecure=port).
        identify_by: pjsip.conf's ways in which it may be recognised.
    """

    name: str
    technology: str
    context: str = "default"
    aors: tuple[str, ...] = ()
    auths: tuple[Auth, ...] = ()
    outbound_auths: tuple[Auth, ...] = ()
    codecs: tuple[str, ...] = ("ulaw", "alaw")
    dtmf: str = "rfc4733"
    calls_in: bool = True
    calls_out: bool = True
    dynamic: bool = True
    challenged: frozenset[str] = frozenset({"*"})
    symmetric: bool = False
    force_rport: bool = True
    auto_force_rport: bool = False
    auto_comedia: bool = False
    rewrite_contact: bool = False
    caller: Party = NOBODY
    trust_inbound: bool = False
    trust_outbound: bool = False
    send_pai: bool = False
    send_rpid: bool = False
    from_user: str = ""
    from_domain: str = ""
    user_eq_phone: bool = False
    port_ignored: bool = False
    host: str = ""
    "Address that sip.conf's host= names; empty for dynamic."
    port: int = 0
    default_user: str = ""
    default_address: str = ""
    outbound_proxy: str = ""
    identify_by: tuple[str, ...] = ("username", "ip")
    access: tuple[Rule, ...] = ()
    contact_access: tuple[Rule, ...] = ()
    access_lists: tuple[tuple[Rule, ...], ...] = ()
    "Lists of acl.conf, each of which must let it in as well."
    contact_lists: tuple[tuple[Rule, ...], ...] = ()
    variables: tuple[tuple[str, str], ...] = ()
    language: str = ""
    accountcode: str = ""
    tone_zone: str = ""
    music_class: str = ""
    "What it hears on hold when nobody suggests anything."
    music_suggested: str = ""
    "What those hear whom it puts on hold."
    call_groups: str = ""
    pickup_groups: str = ""
    named_call_groups: str = ""
    named_pickup_groups: str = ""
    amaflags: str = ""
    parking_lot: str = ""
    mailboxes: tuple[str, ...] = ()
    voicemail_extension: str = ""
    subscribe_context: str = ""
    description: str = ""
    call_limit: int = 0
    busy_at: int = 0
    options_open: bool = False
    "Its OPTIONS need no digest."
    progress_inband: bool = False
    ignores_plain_183: bool = False
    "Whether a 183 without SDP tells nothing."
    rings_after_progress: bool = False
    "Whether a 180 may follow a 183."
    q850_reason: bool = False
    transport: str = ""
    default_user_shown: str = ""
    register_extension: str = ""
    allow_transfer: bool = True
    refer_progress: bool = True
    allow_subscribe: bool = True
    reliable_responses: str = "yes"
    session_timers: str = "yes"
    session_expires_s: int = 1800
    session_minimum_s: int = 90
    origin: Origin = Origin()


@dataclass(frozen=True, slots=True)
class General:
    """What holds for all endpoints of one dialect.

    Args:
        guest_context: Where calls of strangers begin; empty for refusing them.
        order: Ways in which a request is told whose it is, in order.
        register_user: Header that names the user of a REGISTER: from or to.
        wrong_password: Status for a wrong digest.
    """

    realm: str = "asterisk"
    user_agent: str = ""
    guest_context: str = ""
    guest: str = ""
    order: tuple[str, ...] = ("ip", "username", "anonymous")
    register_user: str = "from"
    wrong_password: int = 401
    default_user: str = "asterisk"
    nonce_s: int = 32
    registration_context: str = ""
    domains: tuple[tuple[str, str], ...] = ()
    external_domains: bool = True
    auth_failure_events: bool = False
    t1_ms: int = 500
    timer_b_ms: int = 32000
    max_forwards: int = 70
    compact_headers: bool = False
    store_sip_cause: bool = False
    callers_outbound: str = ""
    register_access: tuple[Rule, ...] = ()
    register_lists: tuple[tuple[Rule, ...], ...] = ()
    access: tuple[Rule, ...] = ()
    access_lists: tuple[tuple[Rule, ...], ...] = ()
    qualify_gap_ms: int = 100
    record_history: bool = False
    codecs: tuple[str, ...] = ()
    "Of whoever says nothing else; with realm_auths and local_net what `sip show settings` tells of sip.conf."
    realm_auths: tuple[Auth, ...] = ()
    local_net: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Dialect:
    """All that one configuration file says.

    Args:
        technology: SIP or PJSIP.
        present: Whether there was such a file.
        written: The lines of each object of pjsip.conf, by type and name; those of peers of sip.conf, as `peer`.
    """

    technology: str
    present: bool = False
    general: General = General()
    endpoints: dict[str, Endpoint] = field(default_factory=dict)
    aors: dict[str, Aor] = field(default_factory=dict)
    auths: dict[str, Auth] = field(default_factory=dict)
    transports: tuple[Transport, ...] = ()
    registrations: tuple[Registration, ...] = ()
    identifies: tuple[Identify, ...] = ()
    written: Mapping[tuple[str, str], Sequence[Line]] = field(default_factory=dict)
