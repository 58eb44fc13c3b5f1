"""The options of an object of pjsip.conf as text, in Asterisk's spelling, for PJSIP_ENDPOINT() and the manager."""

from collections.abc import Iterable
from contextlib import suppress
from ipaddress import ip_network

from asterism.runtime.drivers.pjsip.model import Dialect
from asterism.runtime.drivers.pjsip.options import listed, network, party
from asterism.runtime.settings import Address, is_true

# What Asterisk 22 says of an object with nothing but its type.
_ENDPOINT = """
    100rel = yes
    accept_multiple_sdp_answers = false
    accountcode =
    acl =
    aggregate_mwi = true
    allow = (nothing)
    allow_overlap = true
    allow_subscribe = true
    allow_transfer = true
    allow_unauthenticated_options = false
    aors =
    asymmetric_rtp_codec = false
    auth =
    bind_rtp_to_media_address = false
    bundle = false
    call_group =
    callerid = <unknown>
    callerid_privacy = allowed_not_screened
    callerid_tag =
    codec_prefs_incoming_answer = prefer:pending, operation:intersect, keep:all, transcode:allow
    codec_prefs_incoming_offer = prefer:pending, operation:intersect, keep:all, transcode:allow
    codec_prefs_outgoing_answer = prefer:pending, operation:intersect, keep:all, transcode:allow
    codec_prefs_outgoing_offer = prefer:pending, operation:union, keep:all, transcode:allow
    connected_line_method = invite
    contact_acl =
    context = default
    cos_audio = 0
    cos_video = 0
    device_state_busy_at = 0
    direct_media = true
    direct_media_glare_mitigation = none
    direct_media_method = invite
    disable_direct_media_on_nat = false
    dtls_auto_generate_cert = No
    dtls_ca_file =
    dtls_ca_path =
    dtls_cert_file =
    dtls_cipher =
    dtls_fingerprint = SHA-256
    dtls_private_key =
    dtls_rekey = 0
    dtls_setup = active
    dtls_verify = No
    dtmf_mode = rfc4733
    fax_detect = false
    fax_detect_timeout = 0
    follow_early_media_fork = true
    follow_redirect_methods =
    force_avp = false
    force_rport = true
    from_domain =
    from_user =
    g726_non_standard = false
    geoloc_incoming_call_profile =
    geoloc_outgoing_call_profile =
    ice_support = false
    identify_by = username,ip
    ignore_183_without_sdp = false
    inband_progress = false
    incoming_call_offer_pref = local
    incoming_mwi_mailbox =
    language =
    mailboxes =
    max_audio_streams = 1
    max_video_streams = 1
    media_address =
    media_encryption = no
    media_encryption_optimistic = false
    media_use_received_transport = false
    message_context =
    moh_passthrough = false
    moh_suggest = default
    mwi_from_user =
    mwi_subscribe_replaces_unsolicited = no
    named_call_group =
    named_pickup_group =
    notify_early_inuse_ringing = false
    one_touch_recording = false
    outbound_auth =
    outbound_proxy =
    outgoing_call_offer_pref = remote_merge
    overlap_context =
    pickup_group =
    preferred_codec_only = false
    record_off_feature = automixmon
    record_on_feature = automixmon
    redirect_method = user
    refer_blind_progress = true
    rewrite_contact = false
    rpid_immediate = false
    rtcp_mux = false
    rtp_engine = asterisk
    rtp_ipv6 = false
    rtp_keepalive = 0
    rtp_port_end = 0
    rtp_port_start = 0
    rtp_symmetric = false
    rtp_timeout = 0
    rtp_timeout_hold = 0
    sdp_owner = -
    sdp_session = Asterisk
    security_negotiation = no
    send_aoc = false
    send_connected_line = yes
    send_diversion = true
    send_history_info = false
    send_pai = false
    send_rpid = false
    set_var =
    srtp_tag_32 = false
    stir_shaken = no
    stir_shaken_profile =
    sub_min_expiry = 0
    subscribe_context =
    suppress_moh_on_sendonly = false
    suppress_q850_reason_headers = false
    t38_bind_udptl_to_media_address = false
    t38_udptl = false
    t38_udptl_ec = none
    t38_udptl_ipv6 = false
    t38_udptl_maxdatagram = 0
    t38_udptl_nat = false
    tenantid =
    timers = yes
    timers_min_se = 90
    timers_sess_expires = 1800
    tone_zone =
    tos_audio = 0
    tos_video = 0
    transport =
    trust_connected_line = yes
    trust_id_inbound = false
    trust_id_outbound = false
    use_avpf = false
    use_ptime = false
    user_eq_phone = false
    voicemail_extension =
    webrtc = no
"""
_AOR = """
    authenticate_qualify = false
    contact =
    default_expiration = 3600
    mailboxes =
    max_contacts = 0
    maximum_expiration = 7200
    minimum_expiration = 60
    outbound_proxy =
    qualify_2xx_only = false
    qualify_frequency = 0
    qualify_timeout = 3.000000
    remove_existing = false
    remove_unavailable = false
    support_path = false
    voicemail_extension =
"""
_AUTH = """
    auth_type = userpass
    md5_cred =
    nonce_lifetime = 32
    oauth_clientid =
    oauth_secret =
    password =
    password_digest =
    realm =
    refresh_token =
    supported_algorithms_uac = MD5
    supported_algorithms_uas = MD5
    username =
"""
_TRANSPORT = """
    allow_reload = false
    allow_wildcard_certs = No
    async_operations = 1
    bind = 0.0.0.0:5060
    ca_list_file =
    ca_list_path =
    cert_file =
    cipher =
    cos = 0
    domain =
    external_media_address =
    external_signaling_address =
    external_signaling_port = 0
    local_net =
    method = unspecified
    password =
    priv_key_file =
    protocol = udp
    require_client_cert = No
    symmetric_transport = false
    tcp_keepalive_enable = false
    tcp_keepalive_idle_time = 30
    tcp_keepalive_interval_time = 1
    tcp_keepalive_probe_count = 5
    tos = 0
    verify_client = No
    verify_server = No
    websocket_write_timeout = 100
"""
_IDENTIFY = """
    endpoint =
    match =
    match_header =
    match_request_uri =
    srv_lookups = true
"""
_REGISTRATION = """
    auth_rejection_permanent = true
    client_uri =
    contact_header_params =
    contact_user =
    endpoint =
    expiration = 3600
    fatal_retry_interval = 0
    forbidden_retry_interval = 0
    line = false
    max_random_initial_delay = 10
    max_retries = 10
    outbound_auth =
    outbound_proxy =
    retry_interval = 60
    security_negotiation = no
    server_uri =
    support_outbound = no
    support_path = false
    transport =
    user_agent =
"""

