"""pjsip.conf: the dialect of res_pjsip, translated into the driver's model.

An object with a wrong option is dropped, as Asterisk does; the others stay.
"""

import ipaddress
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from asterism.dialplan.reader import Config, Line, Section
from asterism.dialplan.regex import Regex
from asterism.runtime.driver import Party
from asterism.runtime.drivers.pjsip.model import (
    Aor,
    Auth,
    Dialect,
    Endpoint,
    General,
    Identify,
    Origin,
    Pattern,
    Registration,
    Rule,
    Transport,
)
from asterism.runtime.drivers.pjsip.options import (
    Report,
    bracketed,
    codecs,
    fill,
    host_port,
    listed,
    named_rules,
    network,
    rules,
)
from asterism.runtime.drivers.pjsip.pjsip_options import (
    ACCEPTED,
    LATER,
    LATER_OF,
    OBJECTS,
    OBJECTS_LATER,
    PjsipAcl,
    PjsipAor,
    PjsipAuth,
    PjsipEndpoint,
    PjsipGlobal,
    PjsipIdentify,
    PjsipRegistration,
    PjsipSystem,
    PjsipTransport,
)
from asterism.runtime.drivers.pjsip.sip_conf import tos

_DIGEST = re.compile(r"(MD5|SHA-256):(.*)", re.IGNORECASE)
_URI = re.compile(r"sips?:[^\s<>]+\Z", re.IGNORECASE)
_IDENTIFIERS = ("ip", "username", "auth_username", "anonymous", "header", "request_uri")


def _pattern(header: str, text: str) -> Pattern:
    """A text that names an endpoint; between slashes it is a regular expression.

    Raises:
        ValueError: The C library refuses the expression.
    """
    if len(text) < 2 or not (text.startswith("/") and text.endswith("/")):
        return Pattern(header, text)
    Regex(text[1:-1])
    return Pattern(header, text[1:-1], is_regex=True)


def read_pjsip(config: Config, report: Report) -> Dialect:
    """Translate pjsip.conf.

    Args:
        config: The file as the reader gives it.
        report: Takes what is wrong.
    """
    return _Reading(config, report).dialect()


def _source(text: str) -> str:
    """Where requests come from: an address, a network, or a host name; of an address or a name perhaps one port only.

    Raises:
        ValueError: It is none of them.
    """
    try:
        return network(text)
    except ValueError:
        host, port = host_port(text, 0)
    tail = f":{port}" if port else ""
    try:
        return f"{bracketed(str(ipaddress.ip_address(host)))}{tail}"
    except ValueError:
        if not re.fullmatch(r"[A-Za-z0-9._-]+", host):
            raise ValueError(f"match '{text}' is neither address, network, nor host name") from None
        return f"{host}{tail}"


@dataclass(slots=True)
class _Found:
    """An object and where it stands."""

    name: str
    origin: Origin
    options: Any
    lines: Sequence[Line]


