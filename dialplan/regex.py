"""POSIX extended regular expressions: the C library's own, as `=~`, `:` and REGEX() mean them.

Python's `re` finds another match where alternatives overlap, and knows other classes.
"""

import ctypes
import re
from dataclasses import dataclass
from functools import lru_cache
from weakref import finalize

_EXTENDED, _ICASE = 1, 2
_REGEX_BYTES = 256
"""More than any C library's `regex_t` (64 on glibc, x86-64)."""
MAX_PATTERN_BYTES = 4096
MAX_NESTING = 64
"""Groups within groups; the C library's own recursion has no bound."""
MAX_REPEAT = 1000
"""Product of the bounds of all `{n,m}`, which the C library expands into memory."""


_BACK_REFERENCE = re.compile(r"(?<!\\)(?:\\\\)*\\[1-9]")


class BadPattern(ValueError):
    """The C library refuses the pattern; the text says why."""


class _Span(ctypes.Structure):
    _fields_ = (("start", ctypes.c_int), ("end", ctypes.c_int))


@dataclass(frozen=True, slots=True)
class Match:
    """What matched, in bytes of the text: the whole, and the text of the first group (None: no group there)."""

    start: int
    end: int
    group: str | None


class Regex:
    """A compiled pattern."""

    def __init__(self, pattern: str, ignore_case: bool = False) -> None:
        raw = pattern.encode("utf-8", "surrogateescape")
        _refuse_dangerous(raw)
        self._memory = ctypes.create_string_buffer(_REGEX_BYTES)
        code = _LIBC.regcomp(self._memory, raw, _EXTENDED | (_ICASE if ignore_case else 0))
        if code:
            text = ctypes.create_string_buffer(200)
            _LIBC.regerror(code, self._memory, text, len(text))
            raise BadPattern(text.value.decode("utf-8", "replace"))
        self.groups = int.from_bytes(self._memory.raw[48:56], "little")
        finalize(self, _LIBC.regfree, self._memory).atexit = False

    def captures(self, text: str) -> list[str | None] | None:
        """Find the leftmost, longest match: the text of it and of its groups, None for one that took no part."""
        spans = (_Span * 10)()
        raw = text.encode("utf-8", "surrogateescape")
        if _LIBC.regexec(self._memory, raw, len(spans), spans, 0):
            return None
        return [
            raw[span.start : span.end].decode("utf-8", "surrogateescape") if span.start >= 0 else None for span in spans
        ]

    def fits(self, text: str) -> bool:
        """Whether it matches somewhere; faster than where."""
        raw = text.encode("utf-8", "surrogateescape")
        return not _LIBC.regexec(self._memory, raw, 0, None, 0)

    def search(self, text: str) -> Match | None:
        """Find the leftmost, longest match."""
        spans = (_Span * 2)()
        raw = text.encode("utf-8", "surrogateescape")
        if _LIBC.regexec(self._memory, raw, 2, spans, 0):
            return None
        start, end = spans[1].start, spans[1].end
        group = raw[start:end].decode("utf-8", "surrogateescape") if start >= 0 else None
        return Match(spans[0].start, spans[0].end, group)


def _refuse_dangerous(raw: bytes) -> None:
    if len(raw) > MAX_PATTERN_BYTES or b"\0" in raw:
        raise BadPattern("pattern too long")
    depth = 0
    for byte in raw:
        depth += (byte == 0x28) - (byte == 0x29)
        if depth > MAX_NESTING:
            raise BadPattern("too many groups within one another")
    product = 1
    for piece in raw.split(b"{")[1:]:
        numbers = [int(part) for part in piece.partition(b"}")[0].split(b",") if part.isdigit()]
        product *= max(1, *numbers) if numbers else 1
        if product > MAX_REPEAT:
            raise BadPattern("repeats too often")


def from_outside(pattern: str) -> Regex:
    """Compile the pattern of somebody who may not be trusted.

    Back-references are refused: looking for `(.*)(.*)(.*)\\1x` in sixty characters takes the C library minutes.

    Raises:
        BadPattern: It is none, or has a back-reference.
    """
    if _BACK_REFERENCE.search(pattern):
        raise BadPattern("back-references take too long")
    return Regex(pattern)


@lru_cache(maxsize=512)
def compiled(pattern: str, ignore_case: bool = False) -> Regex:
    """Compile a pattern once.

    Raises:
        BadPattern: It is none.
    """
    return Regex(pattern, ignore_case)


_LIBC = ctypes.CDLL(None)
_LIBC.regcomp.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int]
_LIBC.regexec.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_void_p, ctypes.c_int]
_LIBC.regfree.argtypes = [ctypes.c_void_p]
_LIBC.regfree.restype = None
_LIBC.regerror.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t]
_LIBC.regerror.restype = ctypes.c_size_t
