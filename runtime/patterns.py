"""The patterns of console commands: what they match, and what may come next.

::

    core show channels [concise|verbose|count]        words, and one of three that may be left out
    channel request hangup <channel|all>...           a value: a noun of the runtime, or the word `all`; once or more
    core set verbose [atleast] <level|off> [silent]   flags
    channel originate <tech/data> {application <application> [<data>]|extension <exten@context>}

Words are never abbreviated but match in any case, as in Asterisk. There is one slot for each value, for each choice,
and for each flag, in the order of the pattern; what was left out is an empty text (an empty list for `<value>...`).
A choice whose alternatives hold values counts itself first. A choice in braces behind the first words is part of the
command's name, as in Asterisk: without one of its words there is no such command.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Word:
    """A word that stands for itself."""

    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Value:
    """A place for what the operator types: `<name>`; `others` are words it may also be, as in `<channel|all>`."""

    name: str
    others: tuple[str, ...]
    slot: int
    rest: bool = False

    def __str__(self) -> str:
        return f"<{'|'.join((self.name, *self.others))}>{'...' if self.rest else ''}"


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several sequences; `slot` is -1 where only the values inside count; `braced` as it was written."""

    alternatives: tuple["Elements", ...]
    slot: int
    optional: bool
    braced: bool = False

    def __str__(self) -> str:
        inside = "|".join(" ".join(map(str, each)) for each in self.alternatives)
        return f"[{inside}]" if self.optional else f"{{{inside}}}"


Element = Word | Value | Choice
Elements = tuple[Element, ...]
Taken = tuple[tuple[int, str], ...]

_TOKEN = re.compile(r"<[^<>]+>(?:\.\.\.)?|[\[\]{}|]|[^\s\[\]{}|<>]+")


