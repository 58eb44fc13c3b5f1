"""Classes of the manager: what a user may read and do."""

from asterism.runtime.front_ends import CLASS_BITS

CLASSES = tuple(CLASS_BITS)
"All of them, in the order in which they are printed."

_NOTHING = ("none", "no", "false", "n", "f", "off")
_EVERYTHING = ("all", "yes", "true", "y", "t", "on")


def rights_of(text: str) -> frozenset[str]:
    """Read a list of classes as in manager.conf: `system,call`, `all`, `none`; strangers are ignored."""
    found: set[str] = set()
    for word in text.replace("|", ",").split(","):
        name = word.strip().lower()
        if name == "all":
            return frozenset(CLASSES)
        if name in CLASSES:
            found.add(name)
    return frozenset(found)


def mask_of(text: str) -> frozenset[str] | None:
    """Read an event mask: on, off, a list of classes, or the sum of their bits; None when it is empty."""
    word = text.strip().lower()
    if not word:
        return None
    if word.isascii() and word.isdigit():
        bits = int(word[:10])
        return frozenset(name for name, bit in CLASS_BITS.items() if bits >> bit & 1)
    if word in _EVERYTHING:
        return frozenset(CLASSES)
    if word in _NOTHING:
        return frozenset()
    return rights_of(word)


def unknown(text: str) -> list[str]:
    """The words of a list of classes that are none."""
    words = [word.strip().lower() for word in text.split(",") if word.strip()]
    return [word for word in words if word not in (*CLASSES, "all", "none")]
