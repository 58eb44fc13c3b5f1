"""Choosing and asking: IF, IFTIME, ISNULL, EXISTS, SET, and whether a variable is there."""

from asterism.dialplan import substitution, timing
from asterism.dialplan.compile import Compiler
from asterism.dialplan.nodes import Text
from asterism.dialplan.scope import Evaluate, Scope
from asterism.functions import indirect
from asterism.runtime.arguments import split_arguments
from asterism.runtime.channel import Channel
from asterism.runtime.declare import function
from asterism.runtime.errors import ArgumentError


@function("IF", see="IFTIME, GotoIf, ExecIf", form="condition?[true][:false]")
def if_(chan: Channel, argument: str) -> str:
    """Choose one of two values.

    Args:
        argument: A condition, `?`, the value when it is true, `:`, the value when it is false.
    Compat: func_logic. A condition is false when it is a number that begins with zero, or blank; without any
        condition the value is empty. Quotes and backslashes go away in the first value and stay in the second;
        blanks around both go away.
    """
    condition, question, rest = _split_at(argument, "?")
    if not condition or not question:
        return ""
    if is_true(indirect.strip(condition)):
        return indirect.strip(_split_at(rest, ":")[0])
    return indirect.strip(_split_at(rest, ":")[2])


@if_.compile
def _if(compiler: Compiler, argument: Text) -> Evaluate | None:
    """Take the values apart once where they are constant and the condition is all that is worked out."""
    halves = substitution.partition(argument, "?")
    if halves is None or halves[1].constant is None or any(isinstance(part, str) for part in halves[0].parts):
        return None
    condition = compiler.now(halves[0])
    rest = halves[1].constant
    if condition is None:
        return None
    first, second = (indirect.strip(_split_at(rest, ":")[at]) for at in (0, 2))

    def evaluate(chan: Scope) -> str:
        value = condition(chan)
        if value == "1":
            return first
        if value == "0":
            return second
        if not value:
            return ""
        return compiler.by_name(chan, f"IF({value}?{rest})")

    return evaluate


def _split_at(text: str, mark: str) -> tuple[str, str, str]:
    """Split once, as arguments are split: not inside quotes, brackets, or behind a backslash."""
    if not any(character in text for character in '"\\(['):
        return text.partition(mark)
    first, *rest = split_arguments(text, mark, most=2) or [""]
    if rest:
        return first, mark, rest[0]
    # With one argument the text is handed back as it stands, but here it loses its quotes.
    return split_arguments(text, mark)[0], "", ""


def is_true(condition: str) -> bool:
    """Tell whether the dialplan takes a text for true: no number that begins with zero, and not empty."""
    number = indirect.integer(condition)
    return bool(condition) if number is None else number != 0


@function("IFTIME", see="IF, GotoIfTime", form="times,weekdays,days,months[,timezone]?[true][:false]")
def iftime(chan: Channel, argument: str) -> str:
    """Choose one of two values by the time.

    Args:
        argument: Times as in GotoIfTime, `?`, the value when they hold, `:`, the value when they do not.
    Compat: func_logic. Quotes around a value go away; a colon in quotes still divides.
    """
    times, _, rest = indirect.lstrip(argument).partition("?")
    if not times or not rest:
        raise ArgumentError("IFTIME needs times and values: <times>?[true][:false]")
    first, _, second = rest.partition(":")
    found = timing.parse(times)
    if found is None:
        chan.warn(f"IFTIME: '{times}' are no times")
    return _unquoted(first if found is not None and found.holds(chan.now()) else second)


def _unquoted(text: str) -> str:
    text = indirect.strip(text)
    return text[1:-1] if text[:1] == text[-1:] == '"' else text


@function("ISNULL", see="EXISTS")
def isnull(chan: Channel, text: str) -> str:
    """Tell whether a text is empty: 1 or 0.

    Args:
        text: Any text.
    Compat: func_logic.
    """
    return "0" if text else "1"


@function("EXISTS", see="ISNULL, VARIABLE_EXISTS")
def exists(chan: Channel, text: str) -> str:
    """Tell whether a text is not empty: 1 or 0.

    Args:
        text: Any text.
    Compat: func_logic.
    """
    return "1" if text else "0"


@function("SET", see="Set", form="varname=[value]")
async def set_(chan: Channel, assignment: str) -> str:
    """Set a variable and return its value.

    Args:
        assignment: Name, `=`, value. Blanks around both go away.
    Sets: The variable.
    Compat: func_logic.
    """
    name, equals, value = assignment.partition("=")
    name, value = indirect.strip(name), indirect.strip(value)
    if not equals or not name:
        raise ArgumentError("SET needs the name of a variable and a value: <name>=<value>")
    await indirect.assign_later(chan, name, value)
    return value


# --- variables that are there ----------------------------------------------------------------


@function("VARIABLE_EXISTS", see="EXISTS, GLOBAL_EXISTS, DELETE")
def variable_exists(chan: Channel, varname: str) -> str:
    """Tell whether a variable is set, even to nothing: 1 or 0.

    Args:
        varname: Its name, not its value.
    Compat: func_logic. Global variables count, those of the channel itself (EXTEN, UNIQUEID) do not.
    """
    return "0" if indirect.variable_of(chan, varname) is None else "1"


@function("GLOBAL_EXISTS", see="VARIABLE_EXISTS, GLOBAL, GLOBAL_DELETE")
def global_exists(chan: Channel, varname: str) -> str:
    """Tell whether a global variable is set, even to nothing: 1 or 0.

    Args:
        varname: Its name, not its value.
    Compat: func_global.
    """
    return "1" if varname in chan.globals else "0"


@function("GLOBAL_DELETE", see="GLOBAL, GLOBAL_EXISTS")
def global_delete(chan: Channel, varname: str) -> str:
    """Delete a global variable: `Set(GLOBAL_DELETE(name)=)`.

    Args:
        varname: Its name, not its value.
    Compat: func_global.
    """
    raise ArgumentError("GLOBAL_DELETE cannot be read")


@global_delete.write
def _global_delete(chan: Channel, varname: str, value: str = "") -> None:
    plain = varname.removeprefix("_").removeprefix("_")
    if plain in chan.globals:
        chan.set_global(plain, "")
        del chan.switch.variables[plain]


@function("DELETE", see="VARIABLE_EXISTS, GLOBAL_DELETE")
def delete(chan: Channel, varname: str) -> str:
    """Delete a variable of the channel: `Set(DELETE(name)=)`.

    Args:
        varname: Its name, not its value.
    Compat: func_strings.
    """
    raise ArgumentError("DELETE cannot be read")


@delete.write
def _delete(chan: Channel, varname: str, value: str = "") -> None:
    if plain := varname.removeprefix("_").removeprefix("_"):
        chan.unset(plain)