class Pattern:
    """A command's pattern, taken apart.

    Raises:
        ValueError: Brackets do not pair.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._tokens = _TOKEN.findall(text)
        self._at = 0
        self._slots: list[bool] = []
        self.elements = self._sequence("")
        if self._at != len(self._tokens):
            raise ValueError(f"a bracket too many in {text!r}")
        del self._tokens, self._at

    def _slot(self, rest: bool = False) -> int:
        self._slots.append(rest)
        return len(self._slots) - 1

    def _sequence(self, closing: str) -> Elements:
        found: list[Element] = []
        while self._at < len(self._tokens):
            token = self._tokens[self._at]
            if token == closing or (token == "|" and closing) or token in "]}":
                break
            if token == "|":
                found.append(self._bare_choice(found.pop()))
                continue
            found.append(self._element())
        return tuple(found)

    def _element(self) -> Element:
        token = self._tokens[self._at]
        self._at += 1
        if token in ("[", "{"):
            return self._group(optional=token == "[")
        if token.startswith("<"):
            rest = token.endswith("...")
            name, *others = token.removesuffix("...")[1:-1].split("|")
            return Value(name, tuple(others), self._slot(rest), rest)
        return Word(token)

    def _bare_choice(self, first: Element) -> Choice:
        slot = self._slot()
        alternatives: list[Elements] = [(first,)]
        while self._at < len(self._tokens) and self._tokens[self._at] == "|":
            self._at += 1
            alternatives.append((self._element(),))
        return Choice(tuple(alternatives), slot, optional=False)

    def _group(self, optional: bool) -> Choice:
        closing = "]" if optional else "}"
        start, before = self._at, len(self._slots)
        slot = self._slot()
        alternatives = self._alternatives(closing)
        if len(alternatives) == 1 and not all(isinstance(each, Word) for each in alternatives[0]):
            # `[<data>]` and `[silent <level>]` are no choice: only what is inside counts.
            del self._slots[before:]
            self._at, slot = start, -1
            alternatives = self._alternatives(closing)
        return Choice(alternatives, slot, optional, braced=closing == "}")

    def _alternatives(self, closing: str) -> tuple[Elements, ...]:
        found = [self._sequence(closing)]
        while self._at < len(self._tokens) and self._tokens[self._at] == "|":
            self._at += 1
            found.append(self._sequence(closing))
        if self._at >= len(self._tokens) or self._tokens[self._at] != closing:
            raise ValueError(f"{closing!r} is missing in {self.text!r}")
        self._at += 1
        return tuple(found)

    def match(self, words: Sequence[str]) -> list[str | list[str]] | None:
        """The arguments that these words give the body, one per slot, or None when they do not fit."""
        for end, taken in _Walk(words, []).read(self.elements, 0, ()):
            if end == len(words):
                found: list[str | list[str]] = [[] if rest else "" for rest in self._slots]
                for slot, text in taken:
                    place = found[slot]
                    if isinstance(place, list):
                        place.append(text)
                    else:
                        found[slot] = text
                return found
        return None

    def expected(self, words: Sequence[str]) -> list[Word | Value]:
        """What may stand behind these words."""
        walk = _Walk(words, [])
        for _ in walk.read(self.elements, 0, ()):
            pass
        return walk.wanted


@dataclass(slots=True)
class _Walk:
    """All ways to read words as elements; `wanted` collects what would be read next where the words end."""

    words: Sequence[str]
    wanted: list[Word | Value]

    def read(self, elements: Elements, at: int, taken: Taken) -> Iterator[tuple[int, Taken]]:
        """Read words[at:] as `elements`: where each way ends, and what it took."""
        if not elements:
            yield at, taken
            return
        first, rest = elements[0], elements[1:]
        if isinstance(first, Choice):
            yield from self._read_choice(first, rest, at, taken)
        elif at == len(self.words):
            self.wanted.append(first)
        elif isinstance(first, Word):
            if self.words[at].lower() == first.text.lower():
                yield from self.read(rest, at + 1, taken)
        else:
            yield from self._read_value(first, rest, at, taken)

    def _read_value(self, value: Value, rest: Elements, at: int, taken: Taken) -> Iterator[tuple[int, Taken]]:
        if not value.rest:
            yield from self.read(rest, at + 1, (*taken, (value.slot, self.words[at])))
            return
        # The longest way first; the shorter ones matter only when something stands behind.
        self.wanted.append(value)
        for end in range(len(self.words), at if rest else len(self.words) - 1, -1):
            got = (*taken, *((value.slot, word) for word in self.words[at:end]))
            yield from self.read(rest, end, got)

    def _read_choice(self, choice: Choice, rest: Elements, at: int, taken: Taken) -> Iterator[tuple[int, Taken]]:
        for alternative in choice.alternatives:
            for end, got in self.read(alternative, at, taken):
                if choice.slot >= 0:
                    plain = " ".join(each.text for each in alternative if isinstance(each, Word))
                    got = (*got, (choice.slot, plain or " ".join(self.words[at:end])))
                yield from self.read(rest, end, got)
        if choice.optional:
            yield from self.read(rest, at, taken)


def split_words(line: str) -> list[str]:
    """Split a line into words: double quotes hold blanks together, a backslash takes the next character as it is."""
    words: list[str] = []
    here: list[str] | None = None
    quoted = escaped = False
    for char in line:
        if escaped:
            escaped = False
            here = [*(here or ()), char]
        elif char == "\\":
            escaped = True
        elif char == '"':
            quoted = not quoted
            here = here or []
        elif char.isspace() and not quoted:
            if here is not None:
                words.append("".join(here))
                here = None
        else:
            if here is None:
                here = []
            here.append(char)
    if here is not None:
        words.append("".join(here))
    return words


def quoted_word(word: str) -> str:
    """A word as it has to be typed."""
    if word and not any(char.isspace() or char in '"\\' for char in word):
        return word
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'


def head_of(pattern: str) -> tuple[str, ...]:
    """The words that a pattern begins with, in small letters, found without parsing the rest."""
    literal = re.split(r"[\[{<]", pattern, maxsplit=1)[0].lower().split()
    bar = next((index for index, word in enumerate(literal) if "|" in word), len(literal))
    return tuple(literal[:bar])


def last_word_at(line: str) -> int:
    """Where the word under way at the end of `line` begins; its length when none does."""
    start, quoted, escaped = 0, False, False
    for index, char in enumerate(line):
        if escaped:
            escaped = False
        elif char == "\\":
            escaped = True
        elif char == '"':
            quoted = not quoted
        elif char.isspace() and not quoted:
            start = index + 1
    return start
