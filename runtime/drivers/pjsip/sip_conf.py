"""sip.conf: the dialect of chan_sip, translated into the driver's model."""

from asterism.dialplan.reader import Config, Line, Section
from asterism.runtime.driver import Party
from asterism.runtime.drivers.pjsip.model import (
    Aor,
    Auth,
    Dialect,
    Endpoint,
    General,
    Identify,
    Origin,
    Registration,
    Transport,
)
from asterism.runtime.drivers.pjsip.options import (
    Report,
    bracketed,
    codecs,
    fill,
    host_port,
    is_false,
    named_rules,
    network,
    options_of,
    rules,
)
from asterism.runtime.drivers.pjsip.register_line import register_line
from asterism.runtime.drivers.pjsip.sip_options import ACCEPTED, LATER, PEER_ONLY, SipGeneral, SipPeer

GENERAL_CODECS = ("ulaw", "alaw", "gsm")
"""What chan_sip allows when nothing is written, but for video."""

QUALIFY_MS = 2000
"""How long an answer may take with qualify=yes."""

CALL_LIMIT_COUNTED = 2**31 - 1
"""call-limit of a peer that only counts its calls."""

_CHALLENGED = frozenset(("INVITE", "REGISTER", "SUBSCRIBE", "MESSAGE", "PUBLISH"))
_TOS = {
    "cs0": 0, "cs1": 32, "cs2": 64, "cs3": 96, "cs4": 128, "cs5": 160, "cs6": 192, "cs7": 224, "ef": 184,
    "af11": 40, "af12": 48, "af13": 56, "af21": 72, "af22": 80, "af23": 88, "af31": 104, "af32": 112, "af33": 120,
    "af41": 136, "af42": 144, "af43": 152, "lowdelay": 16, "throughput": 8, "reliability": 4, "mincost": 2, "none": 0,
}  # fmt: skip


def read_sip(config: Config, report: Report) -> Dialect:
    """Translate sip.conf.

    Args:
        config: The file as the reader gives it.
        report: Takes what is wrong; a wrong line loses itself, a section without a valid type is skipped.
    """
    return _Reading(config, report).dialect()


def tos(text: str) -> int:
    """Read a type of service: a number or a name.

    Raises:
        ValueError: It is neither.
    """
    word = text.strip().lower()
    if word in _TOS:
        return _TOS[word]
    number = int(word, 0) if word else 0
    if not 0 <= number <= 255:
        raise ValueError("is out of range")
    return number


