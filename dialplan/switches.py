"""Switches: steps that are found elsewhere, `switch => NAME/argument`."""

from collections.abc import Awaitable
from typing import TYPE_CHECKING, Protocol

from asterism.dialplan import pattern, substitution
from asterism.dialplan.compile import Compiler
from asterism.dialplan.scope import Failed, Outcome, Registry, Scope
from asterism.dialplan.source import Elsewhere, Found, Later, Step

if TYPE_CHECKING:
    from asterism.dialplan.plan import Plan

MAX_DEPTH = 20
"""Switches that one look-up may go through, one behind the other."""


class SwitchDriver(Protocol):
    """Finds steps elsewhere: `switch => NAME/argument`."""

    def find(self, plan: "Plan", scope: Scope, context: str, exten: str, priority: int, argument: str) -> Found:
        """Find a step for a number that the context itself does not have."""
        ...

    def longer(
        self, plan: "Plan", scope: Scope, context: str, exten: str, argument: str
    ) -> bool | Awaitable[bool | None] | None:
        """Whether more digits could make another extension there; None: no answer here; False is final."""
        ...


def substituted(text: str, scope: Scope, registry: Registry) -> str:
    """Put variables into a switch's argument; what would have to be waited for is left out."""
    if "$" not in text:
        return text
    evaluate = Compiler(registry).now(substitution.parse(text))
    return evaluate(scope) if evaluate else ""


def _dead_end(registry: Registry, context: str, exten: str, priority: int) -> Step:
    """Return a step that ends the call: what a context finds that is looped back to itself, whatever the number."""
    step = Step(context, exten, priority, "", "", "", "", 0)
    step.generation, step.run = registry.generation, _end
    return step


def _end(scope: Scope) -> Outcome:
    return Failed()


class Loopback:
    """`switch => Loopback/exten@context/pattern`: another context, the number perhaps changed.

    Its argument may have EXTEN, CONTEXT and PRIORITY of what is looked for in it. An empty number or context is
    the one that is looked for. The channel then stands there and goes on there.
    """

    def __init__(self) -> None:
        self._depth = 0

    def find(self, plan: "Plan", scope: Scope, context: str, exten: str, priority: int, argument: str) -> Found:
        """Find a step in the other context."""
        number, target, wanted = self._parsed(plan, scope, context, exten, priority, argument)
        if target.lower() == context.lower():
            return _dead_end(plan.registry, context, exten, priority)
        if self._depth >= MAX_DEPTH or (wanted is not None and not pattern.number_matches(wanted, exten)):
            return None
        self._depth += 1
        try:
            found = plan.find(scope, target, number, priority)
        finally:
            self._depth -= 1
        if isinstance(found, Awaitable):
            return Later(lambda: _elsewhere_later(found, target, number, priority))
        return Elsewhere(target, number, priority) if isinstance(found, Step) else found

    def longer(
        self, plan: "Plan", scope: Scope, context: str, exten: str, argument: str
    ) -> bool | Awaitable[bool | None] | None:
        """Ask the other context."""
        number, target, wanted = self._parsed(plan, scope, context, exten, 1, argument)
        if target.lower() == context.lower():
            return True
        if self._depth >= MAX_DEPTH or (wanted is not None and not pattern.number_matches(wanted, exten)):
            return None
        self._depth += 1
        try:
            answer = plan.longer(scope, target, number)
        finally:
            self._depth -= 1
        return Later(lambda: _true_or_none(answer)) if isinstance(answer, Awaitable) else answer or None

    def _parsed(
        self, plan: "Plan", scope: Scope, context: str, exten: str, priority: int, argument: str
    ) -> tuple[str, str, str | None]:
        """Return the number and the context that are looked for instead, and the pattern that the number must match."""
        stood = scope.context, scope.exten, scope.priority
        scope.context, scope.exten, scope.priority = context, exten, priority
        try:
            argument = substituted(argument, scope, plan.registry)
        finally:
            scope.context, scope.exten, scope.priority = stood
        place, slash, wanted = argument.partition("/")
        number, _, target = place.partition("@")
        return number or exten, target or context, wanted if slash else None


async def _elsewhere_later(
    waiting: Awaitable[Step | Elsewhere | None], context: str, exten: str, priority: int
) -> Step | Elsewhere | None:
    found = await waiting
    return Elsewhere(context, exten, priority) if isinstance(found, Step) else found


async def _true_or_none(answer: Awaitable[bool]) -> bool | None:
    return await answer or None
