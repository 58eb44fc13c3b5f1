"""Call files: a text file moved into spool/outgoing is a call to be made, as often as it says, when its time has come.

The time is the file's own, so that `touch -d` puts a call off; after each attempt it is that of the next. What has
happened is written below the text, so that a restart knows how often was tried.
"""

import asyncio
import contextlib
import errno
import fcntl
import os
import signal
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from asterism.dialplan.scope import Jump
from asterism.runtime import callerid
from asterism.runtime.callfile_leg import SpoolLeg
from asterism.runtime.events import Hangup
from asterism.runtime.limits import CALL_FILE_BYTES
from asterism.runtime.log import escaped
from asterism.runtime.settings import is_true

if TYPE_CHECKING:
    from asterism.runtime.channel import Channel
    from asterism.runtime.runtime import Runtime

_T = TypeVar("_T")

LOOK_S = 1.0
"How long a file whose time has come waits at most, where nobody tells that it is there."

WATCH_MS = 50
"How long a change of the folder must be over before it is looked at."

RETRY_TIME_S = 300
WAIT_TIME_S = 45

_REASONS = {
    0: "Call Failure (not BUSY, and not NO_ANSWER, maybe Circuit busy or down?)",
    1: "Hangup",
    3: "Remote end Ringing",
    5: "Remote end is Busy",
    8: "Congestion (circuits busy)",
}


@dataclass
class CallFile:
    """What a call file says.

    Args:
        path: The file.
        tries: Attempts so far.
        caller_pid: The process that is trying, 0 for none.
        complaints: What is wrong with it, with its line.
    """

    path: Path
    technology: str = ""
    resource: str = ""
    callerid: str = ""
    wait_time_s: int = WAIT_TIME_S
    max_retries: int = 0
    retry_time_s: int = RETRY_TIME_S
    account: str = ""
    context: str = "default"
    exten: str = ""
    priority: int = 1
    application: str = ""
    data: str = ""
    variables: dict[str, str] = field(default_factory=dict)
    codecs: str = ""
    early_media: bool = False
    archive: bool = False
    always_delete: bool = True
    tries: int = 0
    caller_pid: int = 0
    complaints: list[str] = field(default_factory=list)

    @property
    def destination(self) -> str:
        """Whom it calls, as technology/resource."""
        return f"{self.technology}/{self.resource}"

    @property
    def is_complete(self) -> bool:
        """Whether it says whom to call and what then."""
        return bool(self.technology and self.resource and (self.application or self.exten))

    @property
    def purpose(self) -> str:
        """What the called party gets, in words."""
        if self.application:
            return f"application {self.application}({self.data})"
        return f"{self.exten}@{self.context}:{self.priority}"


def read(path: Path, text: str) -> CallFile:
    """Read a call file; what is wrong in it is among its complaints, and left out."""
    made = CallFile(path)
    for number, line in enumerate(text.splitlines(), 1):
        said = _without_comment(line).rstrip()
        if not said:
            continue
        key, colon, value = said.partition(":")
        wrong = _take(made, key.strip().lower(), value.strip()) if colon else "syntax error"
        if wrong:
            made.complaints.append(f"{path}:{number}: {escaped(wrong)}")
    return made


def _without_comment(line: str) -> str:
    """Without what stands behind `;`, or behind `#` after a blank or at the beginning; `\\;` is a semicolon."""
    kept: list[str] = []
    for at, char in enumerate(line):
        if char == "#" and (at == 0 or line[at - 1] in " \t"):
            break
        if char == ";":
            if not (kept and kept[-1] == "\\"):
                break
            kept.pop()
        kept.append(char)
    return "".join(kept)


_TEXTS = {"callerid": "callerid", "account": "account", "context": "context", "extension": "exten",
          "application": "application", "data": "data", "codecs": "codecs"}  # fmt: skip

_NUMBERS = {
    "maxretries": ("max_retries", "max retries", 0),
    "priority": ("priority", "priority", 1),
    "retrytime": ("retry_time_s", "retrytime", 1),
    "waittime": ("wait_time_s", "waittime", 1),
}

_FLAGS = {"archive": "archive", "alwaysdelete": "always_delete", "early_media": "early_media",
          "earlymedia": "early_media"}  # fmt: skip


def _take(made: CallFile, key: str, value: str) -> str:
    """Take one line; returns what is wrong with it."""
    if key in _TEXTS:
        setattr(made, _TEXTS[key], value)
    elif key in _FLAGS:
        setattr(made, _FLAGS[key], is_true(value))
    elif key in _NUMBERS:
        name, words, least = _NUMBERS[key]
        number = _number(value)
        if number is None or number < least:
            return f"invalid {words} '{value}'"
        setattr(made, name, number)
    elif key == "channel":
        made.technology, slash, made.resource = value.partition("/")
        if not slash:
            made.technology = ""
            return f"the channel should be technology/destination, not '{value}'"
    elif key in ("set", "setvar"):
        name, equals, text = value.partition("=")
        if not equals:
            return f"malformed '{key}', should be '{key}: variable=value'"
        made.variables[name] = text
    elif key == "startretry":
        made.caller_pid = _number(value) or 0
    elif key in ("endretry", "abortretry", "retry"):
        made.caller_pid = 0
        made.tries += 1
    elif key not in ("delayedretry", "status"):
        return f"unknown keyword '{key}'"
    return ""


