"""The driver of `SIP/` and `PJSIP/`: configuration, registrar, incoming and outgoing calls, on one PJSIP."""

import asyncio
from collections.abc import Sequence

from asterism import _native as native
from asterism.dialplan.errors import DialplanError
from asterism.runtime.causes import Cause
from asterism.runtime.driver import Leg, Owner
from asterism.runtime.drivers.pjsip import deflect, refer, rtp_conf, security
from asterism.runtime.drivers.pjsip.accounts import for_arrivals
from asterism.runtime.drivers.pjsip.admission import admit
from asterism.runtime.drivers.pjsip.asked import Asked, our_agent
from asterism.runtime.drivers.pjsip.call import Call
from asterism.runtime.drivers.pjsip.connections import Connections, Strangers
from asterism.runtime.drivers.pjsip.headers import Uri
from asterism.runtime.drivers.pjsip.identities import Identities, media_of
from asterism.runtime.drivers.pjsip.maintenance import RETRY_AFTER, Maintenance
from asterism.runtime.drivers.pjsip.model import Dialect, Endpoint
from asterism.runtime.drivers.pjsip.options import Report, bracketed, read_acls
from asterism.runtime.drivers.pjsip.outgoing import hosts, local_host
from asterism.runtime.drivers.pjsip.packets import Packets
from asterism.runtime.drivers.pjsip.pjsip_conf import read_pjsip
from asterism.runtime.drivers.pjsip.presence import Presence
from asterism.runtime.drivers.pjsip.registrar import Registrar, permitted
from asterism.runtime.drivers.pjsip.registrations import Registrations
from asterism.runtime.drivers.pjsip.sip_conf import read_sip
from asterism.runtime.drivers.pjsip.stack import AccountKind, Stack
from asterism.runtime.drivers.pjsip.tracing import Tracing
from asterism.runtime.drivers.pjsip.usage import Usages
from asterism.runtime.drivers.pjsip.waiting import Waiting
from asterism.runtime.drivers.pjsip.watcher import Watcher
from asterism.runtime.errors import ConfigError
from asterism.runtime.log import escaped
from asterism.runtime.states import DeviceState
from asterism.runtime.switch import Switch

FILES = {"SIP": ("sip.conf", read_sip), "PJSIP": ("pjsip.conf", read_pjsip)}
"""The file of each technology, and how it is read."""

STOP_WAIT_S = 1.0
"""How long stopping waits for hangups and unregistrations to get out."""

_ALLOW = "INVITE, ACK, CANCEL, OPTIONS, BYE, UPDATE, PRACK, NOTIFY, INFO, MESSAGE, REGISTER"


