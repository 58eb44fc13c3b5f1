"""Rows of databases beside what Asterisk 22 was seen to answer: realtime, func_odbc, and `switch => Realtime`.

The folder `stored` is the configuration that was used there; the databases are made of its SQL.
"""

import asyncio
import json
import shutil
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from asterism.runtime.log import Level
from asterism.runtime.settings import DirectorySettings
from asterism.runtime.testing import TestRuntime

from tests.functions.test_recorded import differences

FOLDER = Path(__file__).with_name("stored")


def cases(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (FOLDER / f"{name}.jsonl").read_text("utf-8").splitlines()]


def configure(folder: Path) -> Path:
    """Make a configuration folder with its databases."""
    for file in (*FOLDER.glob("*.conf"), *FOLDER.glob("*.ini")):
        shutil.copy(file, folder)
    for name in ("realtime", "odbc"):
        connection = sqlite3.connect(folder / f"{name}.sqlite3")
        connection.executescript((FOLDER / f"{name}.sql").read_text("utf-8"))
        connection.close()
    return folder


@pytest.fixture
async def stored(tmp_path: Path) -> AsyncIterator[TestRuntime]:
    """A runtime with realtime and func_odbc."""
    folder = configure(tmp_path)
    async with TestRuntime(folder, directories=DirectorySettings(astdbdir=tmp_path / "db")) as rt:
        yield rt


async def test_realtime_as_recorded(stored: TestRuntime) -> None:
    assert await differences(stored, cases("realtime")) == []


async def test_func_odbc_as_recorded(stored: TestRuntime) -> None:
    assert await differences(stored, cases("odbc")) == []


async def test_a_rowlimit_keeps_the_rows_behind_the_first(stored: TestRuntime) -> None:
    # Asterisk returns nothing instead of the first row.
    stored.extensions(
        "[default]\nexten => 1,1,NoOp(${ODBC_NORM()})\n same => n,NoOp(${ODBC_FETCH(ODBC_NORM)})\n"
        " same => n,NoOp(${ODBC_FETCH(ODBC_NORM)}${ODBC_FETCH_STATUS})\n"
    )
    await (await stored.phone("alice").call("1@default")).over()
    assert [line.partition(" ")[2] for line in stored.executed()] == [
        "NoOp(1,Alice)", "NoOp(2,Bob\\, O'Brien)", "NoOp(FAILURE)",
    ]  # fmt: skip


async def test_what_is_wrong_in_func_odbc_conf_names_its_line(stored: TestRuntime) -> None:
    said = stored.logged(Level.WARNING)
    assert "func_odbc.conf:74: [NODSN] has no dsn" in said
    assert "func_odbc.conf:77: [NOSQL] has neither readsql nor writesql" in said
    assert "ODBC_NODSN" not in stored.functions


async def test_a_reload_of_func_odbc_conf(stored: TestRuntime) -> None:
    assert stored.config_dir is not None
    file = stored.config_dir / "func_odbc.conf"
    kept = file.read_text()
    file.write_text("[BROKEN")
    await stored.reload("func_odbc")
    assert "ODBC_NAME" in stored.functions
    file.write_text("[LATER]\ndsn=kunden\nreadsql=SELECT 'later'\n")
    await stored.reload("func_odbc")
    assert "ODBC_NAME" not in stored.functions
    stored.extensions("[default]\nexten => 1,1,NoOp(${ODBC_LATER()})\n")
    await (await stored.phone("alice").call("1@default")).over()
    assert stored.executed() == ["1@default:1 NoOp(later)"]
    assert kept


@pytest.mark.parametrize("case", cases("switch"), ids=lambda case: case["id"])
async def test_a_realtime_switch_as_recorded(stored: TestRuntime, case: dict[str, Any]) -> None:
    stored.extensions(case["conf"])
    context = case["id"].replace("-", "") + "x"
    for number, trace in case["lookups"]:
        before = len(stored.executed())
        # What has no first priority is a jump that fails, as in the recording; so is what stands nowhere.
        stored.extensions(f"{case['conf']}\n[start]\nexten => s,1,Goto({context},{number},1)\n")
        await stored.originate("Local/s@start/n", application="Wait", app_data="1")
        while stored.channels:
            await asyncio.sleep(0.1)
        ran = [line for line in stored.executed()[before:] if "@start:" not in line and "Wait(" not in line]
        assert ran[: len(trace)] == trace, number


async def test_who_cannot_wait_knows_the_numbers_of_a_table_too(stored: TestRuntime) -> None:
    assert stored.config_dir is not None
    stored.extensions("[default]\nswitch => Realtime/rt@\n[plain]\nswitch => Realtime/rt@extensions/p\n")
    await asyncio.sleep(0.1)
    exists, may_match = stored.extension_exists, stored.extension_may_match
    assert exists("default", "100") and exists("default", "123") and not exists("default", "999")
    assert exists("default", "100", 3) and not exists("default", "100", 4)
    assert exists("plain", "100") and not exists("plain", "123")
    assert may_match("default", "10") and not may_match("default", "999") and not may_match("plain", "12")
    connection = sqlite3.connect(stored.config_dir / "realtime.sqlite3")
    connection.execute("INSERT INTO extensions (context, exten, priority, app) VALUES ('rt', '999', 1, 'NoOp')")
    connection.commit()
    connection.close()
    await asyncio.sleep(1.1)
    assert exists("default", "999")
    assert await stored.realtime.destroy("extensions", [("exten", "999")]) == 1
    await asyncio.sleep(1.1)
    assert not exists("default", "999")


async def test_a_table_that_is_too_big_is_asked(stored: TestRuntime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("asterism.runtime.realtime.ROWS_MAX", 5)
    stored.extensions("[default]\nswitch => Realtime/rt2@\nswitch => Realtime/rt@/p\n")
    await asyncio.sleep(1.1)
    await (await stored.phone("alice").call("100@default")).over()
    assert stored.executed()[-2:] == ["100@default:3 NoOp(A is 100,)", "h@default:1 NoOp(hangup in rt)"]


async def test_what_cannot_be_answered_is_said(stored: TestRuntime) -> None:
    stored.extensions(
        "[default]\nexten => 1,1,NoOp(<${REALTIME(people,name)}${REALTIME(noengine,id,1)}>)\n"
        " same => n,NoOp(<${REALTIME(people,nocol,nocol)}>)\n"
        " same => n,Set(REALTIME_STORE(people,name,note)=only)\n same => n,NoOp(${REALTIME_STORE(people)})\n"
    )
    await (await stored.phone("alice").call("1@default")).over()
    assert "1@default:1 NoOp(<>)" in stored.executed()
    said = "\n".join(stored.logged(Level.WARNING) + stored.logged(Level.ERROR))
    for wanted in (
        "REALTIME: a family, a column to match, and a value are needed",
        "the engine 'mysql' is not available",
        "no such column: nocol",
        "1 values were given for 2 columns",
        "REALTIME_STORE cannot be read",
    ):
        assert wanted in said
