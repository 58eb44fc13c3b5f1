"""What a dialplan consists of, as it was written: the parser's result."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Text:
    """A text with parts that are worked out when it is used.

    Args:
        parts: Literal pieces, and what stands in `${}` and `$[]` between them.
        unclosed: The bracket that was never closed, empty when all is well.
    """

    parts: "tuple[Part, ...]"
    unclosed: str = ""

    @property
    def constant(self) -> str | None:
        """The text itself where nothing has to be worked out, else None."""
        if not self.parts:
            return ""
        if len(self.parts) == 1 and isinstance(self.parts[0], str):
            return self.parts[0]
        return None


@dataclass(frozen=True, slots=True)
class Variable:
    """`${NAME:offset:length}`; offset 0 and length None take the whole value."""

    name: str
    offset: int = 0
    length: int | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """`${NAME(argument):offset:length}`; the tail is what is written behind the `)`."""

    name: str
    argument: Text
    tail: str = ""
    offset: int = 0
    length: int | None = None


@dataclass(frozen=True, slots=True)
class Dynamic:
    """`${ARG${n}}`: what it names is known when it is used."""

    body: Text


@dataclass(frozen=True, slots=True)
class Expression:
    """`$[ ... ]`."""

    body: Text


Part = str | Variable | Call | Dynamic | Expression


@dataclass(frozen=True, slots=True)
class Priority:
    """One line `exten => name/caller,priority(label),application(data)`, its priority not numbered yet.

    Args:
        name: The extension; None for `same =>`.
        priority: As written: a number, `n`, `s`, `hint`, or a label, without its `+n`.
        plus: What is added to it.
    """

    name: str | None
    caller: str | None
    priority: str
    plus: int
    label: str
    application: str
    data: str
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Include:
    """`include => context,times,weekdays,days,months,zone`; the text is shown as it was written."""

    text: str
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Switch:
    """`switch =>`, `eswitch =>`, `lswitch =>`.

    Args:
        kind: `switch`: substituted once, when it is loaded; `eswitch`: at each look-up; `lswitch`: never.
    """

    text: str
    kind: str
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class IgnorePattern:
    """`ignorepat => 9`: dial tone goes on after these digits."""

    text: str
    file: str
    line: int


@dataclass(slots=True)
class Context:
    """One `[context]` with its lines in order."""

    name: str
    file: str
    line: int
    items: list[Priority | Include | Switch | IgnorePattern] = field(default_factory=list)
    autohints: bool = False


@dataclass(slots=True)
class Dialplan:
    """A parsed extensions.conf: `[general]` settings, `[globals]` in order, and contexts."""

    general: dict[str, str] = field(default_factory=dict)
    globals: list[tuple[str, str, str, int]] = field(default_factory=list)
    contexts: list[Context] = field(default_factory=list)
