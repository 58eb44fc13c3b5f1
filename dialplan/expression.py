"""`$[ ... ]`: grammar and evaluation, and nothing else.

The text comes with its variables put in already. Syntax errors have values, which dialplans in the field
live by: an operator where a value should start gives the empty string, a value that is missing later
gives `0`, and what follows a complete expression is ignored.
"""

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from asterism.dialplan import longdouble, regex
from asterism.dialplan.longdouble import Number

Value = str | Number
"""A string keeps its text, quotes included, until arithmetic wants a number of it."""

CallFunction = Callable[[str, str], str]
"""Reads a dialplan function: (name, argument) -> value. An empty one is the number 0."""

MAX_DEPTH = 200
"""Parentheses within parentheses; deeper is a syntax error."""

_TOKEN = re.compile(
    r'(?P<quoted>"[^"]*")'
    r"|(?P<operator>\|\||&&|==|=~|~~|!=|>=|<=|::|[|&=<>+,\-*/%?!:()])"
    r"|(?P<word>(?:[^\s|&=<>+,\-*/%?!:(){}\[\]`~\"$]|\$[^{])+)",
    re.DOTALL,
)
# A `$` takes the character after it into its word, whatever that is.

_PRECEDENCE = {
    "?": 1, "|": 2, "&": 3, "=": 4, ">": 4, "<": 4, ">=": 4, "<=": 4, "!=": 4,
    "+": 5, "-": 5, "*": 6, "/": 6, "%": 6, ":": 8, "=~": 8, "~~": 8,
}  # fmt: skip
_UNARY = 7
_ALIASES = {"||": "|", "&&": "&", "==": "="}


# --- grammar -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Word:
    """A constant, quotes included."""

    text: str


@dataclass(frozen=True, slots=True)
class Unary:
    """`-` or `!`."""

    operator: str
    operand: "Node"


@dataclass(frozen=True, slots=True)
class Binary:
    """Two operands."""

    operator: str
    left: "Node"
    right: "Node"


@dataclass(frozen=True, slots=True)
class Choice:
    """`condition ? yes :: no`."""

    condition: "Node"
    yes: "Node"
    no: "Node"


@dataclass(frozen=True, slots=True)
class Invocation:
    """`NAME(argument, ...)` inside an expression."""

    name: str
    arguments: tuple["Node", ...]


Node = Word | Unary | Binary | Choice | Invocation


class _SyntaxError(Exception):
    """The value of the whole expression is then `0`."""


def tokens(text: str) -> list[tuple[str, bool]]:
    """Split an expression: (text, is an operator); characters that mean nothing are skipped."""
    found = []
    for match in _TOKEN.finditer(text):
        operator = match.lastgroup == "operator"
        token = match.group()
        found.append((_ALIASES.get(token, token) if operator else token, operator))
    return found


class _Parser:
    def __init__(self, text: str) -> None:
        self.tokens = tokens(text)
        self.position = 0
        self.depth = 0

    def peek(self) -> tuple[str, bool]:
        return self.tokens[self.position] if self.position < len(self.tokens) else ("", True)

    def whole(self) -> Node | None:
        token, operator = self.peek()
        if operator and token not in ("(", "-", "!"):
            return None
        return self.binary(0)

    def binary(self, floor: int) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise _SyntaxError
        left = self.operand()
        while True:
            token, operator = self.peek()
            level = _PRECEDENCE.get(token, 0) if operator else 0
            if level <= floor:
                break
            self.position += 1
            if token == "?":
                yes = self.binary(0)
                self.expect("::")
                left = Choice(left, yes, self.binary(level))
            else:
                left = Binary(token, left, self.binary(level))
        self.depth -= 1
        return left

    def operand(self) -> Node:
        token, operator = self.peek()
        self.position += 1
        if not operator:
            if self.peek() == ("(", True):
                self.position += 1
                return Invocation(token, self.arguments())
            return Word(token)
        if token == "(":
            inner = self.binary(0)
            self.expect(")")
            return inner
        if token in ("-", "!"):
            return Unary(token, self.binary(_UNARY - 1))
        raise _SyntaxError

    def arguments(self) -> tuple[Node, ...]:
        found: list[Node] = []
        while True:
            # Every argument but the first may be left out.
            empty = found and self.peek() in ((",", True), (")", True))
            found.append(Word("") if empty else self.binary(0))
            if self.peek() != (",", True):
                break
            self.position += 1
        self.expect(")")
        return tuple(found)

    def expect(self, wanted: str) -> None:
        if self.peek() != (wanted, True):
            raise _SyntaxError
        self.position += 1