_GLOBAL = """
    all_codecs_on_empty_reinvite = false
    allow_sending_180_after_183 = false
    contact_expiration_check_interval = 30
    debug = no
    default_auth_algorithms_uac = MD5
    default_auth_algorithms_uas = MD5
    default_from_user = asterisk
    default_outbound_endpoint = default_outbound_endpoint
    default_realm = asterisk
    default_voicemail_extension =
    disable_multi_domain = false
    endpoint_identifier_order = ip,username,anonymous
    ignore_uri_user_options = false
    keep_alive_interval = 90
    max_forwards = 70
    max_initial_qualify_time = 0
    mwi_disable_initial_unsolicited = false
    mwi_tps_queue_high = 500
    mwi_tps_queue_low = -1
    norefersub = yes
    regcontext =
    send_contact_status_on_update_registration = no
    taskprocessor_overload_trigger = global
    unidentified_request_count = 5
    unidentified_request_period = 5
    unidentified_request_prune_interval = 30
    use_callerid_contact = no
    user_agent =
"""
_SYSTEM = """
    accept_multiple_sdp_answers = false
    compact_headers = false
    disable_rport = false
    disable_tcp_switch = true
    follow_early_media_fork = true
    taskpool_auto_increment = 1
    taskpool_idle_timeout = 60
    taskpool_initial_size = 4
    taskpool_max_size = 50
    taskpool_minimum_size = 4
    threadpool_auto_increment = 1
    threadpool_idle_timeout = 60
    threadpool_initial_size = 4
    threadpool_max_size = 50
    timer_b = 32000
    timer_t1 = 500
"""

