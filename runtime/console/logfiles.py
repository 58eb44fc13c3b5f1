"""The log channels of logger.conf: which writers there are, how files are put aside, what an operator adds."""

import asyncio
import os
import shlex
import socket
import subprocess
import sys
import syslog
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from asterism.runtime.console import logger_conf
from asterism.runtime.console.logger import Stream, Writer
from asterism.runtime.console.logger_conf import Channel, LoggerConf
from asterism.runtime.console.render import Dates, Painter
from asterism.runtime.errors import AsterismError, ConfigError
from asterism.runtime.events import LogChannel
from asterism.runtime.log import FOLLOW, Log, Record

COMPRESSED = ("", ".gz", ".bz2", ".xz", ".Z")
"What a file that was put aside may be called in addition, for who compresses it."


class SyslogStream:
    """Syslog, as a stream of lines `<priority>text`."""

    def __init__(self, facility: str) -> None:
        self._facility: int = getattr(syslog, f"LOG_{facility.upper()}")

    def write(self, text: str) -> None:
        """Send lines."""
        for each in text.splitlines():
            priority, _, line = each[1:].partition(">")
            if priority.isdecimal():
                syslog.syslog(self._facility | int(priority), f"asterism: {line}")

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """There is nothing to close: the connection belongs to the process."""