@lru_cache(maxsize=4096)
def parse(text: str) -> Node:
    """Parse an expression; a syntax error is the constant that Asterisk makes of it."""
    try:
        return _Parser(text).whole() or Word("")
    except _SyntaxError:
        return Word("0")


# --- evaluation --------------------------------------------------------------------------------


def evaluate(text: str, call: CallFunction | None = None) -> str:
    """Return the value of an expression's text.

    Args:
        text: What stands between `$[` and `]`, variables put in.
        call: Reads dialplan functions; without it they are empty.
    """
    return shown(value_of(parse(text), call))


def shown(value: Value) -> str:
    """Return a value as text."""
    return value if isinstance(value, str) else longdouble.show(value)


def number_of(value: Value) -> Number | None:
    """Return the number that a value is, None for a string that is none."""
    if not isinstance(value, str):
        return value
    return _beginning(value) if isinstance(value, Digits) else longdouble.parse(value)


class Digits(str):
    """A string that was put together and has digits and points only: it counts by the number that it begins with."""

    __slots__ = ()


_DIGITS = re.compile(r"[0-9.]+")
_NUMERIC = re.compile(r"[+-]?[0-9.]+")
_BEGINNING = re.compile(r"([0-9]*)(?:\.([0-9]*))?")


def _together(text: str) -> str:
    """Return a string that was put together, as what it counts from now on."""
    return Digits(text) if _DIGITS.fullmatch(text) else text


def _beginning(text: str) -> Number:
    """Return the number that a text begins with, 0 where there is none."""
    match = _BEGINNING.match(text)
    assert match is not None
    return longdouble.parse(f"{match[1] or 0}.{match[2] or 0}") or 0


def value_of(node: Node, call: CallFunction | None) -> Value:
    """Evaluate a parsed expression."""
    match node:
        case Word():
            return node.text
        case Binary() | Choice():
            # `1+1+1...` leans to the left as deep as it is long.
            spine: list[Binary | Choice] = []
            first: Node = node
            while isinstance(first, Binary | Choice):
                spine.append(first)
                first = first.left if isinstance(first, Binary) else first.condition
            value = value_of(first, call)
            for one in reversed(spine):
                if isinstance(one, Binary):
                    value = OPERATORS[one.operator](value, value_of(one.right, call))
                else:
                    yes, no = value_of(one.yes, call), value_of(one.no, call)
                    value = yes if is_true(value) else no
            return value
        case Unary("-"):
            return minus(value_of(node.operand, call))
        case Unary():
            return negation(value_of(node.operand, call))
        case Invocation():
            return _invoke(node.name, [value_of(argument, call) for argument in node.arguments], call)


def minus(value: Value) -> Number:
    """`-value`: of any string 0."""
    number = number_of(value)
    return 0 if number is None else longdouble.negate(number)


_LEADING = re.compile(r"\s*([+-]?[0-9]+)", re.ASCII)


def negation(value: Value) -> int:
    """`!value`: of a text by its leading digits, as a C int; of what was calculated by the number."""
    if not isinstance(value, str):
        return int(value == 0)
    match = _LEADING.match(value)
    if not match:
        return 1
    number = max(-(1 << 63), min((1 << 63) - 1, int(match[1][:40])))
    return int(number & 0xFFFFFFFF == 0)


def is_true(value: Value) -> bool:
    """Whether `value ? ::` takes its first branch."""
    number = number_of(value)
    return value not in ("", '""') if number is None else number != 0


def _is_zero(value: Value) -> bool:
    number = number_of(value)
    return value == "" if number is None else number == 0


def _tested(value: Value) -> Value:
    """Return what a value has become once it was asked whether it is zero: a number loses its spelling."""
    number = number_of(value)
    return value if number is None else number


