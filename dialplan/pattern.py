"""Which extension a dialled number means: patterns, their order, and a trie over that order.

A pattern is a row of character sets, so the order in which Asterisk tries patterns is the order of
their rows: fewer characters first, then the lower ones; `.` after every set, `!` after `.`, the end of the
pattern last. The trie keeps its branches in that order, so the first leaf that is found is the right one
and the cost of a look-up depends on the number dialled, not on how many extensions there are.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Generic, TypeVar

Element = tuple[int, int, str]
"""One place of a pattern as it sorts: (score, negated bitmap, characters).

The score of a set is its size times 256 plus the lowest character that is named in it, even where that begins
a range with nothing in it (`[0--9]` is 9 and sorts with 0).
"""

_CLASSES = {"N": "23456789", "X": "0123456789", "Z": "123456789"}
_DOT: Element = (0x18000, 0, ".")
_BANG: Element = (0x28000, 0, "!")
END: Element = (0x30000, 0, "")
_UNCLOSED: Element = (0x40000, 0, "")


def is_pattern(name: str) -> bool:
    """Whether an extension's name is a pattern."""
    return name[:1] == "_"


def plain(number: str) -> str:
    """Return a literal extension or a dialled number without its hyphens, which mean nothing."""
    return number.replace("-", "") if "-" in number else number


MAX_NAME = 254
"""Bytes of an extension's name with its caller; what is longer is cut."""


def limited(text: str) -> str:
    """Return as much of a name as is kept."""
    if len(text) <= MAX_NAME // 4:
        return text
    return text.encode("utf-8", "surrogateescape")[:MAX_NAME].decode("utf-8", "surrogateescape")


def spelled(name: str) -> str:
    """Return an extension's name as it is shown: without spaces, but for those in a pattern's brackets."""
    if " " not in name:
        return name
    return _without(name, " ") if is_pattern(name) and "[" in name else name.replace(" ", "")


def bare(name: str) -> str:
    """Return an extension's name as it matches: without the hyphens outside a pattern's brackets too.

    A hyphen may stand even before the `_` of a pattern.
    """
    if "-" not in name:
        return name
    return _without(name, "-") if is_pattern(name) and "[" in name else name.replace("-", "")


def _without(name: str, mark: str) -> str:
    kept = []
    inside = False
    for character in name:
        if character == "[":
            inside = True
        elif character == "]":
            inside = False
        elif character == mark and not inside:
            continue
        kept.append(character)
    return "".join(kept)


def _element(characters: str, lowest: int = 255) -> Element:
    bitmap = 0
    for character in characters:
        code = ord(character) & 255
        bitmap |= 1 << (255 - code)
        lowest = min(lowest, code)
    unique = "".join(sorted(set(characters)))
    return (len(unique) * 256 + lowest if unique else 0, -bitmap, unique)


_SINGLE = {chr(code): _element(chr(code)) for code in range(256)}
_SINGLE.update({c: _element(v) for k, v in _CLASSES.items() for c in (k, k.lower())})
_SINGLE["."] = _DOT
_SINGLE["!"] = _BANG


@lru_cache(maxsize=1024)
def _set(text: str) -> Element:
    """Read the inside of `[...]`: characters and ranges; a descending range has nothing in it."""
    found: list[str] = []
    index = 0
    lowest = 255
    while index < len(text):
        lowest = min(lowest, ord(text[index]) & 255)
        if index + 2 < len(text) and text[index + 1] == "-":
            found += map(chr, range(ord(text[index]), ord(text[index + 2]) + 1))
            index += 3
        else:
            found.append(text[index])
            index += 1
    return _element("".join(found), lowest)


def elements(pattern: str) -> tuple[Element, ...]:
    """Take a pattern apart (without its `_`)."""
    found: list[Element] = []
    index = 0
    while index < len(pattern):
        character = pattern[index]
        index += 1
        if character == "-":
            continue
        if character == "[":
            end = pattern.find("]", index)
            if end < 0:
                # It sorts behind all that is well written, and matches nothing.
                found.append(_UNCLOSED)
                continue
            # `[]` takes no digit; at the end it lacks one.
            if end > index or end == len(pattern) - 1:
                found.append(_set(pattern[index:end]))
            index = end + 1
            continue
        found.append(_SINGLE.get(character) or _element(character))
    found.append(END)
    return tuple(found)


def order(row: tuple[Element, ...]) -> tuple[Element, ...]:
    """Return what a pattern's elements sort by: sets with nothing in them (`[5-2]`) do not count there."""
    return tuple(element for element in row if element[0])


def is_void(row: tuple[Element, ...]) -> bool:
    """Whether a pattern matches nothing: it has a set with nothing in it where a digit would have to stand."""
    for element in row:
        if not element[0] or element is _UNCLOSED:
            return True
        if element in (_DOT, _BANG):
            break
    return False


def least(name: str) -> int:
    """Return how many digits a pattern with `[]` before its `!` needs: one has to be there, which `!` then takes."""
    before, mark, _ = bare(name)[1:].partition("[]!")
    row = order(elements(before))
    return len(row) if mark and not {_UNCLOSED, _DOT, _BANG} & set(row) else 0


