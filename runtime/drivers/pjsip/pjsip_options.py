"""The options of pjsip.conf, as declared sections, one a type of object."""

from dataclasses import dataclass
from typing import Annotated

from asterism.runtime.arguments import Unit
from asterism.runtime.driver import Party
from asterism.runtime.drivers.pjsip.model import NOBODY, words
from asterism.runtime.drivers.pjsip.options import Each, Reads, choice, party, presentation, whole
from asterism.runtime.settings import Alias, section


@section("pjsip.conf", "type=transport")
@dataclass(frozen=True)
class PjsipTransport:
    """A listening address."""

    type: str = "transport"
    protocol: Annotated[str, choice("udp", "tcp", "tls", "ws", "wss")] = "udp"
    "udp, tcp, or tls."
    bind: str = "0.0.0.0"
    "Address, and port."
    cert_file: str = ""
    "Certificate file (PEM)."
    priv_key_file: str = ""
    "Key file (PEM)."
    ca_list_file: str = ""
    "Certificates of authorities that are trusted."
    ca_list_path: str = ""
    "Folder of such certificates."
    cipher: str = ""
    "Ciphers, as OpenSSL lists them."
    method: str = ""
    "Protocol version."
    verify_client: bool = False
    "Ask those who connect for a certificate."
    require_client_cert: bool = False
    "Refuse those who show none."
    verify_server: bool = False
    "Check the certificate of those we connect to."
    external_media_address: str = ""
    "Address for audio that the world is told."
    external_signaling_address: str = ""
    "Address for signalling that the world is told."
    external_signaling_port: Annotated[int, whole(0, 65535)] = 0
    "Port for signalling that the world is told."
    local_net: Each = ()
    "Networks that are told our own address."
    tos: str = "0"
    "Type of service of signalling."


@section("pjsip.conf", "type=endpoint")
@dataclass(frozen=True)
class PjsipEndpoint:
    """Somebody who calls us and whom we call."""

    type: str = "endpoint"
    context: str = "default"
    "Where its calls begin."
    aors: tuple[str, ...] = ()
    "Its addresses of record."
    auth: tuple[str, ...] = ()
    "Secrets it must show."
    outbound_auth: tuple[str, ...] = ()
    "Secrets that we show it."
    allow: Annotated[Each, Alias("disallow")] = ()
    "Audio formats, in order."
    dtmf_mode: Annotated[str, choice("rfc4733", "inband", "info", "auto", "auto_info", "none")] = "rfc4733"
    "How keys are sent."
    transport: str = ""
    "Transport its requests leave by."
    callerid: Annotated[Party, Reads(party)] = NOBODY
    "Who it is, whatever it says."
    callerid_privacy: Annotated[str, Reads(presentation)] = ""
    "How its number may be shown."
    force_rport: bool = True
    "Answer to where the request came from."
    rtp_symmetric: bool = False
    "Send audio to where it comes from."
    rewrite_contact: bool = False
    "Send requests to where its came from, whatever its Contact says."
    identify_by: tuple[str, ...] = ("username", "ip")
    "Ways in which it may be recognised: username, auth_username, ip."
    from_user: str = ""
    "User of our From, in place of the caller's number."
    from_domain: str = ""
    "Host of our From."
    contact_user: str = ""
    "User of our Contact."
    trust_id_inbound: bool = False
    "Believe P-Asserted-Identity and Remote-Party-ID."
    trust_id_outbound: bool = False
    "Tell it numbers that want to be hidden."
    send_pai: bool = False
    "Tell it who calls by P-Asserted-Identity."
    send_rpid: bool = False
    "Tell it who calls by Remote-Party-ID."
    user_eq_phone: bool = False
    "Add user=phone to numbers."
    permit: Annotated[Each, Alias("deny")] = ()
    "Networks it may come from."
    contact_permit: Annotated[Each, Alias("contact_deny")] = ()
    "Networks it may register."
    acl: Each = ()
    "Lists of acl.conf that must let it in as well."
    contact_acl: Each = ()
    "Lists of acl.conf that must let in what it registers."
    set_var: Each = ()
    "NAME=value, set on its channels."
    language: str = ""
    "Language of its prompts."
    tone_zone: str = ""
    "Country of its tones."
    accountcode: str = ""
    "Account of its calls."
    call_group: str = ""
    "Groups it belongs to."
    pickup_group: str = ""
    "Groups whose calls it may pick up."
    named_call_group: str = ""
    "The same by name."
    named_pickup_group: str = ""
    "The same by name."
    mailboxes: tuple[str, ...] = ()
    "Its mailboxes."
    voicemail_extension: str = ""
    "Extension of its voicemail."
    subscribe_context: str = ""
    "Where its hints are looked for."
    allow_subscribe: bool = True
    "Whether it may subscribe."
    refer_blind_progress: bool = True
    "Tell a phone that transfers how the call to the target goes on, not only that it was sent there."
    allow_transfer: bool = True
    "Whether it may transfer."
    device_state_busy_at: Annotated[int, whole()] = 0
    "Calls from which on it counts as busy."
    ignore_183_without_sdp: bool = False
    "Tell nobody of a 183 that brings no SDP."
    inband_progress: bool = False
    "Send the ringing tone as audio."
    moh_suggest: str = "default"
    "Music it hears on hold."
    outbound_proxy: str = ""
    "Where its requests go first."
    suppress_q850_reason_headers: bool = False
    "Send no Reason: Q.850."
    rel100: Annotated[str, Alias("100rel"), choice("no", "yes", "required", "peer_supported")] = "yes"
    "Acknowledge provisional responses (RFC 3262): where the other side wants it, always, or where it can."
    timers: Annotated[str, choice("no", "yes", "required", "always", forced="always")] = "yes"
    "Session timers (RFC 4028)."
    timers_sess_expires: Annotated[int, whole(90), Unit("s")] = 1800
    "Session interval."
    timers_min_se: Annotated[int, whole(90), Unit("s")] = 90
    "Shortest session interval."
    allow_unauthenticated_options: bool = False
    "Answer its OPTIONS without a digest."


