"""Arithmetic of the dialplan: MATH, INC, DEC, MIN, MAX, ABS, RAND."""

import math
import random
from collections.abc import Callable

from asterism.functions.indirect import integer, real, truncated, variable_of, whole_integer, wrapped
from asterism.runtime.channel import Channel
from asterism.runtime.declare import function
from asterism.runtime.errors import ArgumentError

RAND_MAX = 0x7FFFFFFF

Calculate = Callable[[float, float], float]


def _of_integers(calculate: Callable[[int, int], int]) -> Calculate:
    return lambda left, right: float(wrapped(calculate(truncated(left), truncated(right))))


def _divide(left: float, right: float) -> float:
    return left / right if right > 0 else 0.0


def _remainder(left: int, right: int) -> int:
    return int(math.fmod(left, right)) if right else 0


def _power(left: float, right: float) -> float:
    try:
        return math.pow(left, right)
    except OverflowError:
        return -math.inf if left < 0 and math.fmod(right, 2) else math.inf
    except ValueError:
        return math.inf if left == 0 else -math.nan


# In the order in which Asterisk looks for them: the first kind that occurs anywhere is the operator.
_OPERATORS: dict[str, Calculate] = {
    "*": lambda left, right: left * right,
    "/": _divide,
    "%": _of_integers(_remainder),
    "^": _power,
    "AND": _of_integers(int.__and__),
    "XOR": _of_integers(int.__xor__),
    "OR": _of_integers(int.__or__),
    ">": lambda left, right: float(left > right),
    "<": lambda left, right: float(left < right),
    "=": lambda left, right: float(left == right),
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    ">=": lambda left, right: float(left >= right),
    "<=": lambda left, right: float(left <= right),
    # The processor shifts by the lowest five bits of the count.
    ">>": _of_integers(lambda left, right: left >> (right & 31)),
    "<<": _of_integers(lambda left, right: left << (right & 31)),
}
_SEARCHED = tuple(_OPERATORS)[:12]
_COMPARING = frozenset((">", "<", "=", ">=", "<="))
_PAIRS = frozenset((">=", "<=", ">>", "<<"))


@function("MATH", see="INC, DEC, $[]", form="expression[,type]")
def math_(chan: Channel, expression: str, type: str = "f") -> str:
    """Calculate with two numbers.

    Args:
        expression: Number, operator, number. Operators: + - * / % ^ AND OR XOR << >> < <= > >= ==.
        type: What to make of it: f (float, six decimals), i (int), h (hex), or c (char), or the whole word.
    Returns: The number, or TRUE or FALSE for a comparison.
    Compat: func_math. Only one operator is understood: of several kinds the first of * / % ^ AND XOR OR > < = + -
        counts. % and the shifts are of integers of 32 bits; division by zero, or by less, is 0.
    """
    text, negative = (expression[1:], True) if expression[:1] == "-" else (expression, False)
    left_text, operator, right_text = _taken_apart(text)
    show = _shown(type)
    left, right = real(left_text), real(right_text)
    if not operator or left is None or right is None:
        raise ArgumentError(f"MATH: '{expression}' is no number, operator, number")
    value = _OPERATORS[operator](0.0 - left if negative else left, right)
    if operator in _COMPARING:
        return "TRUE" if value else "FALSE"
    if math.isnan(value) and not math.isnan(left) and not math.isnan(right):
        value = -math.nan
    return show(value)


def _taken_apart(text: str) -> tuple[str, str, str]:
    for operator in _SEARCHED:
        left, found, right = text.partition(operator)
        if not found:
            continue
        if operator == "=":
            return (left, "=", right[1:]) if right[:1] == "=" else (text, "", "")
        if operator + right[:1] in _PAIRS:
            return left, operator + right[:1], right[1:]
        return left, operator, right
    return text, "", ""


def _shown(type: str) -> Callable[[float], str]:
    match type.lower():
        case "float" | "f":
            return _float
        case "int" | "i":
            return lambda value: str(truncated(value))
        case "hex" | "h":
            return _hex
        case "char" | "c":
            return _char
    raise ArgumentError(f"MATH: unknown type '{type}'")