SortKey = tuple[int, str, tuple[Element, ...]]


def sort_key(name: str) -> SortKey:
    """Return what an extension sorts by: literals by their text, then patterns by their elements.

    Two names with the same key are the same extension.
    """
    name = bare(name)
    if is_pattern(name):
        return (1, "", order(elements(name[1:])))
    return (0, name, ())


Leaf = TypeVar("Leaf")


class _Node(Generic[Leaf]):
    """One place in the trie."""

    __slots__ = ("branches", "by_character", "leaf")

    def __init__(self) -> None:
        self.branches: dict[Element, _Node[Leaf]] = {}
        self.by_character: dict[str, list[_Node[Leaf]]] | None = None
        self.leaf: Leaf | None = None

    def following(self, character: str) -> "list[_Node[Leaf]]":
        """Return the branches that take a character, in order; worked out once for each character."""
        known = self.by_character
        if known is None:
            known = self.by_character = {}
        found = known.get(character)
        if found is None:
            found = [
                node
                for element, node in sorted(self.branches.items())
                if character in element[2] and element[0] < _DOT[0]
            ]
            known[character] = found
        return found


@dataclass(slots=True)
class Found(Generic[Leaf]):
    """A leaf on the way.

    Args:
        complete: The number matches as it is.
        longer: A longer number could match too; None: a `!` matches at once and asks for no more.
    """

    leaf: Leaf
    complete: bool
    longer: bool | None


class Trie(Generic[Leaf]):
    """Patterns to leaves."""

    def __init__(self) -> None:
        self.root: _Node[Leaf] = _Node()

    def get(self, key: tuple[Element, ...]) -> Leaf | None:
        """Return the leaf of a pattern's elements."""
        node: _Node[Leaf] | None = self.root
        for element in key:
            node = node.branches.get(element) if node else None
        return node.leaf if node else None

    def put(self, key: tuple[Element, ...], leaf: Leaf) -> None:
        """Set the leaf of a pattern's elements."""
        node = self.root
        for element in key:
            following = node.branches.get(element)
            if following is None:
                following = node.branches[element] = _Node()
                node.by_character = None
            node = following
        node.leaf = leaf

    def remove(self, key: tuple[Element, ...]) -> None:
        """Take the leaf of a pattern's elements away, and the branch that led only there."""
        path = [self.root]
        for element in key:
            path.append(path[-1].branches[element])
        path[-1].leaf = None
        for parent, element, node in zip(reversed(path[:-1]), reversed(key), reversed(path), strict=False):
            if node.branches or node.leaf is not None:
                break
            del parent.branches[element]
            parent.by_character = None

    def _leaves(self, node: _Node[Leaf], element: Element) -> Iterator[Leaf]:
        """Go through what stands behind a `.` or `!`: it sorts, but nothing more has to match."""
        waiting = [node.branches[element]] if element in node.branches else []
        while waiting:
            last = waiting.pop()
            if last.leaf is not None:
                yield last.leaf
            waiting += [following for _, following in sorted(last.branches.items(), reverse=True)]

    def matches(self, number: str) -> Iterator[Leaf]:
        """Go through the leaves that match a number (without hyphens), in order."""
        return self._matches(self.root, number, 0)

    def _matches(self, node: _Node[Leaf], number: str, index: int) -> Iterator[Leaf]:
        size = len(number)
        while True:
            if index == size:
                yield from self._leaves(node, _BANG)
                yield from self._leaves(node, END)
                return
            following = node.following(number[index])
            index += 1
            if len(following) == 1 and _DOT not in node.branches and _BANG not in node.branches:
                node = following[0]
                continue
            for branch in following:
                yield from self._matches(branch, number, index)
            yield from self._leaves(node, _DOT)
            yield from self._leaves(node, _BANG)
            return

    def prospects(self, number: str) -> Iterator[Found[Leaf]]:
        """Go through the leaves that match a number or could match a longer one, in order."""
        return self._prospects(self.root, number, 0)

    def _prospects(self, node: _Node[Leaf], number: str, index: int) -> Iterator[Found[Leaf]]:
        beyond = index >= len(number)
        if beyond:
            branches = [n for e, n in sorted(node.branches.items()) if e[0] < _DOT[0]]
        else:
            branches = node.following(number[index])
        for branch in branches:
            yield from self._prospects(branch, number, index + 1)
        for leaf in self._leaves(node, _DOT):
            yield Found(leaf, not beyond, True)
        for leaf in self._leaves(node, _BANG):
            yield Found(leaf, index <= len(number), None if index <= len(number) else True)
        if beyond:
            for leaf in self._leaves(node, END):
                yield Found(leaf, index == len(number), index > len(number))


def number_matches(pattern: str, number: str) -> bool:
    """Whether one extension's name or pattern matches a number: caller ids, `ignorepat`."""
    pattern = bare(limited(pattern))
    if not is_pattern(pattern):
        return pattern == plain(number)
    row = elements(pattern[1:])
    if is_void(row):
        return False
    trie: Trie[bool] = Trie()
    trie.put(row, True)
    number = plain(number)
    return len(number) >= least(pattern) and any(trie.matches(number))
