"""Declarations: what an application, a function, a command, an action, or a noun is, said once.

A decorator makes a Declaration and does nothing else: no registry, no side effect at import. A Runtime
collects the declarations of the modules it loads. From one declaration come the call itself, the argument
parsing, `core show application`, completion, AGI's EXEC, and the manual.
"""

import inspect
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from asterism.runtime.arguments import (
    FOREVER,
    Given,
    Milliseconds,
    Option,
    Parameter,
    Seconds,
    Separated,
    Text,
    Unit,
    Whole,
    bind,
    parameters_of,
    split_arguments,
    split_options,
)
from asterism.runtime.errors import ArgumentError, Hangup

__all__ = [
    "FOREVER",
    "Action",
    "Application",
    "Command",
    "Declaration",
    "Doc",
    "Function",
    "Given",
    "Milliseconds",
    "Noun",
    "Option",
    "Seconds",
    "Separated",
    "Table",
    "Text",
    "Unit",
    "Whole",
    "action",
    "application",
    "command",
    "function",
    "noun",
]

Runner = Callable[[Any], Any]
"""One compiled call; what it returns is an Outcome of `asterism.dialplan.scope`, or awaitable."""


@dataclass(frozen=True)
class Doc:
    """A docstring taken apart: synopsis, description, and the sections `Args:`, `Sets:`, `Compat:` ..."""

    synopsis: str
    description: str
    sections: dict[str, str]

    @classmethod
    def of(cls, body: object) -> "Doc":
        """Read the docstring of a declared body."""
        text = inspect.getdoc(body) or ""
        head, _, rest = text.partition("\n")
        sections: dict[str, list[str]] = {}
        description: list[str] = []
        current: list[str] | None = None
        for line in rest.splitlines():
            name, colon, tail = line.partition(":")
            if colon and name.isidentifier() and name in _SECTIONS:
                current = sections.setdefault(name, [])
                if tail.strip():
                    current.append(tail.strip())
            elif current is not None:
                current.append(line.removeprefix("    "))
            else:
                description.append(line)
        return cls(
            head.strip(),
            "\n".join(description).strip(),
            {name: "\n".join(lines).strip() for name, lines in sections.items()},
        )


_SECTIONS = frozenset(("Args", "Returns", "Raises", "Sets", "Compat", "Example", "Usage"))


@dataclass(frozen=True, eq=False)
class Declaration:
    """What every declaration has.

    Args:
        name: As the user writes it.
        body: The Python function behind it.
        since: Version of asterism that brought it.
        see: Related names, separated by commas.
        module: The module it was declared in.
    """

    name: str
    body: Callable[..., Any]
    since: str = "0.1"
    see: str = ""

    @property
    def module(self) -> str:
        """Name of the Python module that declares it."""
        return str(self.body.__module__)

    @property
    def doc(self) -> Doc:
        """The parsed docstring; read when help is asked for."""
        return Doc.of(self.body)


@dataclass(frozen=True, eq=False)
class Application(Declaration):
    """A dialplan application. Meets `asterism.dialplan.scope.Application`."""

    parameters: tuple[Parameter, ...] = ()
    raw: bool = False
    ends_on_bad_arguments: bool = False
    specialise: list[Callable[..., Runner | None]] = field(default_factory=list)

    @property
    def syntax(self) -> str:
        """Its arguments as help shows them: `Dial(destinations[,timeout[,options]])`."""
        return f"{self.name}({_syntax(self.parameters)})"

    def compile(self, body: Callable[..., Runner | None]) -> Callable[..., Runner | None]:
        """Decorator: how to make a faster Runner from the argument text before substitution.

        The body is given the dialplan's compiled template and returns a Runner, or None to decline.
        """
        self.specialise.append(body)
        return body

    def arguments(self, data: str) -> list[Any]:
        """The values for the body that this argument text stands for.

        Raises:
            ArgumentError: The text does not fit.
        """
        parameters = self.parameters
        if len(parameters) == 1 and parameters[0].whole:
            return bind(parameters, [data], self.name)
        whole = next((index + 1 for index, parameter in enumerate(parameters) if parameter.whole), 0)
        return bind(parameters, split_arguments(data, most=whole, raw=self.raw), self.name)

    def complaints(self, data: str) -> list[str]:
        """Warnings that this argument text deserves: options unknown, or not served yet."""
        texts = split_arguments(data, raw=True)
        found: list[str] = []
        for parameter, text in zip(self.parameters, texts, strict=False):
            if not parameter.options or not text:
                continue
            known = {entry.option.letter: entry.option for entry in parameter.options}
            letters, wrong = split_options(text)
            if wrong:
                found.append(wrong)
            for letter, _ in letters:
                if letter not in known:
                    found.append(f"{self.name}: option '{letter}' is unknown and ignored")
                elif known[letter].later:
                    found.append(f"{self.name}: option '{letter}' is not supported yet and ignored")
        return found

    def run(self, channel: Any, data: str) -> Awaitable[None] | None:
        """Run on a channel with this argument text."""
        result: Awaitable[None] | None = self.prepare(data)(channel)
        return result

    def prepare(self, data: str) -> Runner:
        """Parse the argument text now, run it later, any number of times."""
        body, name = self.body, self.name
        complaints = self.complaints(data) if any(parameter.options for parameter in self.parameters) else []
        try:
            values = self.arguments(data)
        except ArgumentError as error:
            return self._refusal(str(error))
        if complaints:

            def complain(channel: Any) -> Awaitable[None] | None:
                for text in complaints:
                    channel.warn(text)
                result: Awaitable[None] | None = body(channel, *values)
                return result

            return complain
        if not values:
            return body

        def prepared(channel: Any) -> Awaitable[None] | None:
            result: Awaitable[None] | None = body(channel, *values)
            return result

        prepared.__qualname__ = name
        return prepared

    def _refusal(self, text: str) -> Runner:
        def refuse(channel: Any) -> None:
            channel.warn(text)
            if self.ends_on_bad_arguments:
                raise Hangup(0)  # Nobody hung up, so there is no cause.

        return refuse


