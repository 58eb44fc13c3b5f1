"""The machine that prints the objects of PJSIP: commands that list them, show one, and complete their names.

Each kind has a heading and a line, and stands indented below the kind that it belongs to: two columns further right
for each step, and narrower by as much, as in Asterisk.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from asterism.dialplan import regex
from asterism.runtime.declare import Command, Noun, Table, command, noun
from asterism.runtime.errors import AsterismError
from asterism.runtime.peers import sip_driver

if TYPE_CHECKING:
    from asterism.runtime.runtime import Runtime

_LINE = "=" * 90


@dataclass(frozen=True, slots=True)
class Heading:
    """What stands above a kind: a label and its columns, one of which gives way when it is indented.

    Args:
        before, after: The columns before and behind the elastic one.
        title, width: The elastic column.
    """

    label: str
    title: str
    width: int
    before: str = "  "
    after: str = ""

    def at(self, depth: int) -> str:
        """The line, indented by so many steps."""
        column = f"<{self.title:.<{self.width - 2 - 2 * depth}}>"
        return f"{label(self.label, depth)}{self.before}{column}{self.after}"


def label(name: str, depth: int) -> str:
    """What stands before the columns, indented by so many steps."""
    return f"{name:>{9 + 2 * depth}}:"


Lines = Iterator[str]
"""Of one object."""


@dataclass(frozen=True)
class Kind:
    """A kind of object, as commands list and show it.

    Args:
        name, plural: As commands have it.
        title: The heading of it alone.
        below: The headings of what belongs to it.
        found: All that there are, in order.
        named: The name of one.
        lines: The lines of one alone.
        belonging: The lines of what belongs to one.
        cells: What `--json` says of one; its name first.
        options: Its parameters, where it has some.
        described: What completion says of one.
    """

    name: str
    plural: str
    title: str
    found: Callable[["Runtime"], Sequence[Any]]
    named: Callable[[Any], str]
    lines: Callable[["Runtime", Any], Lines]
    cells: Callable[["Runtime", Any], Mapping[str, object]]
    below: Sequence[str] = ()
    belonging: Callable[["Runtime", Any], Lines] | None = None
    options: Callable[["Runtime", Any], Iterable[tuple[str, object]]] | None = None
    described: Callable[["Runtime", Any], str] = lambda rt, one: ""

    def heading(self, whole: bool) -> list[str]:
        """The lines above the first one."""
        return ["", self.title, *(self.below if whole else ()), _LINE, ""]

    def printed(self, rt: "Runtime", one: Any, whole: bool) -> list[str]:
        """One of them, with what belongs to it or without."""
        if not whole or self.belonging is None:
            return list(self.lines(rt, one))
        return [*self.lines(rt, one), *self.belonging(rt, one), ""]

    def table(self, rt: "Runtime", pattern: str, whole: bool) -> Table:
        """All of them whose name holds a match of a POSIX regular expression."""
        found = [each for each in self.found(rt) if wanted(pattern, self.named(each))]
        if not found:
            return Table((), (), ["No objects found.", ""], header=False)
        rows = [tuple(self.cells(rt, each).values()) for each in found]
        texts = {str(row[0]): each for row, each in zip(rows, found, strict=True)}
        return Table(
            [(title, 0) for title in self.cells(rt, found[0])],
            rows,
            ["", f"Objects found: {len(found)}", ""],
            header=False,
            line=lambda row: "\n".join(self.printed(rt, texts[str(row[0])], whole)),
            above=self.heading(whole),
        )

    def shown(self, rt: "Runtime", name: str) -> Table:
        """One of them with all its parameters."""
        if not name:
            raise AsterismError("No object specified.")
        one = next((each for each in self.found(rt) if self.named(each) == name), None)
        if one is None:
            return Table((), (), [f"Unable to find object {name}.", ""], header=False)
        above = [*self.heading(whole=True), *self.printed(rt, one, whole=True), ""]
        return parameters(list(self.options(rt, one)) if self.options else [], above)


def parameters(pairs: Sequence[tuple[str, object]], above: Sequence[str] = ()) -> Table:
    """Names and values below one another, as wide as the longest ones."""
    columns = [("ParameterName", 0), ("ParameterValue", 0)]
    if not pairs:
        return Table(columns, (), header=False, above=above)
    name = max(len("ParameterName"), *(len(each) for each, _ in pairs))
    value = max(len("ParameterValue"), *(len(str(each)) for _, each in pairs))

    def line(row: Sequence[object]) -> str:
        return f" {row[0]!s:<{name}} : {row[1]}"

    rule = f" {'=' * (name + 3 + value)}"
    heading = [*above, line([title for title, _ in columns]), rule]
    return Table(columns, pairs, [""], header=False, line=line, above=heading)


def wanted(pattern: str, name: str) -> bool:
    """Whether a name holds a match of what was given behind `like`; a pattern that is none matches nothing."""
    if not pattern:
        return True
    try:
        return regex.from_outside(pattern).fits(name)
    except regex.BadPattern:
        return False


def commands_of(kind: Kind) -> tuple[Command, Command, Command, Noun]:
    """The commands of a kind, and the noun that completes its names."""

    @command(f"pjsip list {kind.plural} [like <pattern>]", see=f"pjsip show {kind.plural}, pjsip show {kind.name}")
    def list_all(rt: "Runtime", pattern: str = "") -> Table:
        return kind.table(rt, pattern, whole=False)

    @command(f"pjsip show {kind.plural} [like <pattern>]", see=f"pjsip list {kind.plural}, pjsip show {kind.name}")
    def show_all(rt: "Runtime", pattern: str = "") -> Table:
        return kind.table(rt, pattern, whole=True)

    @command(f"pjsip show {kind.name} [<{_noun(kind)}>]", see=f"pjsip show {kind.plural}")
    def show_one(rt: "Runtime", name: str = "") -> Table:
        return kind.shown(rt, name)

    @noun(_noun(kind))
    def names(rt: "Runtime") -> Iterator[tuple[str, str]]:
        if sip_driver(rt.driver("PJSIP")) is not None:
            for each in kind.found(rt):
                yield kind.named(each), kind.described(rt, each)

    like = "\n\nWith `like` only those whose name holds a match of the regular expression."
    with_more = ", each with what belongs to it" if kind.belonging else ""
    with_all = " with all its parameters" if kind.options else ""
    said = {
        list_all: f"List the {kind.plural} of PJSIP, a line each.{like}",
        show_all: f"List the {kind.plural} of PJSIP{with_more}.{like}",
        show_one: f"Show one of the {kind.plural} of PJSIP{with_all}.",
        names: f"The {kind.plural} of PJSIP.",
    }
    for declared, text in said.items():
        declared.body.__doc__ = text
        # They belong to the module that describes the kind, not to this one.
        declared.body.__module__ = kind.lines.__module__
    return list_all, show_all, show_one, names


def _noun(kind: Kind) -> str:
    return "pjsip channel" if kind.name == "channel" else kind.name
