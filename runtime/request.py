"""What manager actions are asked and what they answer, whatever carries the two."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Protocol

from asterism.runtime.arguments import split_arguments

AMI_VERSION = "11.0.0"
"Version of the manager's protocol: that of Asterisk 22."

Header = tuple[str, object]
"""A name and a value; the value is printed as text."""


def one_line(text: str) -> str:
    """A text as one line: a break in it would be two headers over TCP, and nobody may say more by another way."""
    return " ".join(text.splitlines()).strip() if not text.isprintable() else text.strip()


class Request:
    """The packet of an action: its headers in order, found by name in any case."""

    def __init__(self, headers: Sequence[tuple[str, str]]) -> None:
        self.headers = tuple(headers)
        self._by_name: dict[str, str] = {}
        for name, value in self.headers:
            self._by_name.setdefault(name.lower(), value)

    def get(self, name: str, default: str = "") -> str:
        """The value of the first header of this name."""
        return self._by_name.get(name.lower(), default)

    def all(self, name: str) -> list[str]:
        """The values of all headers of this name."""
        wanted = name.lower()
        return [value for name, value in self.headers if name.lower() == wanted]

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._by_name

    @property
    def variables(self) -> dict[str, str]:
        """What `Variable: name=value` lines set; one line may name several, separated as arguments are.

        Of a name that comes more than once the first counts, whether it is to be inherited (`_name`) or not.
        """
        found: dict[str, tuple[str, str]] = {}
        for line in self.all("Variable"):
            for part in split_arguments(line):
                name, equals, value = part.lstrip().partition("=")
                if equals and name:
                    found.setdefault(name.lstrip("_"), (name, value))
        return dict(found.values())


@dataclass(frozen=True, slots=True)
class Item:
    """One event of a list, or one that answers a single client.

    Args:
        event: Its name.
        headers: Its headers.
        marked_last: ActionID stands behind the headers, not before them: Asterisk does both.
    """

    event: str
    headers: Sequence[Header] = ()
    marked_last: bool = False


@dataclass(frozen=True, slots=True)
class Response:
    """The answer to an action.

    Args:
        status: Success, Error, or Goodbye.
        message: What the operator of the client reads; no Message line when empty.
        headers: Further lines.
        lines: Lines as they are, behind the headers.
        items: Events that follow; with `complete` they are a list.
        complete: Name of the event that ends the list.
        totals: Further headers of that event.
        last: An event behind those that happened while the action was under way.
        closes: The connection ends with it.
        after: Called when it has been sent.
    """

    status: str = "Success"
    message: str = ""
    headers: Sequence[Header] = ()
    lines: Sequence[str] = ()
    items: Sequence[Item] = ()
    complete: str = ""
    totals: Sequence[Header] = ()
    last: Item | None = None
    closes: bool = False
    after: Callable[[], None] | None = None

    @classmethod
    def success(cls, message: str = "", headers: Iterable[Header] = ()) -> "Response":
        """It was done."""
        return cls("Success", message, tuple(headers))

    @classmethod
    def error(cls, message: str) -> "Response":
        """It was not done, and why."""
        return cls("Error", message)

    @classmethod
    def listing(cls, message: str, items: Iterable[Item], complete: str, totals: Iterable[Header] = ()) -> "Response":
        """A list of events, ended by one more that counts them."""
        return cls("Success", message, items=tuple(items), complete=complete, totals=tuple(totals))


class Client(Protocol):
    """Who asks, as far as actions may know it."""

    @property
    def rights(self) -> frozenset[str]:
        """The classes of actions that it may use."""

    @property
    def variables(self) -> Mapping[str, str]:
        """What channels that it originates are given."""

    async def login(self, request: Request) -> Response:
        """Say who it is, and prove it."""

    def challenge(self, kind: str) -> Response:
        """Get something to prove it with, without saying the secret."""

    def listen(self, mask: str) -> bool | None:
        """Change the classes of events that it gets, as `EventMask` says; False for none, None when it is no mask."""

    def add_filter(self, criteria: str, text: str) -> str:
        """Add an event filter; why it cannot be, or nothing."""

    async def wait_event(self, seconds: float) -> None:
        """Wait for an event that it would get."""


class Nobody:
    """No client: the embedder, who runs an action himself and may do everything."""

    rights = frozenset(("system", "call", "command", "user", "config", "reporting", "dialplan", "originate", "agi"))
    variables: Mapping[str, str] = {}

    async def login(self, request: Request) -> Response:
        """There is nothing to log in to."""
        return Response.error("There is no connection")

    def challenge(self, kind: str) -> Response:
        """There is nothing to log in to."""
        return Response.error("There is no connection")

    def listen(self, mask: str) -> bool | None:
        """It has no event stream."""
        return False

    def add_filter(self, criteria: str, text: str) -> str:
        """It has no event stream."""
        return "There is no connection"

    async def wait_event(self, seconds: float) -> None:
        """It has no event stream."""


CLIENT: ContextVar[Client | None] = ContextVar("asterism_client", default=None)
"Who asked for the action that is being run; None for code."


def client() -> Client:
    """Who asked for the action that is being run."""
    return CLIENT.get() or Nobody()
