"""Texts to closures, steps to runs: everything that can be decided before a call is decided here.

A text becomes one synchronous closure unless it calls a function that must wait. Closures are chosen by the
shape of the text, so that the common shapes (a constant, one variable, a comparison of a variable with a
number) cost one call each.
"""

import re
from collections.abc import Awaitable, Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import cast

from asterism.dialplan import expression, substitution
from asterism.dialplan.errors import DialplanError
from asterism.dialplan.nodes import Call, Dynamic, Expression, Part, Text, Variable
from asterism.dialplan.scope import (
    BUILTINS,
    Application,
    Evaluate,
    EvaluateLater,
    Failed,
    Function,
    Outcome,
    Registry,
    Run,
    Scope,
)
from asterism.dialplan.source import Step

MAX_DATA = 8191
"""Bytes of an application's text; Asterisk's own bound."""
MAX_NAME = 4095
"""Bytes of what stands in brackets once its own brackets are worked out; Asterisk's own bound."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """A text made ready.

    Args:
        constant: Its value where nothing has to be worked out.
        now: Works it out; None where it must wait.
        later: Works it out, waiting where need be; None where `now` serves.
    """

    constant: str | None = None
    now: Evaluate | None = None
    later: EvaluateLater | None = None


def limited(value: str, most: int) -> str:
    """Cut a text at so many bytes."""
    if len(value) * 4 <= most or (len(value) <= most and value.isascii()):
        return value
    return value.encode("utf-8", "surrogateescape")[:most].decode("utf-8", "surrogateescape")


class Compiler:
    """Compiles texts for what is loaded."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry

    def text(self, text: Text) -> Compiled:
        """Compile a text."""
        constant = text.constant
        if constant is not None:
            return Compiled(constant, _constant(constant))
        parts = [self.part(part) for part in text.parts]
        if all(part.now for part in parts):
            return Compiled(None, _joined([part.now for part in parts if part.now], text.parts))
        return Compiled(None, None, _joined_later(parts))

    def now(self, text: Text) -> Evaluate | None:
        """Compile a text; None where it must wait."""
        return self.text(text).now

    def part(self, part: Part) -> Compiled:
        """Compile one piece of a text."""
        match part:
            case str():
                return Compiled(part, _constant(part))
            case Variable():
                return Compiled(None, variable(part))
            case Call():
                return self.call(part)
            case Dynamic():
                return self.dynamic(part.body)
            case Expression():
                return self.expression(part.body)

    def call(self, call: Call) -> Compiled:
        """Compile `${NAME(argument)}`."""
        found = self.registry.function(call.name)
        argument = self.text(call.argument)
        constant = call.argument.constant
        if found is None:
            return Compiled(None, _unknown_function(call.name))
        if self._names_waiting(call.argument):
            return Compiled(None, None, self._call_later(call, found, argument))
        if constant is None and argument.now and not found.is_async and not call.tail:
            for hook in found.specialise:
                special = hook(self, call.argument)
                if special is not None:
                    return Compiled(None, special)
        if constant is not None and not found.is_async:
            for hook in found.specialise:
                special = hook(self, call.argument)
                if special is not None:
                    return Compiled(None, _cut(special, call.offset, call.length))
        if found.is_async or argument.now is None:
            return Compiled(None, None, self._call_later(call, found, argument))
        return Compiled(None, self._call_now(call, found, argument.now))

    def _call_now(self, call: Call, function: Function, argument: Evaluate) -> Evaluate:
        name, most = call.name, MAX_NAME - len(call.name) - 1
        constant = call.argument.constant
        offset, length, tail = call.offset, call.length, call.tail
        whole = offset == 0 and length is None
        if constant is not None:
            return _cut(_prepared(function, limited(constant, most)), offset, length)

        def evaluate(scope: Scope) -> str:
            text = argument(scope)
            if _moves(text, tail):
                return self.by_name(scope, f"{name}({text}){tail}")
            value = read(scope, function, limited(text, most))
            return value if whole else substitution.cut(value, offset, length)

        return evaluate

    def _call_later(self, call: Call, function: Function, argument: Compiled) -> EvaluateLater:
        name, most, tail = call.name, MAX_NAME - len(call.name) - 1, call.tail

        async def evaluate(scope: Scope) -> str:
            text = argument.now(scope) if argument.now else await cast(EvaluateLater, argument.later)(scope)
            if call.argument.constant is None and _moves(text, tail):
                return await self.by_name_later(scope, f"{name}({text}){tail}")
            value = await read_later(scope, function, limited(text, most))
            return substitution.cut(value, call.offset, call.length)

        return evaluate

    def dynamic(self, body: Text) -> Compiled:
        """Compile `${${name}}`: what it names is known when it is used."""
        inner = self.text(body)
        first = body.parts[0]
        if inner.now is not None and isinstance(first, str) and "(" not in first:
            # `ARG${n}`: nobody builds a call this way, so it need not be able to wait.
            evaluate_body = inner.now
            return Compiled(None, lambda scope: self.by_name(scope, limited(evaluate_body(scope), MAX_NAME)))

        async def evaluate(scope: Scope) -> str:
            text = inner.now(scope) if inner.now else await cast(EvaluateLater, inner.later)(scope)
            return await self.by_name_later(scope, limited(text, MAX_NAME))

        return Compiled(None, None, evaluate)

    def by_name(self, scope: Scope, text: str) -> str:
        """Read what a text between `${` and `}` names, where nothing can wait."""
        node = substitution.name(text)
        if isinstance(node, Variable):
            return variable(node)(scope)
        found = self.registry.function(node.name)
        if found is None or found.is_async:
            scope.warn(f"Function {node.name} is not registered" if found is None else f"{node.name}: cannot wait here")
            return ""
        return substitution.cut(read(scope, found, node.argument.constant or ""), node.offset, node.length)

    async def by_name_later(self, scope: Scope, text: str) -> str:
        """Read what a text between `${` and `}` names."""
        node = substitution.name(text)
        if isinstance(node, Variable):
            return variable(node)(scope)
        found = self.registry.function(node.name)
        if found is None:
            return _unknown_function(node.name)(scope)
        value = await read_later(scope, found, node.argument.constant or "")
        return substitution.cut(value, node.offset, node.length)

    def expression(self, body: Text) -> Compiled:
        """Compile `$[ ... ]`."""
        from asterism.dialplan.shapes import compiled_expression

        constant = body.constant
        parts = [self.part(part) for part in body.parts]
        if any(part.now is None for part in parts):
            text = _joined_later(parts)

            async def evaluate(scope: Scope) -> str:
                return await self.calculate_later(scope, limited(await text(scope), MAX_NAME))

            return Compiled(None, None, evaluate)
        if any(self._waits(name) for part in body.parts if isinstance(part, str) for name in _called(part)):

            async def evaluate_parts(scope: Scope) -> str:
                values = [part.now(scope) for part in parts if part.now]
                return await self.calculate_later(scope, limited("".join(values), MAX_NAME))

            return Compiled(None, None, evaluate_parts)
        if constant is not None:
            return Compiled(None, lambda scope: self.calculate(scope, constant))
        return Compiled(None, compiled_expression(self, body, [part.now for part in parts if part.now]))

    def _names_waiting(self, argument: Text) -> bool:
        """Whether an argument names a function that must wait, for the function it is given to (CUT, FIELDQTY)."""
        literal = [part for part in argument.parts if isinstance(part, str)]
        if any(part.startswith("(") for part in literal):
            return True  # A name that is put together: `${f}(x)`.
        return any(self._waits(name) for part in literal if "(" in part for name in _NAMED.findall(part))

    def _waits(self, name: str) -> bool:
        found = self.registry.function(name)
        return found is not None and found.is_async

    def calculate(self, scope: Scope, text: str) -> str:
        """Evaluate an expression whose variables are put in."""

        def call(name: str, argument: str) -> str:
            found = self.registry.function(name)
            if found is None or found.is_async:
                scope.warn(f"Function {name} is not registered")
                return ""
            return read(scope, found, argument)

        return expression.evaluate(text, call)

    async def calculate_later(self, scope: Scope, text: str) -> str:
        """Evaluate an expression that calls functions which must wait: they are asked first."""
        asked: dict[tuple[str, str], str] = {}
        while True:
            missing: list[tuple[str, str]] = []

            def call(name: str, argument: str, missing: list[tuple[str, str]] = missing) -> str:
                key = (name, argument)
                if key not in asked:
                    missing.append(key)
                return asked.get(key, "")

            value = expression.evaluate(text, call)
            if not missing:
                return value
            name, argument = missing[0]
            found = self.registry.function(name)
            asked[name, argument] = await read_later(scope, found, argument) if found else ""


