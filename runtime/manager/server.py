"""The manager's server: where clients connect, and how events reach them."""

import asyncio
import ssl
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from asterism.runtime import events
from asterism.runtime.declare import Action
from asterism.runtime.errors import ConfigError
from asterism.runtime.events import ChannelSnapshot, DeviceStateChange, Event, ExtensionStatus
from asterism.runtime.manager.conf import ManagerConf, User, load
from asterism.runtime.manager.connection import Connection
from asterism.runtime.manager.hints import HintWatch
from asterism.runtime.manager.packets import encode
from asterism.runtime.manager.rendering import event_headers, kinds, privilege, stamp
from asterism.runtime.request import AMI_VERSION
from asterism.runtime.settings import Address

if TYPE_CHECKING:
    from asterism.runtime.runtime import Runtime

TLS_PORT = 5039


def _nothing() -> None:
    pass


class ManagerServer:
    """Serves the manager of a runtime, as manager.conf says."""

    def __init__(self, rt: "Runtime") -> None:
        self.rt = rt
        self.conf = ManagerConf()
        self.banner = f"Asterisk Call Manager/{AMI_VERSION}"
        self.connections: list[Connection] = []
        self._servers: list[asyncio.Server] = []
        self._stop_listening: Callable[[], None] = _nothing
        self._stop_watching: Callable[[], None] = _nothing
        self._listening: frozenset[str] = frozenset()
        self._actions: tuple[int, dict[str, Action]] = (-1, {})

    # --- life

    async def start(self) -> None:
        """Read manager.conf and listen, if it says so.

        Raises:
            ConfigError: It is lost as a whole, or an address cannot be had.
        """
        self.conf = self._load()
        if self.conf.general.enabled:
            await self._listen()

    def _load(self) -> ManagerConf:
        assert self.rt.config_dir is not None
        return load(self.rt.config_dir, lambda error: self.rt.log.warning(str(error)))

    async def _listen(self) -> None:
        general = self.conf.general
        if general.webenabled:
            self.rt.log.notice("manager.conf: webenabled: there is no HTTP server yet, the manager is served over TCP")
        for text in general.bindaddr:
            await self._bind(text, general.port, None, "TCP")
        if general.tlsenable:
            context = self._tls()
            for text in general.tlsbindaddr or general.bindaddr:
                await self._bind(text, TLS_PORT, context, "TLS")

    async def _bind(self, text: str, port: int, context: ssl.SSLContext | None, scheme: str) -> None:
        try:
            address = Address.parse(text)
            listening = await asyncio.get_running_loop().create_server(
                lambda: Connection(self, scheme),
                address.host,
                address.port or port,
                ssl=context,
            )
        except (OSError, ValueError) as error:
            await self.stop()
            raise ConfigError(f"the manager cannot listen on {text}: {error}", "manager.conf") from None
        self._servers.append(listening)

    def _tls(self) -> ssl.SSLContext:
        general = self.conf.general
        assert self.rt.config_dir is not None
        try:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            certificate = self.rt.config_dir / general.tlscertfile
            context.load_cert_chain(certificate, self.rt.config_dir / (general.tlsprivatekey or certificate))
            if general.tlscipher:
                context.set_ciphers(general.tlscipher)
        except (OSError, ssl.SSLError) as error:
            raise ConfigError(f"TLS cannot be served with {general.tlscertfile}: {error}", "manager.conf") from None
        return context

    async def stop(self) -> None:
        """Listen no more, and hang up on everybody."""
        for listening in self._servers:
            listening.close()
        self._servers.clear()
        for connection in tuple(self.connections):
            connection.close()
        await asyncio.sleep(0)
        self._stop_listening()
        self._stop_watching()

    async def reload(self) -> None:
        """Read manager.conf again; when it is wrong the old one stays in force.

        Clients stay connected with the rights they have; users are looked up anew at the next login.

        Raises:
            ConfigError: It is lost as a whole, or an address cannot be had.
        """
        before, self.conf = self.conf.general, self._load()
        after = self.conf.general
        places = [
            (each.enabled, each.port, each.bindaddr, each.tlsenable, each.tlsbindaddr, each.tlscertfile)
            for each in (before, after)
        ]
        if places[0] == places[1]:
            return
        for listening in self._servers:
            listening.close()
        self._servers.clear()
        if after.enabled:
            await self._listen()

    @property
    def addresses(self) -> list[tuple[str, int]]:
        """Where it listens."""
        return [socket.getsockname()[:2] for listening in self._servers for socket in listening.sockets]

    # --- who is there

    def arrived(self, connection: Connection) -> bool:
        """A client has connected; False when it must go."""
        limit = self.conf.general.authlimit
        if limit > 0 and sum(each.user is None for each in self.connections) >= limit:
            self.rt.log.warning(f"manager connection rejected from {connection.name}, too many are not logged in")
            return False
        self.connections.append(connection)
        return True

    def may_enter(self, user: User) -> bool:
        """Whether this user may log in once more."""
        if user.settings.allowmultiplelogin and self.conf.general.allowmultiplelogin:
            return True
        return not any(each.user is not None and each.user.name == user.name for each in self.connections)

    def entered(self, connection: Connection) -> None:
        """A client has logged in."""
        user = connection.user
        if user is not None and user.settings.displayconnects and self.conf.general.displayconnects:
            self.rt.log.verbose(2, f"Manager '{user.name}' logged on from {connection.name}")
        self.listeners_changed()

    def left(self, connection: Connection) -> None:
        """A client is gone."""
        if connection not in self.connections:
            return
        self.connections.remove(connection)
        user = connection.user
        if user is not None and user.settings.displayconnects and self.conf.general.displayconnects:
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
        wanted = frozenset().union(*(each.sees for each in self.connections))
        if wanted == self._listening:
            return
        self._listening = wanted
        self._stop_listening()
        self._stop_watching()
        self._stop_watching = _nothing
        disabled = {name.strip().lower() for name in self.conf.general.disabledevents}
        found = [each for each in kinds() if privilege(each) in wanted and each.__name__.lower() not in disabled]
        self._stop_listening = self.rt.bus.subscribe(self._publish, *found) if found else _nothing
        if ExtensionStatus in found:
            self._stop_watching = self.rt.bus.subscribe(HintWatch(self.rt).changed, DeviceStateChange)

    def _publish(self, event: Event) -> None:
        self._hand(event, self.connections)

    def publish_to(self, connection: Connection, event: Event) -> None:
        """Give one client an event that nobody else hears of."""
        self._hand(event, (connection,))

    def _hand(self, event: Event, connections: Sequence[Connection]) -> None:
        needed = privilege(type(event))
        takers = [each for each in connections if needed in each.sees]
        if not takers:
            return
        now = self.rt.now()
        headers = event_headers(event, now, self._variables if self.conf.general.channelvars else None)
        if self.conf.general.timestampevents:
            headers.insert(2, ("Timestamp", f"{now:.6f}"))
        packet = encode(headers)
        for each in takers:
            each.hand(packet, headers)

    def _variables(self, snapshot: ChannelSnapshot) -> list[tuple[str, str]]:
        channel = self.rt.channels.get(snapshot.channel)
        if channel is None:
            return []
        return [(name, channel.variables.get(name, "")) for name in map(str.strip, self.conf.general.channelvars)]

    def tell(self, event: events.SecurityEvent) -> None:
        """Publish that somebody tried to get in, and write it into the security log."""
        self.rt.bus.publish(event)
        extra = "".join(f',{name}="{value}"' for name, value in event.extra.items())
        self.rt.log.security(
            f'SecurityEvent="{event.name}",EventTV="{stamp(self.rt.now())}",Severity="{event.severity}",'
            f'Service="{event.service}",EventVersion="1",AccountID="{event.account_id}",'
            f'SessionID="{event.session_id}",LocalAddress="{event.local_address}",'
            f'RemoteAddress="{event.remote_address}"{extra}'
        )


def make(rt: "Runtime") -> ManagerServer:
    """The manager of a runtime; for whoever starts front ends by name."""
    return ManagerServer(rt)
