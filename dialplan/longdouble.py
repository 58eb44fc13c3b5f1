"""Arithmetic as x87 long double does it: a mantissa of 64 bits, rounded to nearest, ties to even.

Asterisk calculates so and prints 18 significant digits, and dialplans see those digits. Sums, products,
and quotients are made exactly, with integers, and then rounded, which gives the same bits on every
machine. The transcendental functions come from the C library where its long double has 64 bits.
"""

import ctypes
import math
import re
from collections.abc import Callable
from decimal import Context, Decimal
from fractions import Fraction
from functools import lru_cache
from struct import pack, unpack

Number = int | Fraction | float
"""An int or Fraction is the exact value, at most 64 bits of it; a float is -0.0, nan or an infinity."""

_MANTISSA_BITS = 64
_LARGEST_EXPONENT = 16384
_SMALLEST_EXPONENT = -16445
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_EIGHTEEN_DIGITS = Context(prec=18)

NAN = math.nan
NEGATIVE_NAN = math.copysign(math.nan, -1.0)


def fit(value: int | Fraction, negative: bool = False) -> Number:
    """Round an exact value to 64 bits; `negative` is the sign of a zero."""
    if value == 0:
        return -0.0 if negative else 0
    if isinstance(value, int):
        size = value.bit_length()
        if size <= _MANTISSA_BITS:
            return value
        if size > _LARGEST_EXPONENT:
            return math.inf if value > 0 else -math.inf
        return _shifted(value, 1, size)
    numerator, denominator = value.numerator, value.denominator
    if denominator & (denominator - 1) == 0 and numerator.bit_length() <= _MANTISSA_BITS:
        return numerator if denominator == 1 else value
    return _shifted(numerator, denominator, numerator.bit_length() - denominator.bit_length())


def _shifted(numerator: int, denominator: int, exponent: int) -> Number:
    """Round numerator / denominator, whose size is about 2 ** exponent."""
    if exponent > _LARGEST_EXPONENT:
        return math.inf if numerator > 0 else -math.inf
    if exponent < _SMALLEST_EXPONENT:
        return -0.0 if numerator < 0 else 0
    magnitude = abs(numerator)
    shift = _MANTISSA_BITS - exponent
    while True:
        scaled, below = (magnitude << shift, denominator) if shift >= 0 else (magnitude, denominator << -shift)
        quotient, rest = divmod(scaled, below)
        excess = quotient.bit_length() - _MANTISSA_BITS
        if excess == 0:
            break
        shift -= excess
    if 2 * rest > below or (2 * rest == below and quotient & 1):
        quotient += 1
    if numerator < 0:
        quotient = -quotient
    if shift <= 0:
        return quotient << -shift
    rounded = Fraction(quotient, 1 << shift)
    return rounded.numerator if rounded.denominator == 1 else rounded


_MOST_DIGITS = 4933
"""Digits of the largest number before the point."""
_LONG = 4000
"""Digits from which on Python's `int` may refuse to read a text."""


@lru_cache(maxsize=4096)
def parse(text: str) -> Number | None:
    """Return the number that a text is: digits with an optional fraction; None for any other text."""
    if not _NUMBER.fullmatch(text):
        return None
    whole, _, fraction = text.partition(".")
    if len(text) > _LONG:
        whole = whole.lstrip("0")
        return math.inf if len(whole) > _MOST_DIGITS else fit(Fraction(Decimal(f"0{whole}.{fraction[:_LONG]}")))
    return fit(Fraction(int(whole + fraction), 10 ** len(fraction)) if fraction else int(text))


def show(value: Number) -> str:
    """Return the number with 18 significant digits, as C's `%.18Lg` prints it."""
    if isinstance(value, int):
        if -(10**18) < value < 10**18:
            return str(value)
        decimal = _EIGHTEEN_DIGITS.create_decimal(value)
    elif isinstance(value, float):
        if value == 0:
            return "-0"
        if math.isnan(value):
            return "-nan" if math.copysign(1.0, value) < 0 else "nan"
        return "inf" if value > 0 else "-inf"
    else:
        decimal = _EIGHTEEN_DIGITS.divide(Decimal(value.numerator), Decimal(value.denominator))
    sign, digits, _ = decimal.as_tuple()
    exponent = decimal.adjusted()
    text = "".join(map(str, digits)).rstrip("0") or "0"
    minus = "-" if sign else ""
    if exponent < -4 or exponent >= 18:
        mantissa = text[0] + ("." + text[1:] if len(text) > 1 else "")
        return f"{minus}{mantissa}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"
    if exponent < 0:
        return f"{minus}0.{'0' * (-exponent - 1)}{text}"
    text = text.ljust(exponent + 1, "0")
    whole, fraction = text[: exponent + 1], text[exponent + 1 :]
    return f"{minus}{whole}.{fraction}" if fraction else minus + whole


def _negative(value: Number) -> bool:
    return math.copysign(1.0, value) < 0 if isinstance(value, float) else value < 0


def negate(value: Number) -> Number:
    """Return -value; the negative of zero is -0."""
    if isinstance(value, int) and value == 0:
        return -0.0
    if isinstance(value, float) and value == 0:
        return 0
    return -value


def add(left: Number, right: Number) -> Number:
    """Return left + right."""
    if isinstance(left, float) or isinstance(right, float):
        return _with_float(float.__add__, left, right)
    return fit(left + right)


