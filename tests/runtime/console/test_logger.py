"""Log files: written in a thread, opened anew on demand, never in a call's way."""

import io
import threading
from pathlib import Path
from typing import TextIO

from asterism.runtime.console.logger import TOGETHER, Writer
from asterism.runtime.limits import LISTENER_EVENTS_MAX
from asterism.runtime.log import Log, Record

MESSAGES = frozenset(("NOTICE", "WARNING", "ERROR"))


def text(record: Record) -> str:
    return f"{record.level.name} {record.text}"


def test_the_levels_of_messages_log(tmp_path: Path) -> None:
    path = tmp_path / "messages.log"
    writer = Writer(lambda: path.open("a"), text, MESSAGES.__contains__)
    log = Log("test")
    log.attach(writer.sink, verbose=5)
    log.verbose(1, "no")
    log.dtmf("no")
    log.notice("yes")
    log.warning("yes")
    log.error("yes")
    writer.close()
    assert path.read_text() == "NOTICE yes\nWARNING yes\nERROR yes\n"


def test_a_file_that_was_moved_away_is_opened_anew(tmp_path: Path) -> None:
    path = tmp_path / "messages.log"
    writer = Writer(lambda: path.open("a"), text, MESSAGES.__contains__)
    writer.say("one")
    writer.reopen()
    _wait_for(path, "one\n")
    path.rename(tmp_path / "messages.log.1")
    writer.say("two")
    writer.reopen()
    writer.say("three")
    writer.close()
    assert (tmp_path / "messages.log.1").read_text() == "one\n"
    assert path.read_text() == "two\nthree\n"


def _wait_for(path: Path, wanted: str) -> None:
    done = threading.Event()
    for _ in range(500):
        if path.exists() and path.read_text() == wanted:
            return
        done.wait(0.01)
    raise AssertionError("it was not written")


def test_a_file_that_cannot_be_opened_is_told_once(tmp_path: Path) -> None:
    told: list[OSError] = []
    writer = Writer(lambda: (tmp_path / "none" / "x").open("a"), text, MESSAGES.__contains__, told.append)
    for _ in range(10):
        writer.say("lost")
    writer.close()
    assert len(told) == 1


def test_a_disk_that_stands_still_loses_lines_and_counts_them() -> None:
    may_open = threading.Event()
    out = io.StringIO()
    kept: list[str] = []

    def opening() -> TextIO:
        may_open.wait(10)
        return out

    class Kept(io.StringIO):
        pass

    writer = Writer(opening, text, lambda level: level == "NOTICE")
    out.close = lambda: kept.append(out.getvalue())  # type: ignore[method-assign]
    log = Log("test")
    log.attach(writer.sink)
    for number in range(LISTENER_EVENTS_MAX + TOGETHER + 50):
        log.notice(f"line {number}")
    may_open.set()
    for _ in range(500):
        if len(out.getvalue().splitlines()) >= LISTENER_EVENTS_MAX:
            break
        threading.Event().wait(0.01)
    log.notice("after")
    writer.close()
    lines = kept[0].splitlines()
    assert lines[-1] == "NOTICE after"
    assert "lines of the log were lost here" in lines[-2]
    assert len(lines) <= LISTENER_EVENTS_MAX + TOGETHER + 3
