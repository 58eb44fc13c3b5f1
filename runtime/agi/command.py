"""What an AGI command is, said once: the call, its arity, `agi show commands`, and the usage that 520 answers."""

import inspect
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from typing import Any

from asterism.runtime.agi.protocol import Reply
from asterism.runtime.declare import Declaration

MODULES = ("calls", "values", "listening", "recording", "messages", "speech")
"Where the commands are, in this room."


class Misused(Exception):
    """The arguments of a command do not fit: it answers 520 with its usage."""


@dataclass(frozen=True, eq=False)
class AgiCommand(Declaration):
    """A command of AGI; the parameters of its body are its arguments.

    Args:
        dead: It may be used when the channel has been hung up.
    """

    dead: bool = False
    names: tuple[str, ...] = ()
    least: int = 0
    most: int | None = None

    @property
    def words(self) -> tuple[str, ...]:
        """Its name word by word, in small letters."""
        return tuple(self.name.lower().split())

    @property
    def syntax(self) -> str:
        """As the usage shows it: `GET FULL VARIABLE <expression> [<channelname>]`."""
        parts = [f"<{name}>" if at < self.least else f"[<{name}>]" for at, name in enumerate(self.names)]
        return " ".join((self.name, *parts))

    @property
    def usage(self) -> tuple[str, ...]:
        """The lines that 520 answers."""
        doc = self.doc
        return (f"Usage: {self.syntax}", doc.synopsis, *doc.description.splitlines())

    def run(self, conversation: Any, arguments: Sequence[str]) -> Awaitable[Reply]:
        """Run it with these arguments.

        Raises:
            Misused: There are too few or too many.
        """
        if len(arguments) < self.least or (self.most is not None and len(arguments) > self.most):
            raise Misused
        running: Awaitable[Reply] = self.body(conversation, *arguments)
        return running


def agi_command(
    name: str, *, dead: bool = False, since: str = "0.1", see: str = ""
) -> Callable[[Callable[..., Awaitable[Reply]]], AgiCommand]:
    """Declare a command: `async def body(agi, first, second="")`; `*more` takes any number of others."""

    def declare(body: Callable[..., Awaitable[Reply]]) -> AgiCommand:
        parameters = list(inspect.signature(body).parameters.values())[1:]
        plain = [each for each in parameters if each.kind is not inspect.Parameter.VAR_POSITIONAL]
        return AgiCommand(
            name,
            body,
            since,
            see,
            dead=dead,
            names=tuple(each.name for each in plain),
            least=sum(each.default is inspect.Parameter.empty for each in plain),
            most=len(plain) if len(plain) == len(parameters) else None,
        )

    return declare


@lru_cache(maxsize=1)
def commands() -> dict[tuple[str, ...], AgiCommand]:
    """All commands by their words."""
    found: dict[tuple[str, ...], AgiCommand] = {}
    for module in MODULES:
        for value in vars(import_module(f"{__package__}.{module}")).values():
            if isinstance(value, AgiCommand):
                found[value.words] = value
    return dict(sorted(found.items()))


@lru_cache(maxsize=1)
def _longest() -> int:
    return max(map(len, commands()))


def find(words: Sequence[str]) -> tuple[AgiCommand, Sequence[str]] | None:
    """The command that a line begins with, whatever case it is written in, and its arguments."""
    table = commands()
    lower = tuple(word.lower() for word in words[: _longest()])
    for length in range(len(lower), 0, -1):
        command = table.get(lower[:length])
        if command is not None:
            return command, words[length:]
    return None


def beginning(words: Iterable[str]) -> list[AgiCommand]:
    """The commands whose name begins with these words."""
    wanted = tuple(word.lower() for word in words)
    return [command for name, command in commands().items() if name[: len(wanted)] == wanted]
