"""Commands that look into the dialplan's matcher, and at its locks."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from asterism.dialplan import pattern
from asterism.dialplan.plan import Context
from asterism.runtime.declare import command
from asterism.runtime.errors import AsterismError
from asterism.runtime.settings import is_true

if TYPE_CHECKING:
    from asterism.runtime.runtime import Runtime

_STEP = "+       "


@command("dialplan debug [<exten@context>]", see="dialplan show")
def dialplan_debug(rt: "Runtime", place: str = "") -> list[str]:
    """Show how numbers are matched, digit by digit: of all contexts, or of one.

    Each line is a place in a number: what may stand there, whether that is a pattern's (Y) or one character (N), how
    exact it is (a lower number is tried first), and the extension that is complete with it.
    """
    name = place.rpartition("@")[2]
    if name and name not in rt.plan.contexts:
        raise AsterismError(f"There is no existence of '{name}' context")
    lines = ["", "     In-mem exten Trie for Fast Extension Pattern Matching:", ""]
    contexts = [rt.plan.contexts[name]] if name else list(reversed(rt.plan.contexts.values()))
    for context in contexts:
        lines.append(f"[ Context '{context.name}' created by '{context.registrar}' ]")
        lines += _places(_tree(context), "") or ["", "     No Pattern Trie present. The context has no extensions.", ""]
        lines.append("")
    return [*lines, f"-= {len(contexts)} context{'' if len(contexts) == 1 else 's'}. =-"]


class _Place:
    """One place in a number."""

    def __init__(self) -> None:
        self.following: dict[tuple[int, str, str], _Place] = {}
        self.complete: list[str] = []


def _tree(context: Context) -> _Place:
    root = _Place()
    for extension in context:
        place = root
        for key in _row(extension.bare):
            place = place.following.setdefault(key, _Place())
        place.complete.append(extension.shown)
    return root


def _row(bare: str) -> Iterator[tuple[int, str, str]]:
    if not pattern.is_pattern(bare):
        yield from ((1, character, "N") for character in bare)
        return
    for element in pattern.elements(bare[1:]):
        if element != pattern.END:
            yield element[0] if len(element[2]) != 1 or element[2] in ".!" else 1, element[2], "Y"


def _places(place: _Place, indent: str) -> list[str]:
    lines = []
    for (score, characters, kind), following in sorted(place.following.items()):
        found = "".join(f"EXTEN:{name}" for name in following.complete)
        lines.append(f" {indent}{_shown(characters)}:{kind}:-:{score}:{found}")
        lines += _places(following, indent + _STEP)
    return lines


def _shown(characters: str) -> str:
    """What may stand there, as it is written in a pattern."""
    classes = {"0123456789": "X", "123456789": "Z", "23456789": "N"}
    return classes.get(characters, f"[{characters}]" if len(characters) > 1 else characters)


@command("dialplan set extenpatternmatchnew {true|false}")
def set_matcher(rt: "Runtime", wanted: str) -> list[str]:
    """Choose Asterisk's matcher by name; here there is one, which is fast for every size, so nothing changes."""
    was = is_true(rt.plan.general.get("extenpatternmatchnew", "no"))
    rt.plan.general["extenpatternmatchnew"] = "yes" if wanted == "true" else "no"
    kind = "NEW" if wanted == "true" else "OLD"
    word = "Still" if was == (wanted == "true") else "Switched to"
    return ["", f"    -- {word} using the {kind} pattern match algorithm for extension names in the dialplan."]


@command("dialplan locks show", see="core show function LOCK")
def show_locks(rt: "Runtime") -> list[str]:
    """List the locks that calls have taken with LOCK and TRYLOCK."""
    locks = rt.datastores.get("locks", {})
    lines = ["func_lock locks:", f"{'Name':<40} Requesters Owner"]
    for name, lock in locks.items():
        owner = "(unlocked)" if lock.owner is None or lock.owner.closed else lock.owner.name
        lines.append(f"{name:<40} {len(lock.waiting):<10} {owner}")
    return [*lines, f"{len(locks)} total locks listed."]
