"""Console commands: which command a line is, what it prints, its help, and what may come next.

A pattern is written once, in the declaration (see asterism.runtime.patterns), and is match, usage, and completion
alike. The body gets one argument for each slot of the pattern; what was left out is an empty text, or the
parameter's default.
"""

import inspect
import json
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any, Protocol

from asterism.dialplan.errors import Interrupt
from asterism.runtime.declare import Command, Noun, Table
from asterism.runtime.errors import ArgumentError, AsterismError
from asterism.runtime.patterns import Choice, Element, Pattern, Value, Word, head_of, split_words

INDENT = " " * 7
"What usage texts are indented by, below `Usage: `."

JSON_WORD = "--json"
"Behind any command: print the rows of its table as JSON."


# --- one command -----------------------------------------------------------------------------------------


class Entry:
    """A command with what follows from its pattern; worked out when first used."""

    def __init__(self, command: Command) -> None:
        self.command = command
        self.head = head_of(command.name)
        self._pattern: Pattern | None = None

    @property
    def pattern(self) -> Pattern:
        """The pattern, parsed."""
        if self._pattern is None:
            self._pattern = Pattern(self.command.name)
        return self._pattern

    @property
    def title(self) -> str:
        """Its words before the first value, as help lists them: `core show channels [concise|verbose|count]`."""
        elements = takewhile(lambda element: not isinstance(element, Value), self.pattern.elements)
        return " ".join(text for text in map(_without_values, elements) if text)

    def is_named(self, words: Sequence[str]) -> bool:
        """Whether a line with its first words names it: a choice in braces behind them is part of its name."""
        rest = self.pattern.elements[len(self.head) : len(self.head) + 1]
        if not rest or not isinstance(rest[0], Choice) or not rest[0].braced:
            return True
        typed = words[len(self.head) : len(self.head) + 1]
        return any(str(each[0]).lower() == word.lower() for each in rest[0].alternatives for word in typed)

    @property
    def prints_table(self) -> bool:
        """Whether its body says that it returns a Table."""
        return "Table" in str(getattr(self.command.body, "__annotations__", {}).get("return", ""))

    @property
    def synopsis(self) -> str:
        """First line of its docstring, without the dot."""
        return self.command.doc.synopsis.removesuffix(".")

    def usage(self) -> list[str]:
        """What `core show help` prints about it."""
        doc = self.command.doc
        json_word = f" [{JSON_WORD}]" if self.prints_table else ""
        lines = [f"Usage: {self.command.name}{json_word}", f"{INDENT}{doc.synopsis}"]
        if doc.description:
            lines.append("")
            lines += [f"{INDENT}{line}".rstrip() for line in doc.description.splitlines()]
        for name, text in doc.sections.items():
            if name != "Compat":
                lines += ["", f"{INDENT}{name}:"]
                lines += [f"{INDENT}    {line}".rstrip() for line in text.splitlines()]
        if self.prints_table:
            lines += ["", f"{INDENT}With {JSON_WORD} behind it the rows are printed as JSON."]
        return lines

    def bind(self, texts: Sequence[str | list[str]]) -> list[Any]:
        """Turn what was typed into the body's arguments.

        Raises:
            ArgumentError: A number is no number; its text is empty, which stands for usage.
        """
        parameters = list(inspect.signature(self.command.body).parameters.values())[1:]
        values: list[Any] = []
        for text, parameter in zip(texts, parameters, strict=False):
            if not text and parameter.default is not inspect.Parameter.empty:
                values.append(parameter.default)
            elif parameter.annotation in (int, "int") and isinstance(text, str):
                if not text.isdecimal():
                    raise ArgumentError("")
                values.append(int(text))
            else:
                values.append(text)
        return values


