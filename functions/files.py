"""Files and the world outside: FILE and its kin, STAT, ENV, SHELL."""

import asyncio
import os
import stat as modes
from asyncio.subprocess import PIPE
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from asterism.functions import indirect
from asterism.runtime import shell as shells
from asterism.runtime.channel import Channel
from asterism.runtime.declare import function
from asterism.runtime.errors import ArgumentError

_LINE_ENDS = {"u": b"\n", "d": b"\r\n", "m": b"\r"}
_T = TypeVar("_T")


async def _aside(work: Callable[[], _T]) -> _T:
    """Do what touches the disk in a thread; what the disk objects to becomes an ArgumentError."""
    try:
        return await asyncio.get_running_loop().run_in_executor(None, work)
    except (OSError, ValueError) as error:
        raise ArgumentError(str(error)) from None


def _path(name: str) -> Path:
    if not name:
        raise ArgumentError("the name of a file is needed")
    return Path(name)


# --- environment and shell -------------------------------------------------------------------


@function("ENV", dangerous_write=True)
def env(chan: Channel, varname: str) -> str:
    """Read or set a variable of the process's environment.

    Args:
        varname: Its name. Setting it to nothing removes it.
    Compat: func_env.
    """
    return os.environ.get(varname, "") if varname else ""


@env.write
def _set_env(chan: Channel, varname: str, value: str = "") -> None:
    if not varname or "=" in varname or "\0" in varname + value:
        raise ArgumentError(f"'{varname}' cannot be the name of a variable of the environment")
    if value:
        os.environ[varname] = value
    else:
        os.environ.pop(varname, None)


@function("SHELL", see="System, TrySystem", dangerous_read=True)
async def shell(chan: Channel, command: str) -> str:
    """Run a command of the system's shell and return what it prints.

    Args:
        command: As for `sh -c`. Never put what a caller sent into it without FILTER.
    Compat: func_shell. The first 4091 octets, line ends and all; the command is killed when the call ends.
    """
    if not command:
        raise ArgumentError("SHELL needs a command")
    async with shells.started(command, stdout=PIPE) as process:
        printed = await _printed(process)
        await process.wait()
    return indirect.limit(printed.partition(b"\0")[0].decode("utf-8", "surrogateescape"))


async def _printed(process: asyncio.subprocess.Process) -> bytes:
    """Read all that a process prints, and keep the part that counts."""
    assert process.stdout is not None
    kept = b""
    while piece := await process.stdout.read(65536):
        kept += piece[: max(0, indirect.MAX_VALUE - len(kept))]
    return kept


# --- facts about files -----------------------------------------------------------------------


@function("BASENAME", see="DIRNAME")
def basename(chan: Channel, filename: str) -> str:
    """Return the last part of a path.

    Args:
        filename: A path; it need not exist.
    Compat: func_env, basename(3).
    """
    stripped = filename.rstrip("/")
    return stripped.rpartition("/")[2] if stripped else "/" if filename else "."


@function("DIRNAME", see="BASENAME")
def dirname(chan: Channel, filename: str) -> str:
    """Return a path without its last part.

    Args:
        filename: A path; it need not exist.
    Compat: func_env, dirname(3).
    """
    above, slash, _ = filename.rstrip("/").rpartition("/")
    if above.rstrip("/"):
        return above.rstrip("/")
    if not slash and not filename.startswith("/"):
        return "."
    return "//" if len(filename) - len(filename.lstrip("/")) == 2 else "/"


@function("STAT", see="FILE", dangerous_read=True)
async def stat(chan: Channel, flag: str = "", filename: str = "") -> str:
    """Tell something about a file.

    Args:
        flag: e (exists), f (is a file), d (is a folder): 1 or 0; s (size in octets), m (mode, octal), A, C, M (seconds
            since the epoch of the last access, change, modification).
        filename: Its path.
    Compat: func_env. What does not exist is 0 in every respect.
    """
    if not filename:
        return "0"
    try:
        found = await _aside(lambda: _path(filename).stat())
    except ArgumentError:
        return "0"
    match flag[:1]:
        case "d":
            return str(int(modes.S_ISDIR(found.st_mode)))
        case "f":
            return str(int(modes.S_ISREG(found.st_mode)))
        case "e":
            return "1"
        case "s":
            return str(found.st_size)
        case "m":
            return f"{found.st_mode:o}"
        case "M":
            return str(int(found.st_mtime))
        case "A":
            return str(int(found.st_atime))
        case "C":
            return str(int(found.st_ctime))
    return "0"


@function("FILE_FORMAT", see="FILE, FILE_COUNT_LINE", dangerous_read=True)
async def file_format(chan: Channel, filename: str) -> str:
    """Tell how the lines of a file end: u (Unix), d (DOS), m (old Macintosh), x (there is no line end).

    Args:
        filename: Its path.
    Compat: func_env.
    """
    try:
        return _format_of(await _aside(_path(filename).read_bytes)) or "x"
    except ArgumentError as error:
        chan.error(f"FILE_FORMAT: {error}")
        return "x"


