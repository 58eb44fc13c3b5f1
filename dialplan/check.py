"""What looks wrong in a plan that has loaded: jumps to nowhere, gaps, subroutines that never return.

Loading reports what it skips; this reads what is left as a careful colleague would. Only what is constant
can be judged: a target with variables in it is passed over.
"""

from collections.abc import Iterator
from itertools import pairwise

from asterism.dialplan import pattern, subroutine, substitution
from asterism.dialplan.errors import DialplanError
from asterism.dialplan.nodes import Text
from asterism.dialplan.plan import Context, Extension, Plan
from asterism.dialplan.scope import Jump
from asterism.dialplan.source import Step

_JUMPS = frozenset(("goto", "gosub", "macro"))
_BRANCHES = frozenset(("gotoif", "gotoiftime", "gosubif"))
_LEAVES = frozenset(("return", "stackpop", "hangup", "busy", "congestion", "goto", "gotoif", "gotoiftime", "macroexit"))


def suspicions(plan: Plan) -> list[DialplanError]:
    """Return what looks wrong, by file and line; what loading itself found comes first.

    Args:
        plan: As it was loaded.
    """
    found = [*plan.warnings]
    for context in plan.contexts.values():
        for extension in context:
            found += _gaps(context, extension)
            found += _void(context, extension)
            for step in extension.steps.values():
                found += [_at(step, text) for text in _targets(plan, context, extension, step)]
    return sorted(set(found), key=lambda error: (error.file, error.line))


def _at(step: Step, message: str) -> DialplanError:
    return DialplanError(message, step.file, step.line)


def _gaps(context: Context, extension: Extension) -> Iterator[DialplanError]:
    """Find priorities that no other leads to."""
    priorities = sorted(extension.steps)
    if not priorities:
        return
    first = extension.steps[priorities[0]]
    place = f"'{extension.shown}' in context '{context.name}'"
    if priorities[0] != 1 and not _begins_elsewhere(context, extension):
        yield _at(first, f"extension {place} has no priority 1")
    for before, after in pairwise(priorities):
        step = extension.steps[after]
        if after != before + 1 and not step.label and not _begins_elsewhere(context, extension, before + 1):
            yield _at(step, f"priority {after} of {place} comes after {before}: nothing leads to it by itself")


def _void(context: Context, extension: Extension) -> Iterator[DialplanError]:
    """Find patterns that match nothing: a `[` that is not closed, or nothing in the brackets."""
    bare = extension.bare
    if pattern.is_pattern(bare) and "[" in bare and pattern.is_void(pattern.elements(bare[1:])):
        step = next(iter(extension.steps.values()), extension.hint)
        if step is not None:
            yield _at(step, f"pattern '{extension.shown}' in context '{context.name}' matches no number")


def _begins_elsewhere(context: Context, extension: Extension, priority: int = 1) -> bool:
    """Whether another extension has the priority for numbers of this one."""
    return any(
        priority in other.steps
        for other in context
        if other is not extension and (pattern.is_pattern(other.bare) or other.name == extension.name)
    )


def _targets(plan: Plan, context: Context, extension: Extension, step: Step) -> Iterator[str]:
    """Say which targets of a step are not there."""
    name = step.application.lower()
    text = substitution.parse(step.data)
    if name in _JUMPS:
        yield from _target(plan, context, extension, step, name, _constant(text))
    elif name in _BRANCHES:
        halves = substitution.partition(text, "?")
        if halves is None:
            yield f"{step.application} has no '?' in '{step.data}'"
            return
        rest = _constant(halves[1])
        for branch in _split(rest) if rest is not None else ():
            if branch:
                yield from _target(plan, context, extension, step, name, branch)
    elif name == "execif" and "?" not in step.data:
        yield f"{step.application} has no '?' in '{step.data}'"


def _constant(text: Text) -> str | None:
    """Return a target whose place is constant; its arguments need not be."""
    if text.constant is not None:
        return text.constant
    first = text.parts[0]
    if isinstance(first, str) and "(" in first and ":" not in "".join(p for p in text.parts if isinstance(p, str)):
        return first.partition("(")[0]
    return None


def _split(text: str) -> tuple[str, str]:
    depth = 0
    for index, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if character == ":" and depth <= 0:
            return text[:index], text[index + 1 :]
    return text, ""


