"""How long: `1.5`, `500ms`, `2m` as the dialplan writes a length of time."""

import re

_LENGTH = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*([A-Za-z]\S*)?(?:\s.*)?", re.ASCII | re.DOTALL)
_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}


def seconds(text: str, unit: str = "s") -> float | None:
    """Read a length of time; None when it is none.

    Args:
        text: A number, and h, m, s, or ms behind it, in any case.
        unit: What a number alone counts.

    Compat: as Asterisk's ast_app_parse_timelen: a word behind the unit does not count, any other unit is wrong.
    """
    found = _LENGTH.fullmatch(text)
    if found is None:
        return None
    scale = _UNITS.get((found[2] or unit).lower())
    return None if scale is None else float(found[1]) * scale


def whole(text: str, otherwise: int) -> int:
    """Read a number of milliseconds, seconds, or times; what holds otherwise where it is none, or less than none."""
    try:
        number = int(text)
    except ValueError:
        return otherwise
    return number if number >= 0 else otherwise
