"""While and its kin, If and its kin: blocks inside one extension.

Where a block stands is kept in channel variables (`WHILE_0`, `END_WHILE_0`, `context_exten_priority`), as
dialplans in the field can see them.
"""

from asterism.apps.goto import is_true
from asterism.dialplan.compile import Compiler
from asterism.dialplan.nodes import Text
from asterism.dialplan.scope import Jump, Outcome, Run, Scope
from asterism.dialplan.source import Step
from asterism.runtime import declare
from asterism.runtime.declare import application

MAX_BLOCK = 10_000
"""Priorities that are searched for the end of a block."""


def _step(chan: Scope, priority: int) -> Step | None:
    found = chan.source.find(chan, chan.context, chan.exten, priority)
    return found if isinstance(found, Step) else None


def _end_of_block(chan: Scope, begin: str, ends: tuple[str, ...], last: str) -> int:
    """Return the priority of the first of `ends` on the level of the step under way; `last` closes a level."""
    level = 1
    for priority in range(chan.priority + 1, chan.priority + MAX_BLOCK):
        step = _step(chan, priority)
        if step is None:
            return 0
        name = step.application.lower()
        if name == begin:
            level += 1
        elif name == last:
            level -= 1
            if level == 0:
                return priority
        elif level == 1 and name in ends:
            return priority
    return 0


def _innermost(chan: Scope, prefix: str) -> int:
    """Return the number of the innermost open block, -1 for none."""
    variables = chan.variables
    number = 0
    while f"{prefix}_{number}" in variables:
        number += 1
    return number - 1


def _unset(chan: Scope, name: str) -> None:
    if name in chan.variables:
        chan.unset(name)


def _here(chan: Scope) -> str:
    return f"{chan.context}_{chan.exten}_{chan.priority}"


def _place(chan: Scope, offset: int = 0) -> str:
    return f"{chan.context},{chan.exten},{chan.priority + offset}"


def _back(place: str) -> Jump:
    # An extension can have a comma only by way of a variable's value; the outer ones split.
    context, _, rest = place.partition(",")
    exten, _, priority = rest.rpartition(",")
    return Jump(context, exten, int(priority) if priority.isdigit() else priority)


# --- While -------------------------------------------------------------------------------------


@application("While", since="0.1", see="EndWhile, ExitWhile, ContinueWhile, If")
def while_(chan: Scope, condition: declare.Text = "") -> Outcome:
    """Run the priorities up to EndWhile as long as a condition holds.

    Args:
        condition: Holds unless it is empty or a number that is 0.
    """
    variables = chan.variables
    name = _here(chan)
    label = variables.get(name)
    if label is None:
        label = str(_innermost(chan, "WHILE") + 1)
        chan.set(name, label)
    if is_true(condition):
        if f"WHILE_{label}" not in variables:
            chan.set(f"WHILE_{label}", _place(chan))
        return None
    return _leave(chan, label, name)


@while_.compile
def _while(compiler: Compiler, text: Text) -> Run | None:
    """Compile a loop's head: while it turns only the condition is looked at."""
    condition = compiler.now(text)
    if condition is None:
        return None
    body = while_.body
    known: dict[tuple[str, str], str] = {}

    def run(scope: Scope) -> Outcome:
        value = condition(scope)
        if value == "1":
            name = known.get((scope.context, scope.exten))
            if name is None:
                if len(known) > 100:
                    known.clear()
                name = known[scope.context, scope.exten] = _here(scope)
            label = scope.variables.get(name)
            if label is not None and f"WHILE_{label}" in scope.variables:
                return None
        return body(scope, value)  # type: ignore[no-any-return]

    return None if text.constant is not None else run


def _leave(chan: Scope, label: str, name: str = "") -> Outcome:
    _unset(chan, f"WHILE_{label}")
    if name:
        _unset(chan, name)
    end = chan.variables.get(f"END_WHILE_{label}")
    if end is not None:
        _unset(chan, f"END_WHILE_{label}")
        return _back(end)
    priority = _end_of_block(chan, "while", (), "endwhile")
    if priority:
        return Jump("", "", priority + 1)
    chan.warn(f"Couldn't find matching EndWhile? (While at {chan.context}@{chan.exten} priority {chan.priority})")
    return None


