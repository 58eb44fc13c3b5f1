"""Where records are kept: files and databases of the operator's own design. Texts were written by Asterisk 22."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from asterism.runtime.errors import ArgumentError
from asterism.runtime.log import Level, Log
from asterism.runtime.records import files, subjects
from asterism.runtime.records.cel_event import CelEvent
from asterism.runtime.records.mapping import Json, Separated, columns
from asterism.runtime.records.outlet import Outlet
from asterism.runtime.records.record import CallRecord, Disposition
from asterism.runtime.records.sqlite import values
from asterism.runtime.testing import TestRuntime

from tests.runtime.records.conftest import Start, called

RECORD = CallRecord(
    accountcode="acc", src="100", dst="s", dcontext="f1", clid='"A, B" <100>', channel="Local/s@f1-00000000;2",
    dstchannel="Local/b@f1-00000001;1", lastapp="Dial", lastdata="Local/b@f1/n", start_s=1_795_329_810.25,
    answer_s=1_795_329_810.5, end_s=1_795_329_813.75, disposition=Disposition.ANSWERED, uniqueid="1795329810.1",
    userfield='a"b";c', sequence=1, variables={"foo": "red"},
)  # fmt: skip
EXTENSIONS = (
    "[default]\nexten => 100,1,Set(CDR(foo)=red)\n same => n,Set(CDR(userfield)=it's)\n"
    " same => n,Set(CHANNEL(accountcode)=sales)\n same => n,CELGenUserEvent(Sale,three)\n same => n,Answer()\n"
    " same => n,Wait(2)\n"
)


@pytest.mark.parametrize(
    ("fields", "format", "line"),
    [
        ('clid,"Some Literal",src,uniqueid(noquote)', {}, '"""A, B"" <100>","Some Literal","100",1795329810.1'),
        ("clid,sequence,userfield", {"method": "minimal"}, '"""A, B"" <100>",1,a"b";c'),
        ("src,duration,disposition(int64),start(int64)", {"method": "non_numeric", "separator": "\t"},
         '"100"\t3\t8\t1795329810'),
        ("userfield,billsec,foo(uservar),disposition", {"escape": "\\"}, r'"a\"b\";c","3","red","ANSWERED"'),
        ("answer(double),src(quote)", {"method": "none"}, '1795329810.500000,"100"'),
    ],
)  # fmt: skip
def test_fields_are_written_as_asked(fields: str, format: dict[str, str], line: str) -> None:
    assert Separated(columns(subjects.CDR, fields), **format).line(RECORD) == line


def test_json_is_json() -> None:
    line = Json(columns(subjects.CDR, 'clid,"My: Literal",duration,userfield')).line(RECORD)
    assert json.loads(line) == {"clid": '"A, B" <100>', "My": "Literal", "duration": 3, "userfield": 'a"b";c'}
    event = CelEvent("USER_DEFINED", 1.5, "Sale", extra='{"extra":"x"}')
    line = Json(columns(subjects.cel(""), "eventtype,eventenum,eventtime,eventextra,amaflags(amaflags)")).line(event)
    assert json.loads(line) == {
        "eventtype": "Sale", "eventenum": "USER_DEFINED", "eventtime": "1.500000", "eventextra": '{"extra":"x"}',
        "amaflags": "DOCUMENTATION",
    }  # fmt: skip


def test_a_field_that_is_none_is_named() -> None:
    with pytest.raises(ArgumentError, match="'colour'"):
        columns(subjects.CDR, "clid,colour")


def test_values_may_hold_commas() -> None:
    assert values("'${CDR(start)}', '${CDR(duration,f)}','a,b', ${CDR(src)}") == [
        "${CDR(start)}", "${CDR(duration,f)}", "a,b", "${CDR(src)}",
    ]  # fmt: skip


async def test_custom_files(start: Start, tmp_path: Path) -> None:
    cdr = (
        "[mappings]\nMaster.csv => ${CSV_QUOTE(${CDR(channel)})},${CDR(duration,f)},${CDR(disposition,u)},"
        "${LEN(${CDR(foo)})},${EPOCH}\nbad.csv => ${CURL(x)}\n../out.csv => x\n"
        "[fields.csv]\nfields = dst,billsec(noquote)\n[wrong.csv]\nfields = nope\n"
    )
    cel = "[mappings]\nMaster.csv => ${eventtype},${eventtime},${CALLERID(num)},${CHANNEL(appname)},${eventextra}\n"
    cel_conf = "[general]\nenable=yes\nevents=USER_DEFINED,HANGUP\ndateformat=%H:%M:%S\n"
    async with start(extensions=EXTENSIONS, cdr_custom=cdr, cel=cel_conf, cel_custom=cel) as rt:
        wrong = [text for text in rt.logged(Level.WARNING) if "cdr_custom.conf" in text]
        assert [text.partition(": ")[0] for text in wrong] == [
            "cdr_custom.conf:3", "cdr_custom.conf:4", "cdr_custom.conf:8",
        ]  # fmt: skip
        await called(rt)
    folder = tmp_path / "log/cdr-custom"
    assert (folder / "Master.csv").read_text() == '"Loopback/alice-00000000",2.000000,8,3,1800000002\n'
    assert (folder / "fields.csv").read_text() == '"100",2\n'
    assert (tmp_path / "log/cel-custom/Master.csv").read_text() == (
        'Sale,08:00:00,,CELGenUserEvent,{"extra":"three"}\n'
        'HANGUP,08:00:02,,,{"hangupcause":0,"hangupsource":"","dialstatus":""}\n'
    )


