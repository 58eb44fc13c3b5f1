"""The manager's server: where clients connect, and how events reach them."""

import asyncio
import ssl
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from asterism.runtime.declare import Action
from asterism.runtime.errors import ConfigError
from asterism.runtime.events import (
    ChannelSnapshot,
    DeviceStateChange,
    Event,
    ExtensionStatus,
    PresenceStateChange,
    Reload,
)
from asterism.runtime.front_ends import ManagerLogin, ManagerUser
from asterism.runtime.manager.client import ManagerClient
from asterism.runtime.manager.conf import General, ManagerConf, User, manager_conf
from asterism.runtime.manager.connection import Connection
from asterism.runtime.manager.hints import HintWatch
from asterism.runtime.manager.history import KEPT_S, History
from asterism.runtime.manager.packets import EventPacket
from asterism.runtime.manager.rendering import event_headers, headers_of, kinds, privilege
from asterism.runtime.request import AMI_VERSION, Header
from asterism.runtime.settings import Address
from asterism.runtime.tls import server_context

if TYPE_CHECKING:
    from asterism.runtime.manager.pages import Pages
    from asterism.runtime.runtime import Runtime

TLS_PORT = 5039

Place = tuple[str, int, str]
"""Where the manager listens: host, port, TCP or TLS."""


def _nothing() -> None:
    pass