_NAMED = re.compile(r"([A-Za-z][A-Za-z0-9_]*)\(")


@lru_cache(maxsize=1024)
def _called(text: str) -> tuple[str, ...]:
    """Return the names before `(` in an expression's literal piece."""
    found = expression.tokens(text)
    return tuple(
        name for (name, operator), following in pairwise(found)
        if not operator and following == ("(", True)
    )  # fmt: skip


def _moves(argument: str, tail: str) -> bool:
    """Whether parentheses in a value change where the call's argument ends."""
    if ")" not in argument and "(" not in argument:
        return False
    return ":" in argument or bool(tail)


def read(scope: Scope, function: Function, argument: str) -> str:
    """Read a function that does not wait; what goes wrong in it is a WARNING and an empty value."""
    try:
        return cast(str, function.read(scope, argument))
    except Exception as error:
        scope.warn(f"{function.name}: {error}")
        return ""


def _prepared(function: Function, argument: str) -> Evaluate:
    """Return what reads a function that does not wait, its argument parsed once."""
    prepared = function.prepare(argument)

    def evaluate(scope: Scope) -> str:
        try:
            return cast(str, prepared(scope))
        except Exception as error:
            scope.warn(f"{function.name}: {error}")
            return ""

    return evaluate


class Waits(Exception):
    """A function that does not wait itself was given the name of one that does: `CUT(ODBC_NAME(1),l,2)`."""

    def __init__(self, function: Function, argument: str) -> None:
        super().__init__(f"{function.name} has to wait: read it into a variable first")
        self.function = function
        self.argument = argument


