"""A configuration file that is changed line by line; comments and order of what is not touched stay."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from asterism.dialplan.regex import BadPattern, Regex, from_outside
from asterism.runtime.errors import AsterismError

_HEADER = re.compile(r"\s*\[([^\]]*)\]\s*(?:\(([^)]*)\))?(.*)")
_ENTRY = re.compile(r"\s*([^=;#\[][^=]*?)\s*=(>?)\s*(.*)")
_COMMENT = re.compile(r"(?<!\\);")
_OPTION = re.compile(r'\s*([A-Za-z]+)(?:\s*=\s*(?:"([^"]*)"|([^,]*)))?\s*(?:,|$)')


class Unwritable(AsterismError):
    """A change that cannot be made; its text is what the manager answers."""


INCOMPLETE = "Problem with category, value, or line (if required)"


class Pair(Protocol):
    """A line of configuration."""

    @property
    def key(self) -> str:
        """Left of the equals sign."""

    @property
    def value(self) -> str:
        """Right of it, without comment."""


class CategoryFilter:
    """Which categories are meant: `name=regular expression`, several with commas, and which of the templates.

    Raises:
        Unwritable: It cannot be read.
    """

    def __init__(self, text: str = "") -> None:
        self._templates = ""
        self._wanted: list[tuple[str, Regex]] = []
        for part in text.split(","):
            name, equals, value = part.partition("=")
            if not equals:
                continue
            if name.strip().upper() == "TEMPLATES":
                self._templates = value.strip().lower()
                continue
            try:
                self._wanted.append((name.strip().lower(), from_outside(value)))
            except BadPattern:
                raise Unwritable(f"Failed to set config file filter: {text}") from None

    def fits(self, template: bool, lines: Iterable[Pair]) -> bool:
        """Whether a category is meant."""
        if template and self._templates not in ("include", "restrict"):
            return False
        if not template and self._templates == "restrict":
            return False
        found = [(line.key.lower(), line.value) for line in lines]
        return all(any(key == name and wanted.fits(value) for key, value in found) for name, wanted in self._wanted)


@dataclass(slots=True)
class Entry:
    """A line `key = value`, with the comments that stand before it and behind it."""

    key: str
    value: str
    arrow: str = ""
    comment: str = ""
    before: list[str] = field(default_factory=list)
    inherited: bool = False

    def same(self, other: "Entry") -> bool:
        """Whether both say the same."""
        return self.key.lower() == other.key.lower() and self.value == other.value


@dataclass(slots=True)
class Category:
    """A section: its header, and what it says, with what it has from its templates at the beginning.

    Args:
        plus: What stands behind the `+` of a header that adds to a section, and it; empty for a section of its own.
    """

    name: str
    template: bool = False
    templates: list[str] = field(default_factory=list)
    plus: str = ""
    before: list[str] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    after: list[str] = field(default_factory=list)

    def header(self) -> str:
        """Its first line."""
        options = [*(["!"] if self.template else []), *([self.plus] if self.plus else []), *self.templates]
        return f"[{self.name}]" + (f"({','.join(options)})" if options else "")


class ConfigText:
    """The text of a configuration file: its categories, and all between them."""

    def __init__(self, text: str) -> None:
        self.categories: list[Category] = []
        loose: list[str] = []
        for line in text.splitlines():
            header, entry = _HEADER.match(line), _ENTRY.match(line)
            if header is not None:
                self.categories.append(self._category(header, loose))
            elif entry is not None and self.categories:
                self.categories[-1].entries.append(_entry(entry, loose))
            else:
                loose.append(line)
                continue
            loose = []
        self._tail = loose

    def _category(self, header: re.Match[str], before: list[str]) -> Category:
        made = Category(header[1], before=before)
        for option in (each.strip() for each in (header[2] or "").split(",")):
            if option == "!":
                made.template = True
            elif option.startswith("+"):
                made.plus = option
            elif option:
                made.templates.append(option)
        made.entries = self._inherited(made.templates)
        return made

    def _inherited(self, templates: Iterable[str]) -> list[Entry]:
        found = [self._parent(name) for name in templates]
        return [
            Entry(each.key, each.value, each.arrow, inherited=True)
            for parent in found
            if parent is not None
            for each in parent.entries
        ]

    def _parent(self, name: str) -> Category | None:
        return next((each for each in reversed(self.categories) if each.name == name), None)

    # --- writing

    def text(self, *, keep_meaning: bool = True) -> str:
        """The text as it is now.

        Args:
            keep_meaning: What a category had from a template that says it no longer is written into the category
                itself; otherwise the category says no more than it did itself.
        """
        lines: list[str] = []
        for category in self.categories:
            lines += [*category.before, category.header()]
            parents = [parent for parent in map(self._parent, category.templates) if parent is not None]
            given = [entry for parent in parents for entry in parent.entries]
            for entry in category.entries:
                repeats = any(entry.same(each) for each in given)
                lines += entry.before
                if not repeats and (keep_meaning or not entry.inherited):
                    lines.append(written(entry))
            lines += category.after
        return "".join(f"{line}\n" for line in [*lines, *self._tail])

    # --- changing

    def change(
        self, change: str, category: str, name: str, value: str, match: str, *, line: str = "", options: str = ""
    ) -> None:
        """Make one change, named as UpdateConfig names it.

        Raises:
            Unwritable: It cannot be made.
        """
        wanted = _options(options)
        if change == "newcat":
            self._new(category, wanted)
            return
        if change not in ("renamecat", "delcat", "emptycat", "update", "delete", "append", "insert"):
            raise Unwritable("Unknown action command")
        needs_value = change in ("renamecat", "insert")
        if (needs_value and not value) or (change in _ENTRIES and not name):
            raise Unwritable(INCOMPLETE)
        if change == "insert" and not line.isdecimal():
            raise Unwritable(INCOMPLETE)
        chosen = CategoryFilter(wanted.get("catfilter", ""))
        found = [each for each in self.categories if each.name == category and chosen.fits(each.template, each.entries)]
        if not found:
            raise Unwritable("Given category does not exist")
        if change == "delcat":
            self.categories = [each for each in self.categories if each not in found]
        for each in found:
            if change == "renamecat":
                each.name = value
            elif change == "emptycat":
                each.entries.clear()
            elif change == "append":
                each.entries.append(_made(name, value))
            elif change == "insert":
                each.entries.insert(int(line), _made(name, value))
        if change == "update" and not self._update(found, name, value, match):
            raise Unwritable("Update did not complete successfully")
        if change == "delete" and not self._delete(found, name, match, line):
            raise Unwritable("Update did not complete successfully")

    def _new(self, name: str, options: dict[str, str]) -> None:
        templates = [each.strip() for each in options.get("inherit", "").split(",") if each.strip()]
        known = {each.name for each in self.categories if each.template}
        if (name in (each.name for each in self.categories) and "allowdups" not in options) or set(templates) - known:
            raise Unwritable("Create category did not complete successfully")
        made = Category(name, "template" in options, templates)
        if self.categories and self._tail and self._tail[-1].strip():
            made.before, self._tail = self._tail, []
        if self.categories:
            made.before.append("")
        made.entries = self._inherited(templates)
        self.categories.append(made)

    def _update(self, categories: Sequence[Category], name: str, value: str, match: str) -> bool:
        done = False
        for category in categories:
            entry = next(_named(category, name, match), None)
            if entry is not None:
                entry.arrow = ">" if value.startswith(">") else entry.arrow
                entry.value, entry.inherited = value.removeprefix(">"), False
                done = True
        return done

    def _delete(self, categories: Sequence[Category], name: str, match: str, line: str) -> bool:
        done = False
        for category in categories:
            found = list(_named(category, name, match))
            if line.isdecimal():
                found = [each for each in found if category.entries.index(each) == int(line)]
            for entry in found:
                at = next(index for index, each in enumerate(category.entries) if each is entry)
                del category.entries[at]
                if entry.before:
                    # What was said before it stays where it was.
                    rest = category.entries[at:]
                    (rest[0].before if rest else category.after)[:0] = entry.before
                done = True
        return done


_ENTRIES = ("update", "delete", "append", "insert")


def _named(category: Category, name: str, match: str) -> Iterator[Entry]:
    for entry in category.entries:
        if entry.key.lower() == name.lower() and match in ("", entry.value):
            yield entry


def _entry(found: re.Match[str], before: list[str]) -> Entry:
    text = found[3]
    comment = _COMMENT.search(text)
    value = text if comment is None else text[: comment.start()]
    behind = "" if comment is None else text[comment.start() :]
    return Entry(found[1], value.strip().replace("\\;", ";"), found[2], behind, before)


def _made(name: str, value: str) -> Entry:
    return Entry(name, value.removeprefix(">"), ">" if value.startswith(">") else "")


def _options(text: str) -> dict[str, str]:
    """`template,inherit="a,b",catfilter="..."`: the words and what they say."""
    return {match[1].lower(): match[2] or match[3] or "" for match in _OPTION.finditer(text)}


def written(entry: Entry) -> str:
    """A line of configuration."""
    value = entry.value.replace(";", "\\;")
    return f"{entry.key} ={entry.arrow} {value}" + (f" {entry.comment}" if entry.comment else "")