@dataclass(frozen=True, eq=False)
class Function(Declaration):
    """A dialplan function. Meets `asterism.dialplan.scope.Function`."""

    parameters: tuple[Parameter, ...] = ()
    is_async: bool = False
    dangerous_read: bool = False
    dangerous_write: bool = False
    raw: bool = False
    form: str = ""
    writers: list[Callable[..., Any]] = field(default_factory=list)
    specialise: list[Callable[..., Callable[[Any], str] | None]] = field(default_factory=list)

    @property
    def syntax(self) -> str:
        """Its arguments as help shows them: `CUT(varname,char-delim,range-spec)`."""
        if self.form:
            return f"{self.name}({self.form})"
        return f"{self.name}({_syntax(self.parameters)})" if self.parameters else self.name

    @property
    def writes_async(self) -> bool:
        """Whether assigning to it has to be awaited."""
        return bool(self.writers) and inspect.iscoroutinefunction(self.writers[0])

    def write(self, body: Callable[..., Any]) -> Callable[..., Any]:
        """Decorator: the body that `Set(NAME(args)=value)` calls; the value is its last parameter."""
        self.writers.append(body)
        return body

    def compile(self, body: Callable[..., Callable[[Any], str] | None]) -> Callable[..., Callable[[Any], str] | None]:
        """Decorator: how to make a faster reading from the argument text before substitution.

        The body is given the dialplan's compiler and the text, and returns what reads the value of a channel, or
        None to decline.
        """
        self.specialise.append(body)
        return body

    def values(self, argument: str) -> list[Any]:
        """The values for the body that this argument text stands for.

        The last parameter takes the rest of the text as it stands, with its commas, quotes, and backslashes; an
        argument that is given but empty is an empty text, not the default.

        Raises:
            ArgumentError: The text does not fit.
        """
        parameters = self.parameters
        if len(parameters) == 1:
            return bind(parameters, [argument], self.name, keep_empty=True)
        texts = split_arguments(argument, most=len(parameters), raw=self.raw) if parameters else []
        return bind(parameters, texts, self.name, keep_empty=True)

    def prepare(self, argument: str) -> Callable[[Any], str | Awaitable[str]]:
        """Parse the argument text now, read the value later, any number of times."""
        body = self.body
        try:
            values = self.values(argument)
        except ArgumentError:
            return lambda channel: self.read(channel, argument)
        if len(values) == 1:
            only = values[0]
            return lambda channel: body(channel, only)
        return lambda channel: body(channel, *values)

    def read(self, channel: Any, argument: str) -> str | Awaitable[str]:
        """The value of `${NAME(argument)}`; awaitable exactly when `is_async`."""
        result: str | Awaitable[str] = self.body(channel, *self.values(argument))
        return result

    def assign(self, channel: Any, argument: str, value: str) -> Awaitable[None] | None:
        """Do `Set(NAME(argument)=value)`; awaitable exactly when `writes_async`.

        Raises:
            ArgumentError: The function cannot be written.
        """
        if not self.writers:
            raise ArgumentError(f"Function {self.name} is read-only")
        result: Awaitable[None] | None = self.writers[0](channel, *self.values(argument), value)
        return result


@dataclass(frozen=True, eq=False)
class Command(Declaration):
    """A console command; `name` is its pattern, see `asterism.runtime.grammar`."""

    json: bool = True


@dataclass(frozen=True, eq=False)
class Action(Declaration):
    """A manager action; its parameters are its headers.

    Args:
        privilege: Classes of which the user must have one to write, such as `system,call`; empty for all.
        headers: Of one whose body takes the whole request: the headers that it reads, those that it needs first and
            a `*` behind them, such as `Channel* Timeout`.
    """

    parameters: tuple[Parameter, ...] = ()
    privilege: str = ""
    headers: str = ""


@dataclass(frozen=True, eq=False)
class Noun(Declaration):
    """What `<name>` in command patterns completes to: the body lists (word, description) for a Runtime."""