ANSWERS: ContextVar[dict[tuple[str, str], str] | None] = ContextVar("ANSWERS", default=None)
"""While a function is read that may name others: what those said that had to be waited for."""


async def read_later(scope: Scope, function: Function, argument: str) -> str:
    """Read any function. What it names and has to be waited for is asked first, then it is read again."""
    answers: dict[tuple[str, str], str] = {}
    while True:
        outer = ANSWERS.set(answers)
        named: Waits | None = None
        value: str | Awaitable[str] = ""
        try:
            value = function.read(scope, argument)
        except Waits as waits:
            named = waits
        except Exception as error:
            scope.warn(f"{function.name}: {error}")
            return ""
        finally:
            ANSWERS.reset(outer)
        if named is not None:
            key = named.function.name, named.argument
            answers[key] = await read_later(scope, named.function, named.argument)
            continue
        try:
            return value if isinstance(value, str) else await value
        except Exception as error:
            scope.warn(f"{function.name}: {error}")
            return ""


def _unknown_function(name: str) -> Evaluate:
    def evaluate(scope: Scope) -> str:
        scope.warn(f"Function {name} is not registered")
        return ""

    return evaluate


# --- variables ---------------------------------------------------------------------------------


@lru_cache(maxsize=8192)
def variable(node: Variable) -> Evaluate:
    """Compile `${NAME:offset:length}`."""
    return _cut(_whole_variable(node.name), node.offset, node.length)


def _whole_variable(name: str) -> Evaluate:
    if name == "EXTEN":
        return lambda scope: scope.exten
    if name == "CONTEXT":
        return lambda scope: scope.context
    if name == "PRIORITY":
        return lambda scope: str(scope.priority or "")
    if name in BUILTINS:
        return lambda scope: scope.builtin(name)

    def evaluate(scope: Scope) -> str:
        value = scope.variables.get(name)
        return scope.globals.get(name, "") if value is None else value

    return evaluate


def _cut(value: Evaluate, offset: int, length: int | None) -> Evaluate:
    if offset == 0 and length is None:
        return value
    if length is None and offset > 0:

        def tail(scope: Scope) -> str:
            text = value(scope)
            return text[offset:] if text.isascii() else substitution.cut(text, offset, None)

        return tail
    return lambda scope: substitution.cut(value(scope), offset, length)