def subtract(left: Number, right: Number) -> Number:
    """Return left - right."""
    return add(left, negate(right))


def multiply(left: Number, right: Number) -> Number:
    """Return left * right."""
    if isinstance(left, float) or isinstance(right, float):
        return _with_float(float.__mul__, left, right)
    return fit(left * right, _negative(left) != _negative(right))


def divide(left: Number, right: Number) -> Number:
    """Return left / right; right is not zero."""
    if isinstance(left, float) or isinstance(right, float):
        return _with_float(float.__truediv__, left, right)
    return fit(Fraction(left) / Fraction(right), _negative(left) != _negative(right))


def remainder(left: Number, right: Number) -> Number:
    """Return the remainder of left / right with the sign of left, as C's fmod; right is not zero."""
    if isinstance(left, float) or isinstance(right, float):
        if math.isinf(left) or math.isnan(left) or math.isnan(right):
            return NEGATIVE_NAN
        return left
    rest: int | Fraction = abs(Fraction(left)) % abs(Fraction(right))
    if rest.denominator == 1:
        rest = rest.numerator
    return fit(-rest if left < 0 else rest, left < 0)


def _with_float(operation: Callable[[float, float], float], left: Number, right: Number) -> Number:
    """Calculate where one side is -0.0, nan or infinite; the other counts by its sign alone unless that is a zero."""
    if isinstance(left, float) and left == 0 and operation is float.__add__:
        return right if right != 0 or isinstance(right, float) else 0
    if isinstance(right, float) and right == 0 and operation is float.__add__:
        return left
    result = operation(_signum(left), _signum(right))
    if math.isnan(result):
        both = (left, right)
        return next((side for side in both if isinstance(side, float) and math.isnan(side)), NEGATIVE_NAN)
    return 0 if result == 0 and not _negative(result) else result


def _signum(value: Number) -> float:
    return value if isinstance(value, float) else float((value > 0) - (value < 0))


# --- the C library's functions -----------------------------------------------------------------


class _LongDouble(ctypes.c_longdouble):
    """A subclass, because ctypes would turn the plain type into a Python float and lose its bits."""


def _pack(value: Number) -> _LongDouble:
    """Write a number in the 80-bit format."""
    if isinstance(value, float):
        sign = 0x8000 if _negative(value) else 0
        if value == 0:
            raw = pack("<QH", 0, sign)
        else:
            raw = pack("<QH", 0xC000000000000000 if math.isnan(value) else 0x8000000000000000, 0x7FFF | sign)
    elif value == 0:
        raw = pack("<QH", 0, 0)
    else:
        exact: Fraction = abs(Fraction(value))
        exponent = exact.numerator.bit_length() - exact.denominator.bit_length()
        if exact < Fraction(2) ** exponent:
            exponent -= 1
        mantissa = int(exact / Fraction(2) ** (exponent - 63))
        raw = pack("<QH", mantissa, exponent + 16383 | (0x8000 if value < 0 else 0))
    return _LongDouble.from_buffer_copy(raw.ljust(ctypes.sizeof(ctypes.c_longdouble), b"\0"))


def _unpack(value: _LongDouble) -> Number:
    mantissa, exponent = unpack("<QH", bytes(value)[:10])
    sign, exponent = exponent & 0x8000, exponent & 0x7FFF
    if exponent == 0x7FFF:
        special = math.nan if mantissa & 0x7FFFFFFFFFFFFFFF else math.inf
        return math.copysign(special, -1.0) if sign else special
    if mantissa == 0:
        return -0.0 if sign else 0
    shift = exponent - 16383 - 63
    exact = mantissa << shift if shift >= 0 else Fraction(mantissa, 1 << -shift)
    return fit(-exact if sign else exact)


def _from_double(value: float) -> Number:
    return value if value == 0 or not math.isfinite(value) else fit(Fraction(value))


def _library() -> ctypes.CDLL | None:
    """Find the C library's long double functions where that type has a mantissa of 64 bits."""
    try:
        library = ctypes.CDLL("libm.so.6")
        if _unpack(_call(library.sqrtl, [4])) == 2 and ctypes.sizeof(ctypes.c_longdouble) in (12, 16):
            return library
    except (OSError, AttributeError, ValueError):
        pass
    return None


def _call(function: "ctypes._NamedFuncPointer", values: list[Number]) -> _LongDouble:
    function.restype = _LongDouble
    function.argtypes = [_LongDouble] * len(values)
    result = function(*map(_pack, values))
    assert isinstance(result, _LongDouble)
    return result


_LIBM = _library()

_DOUBLE: dict[str, Callable[..., float]] = {
    "exp2": lambda x: 2.0**x,
    "exp10": lambda x: 10.0**x,
    "round": lambda x: math.copysign(math.floor(abs(x) + 0.5), x),
    "rint": lambda x: float(round(x)),
}


def function(name: str, *values: Number) -> Number:
    """Calculate one of C's mathematical functions, `sqrt`, `pow` ... by its name without the `l`."""
    if _LIBM is not None:
        return _unpack(_call(getattr(_LIBM, name + "l"), list(values)))
    call = _DOUBLE.get(name) or getattr(math, name)
    try:
        return _from_double(float(call(*map(float, values))))
    except OverflowError:
        return math.inf
    except ValueError:
        return NAN
