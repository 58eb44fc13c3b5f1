"""How the text of an application's or function's arguments becomes values.

The type of a parameter says it all: `Destinations = Annotated[list[str], Separated("&")]` splits at `&`,
`Seconds = Annotated[float, Unit("s")]` is a number of seconds, a dataclass whose fields carry `Option` is
an option string such as `gr(ring)L(60000:30000)`.
"""

import inspect
import types
import typing
from collections.abc import Callable, Sequence
from dataclasses import MISSING, dataclass, fields, is_dataclass
from enum import Enum
from typing import Annotated, Any, get_args, get_origin

from asterism.runtime.errors import ArgumentError

FOREVER = float("inf")


@dataclass(frozen=True, slots=True)
class Separated:
    """The argument is a list, its items joined by this character."""

    by: str


@dataclass(frozen=True, slots=True)
class Unit:
    """The unit a number is given in, shown in the help."""

    name: str


@dataclass(frozen=True, slots=True)
class Whole:
    """The parameter takes the rest of the text unsplit, separators, quotes, and all."""


@dataclass(frozen=True, slots=True)
class Given:
    """An argument of text that is given but empty is the empty text, not the default: `App(a,)` is not `App(a)`."""


@dataclass(frozen=True, slots=True)
class Option:
    """One letter of an option string.

    Args:
        letter: The letter, case-sensitive.
        argument: Name of what stands in parentheses behind it; empty when nothing does.
        later: The option is understood but not served yet: using it logs a WARNING that names it.
    """

    letter: str
    argument: str = ""
    later: bool = False


Seconds = Annotated[float, Unit("s")]
Milliseconds = Annotated[int, Unit("ms")]
Text = Annotated[str, Whole()]


@dataclass(frozen=True, slots=True)
class Unclosed:
    """Marks the field of an option dataclass that is true where an option's parenthesis never closes.

    Without such a field what stands before that option counts, and the call goes on.
    """


