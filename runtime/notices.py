"""What a NOTIFY says: put together from names and values, or read from a file of such messages."""

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING

from asterism.runtime.errors import AsterismError, ConfigError
from asterism.runtime.peers import Notice
from asterism.runtime.settings import Complain

if TYPE_CHECKING:
    from asterism.runtime.runtime import Runtime

# RFC 3261 20: what the stack writes itself, and what would make two messages of one.
_OURS = frozenset(
    (
        "via",
        "from",
        "to",
        "call-id",
        "cseq",
        "contact",
        "max-forwards",
        "content-length",
        "route",
        "record-route",
        "request-uri",
    )
)


async def notice_named(rt: "Runtime", file: str, name: str) -> Notice:
    """Read what is to be said from a section of a file.

    Raises:
        AsterismError: There is no such section.
    """
    complaints: list[ConfigError] = []
    lines = await asyncio.to_thread(_section, rt, file, name, complaints.append)
    for complaint in complaints:
        rt.complain(complaint)
    if lines is None:
        raise AsterismError(f"Unable to find notify type '{name}'")
    return notice(lines)


def _section(rt: "Runtime", file: str, name: str, complain: Complain) -> list[tuple[str, str]] | None:
    try:
        config = rt.configuration(file, complain) if rt.has_config(file) else None
    except ConfigError as error:
        complain(error)
        config = None
    if config is None or config.section(name) is None:
        return None
    return [(line.key, line.value) for line in config.lines(name)]


def pairs(lines: Iterable[str]) -> list[tuple[str, str]]:
    """The `name=value` of Variable lines; one line may hold several, with commas that `\\` does not stand before."""
    found: list[tuple[str, str]] = []
    for line in lines:
        for part in line.replace("\\,", "\0").split(","):
            name, equals, value = part.replace("\0", ",").partition("=")
            if equals and name.strip():
                found.append((name.strip(), value.strip()))
    return found


def notice(said: Iterable[tuple[str, str]]) -> Notice:
    """Put a message together: `Content` lines are its body, `Content-Type` is what that is, the rest are headers."""
    headers: list[tuple[str, str]] = [("Subscription-State", "terminated")]
    body: list[str] = []
    kind = ""
    for name, value in said:
        match name.lower():
            case "content":
                body.append(value)
            case "content-type":
                kind = value
            case "subscription-state":
                headers[0] = (name, value)
            case lower if lower not in _OURS:
                headers.append((name, value))
            case _:
                pass
    return Notice(headers, "\r\n".join(body).encode("utf-8", "surrogateescape"), kind)
