"""A configuration file that is changed line by line; comments and order of what is not touched stay."""

import re

from asterism.runtime.errors import AsterismError

_HEADER = re.compile(r"\s*\[([^\]]*)\]")
_ENTRY = re.compile(r"\s*([^=;#\[][^=]*?)\s*=(>?)\s*(.*)")


class Unwritable(AsterismError):
    """A change that cannot be made; its text is what the manager answers."""


class ConfigText:
    """The text of a configuration file, by line."""

    def __init__(self, text: str) -> None:
        self._lines = text.splitlines()

    @property
    def text(self) -> str:
        """The text as it is now."""
        return "".join(f"{line}\n" for line in self._lines)

    def change(
        self, change: str, category: str, name: str, value: str, match: str, *, line: str = "", options: str = ""
    ) -> None:
        """Make one change, named as UpdateConfig names it.

        Raises:
            Unwritable: It cannot be made.
        """
        match change:
            case "newcat":
                if self._section(category) is not None:
                    raise Unwritable("Create category did not complete successfully")
                self._lines += [*([""] if self._lines else []), f"[{category}]{f'({options})' if options else ''}"]
            case "renamecat":
                start = self._start(category)
                if not value:
                    raise Unwritable("New category name not specified")
                self._lines[start] = self._lines[start].replace(f"[{category}]", f"[{value}]", 1)
            case "delcat":
                start, end = self._bounds(category)
                del self._lines[start:end]
            case "emptycat":
                start, end = self._bounds(category)
                del self._lines[start + 1 : end]
            case "update" | "delete":
                self._entry(change, category, name, value, match)
            case "append":
                if not name or not value:
                    raise Unwritable("Problem with category, value, or line (if required)")
                self._lines.insert(self._last(category), written(name, value))
            case "insert":
                self._insert(category, name, value, line)
            case _:
                raise Unwritable("Unknown action command")

    def _entry(self, change: str, category: str, name: str, value: str, match: str) -> None:
        if not name:
            raise Unwritable("Problem with category, value, or line (if required)")
        start, end = self._bounds(category)
        for at in range(start + 1, end):
            entry = _ENTRY.match(self._lines[at])
            if entry is None or entry[1].lower() != name.lower():
                continue
            if match and _bare(entry[3]) != match:
                continue
            if change == "update":
                self._lines[at] = written(name, value, entry[2])
            else:
                del self._lines[at]
            return
        raise Unwritable("Update did not complete successfully")

    def _insert(self, category: str, name: str, value: str, line: str) -> None:
        if not name or not value or not line.isdecimal():
            raise Unwritable("Problem with category, value, or line (if required)")
        start, end = self._bounds(category)
        entries = [at for at in range(start + 1, end) if _ENTRY.match(self._lines[at])]
        place = entries[int(line)] if int(line) < len(entries) else self._last(category)
        self._lines.insert(place, written(name, value))

    def _section(self, category: str) -> int | None:
        for at, line in enumerate(self._lines):
            header = _HEADER.match(line)
            if header is not None and header[1] == category:
                return at
        return None

    def _start(self, category: str) -> int:
        found = self._section(category)
        if found is None:
            raise Unwritable("Given category does not exist")
        return found

    def _bounds(self, category: str) -> tuple[int, int]:
        start = self._start(category)
        end = next(
            (at for at in range(start + 1, len(self._lines)) if _HEADER.match(self._lines[at])), len(self._lines)
        )
        return start, end

    def _last(self, category: str) -> int:
        """Behind the last line of a section that is not empty."""
        start, end = self._bounds(category)
        while end > start + 1 and not self._lines[end - 1].strip():
            end -= 1
        return end


def _bare(value: str) -> str:
    return re.split(r"(?<!\\);", value, maxsplit=1)[0].strip()


def written(name: str, value: str, arrow: str = "") -> str:
    """A line of configuration; a value with `>` before it is written with `=>`."""
    if value.startswith(">"):
        arrow, value = ">", value[1:]
    escaped = value.replace(";", "\\;") if "\\;" not in value else value
    return f"{name} ={arrow} {escaped}"
