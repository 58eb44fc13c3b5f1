"""What looks wrong in a plan that has loaded: jumps to nowhere, gaps, subroutines that never return.

Loading reports what it skips; this reads what is left as a careful colleague would. Only what is constant
can be judged: a target with variables in it is passed over.
"""

import re
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
    numbers = _priorities_named(plan)
    for context in plan.contexts.values():
        for extension in context:
            found += _gaps(context, extension)
            found += _void(context, extension)
            found += _dead(context, extension, numbers)
            for step in extension.steps.values():
                if step.line:  # What users.conf makes nobody has written.
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
    if priorities[0] != 1 and not first.label and not _begins_elsewhere(context, extension):
        yield _at(first, f"extension {place} has no priority 1")
    for before, after in pairwise(priorities):
        step = extension.steps[after]
        if after != before + 1 and not step.label and not _begins_elsewhere(context, extension, before + 1):
            yield _at(step, f"priority {after} of {place} comes after {before}: nothing leads to it by itself")


_ENDS = frozenset(("hangup", "goto", "return", "busy", "congestion"))
_ENTERED = frozenset(("endwhile", "else", "elseif", "endif", "exitwhile", "continuewhile"))
"""Where While and If go on; nothing has to lead to them."""
_NAMED = re.compile(r"[0-9]+")
_RELATIVE = re.compile(r"(?:^|[?:,])\s*[+-][0-9]")
_JUMPING = re.compile(
    r"goto|gosub|macro|exec|dial|queue|while|if|agi|page|channelredirect|originate|stackpop", re.IGNORECASE
)


def _priorities_named(plan: Plan) -> set[int]:
    """Return every number that stands in the data of something that may jump: each could be a priority."""
    return {
        int(number[:9])
        for context in plan.contexts.values()
        for extension in context
        for step in extension.steps.values()
        if _JUMPING.search(step.application)
        for number in _NAMED.findall(step.data)
    }


def _dead(context: Context, extension: Extension, named: set[int]) -> Iterator[DialplanError]:
    """Find priorities behind one that never goes on, to which nothing else leads."""
    relative = any(_RELATIVE.search(step.data) for step in extension.steps.values())
    for before, after in pairwise(sorted(extension.steps)):
        step, last = extension.steps[after], extension.steps[before]
        if (
            last.application.lower() in _ENDS and after == before + 1 and not step.label and not relative
            and step.application.lower() not in _ENTERED and after not in named and step.line
            and not _begins_elsewhere(context, extension, before)
        ):  # fmt: skip
            yield _at(
                step, f"priority {after} of '{extension.shown}' in context '{context.name}' is never reached: "
                f"{last.application} stands before it",
            )  # fmt: skip


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
                    if _leads_out(step):
                        found.append(
                            _at(step, f"anybody in context '{guests}' can reach {step.application}({step.data})")
                        )
    return found


_OUTSIDE = re.compile(r"""
    (?:^|&) (?!Local/)            # one of the devices, but not another extension of this dialplan
    [A-Za-z0-9]+/ (?:
        [^,&]* \$\{EXTEN[^,&]* @     # SIP/${EXTEN}@trunk
        | [^,&/]+ / [^,&]* \$\{EXTEN # SIP/trunk/${EXTEN}
    )""", re.VERBOSE | re.IGNORECASE)  # fmt: skip


def _leads_out(step: Step) -> bool:
    """Whether a step sends a number of the caller's choice to a trunk, or into a shell."""
    name = step.application.lower()
    if name in ("system", "trysystem"):
        return "${EXTEN" in step.data
    return name in ("dial", "retrydial") and _OUTSIDE.search(step.data.partition(",")[0]) is not None


_LOCAL = re.compile(r"(?:^|[&,])Local/[^@&,]*@([^/&,$]+)", re.IGNORECASE)


def _contexts_of(step: Step) -> Iterator[str]:
    """Go through the contexts that a step's constant targets name."""
    name = step.application.lower()
    if name in ("dial", "retrydial"):
        yield from _LOCAL.findall(step.data)
    if name not in _JUMPS | _BRANCHES:
        return
    text = substitution.parse(step.data)
    halves = substitution.partition(text, "?") if name in _BRANCHES else None
    rest = _constant(halves[1] if halves else text)
    for branch in _split(rest) if rest is not None else ():
        jump = subroutine.place(subroutine.split_call(branch)[0])
        if jump is not None and jump.context:
            yield jump.context