def _number(text: str) -> int | None:
    """The number that a text begins with, or None."""
    sign, digits = (-1, text[1:]) if text.startswith("-") else (1, text)
    length = next((at for at, char in enumerate(digits) if not char.isdecimal() or not char.isascii()), len(digits))
    return sign * int(digits[:length]) if 0 < length < 19 else None


# --- the disk ----------------------------------------------------------------------------------------------


def is_being_written(file: int) -> bool:
    """Whether somebody has an open file open for writing: then a lease for reading is not to be had."""
    try:
        # Who opens it for writing in this very moment makes the kernel send a signal: one that does nothing.
        fcntl.fcntl(file, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except OSError as error:
        return error.errno == errno.EAGAIN
    return False


def _text_of(path: Path) -> str | None:
    """What a file says; None while somebody writes it."""
    file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        if is_being_written(file):
            return None
        text = os.read(file, CALL_FILE_BYTES).decode("utf-8", "replace")
    finally:
        os.close(file)
    if not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
    return text


def append(path: Path, line: str, time_s: float) -> None:
    """Write below a call file what has happened, and when its time comes again; never makes it anew."""
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW)
    try:
        os.write(file, f"\n{line}\n".encode())
        os.utime(file, (time_s, time_s))
    finally:
        os.close(file)


def _put_away(file: CallFile, folder: Path, status: str, now: float) -> None:
    """Delete a call file, or keep it in outgoing_done; one that was put off again meanwhile may stay."""
    if not file.always_delete and file.path.stat().st_mtime > now:
        return
    if not file.archive:
        file.path.unlink()
        return
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / file.path.name
    file.path.replace(kept)
    with kept.open("a", encoding="utf-8") as archived:
        archived.write(f"Status: {status}\n")


def _due(folder: Path, now: float) -> list[Path]:
    """The files of the folder whose time has come, the earliest first."""
    found: list[tuple[float, str]] = []
    for entry in os.scandir(folder):
        with contextlib.suppress(OSError):
            facts = entry.stat(follow_symlinks=False)
            if stat.S_ISREG(facts.st_mode) and facts.st_mtime <= now:
                found.append((facts.st_mtime, entry.path))
    return [Path(path) for _, path in sorted(found)]


# --- the calls ---------------------------------------------------------------------------------------------