@section("pjsip.conf", "type=aor")
@dataclass(frozen=True)
class PjsipAor:
    """An address of record."""

    type: str = "aor"
    contact: Each = ()
    "A URI that always holds."
    max_contacts: Annotated[int, whole()] = 0
    "Registrations at once; 0 lets nobody register."
    remove_existing: bool = False
    "A registration beyond the limit replaces the one that ends first."
    remove_unavailable: bool = False
    "The same, but those that do not answer go first."
    minimum_expiration: Annotated[int, whole(), Unit("s")] = 60
    "Shortest registration that is granted."
    maximum_expiration: Annotated[int, whole(1), Unit("s")] = 7200
    "Longest registration that is granted."
    default_expiration: Annotated[int, whole(1), Unit("s")] = 3600
    "Registration granted when nothing is said."
    qualify_frequency: Annotated[int, whole(0, 86400), Unit("s")] = 0
    "Time between OPTIONS probes; 0 for none."
    qualify_timeout: Annotated[float, Reads(float), Unit("s")] = 3.0
    "How long a probe waits."
    qualify_2xx_only: bool = False
    "Only a 2xx answer counts."
    authenticate_qualify: bool = False
    "Show the endpoint's outbound_auth when a probe is challenged."
    support_path: bool = False
    "Keep and follow Path."
    outbound_proxy: str = ""
    "Where probes go first."
    mailboxes: tuple[str, ...] = ()
    "Mailboxes told to who registers."
    voicemail_extension: str = ""
    "Extension of the voicemail."


@section("pjsip.conf", "type=auth")
@dataclass(frozen=True)
class PjsipAuth:
    """A user name and its secret."""

    type: str = "auth"
    auth_type: Annotated[str, choice("userpass", "md5", "digest")] = "digest"
    "userpass, digest: password or password_digest; md5: md5_cred."
    username: str = ""
    "User name of the digest."
    password: str = ""
    "Secret."
    md5_cred: str = ""
    "Digest of user:realm:password in place of the password."
    password_digest: Each = ()
    "The same with its algorithm before it: MD5:... or SHA-256:..."
    realm: str = ""
    "Realm of the challenge; digests hold for it."
    nonce_lifetime: Annotated[int, whole(1), Unit("s")] = 32
    "How long a challenge holds."