def _without_values(element: Element) -> str:
    if isinstance(element, Value):
        return ""
    if isinstance(element, Word):
        return element.text
    inside = [" ".join(filter(None, map(_without_values, each))) for each in element.alternatives]
    if not any(inside):
        return ""
    text = "|".join(filter(None, inside))
    if element.optional and text.startswith("{") and text.find("}") == len(text) - 1:
        text = text[1:-1]
    return f"[{text}]" if element.optional else f"{{{text}}}"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A word that may come next, and what it is."""

    word: str
    description: str = ""


@dataclass(slots=True)
class Reply:
    """What a command has printed, and whether it succeeded."""

    lines: list[str] = field(default_factory=list)
    ok: bool = True


class Asker(Protocol):
    """The console that a command was typed at."""

    verbose: int
    "Its verbosity; setting it takes effect at once."
    muted: bool
    "Whether it gets no log; setting it takes effect at once."
    hidden: set[str]
    "Levels of the log that it does not show, by name."
    filter: str
    "What lines of the log must hold to be shown; empty for all."


ASKER: ContextVar[Asker | None] = ContextVar("asterism_asker", default=None)
"The console whose command is being run; None for the manager and for code."


# --- all commands ----------------------------------------------------------------------------------------


class Commands(MutableMapping[str, Command]):
    """The commands of a runtime by pattern, with an index over their first words."""

    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}
        self._index: dict[tuple[str, ...], list[Entry]] = {}
        self.aliases: dict[str, str] = {}
        "Other names of commands, and what they stand for; as cli_aliases.conf gives them."

    def __getitem__(self, pattern: str) -> Command:
        return self._entries[pattern].command

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __setitem__(self, pattern: str, command: Command) -> None:
        self.pop(pattern, None)
        entry = self._entries[pattern] = Entry(command)
        self._index.setdefault(entry.head[:2], []).append(entry)

    def __delitem__(self, pattern: str) -> None:
        entry = self._entries.pop(pattern)
        self._index[entry.head[:2]].remove(entry)

    def _near(self, words: Sequence[str]) -> list[Entry]:
        """The entries that a line of these words could be, longest head first."""
        lowered = tuple(word.lower() for word in words[:2])
        keys = dict.fromkeys((lowered, lowered[:1], ()))
        found = [entry for key in keys for entry in self._index.get(key, ())]
        return sorted(found, key=lambda entry: -len(entry.head))

    def meant(self, words: list[str]) -> list[str]:
        """These words with an alias at their beginning put for what it stands for; a command goes before an alias."""
        lowered = [word.lower() for word in words]
        best = max(
            (alias for alias in self.aliases if lowered[: alias.count(" ") + 1] == alias.lower().split()),
            key=lambda alias: alias.count(" "),
            default=None,
        )
        if best is None:
            return words
        length = best.count(" ") + 1
        nearest = self.nearest(words)
        if nearest is not None and len(nearest.head) >= length:
            return words
        return [*self.aliases[best].split(), *words[length:]]

    def plainly(self, line: str) -> str:
        """A line as permissions look at it: in single words, and an alias as what it stands for."""
        return " ".join(self.meant(split_words(line)))

    def find(self, words: Sequence[str]) -> tuple[Entry, list[str | list[str]]] | None:
        """The command that these words are, with its arguments.

        Of commands that begin alike only the longest is meant, as in Asterisk: `dialplan show chanvar` lacks its
        channel, and is not `dialplan show` of a context of that name.
        """
        nearest = self.nearest(words)
        for entry in self._near(words):
            if nearest is not None and len(entry.head) < len(nearest.head):
                break
            texts = entry.pattern.match(words)
            if texts is not None:
                return entry, texts
        return None

    def nearest(self, words: Sequence[str]) -> Entry | None:
        """The command whose first words these are, though the rest does not fit."""
        lowered = tuple(word.lower() for word in words)
        for entry in self._near(words):
            if lowered[: len(entry.head)] == entry.head:
                return entry
        return None

    def sorted(self) -> list[Entry]:
        """All that help tells of, in the order of their words: those that begin with _ are for programs."""
        told = (entry for entry in self._entries.values() if not entry.command.name.startswith("_"))
        return sorted(told, key=lambda entry: entry.command.name)

    # --- help

    def help(self, prefix: Sequence[str] = ()) -> Reply:
        """The list of commands that begin with these words (the last may be cut), or the usage of exactly this one."""
        lowered = tuple(word.lower() for word in prefix)
        exact = next((entry for entry in self.sorted() if entry.head == lowered), None)
        if exact is not None:
            return Reply(exact.usage())
        named = {entry.title: entry.synopsis for entry in self.sorted() if _begins(entry.head, lowered)}
        for alias, text in self.aliases.items():
            if _begins(tuple(alias.lower().split()), lowered):
                named.setdefault(alias, f"The same as {text}")
        lines = [f"{title:<30} -- {named[title]}" for title in sorted(named)]
        if not lines:
            return Reply([f"No such command '{' '.join(prefix)}'."], ok=False)
        return Reply(lines)

    def unknown(self, line: str, words: Sequence[str]) -> str:
        """Asterisk's answer to what is no command: it points at as much of the line as is known, and a word more."""
        known = 0
        for entry in self._entries.values():
            same = 0
            for word, typed in zip(entry.head, words, strict=False):
                if word != typed.lower():
                    break
                same += 1
            known = max(known, same)
        hint = " ".join(words[: max(known, 0) + 2])
        return f"No such command '{line}' (type 'core show help {hint}' for other possible commands)"

    # --- running

    async def run(self, rt: Any, line: str) -> Reply:
        """Run a line and return what it prints; never raises but for cancellation."""
        line = line.strip()
        words = split_words(line)
        as_json = bool(words) and words[-1].lower() == JSON_WORD
        if as_json:
            words.pop()
        if not words:
            return Reply()
        words = self.meant(words)
        found = self.find(words)
        if found is None:
            near = self.nearest(words)
            alike = (entry for entry in self._near(words) if near is not None and entry.head == near.head)
            named = next((entry for entry in alike if entry.is_named(words)), None)
            if named is not None:
                return Reply(named.usage(), ok=False)
            return Reply([self.unknown(line, words)], ok=False)
        entry, texts = found
        failed = f"Command '{line}' failed."
        try:
            result = entry.command.body(rt, *entry.bind(texts))
            if inspect.isawaitable(result):
                result = await result
            return Reply(_printed(result, as_json))
        except ArgumentError as error:
            return Reply([*str(error).splitlines(), *entry.usage()], ok=False)
        except AsterismError as error:
            return Reply([*str(error).splitlines(), failed], ok=False)
        except Interrupt:
            return Reply(["It needs a channel, and there is none.", failed], ok=False)
        except Exception as error:
            rt.log.error(f"Command '{line}' failed: {error!r}")
            return Reply([failed], ok=False)

    # --- completion

    def complete(self, rt: Any, nouns: Mapping[str, Noun], line: str) -> list[Candidate]:
        """What the word under way at the end of `line` can become, with descriptions, in order."""
        words = split_words(line)
        partial = "" if not line or line[-1].isspace() else words.pop() if words else ""
        found: dict[str, str] = {}
        for alias, text in self.aliases.items():
            mine = alias.split()
            if mine[: len(words)] == words and len(mine) > len(words) and mine[len(words)].startswith(partial):
                found.setdefault(mine[len(words)], f"alias: {text}")
        words = self.meant(words)
        groups: dict[str, list[Entry]] = {}
        for entry in self._entries.values() if len(words) < 2 else self._near(words):
            for element in entry.pattern.expected(words):
                if isinstance(element, Value):
                    self._complete_value(rt, nouns, element, partial, found)
                elif element.text.lower().startswith(partial.lower()) and not element.text.startswith("_"):
                    groups.setdefault(element.text, []).append(entry)
            dashed = words and partial and JSON_WORD.startswith(partial)
            if dashed and entry.prints_table and entry.pattern.match(words) is not None:
                found[JSON_WORD] = "the rows as JSON"
        for word, entries in groups.items():
            found[word] = _describe(word, entries, len(words))
        return [Candidate(word, found[word]) for word in sorted(found, key=str.lower)]

    def _complete_value(
        self, rt: Any, nouns: Mapping[str, Noun], value: Value, partial: str, found: dict[str, str]
    ) -> None:
        lowered = partial.lower()
        for other in value.others:
            if other.lower().startswith(lowered):
                found.setdefault(other, "")
        noun = nouns.get(value.name)
        if noun is None:
            return
        try:
            for word, description in noun.body(rt):
                if word.lower().startswith(lowered):
                    found.setdefault(word, description)
        except Exception as error:
            rt.log.error(f"Completing <{value.name}> failed: {error!r}")


def _begins(head: tuple[str, ...], prefix: tuple[str, ...]) -> bool:
    if not prefix:
        return True
    length = len(prefix)
    return head[: length - 1] == prefix[:-1] and len(head) >= length and head[length - 1].startswith(prefix[-1])


def _describe(word: str, entries: Sequence[Entry], at: int) -> str:
    if len(entries) == 1:
        return entries[0].synopsis
    following: dict[str, None] = {}
    for entry in entries:
        if len(entry.head) > at + 1:
            following.setdefault(entry.head[at + 1])
    if not following:
        return entries[0].synopsis
    text = ", ".join(sorted(following))
    return text if len(text) <= 60 else text[:57].rsplit(",", 1)[0] + " ..."


def _printed(result: Any, as_json: bool) -> list[str]:
    if isinstance(result, str):
        result = result.splitlines()
    if as_json:
        rows = result.objects() if isinstance(result, Table) else list(result or ())
        return json.dumps(rows, indent=2, ensure_ascii=False, default=str).splitlines()
    if result is None:
        return []
    lines = result.lines() if isinstance(result, Table) else result
    return [part for line in lines for part in str(line).split("\n")]