class CallFiles:
    """Watches spool/outgoing and makes the calls. Meets `asterism.runtime.runtime.FrontEnd`.

    Args:
        rt: The runtime.
    """

    def __init__(self, rt: "Runtime") -> None:
        self._rt = rt
        self.folder = rt.directories.spool / "outgoing"
        self._done = rt.directories.spool / "outgoing_done"
        self._running: set[Path] = set()
        self._refused: dict[Path, str] = {}
        "Files that could not be read or put away, and why: told once."
        self._tasks: list[asyncio.Task[Any]] = []
        self._changed = asyncio.Event()

    async def start(self) -> None:
        """Begin to watch."""
        self._tasks = [
            self._rt.spawn(self._look_always(), "call files"),
            self._rt.spawn(self._listen(), "call files appear"),
        ]

    async def stop(self) -> None:
        """Look no more; what was begun is the runtime's to end."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def reload(self) -> None:
        """There is nothing to read again."""

    async def _disk(self, work: Callable[..., _T], *arguments: Any) -> _T:
        return await asyncio.get_running_loop().run_in_executor(None, work, *arguments)

    async def _listen(self) -> None:
        """Be told by the system when the folder changes, where the extra `spool` is installed."""
        try:
            from watchfiles import awatch
        except ImportError:
            self._rt.log.debug(1, "Call files are looked for every second; with asterism[spool] they are seen at once.")
            return
        async for _ in awatch(self.folder, watch_filter=None, recursive=False, debounce=400, step=WATCH_MS):
            self._changed.set()

    async def _look_always(self) -> None:
        await self._rt.wait_booted()
        while True:
            try:
                await self.look()
            except OSError as error:
                self._complain(self.folder, f"cannot be read: {error.strerror}")
            self._changed.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), LOOK_S)

    def _complain(self, path: Path, why: str) -> None:
        if self._refused.get(path) != why:
            self._refused[path] = why
            self._rt.log.warning(f"Call file {escaped(str(path))} {why}")

    async def look(self) -> None:
        """Begin the calls whose time has come."""
        if not self._rt.accepting:
            return
        due = await self._disk(_due, self.folder, self._rt.now())
        self._refused = {path: why for path, why in self._refused.items() if path in due}
        for path in due:
            if path not in self._running:
                await self._begin(path)

    async def _begin(self, path: Path) -> None:
        log, now = self._rt.log, self._rt.now()
        try:
            text = await self._disk(_text_of, path)
        except FileNotFoundError:
            return
        except OSError as error:
            self._complain(path, f"cannot be opened: {error.strerror}, deleting it")
            await self._finish(CallFile(path), "Failed")
            return
        if text is None:
            return
        file = read(path, text)
        for complaint in file.complaints:
            log.warning(complaint)
        if not file.is_complete:
            log.warning(f"{path}: a channel, and an application or an extension, must be given; the file is not used")
            await self._finish(file, "Failed")
            return
        if file.tries > file.max_retries:
            await self._expire(file, file.tries)
            return
        self._running.add(path)
        try:
            if file.caller_pid:
                # Whoever was trying is not there any more: else it would be among those running here.
                await self._disk(append, path, self._note("AbortRetry", file.tries, now), now)
            again_s = now + file.retry_time_s
            await self._disk(append, path, self._note("StartRetry", file.tries + 1, again_s), again_s)
        except FileNotFoundError:
            self._running.discard(path)  # Somebody has taken it back in this moment.
            return
        except OSError as error:
            self._running.discard(path)
            self._complain(path, f"cannot be written: {error.strerror}")
            return
        self._rt.spawn(self._try(file, again_s), f"call file {path.name}")

    def _note(self, what: str, tries: int, time_s: float) -> str:
        return f"{what}: {os.getpid()} {tries} ({int(time_s)})"

    async def _try(self, file: CallFile, again_s: float) -> None:
        log, tries = self._rt.log, file.tries + 1
        try:
            log.verbose(3, f"Attempting call on {file.destination} for {file.purpose} (Retry {tries})")
            reason = await self._call(file)
            if reason is None:
                log.notice(f"Call completed to {file.destination}")
                await self._finish(file, "Completed")
                return
            log.notice(f"Call failed to go through, reason ({reason}) {_REASONS.get(reason, 'Unknown')}")
            if tries > file.max_retries:
                await self._expire(file, tries - 1)
            else:
                note = self._note("EndRetry", tries, self._rt.now())
                with contextlib.suppress(OSError):
                    await self._disk(append, file.path, note, max(self._rt.now(), again_s))
        finally:
            self._running.discard(file.path)
            self._changed.set()

    async def _expire(self, file: CallFile, tries: int) -> None:
        self._rt.log.notice(
            f"Queued call to {file.destination} expired without completion after {tries} attempt"
            f"{'' if tries == 1 else 's'}"
        )
        await self._finish(file, "Expired")

    async def _finish(self, file: CallFile, status: str) -> None:
        try:
            await self._disk(_put_away, file, self._done, status, self._rt.now())
        except FileNotFoundError:
            pass  # Somebody has taken it away, which ends it too.
        except OSError as error:
            self._complain(file.path, f"cannot be put away: {error.strerror}")

    async def _call(self, file: CallFile) -> int | None:
        """Make the call and wait until it is over; returns None, or why nobody answered, as AMI numbers reasons."""
        rt = self._rt
        where: Mapping[str, Any] = (
            {"application": file.application, "app_data": file.data}
            if file.application
            else {"context": file.context, "exten": file.exten, "priority": file.priority}
        )
        done = await rt.originate(
            file.destination,
            timeout=file.wait_time_s,
            caller=callerid.parse(file.callerid) if file.callerid else None,
            variables=file.variables,
            accountcode=file.account,
            early_media=file.early_media,
            codecs=[each.strip().lower() for each in file.codecs.split(",") if each.strip()],
            **where,
        )
        if done.channel is not None:
            await self._over(done.channel)
            return None
        if not file.application and rt.extension_exists(file.context, "failed"):
            await self._run_failed(file, done.reason)
        return done.reason

    async def _over(self, channel: "Channel") -> None:
        over = asyncio.Event()

        def heard(event: Hangup) -> None:
            if event.channel.uniqueid == channel.uniqueid:
                over.set()

        stop = self._rt.bus.subscribe(heard, Hangup)
        try:
            if not channel.closed:
                await over.wait()
        finally:
            stop()

    async def _run_failed(self, file: CallFile, reason: int) -> None:
        """Nobody has answered: the extension `failed` of the file's context runs, on a channel that leads nowhere."""
        caller = callerid.parse(file.callerid) if file.callerid else None
        channel = self._rt.outgoing(SpoolLeg(self._rt.channels), caller=caller)
        channel.set_variables({**file.variables, "REASON": str(reason)})
        channel.set_accountcode(file.account)
        channel.go(Jump(file.context, "failed", 1))
        self._rt.start(channel)
        await self._over(channel)


def make(rt: "Runtime") -> CallFiles:
    """The watcher of a runtime's spool."""
    return CallFiles(rt)