@section("pjsip.conf", "type=identify")
@dataclass(frozen=True)
class PjsipIdentify:
    """By what requests belong to an endpoint: source addresses, headers, Request-URIs."""

    type: str = "identify"
    endpoint: str = ""
    "Whose they are."
    match: Each = ()
    "Addresses or networks, or host names looked up once."
    match_header: Each = ()
    "`Name: value` of a header, or `Name: /regular expression/`."
    match_request_uri: Each = ()
    "A Request-URI, or `/regular expression/`."
    srv_lookups: bool = True
    "Accepted; names are looked up as addresses."


@section("pjsip.conf", "type=registration")
@dataclass(frozen=True)
class PjsipRegistration:
    """A registration of ours with somebody else."""

    type: str = "registration"
    server_uri: str = ""
    "Where the REGISTER goes."
    client_uri: str = ""
    "Who we say we are."
    contact_user: str = "s"
    "User of our Contact, where calls then come in."
    outbound_auth: tuple[str, ...] = ()
    "Secrets that we show."
    outbound_proxy: str = ""
    "Where it goes first."
    expiration: Annotated[int, whole(1), Unit("s")] = 3600
    "Asked for."
    retry_interval: Annotated[int, whole(1), Unit("s")] = 60
    "Pause after a temporary failure."
    forbidden_retry_interval: Annotated[int, whole(), Unit("s")] = 0
    "Pause after a 403; 0 gives up."
    fatal_retry_interval: Annotated[int, whole(), Unit("s")] = 0
    "Pause after another refusal that lasts; 0 gives up."
    max_retries: Annotated[int, whole()] = 10
    "Attempts before we give up."
    auth_rejection_permanent: bool = True
    "Give up after a refused secret."
    transport: str = ""
    "Transport it leaves by."
    endpoint: str = ""
    "Endpoint that calls on this registration belong to."
    line: bool = False
    "Recognise such calls by a mark in our Contact."


@section("pjsip.conf", "type=global")
@dataclass(frozen=True)
class PjsipGlobal:
    """What holds for everything."""

    type: str = "global"
    user_agent: str = ""
    "What we say that we are."
    default_realm: str = "asterisk"
    "Realm of challenges."
    default_from_user: str = "asterisk"
    "User of our From when there is no number."
    endpoint_identifier_order: tuple[str, ...] = ("ip", "username", "anonymous")
    "Ways of recognising an endpoint, in order."
    max_forwards: Annotated[int, whole(1, 255)] = 70
    "Hops our requests may make."
    regcontext: str = ""
    "Context where registered endpoints get an extension of their own."
    allow_sending_180_after_183: bool = False
    "Send 180 when it rings after there was a 183, which is repeated else."
    default_outbound_endpoint: str = "default_outbound_endpoint"
    "Endpoint of requests to bare URIs."


@section("pjsip.conf", "type=system")
@dataclass(frozen=True)
class PjsipSystem:
    """Timers and short names."""

    type: str = "system"
    timer_t1: Annotated[int, whole(100), Unit("ms")] = 500
    "Round trip assumed; retransmissions follow from it."
    timer_b: Annotated[int, whole(1000), Unit("ms")] = 32000
    "When an INVITE without answer fails."
    compact_headers: bool = False
    "Send short header names."


@section("pjsip.conf", "type=acl")
@dataclass(frozen=True)
class PjsipAcl:
    """Networks that may speak to us at all."""

    type: str = "acl"
    permit: Annotated[Each, Alias("deny")] = ()
    "Networks requests may come from."
    contact_permit: Annotated[Each, Alias("contact_deny")] = ()
    "Networks that may be registered."
    acl: Each = ()
    "Lists of acl.conf that must let requests in as well."
    contact_acl: Each = ()
    "Lists of acl.conf that must let registered contacts in as well."


OBJECTS = {
    "transport": PjsipTransport,
    "endpoint": PjsipEndpoint,
    "aor": PjsipAor,
    "auth": PjsipAuth,
    "identify": PjsipIdentify,
    "registration": PjsipRegistration,
    "global": PjsipGlobal,
    "system": PjsipSystem,
    "acl": PjsipAcl,
}
"""Types that are served."""

