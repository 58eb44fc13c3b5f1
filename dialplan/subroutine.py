"""The Gosub stack: pushing, returning, LOCAL variables, and the place a Gosub names."""

import re
from collections.abc import Sequence

from asterism.dialplan.scope import Frame, Jump, Scope


def place(text: str) -> Jump | None:
    """Read `[[context,]exten,]priority`; None where it is empty. A priority that is no number is a label."""
    if not text:
        return None
    parts = text.split(",", 2)
    priority = number_or_label(parts[-1].partition(",")[0])
    context = parts[0] if len(parts) == 3 else ""
    exten = parts[-2] if len(parts) > 1 else ""
    return Jump(context, exten, priority)


def place_from(scope: Scope, text: str) -> Jump:
    """Read a place as options name it, `[[context^]exten^]priority`; commas separate too, what is left out is here."""
    parts = text.replace("^", ",").split(",")
    context, exten, priority = ([scope.context, scope.exten, "1"][: max(0, 3 - len(parts))] + parts)[:3]
    return Jump(context, exten, number_or_label(priority))


def relative(scope: Scope, jump: Jump) -> Jump:
    """Turn a priority written `+n` or `-n` into the number that it means here.

    A number that is negative in the end goes on with the next priority; `+label` is the label.
    """
    priority = jump.priority
    if isinstance(priority, str):
        if priority[:1] not in ("+", "-"):
            return jump
        match = _NUMBER.fullmatch(priority)
        if not match:
            return Jump(jump.context, jump.exten, priority[1:])
        number = int(match[2])
        priority = scope.priority + (number if match[1] == "+" else -number)
    return jump if priority == jump.priority and priority >= 0 else _at(scope, jump, priority)


def _at(scope: Scope, jump: Jump, priority: int) -> Jump:
    return Jump(jump.context, jump.exten, priority if priority >= 0 else scope.priority + 1)


def is_relative(jump: Jump) -> bool:
    """Whether a priority depends on the one under way: `+n`, `-n`, or a negative number."""
    priority = jump.priority
    return priority < 0 if isinstance(priority, int) else priority[:1] in ("+", "-")


_NUMBER = re.compile(r"\s*([+-]?)\s*([0-9]{1,30})\s*", re.ASCII)
_SIGNED = re.compile(r"\s+([+-]?[0-9]{1,30})\s*", re.ASCII)


def number_or_label(text: str) -> int | str:
    """Read a priority: a number, blanks around it allowed, or a label, which keeps its blanks.

    A sign makes it a step from here only where nothing stands before it: ` -1` is the number, which leads nowhere.
    """
    signed = _SIGNED.fullmatch(text)
    if signed:
        return wrapped(int(signed[1]))
    match = _NUMBER.fullmatch(text)
    return wrapped(int(match[2])) if match and not match[1] else text


def wrapped(number: int) -> int:
    """Return a number as an int of 32 bits holds it."""
    number &= 0xFFFFFFFF
    return number - (1 << 32) if number >= 1 << 31 else number


def push(scope: Scope, arguments: Sequence[str], priority: int, special: bool = False) -> Frame:
    """Put a frame on the stack that Return goes back to `priority` from; ARG1 ... ARGn are its own."""
    frame = Frame(scope.context, scope.exten, priority, 0, special, scope.track)
    frames = scope.frames
    hidden = frames[-1].argc if frames else 0
    frames.append(frame)
    count = len(arguments)
    frame.argc = most = count if count > hidden else hidden
    saved, variables = frame.saved, scope.variables
    for index in range(most):
        name = _ARGUMENTS[index] if index < len(_ARGUMENTS) else f"ARG{index + 1}"
        saved[name] = variables.get(name)
        variables[name] = arguments[index] if index < count else ""
    saved["ARGC"] = variables.get("ARGC")
    variables["ARGC"] = str(count)
    if scope.tells_variables:
        for name in saved:
            scope.announce(f"LOCAL({name})", variables[name])
    return frame


_ARGUMENTS = tuple(f"ARG{number}" for number in range(1, 33))


def local(scope: Scope, frame: Frame, name: str, value: str) -> None:
    """Set a variable that lives until the frame is left."""
    variables = scope.variables
    if name not in frame.saved:
        frame.saved[name] = variables.get(name)
    variables[name] = value
    scope.announce(f"LOCAL({name})", value)


def pop(scope: Scope) -> Frame:
    """Take the innermost frame off; the variables that it hid come back."""
    frame = scope.frames.pop()
    variables, saved = scope.variables, frame.saved
    tells = scope.tells_variables
    for name in reversed(saved) if tells else saved:
        if tells and variables.get(name):
            scope.announce(name, "")
        before = saved[name]
        if before is not None:
            variables[name] = before
        elif name in variables:
            variables.discard(name)
    return frame


def drop_to(scope: Scope, depth: int) -> None:
    """Take frames off until so many are left."""
    while len(scope.frames) > depth:
        pop(scope)


def split_call(text: str) -> tuple[str, list[str]]:
    """Read `[[context,]exten,]priority[(arguments)]`: the place and the arguments."""
    location, opening, rest = text.partition("(")
    if not opening:
        return location, []
    end = rest.rfind(")")
    return location, split_arguments(rest if end < 0 else rest[:end])


def split_arguments(text: str) -> list[str]:
    """Split at commas outside (), [] and quotes; everything else stays as it is."""
    if not text:
        return []
    if not any(mark in text for mark in '"([\\'):
        return text.split(",")
    found = [""]
    parentheses = brackets = 0
    quoted = escaped = False
    for character in text:
        if escaped:
            escaped = False
        elif character == "\\":
            escaped = True
        elif character == '"':
            quoted = not quoted
        elif character == "," and not (parentheses or brackets or quoted):
            found.append("")
            continue
        elif character == "(":
            parentheses += 1
        elif character == ")":
            parentheses = max(0, parentheses - 1)
        elif character == "[":
            brackets += 1
        elif character == "]":
            brackets = max(0, brackets - 1)
        found[-1] += character
    return found