class Files:
    """Keeps the log of a runtime. Meets `asterism.runtime.log.LogFiles`.

    Args:
        log: The log.
        etc: The folder of logger.conf.
        folder: Where files with a relative name are.
    """

    def __init__(self, log: Log, etc: Path, folder: Path) -> None:
        self._log, self._etc, self._folder = log, etc, folder
        self._lost: set[str] = set()
        "Paths that could not be written."
        self.told: Callable[[LogChannel], None] = lambda event: None
        "Told which log cannot be written any more, and which is opened anew."
        self._loop: asyncio.AbstractEventLoop | None = None
        self.conf = logger_conf.DEFAULT
        self._writers: dict[str, tuple[Channel, Writer]] = {}
        self._added: dict[str, Channel] = {}
        "What the operator has added, which outlives a reload."
        self._queue_log: Writer | None = None

    # --- life

    def open(self) -> list[ConfigError]:
        """Read logger.conf and begin; returns what is wrong with it."""
        with suppress(RuntimeError):
            self._loop = asyncio.get_running_loop()
        complaints: list[ConfigError] = []
        found = logger_conf.load(self._etc / logger_conf.FILE, complaints.append)
        self._adopt(found or logger_conf.DEFAULT)
        return complaints

    def close(self) -> None:
        """Write what is left and end."""
        for _, writer in self._writers.values():
            self._log.detach(writer.sink)
            writer.close()
        self._writers.clear()
        if self._queue_log is not None:
            self._log.queue_sinks.remove(self._queue_log.say)
            self._queue_log.close()
            self._queue_log = None

    def _adopt(self, conf: LoggerConf) -> None:
        """Put a logger.conf into force; nothing here waits for a disk."""
        self.conf = conf
        self._log.custom_levels = frozenset(name.upper() for name in conf.general.custom_levels)
        channels = {each.name: each for each in (*conf.channels, *self._added.values()) if each.kind != "Console"}
        for name in tuple(self._writers):
            if name not in channels:
                self._end(name)
        for each in channels.values():
            self._begin(each)
        self._begin_queue_log()

    def _begin(self, channel: Channel) -> None:
        """Begin to write a log channel, or write it anew and in another way."""
        paint = self._paint(channel)
        known = self._writers.get(channel.name)
        if known is None:
            writer = self._writer(channel, paint)
        else:
            writer = known[1]
            writer.paint, writer.wants, writer.limit = paint, channel.wants, self.queue_limit
            writer.reopen()
        self._tried_again(channel.name)
        self._writers[channel.name] = (channel, writer)
        verbose = channel.verbose if channel.wants("VERBOSE") else 0
        self._log.attach(writer.sink, verbose=verbose, debug=FOLLOW if channel.wants("DEBUG") else 0)

    def _paint(self, channel: Channel) -> Callable[[Record], str]:
        general = self.conf.general
        painter = Painter(
            pid=os.getpid(),
            date=Dates(general.dateformat),
            callids=general.use_callids,
            host=socket.gethostname() if general.appendhostname else "",
        )
        if channel.kind == "Syslog":
            return painter.syslog
        return {"default": painter.file, "plain": painter.plain, "json": painter.json}[channel.formatter]

    def _writer(self, channel: Channel, paint: Callable[[Record], str]) -> Writer:
        name = channel.name

        def opening() -> Stream:
            return SyslogStream(name.partition(".")[2]) if channel.kind == "Syslog" else _opened(self.path_of(name))

        return Writer(opening, paint, channel.wants, lambda error: self._failed(name, error), self.queue_limit)

    def _end(self, name: str) -> None:
        _, writer = self._writers.pop(name)
        self._log.detach(writer.sink)
        writer.dismiss()

    def _failed(self, name: str, error: OSError) -> None:
        """Say once that something cannot be written; called in a writer's thread."""
        text = f"The log {self.path_of(name)} cannot be written: {error.strerror or error}"
        sys.stderr.write(text + "\n")
        if self._loop is not None:
            reason = f"{error.errno or 0} - {error.strerror or error}"
            with suppress(RuntimeError):  # The loop has ended meanwhile.
                self._loop.call_soon_threadsafe(self._log.error, text)
                self._loop.call_soon_threadsafe(self._tell, LogChannel(str(self.path_of(name)), "No", reason))

    def _tell(self, event: LogChannel) -> None:
        self._lost.add(event.channel)
        self.told(event)

    def _tried_again(self, name: str) -> None:
        path = str(self.path_of(name))
        if path in self._lost:
            self._lost.remove(path)
            self.told(LogChannel(path, "Yes"))

    def path_of(self, name: str) -> Path:
        """The file of a log channel."""
        suffix = f".{socket.gethostname()}" if self.conf.general.appendhostname else ""
        return self._folder / f"{name}{suffix}"

    # --- the queue log

    def _begin_queue_log(self) -> None:
        began = self._queue_log is not None
        if not self.conf.general.queue_log:
            if self._queue_log is not None:
                self._log.queue_sinks.remove(self._queue_log.say)
                self._queue_log.dismiss()
                self._queue_log = None
            return
        if self._queue_log is None:
            self._queue_log = Writer(
                lambda: _opened(self.path_of(self.conf.general.queue_log_name)),
                lambda record: record.text,
                lambda level: False,
                lambda error: self._failed(self.conf.general.queue_log_name, error),
            )
            self._log.queue_sinks.append(self._queue_log.say)
        else:
            self._queue_log.reopen()
            self._tried_again(self.conf.general.queue_log_name)
        self._log.queue("", "", "NONE", "CONFIGRELOAD" if began else "QUEUESTART", "")

    # --- what an operator does

    def rotate(self, name: str = "") -> None:
        """Put the files aside and begin new ones; see LogFiles."""
        names = [each for each, (channel, _) in self._writers.items() if channel.kind == "File"]
        if name and name not in names:
            raise AsterismError(f"There is no log file '{name}'")
        for each in [name] if name else names:
            path = self.path_of(each)
            self._writers[each][1].reopen(self._put_aside(path))
            self._tried_again(each)
        if not name and self._queue_log is not None:
            self._queue_log.reopen(self._put_aside(self.path_of(self.conf.general.queue_log_name)))
            self._tried_again(self.conf.general.queue_log_name)
            self._log.queue("", "", "NONE", "CONFIGRELOAD", "")

    def _put_aside(self, path: Path) -> Callable[[], None]:
        strategy, command = self.conf.general.rotatestrategy, self.conf.general.exec_after_rotate

        def move() -> None:
            kept = put_aside(path, strategy)
            if kept is not None and command:
                # The command is the operator's own, from his own file; the name is put in as one word.
                line = command.replace("${filename}", shlex.quote(str(kept)))
                subprocess.run(line, shell=True, stdin=subprocess.DEVNULL, check=False)

        return move

    def reload(self, conf: str = "") -> list[str]:
        """Read logger.conf again and open the files anew; see LogFiles."""
        complaints: list[ConfigError] = []
        path = self._etc / (conf or logger_conf.FILE)
        found = logger_conf.load(path, complaints.append)
        if found is None and conf:
            raise AsterismError("\n".join(map(str, complaints)) or f"Unable to open {path}")
        if found is None and not complaints:
            found = logger_conf.DEFAULT
        # What cannot be read leaves the old in force, its files opened anew all the same.
        self._adopt(found or self.conf)
        for complaint in complaints:
            self._log.warning(str(complaint))
        return [str(each) for each in complaints]

    def add(self, name: str, levels: str) -> None:
        """Begin a log channel that logger.conf does not name; see LogFiles."""
        if name in self._writers:
            raise AsterismError(f"Logger channel '{name}' already exists")
        try:
            channel = logger_conf.channel_of(name, levels, self.conf.general.custom_levels)
        except ConfigError as error:
            raise AsterismError(f"ERROR: Unable to create log channel '{name}': {error.message}") from None
        self._added[name] = channel
        self._begin(channel)

    def remove(self, name: str) -> None:
        """End a log channel that `add` began; see LogFiles."""
        if name not in self._added:
            raise AsterismError(f"Unable to find dynamic logger channel '{name}'")
        del self._added[name]
        self._end(name)

    def rows(self) -> list[tuple[str, str, str, str, str]]:
        """The log channels, the latest first; see LogFiles."""
        channels = {each.name: each for each in (*self.conf.channels, *self._added.values())}
        return [self._row(each) for each in reversed(channels.values())]

    def _row(self, channel: Channel) -> tuple[str, str, str, str, str]:
        name = {"Console": "", "Syslog": channel.name}.get(channel.kind, str(self.path_of(channel.name)))
        levels = " ".join(level for level in self.conf.level_names if channel.wants(level))
        return name, channel.kind, channel.formatter, "Enabled", levels

    @property
    def levels(self) -> list[tuple[int, str]]:
        """All levels with Asterisk's numbers."""
        return logger_conf.levels_of(self.conf.general.custom_levels)

    @property
    def queue_limit(self) -> int:
        """How many lines may wait for the disk."""
        return self.conf.general.logger_queue_limit

    @property
    def console_levels(self) -> frozenset[str]:
        """What consoles show, by name."""
        return self.conf.console_levels


def _opened(path: Path) -> Stream:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.open("a", encoding="utf-8", errors="backslashreplace")


def put_aside(path: Path, strategy: str) -> Path | None:
    """Rename a log file by a strategy of logger.conf's.

    Returns:
        What exec_after_rotate is told: the name it has now; with `rotate` the one that it had. None when it stays.
    """
    if strategy == "none" or not path.exists():
        return None
    if strategy == "timestamp":
        return path.rename(f"{path}.{int(time.time())}")
    number = 0
    while any(Path(f"{path}.{number}{suffix}").exists() for suffix in COMPRESSED):
        number += 1
    if strategy == "sequential":
        return path.rename(f"{path}.{number}")
    for older in range(number, 0, -1):
        for suffix in COMPRESSED:
            with suppress(FileNotFoundError):
                Path(f"{path}.{older - 1}{suffix}").rename(f"{path}.{older}{suffix}")
    path.rename(f"{path}.0")
    return path