@dataclass(slots=True)
class _Reading:
    config: Config
    report: Report
    found: dict[str, list[_Found]] = field(default_factory=dict)

    def dialect(self) -> Dialect:
        for section in self.config:
            self.read(section)
        auths = self.each("auth", self.auth)
        aors = self.each("aor", self.aor)
        endpoints: dict[str, Endpoint] = {}
        for entry in self.found.get("endpoint", ()):
            endpoint = self.endpoint(entry, auths, aors)
            if endpoint is not None:
                endpoints[entry.name] = endpoint
        endpoints = {name: endpoints[name] for name in sorted(endpoints)}
        identifies = self.each("identify", lambda entry: self.identify(entry, endpoints))
        registrations = self.each("registration", lambda entry: self.registration(entry, auths))
        return Dialect(
            technology="PJSIP",
            present=True,
            general=self.general(endpoints),
            endpoints=endpoints,
            aors={name: aors[name] for name in sorted(aors)},
            auths=auths,
            transports=tuple(self.each("transport", self.transport).values()),
            registrations=tuple(registrations.values()),
            identifies=tuple(identifies.values()),
            written={(kind, each.name): each.lines for kind, found in self.found.items() for each in found},
        )

    def read(self, section: Section) -> None:
        name, where = section.name, Origin(section.file, section.lineno)
        kind = section.get("type").strip().lower()
        if not kind:
            if name != "general":
                self.report.error(where.file, where.line, f"[{name}] has no type and is skipped")
            return
        declared = OBJECTS.get(kind)
        if declared is None:
            word = "is not supported yet" if kind in OBJECTS_LATER else "is unknown"
            self.report.error(where.file, where.line, f"[{name}] type '{kind}' {word}, section skipped")
            return
        options: Any
        options, right = fill(declared, section.lines, self.report, later=LATER_OF.get(kind, LATER), accepted=ACCEPTED)
        if not right:
            self.report.error(where.file, where.line, f"[{name}] {kind} is dropped because of its wrong options")
            return
        entries = self.found.setdefault(kind, [])
        if any(entry.name == name for entry in entries):
            self.report.error(where.file, where.line, f"[{name}] {kind} stands here twice; the first one counts")
            return
        entries.append(_Found(name, where, options, section.lines))

    def each(self, kind: str, make: Callable[[_Found], Any]) -> dict[str, Any]:
        """Make the model's objects of a kind; what cannot be made is reported and left out."""
        made = {}
        for entry in self.found.get(kind, ()):
            try:
                made[entry.name] = make(entry)
            except ValueError as error:
                where = entry.origin
                self.report.error(where.file, where.line, f"[{entry.name}] {kind} is dropped: {error}")
        return made

    def one(self, kind: str, default: Any) -> Any:
        entries = self.found.get(kind)
        return entries[-1].options if entries else default

    def general(self, endpoints: dict[str, Endpoint]) -> General:
        whole: PjsipGlobal = self.one("global", PjsipGlobal())
        system: PjsipSystem = self.one("system", PjsipSystem())
        order: list[str] = []
        for word in whole.endpoint_identifier_order:
            if word in _IDENTIFIERS:
                order.append(word)
            else:
                self.report.warning(self.config.file, 0, f"endpoint_identifier_order: '{word}' is unknown")
        # Those that the order does not name come last, as in Asterisk.
        order += [word for word in _IDENTIFIERS if word not in order and word != "anonymous"]
        access: list[Rule] = []
        contacts: list[Rule] = []
        for entry in self.found.get("acl", ()):
            acl: PjsipAcl = entry.options
            access += rules(acl.permit, self.report)
            contacts += rules(acl.contact_permit, self.report, "contact_permit")
        lists = [each for entry in self.found.get("acl", ()) for each in named_rules(entry.options.acl, self.report)]
        register = [
            each for entry in self.found.get("acl", ()) for each in named_rules(entry.options.contact_acl, self.report)
        ]
        anonymous = endpoints.get("anonymous")
        return General(
            realm=whole.default_realm,
            user_agent=whole.user_agent,
            guest_context=anonymous.context if anonymous else "",
            guest="anonymous" if anonymous else "",
            order=tuple(order),
            default_user=whole.default_from_user,
            registration_context=whole.regcontext,
            t1_ms=system.timer_t1,
            timer_b_ms=system.timer_b,
            max_forwards=whole.max_forwards,
            compact_headers=system.compact_headers,
            callers_outbound=whole.default_outbound_endpoint,
            access=tuple(access),
            register_access=tuple(contacts),
            access_lists=tuple(lists),
            register_lists=tuple(register),
        )

    def transport(self, entry: _Found) -> Transport:
        options: PjsipTransport = entry.options
        if options.protocol in ("ws", "wss"):
            raise ValueError("WebSocket is not supported yet")
        host, port = host_port(options.bind, 5061 if options.protocol == "tls" else 5060)
        local = []
        for line in options.local_net:
            local += [network(part) for part in listed(line.value)]
        return Transport(
            name=entry.name, protocol=options.protocol, host=host, port=port, certificate=options.cert_file,
            private_key=options.priv_key_file or options.cert_file, authorities=options.ca_list_file,
            authorities_folder=options.ca_list_path, ciphers=options.cipher, method=options.method,
            verify_client=options.verify_client or options.require_client_cert, verify_server=options.verify_server,
            external_media=host_port(options.external_media_address, 0)[0],
            # A port that stands here is no use to anybody: external_signaling_port is the one that is told.
            external_signaling=host_port(options.external_signaling_address, 0)[0],
            external_port=options.external_signaling_port, local_net=tuple(local), tos=tos(options.tos),
            origin=entry.origin,
        )  # fmt: skip

    def auth(self, entry: _Found) -> Auth:
        options: PjsipAuth = entry.options
        ha1, algorithm = options.md5_cred.strip().lower(), "md5"
        for line in options.password_digest:
            match = _DIGEST.match(line.value.strip())
            if match is None:
                raise ValueError(f"password_digest '{line.value}' is not MD5:... or SHA-256:...")
            algorithm = "md5" if match[1].upper() == "MD5" else "sha256"
            ha1 = match[2].rpartition(":")[2].strip().lower()
        if options.auth_type == "md5" and len(ha1) != 32:
            raise ValueError("md5_cred must be 32 hexadecimal digits")
        if options.auth_type == "userpass":
            ha1 = ""
        return Auth(entry.name, options.username, options.password, ha1, algorithm, options.realm, origin=entry.origin)

    def aor(self, entry: _Found) -> Aor:
        options: PjsipAor = entry.options
        contacts = []
        for line in options.contact:
            for uri in listed(line.value):
                if not _URI.match(uri):
                    raise ValueError(f"contact '{uri}' is no SIP URI")
                contacts.append(uri)
        return Aor(
            name=entry.name, contacts=tuple(contacts), max_contacts=options.max_contacts,
            remove_existing=options.remove_existing, remove_unavailable=options.remove_unavailable,
            minimum_s=options.minimum_expiration, maximum_s=options.maximum_expiration,
            default_s=options.default_expiration, qualify_s=options.qualify_frequency,
            qualify_timeout_s=options.qualify_timeout, qualify_2xx_only=options.qualify_2xx_only,
            authenticate_qualify=options.authenticate_qualify, support_path=options.support_path,
            outbound_proxy=options.outbound_proxy, mailboxes=options.mailboxes, origin=entry.origin,
        )  # fmt: skip

    def named(self, names: tuple[str, ...], auths: dict[str, Auth], entry: _Found) -> tuple[Auth, ...] | None:
        """The secrets of these names; None when one is missing, which is reported."""
        for name in names:
            if name not in auths:
                where = entry.origin
                self.report.error(where.file, where.line, f"[{entry.name}] is dropped: there is no auth '{name}'")
                return None
        return tuple(auths[name] for name in names)

    def endpoint(self, entry: _Found, auths: dict[str, Auth], aors: dict[str, Aor]) -> Endpoint | None:
        options: PjsipEndpoint = entry.options
        where = entry.origin
        inbound = self.named(options.auth, auths, entry)
        outbound = self.named(options.outbound_auth, auths, entry)
        if inbound is None or outbound is None:
            return None
        # A missing AOR does not drop an endpoint in Asterisk either: it just cannot be reached there.
        for name in options.aors:
            if name not in aors:
                self.report.warning(where.file, where.line, f"[{entry.name}] there is no aor '{name}'")
        allowed = codecs(options.allow, (), self.report)
        if not allowed:
            self.report.warning(
                where.file, where.line, f"[{entry.name}] allows no format; its calls will have no audio"
            )
        caller = options.callerid
        if options.callerid_privacy:
            caller = Party(caller.number, caller.name, options.callerid_privacy)
        variables = []
        for line in options.set_var:
            name, equals, value = line.value.partition("=")
            if equals:
                variables.append((name.strip(), value.strip()))
            else:
                self.report.warning(line.file, line.lineno, f"set_var: '{line.value}' is not NAME=value")
        return Endpoint(
            name=entry.name, technology="PJSIP", context=options.context, aors=options.aors, auths=inbound,
            outbound_auths=outbound, codecs=allowed, dtmf=options.dtmf_mode,
            challenged=frozenset({"*"}), symmetric=options.rtp_symmetric, force_rport=options.force_rport,
            rewrite_contact=options.rewrite_contact, caller=caller, trust_inbound=options.trust_id_inbound,
            trust_outbound=options.trust_id_outbound, send_pai=options.send_pai, send_rpid=options.send_rpid,
            from_user=options.from_user, from_domain=options.from_domain, user_eq_phone=options.user_eq_phone,
            default_user=options.contact_user, outbound_proxy=options.outbound_proxy,
            identify_by=options.identify_by, access=rules(options.permit, self.report),
            contact_access=rules(options.contact_permit, self.report, "contact_permit"), variables=tuple(variables),
            language=options.language, accountcode=options.accountcode, tone_zone=options.tone_zone,
            music_suggested=options.moh_suggest, call_groups=options.call_group, pickup_groups=options.pickup_group,
            named_call_groups=options.named_call_group, named_pickup_groups=options.named_pickup_group,
            mailboxes=options.mailboxes, voicemail_extension=options.voicemail_extension,
            subscribe_context=options.subscribe_context, busy_at=options.device_state_busy_at,
            progress_inband=options.inband_progress, q850_reason=not options.suppress_q850_reason_headers,
            transport=options.transport, allow_transfer=options.allow_transfer,
            refer_progress=options.refer_blind_progress, ignores_plain_183=options.ignore_183_without_sdp,
            rings_after_progress=self.one("global", PjsipGlobal()).allow_sending_180_after_183,
            allow_subscribe=options.allow_subscribe, reliable_responses=options.rel100, session_timers=options.timers,
            session_expires_s=options.timers_sess_expires, session_minimum_s=options.timers_min_se,
            options_open=options.allow_unauthenticated_options, origin=where,
        )  # fmt: skip

    def identify(self, entry: _Found, endpoints: dict[str, Endpoint]) -> Identify:
        options: PjsipIdentify = entry.options
        if options.endpoint not in endpoints:
            raise ValueError(f"there is no endpoint '{options.endpoint}'")
        matches: list[str] = []
        for line in options.match:
            for text in listed(line.value):
                matches.append(_source(text))
        patterns: list[Pattern] = []
        for line in options.match_header:
            header, colon, value = line.value.partition(":")
            if not colon or not header.strip():
                raise ValueError(f"match_header '{line.value}' is not 'Name: value'")
            patterns.append(_pattern(header.strip(), value.strip()))
        patterns += [_pattern("", line.value.strip()) for line in options.match_request_uri]
        return Identify(options.endpoint, tuple(matches), tuple(patterns), name=entry.name, origin=entry.origin)

    def registration(self, entry: _Found, auths: dict[str, Auth]) -> Registration:
        options: PjsipRegistration = entry.options
        for option, uri in (("server_uri", options.server_uri), ("client_uri", options.client_uri)):
            if not _URI.match(uri):
                raise ValueError(f"{option} '{uri}' is no SIP URI")
        secrets = self.named(options.outbound_auth, auths, entry)
        if secrets is None:
            raise ValueError("its outbound_auth is missing")
        return Registration(
            name=entry.name, technology="PJSIP", server_uri=options.server_uri, client_uri=options.client_uri,
            contact_user=options.contact_user, auths=secrets, expires_s=options.expiration,
            retry_s=options.retry_interval, attempts=options.max_retries,
            forbidden_retry_s=options.forbidden_retry_interval, permanent_rejection=options.auth_rejection_permanent,
            transport=options.transport, outbound_proxy=options.outbound_proxy, endpoint=options.endpoint,
            origin=entry.origin,
        )  # fmt: skip