def _or(left: Value, right: Value) -> Value:
    return right if _is_zero(left) else _tested(left)


def _and(left: Value, right: Value) -> Value:
    return 0 if _is_zero(left) or _is_zero(right) else _tested(left)


def _comparison(compare: Callable[[Any, Any], bool]) -> Callable[[Value, Value], int]:
    """Compare two numbers as numbers, else as strings of bytes."""

    def calculate(left: Value, right: Value) -> int:
        first, second = number_of(left), number_of(right)
        if first is not None and second is not None:
            return int(compare(first, second))
        return int(compare(_raw(left), _raw(right)))

    return calculate


def _raw(value: Value) -> bytes:
    return shown(value).encode("utf-8", "surrogateescape")


def _sum(operation: Callable[[Number, Number], Number]) -> Callable[[Value, Value], Value]:
    """A string that is no number counts as 0, and leaves even a -0 as it is."""

    def calculate(left: Value, right: Value) -> Value:
        first, second = number_of(left), number_of(right)
        if second is None:
            return 0 if first is None else first
        if first is None:
            return second if operation is longdouble.add else operation(0, second)
        return operation(first, second)

    return calculate


def _multiply(left: Value, right: Value) -> Value:
    first, second = number_of(left), number_of(right)
    return 0 if first is None or second is None else longdouble.multiply(first, second)


def _divide(left: Value, right: Value) -> Value:
    first, second = number_of(left), number_of(right)
    if first is None:
        return 0
    return longdouble.divide(first, second) if second else 2147483647


def _remainder(left: Value, right: Value) -> Value:
    first, second = number_of(left), number_of(right)
    if first is None or second is None:
        return 0
    return longdouble.remainder(first, second) if second else second  # Of -0 it is -0.


def unquoted(value: Value) -> str:
    """Return a value's text without the quotes around it."""
    text = shown(value)
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text


def _search(value: Value, pattern: Value, anchored: bool) -> Value:
    try:
        expression = regex.compiled(unquoted(pattern))
    except regex.BadPattern:
        return ""
    match = expression.search(unquoted(value))
    if match is None or (anchored and match.start > 0):
        return "" if expression.groups else 0
    return match.end - match.start if match.group is None else _together(match.group)


OPERATORS: dict[str, Callable[[Value, Value], Value]] = {
    "|": _or,
    "&": _and,
    "=": _comparison(operator.eq),
    "!=": _comparison(operator.ne),
    ">": _comparison(operator.gt),
    "<": _comparison(operator.lt),
    ">=": _comparison(operator.ge),
    "<=": _comparison(operator.le),
    "+": _sum(longdouble.add),
    "-": _sum(longdouble.subtract),
    "*": _multiply,
    "/": _divide,
    "%": _remainder,
    ":": lambda left, right: _search(left, right, True),
    "=~": lambda left, right: _search(left, right, False),
    "~~": lambda left, right: _together(unquoted(left) + unquoted(right)),
}

_ONE = {
    "COS": "cos", "SIN": "sin", "TAN": "tan", "ACOS": "acos", "ASIN": "asin", "ATAN": "atan", "SQRT": "sqrt",
    "FLOOR": "floor", "CEIL": "ceil", "ROUND": "round", "RINT": "rint", "TRUNC": "trunc", "EXP": "exp",
    "EXP2": "exp2", "EXP10": "exp10", "LOG": "log", "LOG2": "log2", "LOG10": "log10", "ABS": "fabs",
}  # fmt: skip
_TWO = {"POW": "pow", "ATAN2": "atan2", "REMAINDER": "remainder"}


def _invoke(name: str, arguments: list[Value], call: CallFunction | None) -> Value:
    wanted = 1 if name in _ONE else 2 if name in _TWO else 0
    if not wanted:
        text = call(name, ",".join(map(shown, arguments))) if call else ""
        if not _NUMERIC.fullmatch(text or "0"):
            return text
        number = _beginning(text.lstrip("+-"))
        return longdouble.negate(number) if text[:1] == "-" else number
    if len(arguments) != wanted:
        return 0
    numbers = [number_of(value) for value in arguments]
    return longdouble.function(_ONE.get(name) or _TWO[name], *[0 if value is None else value for value in numbers])
