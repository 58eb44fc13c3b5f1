"""Records in PostgreSQL, with a real server; skipped where none is installed, or it does not start."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from asterism.runtime.log import Log
from asterism.runtime.records.cel_event import CelEvent
from asterism.runtime.records.outlet import Outlet
from asterism.runtime.records.postgresql import CdrPostgresql, CelPostgresql, PostgresqlBackend
from asterism.runtime.records.record import CallRecord, Disposition
from asterism.runtime.records.tables import Rules, of_cdr, of_cel

pytest.importorskip("asyncpg")

Ask = Callable[[str], list[str]]

TABLES = """
CREATE TABLE cdr (calldate timestamp, clid varchar(80), dst varchar(80), duration integer, billsec numeric,
    disposition text, amaflags integer, accountcode text, uniqueid varchar(32), foo text, other text DEFAULT 'unset');
CREATE TABLE cel (id serial, eventtype text, eventtime timestamp, userdeftype text, cid_num text, channame text,
    amaflags smallint, extra text);
"""


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Ask]]:
    """A server of our own on a socket in a folder, and how to ask it."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    initdb = str(found[-1]) if found else shutil.which("initdb")
    if initdb is None:
        pytest.skip("PostgreSQL is not installed")
    bin_dir = Path(initdb).parent
    folder = tmp_path_factory.mktemp("postgresql")
    user: list[str] = []
    if os.getuid() == 0:  # The server refuses to be root.
        user = ["runuser", "-u", "postgres", "--"]
        shutil.chown(folder, "postgres")
        for parent in folder.parents:
            if parent.owner() == "root" and "pytest" in str(parent):
                parent.chmod(0o755)
    made = _run(*user, str(bin_dir / "initdb"), "-D", f"{folder}/data", "-A", "trust", "-U", "asterisk", "-E", "UTF8")
    control = [*user, str(bin_dir / "pg_ctl"), "-D", f"{folder}/data", "-w"]
    if made.returncode == 0:
        made = _run(*control, "-l", f"{folder}/log", "-o", f"-k {folder} -c listen_addresses=", "start")
    if made.returncode != 0:
        pytest.skip(f"PostgreSQL does not start here: {made.stderr.strip()[-200:]}")

    def ask(statement: str, database: str = "asterisk") -> list[str]:
        said = _run("psql", "-h", str(folder), "-U", "asterisk", "-d", database, "-At", "-c", statement)
        assert said.returncode == 0, said.stderr
        return said.stdout.splitlines()

    ask("CREATE DATABASE asterisk", "postgres")
    ask(TABLES)
    yield folder, ask
    _run(*control, "-m", "immediate", "stop")


SALE = CelEvent("USER_DEFINED", 1_800_000_000.25, "Sale", number="7", extra='{"extra":"three"}')
RECORD = CallRecord(
    accountcode="sales", dst="100", start_s=1_800_000_000.0, end_s=1_800_000_002.0, answer_s=1_800_000_000.0,
    disposition=Disposition.ANSWERED, uniqueid="1.0", variables={"foo": "it's"},
)  # fmt: skip


def backend(folder: Path, table: str = "cdr") -> PostgresqlBackend[CallRecord]:
    """The back end of call detail records on the server."""
    fill = partial(of_cdr, said=Rules({}, {}, (), utc=True))
    return PostgresqlBackend("pgsql", CdrPostgresql(hostname=str(folder), table=table), fill)


async def test_columns_say_what_is_kept(server: tuple[Path, Ask]) -> None:
    folder, ask = server
    writing = backend(folder)
    await writing.write([RECORD, replace(RECORD, answer_s=0.0, disposition=Disposition.BUSY)])
    await writing.close()
    assert ask("SELECT * FROM cdr") == [
        '2027-01-15 08:00:00|"" <>|100|2|2.0|ANSWERED|3|sales|1.0|it\'s|unset',
        '2027-01-15 08:00:00|"" <>|100|2|0.0|BUSY|3|sales|1.0|it\'s|unset',
    ]


async def test_events_have_a_table_too(server: tuple[Path, Ask]) -> None:
    folder, ask = server
    writing = PostgresqlBackend("cel", CelPostgresql(hostname=str(folder)), partial(of_cel, utc=True))
    await writing.write([SALE])
    await writing.close()
    assert ask("SELECT * FROM cel") == ['1|Sale|2027-01-15 08:00:00.25|Sale|7||3|{"extra":"three"}']


async def test_what_the_operator_can_mend_makes_records_wait(server: tuple[Path, Ask]) -> None:
    folder, ask = server
    writing = backend(folder, "later")
    with pytest.raises(OSError, match="later"):
        await writing.write([RECORD])
    ask("CREATE TABLE later (dst text)")
    await writing.write([RECORD])
    ask("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'asterisk'")
    with pytest.raises(OSError):
        await writing.write([RECORD])
    await writing.write([RECORD])
    await writing.close()
    assert ask("SELECT dst FROM later") == ["100", "100"]
    with pytest.raises(OSError):
        await backend(folder / "elsewhere").write([RECORD])


async def test_a_value_that_does_not_fit_costs_its_record_alone(server: tuple[Path, Ask]) -> None:
    folder, ask = server
    ask("CREATE TABLE narrow (dst varchar(3))")
    outlet: Outlet[CallRecord] = Outlet(backend(folder, "narrow"), Log())
    outlet.put([RECORD, replace(RECORD, dst="2000"), RECORD])
    await outlet.close()
    assert ask("SELECT dst FROM narrow") == ["100", "100"]
    assert outlet.lost == 1