async def test_sqlite_files(start: Start, tmp_path: Path) -> None:
    cdr = (
        "[master]\ntable => cdr\ncolumns => calldate, dst, userfield, foo\n"
        "values => '${CDR(dst)}','${CDR(dst)}','${CDR(userfield)}','${CDR(foo)}'\n"
        "[short]\ntable=cdr\ncolumns=a,b\nvalues='${CDR(dst)}'\n"
    )
    cel = "[events]\ntable=cel\ncolumns=kind,at\nfields=eventtype,eventtime(int64)\n"
    cel_conf = "[general]\nenable=yes\nevents=USER_DEFINED\n"
    async with start(extensions=EXTENSIONS, cdr_sqlite3_custom=cdr, cel=cel_conf, cel_sqlite3_custom=cel) as rt:
        assert any("cdr_sqlite3_custom.conf:5" in text for text in rt.logged(Level.WARNING))
        await called(rt)
    with sqlite3.connect(tmp_path / "log/master.db") as database:
        assert database.execute("SELECT * FROM cdr").fetchall() == [(1, "100", "100", "it's", "red")]
    with sqlite3.connect(tmp_path / "log/events.db") as database:
        assert database.execute("SELECT kind, at FROM cel").fetchall() == [("Sale", 1_800_000_000)]


ADAPTIVE = """\
[first]
connection=records
table=cdr
alias start => calldate
alias src => source
static "here" => place
filter accountcode => sales
filter dst != 200
[none]
connection=nowhere
"""


async def test_a_table_says_itself_what_is_kept(start: Start, tmp_path: Path) -> None:
    path = tmp_path / "records.sqlite3"
    with sqlite3.connect(path) as database:
        database.execute(
            "CREATE TABLE cdr (calldate TIMESTAMP, source TEXT, dst TEXT, duration INTEGER, billsec REAL,"
            " disposition INTEGER, amaflags TEXT, foo TEXT, bar TEXT DEFAULT 'unset', place TEXT, answer TIMESTAMP)"
        )
        database.execute("CREATE TABLE cel (eventtype INTEGER, eventtime TEXT, cid_num TEXT, extra TEXT)")
    odbc = f"[records]\nenabled=yes\ndsn={path}\n"
    cel_conf = "[general]\nenable=yes\nevents=USER_DEFINED\n"
    async with start(
        extensions=EXTENSIONS.replace("Answer", "Set(CALLERID(num)=7)\n same => n,Answer"), res_odbc=odbc,
        cdr_adaptive_odbc=ADAPTIVE, cel=cel_conf, cel_odbc="[first]\nconnection=records\ntable=cel\n",
    ) as rt:  # fmt: skip
        assert any("cdr_adaptive_odbc.conf:9" in text for text in rt.logged(Level.WARNING))
        await called(rt)
    with sqlite3.connect(path) as database:
        assert database.execute("SELECT * FROM cdr").fetchall() == [
            ("2027-01-15 08:00:00", "7", "100", 2, 2.0, 8, "DOCUMENTATION", "red", "unset", "here",
             "2027-01-15 08:00:00")
        ]  # fmt: skip
        ((kind, at, number, extra),) = database.execute("SELECT * FROM cel").fetchall()
        assert (kind, at[:20], number, extra) == (13, "2027-01-15 08:00:00.", "", '{"extra":"three"}')


# --- what may go wrong ------------------------------------------------------------------------


class Shaky:
    """A back end that fails as it is told."""

    name = "shaky"

    def __init__(self, *fates: Exception | None) -> None:
        self.fates = list(fates)
        self.kept: list[str] = []

    async def write(self, records: Sequence[str]) -> None:
        """Fail, or keep."""
        fate = self.fates.pop(0) if self.fates else None
        if fate is not None:
            raise fate
        self.kept += records

    async def close(self) -> None:
        """Nothing is open."""


async def test_what_cannot_be_written_now_is_written_later(rt: TestRuntime) -> None:
    backend = Shaky(OSError("no route"), OSError("no route"))
    outlet: Outlet[str] = Outlet(backend, rt.log)
    outlet.put(["a"])
    await _until(lambda: backend.kept == ["a"])
    assert len([text for text in rt.logged(Level.ERROR) if "no route" in text]) == 1
    assert len(outlet) == outlet.lost == 0