class ManagerServer:
    """Serves the manager of a runtime, as manager.conf says."""

    def __init__(self, rt: "Runtime") -> None:
        self.rt = rt
        self.conf = ManagerConf()
        self.banner = f"Asterisk Call Manager/{AMI_VERSION}"
        self.connections: list[ManagerClient] = []
        self.history = History()
        self.debug = False
        "Whether every client gets the numbers of events."
        self._servers: dict[Place, asyncio.Server] = {}
        self._pages: Pages | None = None
        self._stop_listening: Callable[[], None] = _nothing
        self._stop_watching: Callable[[], None] = _nothing
        self._listening: tuple[frozenset[str], frozenset[str]] = (frozenset(), frozenset())
        self._forgetting: asyncio.TimerHandle | None = None
        self._actions: tuple[int, dict[str, Action]] = (-1, {})

    # --- life

    async def start(self) -> None:
        """Read manager.conf and listen, if it says so.

        Raises:
            ConfigError: It is lost as a whole, or an address cannot be had.
        """
        await self.reload()

    def _load(self) -> ManagerConf:
        complain = self.rt.complain
        config = self.rt.configuration("manager.conf", complain)
        try:
            acls = self.rt.configuration("acl.conf", complain) if self.rt.has_config("acl.conf") else None
        except ConfigError as error:
            # Who names a list of it is let in by nobody.
            complain(error)
            acls = None
        return manager_conf(config, acls, complain)

    async def reload(self) -> None:
        """Read manager.conf again; when it is wrong the old one stays in force.

        Clients stay connected with the rights they have; users are looked up anew at the next login.

        Raises:
            ConfigError: It is lost as a whole, or an address cannot be had.
        """
        conf = self._load()
        context = None
        if conf.general.enabled and conf.general.tlsenable:
            assert self.rt.config_dir is not None
            context = server_context(conf.general, self.rt.config_dir, "manager.conf")
        # With another certificate the addresses of TLS are opened anew; whoever is connected stays.
        kept = {place: each for place, each in self._servers.items() if place[2] == "TCP"}
        for place in self._servers.keys() - kept.keys():
            self._servers[place].close()
        self._servers = kept
        await self._listen(_places(conf.general), context)
        self.conf, self.debug = conf, conf.general.debug
        self._offer_pages()
        self._listening = (frozenset(), frozenset())
        self.listeners_changed()

    async def _listen(self, wanted: Iterable[Place], context: ssl.SSLContext | None) -> None:
        """Listen at these places, and at no other; at all of the new ones, or as before."""
        opened: dict[Place, asyncio.Server] = {}
        try:
            for place in wanted:
                if place not in self._servers:
                    opened[place] = await self._bind(place, context)
        except OSError as error:
            for each in opened.values():
                each.close()
            raise ConfigError(f"the manager cannot listen on {place[0]}:{place[1]}: {error}", "manager.conf") from None
        for place in self._servers.keys() - set(wanted):
            self._servers.pop(place).close()
        self._servers |= opened

    async def _bind(self, place: Place, context: ssl.SSLContext | None) -> asyncio.Server:
        host, port, scheme = place
        loop = asyncio.get_running_loop()
        secure = context if scheme == "TLS" else None
        return await loop.create_server(lambda: Connection(self, scheme), host, port, ssl=secure, backlog=1024)

    def _offer_pages(self) -> None:
        """Serve the manager over HTTP, where that is wanted."""
        wanted = self.conf.general.enabled and self.conf.general.webenabled
        if wanted and self._pages is None:
            from asterism.runtime.http.server import HttpServer
            from asterism.runtime.manager.pages import Pages

            http = self.rt.front_ends.get("http")
            if isinstance(http, HttpServer):
                self._pages = Pages(self, http)
            else:
                self.rt.log.warning("manager.conf: webenabled: HTTP is not served, there is no http.conf")
        elif not wanted and self._pages is not None:
            self._pages.close()
            self._pages = None

    async def stop(self) -> None:
        """Listen no more, and hang up on everybody."""
        for listening in self._servers.values():
            listening.close()
        self._servers.clear()
        if self._forgetting is not None:
            self._forgetting.cancel()
        if self._pages is not None:
            self._pages.close()
        for connection in tuple(self.connections):
            connection.close()
        await asyncio.sleep(0)
        self._stop_listening()
        self._stop_watching()

    @property
    def addresses(self) -> list[tuple[str, int]]:
        """Where it listens."""
        return [socket.getsockname()[:2] for listening in self._servers.values() for socket in listening.sockets]

    # --- who is there

    def arrived(self, connection: ManagerClient) -> bool:
        """A client has connected; False when it must go."""
        limit = self.conf.general.authlimit
        if limit > 0 and sum(each.user is None for each in self.connections) >= limit:
            self.rt.log.warning(f"manager connection rejected from {connection.name}, too many are not logged in")
            return False
        self.connections.append(connection)
        return True

    def may_enter(self, user: User) -> bool:
        """Whether this user may log in once more."""
        if user.settings.allowmultiplelogin:
            return True
        return not any(each.user is not None and each.user.name == user.name for each in self.connections)

    def entered(self, connection: ManagerClient) -> None:
        """A client has logged in."""
        user = connection.user
        if user is not None and user.settings.displayconnects:
            self.rt.log.verbose(2, f"Manager '{user.name}' logged on from {connection.name}")
        self.listeners_changed()

    def left(self, connection: ManagerClient) -> None:
        """A client is gone."""
        if connection not in self.connections:
            return
        self.connections.remove(connection)
        user = connection.user
        if user is not None and user.settings.displayconnects:
            self.rt.log.verbose(2, f"Manager '{user.name}' logged off from {connection.name}")
        self.listeners_changed()

    # --- actions

    def action(self, name: str) -> Action | None:
        """A loaded action by name, in any case."""
        generation = self.rt.modules.generation
        if self._actions[0] != generation:
            self._actions = (generation, {each.lower(): action for each, action in self.rt.actions.items()})
        return self._actions[1].get(name.lower())

    # --- events

    def listeners_changed(self) -> None:
        """Listen to what any client sees, and to nothing else: putting events together costs calls their time."""
        numbered: frozenset[str] = frozenset().union(*(each.sees for each in self.connections if each.numbered))
        self._keep(numbered)
        wanted = self.history.classes.union(*(each.sees for each in self.connections))
        disabled = frozenset(name.strip().lower() for name in self.conf.general.disabledevents)
        if (wanted, disabled) == self._listening:
            return
        self._listening = (wanted, disabled)
        self._stop_listening()
        self._stop_watching()
        self._stop_watching = _nothing
        found = [each for each in kinds() if privilege(each) in wanted and each.__name__.lower() not in disabled]
        if ExtensionStatus in found:
            # Before the clients hear of the device: what that means for an extension is told first, as in Asterisk.
            watch = HintWatch(self.rt)
            kinds_watched = DeviceStateChange, PresenceStateChange, Reload
            self._stop_watching = self.rt.bus.subscribe(watch.happened, *kinds_watched)
        self._stop_listening = self.rt.bus.subscribe(self._publish, *found) if found else _nothing

    def _keep(self, numbered: frozenset[str]) -> None:
        """Keep the events of these classes; when nobody asks any more, for a while yet."""
        if numbered and self._forgetting is not None:
            self._forgetting.cancel()
            self._forgetting = None
        self.history.want(numbered)
        if not numbered and self.history.classes and self._forgetting is None:
            self._forgetting = asyncio.get_running_loop().call_later(KEPT_S, self._forget)

    def _forget(self) -> None:
        self._forgetting = None
        self.history.forget()
        self.listeners_changed()

    def _publish(self, event: Event) -> None:
        packet = self._packet(event)
        self.history.add(packet)
        for each in self.connections:
            if packet.privilege in each.sees:
                each.hand(packet)

    def publish_to(self, connection: ManagerClient, event: Event) -> None:
        """Give one client an event that nobody else hears of."""
        packet = self._packet(event)
        if packet.privilege in connection.sees:
            connection.hand(packet)

    def _packet(self, event: Event) -> EventPacket:
        self.history.number += 1
        now = self.rt.now()
        headers = event_headers(event, now, self._variables if self.conf.general.channelvars else None)
        if self.conf.general.timestampevents:
            headers.insert(2, ("Timestamp", f"{now:.6f}"))
        return EventPacket(headers, privilege(type(event)), self.history.number)

    def _variables(self, snapshot: ChannelSnapshot) -> list[tuple[str, str]]:
        channel = self.rt.channels.get(snapshot.channel)
        if channel is None:
            return []
        return [(name, channel.variables.get(name, "")) for name in map(str.strip, self.conf.general.channelvars)]

    # --- what commands may ask; see `asterism.runtime.front_ends.Manager`

    def settings(self) -> list[tuple[str, object]]:
        """What manager.conf says, by Asterisk's titles."""
        general = self.conf.general
        plain, secure = ([place for place in self._servers if place[2] == scheme] for scheme in ("TCP", "TLS"))
        return [
            ("Manager (AMI)", general.enabled),
            ("Web Manager (AMI/HTTP)", general.webenabled),
            ("TCP Bindaddress", _shown(plain)),
            ("HTTP Timeout (seconds)", general.httptimeout),
            ("TLS Enable", general.tlsenable),
            ("TLS Bindaddress", _shown(secure)),
            ("TLS Certfile", general.tlscertfile),
            ("TLS Privatekey", general.tlsprivatekey),
            ("TLS Cipher", general.tlscipher),
            ("Allow multiple login", general.allowmultiplelogin),
            ("Display connects", general.displayconnects),
            ("Timestamp events", general.timestampevents),
            ("Channel vars", ",".join(general.channelvars)),
            ("Disabled events", ",".join(general.disabledevents)),
            ("Debug", self.debug),
        ]

    def users(self) -> list[ManagerUser]:
        """Its users."""
        return [
            ManagerUser(
                user.name,
                bool(user.settings.secret),
                user.read,
                user.write,
                user.settings.displayconnects,
                user.settings.allowmultiplelogin,
                user.variables,
                [[(permit, str(network.with_netmask)) for permit, network in rules] for rules in user.access.lists],
            )
            for user in self.conf.users.values()
        ]

    def logins(self) -> list[ManagerLogin]:
        """Who is logged in."""
        return [
            ManagerLogin(each.user.name, each.name, each.login_s, each.descriptor, each.user.read, each.user.write)
            for each in self.connections
            if each.user is not None
        ]

    def kick(self, descriptor: int) -> bool:
        """Hang up on who is logged in over this file descriptor; False when nobody is."""
        found = [each for each in self.connections if each.user is not None and each.descriptor == descriptor >= 0]
        for each in found:
            each.close()
        return bool(found)

    def kept_events(self) -> list[Sequence[Header]]:
        """The headers of events that are kept for clients that ask for what they missed."""
        return [each.numbered().headers for each in self.history]

    def event_kinds(self) -> dict[str, type[Event]]:
        """All events that there are, by name."""
        return {kind.__name__: kind for kind in kinds()}

    def event_headers(self, kind: type[Event]) -> list[str]:
        """The headers of an event, in order."""
        return headers_of(kind)

    def privilege_of(self, kind: type[Event]) -> str:
        """The class that a user must be able to read to get it."""
        return privilege(kind)


def _shown(places: Sequence[Place]) -> str:
    return ",".join(str(Address(host, port)) for host, port, _ in places) or "Disabled"


def _places(general: General) -> list[Place]:
    """Where manager.conf wants it to listen; bad addresses are named.

    Raises:
        ConfigError: What stands there is no address.
    """
    if not general.enabled:
        return []
    wanted = [(text, general.port, "TCP") for text in general.bindaddr]
    if general.tlsenable:
        wanted += [(text, TLS_PORT, "TLS") for text in general.tlsbindaddr or general.bindaddr]
    found = []
    for text, port, scheme in wanted:
        try:
            address = Address.parse(text)
        except ValueError as error:
            raise ConfigError(f"the manager cannot listen on {text}: {error}", "manager.conf") from None
        if scheme == "TLS" and not general.tlsbindaddr:
            address = Address(address.host)
        found.append((address.host, address.port or port, scheme))
    return found


def make(rt: "Runtime") -> ManagerServer:
    """The manager of a runtime; for whoever starts front ends by name."""
    return ManagerServer(rt)