class _Reading:
    def __init__(self, config: Config, report: Report) -> None:
        self.config, self.report = config, report
        lines = config.lines("general")
        peer_names = frozenset(options_of(SipPeer)) - PEER_ONLY
        general_names = frozenset(options_of(SipGeneral))
        later_peer = frozenset(key for key in LATER if key not in general_names)
        self.shared = [line for line in lines if line.key.lower() in peer_names]
        own = [line for line in lines if line.key.lower() not in peer_names or line.key.lower() in general_names]
        self.general, _ = fill(SipGeneral, own, report, later=later_peer, accepted=ACCEPTED)
        self.defaults, _ = fill(SipPeer, self.shared, report, later=LATER, accepted=ACCEPTED)
        self.codecs = codecs(self.defaults.allow, GENERAL_CODECS, report)
        self.realm_auths = self.auths_of(config.lines("authentication"))
        self.endpoints: dict[str, Endpoint] = {}
        self.aors: dict[str, Aor] = {}
        self.auths: dict[str, Auth] = {}
        self.registrations: list[Registration] = []

    def dialect(self) -> Dialect:
        for section in self.config:
            if section.name in ("general", "authentication"):
                continue
            self.section(section)
        for line in self.general.register:
            made = register_line(line, self.general, self.endpoints, self.report)
            if made is not None:
                self.registrations.append(made)
        return Dialect(
            technology="SIP",
            present=True,
            general=self.service(),
            endpoints=self.endpoints,
            aors=self.aors,
            auths=self.auths,
            transports=self.transports(),
            registrations=tuple(self.registrations),
            identifies=tuple(self.identifies()),
            written={
                ("general", "general"): self.config.lines("general"),
                **{("peer", name): self.config.lines("general") + self.config.lines(name) for name in self.endpoints},
            },
        )

    def service(self) -> General:
        general = self.general
        domains = []
        for line in general.domain:
            name, _, context = line.value.partition(",")
            domains.append((name.strip(), context.strip()))
        order: tuple[str, ...] = ("username", "address", "ip", "anonymous")
        return General(
            realm=general.realm,
            user_agent=general.useragent,
            guest_context=self.defaults.context if general.allowguest else "",
            order=("auth_username", *order) if general.match_auth_username else order,
            register_user="to",
            wrong_password=403,
            default_user=general.callerid or "asterisk",
            domains=tuple(domains),
            external_domains=general.allowexternaldomains,
            registration_context=general.regcontext,
            auth_failure_events=general.authfailureevents,
            max_forwards=self.defaults.maxforwards or 70,
            compact_headers=general.compactheaders,
            store_sip_cause=general.storesipcause,
            register_access=rules(self.defaults.contactpermit, self.report, "contactpermit"),
            qualify_gap_ms=general.qualifygap,
            record_history=general.recordhistory,
            codecs=self.codecs,
            realm_auths=self.realm_auths,
            local_net=tuple(line.value for line in general.localnet),
        )

    def transports(self) -> tuple[Transport, ...]:
        general = self.general
        origin = next(
            (Origin(line.file, line.lineno) for line in self.config.lines("general") if "bindaddr" in line.key.lower()),
            Origin(self.config.file),
        )
        local_net = []
        for line in general.localnet:
            try:
                local_net.append(network(line.value))
            except ValueError:
                self.report.warning(line.file, line.lineno, f"localnet: '{line.value}' is no network")
        external, external_port = self.address(general.externaddr or general.externhost, 0, origin)

        def make(protocol: str, address: str, port: int) -> Transport:
            host, port = self.address(address or "0.0.0.0", port, origin)
            return Transport(
                name=f"sip-{protocol}", protocol=protocol, host=host, port=port,
                certificate=general.tlscertfile, private_key=general.tlsprivatekey or general.tlscertfile,
                authorities=general.tlscafile, authorities_folder=general.tlscapath, ciphers=general.tlscipher,
                method=general.tlsclientmethod, verify_server=not general.tlsdontverifyserver,
                external_signaling=external, external_port=external_port,
                external_media=general.media_address or external, local_net=tuple(local_net),
                tos=self.tos(general.tos_sip, origin), technology="SIP", origin=origin,
            )  # fmt: skip

        made = [make("udp", general.udpbindaddr, general.bindport)]
        if general.tcpenable:
            made.append(make("tcp", general.tcpbindaddr or general.udpbindaddr, general.bindport))
        if general.tlsenable:
            address = general.tlsbindaddr or made[0].host
            made.append(make("tls", address, 5061))
        return tuple(made)

    def tos(self, text: str, origin: Origin) -> int:
        try:
            return tos(text)
        except ValueError:
            self.report.warning(origin.file, origin.line, f"'{text}' is no type of service")
            return 0

    def address(self, text: str, port: int, origin: Origin) -> tuple[str, int]:
        try:
            return host_port(text, port)
        except ValueError as error:
            self.report.error(origin.file, origin.line, f"'{text}': {error}")
            return text.partition(":")[0], port

    def identifies(self) -> list[Identify]:
        found = []
        for endpoint in self.endpoints.values():
            host, port = (endpoint.host, endpoint.port) if not endpoint.dynamic else (endpoint.default_address, 0)
            if not host or not endpoint.calls_out:
                continue
            match = bracketed(host) if endpoint.port_ignored or not port else f"{bracketed(host)}:{port}"
            found.append(Identify(endpoint.name, (match,), name=endpoint.name, origin=endpoint.origin))
        return found

    def auths_of(self, lines: list[Line]) -> tuple[Auth, ...]:
        """Passwords by realm: `user:secret@realm` or `user#digest@realm`."""
        found = []
        for line in lines:
            if line.key.lower() != "auth":
                self.report.warning(line.file, line.lineno, f"[{line.section}] unknown option '{line.key}'")
                continue
            who, at, realm = line.value.rpartition("@")
            user, colon, secret = who.partition(":")
            name, sharp, digest = who.partition("#")
            origin = Origin(line.file, line.lineno)
            if at and sharp and (not colon or len(name) < len(user)):
                found.append(Auth(realm, name, ha1=digest.lower(), realm=realm, origin=origin))
            elif at and user:
                found.append(Auth(realm, user, password=secret, realm=realm, origin=origin))
            else:
                self.report.warning(line.file, line.lineno, f"'{line.value}' is not user:secret@realm")
        return tuple(found)

    def section(self, section: Section) -> None:
        name, where = section.name, Origin(section.file, section.lineno)
        kind = section.get("type").strip().lower()
        if not kind:
            self.report.warning(where.file, where.line, f"[{name}] has no type and is skipped")
            return
        if kind not in ("peer", "user", "friend"):
            line = next(line for line in reversed(section.lines) if line.key.lower() == "type")
            self.report.warning(line.file, line.lineno, f"[{name}] type '{line.value}' is unknown, section skipped")
            return
        lines = section.lines
        own_nat = any(line.key.lower() == "nat" for line in lines)
        shared = [line for line in self.shared if line.key.lower() not in ("allow", "disallow")]
        if own_nat:
            shared = [line for line in shared if line.key.lower() != "nat"]
        unknown_told = frozenset(line.key.lower() for line in self.shared)
        peer, _ = fill(SipPeer, [*shared, *lines], self.report, later=LATER - unknown_told, accepted=ACCEPTED)
        self.peer(name, kind, peer, where)

    def peer(self, name: str, kind: str, peer: SipPeer, where: Origin) -> None:
        secrets = self.secrets(name, peer, where)
        insecure = self.words(peer.insecure, ("port", "invite"), "insecure")
        nat = self.nat(peer)
        dynamic = peer.host.lower() == "dynamic"
        host, port = ("", 0) if dynamic or not peer.host else self.address(peer.host, peer.port or 5060, where)
        if peer.port:
            port = peer.port
        caller = peer.callerid
        if peer.cid_number or peer.fullname:
            caller = Party(peer.cid_number or caller.number, peer.fullname or caller.name)
        if peer.callingpres:
            caller = Party(caller.number, caller.name, peer.callingpres)
        limit = peer.call_limit or (CALL_LIMIT_COUNTED if peer.callcounter or peer.busylevel else 0)
        challenged = _CHALLENGED - {"INVITE"} if "invite" in insecure else _CHALLENGED
        self.endpoints[name] = Endpoint(
            name=name, technology="SIP", context=peer.context, aors=(name,), auths=secrets,
            outbound_auths=self.outbound(name, peer, secrets, where),
            codecs=codecs(peer.allow, self.codecs, self.report),
            dtmf="rfc4733" if peer.dtmfmode == "rfc2833" else peer.dtmfmode,
            calls_in=kind != "peer", calls_out=kind != "user", dynamic=dynamic, challenged=challenged,
            symmetric="comedia" in nat or "auto_comedia" in nat,
            force_rport="force_rport" in nat or "auto_force_rport" in nat,
            auto_force_rport="auto_force_rport" in nat, auto_comedia="auto_comedia" in nat,
            rewrite_contact="force_rport" in nat or "auto_force_rport" in nat,
            caller=caller, trust_inbound=peer.trustrpid, trust_outbound=peer.trust_id_outbound == "yes",
            send_pai=peer.sendrpid == "pai", send_rpid=peer.sendrpid in ("yes", "rpid"),
            from_user=peer.fromuser, from_domain=peer.fromdomain, user_eq_phone=peer.usereqphone,
            port_ignored="port" in insecure, host=host, port=port, default_user=peer.defaultuser,
            default_address=peer.defaultip, outbound_proxy=peer.outboundproxy,
            access=rules(peer.permit, self.report), contact_access=rules(
                (*self.defaults.contactpermit, *peer.contactpermit), self.report, "contactpermit"),
            access_lists=named_rules(peer.acl, self.report),
            contact_lists=named_rules((*self.defaults.contactacl, *peer.contactacl), self.report),
            variables=self.variables(peer), language=peer.language, accountcode=peer.accountcode,
            tone_zone=peer.tonezone, music_class=peer.mohinterpret, music_suggested=peer.mohsuggest,
            call_groups=peer.callgroup, pickup_groups=peer.pickupgroup, named_call_groups=peer.namedcallgroup,
            named_pickup_groups=peer.namedpickupgroup, amaflags=peer.amaflags, parking_lot=peer.parkinglot,
            mailboxes=tuple(box.strip() for line in peer.mailbox for box in line.value.split(",") if box.strip()),
            voicemail_extension=peer.vmexten, subscribe_context=peer.subscribecontext, description=peer.description,
            call_limit=limit, busy_at=peer.busylevel, progress_inband=peer.progressinband == "yes",
            q850_reason=peer.use_q850_reason, transport=peer.transport[0].lower() if peer.transport else "",
            register_extension=peer.regexten, allow_transfer=peer.allowtransfer, allow_subscribe=peer.allowsubscribe,
            session_timers={"accept": "yes", "originate": "always", "refuse": "no"}[peer.session_timers],
            session_expires_s=peer.session_expires, session_minimum_s=peer.session_minse, origin=where,
        )  # fmt: skip
        for secret in secrets:
            self.auths[name] = secret
        if kind != "user":
            self.aors[name] = self.aor(name, peer, (host, port), where)
            if peer.callbackextension and peer.defaultuser and host:
                text = f"{name}?{peer.defaultuser}:{peer.remotesecret or peer.secret}@{bracketed(host)}:{port}"
                line = Line(where.file, where.line, name, "register", f"{text}/{peer.callbackextension}")
                made = register_line(line, self.general, self.endpoints, self.report)
                self.registrations += [made] if made is not None else []

    def aor(self, name: str, peer: SipPeer, address: tuple[str, int], where: Origin) -> Aor:
        host, port = address
        dynamic = peer.host.lower() == "dynamic"
        limit_ms = self.qualify(peer)
        contacts: tuple[str, ...] = ()
        transport = peer.transport[0].lower() if peer.transport else "udp"
        tail = "" if transport == "udp" else f";transport={transport}"
        if host:
            user = f"{peer.defaultuser}@" if peer.defaultuser else ""
            contacts = (f"sip:{user}{bracketed(host)}:{port}{tail}",)
        return Aor(
            name=name, contacts=contacts, max_contacts=1 if dynamic else 0, remove_existing=True,
            minimum_s=self.general.minexpiry, maximum_s=self.general.maxexpiry, default_s=self.general.defaultexpiry,
            qualify_s=peer.qualifyfreq if limit_ms else 0,
            # An answer may take twice the limit before the peer counts as gone: lagged lies between.
            qualify_timeout_s=2 * limit_ms / 1000, lagged_ms=limit_ms, support_path=peer.supportpath,
            outbound_proxy=peer.outboundproxy, origin=where,
        )  # fmt: skip

    def secrets(self, name: str, peer: SipPeer, where: Origin) -> tuple[Auth, ...]:
        if peer.md5secret:
            digest = peer.md5secret.strip().lower()
            return (Auth(name, name, ha1=digest, realm=self.general.realm, origin=where),)
        return (Auth(name, name, password=peer.secret, origin=where),) if peer.secret else ()

    def outbound(self, name: str, peer: SipPeer, secrets: tuple[Auth, ...], where: Origin) -> tuple[Auth, ...]:
        user = peer.defaultuser or name
        own = self.auths_of(list(peer.auth))
        if peer.remotesecret or (peer.secret and not peer.md5secret):
            own = (*own, Auth(name, user, password=peer.remotesecret or peer.secret, origin=where))
        elif secrets:
            own = (*own, Auth(name, user, ha1=secrets[0].ha1, realm=self.general.realm, origin=where))
        return (*own, *self.realm_auths)

    def nat(self, peer: SipPeer) -> set[str]:
        """What the nat lines say together: they add up, an auto_ value beats the plain one, and no ends it all."""
        found: set[str] = set() if peer.nat else {"auto_force_rport"}
        for line in peer.nat:
            for part in line.value.split(","):
                word = part.strip().lower()
                if is_false(word):
                    found.clear()
                    break
                if word == "yes":
                    self.deprecated(line)
                    found = {"force_rport", "comedia"}
                    break
                if word in ("auto_force_rport", "auto_comedia"):
                    found.discard(word.removeprefix("auto_"))
                    found.add(word)
                elif word in ("force_rport", "comedia"):
                    if f"auto_{word}" not in found:
                        found.add(word)
                elif word not in ("never", "route"):
                    self.report.warning(line.file, line.lineno, f"nat: '{part.strip()}' is unknown")
        return found

    def deprecated(self, line: Line) -> None:
        text = "nat=yes is deprecated, use nat=force_rport,comedia"
        if text not in self.report.told:
            self.report.told.add(text)
            self.report.warning(line.file, line.lineno, text)

    def words(self, lines: tuple[Line, ...], known: tuple[str, ...], option: str) -> set[str]:
        """The words of the last line of an option; unknown ones are reported."""
        found: set[str] = set()
        for line in lines[-1:]:
            for part in line.value.split(","):
                word = part.strip().lower()
                if word in known:
                    found.add(word)
                elif word and not is_false(word):
                    self.report.warning(line.file, line.lineno, f"{option}: '{part.strip()}' is unknown")
        return found

    def qualify(self, peer: SipPeer) -> int:
        """How many ms an answer may take; 0 for no probes."""
        for line in peer.qualify[-1:]:
            word = line.value.strip().lower()
            if word == "yes":
                return QUALIFY_MS
            if word.isdigit():
                return int(word)
            if not is_false(word):
                self.report.warning(line.file, line.lineno, f"qualify: '{line.value}' is neither yes, no, nor ms")
        return 0

    def variables(self, peer: SipPeer) -> tuple[tuple[str, str], ...]:
        found = []
        for line in peer.setvar:
            name, equals, value = line.value.partition("=")
            if equals:
                found.append((name.strip(), value.strip()))
            else:
                self.report.warning(line.file, line.lineno, f"setvar: '{line.value}' is not NAME=value")
        for number, line in enumerate(peer.header, 1):
            found.append((f"__SIPADDHEADERpre{number:2d}", line.value))
        return tuple(found)
