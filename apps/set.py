"""Set and MSet: variables and functions."""

from collections.abc import Awaitable
from typing import cast

from asterism.dialplan import substitution
from asterism.dialplan.compile import MAX_DATA, Compiler, limited
from asterism.dialplan.nodes import Text
from asterism.dialplan.scope import Evaluate, Failed, Function, Outcome, Registry, Run, Scope
from asterism.runtime import declare
from asterism.runtime.arguments import split_arguments
from asterism.runtime.declare import application


def assign(scope: Scope, registry: Registry, name: str, value: str) -> Awaitable[None] | None:
    """Set a variable, or write a function: `NAME(argument)`. What a function objects to is a WARNING."""
    if not name.endswith(")") or "(" not in name:
        scope.set(name, value)
        return None
    function_name, _, argument = name.partition("(")
    function = registry.function(function_name)
    if function is None:
        scope.warn(f"Function {function_name} is not registered")
        return None
    return _write(scope, function, argument[: argument.rindex(")")], value)


def _write(scope: Scope, function: Function, argument: str, value: str) -> Awaitable[None] | None:
    if function.writes_async:
        return _write_later(scope, function, argument, value)
    try:
        function.assign(scope, argument, value)
    except Exception as error:
        scope.warn(f"{function.name}: {error}")
    return None


async def _write_later(scope: Scope, function: Function, argument: str, value: str) -> None:
    try:
        await cast(Awaitable[None], function.assign(scope, argument, value))
    except Exception as error:
        scope.warn(f"{function.name}: {error}")


@application("Set", since="0.1", see="MSet, GLOBAL, SHARED, LOCAL")
def set_(chan: Scope, text: declare.Text = "") -> Outcome | Awaitable[None]:
    """Set a variable, or write a function.

    Args:
        text: `name=value`. A name `_name` is inherited by channels that this one dials, `__name` by theirs
            too; `FUNCTION(argument)=value` writes the function. The value is taken as it is, commas,
            quotes, blanks and all.

    Compat: pbx_builtin_setvar; text without `=` is a WARNING and nothing more.
    """
    if not text:
        chan.warn("Set requires one variable name/value pair")
        return None
    name, equals, value = text.partition("=")
    if not equals:
        chan.warn("Set requires an '=' to be a valid assignment")
        return None
    return assign(chan, chan.source.registry, name, value)


@set_.compile
def _set(compiler: Compiler, text: Text) -> Run | None:
    halves = substitution.partition(text, "=")
    if halves is None or halves[0].constant is None:
        return None
    name, value = halves[0].constant, compiler.text(halves[1])
    if value.now is None:
        return None
    most = MAX_DATA - len(name.encode("utf-8", "surrogateescape")) - 1
    if name.endswith(")") and "(" in name:
        return _set_function(compiler, name, value.now, most)
    if not name:
        return None
    if value.constant is not None:
        constant = limited(value.constant, most)

        def set_constant(scope: Scope) -> Outcome:
            scope.set(name, constant)
            return None

        return set_constant
    evaluate = value.now

    def set_variable(scope: Scope) -> Outcome:
        text = evaluate(scope)
        scope.set(name, text if len(text) < 2000 else limited(text, most))
        return None

    return set_variable


def _set_function(compiler: Compiler, name: str, value: Evaluate, most: int) -> Run | None:
    function_name, _, argument = name[:-1].partition("(")
    function = compiler.registry.function(function_name)
    if function is None or function.writes_async:
        return None

    def write(scope: Scope) -> Outcome:
        _write(scope, function, argument, limited(value(scope), most))
        return None

    return write


@application("MSet", since="0.1", see="Set")
def mset(chan: Scope, text: declare.Text = "") -> Outcome | Awaitable[None]:
    """Set several variables.

    Args:
        text: `name=value,name=value,...`; double quotes keep a comma in a value and are taken away.

    Compat: pbx_builtin_setvar_multiple; a blank after a comma belongs to the next name.
    """
    if not text:
        chan.warn("MSet requires at least one variable name/value pair")
        return None
    waiting: list[tuple[str, str]] = []
    for pair in split_arguments(text):
        name, equals, value = pair.partition("=")
        if equals:
            waiting.append((name, value))
        else:
            chan.warn(f"MSet: ignoring entry '{pair}' with no '='")
    return _each(chan, waiting)


async def _each(chan: Scope, pairs: list[tuple[str, str]]) -> None:
    for name, value in pairs:
        waiting = assign(chan, chan.source.registry, name, value)
        if waiting is not None:
            await waiting


__all__ = ["Failed", "assign", "mset", "set_"]