async def test_only_the_record_at_fault_is_lost(rt: TestRuntime) -> None:
    backend = Shaky(ValueError("bad row"), None, ValueError("bad row"), None)
    outlet: Outlet[str] = Outlet(backend, rt.log)
    outlet.put(["a", "b", "c"])
    await _until(lambda: len(backend.kept) == 2)
    assert backend.kept == ["a", "c"] and outlet.lost == 1


async def test_a_back_end_that_is_gone_does_not_hold_up_the_end() -> None:
    backend = Shaky(*[OSError("gone")] * 3)
    outlet: Outlet[str] = Outlet(backend, Log())
    outlet.put(["a"])
    await outlet.close()
    assert len(outlet) == 1


async def _until(done: object) -> None:
    import asyncio

    assert callable(done)
    for _ in range(100):
        if done():
            return
        await asyncio.sleep(0.2)
    raise AssertionError("it never came to that")


def test_a_torn_line_is_ended_before_the_next(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("one\ntw")
    files.append(path, ["three"])
    assert path.read_text() == "one\ntw\nthree\n"


WRITER = """
import sys
from pathlib import Path
from asterism.runtime.records import files
line = ",".join(f'"{number}"' for number in range(12))
while True:
    files.append(Path(sys.argv[1]), [line] * 50)
"""


def test_lines_are_whole_when_the_process_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "Master.csv"
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], env=_environment())
    while not path.exists() or path.stat().st_size < 100_000:
        assert writer.poll() is None
    os.kill(writer.pid, signal.SIGKILL)
    writer.wait()
    files.append(path, ["next"])
    *lines, last, added = path.read_text().splitlines()
    assert len(set(lines)) == 1 and added == "next"
    assert lines[0].startswith(last)  # Between two pages of the file the kernel may stop; no other line suffers.


BATCH = """
import asyncio, sys
from pathlib import Path
from asterism.runtime.runtime import Runtime
from asterism.runtime.settings import DirectorySettings
from asterism.runtime.records.record import CallRecord

async def main(root: Path, count: int) -> None:
    etc = root / "etc"
    directories = DirectorySettings(astetcdir=etc, astlogdir=root / "log", astdbdir=root, astspooldir=root)
    async with Runtime(etc, modules=[], directories=directories) as rt:
        for number in range(count):
            rt.cdr.batch.put(CallRecord(src=str(number), uniqueid=f"1.{number}"))
        if count:
            await asyncio.sleep(0.2)
            print("gathered", flush=True)
            await asyncio.sleep(60)

asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
"""


def test_a_batch_outlives_the_process_that_gathered_it(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/cdr.conf").write_text("[general]\nbatch=yes\nsize=100\n[csv]\n")
    (tmp_path / "etc/extensions.conf").write_text("")
    command = [sys.executable, "-c", BATCH, str(tmp_path)]
    first = subprocess.Popen([*command, "7"], env=_environment(), stdout=subprocess.PIPE, text=True)
    assert first.stdout is not None
    assert first.stdout.readline() == "gathered\n"
    first.kill()
    first.communicate()
    master = tmp_path / "log/cdr-csv/Master.csv"
    assert not master.exists()
    subprocess.run([*command, "0"], env=_environment(), check=True, timeout=30)
    assert [line.split(",")[1] for line in master.read_text().splitlines()] == [f'"{number}"' for number in range(7)]
    assert not list((tmp_path / "cdr-batch").iterdir())


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(each for each in sys.path if each)}


async def test_what_has_no_effect_is_told_by_name(start: Start) -> None:
    async with start(
        extensions=EXTENSIONS,
        cdr="[general]\n[csv]\n[radius]\nradiuscfg=/etc/radius.conf\n",
        cdr_tds="[global]\nhostname=db\n",
        cdr_odbc=";[global]\n;dsn=x\n",
        cdr_manager="[general]\nenabled=yes\nnosuch=1\n",
        cdr_adaptive_odbc="[first]\nconnection=x\nschema=s\nusegmtime=yes\nnosuch=1\nfoo bar=1\n",
        cel="[general]\nenable=yes\n",
        cel_beanstalkd="[general]\nenabled=no\n",
        cel_odbc="[first]\nconnection=x\nnosuch=1\n",
    ) as rt:
        told = {text.partition(": ")[0]: text for text in rt.logged(Level.WARNING)}
    assert "cdr_radius is not here" in told["cdr.conf:3"] and "cdr_tds is not here" in told["cdr_tds.conf:1"]
    assert "'schema' has no effect" in told["cdr_adaptive_odbc.conf:3"]
    for place in ("cdr_manager.conf:3", "cdr_adaptive_odbc.conf:5", "cdr_adaptive_odbc.conf:6", "cel_odbc.conf:3"):
        assert "unknown option" in told[place]
    assert not [place for place in told if place.startswith(("cdr_odbc", "cel_beanstalkd"))]
