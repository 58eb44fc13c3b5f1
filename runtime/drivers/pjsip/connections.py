"""The connections over TCP and TLS that are open, and the strangers who have asked for something."""

from collections.abc import Callable, Iterable

from asterism import _native as native
from asterism.runtime.drivers.pjsip.options import bracketed
from asterism.runtime.peers import ConnectionFacts, StrangerFacts

_STATES = {"connected": "ACTIVE", "disconnected": "DISCONNECTED", "shutdown": "SHUTDOWN"}

STRANGER_S = 10.0
"""How long somebody who was not recognised is remembered: twice Asterisk's unidentified_request_period."""

STRANGERS_MAX = 1000
"""Hosts that are remembered; whoever scans from more is told of in the security log."""


class Connections:
    """What the native module tells of connections."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, native.Address, native.Address], str] = {}

    def take(self, event: native.TransportState) -> None:
        """A connection came up, or goes down."""
        key = event.protocol, event.local, event.remote
        if event.state in _STATES and event.remote[1]:
            self._open[key] = _STATES[event.state]
        else:
            self._open.pop(key, None)

    def facts(
        self, listening: Iterable[tuple[str, str, int]], monitors: Callable[[native.Address], int]
    ) -> list[ConnectionFacts]:
        """All of them.

        Args:
            listening: Protocol, host and port of our transports: who has come to one of them has come to us.
            monitors: How many contacts live by the connection with an address.
        """
        ports = {(protocol, port) for protocol, _, port in listening}
        return [
            ConnectionFacts(
                protocol=protocol,
                remote=f"{bracketed(remote[0])}:{remote[1]}",
                state=state,
                incoming=(protocol, local[1]) in ports,
                monitors=monitors(remote),
            )
            for (protocol, local, remote), state in self._open.items()
        ]


class Strangers:
    """Hosts whose requests belong to no endpoint.

    Compat: they are counted only where endpoint_identifier_order names auth_username, as in Asterisk.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._seen: dict[str, tuple[int, float]] = {}

    def take(self, event: native.Security) -> None:
        """Somebody was recognised, or was not."""
        host = event.source[0]
        if event.identity:
            self._seen.pop(host, None)
            return
        self._prune()
        count, first = self._seen.get(host, (0, self._now()))
        if count or len(self._seen) < STRANGERS_MAX:
            self._seen[host] = count + 1, first

    def _prune(self) -> None:
        oldest = self._now() - STRANGER_S
        while self._seen:  # They stand in the order of their beginning.
            host, (_, first) = next(iter(self._seen.items()))
            if first >= oldest:
                break
            del self._seen[host]

    def facts(self) -> list[StrangerFacts]:
        """All of them, by address."""
        self._prune()
        now = self._now()
        return [StrangerFacts(host, count, now - first) for host, (count, first) in sorted(self._seen.items())]
