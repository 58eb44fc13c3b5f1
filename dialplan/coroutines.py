"""Extensions in Python: a coroutine function is what a number leads to.

They stand beside those of extensions.conf, which come first, and are found through `switch => Python/`.
"""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from asterism.dialplan import pattern
from asterism.dialplan.plan import Context, Switched
from asterism.dialplan.scope import Outcome, Scope
from asterism.dialplan.source import Found, Step

if TYPE_CHECKING:
    from asterism.dialplan.plan import Plan

SWITCH = "Python"
REGISTRAR = "python"

Body = Callable[[Any], Awaitable[None]]
"""What runs: it is given the channel."""


class Coroutines:
    """The extensions in Python. Meets `asterism.dialplan.switches.SwitchDriver`."""

    def __init__(self) -> None:
        self._contexts: dict[str, Context] = {}
        self._bodies: dict[tuple[str, str], Body] = {}

    def add(self, exten: str, context: str, body: Body) -> None:
        """Let a number or pattern of a context lead to a coroutine function; the last that is added counts."""
        found = self._contexts.setdefault(context, Context(context))
        extension = found.make(pattern.spelled(exten), None)
        code = getattr(body, "__code__", None)
        line = code.co_firstlineno if code is not None else 0
        file = getattr(body, "__module__", "") or REGISTRAR
        extension.steps[1] = Step(context, extension.name, 1, "", SWITCH, extension.name, file, line)
        self._bodies[context, extension.name] = body

    def attach(self, plan: "Plan") -> None:
        """Put the contexts into a plan."""
        plan.switches[SWITCH.lower()] = self
        for name in self._contexts:
            context = plan.context(name, registrar=REGISTRAR)
            if not any(switch.name == SWITCH for switch in context.switches):
                context.switches.append(Switched(f"{SWITCH}/", False, registrar=REGISTRAR))
        plan.changed()

    def find(self, plan: "Plan", scope: Scope, context: str, exten: str, priority: int, argument: str) -> Found:
        """Find what a number leads to; it has one priority."""
        found = self._contexts.get(context)
        if found is None or priority != 1:
            return None
        group = next(found.matching(exten), None)
        if group is None:
            return None
        step = group[0].steps[1]
        step.generation = plan.registry.generation
        step.run = partial(_run, self._bodies[context, group[0].name])
        return step

    def longer(
        self, plan: "Plan", scope: Scope, context: str, exten: str, argument: str
    ) -> bool | Awaitable[bool | None] | None:
        """Whether more digits could make another number."""
        found = self._contexts.get(context)
        return found.longer(exten, scope.caller_number) if found is not None else None


async def _run(body: Body, chan: Scope) -> Outcome:
    await body(chan)
    return chan.jump
