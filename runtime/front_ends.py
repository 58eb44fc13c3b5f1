"""What commands and actions may ask of the front ends: the manager, and the HTTP server."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from asterism.runtime.events import Event

CLASS_BITS = {
    "system": 0, "call": 1, "log": 2, "verbose": 3, "command": 4, "agent": 5, "user": 6, "config": 7, "dtmf": 8,
    "reporting": 9, "cdr": 10, "dialplan": 11, "originate": 12, "agi": 13, "cc": 15, "aoc": 16, "test": 17,
    "security": 18, "message": 30,
}  # fmt: skip
"The classes of the manager in Asterisk's order, and the bit of each in a mask."


def may(rights: frozenset[str], privilege: str) -> bool:
    """Whether somebody with these rights has one of the classes that are asked for; True when none is."""
    return not privilege or any(name in rights for name in privilege.split(","))


@dataclass(frozen=True, slots=True)
class ManagerUser:
    """A user of the manager, as manager.conf says.

    Args:
        rules: permit (True) and deny lines with their networks, a list for each access list.
    """

    name: str
    has_secret: bool
    read: frozenset[str]
    write: frozenset[str]
    shows_connects: bool
    may_enter_twice: bool
    variables: Sequence[tuple[str, str]]
    rules: Sequence[Sequence[tuple[bool, str]]]


@dataclass(frozen=True, slots=True)
class ManagerLogin:
    """Somebody who is logged in to the manager.

    Args:
        since_s: Since the epoch.
        descriptor: The file descriptor of its connection; -1 for a login over HTTP.
    """

    user: str
    address: str
    since_s: float
    descriptor: int
    read: frozenset[str]
    write: frozenset[str]


@runtime_checkable
class Manager(Protocol):
    """The manager."""

    debug: bool
    "Whether every client gets the numbers of events."

    def settings(self) -> Sequence[tuple[str, object]]:
        """What manager.conf says, by Asterisk's titles."""

    def users(self) -> Sequence[ManagerUser]:
        """Its users."""

    def logins(self) -> Sequence[ManagerLogin]:
        """Who is logged in."""

    def kick(self, descriptor: int) -> bool:
        """Hang up on who is logged in over this file descriptor; False when nobody is."""

    def kept_events(self) -> Sequence[Sequence[tuple[str, object]]]:
        """The headers of events that are kept for clients that ask for what they missed."""

    def event_kinds(self) -> Mapping[str, type[Event]]:
        """All events that there are, by name."""

    def event_headers(self, kind: type[Event]) -> Sequence[str]:
        """The headers of an event, in order."""

    def privilege_of(self, kind: type[Event]) -> str:
        """The class that a user must be able to read to get it."""


@runtime_checkable
class WebServer(Protocol):
    """The HTTP server."""

    @property
    def server_name(self) -> str:
        """What it calls itself."""

    @property
    def prefix(self) -> str:
        """What stands before all its pages."""

    def places(self) -> Sequence[tuple[str, bool]]:
        """Addresses that it listens on, and whether over TLS."""

    def pages(self) -> Sequence[tuple[str, str]]:
        """What it serves: the path behind the prefix, and what that is."""

    def redirects(self) -> Sequence[tuple[str, str]]:
        """Paths for which another place is named, and that place."""


def manager_of(found: object) -> Manager | None:
    """A front end as the manager; None when it is another, or none."""
    return found if isinstance(found, Manager) else None


def web_server_of(found: object) -> WebServer | None:
    """A front end as the HTTP server; None when it is another, or none."""
    return found if isinstance(found, WebServer) else None
