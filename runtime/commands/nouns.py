"""What `<name>` in a command's pattern completes to."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from asterism.runtime.declare import Declaration, noun

if TYPE_CHECKING:
    from asterism.runtime.runtime import Runtime

Words = Iterator[tuple[str, str]]
"""Word and description."""


@noun("channel")
def channel(rt: "Runtime") -> Words:
    """Channels, with their state and place."""
    for each in rt.channels.snapshots():
        where = f"{each.exten}@{each.context}:{each.priority}" if each.exten else each.application
        yield each.channel, f"{each.state.text}, {where}"


@noun("application")
def application(rt: "Runtime") -> Words:
    """Applications, with their synopsis."""
    return _described(rt.applications.items())


@noun("function")
def function(rt: "Runtime") -> Words:
    """Functions, with their synopsis."""
    return _described(rt.functions.items())


def _described(declarations: "object") -> Words:
    for name, declaration in declarations:  # type: ignore[attr-defined]
        assert isinstance(declaration, Declaration)
        yield name, declaration.doc.synopsis


@noun("context")
def context(rt: "Runtime") -> Words:
    """Contexts of the dialplan."""
    for name, each in rt.plan.contexts.items():
        yield name, f"{sum(1 for _ in each)} extensions"


@noun("exten@context")
def extension(rt: "Runtime") -> Words:
    """Contexts, and their extensions."""
    for name, each in rt.plan.contexts.items():
        yield name, "context"
        for one in each:
            first = one.steps.get(1)
            if first is not None:
                yield f"{one.name}@{name}", f"{first.application}({first.data})"


@noun("exten")
def hinted(rt: "Runtime") -> Words:
    """Extensions that have a hint."""
    for each in rt.plan.contexts.values():
        for one in each:
            if one.hint is not None:
                yield one.name, one.hint.application


@noun("included")
def included(rt: "Runtime") -> Words:
    """What contexts include, with the times."""
    for name, each in rt.plan.contexts.items():
        for include in each.includes:
            yield include.text, f"in {name}"


@noun("module")
def module(rt: "Runtime") -> Words:
    """Modules, with what they are."""
    from asterism.runtime.commands.modules import listed

    for name, text, uses in listed(rt):
        yield name, f"{text} ({uses} in use)" if uses else text


@noun("variable")
def variable(rt: "Runtime") -> Words:
    """Global variables."""
    yield from sorted(rt.variables.items())


@noun("tech/data")
def device(rt: "Runtime") -> Words:
    """The beginnings of dial strings: the technologies."""
    for driver in rt.drivers:
        for technology in driver.technologies:
            yield f"{technology}/", driver.description


def summary(name: str) -> str:
    """The first line of what a module says about itself."""
    import sys

    text = getattr(sys.modules.get(name), "__doc__", "") or ""
    return text.strip().partition("\n")[0]