class PjsipDriver(Asked, Watcher):
    """Meets asterism.runtime.driver.ChannelDriver and asterism.runtime.peers.SipDriver."""

    technologies: tuple[str, ...] = ("SIP", "PJSIP")
    description = "Session Initiation Protocol, by PJSIP"

    def __init__(self) -> None:
        self._registrar: Registrar
        self._dialects = {name: Dialect(name) for name in FILES}
        self._identities = Identities()
        self._usages = Usages()
        self._calls: dict[int, Call] = {}
        self._made = dict.fromkeys(FILES, 0)
        self._resolved: dict[str, list[str]] = {}

    # ---- life
    async def start(self, switch: Switch) -> None:
        """Read both files, start PJSIP, take over what was registered.

        Raises:
            ConfigError: No file can be read.
            DriverError: PJSIP cannot be started, or belongs to another runtime.
        """
        self._switch = switch
        log = switch.log
        hosts()
        dialects, report = self._read(lenient=True)
        report.write(log)
        self._stack = Stack(log, self._event)
        self.tracing, self._maintenance = Tracing(switch), Maintenance(log)
        self.packets = Packets(log)
        self._connections, self._strangers = Connections(), Strangers(switch.now)
        transports = [each for dialect in dialects.values() for each in dialect.transports]
        agent = next((each.general.user_agent for each in dialects.values() if each.general.user_agent), our_agent())
        wide = any("g722" in endpoint.codecs or "opus" in endpoint.codecs for each in dialects.values()
                   for endpoint in each.endpoints.values())  # fmt: skip
        self._stack.start(transports, rtp_conf.rtp_settings(self._switch), agent, 16000 if wide else 8000)
        try:
            await self._begin(dialects)
        except BaseException:
            self._stack.stop()
            raise

    async def _begin(self, dialects: dict[str, Dialect]) -> None:
        switch, log = self._switch, self._switch.log
        for listening in self._stack.listening.values():
            self._stack.account(AccountKind(listening.number))
        self._presence = Presence(switch, self._dialects, self._stack, self._identities, self._usages)
        self._waiting = Waiting(switch, self._dialects, self._presence.notify, self._account_host)
        self._registrar = Registrar(self._presence.contacts, log, switch.now)
        self._registrations = Registrations(self._stack, switch)
        await self._presence.contacts.start()
        for dialect in dialects.values():
            await self._presence.adopt(dialect)
        self._publish()
        self.tracing.record_dialogs(self._dialects["SIP"].general.record_history)
        for dialect in dialects.values():
            await self._presence.load(dialect)
            self._registrations.configure(dialect.technology, dialect.registrations)
        self._resolve_hosts()

    def _account_host(self, endpoint: Endpoint) -> str:
        """Our host as it stands in an address of ours that an endpoint is told."""
        bound = next((each.transport.host for each in self._stack.listening.values()), "0.0.0.0")
        return endpoint.from_domain or bracketed(local_host(endpoint.host, bound))

    async def stop(self) -> None:
        """Hang up, unregister, and end PJSIP."""
        if not hasattr(self, "_stack") or not self._stack.running:
            return
        registered = self._registrations.stop()
        self._presence.prober.stop()
        self._waiting.stop()
        for call in list(self._calls.values()):
            call.hangup(Cause.NORMAL_CLEARING)
        loop = asyncio.get_running_loop()
        end = loop.time() + STOP_WAIT_S
        while (self._calls or registered) and loop.time() < end:
            await asyncio.sleep(0.02)
            registered = registered and loop.time() < end - STOP_WAIT_S * 0.8
        await self._presence.contacts.stop()
        self._stack.stop()
        await self.tracing.stop()
        self._calls.clear()

    async def reload(self) -> None:
        """Read both files again; when one is wrong as a whole, everything stays as it is.

        Raises:
            ConfigError: Which file is wrong, and where.
        """
        dialects, report = self._read()
        report.write(self._switch.log)
        wanted = {each.key for dialect in dialects.values() for each in dialect.transports}
        for dialect in dialects.values():
            for transport in dialect.transports:
                number = self._stack.listen(transport)
                if number is not None:
                    self._stack.account(AccountKind(number))
        for key in [key for key in self._stack.listening if key not in wanted]:
            self._stack.close(key)
        for dialect in dialects.values():
            await self._presence.adopt(dialect)
            self._registrations.configure(dialect.technology, dialect.registrations)
        self._publish()
        self.tracing.record_dialogs(self._dialects["SIP"].general.record_history)
        self._resolve_hosts()

    def _read(self, lenient: bool = False) -> tuple[dict[str, Dialect], Report]:
        """Read both files; `lenient` goes on without one that cannot be read, as long as there is another."""
        report = Report()
        found: dict[str, Dialect] = {}
        broken: list[ConfigError] = []
        if self._switch.has_config("acl.conf"):
            try:
                report.acls = read_acls(self._switch.read_config("acl.conf"), report)
            except DialplanError as error:
                raise ConfigError(error.message, error.file, error.line) from None
        for technology, (name, translate) in FILES.items():
            if not self._switch.has_config(name) or not self._switch.wants_module(f"chan_{technology.lower()}"):
                found[technology] = Dialect(technology)
                continue
            try:
                config = self._switch.read_config(name)
            except DialplanError as error:
                broken.append(ConfigError(error.message, error.file, error.line))
                found[technology] = Dialect(technology)
                continue
            for warning in config.warnings:
                report.warning(warning.file, warning.line, warning.message)
            found[technology] = translate(config, report)
        if broken and not (lenient and any(dialect.present for dialect in found.values())):
            raise broken[0]
        for each in broken:
            report.error(each.file, each.line, f"{each.message}; nothing of this file is in force")
        return found, report

    def _publish(self) -> None:
        def transports(dialect: Dialect) -> tuple[int, ...]:
            keys = {each.key for each in dialect.transports}
            return tuple(each.number for key, each in self._stack.listening.items() if key in keys)

        def accounts(dialect: Dialect, endpoint: Endpoint, networks: Sequence[str]) -> tuple[int, ...]:
            return for_arrivals(self._stack, dialect, endpoint, networks)

        self._identities.publish(list(self._dialects.values()), transports, self._resolved, accounts)

    def _resolve_hosts(self) -> None:
        names = {
            match.partition(":")[0]
            for dialect in self._dialects.values()
            for identify in dialect.identifies
            for match in identify.matches
            if not match.startswith("[") and any(char.isalpha() for char in match) and match.count(":") < 2
        }
        if names:
            self._switch.spawn(self._resolve(sorted(names)), "SIP host names")

    async def _resolve(self, names: list[str]) -> None:
        loop = asyncio.get_running_loop()
        for name in names:
            try:
                found = await loop.getaddrinfo(name, None)
            except OSError as error:
                self._switch.log.warning(f"host '{name}' of a SIP peer cannot be resolved: {error.strerror}")
                continue
            self._resolved[name] = sorted({str(each[4][0]) for each in found})
        if self._stack.running:
            self._publish()

    # ---- what the native module tells
    def _event(self, event: "native.Event") -> None:
        match event:
            case native.CallState():
                if (call := self._calls.get(event.call)) is not None:
                    call.state_event(event)
            case native.CallMedia():
                if (call := self._calls.get(event.call)) is not None:
                    call.media_event(event)
            case native.Incoming():
                self._incoming(event)
            case native.Dtmf():
                if (call := self._calls.get(event.call)) is not None:
                    call.digit_event(event)
            case native.CallStats():
                if (call := self._calls.get(event.call)) is not None:
                    call.last_stats = event.stats
            case native.Wire():
                self.tracing.show(event)
            case native.Packet():
                self.packets.show(event)
            case native.Log():
                self._pjsip_log(event)
            case native.PlayerEnded():
                if (call := self._calls.get(event.call)) is not None:
                    call.audio.player_ended(event.player)
            case native.RelayEnded():
                for number in {event.call, event.other}:
                    if (call := self._calls.get(number)) is not None:
                        call.audio.relay_ended(event.reason)
            case native.Register():
                self._register(event)
            case native.Request():
                self._request(event)
            case native.Result():
                self._presence.prober.result(event) or deflect.result(event, self._calls.values())
            case native.Registration():
                self._registrations.event(event)
            case native.Security():
                self._security(event)
            case native.TransportState():
                self._connections.take(event)
            case native.Overload():
                self._switch.log.warning(f"SIP overload: {event.refused} requests were turned away")

    def _pjsip_log(self, event: native.Log) -> None:
        text = f"PJSIP: {escaped(event.text.strip())}"
        if event.level <= 1:
            self._switch.log.warning(text)
        else:
            self._switch.log.debug(event.level, text)

    def _register(self, event: native.Register) -> None:
        endpoint = self._identities.endpoint(event.identity)
        if endpoint is None:
            self._respond(event.token, 404)
            return
        dialect = self._dialects[endpoint.technology]
        if not self._let_in(endpoint, event.source):
            self._respond(event.token, 403)
            return
        # Who goes may say so at any time.
        ends = event.contacts and all(each.expires_s == 0 for each in event.contacts)
        if not ends and self._maintenance.refuses(endpoint, "REGISTER", event.source):
            self._respond(event.token, 503, [RETRY_AFTER])
            return
        answer = self._registrar.register(event, endpoint, dialect)
        self._respond(event.token, answer.code, answer.headers)

    def _let_in(self, endpoint: Endpoint, source: tuple[str, int]) -> bool:
        """Whether the lists of acl.conf let somebody in; the native module has looked at the other ones."""
        lists = (*self._dialects[endpoint.technology].general.access_lists, *endpoint.access_lists)
        allowed = all(permitted(source[0], rules) for rules in lists)
        if not allowed:
            where = f"{bracketed(source[0])}:{source[1]}"
            self._switch.log.notice(f"'{endpoint.name}' at '{where}' is refused - Device does not match ACL")
        return allowed

    def _respond(self, token: int, code: int, headers: Sequence[tuple[str, str]] = ()) -> None:
        try:
            native.respond(token, code, "", headers)
        except native.StaleError:
            self._switch.log.debug(1, "a SIP request was answered too late")

    def _request(self, event: native.Request) -> None:
        call = self._calls.get(event.call) if event.call else None
        caller = None if event.call else self._identities.endpoint(event.identity)
        if self._maintenance.refuses(caller, event.method, event.source):
            self._respond(event.token, 503, [RETRY_AFTER])
            return
        if event.method == "OPTIONS":
            self._options(event)
        elif event.method in ("MESSAGE", "NOTIFY") and call is not None:
            self._respond(event.token, 200)
            call.message_event(event.method, event.message)
        elif event.method == "INFO":
            # DTMF has been taken out before; chan_sip refuses all else. RFC 6086, 4.2.2: an empty one asks if we live.
            self._respond(event.token, 415 if event.message.partition(b"\r\n\r\n")[2] else 200)
        elif event.method in ("SUBSCRIBE", "PUBLISH"):
            self._respond(event.token, 489)
        elif event.method == "REFER" and call is not None:
            refer.take(call, event, self._calls, self._respond)
        else:
            self._respond(event.token, 405, (("Allow", _ALLOW),))

    def _options(self, event: native.Request) -> None:
        endpoint = self._identities.endpoint(event.identity)
        user = Uri.parse(event.uri).user
        context = endpoint.context if endpoint else self._dialects["SIP"].general.guest_context or "default"
        known = not user or self._switch.extension_exists(context, user)
        code = 200 if known and self._switch.accepting else 404 if self._switch.accepting else 503
        self._respond(event.token, code, (("Allow", _ALLOW), ("Accept", "application/sdp")))

    def _security(self, event: native.Security) -> None:
        endpoint = self._identities.endpoint(event.identity)
        if "auth_username" in self._dialects["PJSIP"].general.order:
            self._strangers.take(event)
        transport = self._stack.transport(event.transport)
        service = endpoint.technology if endpoint else transport.technology if transport else "SIP"
        security.tell(self._switch, service, event)

    # ---- incoming calls

    def _incoming(self, event: native.Incoming) -> None:
        known = self._identities.endpoint(event.identity)
        endpoint = known or Endpoint(name="", technology="SIP", context="default")
        technology, guest = endpoint.technology, not endpoint.name
        label = endpoint.name or Uri.parse(event.from_).host or event.source[0]
        call = Call(endpoint, self._new_name(technology, label), self._switch.log, self)
        call.guest = guest
        self._calls[event.call] = call
        call.arrive(event, self._stack.account(AccountKind(event.transport, endpoint.outbound_auths)))
        self.tracing.dialogs.begun(call)
        if known is None or not self._let_in(endpoint, event.source):
            call.hangup(Cause.CALL_REJECTED)
            return
        if self._maintenance.refuses(known, "INVITE", event.source):
            call.response_headers.append(RETRY_AFTER)
            call.hangup(Cause.SWITCH_CONGESTION)
            return
        general = self._dialects[technology].general
        replaced = self._calls.get(event.replaces)
        admit(self._switch, call, event, general, len(self._usages.of(endpoint).calls), replaced)

    # ---- outgoing calls

    def request(self, technology: str, resource: str, caller: Owner | None = None) -> Leg:
        """Make an outgoing leg.

        Raises:
            Unavailable: Nobody there has that name, or it cannot be reached now.
        """
        technology = technology.upper()
        endpoint, departure = self._presence.router.find(technology, resource)
        self._maintenance.check(endpoint)
        call = Call(endpoint, self._new_name(technology, endpoint.name), self._switch.log, self)
        call.departure = departure
        return call

    def _new_name(self, technology: str, label: str) -> str:
        number = self._made[technology]
        self._made[technology] = (number + 1) & 0xFFFFFFFF
        return f"{technology}/{escaped(label) or 'anonymous'}-{number:08x}"

    # ---- Watcher: what calls tell

    def state_changed(self, call: Call, state: str) -> None:
        """Keep count of the endpoint's calls."""
        call.state = state
        if not call.endpoint.name:
            return
        self._usages.set(call, state)
        # A host that no file names is no device.
        if call.endpoint.name in self._dialects[call.technology].endpoints:
            self._presence.device_changed(call.endpoint)

    def begun(self, call: Call) -> None:
        """Listen to an outgoing call."""
        self._calls[call.number] = call
        self.tracing.dialogs.begun(call)

    def ended(self, call: Call) -> None:
        """Forget a call."""
        self._calls.pop(call.number, None)
        self.tracing.dialogs.ended(call)

    def address(self, technology: str, resource: str) -> str:
        """Where somebody is called."""
        return self._presence.router.find(technology, resource)[1].uri

    def media_of(self, endpoint: Endpoint) -> native.Media:
        """How audio is negotiated."""
        return media_of(endpoint)

    def device_state(self, resource: str) -> DeviceState:
        """What a device is doing; `resource` may begin with its technology."""
        technology, slash, name = resource.partition("/")
        if not slash or technology.upper() not in FILES:
            technology, name = "", resource
        for dialect in self._dialects.values():
            if technology.upper() in ("", dialect.technology):
                endpoint = dialect.endpoints.get(name.partition("/")[0])
                if endpoint is not None and endpoint.calls_out:
                    return self._presence.state_of(endpoint)
        return DeviceState.INVALID
