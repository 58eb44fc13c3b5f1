"""Gosub, GosubIf, Return and StackPop: subroutines."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import replace

from asterism.apps.goto import is_true
from asterism.dialplan import subroutine, substitution
from asterism.dialplan.compile import MAX_DATA, Compiler, limited
from asterism.dialplan.nodes import Text
from asterism.dialplan.scope import Evaluate, Failed, Frame, Jump, Outcome, Run, Scope
from asterism.dialplan.source import Step
from asterism.runtime import declare
from asterism.runtime.declare import application

_PLAIN = re.compile(r"[^,\"()\[\]\\]*")


def enter(chan: Scope, text: str) -> Outcome | Awaitable[Outcome]:
    """Push a frame and return the jump for `[[context,]extension,]priority[(argument,...)]`."""
    location, arguments = subroutine.split_call(text)
    jump = subroutine.place(location)
    if jump is None:
        chan.warn("Gosub requires an argument: [[context,]extension,]priority[(argument,...)]")
        return Failed()
    return enter_at(chan, subroutine.relative(chan, jump), arguments)


def enter_at(chan: Scope, jump: Jump, arguments: list[str]) -> Outcome | Awaitable[Outcome]:
    """Push a frame for a jump whose target is there; a missing one ends the call."""
    context, exten, priority = jump.context or chan.context, jump.exten or chan.exten, jump.priority
    source = chan.source
    if not isinstance(priority, int):
        priority = source.label(chan, context, exten, priority)
    found = source.find(chan, context, exten, priority) if priority > 0 else None
    if found is not None and not isinstance(found, Step) and isinstance(found, Awaitable):
        return _enter_later(chan, jump, arguments, found)
    return _entered(chan, jump, arguments) if found is not None else _nowhere(chan, jump)


async def _enter_later(chan: Scope, jump: Jump, arguments: list[str], waiting: Awaitable[object]) -> Outcome:
    return _entered(chan, jump, arguments) if await waiting is not None else _nowhere(chan, jump)


def _entered(chan: Scope, jump: Jump, arguments: list[str]) -> Jump:
    subroutine.push(chan, arguments, chan.priority + 1)
    return jump


def _nowhere(chan: Scope, jump: Jump) -> Failed:
    chan.warn(
        f"Attempt to reach a non-existent destination for gosub: (Context:{jump.context or chan.context}, "
        f"Extension:{jump.exten or chan.exten}, Priority:{jump.priority})"
    )
    return Failed()


@application("Gosub", since="0.1", see="GosubIf, Return, StackPop, LOCAL, Goto")
def gosub(chan: Scope, text: declare.Text = "") -> Outcome | Awaitable[Outcome]:
    """Run a subroutine, and come back when it returns.

    Args:
        text: `[[context,]extension,]priority[(argument,...)]`; the arguments are ARG1, ARG2 ... there.

    Sets: ARGC, ARG1, ARG2 ... until Return.
    Compat: app_stack; a target that is not there ends the call.
    """
    return enter(chan, text)


@gosub.compile
def _gosub(compiler: Compiler, text: Text) -> Run | None:
    constant = text.constant
    if constant is not None:
        location, given = subroutine.split_call(constant)
        return _enter_fixed(location, [_constant(one) for one in given], text, compiler)
    halves = substitution.partition(text, "(")
    if halves is None or halves[0].constant is None or not halves[1].parts:
        return None
    last = halves[1].parts[-1]
    if not isinstance(last, str) or not last.endswith(")"):
        return None
    arguments = _arguments(Text((*halves[1].parts[:-1], last[:-1])))
    compiled = [compiler.now(one) for one in arguments] if arguments else []
    evaluates = [one for one in compiled if one is not None]
    if not arguments or len(evaluates) != len(arguments):
        return None
    return _enter_fixed(halves[0].constant, evaluates, text, compiler)


def _arguments(text: Text) -> list[Text] | None:
    """Split at literal commas; None where literal pieces have anything that hides a comma."""
    found: list[list[object]] = [[]]
    for part in text.parts:
        if not isinstance(part, str):
            found[-1].append(part)
            continue
        if not _PLAIN.fullmatch(part.replace(",", "")):
            return None
        first, *rest = part.split(",")
        found[-1].append(first)
        found += [[piece] for piece in rest]
    return [Text(tuple(part for part in parts if part != "")) for parts in found]  # type: ignore[misc]


def _constant(value: str) -> Evaluate:
    return lambda scope: value


def _enter_fixed(location: str, arguments: list[Evaluate], text: Text, compiler: Compiler) -> Run | None:
    place = subroutine.place(location)
    whole = compiler.now(text)
    if place is None or subroutine.is_relative(place) or whole is None:
        return None
    jump = replace(place, fixed=True)
    dynamic = text.constant is None

    def run(scope: Scope) -> Outcome | Awaitable[Outcome]:
        values = [argument(scope) for argument in arguments]
        if dynamic:
            for value in values:
                if not value.isalnum() and not _PLAIN.fullmatch(value):
                    return enter(scope, limited(whole(scope), MAX_DATA))
        track = scope.track
        if track is not None and jump in track.targets:
            subroutine.push(scope, values, scope.priority + 1)
            return jump
        return enter_at(scope, jump, values)

    return run


@application("GosubIf", since="0.1", see="Gosub, Return, GotoIf")
def gosubif(chan: Scope, text: declare.Text = "") -> Outcome | Awaitable[Outcome]:
    """Run a subroutine on a condition.

    Args:
        text: `condition?[where[(argument,...)]][:elsewhere[(argument,...)]]`.

    Compat: app_stack.
    """
    if not text:
        chan.warn("GosubIf requires an argument: condition?where(arguments):elsewhere(arguments)")
        return None
    condition, _, rest = text.partition("?")
    yes, no = _branches(rest)
    where = yes if is_true(condition) else no
    return enter(chan, where) if where else None


def _branches(text: str) -> tuple[str, str]:
    """Split at the first colon outside parentheses."""
    depth = 0
    for index, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if character == ":" and depth <= 0:
            return text[:index], text[index + 1 :]
    return text, ""


@gosubif.compile
def _gosubif(compiler: Compiler, text: Text) -> Run | None:
    halves = substitution.partition(text, "?")
    if halves is None or halves[1].constant is None:
        return None
    condition = compiler.now(halves[0])
    if condition is None:
        return None
    rest = halves[1].constant
    yes, no = _branches(rest)
    runs: list[Run | None] = []
    for where in (yes, no):
        run = _gosub(compiler, Text((where,))) if where else _nothing
        if run is None:
            return None
        runs.append(run)
    return _choose(condition, rest, runs[0] or _nothing, runs[1] or _nothing)


def _nothing(scope: Scope) -> Outcome:
    return None


def _choose(condition: Evaluate, rest: str, yes: Run, no: Run) -> Run:
    body: Callable[[Scope, str], Outcome | Awaitable[Outcome]] = gosubif.body

    def run(scope: Scope) -> Outcome | Awaitable[Outcome]:
        value = condition(scope)
        if "?" in value:
            return body(scope, limited(f"{value}?{rest}", MAX_DATA))
        return yes(scope) if is_true(value) else no(scope)

    return run


@application("Return", since="0.1", see="Gosub, StackPop")
def return_(chan: Scope, value: declare.Text = "") -> Outcome:
    """Come back from a subroutine.

    Args:
        value: What GOSUB_RETVAL becomes.

    Sets: GOSUB_RETVAL.
    Compat: app_stack; without a Gosub under way the call ends.
    """
    if not chan.frames:
        chan.log("ERROR", "Return without Gosub: stack is empty")
        return Failed()
    frame: Frame = subroutine.pop(chan)
    chan.set("GOSUB_RETVAL", value)
    return frame


@return_.compile
def _return(compiler: Compiler, text: Text) -> Run | None:
    evaluate = compiler.now(text)
    if evaluate is None:
        return None

    def run(scope: Scope) -> Outcome:
        value = evaluate(scope)
        if not scope.frames:
            return return_.body(scope, value)  # type: ignore[no-any-return]
        frame = subroutine.pop(scope)
        scope.set("GOSUB_RETVAL", limited(value, MAX_DATA))
        return frame

    return run


@application("StackPop", since="0.1", see="Gosub, Return")
def stackpop(chan: Scope) -> None:
    """Forget the innermost Gosub, without going back."""
    if not chan.frames:
        chan.log("ERROR", "StackPop without Gosub: stack is empty")
        return
    subroutine.pop(chan)
