"""Expressions with variables in them, compiled by their shape.

`$[${i}+1]` is parsed once, with a hole where the variable stands. That is right only while the value
that comes is one word or number, so each value is looked at; any other is put into the text, which is then
parsed as Asterisk parses it.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from asterism.dialplan import expression
from asterism.dialplan.expression import Binary, Node, Value, Word, shown
from asterism.dialplan.nodes import Text
from asterism.dialplan.scope import Evaluate, Scope

if TYPE_CHECKING:
    from asterism.dialplan.compile import Compiler

_HOLE = 0xE000
"""Holes are characters from here on while the text is parsed; a text that has such itself is not compiled."""
_MAX_HOLES = 64
_MAX_TOKENS = 100
"""Longer expressions are not compiled: each operator would be a call within a call."""
_HOLES = re.compile(f"[{chr(_HOLE)}-{chr(_HOLE + _MAX_HOLES)}]")
_WORD = re.compile(r"[0-9A-Za-z_.@#^';\\]+")


class _NotPlain(Exception):
    """A value is more than one word: the text has to be parsed with it."""


@dataclass(frozen=True, slots=True)
class _Leaf:
    """A word with holes: literal pieces and numbers of holes."""

    pieces: tuple[str | int, ...]
    quoted: bool


Values = list[str]
Calculate = Callable[[Values], Value]


def compiled_expression(compiler: "Compiler", body: Text, holes: list[Evaluate]) -> Evaluate:
    """Compile an expression none of whose parts must wait; `holes` has an Evaluate for each part of the body."""

    def slow(scope: Scope) -> str:
        from asterism.dialplan.compile import MAX_NAME, limited

        return compiler.calculate(scope, limited("".join([hole(scope) for hole in holes]), MAX_NAME))

    marked = ""
    dynamic: list[Evaluate] = []
    for part, evaluate in zip(body.parts, holes, strict=True):
        if isinstance(part, str):
            marked += part
            if _HOLES.search(part) or "$" in part:
                return slow
        else:
            marked += chr(_HOLE + len(dynamic))
            dynamic.append(evaluate)
    if len(dynamic) > _MAX_HOLES:
        return slow
    node = expression.parse(marked)
    if len(expression.tokens(marked)) > _MAX_TOKENS or not _sound(node, marked):
        return slow
    fast = _counting(node, dynamic)
    if fast is not None:
        return fast(lambda scope, values: compiler.calculate(scope, _filled(marked, values)))
    calculate = _node(node)

    def general(scope: Scope) -> str:
        values = [hole(scope) for hole in dynamic]
        try:
            return shown(calculate(values))
        except _NotPlain:
            return compiler.calculate(scope, _filled(marked, values))

    return general


def _filled(marked: str, values: Values) -> str:
    from asterism.dialplan.compile import MAX_NAME, limited

    return limited(_HOLES.sub(lambda match: values[ord(match.group()) - _HOLE], marked), MAX_NAME)


def _sound(node: Node, marked: str) -> bool:
    """Whether the parse is whole: no syntax error, every word of the text in it, no function called."""
    try:
        words = list(_words(node))
    except TypeError:
        return False
    return words == [token for token, operator in expression.tokens(marked) if not operator]


def _words(node: Node) -> list[str]:
    match node:
        case Word():
            return [node.text]
        case expression.Unary():
            return _words(node.operand)
        case Binary():
            return _words(node.left) + _words(node.right)
        case expression.Choice():
            return _words(node.condition) + _words(node.yes) + _words(node.no)
        case _:
            raise TypeError


def _leaf(text: str) -> _Leaf:
    pieces: list[str | int] = []
    for piece in re.split(f"({_HOLES.pattern})", text):
        if _HOLES.fullmatch(piece):
            pieces.append(ord(piece) - _HOLE)
        elif piece:
            pieces.append(piece)
    return _Leaf(tuple(pieces), text.startswith('"'))


def _node(node: Node) -> Calculate:
    match node:
        case Word():
            return _word(node.text)
        case Binary():
            operate, left, right = expression.OPERATORS[node.operator], _node(node.left), _node(node.right)
            return lambda values: operate(left(values), right(values))
        case expression.Choice():
            condition, yes, no = _node(node.condition), _node(node.yes), _node(node.no)

            def choose(values: Values) -> Value:
                first, second, third = condition(values), yes(values), no(values)
                return second if expression.is_true(first) else third

            return choose
        case expression.Unary("!"):
            operand = _node(node.operand)
            return lambda values: expression.negation(operand(values))
        case expression.Unary():
            inner = _node(node.operand)
            return lambda values: expression.minus(inner(values))
        case _:
            raise TypeError


def _word(text: str) -> Calculate:
    leaf = _leaf(text)
    if all(isinstance(piece, str) for piece in leaf.pieces):
        return lambda values: text
    if leaf.quoted:

        def quoted(values: Values) -> Value:
            found = "".join([piece if isinstance(piece, str) else values[piece] for piece in leaf.pieces])
            if found.find('"', 1) != len(found) - 1:
                raise _NotPlain
            return found

        return quoted

    def word(values: Values) -> Value:
        found = "".join([piece if isinstance(piece, str) else values[piece] for piece in leaf.pieces])
        if not _WORD.fullmatch(found):
            raise _NotPlain
        return found

    return word


# --- counting: a variable and a whole number ---------------------------------------------------

_Slow = Callable[[Scope, Values], str]
_MOST = 18
"""Digits of a whole number that prints as it is."""

_COMPARISONS: dict[str, Callable[[int, int], bool]] = {
    "<": lambda left, right: left < right,
    ">": lambda left, right: left > right,
    "<=": lambda left, right: left <= right,
    ">=": lambda left, right: left >= right,
    "=": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
}


def _counting(node: Node, dynamic: list[Evaluate]) -> "Callable[[_Slow], Evaluate] | None":
    """Compile `hole + 1`, `hole < 10`, `hole < hole`: the expressions of loops, where the values are whole numbers."""
    if not isinstance(node, Binary) or not isinstance(node.left, Word) or not isinstance(node.right, Word):
        return None
    left, right = _leaf(node.left.text), _leaf(node.right.text)
    if left.pieces != (0,):
        return None
    first = dynamic[0]
    if right.pieces == (1,) and node.operator in _COMPARISONS:
        return _compare_two(node.operator, first, dynamic[1])
    if len(dynamic) != 1 or not node.right.text.isdigit() or len(node.right.text) > 15 or not node.right.text.isascii():
        return None
    number = int(node.right.text)
    if node.operator in _COMPARISONS:
        return _compare_constant(node.operator, first, number)
    if node.operator in ("+", "-"):
        return _add(first, number if node.operator == "+" else -number)
    return None


def _add(first: Evaluate, number: int) -> Callable[[_Slow], Evaluate]:
    def make(slow: _Slow) -> Evaluate:
        def evaluate(scope: Scope) -> str:
            text = first(scope)
            if text.isdigit() and len(text) < _MOST and text.isascii():
                return str(int(text) + number)
            return slow(scope, [text])

        return evaluate

    return make


def _compare_constant(operator: str, first: Evaluate, number: int) -> Callable[[_Slow], Evaluate]:
    compare = _COMPARISONS[operator]

    def make(slow: _Slow) -> Evaluate:
        def evaluate(scope: Scope) -> str:
            text = first(scope)
            if text.isdigit() and len(text) < _MOST and text.isascii():
                return "1" if compare(int(text), number) else "0"
            return slow(scope, [text])

        return evaluate

    return make


def _compare_two(operator: str, first: Evaluate, second: Evaluate) -> Callable[[_Slow], Evaluate]:
    compare = _COMPARISONS[operator]

    def make(slow: _Slow) -> Evaluate:
        def evaluate(scope: Scope) -> str:
            left, right = first(scope), second(scope)
            if (
                left.isdigit() and right.isdigit()
                and len(left) < _MOST and len(right) < _MOST
                and left.isascii() and right.isascii()
            ):  # fmt: skip
                return "1" if compare(int(left), int(right)) else "0"
            return slow(scope, [left, right])

        return evaluate

    return make