def _float(value: float) -> str:
    if math.isnan(value):
        return "-nan" if math.copysign(1.0, value) < 0 else "nan"
    return f"{value:f}"


def _hex(value: float) -> str:
    return f"{int(value) & 0xFFFFFFFF:x}" if abs(value) < 2.0**63 else "0"


def _char(value: float) -> str:
    code = truncated(value) & 0xFF
    return bytes((code,)).decode("utf-8", "surrogateescape") if code else ""


@function("INC", see="DEC, MATH")
def inc(chan: Channel, varname: str) -> str:
    """Add one to a variable and return it.

    Args:
        varname: Name of the variable, not its value.
    Sets: The variable.
    Compat: func_math. A variable that is no integer stays as it is, and the value is empty.
    """
    return _step(chan, varname, 1)


@function("DEC", see="INC, MATH")
def dec(chan: Channel, varname: str) -> str:
    """Take one from a variable and return it.

    Args:
        varname: Name of the variable, not its value.
    Sets: The variable.
    Compat: func_math. A variable that is no integer stays as it is, and the value is empty.
    """
    return _step(chan, varname, -1)


def _step(chan: Channel, varname: str, by: int) -> str:
    if not varname:
        raise ArgumentError("the name of a variable is needed")
    number = whole_integer(variable_of(chan, varname) or "")
    if number is None:
        chan.notice(f"The variable {varname} holds no integer: it stays as it is")
        return ""
    value = str(wrapped(number + by))
    chan.set(varname, value)
    return value


@function("MIN", see="MAX, ABS")
def min_(chan: Channel, num1: str, num2: str = "") -> str:
    """Return the smaller of two numbers.

    Args:
        num1: A number.
        num2: Another.
    Compat: func_math. With one number that is returned. What is no integer has six decimals.
    """
    return _extreme(num1, num2, min)


@function("MAX", see="MIN, ABS")
def max_(chan: Channel, num1: str, num2: str = "") -> str:
    """Return the larger of two numbers.

    Args:
        num1: A number.
        num2: Another.
    Compat: func_math. With one number that is returned. What is no integer has six decimals.
    """
    return _extreme(num1, num2, max)


def _extreme(num1: str, num2: str, choose: Callable[[float, float], float]) -> str:
    numbers = [_number(text) for text in (num1, num2) if text]
    if not numbers:
        raise ArgumentError("a number is needed")
    return _plain(choose(numbers[0], numbers[-1]))


@function("ABS", see="MIN, MAX")
def abs_(chan: Channel, num: str) -> str:
    """Return a number without its sign.

    Args:
        num: A number.
    Compat: func_math. What is no integer has six decimals.
    """
    return _plain(abs(_number(num)))


def _number(text: str) -> float:
    number = real(text)
    if number is None:
        raise ArgumentError(f"'{text}' is no number")
    return number


def _plain(number: float) -> str:
    if -2147483649.0 < number < 2147483648.0 and number == int(number):
        return str(int(number))
    return _float(number)


@function("DIGIT_SUM")
def digit_sum(chan: Channel, digits: str) -> str:
    """Add up the digits of a text.

    Args:
        digits: Any text; what is no digit does not count.
    Compat: func_math.
    """
    if not digits:
        raise ArgumentError("DIGIT_SUM needs digits")
    return str(sum(int(digit) for digit in digits if digit in "0123456789"))


@function("RAND")
def rand(chan: Channel, lowest: str = "", highest: str = "") -> str:
    """Choose a random integer.

    Args:
        lowest: Smallest that may come, 0 when left out.
        highest: Largest that may come, 2147483647 when left out.
    Compat: func_rand. Given the wrong way round they are exchanged.
    """
    low, high = integer(lowest) or 0, integer(highest)
    if high is None:
        high = RAND_MAX
    # Good enough to spread calls, as random() is in Asterisk; nothing secret comes from here.
    return str(random.randint(min(low, high), max(low, high)))
