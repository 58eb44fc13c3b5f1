"""Exec, TryExec, ExecIf and ExecIfTime: running an application that is named in a text."""

from inspect import isawaitable
from typing import cast

from asterism.apps.goto import is_true
from asterism.dialplan import machine, substitution, timing
from asterism.dialplan.compile import MAX_DATA, Compiler, limited
from asterism.dialplan.errors import Ended, Interrupt
from asterism.dialplan.scope import Dialled, EvaluateLater, Failed, Incomplete, Jump, Outcome, Scope
from asterism.runtime import declare
from asterism.runtime.arguments import split_arguments
from asterism.runtime.declare import application


def split(text: str) -> tuple[str, str]:
    """Split `Name(data)`."""
    name, opening, data = text.partition("(")
    end = data.rfind(")")
    return name, (data if end < 0 else data[:end]) if opening else ""


async def substituted(chan: Scope, text: str) -> str:
    """Put in the variables of a text once more, waiting where a function waits."""
    if "$" not in text:
        return text
    compiled = Compiler(chan.source.registry).text(substitution.parse(text))
    value = compiled.now(chan) if compiled.now else await cast(EvaluateLater, compiled.later)(chan)
    return limited(value, MAX_DATA)


async def execute(chan: Scope, name: str, data: str) -> Outcome:
    """Run an application by its name.

    Raises:
        LookupError: There is none of that name.
    """
    program = chan.source.registry.application(name)
    if program is None:
        raise LookupError(name)
    if chan.tracing:
        chan.runs(name, data)
    outcome = program.run(chan, data)
    result: Outcome = await outcome if isawaitable(outcome) else outcome
    return chan.jump if result is None else result


async def _execute_or_fail(chan: Scope, name: str, data: str) -> Outcome:
    try:
        return await execute(chan, name, data)
    except LookupError:
        chan.warn(f"Could not find application '{name}'")
        return Failed()


@application("Exec", since="0.1", see="TryExec, ExecIf")
async def exec_(chan: Scope, text: declare.Text = "") -> Outcome:
    """Run an application that is named in a text.

    Args:
        text: `Application(data)`; variables in the data are put in once more.

    Compat: app_exec; an application that is not there ends the call.
    """
    if not text:
        return None
    name, data = split(text)
    return await _execute_or_fail(chan, name, await substituted(chan, data))


@application("TryExec", since="0.1", see="Exec")
async def tryexec(chan: Scope, text: declare.Text = "") -> Outcome:
    """Run an application, and go on whatever comes of it.

    Args:
        text: `Application(data)`; variables in the data are put in once more.

    Sets: TRYSTATUS: SUCCESS, FAILED or NOAPP.
    Compat: app_exec.
    """
    name, data = split(text)
    if not text:
        return None
    try:
        outcome = await execute(chan, name, await substituted(chan, data))
    except LookupError:
        chan.warn(f"Could not find application '{name}'")
        chan.set("TRYSTATUS", "NOAPP")
        return None
    except Interrupt as interrupt:
        chan.set("TRYSTATUS", "FAILED")
        if not isinstance(interrupt, Ended):
            raise
        if not chan.ended:  # `h` goes on, whatever could not be done in it.
            if interrupt.asked:
                raise
            chan.check()
        return None
    if isinstance(outcome, Failed | Incomplete | Dialled) or _is_lost(chan, outcome):
        chan.set("TRYSTATUS", "FAILED")
        return None
    chan.set("TRYSTATUS", "SUCCESS")
    return outcome


def _is_lost(chan: Scope, outcome: Outcome) -> bool:
    """Whether an outcome leads to a label that is not there."""
    if not isinstance(outcome, Jump):
        return False
    context, exten = outcome.context or chan.context, outcome.exten or chan.exten
    return machine.priority_of(chan.source, chan, context, exten, outcome.priority) is None


@application("ExecIf", since="0.1", see="Exec, ExecIfTime, GotoIf, If")
async def execif(chan: Scope, text: declare.Text = "") -> Outcome:
    """Run an application on a condition.

    Args:
        text: `condition?Application(data)[:Application(data)]`.

    Compat: app_exec; neither the condition nor the names are trimmed. `condition,Application,data`, from before there
        was a question mark, is taken with a WARNING.
    """
    if not text:
        return None
    comma, question = text.find(","), text.find("?")
    if question < 0 or 0 <= comma < question:
        chan.warn(f"ExecIf is written ExecIf(condition?Application(data)), not ExecIf({text})")
        condition, name, data = (*split_arguments(text, most=3), "", "")[:3]
        if not is_true(condition):
            return None
        return await _execute_or_fail(chan, name, data)
    halves = split_arguments(text, "?", most=2, raw=True)
    if len(halves) < 2 or not halves[1]:
        chan.warn("ExecIf requires an argument: condition?Application(data)[:Application(data)]")
        return Failed()
    yes, no = (*split_arguments(halves[1], ":", most=2, raw=True), "")[:2]
    holds = is_true(halves[0])
    if not holds and not no:
        return None
    name, data = split(yes if holds else no)
    return await _execute_or_fail(chan, name, data)


@application("ExecIfTime", since="0.1", see="ExecIf, GotoIfTime")
async def execiftime(chan: Scope, text: declare.Text = "") -> Outcome:
    """Run an application at certain times.

    Args:
        text: `times,weekdays,days,months[,zone]?Application[(data)]`.

    Compat: app_exec.
    """
    times, question, chosen = text.partition("?")
    if not question or not times:
        chan.warn("ExecIfTime requires an argument: times,weekdays,days,months[,zone]?Application(data)")
        return Failed()
    found = timing.parse(times)
    if found is None or not found.holds(chan.now()):
        return None
    name, data = split(chosen)
    return await _execute_or_fail(chan, name, data)


__all__ = ["Jump", "exec_", "execif", "execiftime", "execute", "substituted", "tryexec"]
