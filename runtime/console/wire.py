r"""What consoles and the control socket say to each other.

A stream of lines over the Unix socket, UTF-8, each one JSON object, ended by `\n`. A line from a console is at most
CONSOLE_LINE_BYTES long; a longer one, or one that is no such object, is answered with `error` and otherwise ignored.

From the console:

    {"do": "attach", "verbose": 3}           send me the log from now on, verbose lines up to this depth; a second
                                             attach changes the depth; "mute": true sends no log
    {"do": "run", "id": 1, "line": "..."}    run a command
    {"do": "complete", "id": 2, "line": "core sh"}    what may the end of this line become

From the server:

    {"hello": {"name", "version", "host", "fqdn", "system", "pid", "shell"}}    at once; `shell`: whether `!` is allowed
    {"log": [level, depth, text, time_s, file, line, function, call, custom]}
    {"id": 1, "lines": [...]}                output of a command, in one or more pieces
    {"id": 1, "ok": true}                    its end; `ok` is false when it failed or is unknown
    {"id": 2, "candidates": [[word, description], ...]}
    {"id": 0, "error": "..."}                the line could not be read
    {"bye": "...", "back": true}             the connection ends now, and why; `back`: the server will be back
"""

import json
from typing import Any

from asterism.runtime.log import Level, Record

LINES_MAX = 200
"Lines of output in one frame."


class FrameError(ValueError):
    """A line that is no frame."""


def encode(frame: dict[str, Any]) -> bytes:
    """A frame as its line."""
    return json.dumps(frame, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace") + b"\n"


def decode(line: bytes) -> dict[str, Any]:
    """The frame that a line holds.

    Raises:
        FrameError: It holds none.
    """
    try:
        frame = json.loads(line)
    except (ValueError, RecursionError):
        raise FrameError("not JSON") from None
    if not isinstance(frame, dict):
        raise FrameError("not an object")
    return frame


def text_of(frame: dict[str, Any], key: str) -> str:
    """A text in a frame; empty when it is missing or something else."""
    value = frame.get(key)
    return value if isinstance(value, str) else ""


def number_of(frame: dict[str, Any], key: str) -> int:
    """A whole number in a frame; 0 when it is missing or something else."""
    value = frame.get(key)
    return value if isinstance(value, int) and abs(value) < 1 << 53 else 0


def log_frame(record: Record) -> bytes:
    """A log record as its line."""
    return encode(
        {
            "log": [
                int(record.level), record.depth, record.text, record.time_s,
                record.file, record.line, record.function, record.call, record.custom,
            ]
        }
    )  # fmt: skip


def record_of(values: list[Any]) -> Record:
    """The log record in a frame."""
    level, *facts = values
    return Record(Level(level), *facts)
