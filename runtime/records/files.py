"""Appending lines to files that others read, and rotate, at any time."""

import os
from collections.abc import Iterable
from pathlib import Path


def append(path: Path, lines: Iterable[str]) -> None:
    """Append lines to a file, each with one write, so that none is torn when the process is killed.

    What is written is in the kernel's hands at once and survives the process; only a crash of the machine may cost
    the last few seconds. The file is opened anew each time: whoever rotates it needs to tell nobody.

    Raises:
        OSError: It cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o660)
    try:
        _mend(file)
        for line in lines:
            raw = f"{line}\n".encode("utf-8", "surrogateescape")
            while raw:
                raw = raw[os.write(file, raw) :]
    finally:
        os.close(file)


def _mend(file: int) -> None:
    """End a line that somebody left unfinished (a full disk), lest the next one be taken for its rest."""
    size = os.fstat(file).st_size
    if size and os.pread(file, 1, size - 1) != b"\n":
        os.write(file, b"\n")
