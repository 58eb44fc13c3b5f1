"""logger.conf: what goes where, in which form; files put aside; log channels added; the queue log."""

import asyncio
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from asterism.runtime.console import logger_conf
from asterism.runtime.console.logfiles import Files, put_aside
from asterism.runtime.console.render import Dates
from asterism.runtime.errors import AsterismError, ConfigError
from asterism.runtime.events import LogChannel
from asterism.runtime.log import Level, Log
from asterism.runtime.manager.rendering import event_headers
from asterism.runtime.testing import TestRuntime
from hypothesis import given
from hypothesis import strategies as st

WHEN = time.mktime((2026, 11, 2, 3, 4, 5, 0, 0, -1)) + 0.123456


@pytest.fixture(name="log")
def a_log() -> Log:
    return Log("test")


@pytest.fixture(name="files")
def kept(tmp_path: Path, log: Log) -> Iterator[Files]:
    files = log.files = Files(log, tmp_path, tmp_path / "log")
    yield files
    files.close()


def begin(files: Files, folder: Path, text: str) -> list[str]:
    """Write logger.conf and read it."""
    (folder / "logger.conf").write_text(text)
    return [str(each) for each in files.open()]


def test_lines_go_where_their_level_belongs(files: Files, log: Log, tmp_path: Path) -> None:
    assert not begin(
        files, tmp_path, "[logfiles]\nmessages.log => notice,warning,error\nsub/full => *\nsecurity => security\n"
    )
    log.set_verbose(3)
    log.notice("n", "C-00000001")
    log.verbose(3, "v")
    log.dtmf("d")
    log.security("s")
    files.close()
    folder = tmp_path / "log"
    assert re.fullmatch(
        r"\[\w{3} [ \d]\d \d\d:\d\d:\d\d\] NOTICE\[\d+\]\[C-00000001\] test_logfiles\.py:\d+ "
        r"test_lines_go_where_their_level_belongs: n\n",
        (folder / "messages.log").read_text(),
    )
    assert [line.split()[3].partition("[")[0] for line in (folder / "sub" / "full").read_text().splitlines()] == [
        "NOTICE", "VERBOSE", "DTMF", "SECURITY",
    ]  # fmt: skip
    assert (folder / "security").read_text().endswith(": s\n")


