"""The Gosub stack: pushing, returning, LOCAL variables, and the place a Gosub names."""

from collections.abc import Sequence

from asterism.dialplan.scope import Frame, Jump, Scope


def place(text: str) -> Jump | None:
    """Read `[[context,]exten,]priority`; None where it is empty.

    A priority that is no number is a label. The extension keeps its spaces, the priority loses them.
    """
    if not text.strip():
        return None
    context, _, rest = text.partition(",")
    exten, comma, priority = rest.partition(",")
    if not rest and "," not in text:
        return Jump("", "", number_or_label(context))
    if not comma:
        return Jump("", context, number_or_label(exten))
    return Jump(context, exten, number_or_label(priority))


def number_or_label(text: str) -> int | str:
    """Read a priority."""
    text = text.strip()
    return int(text[:9]) if text.isdigit() and text.isascii() else text


def push(scope: Scope, arguments: Sequence[str], priority: int, special: bool = False) -> Frame:
    """Put a frame on the stack that Return goes back to `priority` from; ARG1 ... ARGn are its own."""
    frame = Frame(scope.context, scope.exten, priority, 0, special, scope.track)
    frames = scope.frames
    hidden = frames[-1].argc if frames else 0
    frames.append(frame)
    count = len(arguments)
    for index in range(max(count, hidden)):
        local(scope, frame, f"ARG{index + 1}", arguments[index] if index < count else "")
    local(scope, frame, "ARGC", str(count))
    frame.argc = max(count, hidden)
    return frame


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
    variables = scope.variables
    for name in reversed(frame.saved):
        before = frame.saved[name]
        if before is None:
            variables.discard(name)
        else:
            variables[name] = before
        scope.announce(name, "")
    return frame


def drop_to(scope: Scope, depth: int) -> None:
    """Take frames off until so many are left."""
    while len(scope.frames) > depth:
        pop(scope)