OBJECTS_LATER = words(
    "domain_alias contact outbound-publish inbound-publication asterisk-publication phoneprov resource_list "
    "subscription_persistence"
)
"""Types that are known and not served yet."""

LATER = words(
    # read and shown, without an effect on calls
    "max_forwards compact_headers timer_t1 timer_b regcontext tone_zone subscribe_context cipher method ca_list_path "
    "line fatal_retry_interval "
    # transport
    "async_operations domain tcp_keepalive_enable tcp_keepalive_idle_time tcp_keepalive_interval_time "
    "tcp_keepalive_probe_count cos websocket_write_timeout allow_wildcard_certs symmetric_transport "
    # endpoint
    "aggregate_mwi codec_prefs_incoming_offer codec_prefs_outgoing_offer codec_prefs_incoming_answer "
    "codec_prefs_outgoing_answer allow_overlap overlap_context callerid_tag trust_connected_line send_connected_line "
    "connected_line_method media_address bind_rtp_to_media_address ice_support redirect_method follow_redirect_methods "
    "mwi_subscribe_replaces_unsolicited rtp_ipv6 send_diversion send_history_info rpid_immediate tenantid use_ptime "
    "use_avpf force_avp media_use_received_transport media_encryption media_encryption_optimistic g726_non_standard "
    "t38_udptl t38_udptl_ec t38_udptl_maxdatagram fax_detect fax_detect_timeout t38_udptl_nat t38_udptl_ipv6 "
    "t38_bind_udptl_to_media_address one_touch_recording record_on_feature record_off_feature moh_passthrough "
    "tos_audio tos_video cos_audio cos_video sub_min_expiry mwi_from_user dtls_verify dtls_rekey "
    "dtls_auto_generate_cert dtls_cert_file dtls_private_key dtls_cipher dtls_ca_file dtls_ca_path dtls_setup "
    "dtls_fingerprint srtp_tag_32 message_context preferred_codec_only incoming_call_offer_pref "
    "outgoing_call_offer_pref rtp_keepalive rtp_timeout rtp_timeout_hold rtp_port_start rtp_port_end "
    "asymmetric_rtp_codec rtcp_mux notify_early_inuse_ringing max_video_streams bundle webrtc "
    "incoming_mwi_mailbox follow_early_media_fork accept_multiple_sdp_answers stir_shaken stir_shaken_profile "
    "security_negotiation security_mechanisms geoloc_incoming_call_profile "
    "geoloc_outgoing_call_profile send_aoc suppress_moh_on_sendonly "
    # auth, identify, registration, global, system
    "supported_algorithms_uac supported_algorithms_uas refresh_token oauth_clientid oauth_secret "
    "max_random_initial_delay support_path support_outbound contact_header_params "
    "keep_alive_interval contact_expiration_check_interval max_initial_qualify_time unidentified_request_period "
    "unidentified_request_count unidentified_request_prune_interval default_voicemail_extension debug "
    "mwi_tps_queue_high mwi_tps_queue_low mwi_disable_initial_unsolicited ignore_uri_user_options "
    "use_callerid_contact send_contact_status_on_update_registration norefersub "
    "all_codecs_on_empty_reinvite default_auth_algorithms_uas default_auth_algorithms_uac disable_rport"
)
"""Options that are known and not served yet; one that is used is reported once."""

LATER_OF = {"aor": LATER | words("mailboxes voicemail_extension")}
"""More of them, by type of object: who subscribes to a mailbox is not served yet."""

ACCEPTED = words(
    "direct_media direct_media_method direct_media_glare_mitigation disable_direct_media_on_nat rtp_engine sdp_owner "
    "sdp_session allow_reload password disable_multi_domain taskprocessor_overload_trigger disable_tcp_switch "
    "threadpool_initial_size threadpool_auto_increment threadpool_idle_timeout threadpool_max_size "
    "taskpool_minimum_size taskpool_initial_size taskpool_auto_increment taskpool_idle_timeout taskpool_max_size "
    "max_audio_streams"
)
"""Options that need nothing from us."""
