"""Functions of one text: its length, case, quotes, and the characters in it."""

import re
from collections.abc import Callable
from functools import lru_cache

from asterism.dialplan import regex, substitution
from asterism.dialplan.compile import Compiler
from asterism.dialplan.nodes import Text
from asterism.dialplan.scope import Evaluate, Scope
from asterism.functions import indirect
from asterism.functions.indirect import narrow, widen
from asterism.runtime.arguments import split_arguments
from asterism.runtime.channel import Channel
from asterism.runtime.declare import function
from asterism.runtime.errors import ArgumentError

_UPPER = str.maketrans("abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_LOWER = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")
_KEYS = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "22233344455566677778889999")


@function("LEN", see="CUT, FIELDQTY")
def len_(chan: Channel, text: str) -> str:
    """Count the octets of a text.

    Args:
        text: Any text; a letter with an accent has two octets in UTF-8.
    Compat: func_strings.
    """
    return str(len(text) if text.isascii() else len(narrow(text)))


@function("TOUPPER", see="TOLOWER")
def toupper(chan: Channel, text: str) -> str:
    """Write a text in capitals.

    Args:
        text: Any text; only the letters A to Z change.
    Compat: func_strings.
    """
    return text.translate(_UPPER)


@function("TOLOWER", see="TOUPPER")
def tolower(chan: Channel, text: str) -> str:
    """Write a text in small letters.

    Args:
        text: Any text; only the letters A to Z change.
    Compat: func_strings.
    """
    return text.translate(_LOWER)


@function("PASSTHRU")
def passthru(chan: Channel, text: str) -> str:
    """Return a text as it is, where only a function will do.

    Args:
        text: Any text.
    Compat: func_strings.
    """
    return text


@function("TRIM", see="LTRIM, RTRIM")
def trim(chan: Channel, text: str) -> str:
    """Remove the blanks before and behind a text.

    Args:
        text: Any text. Control characters count as blanks.
    Compat: func_strings.
    """
    return indirect.strip(text)


@function("LTRIM", see="TRIM, RTRIM")
def ltrim(chan: Channel, text: str) -> str:
    """Remove the blanks before a text.

    Args:
        text: Any text. Control characters count as blanks.
    Compat: func_strings.
    """
    return indirect.lstrip(text)


@function("RTRIM", see="TRIM, LTRIM")
def rtrim(chan: Channel, text: str) -> str:
    """Remove the blanks behind a text.

    Args:
        text: Any text. Control characters count as blanks.
    Compat: func_strings. The first character stays, even a blank.
    """
    return indirect.rstrip(text) or text[:1]


@function("QUOTE", see="CSV_QUOTE")
def quote(chan: Channel, text: str) -> str:
    """Put a text in double quotes, a backslash before each quote and backslash in it.

    Args:
        text: Any text.
    Compat: func_strings.
    """
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


@function("CSV_QUOTE", see="QUOTE")
def csv_quote(chan: Channel, text: str) -> str:
    """Put a text in double quotes for a CSV file, each quote in it doubled.

    Args:
        text: Any text.
    Compat: func_strings.
    """
    return '"' + text.replace('"', '""') + '"'


@function("KEYPADHASH")
def keypadhash(chan: Channel, text: str) -> str:
    """Turn letters into the digits of a telephone's keys.

    Args:
        text: Letters in either case and digits; anything else is left out.
    Compat: func_strings.
    """
    return re.sub(r"[^0-9]", "", text.translate(_UPPER).translate(_KEYS))


# --- sets of characters ----------------------------------------------------------------------


@function("FILTER", see="REPLACE, STRREPLACE", raw=True)
def filter_(chan: Channel, allowed: str, text: str) -> str:
    """Keep only the allowed characters of a text.

    Args:
        allowed: Characters and ranges (`0-9a-f`); `\\-` is a hyphen, `\\n`, `\\r`, `\\t`, `\\x41` and `\\0101` are
            understood.
        text: What to look through; it may hold commas.
    Compat: func_strings. It is a set of octets. A range from high to low runs over the end of all octets and on
        from the first, with a WARNING.
    """
    kept, odd = _octet_set(allowed)
    if odd:
        chan.warn(f"FILTER: the range '{odd}' runs backwards, it holds all octets but those between")
    return widen("".join([octet for octet in narrow(text) if octet in kept]))


@lru_cache(maxsize=512)
def _octet_set(allowed: str) -> tuple[frozenset[str], str]:
    octets = narrow(allowed)
    kept: set[str] = set()
    odd = ""
    at = 0
    while at < len(octets):
        start = at
        first, at = indirect.unescape_one(octets, at)
        kept.add(first)
        if octets[at : at + 1] != "-":
            continue
        if at + 1 >= len(octets):
            break
        last, at = indirect.unescape_one(octets, at + 1)
        low, high = ord(first), ord(last)
        if low > high:
            odd = octets[start:at]
            kept.update(map(chr, (*range(low, 256), *range(high + 1))))
        else:
            kept.update(map(chr, range(low, high + 1)))
    return frozenset(kept), odd


@function("REPLACE", see="STRREPLACE, FILTER")
def replace(chan: Channel, varname: str, find_chars: str, replace_char: str = "") -> str:
    """Replace every character of a set in a variable's value by one character.

    Args:
        varname: Name of the variable, not its value.
        find_chars: The characters, each for itself; there are no ranges.
        replace_char: What stands in their place, its first character only; nothing deletes them.
    Compat: func_strings. `\\n`, `\\x41` and the like are understood in both.
    """
    wanted = indirect.unescape(find_chars)
    if not varname or not wanted:
        raise ArgumentError("REPLACE needs the name of a variable and the characters to find")
    other = indirect.first_octet(replace_char, "")
    value = narrow(indirect.value_of(chan, varname))
    return widen("".join([other if octet in wanted else octet for octet in value]))