def _format_of(content: bytes) -> str:
    places = {letter: content.find(end) for letter, end in _LINE_ENDS.items()}
    found = [(place, -len(_LINE_ENDS[letter]), letter) for letter, place in places.items() if place >= 0]
    return min(found)[2] if found else ""


@function("FILE_COUNT_LINE", see="FILE, FILE_FORMAT", dangerous_read=True)
async def file_count_line(chan: Channel, filename: str, format: str = "") -> str:
    """Count the line ends of a file; -1 when it cannot be read or has none.

    Args:
        filename: Its path.
        format: u, d, or m as in FILE_FORMAT; found out when left out.
    Compat: func_env.
    """
    try:
        content = await _aside(_path(filename).read_bytes)
    except ArgumentError as error:
        chan.error(f"FILE_COUNT_LINE: {error}")
        return "-1"
    end = _LINE_ENDS.get(format[:1] or _format_of(content))
    return "-1" if end is None else str(content.count(end))


# --- their contents --------------------------------------------------------------------------


@function("FILE", see="FILE_COUNT_LINE, FILE_FORMAT, STAT", dangerous_read=True, dangerous_write=True)
async def file(
    chan: Channel, filename: str, offset: str = "", length: str = "", options: str = "", format: str = ""
) -> str:
    """Read or write a part of a file.

    Args:
        filename: Its path.
        offset: Where the part begins, 0 at first; negative from the end.
        length: How long it is; all that is left when it is empty. Negative in writing: so much is left at the end;
            in reading: so much less than the whole file.
        options: l (offset and length count lines), a (append the value), d (write no line end behind it).
        format: u, d, or m as in FILE_FORMAT; found out when left out. Needed to write lines into a new file.
    Compat: func_env. Without offset and length, writing replaces the file.
    """
    content = await _aside(_path(filename).read_bytes)
    pieces = _pieces(content, options, format)
    first, size = _first(offset, len(pieces)), _number(length)
    if first is None:
        return ""
    count = len(pieces) if size is None else size if size >= 0 else max(0, len(pieces) + size)
    return indirect.limit(_joined(pieces[first : first + count]).decode("utf-8", "surrogateescape"))


@file.write
async def _write_file(
    chan: Channel,
    filename: str,
    offset: str = "",
    length: str = "",
    options: str = "",
    format: str = "",
    value: str = "",
) -> None:
    path, raw = _path(filename), value.encode("utf-8", "surrogateescape")
    replaces_all = not offset and not length and "a" not in options
    line_end = _LINE_ENDS.get(format[:1])

    def write() -> None:
        content = path.read_bytes() if path.exists() else b""
        new = raw
        if "l" in options:
            end = line_end or _LINE_ENDS.get(_format_of(content))
            if end is None:
                raise ValueError(f"{filename}: say how lines end, by format u, d, or m")
            new = raw if "d" in options else raw + end
        if replaces_all:
            path.write_bytes(new)
        elif "a" in options:
            with path.open("ab") as opened:
                opened.write(new)
        else:
            path.write_bytes(_spliced(content, new, (offset, length), (options, format)))

    await _aside(write)


def _spliced(content: bytes, new: bytes, where: tuple[str, str], how: tuple[str, str]) -> bytes:
    """Return the content with a part of it replaced."""
    pieces = _pieces(content, *how)
    rest = b""
    if isinstance(pieces, list) and pieces and not pieces[-1].endswith((b"\n", b"\r")):
        rest = pieces.pop()
    first, size = _first(where[0], len(pieces)), _number(where[1])
    if first is None:
        raise ValueError(f"there is nothing at {where[0]}")
    last = len(pieces) if size is None else first + size if size >= 0 else max(first, len(pieces) + size)
    return _joined(pieces[:first]) + new + _joined(pieces[last:]) + rest


def _joined(pieces: bytes | list[bytes]) -> bytes:
    return pieces if isinstance(pieces, bytes) else b"".join(pieces)


def _pieces(content: bytes, options: str, format: str) -> bytes | list[bytes]:
    """Take content apart into lines, if that is wanted."""
    if "l" not in options:
        return content
    end = _LINE_ENDS.get(format[:1] or _format_of(content))
    if end is None:
        return []
    *lines, rest = content.split(end)
    return [line + end for line in lines] + ([rest] if rest else [])


def _number(text: str) -> int | None:
    return indirect.integer(text, 64)


def _first(offset: str, size: int) -> int | None:
    """Return where a part begins; None where that is outside."""
    first = _number(offset) or 0
    first = size + first if first < 0 else first
    return first if 0 <= first <= size else None
