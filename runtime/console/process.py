"""The server as a process: into the background, pid file, user, limits."""

import contextlib
import grp
import os
import pwd
import resource
import sys
from pathlib import Path

from asterism.runtime.errors import ConfigError
from asterism.runtime.settings import Options


class Parent:
    """The process that waits until the one in the background is ready, so that who starts it learns how it went."""

    def __init__(self, pipe: int = -1) -> None:
        self._pipe = pipe

    def tell(self, text: str = "") -> None:
        """The server is ready, or this is why it is not."""
        if self._pipe >= 0:
            with contextlib.suppress(OSError):
                os.write(self._pipe, text.encode()[:4000] if text else b"\0")
                os.close(self._pipe)
            self._pipe = -1


def go_into_background() -> Parent:
    """Fork. The parent waits for the child's word and ends; the child returns.

    It must be called before any thread is started.
    """
    reading, writing = os.pipe()
    if os.fork():
        os.close(writing)
        word = b""
        while piece := os.read(reading, 4096):
            word += piece
        if word != b"\0":
            sys.stderr.write((word.decode(errors="replace") or "The server has ended at once.") + "\n")
        sys.stderr.flush()
        os._exit(0 if word == b"\0" else 1)
    os.close(reading)
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    os.close(null)
    return Parent(writing)


def become(user: str, group: str) -> None:
    """Change to the configured user and group.

    Raises:
        ConfigError: They do not exist, or it is not allowed.
    """
    try:
        if group and (number := grp.getgrnam(group).gr_gid) != os.getegid():
            os.setgid(number)
            os.setgroups([number])
        if user and (entry := pwd.getpwnam(user)).pw_uid != os.geteuid():
            if not group:
                os.setgid(entry.pw_gid)
                os.initgroups(user, entry.pw_gid)
            os.setuid(entry.pw_uid)
    except KeyError:
        raise ConfigError(f"No such user or group: {user}:{group}") from None
    except OSError as error:
        raise ConfigError(f"Unable to become {user}:{group}: {error.strerror}") from None


def apply_limits(options: Options) -> list[str]:
    """Core file, open files, priority, as configured; returns what was refused."""
    refused = []
    if options.dumpcore:
        _, most = resource.getrlimit(resource.RLIMIT_CORE)
        resource.setrlimit(resource.RLIMIT_CORE, (most, most))
    if options.maxfiles:
        try:
            _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
            resource.setrlimit(resource.RLIMIT_NOFILE, (options.maxfiles, max(options.maxfiles, most)))
        except (OSError, ValueError) as error:
            refused.append(f"maxfiles = {options.maxfiles}: {error}")
    if options.highpriority:
        try:
            os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(10))
        except OSError as error:
            refused.append(f"highpriority: {error.strerror}")
    return refused


class PidFile:
    """The file that says which process the server is."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def write(self) -> None:
        """Write it.

        Raises:
            ConfigError: It cannot be written.
        """
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.write_text(f"{os.getpid()}\n")
        except OSError as error:
            raise ConfigError(f"Unable to write the pid file {self._path}: {error.strerror}") from None

    def remove(self) -> None:
        """Remove it, if it is still ours."""
        with contextlib.suppress(OSError, ValueError):
            if int(self._path.read_text()) == os.getpid():
                self._path.unlink()
