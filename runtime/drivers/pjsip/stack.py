"""PJSIP itself: one a process, on the loop's thread, with its transports and accounts.

pjsua2 is used without directors: what happens comes as records of the native module through an eventfd, in
order, on the loop. A pj object is only touched from here, and never dropped while PJSIP may still need it.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pjsua2 as pj
from asterism import _native as native
from asterism.runtime.drivers.pjsip.model import CODECS, Auth, Transport
from asterism.runtime.errors import DriverError
from asterism.runtime.log import Log

CALLS_MAX = 1024
"""Call slots; each costs about 21 KB from the start."""

PORTS_PER_CALL = 4
"""Ports of the conference bridge that a call may need: its own, a player, a recorder, a tone."""

_PROTOCOLS = {
    ("udp", False): pj.PJSIP_TRANSPORT_UDP,
    ("udp", True): pj.PJSIP_TRANSPORT_UDP6,
    ("tcp", False): pj.PJSIP_TRANSPORT_TCP,
    ("tcp", True): pj.PJSIP_TRANSPORT_TCP6,
    ("tls", False): pj.PJSIP_TRANSPORT_TLS,
    ("tls", True): pj.PJSIP_TRANSPORT_TLS6,
}

_owner: "Stack | None" = None


@dataclass(frozen=True, slots=True)
class RtpSettings:
    """What rtp.conf says.

    Args:
        start, end: The range of ports.
        strict, probation: Whose audio is taken; see `native.believe_audio`.
    """

    start: int = 5000
    end: int = 31000
    strict: str = "yes"
    probation: int = 4


@dataclass(frozen=True, slots=True)
class AccountKind:
    """What makes two accounts one: calls of all endpoints that need no more share the plain one of a transport.

    Args:
        transport: pjsua's number of the transport, -1 for any.
        auths: Secrets that answer a challenge.
        proxies: Route set.
        timers: Session timers: no, yes, required, always.
        external: For those who must be told the transport's external addresses.
        reliable: Provisional responses that are acknowledged (RFC 3262): no, or yes for those who ask for them,
            peer_supported for whoever knows them, required.
    """

    transport: int = -1
    auths: tuple[Auth, ...] = ()
    proxies: tuple[str, ...] = ()
    timers: str = "yes"
    expires_s: int = 1800
    minimum_s: int = 90
    external: bool = False
    reliable: str = "yes"


@dataclass(slots=True)
class Listening:
    """A transport that is open."""

    number: int
    transport: Transport
    names: set[str] = field(default_factory=set)


class Stack:
    """PJSIP, started; the owner of everything of pjsua2.

    Args:
        on_event: Is given each record of the native module; must not raise.
    """

    def __init__(self, log: Log, on_event: Callable[["native.Event"], None]) -> None:
        self._log = log
        self._on_event = on_event
        self._endpoint: Any = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._accounts: dict[AccountKind, Any] = {}
        self.rtp = RtpSettings()
        self.listening: dict[tuple[str, str, int], Listening] = {}
        self.running = False

    def start(self, transports: Iterable[Transport], rtp: RtpSettings, user_agent: str, rate_hz: int) -> None:
        """Start PJSIP and open the transports.

        Raises:
            DriverError: Another runtime of this process owns PJSIP, or it cannot be started, or no transport opens.
        """
        global _owner  # noqa: PLW0603 - PJSIP itself is one a process
        if _owner is not None:
            raise DriverError("SIP belongs to another runtime of this process: PJSIP allows one")
        _owner = self
        self.rtp = rtp
        self._loop = asyncio.get_running_loop()
        try:
            self._create(user_agent, rate_hz)
            for transport in transports:
                self.listen(transport)
            if not self.listening:
                raise DriverError("no SIP transport could be opened")
            self._endpoint.libStart()
            self._endpoint.audDevManager().setNullDev()
            self._order_codecs()
        except pj.Error as error:
            self.stop()
            raise DriverError(f"PJSIP cannot start: {error.reason}") from None
        except BaseException:
            self.stop()
            raise
        self.running = True

    def _create(self, user_agent: str, rate_hz: int) -> None:
        native.quiet()
        if not native.give_codecs_away():
            raise DriverError("another runtime of this process records without SIP: PJSIP's codecs are in use")
        endpoint = self._endpoint = pj.Endpoint()
        endpoint.libCreate()
        if not endpoint.libIsThreadRegistered():
            endpoint.libRegisterThread("asterism")
        config = pj.EpConfig()
        config.uaConfig.maxCalls = CALLS_MAX
        config.uaConfig.threadCnt = 1
        config.uaConfig.userAgent = user_agent
        config.uaConfig.mwiUnsolicitedEnabled = False
        # With name servers PJSIP resolves without waiting; without them it asks the C library on the thread that sends.
        for server in _name_servers():
            config.uaConfig.nameserver.append(server)
        # A level of logging would call Python, or write on the console, from PJSIP's threads.
        config.logConfig.level = 0
        config.logConfig.consoleLevel = 0
        config.logConfig.msgLogging = 0
        media = config.medConfig
        media.clockRate = rate_hz
        media.sndClockRate = rate_hz
        media.audioFramePtime = 20
        media.noVad = True
        media.ecTailLen = 0
        media.sndAutoCloseTime = -1
        media.maxMediaPorts = PORTS_PER_CALL * CALLS_MAX
        endpoint.libInit(config)
        native.attach(user_agent=user_agent)
        native.believe_audio(self.rtp.strict, self.rtp.probation)
        assert self._loop is not None
        self._loop.add_reader(native.eventfd(), self._drain)

    def _order_codecs(self) -> None:
        wanted = {sdp.split("/")[0].lower() for sdp in CODECS.values()}
        for each in self._endpoint.codecEnum2():
            name = each.codecId.split("/")[0].lower()
            priority = {"pcmu": 200, "pcma": 199, "g722": 198}.get(name, 128 if name in wanted else 0)
            self._endpoint.codecSetPriority(each.codecId, priority)

    def listen(self, transport: Transport) -> int | None:
        """Open a transport, or find the one that is open at this address; None, and an ERROR, when it cannot be."""
        found = self.listening.get(transport.key)
        if found is None:
            config = pj.TransportConfig()
            config.port = transport.port
            config.boundAddress = transport.host
            if transport.tos:
                config.qosParams.flags = pj.PJ_QOS_PARAM_HAS_DSCP
                config.qosParams.dscp_val = transport.tos >> 2
            kind = _PROTOCOLS[transport.protocol, ":" in transport.host]
            try:
                if transport.protocol == "tls":
                    _secure(config.tlsConfig, transport)
                number = self._endpoint.transportCreate(kind, config)
            except (pj.Error, OSError) as error:
                where = f"{transport.origin.file}:{transport.origin.line}: " if transport.origin.line else ""
                address = f"{transport.protocol.upper()} {transport.host}:{transport.port}"
                reason = error.reason if isinstance(error, pj.Error) else error
                self._log.error(f"{where}transport '{transport.name}' cannot listen at {address}: {reason}")
                return None
            found = self.listening[transport.key] = Listening(number, transport)
        found.names.add(transport.name)
        return found.number

    def close(self, key: tuple[str, str, int]) -> None:
        """Close a transport that no file names any more."""
        found = self.listening.pop(key, None)
        if found is None:
            return
        for kind in [kind for kind in self._accounts if kind.transport == found.number]:
            self._shut(self._accounts.pop(kind))
        try:
            self._endpoint.transportClose(found.number)
        except pj.Error as error:
            self._log.warning(f"transport '{found.transport.name}' did not close: {error.reason}")

    def transport(self, number: int) -> Transport | None:
        """The transport of a pjsua number."""
        return next((each.transport for each in self.listening.values() if each.number == number), None)

    def number(self, protocol: str, name: str = "", ipv6: bool = False) -> int:
        """The number of a transport by name, or the first of a protocol; -1 when there is none."""
        for each in self.listening.values():
            if name and name in each.names and each.transport.protocol == protocol:
                return each.number
        for each in self.listening.values():
            if each.transport.protocol == protocol and (":" in each.transport.host) == ipv6:
                return each.number
        return -1

    def account(self, kind: AccountKind) -> Any:
        """The account of a kind, made when it is first wanted.

        Raises:
            DriverError: PJSIP has no room for it.
        """
        found = self._accounts.get(kind)
        if found is None:
            config = self._account_config(kind)
            found = pj.Account()
            try:
                found.create(config)
            except pj.Error as error:
                raise DriverError(f"PJSIP has no room for another account: {error.reason}") from None
            self._accounts[kind] = found
        return found

    def _account_config(self, kind: AccountKind) -> Any:
        transport = self.transport(kind.transport)
        host = transport.host if transport else "127.0.0.1"
        port = transport.port if transport else 5060
        config = pj.AccountConfig()
        config.idUri = f"sip:asterism@{f'[{host}]' if ':' in host else host}:{port}"
        config.regConfig.registerOnAdd = False
        config.sipConfig.transportId = kind.transport
        for auth in kind.auths:
            config.sipConfig.authCreds.append(credential(auth))
        for proxy in kind.proxies:
            config.sipConfig.proxies.append(proxy)
        # Who is behind a NAT is the registrar's business; a guess from a Via must not change our own address.
        config.natConfig.contactRewriteUse = 0
        config.natConfig.viaRewriteUse = 0
        config.natConfig.sdpNatRewriteUse = 0
        config.natConfig.sipOutboundUse = 0
        config.natConfig.iceEnabled = False
        config.presConfig.publishEnabled = False
        config.mwiConfig.enabled = False
        config.callConfig.timerUse = {
            "no": pj.PJSUA_SIP_TIMER_INACTIVE,
            "required": pj.PJSUA_SIP_TIMER_REQUIRED,
            "always": pj.PJSUA_SIP_TIMER_ALWAYS,
        }.get(kind.timers, pj.PJSUA_SIP_TIMER_OPTIONAL)
        config.callConfig.prackUse = {
            "peer_supported": pj.PJSUA_100REL_OPTIONAL,
            "required": pj.PJSUA_100REL_MANDATORY,
        }.get(kind.reliable, pj.PJSUA_100REL_NOT_USED)
        config.callConfig.timerMinSESec = kind.minimum_s
        config.callConfig.timerSessExpiresSec = kind.expires_s
        media = config.mediaConfig
        # An account that may use IPv6 looks up the host's own name on PJSIP's thread: without DNS everything stops.
        ipv6 = ":" in host
        config.sipConfig.ipv6Use = media.ipv6Use = (
            pj.PJSUA_IPV6_ENABLED_USE_IPV6_ONLY if ipv6 else pj.PJSUA_IPV6_DISABLED
        )
        media.srtpUse = 0
        # An answer with several codecs is fine; to pin one down by another INVITE would be for telephones.
        media.lockCodecEnabled = False
        media.transportConfig.port = self.rtp.start
        media.transportConfig.portRange = max(self.rtp.end - self.rtp.start, 0)
        if host not in ("0.0.0.0", "::"):
            media.transportConfig.boundAddress = host
        if transport and kind.external:
            self._external(config, transport)
        return config

    @staticmethod
    def _external(config: Any, transport: Transport) -> None:
        if transport.external_media:
            config.mediaConfig.transportConfig.publicAddress = transport.external_media
        if transport.external_signaling:
            tail = "" if transport.protocol == "udp" else f";transport={transport.protocol}"
            where = f"{transport.external_signaling}:{transport.external_port or transport.port}"
            config.sipConfig.contactForced = f"<sip:asterism@{where}{tail}>"

    def registering(self, kind: AccountKind, prepare: Callable[[Any], None]) -> Any:
        """An account of its own, whose configuration `prepare` completes; `unregister` ends it.

        Raises:
            DriverError: PJSIP refuses it.
        """
        config = self._account_config(kind)
        prepare(config)
        account = pj.Account()
        try:
            account.create(config)
        except pj.Error as error:
            raise DriverError(error.reason) from None
        return account

    def shut_account(self, account: Any) -> None:
        """End an account that `registering` made."""
        self._shut(account)

    def _shut(self, account: Any) -> None:
        try:
            account.shutdown()
        except pj.Error as error:
            self._log.debug(1, f"an account did not close: {error.reason}")
        # Its destructor would close the account once more, by a number that may be somebody else's by then.
        account.thisown = False

    def _drain(self) -> None:
        for event in native.drain():
            try:
                self._on_event(event)
            except Exception as error:
                self._log.error(f"SIP: {type(event).__name__} could not be taken: {error!r}")

    def stop(self) -> None:
        """End PJSIP; nothing of it remains. Harmless when it never started."""
        global _owner  # noqa: PLW0603 - PJSIP itself is one a process
        if _owner is not self:
            return
        self.running = False
        try:
            if self._endpoint is not None:
                self._end()
        finally:
            native.take_codecs_back()
            self._endpoint = None
            _owner = None

    def _end(self) -> None:
        assert self._loop is not None
        self._loop.remove_reader(native.eventfd())
        for account in self._accounts.values():
            self._shut(account)
        native.detach()
        try:
            self._endpoint.libDestroy(pj.PJSUA_DESTROY_NO_NETWORK)
        except pj.Error as error:
            self._log.warning(f"PJSIP did not end cleanly: {error.reason}")
        self._accounts.clear()
        self.listening.clear()


def credential(auth: Auth) -> Any:
    """A secret as pjsua2 takes it; `*` stands for any realm."""
    made = pj.AuthCredInfo()
    made.scheme = "digest"
    made.realm = auth.realm or "*"
    made.username = auth.username
    if auth.ha1:
        made.dataType = 1
        made.data = auth.ha1
    else:
        made.dataType = 0
        made.data = auth.password
    return made


def _name_servers(path: Path = Path("/etc/resolv.conf")) -> list[str]:
    """The machine's name servers; at most four, as PJSIP takes them."""
    try:
        lines = path.read_text("utf-8", "replace").splitlines()
    except OSError:
        return []
    return [words[1] for line in lines if len(words := line.split()) > 1 and words[0] == "nameserver"][:4]


def _secure(config: Any, transport: Transport) -> None:
    for name in (transport.certificate, transport.private_key, transport.authorities):
        if name and not Path(name).is_file():
            raise FileNotFoundError(f"there is no file {name}")
    if not transport.certificate:
        raise FileNotFoundError("no certificate is named")
    config.certFile = transport.certificate
    config.privKeyFile = transport.private_key
    config.CaListFile = transport.authorities
    config.verifyClient = config.requireClientCert = transport.verify_client
    config.verifyServer = transport.verify_server