@application("EndWhile", since="0.1", see="While")
def endwhile(chan: Scope) -> Outcome:
    """Go back to the innermost While."""
    variables = chan.variables
    label = 0
    start = variables.get("WHILE_0")
    if start is None:
        return None
    while True:
        following = variables.get(f"WHILE_{label + 1}")
        if following is None:
            break
        start, label = following, label + 1
    if f"END_WHILE_{label}" not in variables:
        chan.set(f"END_WHILE_{label}", _place(chan, 1))
    context, _, rest = start.partition(",")
    if context == chan.context:
        exten, _, priority = rest.rpartition(",")
        if exten == chan.exten and priority.isdigit():
            return _near(int(priority))
    return _back(start)


_NEAR: dict[int, Jump] = {}


def _near(priority: int) -> Jump:
    """Return the jump to a priority of the same extension; one object for each, so that the machine remembers it."""
    jump = _NEAR.get(priority)
    if jump is None:
        if len(_NEAR) > 1000:
            _NEAR.clear()
        jump = _NEAR[priority] = Jump("", "", priority, fixed=True)
    return jump


@application("ExitWhile", since="0.1", see="While, ContinueWhile")
def exitwhile(chan: Scope) -> Outcome:
    """Leave the innermost While."""
    return _leave(chan, str(max(0, _innermost(chan, "WHILE"))), _here(chan))


@application("ContinueWhile", since="0.1", see="While, ExitWhile")
def continuewhile(chan: Scope) -> Outcome:
    """Go on with the next turn of the innermost While."""
    innermost = _innermost(chan, "WHILE")
    return _back(chan.variables[f"WHILE_{innermost}"]) if innermost >= 0 else None


# --- If ----------------------------------------------------------------------------------------


@application("If", since="0.1", see="ElseIf, Else, EndIf, ExitIf, GotoIf, ExecIf")
def if_(chan: Scope, condition: declare.Text = "") -> Outcome:
    """Run the priorities up to Else, ElseIf or EndIf if a condition holds.

    Args:
        condition: Holds unless it is empty or a number that is 0.
    """
    return _if(chan, condition)


def _if(chan: Scope, condition: str) -> Outcome:
    name = _here(chan)
    label = chan.variables.get(name)
    if label is None:
        label = str(_innermost(chan, "IF") + 1)
        chan.set(name, label)
    if is_true(condition):
        if f"IF_{label}" not in chan.variables:
            chan.set(f"IF_{label}", _place(chan))
        return None
    _unset(chan, f"IF_{label}")
    _unset(chan, name)
    end = _end_of_block(chan, "if", (), "endif")
    if not end:
        chan.warn("Couldn't find matching EndIf?")
        return None
    priority = _end_of_block(chan, "if", ("else", "elseif"), "endif")
    step = _step(chan, priority)
    # An ElseIf has to be run for its condition; Else and EndIf are passed over.
    passed = step is None or step.application.lower() != "elseif"
    return Jump("", "", priority + passed)


def _behind(chan: Scope) -> Outcome:
    """Go behind the EndIf of the level of this priority, whether an If has come here or not."""
    endif.body(chan)
    priority = _end_of_block(chan, "if", (), "endif")
    return Jump("", "", priority + 1) if priority else None


@application("ElseIf", since="0.1", see="If")
def elseif(chan: Scope, condition: declare.Text = "") -> Outcome:
    """Begin another branch of an If.

    Args:
        condition: As that of If.

    Compat: app_if; the end of a branch that was taken comes here too and asks the condition. Use Else or ExitIf there.
    """
    return _if(chan, condition)


@application("Else", since="0.1", see="If")
def else_(chan: Scope) -> Outcome:
    """Begin the branch of an If whose conditions did not hold."""
    return _behind(chan)


@application("EndIf", since="0.1", see="If")
def endif(chan: Scope) -> None:
    """End an If."""
    innermost = _innermost(chan, "IF")
    if innermost >= 0:
        _unset(chan, f"IF_{innermost}")


@application("ExitIf", since="0.1", see="If")
def exitif(chan: Scope) -> Outcome:
    """Go behind the EndIf."""
    outcome = _behind(chan)
    if outcome is None:
        chan.warn("Couldn't find matching EndIf?")
    return outcome