@dataclass(frozen=True, slots=True)
class OptionField:
    """A field of an option dataclass, ready for parsing."""

    name: str
    option: Option
    kind: Callable[[str], Any]
    is_flag: bool


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of an application, function, or command body."""

    name: str
    convert: Callable[[str], Any]
    default: Any
    required: bool
    whole: bool
    options: tuple[OptionField, ...]
    unit: str
    given: bool


def split_arguments(text: str, by: str = ",", *, most: int = 0, raw: bool = False) -> list[str]:
    """Split argument text as Asterisk's applications do.

    Separators inside (), [] and double quotes do not count. Unless `raw`, the quotes and the backslashes that
    escape are removed.

    Args:
        text: The text after substitution of variables.
        by: The separator, one character.
        most: With this many arguments the last is the rest of the text as it stands: it is not split, and its
            quotes and backslashes stay. 0 is no limit.
        raw: Keep quotes and backslashes.
    """
    if not text:
        return []
    if most == 1:
        return [text]
    if '"' not in text and "\\" not in text and "(" not in text and "[" not in text:
        return text.split(by, most - 1) if most else text.split(by)
    found: list[str] = []
    here: list[str] = []
    parens = brackets = 0
    quoted = escaped = False
    for position, char in enumerate(text):
        if escaped:
            escaped = False
            here.append(char)
        elif char == "\\":
            escaped = True
            if raw:
                here.append(char)
        elif char == '"':
            quoted = not quoted
            if raw:
                here.append(char)
        elif char == by and not (parens or brackets or quoted):
            found.append("".join(here))
            here.clear()
            if most and len(found) == most - 1:
                found.append(text[position + 1 :])
                return found
        else:
            if char == "(":
                parens += 1
            elif char == ")":
                parens = max(0, parens - 1)
            elif char == "[":
                brackets += 1
            elif char == "]":
                brackets = max(0, brackets - 1)
            here.append(char)
    found.append("".join(here))
    return found


def split_options(text: str) -> tuple[list[tuple[str, str | None]], str]:
    """Split an option string into (letter, text in parentheses or None), parentheses nested.

    Where the text in parentheses begins with a double quote, parentheses in quotes do not count, and the quotes go.
    A backslash makes the next character stand for itself.

    Returns:
        The options, and what is wrong: the option whose parenthesis never closes is not there, nor is anything else
        after it.
    """
    found: list[tuple[str, str | None]] = []
    at = 0
    while at < len(text):
        letter = text[at]
        at += 1
        if text[at : at + 1] != "(":
            found.append((letter, None))
            continue
        argument, end = _in_parentheses(text, at + 1)
        if not end:
            return found, f"Missing closing parenthesis for argument '{letter}' in string '{text[at + 1 :]}'"
        found.append((letter, argument))
        at = end
    return found, ""


def _in_parentheses(text: str, at: int) -> tuple[str, int]:
    """The text from here to the parenthesis that closes, and where it goes on behind that; 0 when none does."""
    depth, quotes, quoted = 1, text[at : at + 1] == '"', False
    here: list[str] = []
    while at < len(text):
        char = text[at]
        at += 1
        if char == "\\" and not (quoted and text[at : at + 1] != '"'):
            char = text[at : at + 1]
            at += 1
        elif char == "\\":
            char += text[at : at + 1]
            at += 1
        elif char == '"' and quotes:
            quoted = not quoted
            continue
        elif char in "()" and not quoted:
            depth += 1 if char == "(" else -1
            if not depth:
                return "".join(here), at
        here.append(char)
    return "", 0


def _number(kind: type[int] | type[float]) -> Callable[[str], int | float]:
    def convert(text: str) -> int | float:
        try:
            return kind(text.strip())
        except ValueError:
            raise ArgumentError(f"{text!r} is not a number") from None

    return convert


def _boolean(text: str) -> bool:
    return text.strip().lower() in ("yes", "true", "y", "t", "1", "on")


def _converter(hint: Any) -> Callable[[str], Any]:
    if get_origin(hint) is Annotated:
        base, *extras = get_args(hint)
        for extra in extras:
            if isinstance(extra, Separated):
                item = _converter(get_args(base)[0] if get_args(base) else str)
                return lambda text: [item(part) for part in text.split(extra.by)] if text else []
        return _converter(base)
    if get_origin(hint) in (typing.Union, types.UnionType):
        kinds = [kind for kind in get_args(hint) if kind is not type(None)]
        return _converter(kinds[0])
    if hint is int or hint is float:
        return _number(hint)
    if hint is bool:
        return _boolean
    if isinstance(hint, type) and issubclass(hint, Enum):
        return _enum(hint)
    return str


def _enum(kind: type[Enum]) -> Callable[[str], Any]:
    def convert(text: str) -> Any:
        for member in kind:
            if text.lower() in (str(member.value).lower(), member.name.lower()):
                return member
        raise ArgumentError(f"{text!r} is none of {', '.join(str(member.value) for member in kind)}")

    return convert


def _option_fields(kind: type) -> tuple[OptionField, ...]:
    hints = typing.get_type_hints(kind, include_extras=True)
    found = []
    for field in fields(kind):
        hint = hints[field.name]
        if _marks_unclosed(hint):
            continue
        option = next((extra for extra in get_args(hint)[1:] if isinstance(extra, Option)), None)
        if option is None:
            raise TypeError(f"{kind.__name__}.{field.name} carries no Option")
        base = get_args(hint)[0]
        found.append(OptionField(field.name, option, _converter(base), base is bool))
    return tuple(found)


def _marks_unclosed(hint: Any) -> bool:
    return any(isinstance(extra, Unclosed) for extra in get_args(hint)[1:])


def options_converter(
    kind: type, option_fields: Sequence[OptionField], complain: Callable[[str], None] | None = None
) -> Callable[[str], Any]:
    """A function from option text to an instance of the option dataclass.

    Letters that the dataclass does not know, or knows as `later`, go to `complain`.
    """
    by_letter = {field.option.letter: field for field in option_fields}
    hints = typing.get_type_hints(kind, include_extras=True)
    unclosed = [name for name, hint in hints.items() if _marks_unclosed(hint)]

    def convert(text: str) -> Any:
        letters, wrong = split_options(text)
        values: dict[str, Any] = dict.fromkeys(unclosed, True) if wrong else {}
        for letter, argument in letters:
            field = by_letter.get(letter)
            if field is None or field.option.later:
                if complain is not None and letter not in " ,":
                    complain(letter)
                if field is None:
                    continue
            if field.is_flag:
                values[field.name] = True
            elif argument is not None:
                values[field.name] = field.kind(argument)
            else:
                values[field.name] = field.kind("") if field.kind is str else None
        return kind(**values)

    return convert


def parameters_of(body: Callable[..., Any], skip: int = 1) -> tuple[Parameter, ...]:
    """Read a body's signature: each parameter after the first `skip` becomes a Parameter."""
    found = []
    for parameter in list(inspect.signature(body).parameters.values())[skip:]:
        hint = parameter.annotation
        if isinstance(hint, str):
            hint = eval(hint, getattr(inspect.unwrap(body), "__globals__", {}))
        if hint is inspect.Parameter.empty:
            hint = str
        extras = get_args(hint)[1:] if get_origin(hint) is Annotated else ()
        base = get_args(hint)[0] if extras else hint
        option_fields: tuple[OptionField, ...] = ()
        convert: Callable[[str], Any]
        if isinstance(base, type) and is_dataclass(base):
            option_fields = _option_fields(base)
            convert = options_converter(base, option_fields)
        else:
            convert = _converter(hint)
        required = parameter.default is inspect.Parameter.empty
        found.append(
            Parameter(
                name=parameter.name,
                convert=convert,
                default=None if required else parameter.default,
                required=required,
                whole=any(isinstance(extra, Whole) for extra in extras),
                options=option_fields,
                unit=next((extra.name for extra in extras if isinstance(extra, Unit)), ""),
                given=any(isinstance(extra, Given) for extra in extras),
            )
        )
    return tuple(found)


def bind(parameters: Sequence[Parameter], texts: Sequence[str], who: str, *, keep_empty: bool = False) -> list[Any]:
    """Turn argument texts into values, one per parameter.

    An empty text counts as absent and takes the default, unless the parameter is `Given`. Texts beyond the parameters
    are ignored, as Asterisk does.

    Args:
        parameters: What is asked for.
        texts: What was given.
        who: Whose arguments they are, for the error.
        keep_empty: An empty text that was given is a value of a parameter of text: `F(a,)` is not `F(a)`.

    Raises:
        ArgumentError: A required argument is missing, or a text does not convert.
    """
    values = []
    for index, parameter in enumerate(parameters):
        text = texts[index] if index < len(texts) else ""
        if text == "":
            if index < len(texts) and (parameter.given or (keep_empty and parameter.convert is str)):
                values.append("")
                continue
            if parameter.required:
                raise ArgumentError(f"{who} requires an argument ({parameter.name})")
            values.append(parameter.default)
            continue
        try:
            values.append(parameter.convert(text))
        except ArgumentError as error:
            raise ArgumentError(f"{who}: {parameter.name}: {error}") from None
    return values


def default_of(field: Any) -> Any:
    """The default of a dataclass field, made anew if it has a factory."""
    if field.default is not MISSING:
        return field.default
    if field.default_factory is not MISSING:
        return field.default_factory()
    return MISSING