_SINGLE = {"global": _GLOBAL, "system": _SYSTEM}
"Types of which there is one object, also where the file has none."
_DEFAULTS = {"endpoint": _ENDPOINT, "aor": _AOR, "auth": _AUTH, "transport": _TRANSPORT, "identify": _IDENTIFY,
             "registration": _REGISTRATION, **_SINGLE}  # fmt: skip
_SPACED = frozenset(("call_group", "pickup_group", "named_call_group", "named_pickup_group"))
"Lists that Asterisk shows with blanks behind the commas."
_LISTS = frozenset(("aors", "auth", "outbound_auth", "mailboxes", "identify_by", "contact"))
_NETWORKS = frozenset(("match", "local_net"))
_SECONDS = frozenset(("qualify_timeout",))
_ACCESS = {"acl": "acl", "permit": "acl", "deny": "acl", "contact_acl": "contact_acl", "contact_permit": "contact_acl",
           "contact_deny": "contact_acl"}  # fmt: skip


def parameters(dialect: Dialect, kind: str, name: str) -> dict[str, str] | None:
    """The options of an object as Asterisk shows them; None when there is no such object in force."""
    if kind in _SINGLE:
        name = next((name for each, name in dialect.written if each == kind), "")
    lines = dialect.written.get((kind, name), () if kind in _SINGLE else None)
    if lines is not None and kind in ("peer", "general"):
        return {line.key: line.value for line in lines}
    if lines is None or kind not in _DEFAULTS:
        return None
    found = dict(_defaults(_DEFAULTS[kind]))
    for line in lines:
        _take(found, line.key.lower(), line.value.strip())
    if kind == "endpoint":
        endpoint = dialect.endpoints.get(name)
        if endpoint is None:
            return None
        found["allow"] = f"({'|'.join(endpoint.codecs) or 'nothing'})"
    if kind == "transport":
        with suppress(ValueError):
            address = Address.parse(found["bind"])
            found["bind"] = str(Address(address.host, address.port or (5061 if found["protocol"] == "tls" else 5060)))
    return dict(sorted(found.items()))


def _defaults(table: str) -> Iterable[tuple[str, str]]:
    for line in table.strip().splitlines():
        name, _, value = line.partition("=")
        yield name.strip(), value.strip()


def _take(found: dict[str, str], key: str, value: str) -> None:
    """Put one line into force."""
    if key == "set_var":
        name, equals, text = value.partition("=")
        if equals:
            found.pop("set_var", None)
            found[name.strip()] = text.strip()
    elif key in _ACCESS:
        found[_ACCESS[key]] = "deny/permit" if key.endswith(("permit", "deny")) else value
    elif key in found:
        found[key] = _written(key, value, found[key])


def _written(key: str, value: str, shown: str) -> str:
    """One value in Asterisk's spelling; what is in force so far tells what kind of value it is."""
    if shown in ("true", "false"):
        return "true" if is_true(value) else "false"
    if shown in ("Yes", "No"):
        return "Yes" if is_true(value) else "No"
    if key in _SPACED:
        return ", ".join(_spread(listed(value)) if key in ("call_group", "pickup_group") else listed(value))
    if key in _NETWORKS:
        value = ",".join(map(_masked, listed(value)))
        return f"{shown},{value}" if shown else value
    if key in _LISTS:
        # Several lines of one option add up.
        own = ",".join(listed(value))
        return f"{shown},{own}" if shown and key in ("contact", "mailboxes") else own
    if key in _SECONDS:
        return f"{float(value):.6f}"
    if key == "callerid":
        caller = party(value)
        name = f'"{caller.name}" ' if caller.name else ""
        return f"{name}<{caller.number or 'unknown'}>"
    return value.lower() if shown in ("yes", "no") else value


def _masked(text: str) -> str:
    """A network with its mask; a host, and an address with a port, as they are written."""
    try:
        found = ip_network(network(text), strict=False)
    except ValueError:
        return text
    return f"{found.network_address}/{found.netmask}"


def _spread(groups: Iterable[str]) -> Iterable[str]:
    """Numbers of groups, with each of a range; Asterisk's are 0 to 63."""
    for each in groups:
        first, _, last = each.partition("-")
        if first.isdecimal() and (last or first).isdecimal():
            yield from map(str, range(int(first), min(int(last or first), 63) + 1))
        else:
            yield each