def _target(
    plan: Plan, context: Context, extension: Extension, step: Step, name: str, written: str | None
) -> Iterator[str]:
    if written is None:
        return
    if name == "macro":
        macro = f"macro-{written.split(',')[0]}"
        if written and macro not in plan.contexts:
            yield f"there is no context '{macro}' for {step.application}({step.data})"
        return
    location, _ = subroutine.split_call(written)
    jump = subroutine.place(location)
    if jump is None:
        yield f"{step.application} needs a target"
        return
    if subroutine.is_relative(jump):
        return
    yield from _missing(plan, context, extension, jump, step.application)
    if name in ("gosub", "gosubif"):
        yield from _never_returns(plan, context, extension, jump, step.application)


def _missing(plan: Plan, context: Context, extension: Extension, jump: Jump, application: str) -> Iterator[str]:
    where = jump.context or context.name
    if where not in plan.contexts:
        yield f"{application} leads to context '{where}' that is not there"
        return
    matching = list(_matching(plan, where, jump.exten, extension))
    if any(found.switches for found in _reachable(plan, where)):
        return
    number = jump.exten or extension.name
    if not matching:
        if not any(one.name == "i" for found in _reachable(plan, where) for one in found):
            yield f"{application} leads to extension '{number}' that is not in context '{where}'"
        return
    priority = jump.priority
    if isinstance(priority, int):
        if not any(priority in one.steps for one in matching):
            yield f"{application} leads to priority {priority} of '{number}' in '{where}' that is not there"
    elif not any(one.label(priority) for one in matching):
        yield f"{application} leads to label '{priority}' of '{number}' in '{where}' that is not there"


def _never_returns(plan: Plan, context: Context, extension: Extension, jump: Jump, application: str) -> Iterator[str]:
    """Find subroutines none of whose steps ends them."""
    where = jump.context or context.name
    matching = list(_matching(plan, where, jump.exten, extension)) if where in plan.contexts else []
    names = {step.application.lower() for one in matching for step in one.steps.values()}
    runs_others = names & {"exec", "execif", "tryexec", "execiftime", "macro", "gosub", "gosubif"}
    if matching and not names & _LEAVES and not runs_others:
        yield f"{application} leads to '{jump.exten or extension.name}' in '{where}', which never returns"


def _reachable(plan: Plan, name: str) -> Iterator[Context]:
    """Go through a context and all that it includes at whatever time."""
    seen: set[str] = set()
    waiting = [name]
    while waiting:
        found = plan.contexts.get(waiting.pop(0))
        if found is None or found.name in seen:
            continue
        seen.add(found.name)
        yield found
        waiting += [include.context for include in found.includes]


def _matching(plan: Plan, context: str, exten: str, here: Extension) -> Iterator[Extension]:
    """Go through the extensions that a target may mean: those of a number, or of the number under way."""
    for found in _reachable(plan, context):
        if exten:
            for group in found.matching(exten):
                yield from group
        elif pattern.is_pattern(here.bare):
            # Which number it is nobody knows yet: any pattern and any number of the context could be it.
            yield from found
        else:
            for group in found.matching(here.name):
                yield from group


def open_doors(plan: Plan, guests: str) -> list[DialplanError]:
    """Find steps by which callers whom nobody knows reach numbers of their own choice.

    Args:
        plan: As it was loaded.
        guests: The context that such callers come into.
    """
    found: list[DialplanError] = []
    seen: set[str] = set()
    waiting = [guests]
    while waiting:
        name = waiting.pop()
        for context in _reachable(plan, name):
            if context.name in seen:
                continue
            seen.add(context.name)
            for extension in context:
                for step in extension.steps.values():
                    waiting += _contexts_of(step)
                    if step.application.lower() in ("dial", "trysystem", "system") and "${EXTEN" in step.data:
                        found.append(
                            _at(step, f"anybody in context '{guests}' can reach {step.application}({step.data})")
                        )
    return found


def _contexts_of(step: Step) -> Iterator[str]:
    """Go through the contexts that a step's constant targets name."""
    name = step.application.lower()
    if name not in _JUMPS | _BRANCHES:
        return
    text = substitution.parse(step.data)
    halves = substitution.partition(text, "?") if name in _BRANCHES else None
    rest = _constant(halves[1] if halves else text)
    for branch in _split(rest) if rest is not None else ():
        jump = subroutine.place(subroutine.split_call(branch)[0])
        if jump is not None and jump.context:
            yield jump.context