def test_formats_dates_and_call_ids(files: Files, log: Log, tmp_path: Path) -> None:
    assert not begin(
        files,
        tmp_path,
        "[general]\ndateformat = %F %T.%3q\nuse_callids = no\n"
        "[logfiles]\nplain => [plain]notice\njson => [json]notice,verbose(2)\n",
    )
    log.notice("a\x1b[31m\nb", "C-00000001")
    log.verbose(2, "deep enough")
    log.verbose(3, "too deep")
    files.close()
    plain = (tmp_path / "log" / "plain").read_text()
    assert re.fullmatch(
        r"\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}\] NOTICE\[\d+\]: test_logfiles\.py:\d+ test_formats\w+: "
        r"a\\x1b\[31m\\x0ab\n",
        plain,
    ), plain
    first, second = map(json.loads, (tmp_path / "log" / "json").read_text().splitlines())
    assert first["logmsg"]["message"] == "a\x1b[31m\nb"
    assert first["logmsg"]["level"] == "NOTICE"
    assert first["identifiers"]["callid"] == ""
    assert second["logmsg"]["message"] == "deep enough"


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("%b %e %T", "Nov  2 03:04:05"),
        ("%F %T.%3q", "2026-11-02 03:04:05.123"),
        ("%T.%q", "03:04:05.123"),
        ("%1q|%6q", "1|123456"),
    ],
)
def test_dates(form: str, text: str) -> None:
    dates = Dates(form)
    assert dates(WHEN) == text
    assert dates(WHEN) == text


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[logfiles]\nx => notice,nosuch\n", "logger.conf:2: there is no log level 'nosuch'"),
        ("[logfiles]\nx => [xml]notice\n", "logger.conf:2: there is no log format 'xml'"),
        ("[logfiles]\nsyslog.nosuch => notice\n", "logger.conf:2: there is no syslog facility 'nosuch'"),
        ("[general]\nrotatestrategy = maybe\n", "logger.conf:2: rotatestrategy = maybe: none of"),
        ("[general]\nnosuch = 1\n", "logger.conf:2: unknown option 'nosuch'"),
        ("[general]\nqueue_log_realtime_use_gmt = yes\n", "logger.conf:2: 'queue_log_realtime_use_gmt' has no effect"),
        ("[general]\n[nosuch]\nx = y\n", "logger.conf:2: unknown section [nosuch]"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(files: Files, tmp_path: Path, text: str, complaint: str) -> None:
    assert [each[: len(complaint)] for each in begin(files, tmp_path, text)] == [complaint]


def test_custom_levels(files: Files, log: Log, tmp_path: Path) -> None:
    assert not begin(files, tmp_path, "[general]\ncustom_levels = billing, audit\n[logfiles]\nx => Billing\n")
    log.at("billing", "one")
    log.at("audit", "two")
    log.at("nosuch", "three")
    files.close()
    assert re.findall(r"(\w+)\[\d+\].*: (\w+)\n", (tmp_path / "log" / "x").read_text()) == [("BILLING", "one")]
    assert files.levels[-4:] == [(16, "BILLING"), (17, "AUDIT"), (18, "FAX"), (19, "SECURITY")]


async def test_the_dialplan_writes_at_custom_levels(rt: TestRuntime, tmp_path: Path) -> None:
    rt.log.files = kept = Files(rt.log, tmp_path, tmp_path)
    begin(kept, tmp_path, "[general]\ncustom_levels = billing\n[logfiles]\nx => billing\n")
    rt.extensions("[default]\nexten => 1,1,Log(Billing,paid)\n same => n,Log(nosuch,never)\n")
    await (await rt.phone("alice").call("1@default")).over()
    (tmp_path / "logger.conf").write_text("[logfiles]\nx => warning\n")
    assert await rt.reload("logger") == []
    rt.log.warning("last")
    kept.close()
    assert [line.split()[-1] for line in (tmp_path / "x").read_text().splitlines()] == ["paid", "last"]
    assert len(rt.logged(Level.ERROR)) == 1


def _content(folder: Path) -> dict[str, str]:
    return {each.name: each.read_text() for each in sorted(folder.iterdir())}


def test_strategies_of_putting_aside(tmp_path: Path) -> None:
    path = tmp_path / "x"
    for strategy, wanted in (
        ("sequential", {"x.0": "1", "x.1": "2", "x.2": "3"}),
        ("rotate", {"x.0": "3", "x.1": "2", "x.2.gz": "1"}),
    ):
        for text in "123":
            path.write_text(text)
            kept_as = put_aside(path, strategy)
            assert kept_as == (path if strategy == "rotate" else tmp_path / f"x.{int(text) - 1}")
            if strategy == "rotate" and text == "1":
                (tmp_path / "x.0").rename(tmp_path / "x.0.gz")
        assert _content(tmp_path) == wanted
        for each in tmp_path.iterdir():
            each.unlink()
    path.write_text("t")
    moved = put_aside(path, "timestamp")
    assert moved is not None
    assert re.fullmatch(r"x\.\d{10}", moved.name)
    path.write_text("stays")
    assert put_aside(path, "none") is None
    assert path.read_text() == "stays"
    assert put_aside(tmp_path / "none", "rotate") is None


def test_rotation_loses_nothing_and_runs_the_command(files: Files, log: Log, tmp_path: Path) -> None:
    command = f"cat ${{filename}} >> {tmp_path}/command"
    begin(
        files,
        tmp_path,
        f"[general]\nrotatestrategy = sequential\nexec_after_rotate = {command}\n[logfiles]\na b => notice\n",
    )
    log.notice("one")
    files.rotate()
    log.notice("two")
    files.rotate("a b")
    log.notice("three")
    with pytest.raises(AsterismError, match="no log file 'nosuch'"):
        files.rotate("nosuch")
    files.close()
    content = {name: text.split()[-1] for name, text in _content(tmp_path / "log").items() if name.startswith("a")}
    assert content == {"a b.0": "one", "a b.1": "two", "a b": "three"}
    assert [line.split()[-1] for line in (tmp_path / "command").read_text().splitlines() if "one" in line]


def test_a_reload_changes_levels_and_forms(files: Files, log: Log, tmp_path: Path) -> None:
    begin(files, tmp_path, "[logfiles]\na => notice\nb => notice\n")
    log.notice("one")
    (tmp_path / "logger.conf").write_text("[logfiles]\na => [json]warning\nc => notice,warning\n")
    assert files.reload() == []
    log.notice("two")
    log.warning("three")
    (tmp_path / "logger.conf").write_text("[logfiles\n")
    assert files.reload(), "a broken file leaves the old in force"
    log.warning("four")
    with pytest.raises(AsterismError, match="Unable to open"):
        files.reload("other.conf")
    (tmp_path / "logger.conf").unlink()
    files.reload()
    log.warning("five")
    files.close()
    content = _content(tmp_path / "log")
    assert content["b"].count("\n") == 1
    assert [re.findall("one|two|three|four|five", content[name]) for name in ("a", "b", "c", "messages.log")] == [
        ["one", "three", "four"], ["one"], ["two", "three", "four"], ["five"],
    ]  # fmt: skip


def test_what_cannot_be_written_is_told_once(
    files: Files, log: Log, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "log").write_text("a file where a folder should be")
    begin(files, tmp_path, "[general]\nqueue_log = no\n[logfiles]\na => notice\n")
    for _ in range(5):
        log.notice("x")
    files.close()
    assert capsys.readouterr().err.count("cannot be written") == 1


def test_the_queue_log(files: Files, log: Log, tmp_path: Path) -> None:
    begin(files, tmp_path, "[general]\nqueue_log_name = q\n[logfiles]\n")
    log.queue("1.2", "sales", "", "ENTERQUEUE", "", "123\n456", 1)
    files.rotate()
    files.close()
    content = _content(tmp_path / "log")
    assert re.fullmatch(
        r"\d+\|NONE\|NONE\|NONE\|QUEUESTART\|\n\d+\|1\.2\|sales\|\|ENTERQUEUE\|\|123\\x0a456\|1\n", content["q.0"]
    )
    assert re.fullmatch(r"\d+\|NONE\|NONE\|NONE\|CONFIGRELOAD\|\n", content["q"])


def test_a_log_that_nobody_keeps_has_no_queue_log(log: Log) -> None:
    log.queue("1.2", "sales", "", "ENTERQUEUE")


def test_what_consoles_show() -> None:
    conf = logger_conf.read_sections((), _raise)
    assert conf.console_levels == {"VERBOSE"}
    assert logger_conf.DEFAULT.console_levels == {"VERBOSE", "DEBUG", "NOTICE", "WARNING", "ERROR"}


def _raise(error: ConfigError) -> None:
    raise error


async def run(rt: TestRuntime, line: str) -> list[str]:
    return (await rt.commands.run(rt, line)).lines


async def test_commands_print_as_asterisk_does(rt: TestRuntime, tmp_path: Path) -> None:
    assert "embedded in" in (await run(rt, "logger rotate"))[0]
    files = rt.log.files = Files(rt.log, tmp_path, tmp_path)
    begin(
        files,
        tmp_path,
        "[general]\nlogger_queue_limit = 1000\n[logfiles]\n"
        "full.log => notice,warning,debug,error,security,verbose,dtmf,fax\n"
        "json.log => [json]notice\nconsole => notice\nsyslog.local0 => notice\n",
    )
    assert await run(rt, "logger add channel foo.log notice,verbose(2)") == []
    assert await run(rt, "logger add channel foo.log notice") == ["Logger channel 'foo.log' already exists"]
    wide = f"{tmp_path}/"
    assert await run(rt, "logger show channels") == [
        "Logger queue limit: 1000",
        "",
        "Channel                             Type     Formatter  Status    Configuration",
        "-------                             ----     ---------  ------    -------------",
        f"{wide + 'foo.log':<35.35} File     default    Enabled    - NOTICE VERBOSE ",
        "syslog.local0                       Syslog   default    Enabled    - NOTICE ",
        "                                    Console  default    Enabled    - NOTICE VERBOSE ",
        f"{wide + 'json.log':<35.35} File     json       Enabled    - NOTICE ",
        f"{wide + 'full.log':<35.35} File     default    Enabled    "
        "- DEBUG NOTICE WARNING ERROR VERBOSE DTMF FAX SECURITY ",
        "",
    ]
    assert await run(rt, "logger remove channel foo.log") == ["Removed dynamic logger channel 'foo.log'"]
    assert await run(rt, "logger remove channel json.log") == ["Unable to find dynamic logger channel 'json.log'"]
    assert (await run(rt, "logger show levels"))[:4] == ["Level Name", "----- ----", "    0 DEBUG", "    1 TRACE"]
    assert await run(rt, "logger rotate") == []
    assert await run(rt, "logger reload") == []
    assert json.loads("\n".join(await run(rt, "logger show channels --json")))[0]["Channel"] == "syslog.local0"
    await asyncio.get_running_loop().run_in_executor(None, files.close)


def test_a_reload_does_not_wait_for_the_disk(files: Files, log: Log, tmp_path: Path) -> None:
    go_on, gone_on = threading.Event(), threading.Event()

    def stand_still() -> None:
        go_on.wait(20)
        gone_on.set()

    begin(files, tmp_path, "[logfiles]\na => notice\n")
    files._writers["a"][1].reopen(stand_still)
    log.notice("waits")
    files.reload()
    (tmp_path / "logger.conf").write_text("[logfiles]\nb => notice\n")
    files.reload()
    files.rotate()
    assert not gone_on.is_set()
    go_on.set()
    files.close()


@given(st.text(), st.text())
def test_any_line_of_logfiles_is_taken_or_refused(name: str, text: str) -> None:
    try:
        assert logger_conf.channel_of(name, text).name == name
    except ConfigError:
        pass


@given(st.text(alphabet="%q123FTbe.: \x1b", max_size=20))
def test_any_date_format_gives_a_date(form: str) -> None:
    assert isinstance(Dates(form)(WHEN), str)


@pytest.mark.parametrize("again", [Files.reload, Files.rotate])
async def test_programs_are_told_of_a_log_that_cannot_be_written(
    files: Files, log: Log, tmp_path: Path, again: Callable[[Files], object]
) -> None:
    told: list[LogChannel] = []
    files.told = told.append
    (tmp_path / "log").write_text("a file where a folder should be")
    begin(files, tmp_path, "[general]\nqueue_log = no\n[logfiles]\na => notice\n")
    log.notice("x")
    for _ in range(200):
        await asyncio.sleep(0.01)
        if told:
            break
    (tmp_path / "log").unlink()
    again(files)
    path = str(tmp_path / "log" / "a")
    assert [(each.channel, each.enabled) for each in told] == [(path, "No"), (path, "Yes")]
    assert [name for name, _ in event_headers(told[0], 0.0)] == ["Event", "Privilege", "Channel", "Enabled", "Reason"]
    assert [name for name, _ in event_headers(told[1], 0.0)] == ["Event", "Privilege", "Channel", "Enabled"]
    files.close()
