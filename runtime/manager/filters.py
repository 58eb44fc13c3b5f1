"""Event filters of the manager: which events a user gets, in the plain and in the advanced spelling."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from asterism.dialplan.regex import BadPattern, Regex, from_outside
from asterism.runtime.request import Header

METHODS = ("none", "exact", "starts_with", "ends_with", "contains", "regex")

_CRITERION = re.compile(r"\s*(action|name|header|method)\(([^()]*)\)\s*(?:,|$)")


class BadExpression(ValueError):
    """What should be a regular expression is none."""


@dataclass(frozen=True)
class Filter:
    """One filter.

    Args:
        include: Whether events that fit are let through, or kept back.
        name: Only events of this name; empty for all.
        header: The header that is looked at; the whole event when empty.
        method: How `text` is compared.
        text: With what.
        pattern: `text`, compiled, where it is a regular expression.
    """

    include: bool
    name: str = ""
    header: str = ""
    method: str = "regex"
    text: str = ""
    pattern: Regex | None = None

    @classmethod
    def parse(cls, criteria: str, text: str) -> "Filter":
        """Read a filter.

        Args:
            criteria: What stands behind `eventfilter`, in parentheses or without; empty for the plain spelling.
            text: The value: a regular expression over the whole event, `!` before it to keep back what fits.

        Raises:
            ValueError: It is wrong.
        """
        if not criteria:
            include = not text.startswith("!")
            text = text.removeprefix("!")
            return cls(include, text=text, pattern=_compiled(text))
        found = _criteria(criteria)
        action = found.get("action", "include").lower()
        if action not in ("include", "exclude"):
            raise ValueError(f"action is include or exclude, not {action}")
        method = found.get("method", "").lower() or ("regex" if text else "none")
        if method not in METHODS:
            raise ValueError(f"there is no method {method}")
        if method == "none" and text:
            raise ValueError("method none takes no text")
        if method != "none" and not text:
            raise ValueError(f"method {method} needs a text")
        pattern = _compiled(text) if method == "regex" else None
        header = found.get("header", "").rstrip(":")
        return cls(action == "include", found.get("name", ""), header, method, text, pattern)

    def fits(self, headers: Sequence[Header], whole: str) -> bool:
        """Whether an event is what this filter speaks of."""
        if self.name and self.name.lower() != str(headers[0][1]).lower():
            return False
        if not self.header:
            return self._compare(whole)
        wanted = self.header.lower()
        return any(self._compare(str(value)) for name, value in headers if name.lower() == wanted)

    def _compare(self, value: str) -> bool:
        match self.method:
            case "regex":
                return self.pattern is not None and self.pattern.fits(value)
            case "exact":
                return value == self.text
            case "starts_with":
                return value.startswith(self.text)
            case "ends_with":
                return value.endswith(self.text)
            case "contains":
                return self.text in value
            case _:
                return True


def _compiled(text: str) -> Regex:
    if not text:
        raise ValueError("a filter needs a text")
    try:
        return from_outside(text)
    except BadPattern as error:
        raise BadExpression(f"not a regular expression: {error}") from None


def _criteria(text: str) -> dict[str, str]:
    inner, at = (text[1:-1] if text.startswith("(") and text.endswith(")") else text), 0
    found: dict[str, str] = {}
    while at < len(inner):
        match = _CRITERION.match(inner, at)
        if match is None:
            raise ValueError(f"what is '{inner[at:]}'?")
        if match[1] in found:
            raise ValueError(f"{match[1]} is given twice")
        found[match[1]] = match[2].strip()
        at = match.end()
    if not found:
        raise ValueError("no criteria")
    return found


def passes(filters: Iterable[Filter], headers: Sequence[Header], whole: str) -> bool:
    """Whether an event gets through: it must fit a filter that includes, if there are any, and none that excludes."""
    includes = [each for each in filters if each.include]
    if includes and not any(each.fits(headers, whole) for each in includes):
        return False
    return not any(not each.include and each.fits(headers, whole) for each in filters)