@function("STRREPLACE", see="REPLACE, FILTER")
def strreplace(
    chan: Channel, varname: str, find_string: str, replace_string: str = "", max_replacements: str = ""
) -> str:
    """Replace a string in a variable's value by another.

    Args:
        varname: Name of the variable, not its value.
        find_string: What to look for; case matters.
        replace_string: What stands in its place; nothing deletes it.
        max_replacements: How often at most; all when it is nothing above zero.
    Compat: func_strings.
    """
    if not varname or not find_string:
        raise ArgumentError("STRREPLACE needs the name of a variable and the string to find")
    most = indirect.integer(max_replacements) or 0
    return indirect.value_of(chan, varname).replace(find_string, replace_string, most if most > 0 else -1)


@function("STRBETWEEN")
def strbetween(chan: Channel, arguments: str) -> str:
    """Put a string between the characters of a variable's value.

    Args:
        arguments: Name of the variable, not its value, and the string.
    Compat: func_strings.
    """
    given = split_arguments(arguments)
    if len(given) != 2 or not given[0]:
        raise ArgumentError("STRBETWEEN needs the name of a variable and a string")
    value = narrow(indirect.value_of(chan, given[0]))
    return widen(narrow(given[1]).join(value))


# --- patterns --------------------------------------------------------------------------------


@function("REGEX", see="=~", form='"<pattern>" <text>')
def regex_(chan: Channel, argument: str) -> str:
    """Tell whether a text matches a regular expression: 1 or 0.

    Args:
        argument: A POSIX extended regular expression in double quotes, a blank, and the text.
    Compat: func_strings. A backslash in the quotes escapes the next character and is gone, so `\\\\.` is a literal
        dot. A bad pattern is a WARNING and an empty value.
    """
    pattern, text = _regex_parts(argument)
    try:
        found = _matcher(pattern)(text)
    except regex.BadPattern as error:
        raise ArgumentError(f"bad pattern '{pattern}': {error}") from None
    return "1" if found else "0"


@regex_.compile
def _regex(compiler: Compiler, argument: Text) -> Evaluate | None:
    """Compile the pattern once where it is constant and the text stands behind it."""
    first, *others = argument.parts or ("",)
    rest = compiler.now(Text(tuple(others)))
    if not isinstance(first, str) or not first.endswith('" ') or rest is None:
        return None
    try:
        pattern, before = _regex_parts(first)
        matches = _matcher(pattern)
    except (ArgumentError, regex.BadPattern):
        return None
    if before:
        return None

    def evaluate(chan: Scope) -> str:
        text = rest(chan)
        if "(" in text or ")" in text:
            return compiler.by_name(chan, f"REGEX({first}{text})")
        return "1" if matches(text) else "0"

    return evaluate


# Patterns of characters and sets of them, each perhaps repeated, that mean the same to Python's `re`.
_ATOM = r"(?:[A-Za-z0-9_@#,;=<>/ -]|\[(?:[A-Za-z0-9](?:-[A-Za-z0-9])?)+\])"
_REPEATED = _ATOM + r"(?:[*+?]|\{[0-9]{1,2}(?:,[0-9]{0,2})?\})?(?![*+?{])"
_PLAIN = re.compile(rf"\^?(?:{_REPEATED})*\$?")


@lru_cache(maxsize=512)
def _matcher(pattern: str) -> Callable[[str], object]:
    """Return what tells whether a text matches: Python's own where it is the same, as it is several times faster."""
    posix = regex.compiled(pattern)
    if not _PLAIN.fullmatch(pattern):
        return posix.search
    search = re.compile(pattern[:-1] + r"\Z" if pattern.endswith("$") else pattern, re.ASCII).search
    return lambda text: search(text) if text.isascii() else posix.search(text)


def _regex_parts(argument: str) -> tuple[str, str]:
    """Take pattern and text apart; a quote inside () or [] does not count."""
    parts: list[str] = []
    here: list[str] = []
    depths = {"(": 0, "[": 0}
    escaped = False
    for position, character in enumerate(argument):
        if escaped:
            escaped = False
            here.append(character)
        elif character == "\\":
            escaped = True
        elif character == '"' and not any(depths.values()):
            parts.append("".join(here))
            here.clear()
            if len(parts) == 2:
                text = argument[position + 1 :]
                return parts[1], text[1:] if text[:1] == " " else text
        else:
            _count(depths, character)
            here.append(character)
    raise ArgumentError(f"REGEX needs a pattern in double quotes and a text, not '{argument}'")


def _count(depths: dict[str, int], character: str) -> None:
    if character in depths:
        depths[character] += 1
    elif character in ")]":
        opening = "(" if character == ")" else "["
        depths[opening] = max(0, depths[opening] - 1)


@function("EVAL", see="EVAL_EXTEN")
async def eval_(chan: Channel, text: str) -> str:
    """Substitute the variables in a text once more.

    Args:
        text: Such as the value of a variable that has `${...}` in it.
    Compat: func_strings.
    """
    if not text:
        raise ArgumentError("EVAL needs a text")
    compiled = Compiler(chan.source.registry).text(substitution.parse(text))
    if compiled.now is not None:
        return compiled.now(chan)
    assert compiled.later is not None
    return await compiled.later(chan)