@dataclass(frozen=True)
class Table:
    """A table that console, `-rx`, and manager print alike, and that `--json` gives as objects.

    Args:
        columns: (title, width) in order; the last may have width 0 for the rest of the line.
        rows: A tuple of cells each.
        footer: Lines below it.
        line: How one row is printed, in Asterisk's own layout; joined by columns when None.
        above: Lines before it.
        underline: Draw a line of dashes under each title.
    """

    columns: Sequence[tuple[str, int]]
    rows: Sequence[Sequence[object]]
    footer: Sequence[str] = ()
    header: bool = True
    line: Callable[[Sequence[object]], str] | None = None
    above: Sequence[str] = ()
    underline: bool = False

    def lines(self) -> Iterable[str]:
        """The printed table."""
        line = self.line or self._line
        yield from self.above
        if self.header:
            yield line([title for title, _ in self.columns])
            if self.underline:
                yield line(["-" * len(title) for title, _ in self.columns])
        for row in self.rows:
            yield line(row)
        yield from self.footer

    def _line(self, row: Sequence[object]) -> str:
        cells = (
            f"{cell!s:<{width}.{width}}" if width else str(cell)
            for cell, (_, width) in zip(row, self.columns, strict=True)
        )
        return " ".join(cells).rstrip()

    def objects(self) -> list[dict[str, object]]:
        """The rows as mappings from column title to cell."""
        titles = [title for title, _ in self.columns]
        return [dict(zip(titles, row, strict=True)) for row in self.rows]


def _syntax(parameters: Sequence[Parameter]) -> str:
    text = ""
    closing = ""
    for index, parameter in enumerate(parameters):
        comma = "," if index else ""
        if parameter.required:
            text += comma + parameter.name
        else:
            text += f"[{comma}{parameter.name}"
            closing += "]"
    return text + closing


def application(
    name: str, *, since: str = "0.1", see: str = "", raw: bool = False, ends_on_bad_arguments: bool = False
) -> Callable[[Callable[..., Any]], Application]:
    """Declare a dialplan application: `async def body(chan, first, second="default")`, or plain `def`.

    Args:
        name: As the dialplan writes it; found in any case.
        since: Version that brought it.
        see: Related applications, functions, and variables, separated by commas.
        raw: Give the body its arguments with quotes and backslashes left in.
        ends_on_bad_arguments: Hang up when the arguments do not fit; otherwise the call goes on after the WARNING.
    """

    def declare(body: Callable[..., Any]) -> Application:
        return Application(
            name, body, since, see, parameters=parameters_of(body), raw=raw, ends_on_bad_arguments=ends_on_bad_arguments
        )

    return declare


def function(
    name: str,
    *,
    since: str = "0.1",
    see: str = "",
    dangerous_read: bool = False,
    dangerous_write: bool = False,
    raw: bool = False,
    form: str = "",
) -> Callable[[Callable[..., Any]], Function]:
    """Declare a dialplan function; reading is the body, writing its `.write` setter, as with `property`.

    Args:
        name: As the dialplan writes it, case-sensitive.
        since: Version that brought it.
        see: Related names.
        dangerous_read: Refused from outside the dialplan unless `live_dangerously`.
        dangerous_write: The same for writing.
        raw: Give the body its arguments with quotes and backslashes left in; the last always has them.
        form: The arguments as help shows them, where the signature does not tell: `condition?[true][:false]`.
    """

    def declare(body: Callable[..., Any]) -> Function:
        return Function(
            name,
            body,
            since,
            see,
            parameters=parameters_of(body),
            is_async=inspect.iscoroutinefunction(body),
            dangerous_read=dangerous_read,
            dangerous_write=dangerous_write,
            raw=raw,
            form=form,
        )

    return declare


def command(pattern: str, *, since: str = "0.1", see: str = "") -> Callable[[Callable[..., Any]], Command]:
    """Declare a console command: `def body(rt, word, ...)` returning lines, a Table, or None.

    Args:
        pattern: Words, `<noun>` for a value, `[...]` for what may be left out, `a|b` for a choice, `<noun>...`
            for the rest of the line. Each value, each choice, and each flag (a word alone in brackets) is handed to
            the body in order of the pattern; the word in `[like <pattern>]` is not. See asterism.runtime.patterns.
        since: Version that brought it.
        see: Related commands.
    """

    def declare(body: Callable[..., Any]) -> Command:
        return Command(pattern, body, since, see)

    return declare


def action(
    name: str, *, privilege: str = "", headers: str = "", since: str = "0.1", see: str = ""
) -> Callable[[Callable[..., Any]], Action]:
    """Declare a manager action: `async def body(rt, header, ...)`; the parameters are its headers.

    A body with a parameter `request` gets all headers; which it reads is said in `headers`, for its help.
    """

    def declare(body: Callable[..., Any]) -> Action:
        return Action(name, body, since, see, parameters=parameters_of(body), privilege=privilege, headers=headers)

    return declare


def noun(name: str) -> Callable[[Callable[..., Any]], Noun]:
    """Declare what `<name>` completes to: `def body(rt)` yields (word, description)."""

    def declare(body: Callable[..., Any]) -> Noun:
        return Noun(name, body)

    return declare