def _constant(text: str) -> Evaluate:
    return lambda scope: text


def _joined(parts: Sequence[Evaluate], nodes: Sequence[Part]) -> Evaluate:
    """Join pieces; the shapes of everyday lines get closures of their own."""
    if len(parts) == 1:
        return parts[0]
    if len(parts) == 2:
        first, second = parts
        if isinstance(nodes[0], str):
            before = nodes[0]
            return lambda scope: before + second(scope)
        if isinstance(nodes[1], str):
            after = nodes[1]
            return lambda scope: first(scope) + after
        return lambda scope: first(scope) + second(scope)
    if len(parts) == 3:
        one, two, three = parts
        return lambda scope: one(scope) + two(scope) + three(scope)
    pieces = tuple(parts)
    return lambda scope: "".join([piece(scope) for piece in pieces])


def _joined_later(parts: Sequence[Compiled]) -> EvaluateLater:
    async def evaluate(scope: Scope) -> str:
        values = []
        for part in parts:
            values.append(part.now(scope) if part.now else await cast(EvaluateLater, part.later)(scope))
        return "".join(values)

    return evaluate


# --- steps -------------------------------------------------------------------------------------


def compile_step(step: Step, registry: Registry) -> None:
    """Make a step ready to run with what is loaded now."""
    step.generation = registry.generation
    text = substitution.parse(step.data)
    compiler = Compiler(registry)
    compiled = compiler.text(text)
    step.constant = compiled.constant
    step.evaluate, step.evaluate_later = compiled.now, compiled.later
    application = step.program = registry.application(step.application)
    if application is None:
        name = step.application

        def unknown(scope: Scope) -> Outcome:
            scope.warn(f"No application '{name}' for extension ({scope.context}, {scope.exten}, {scope.priority})")
            return Failed()

        step.run = unknown
        return
    step.run = application_run(compiler, application, text, compiled)


def application_run(compiler: Compiler, application: Application, text: Text, compiled: Compiled) -> Run:
    """Compile an application with its text."""
    for hook in application.specialise:
        special = hook(compiler, text)
        if special is not None:
            return special
    if compiled.constant is not None:
        return _jumping(application.prepare(limited(compiled.constant, MAX_DATA)))
    if compiled.now is not None:
        evaluate, run = compiled.now, application.run
        return _jumping(lambda scope: run(scope, limited(evaluate(scope), MAX_DATA)))
    later = cast(EvaluateLater, compiled.later)

    async def run_later(scope: Scope) -> Outcome:
        outcome = application.run(scope, limited(await later(scope), MAX_DATA))
        if outcome is None or isinstance(outcome, Outcome):
            return outcome or scope.jump
        return await outcome or scope.jump

    return run_later


def _jumping(run: Run) -> Run:
    """Let an application go elsewhere by `scope.jump` too; one that waits is asked by the machine."""

    def go(scope: Scope) -> Outcome | Awaitable[Outcome]:
        outcome = run(scope)
        return scope.jump if outcome is None else outcome

    return go


def check(step: Step, registry: Registry) -> list[DialplanError]:
    """Tell what is suspicious in a step: brackets not closed, an application or function that is not loaded."""
    found = []
    text = substitution.parse(step.data)
    if text.unclosed:
        found.append(DialplanError(f"'{text.unclosed}' is not closed in '{step.data}'", step.file, step.line))
    if registry.application(step.application) is None:
        found.append(DialplanError(f"no application '{step.application}' is loaded", step.file, step.line))
    for name in functions_in(text):
        if registry.function(name) is None:
            found.append(DialplanError(f"no function '{name}' is loaded", step.file, step.line))
    return found


def functions_in(text: Text) -> list[str]:
    """Return the names of the functions that a text calls."""
    found: list[str] = []
    for part in text.parts:
        if isinstance(part, Call):
            found += [part.name, *functions_in(part.argument)]
        elif isinstance(part, Dynamic | Expression):
            found += functions_in(part.body)
    return found


Hook = Callable[[Compiler, Text], Run | None]
