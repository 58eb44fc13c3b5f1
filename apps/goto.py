"""Goto, GotoIf and GotoIfTime: going elsewhere."""

import re
from dataclasses import replace

from asterism.dialplan import subroutine, substitution, timing
from asterism.dialplan.compile import MAX_DATA, Compiler, limited
from asterism.dialplan.nodes import Text
from asterism.dialplan.scope import Evaluate, Failed, Jump, Outcome, Run, Scope
from asterism.runtime import declare
from asterism.runtime.declare import application

_INTEGER = re.compile(r"\s*([+-]?[0-9]+)", re.ASCII)


def is_true(condition: str) -> bool:
    """Whether a condition holds: leading digits are a number and count by it, other text holds unless empty.

    Blanks before the digits do not count, so ` 0` does not hold; `0.5` does not either, `abc` and `"0"` do.
    """
    if condition in ("1", "0", ""):
        return condition == "1"
    match = _INTEGER.match(condition)
    return int(match[1][:30]) != 0 if match else True


def go(chan: Scope, where: str) -> Outcome:
    """Return the jump that `[[context,]extension,]priority` stands for."""
    jump = subroutine.place(where)
    if jump is None:
        chan.warn("Goto requires an argument ([[context,]extension,]priority)")
        return Failed()
    return subroutine.relative(chan, jump)


def fixed(where: str) -> Jump | None:
    """Return the jump for a place that is constant; None where it depends on where the channel stands."""
    jump = subroutine.place(where)
    if jump is None or subroutine.is_relative(jump):
        return None
    return replace(jump, fixed=True)


@application("Goto", since="0.1", see="GotoIf, GotoIfTime, Gosub")
def goto(chan: Scope, where: declare.Text = "") -> Outcome:
    """Go on at another priority, extension or context.

    Args:
        where: `[[context,]extension,]priority`; the priority is a number, a label, or `+n`, `-n` from here.

    Compat: pbx_builtin_goto; an unknown label ends the call, an unknown extension goes to `i`.
    """
    return go(chan, where)


@goto.compile
def _goto(compiler: Compiler, text: Text) -> Run | None:
    constant = text.constant
    jump = fixed(constant) if constant else None
    if jump is None:
        return None
    return lambda scope: jump


@application("GotoIf", since="0.1", see="Goto, GotoIfTime, GosubIf, IF")
def gotoif(chan: Scope, text: declare.Text = "") -> Outcome:
    """Go elsewhere on a condition.

    Args:
        text: `condition?[where][:elsewhere]`; a place that is left out goes on with the next priority.

    Compat: pbx_builtin_gotoif; the condition is not trimmed, nor are the places.
    """
    condition, _, rest = text.partition("?")
    yes, _, no = rest.partition(":")
    where = yes if is_true(condition) else no
    return go(chan, where) if where else None


@gotoif.compile
def _gotoif(compiler: Compiler, text: Text) -> Run | None:
    halves = substitution.partition(text, "?")
    if halves is None or halves[1].constant is None:
        return None
    condition = compiler.now(halves[0])
    yes, _, no = halves[1].constant.partition(":")
    if condition is None:
        return None
    first, second = fixed(yes) if yes else None, fixed(no) if no else None
    if (yes and first is None) or (no and second is None):
        return None
    return branch(condition, halves[1].constant, first, second)


def branch(condition: Evaluate, rest: str, first: Jump | None, second: Jump | None) -> Run:
    """Return the step that takes one of two jumps."""

    def run(scope: Scope) -> Outcome:
        value = condition(scope)
        if value == "1":
            return first
        if value == "0":
            return second
        if "?" in value:
            outcome: Outcome = gotoif.body(scope, limited(f"{value}?{rest}", MAX_DATA))
            return outcome
        return first if is_true(value) else second

    return run


def _now(chan: Scope) -> float:
    """The time, or the one that TESTTIME() has set."""
    text = chan.variables.get("TESTTIME", "")
    if not text:
        return chan.now()
    number = re.match(r"\s*[+-]?[0-9]{1,18}", text)
    if number is None:
        chan.warn("TESTTIME is no time: using the current one")
        chan.unset("TESTTIME")
        return chan.now()
    return float(number[0])


@application("GotoIfTime", since="0.1", see="GotoIf, ExecIfTime, IFTIME")
def gotoiftime(chan: Scope, text: declare.Text = "") -> Outcome:
    """Go elsewhere at certain times.

    Args:
        text: `times,weekdays,days,months[,zone]?[where][:elsewhere]`, such as `9:00-17:00,mon-fri,*,*?open:closed`.
    """
    times, question, rest = text.partition("?")
    if not text:
        chan.warn("GotoIfTime requires an argument: times,weekdays,days,months[,zone]?[where][:elsewhere]")
        return Failed()
    if not question:
        chan.warn("GotoIfTime requires an argument: times,weekdays,days,months[,zone]?[where][:elsewhere]")
        return None
    yes, _, no = rest.partition(":")
    found = timing.parse(times)
    where = yes if found is not None and found.holds(_now(chan)) else no
    return go(chan, where) if where else None
