"""Commands about realtime and func_odbc, printed as Asterisk 22 prints them."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from asterism.runtime.settings import DirectorySettings
from asterism.runtime.testing import TestRuntime

from tests.functions.test_stored import configure
from tests.runtime.commands.test_database_commands import conversation

ODBC = """
> odbc read ODBC_NAME 1
SELECT name FROM people WHERE id='1'
> odbc read ODBC_NAME 1 exec
name                  Alice
Returned 1 row.  Query executed on handle 0 [kunden]
> odbc read ODBC_NAME 9 exec
Returned 0 rows.  Query executed on handle 0:kunden [SELECT name FROM people WHERE id='9']
> odbc read ODBC_ALL x exec
id                    1
name                  Alice
----------            ----------
id                    2
name                  Bob, O'Brien
----------            ----------
id                    3
name                  |
----------            ----------
id                    4
name                  Zoë
Returned 4 rows.  Query executed on handle 0 [kunden]
> odbc read ODBC_ROW 4 exec
id                    4
name                  Zoë
note                  back\\slash;semi
amount                1.0e+20
odd name              (nil)
Returned 1 row.  Query executed on handle 0 [kunden]
> odbc read ODBC_ROW nosuch exec
Failed to execute query. [SELECT * FROM people WHERE id=nosuch]
> odbc read RAW_SQL "UPDATE people SET note=note" exec
Returned 0 columns.  Query executed on handle 0:kunden [UPDATE people SET note=note]
> odbc read ODBC_WO 1 exec
The function ODBC_WO has no readsql parameter.
> odbc write ODBC_NAME 1 "x,y"
UPDATE people SET name='x', note='x,y' WHERE id='1'
> odbc write ODBC_NAME 1 "x'y" exec
Affected 1 rows.  Query executed on handle 0 [kunden]
> odbc write ODBC_NAME 99 "x,y" exec
Affected 0 rows.  Query executed on handle 0 [kunden]
> odbc write ODBC_ROW 1 2
The function ODBC_ROW has no writesql parameter.
> odbc write ODBC_BAD 1 2 exec
Affected 0 rows.  Query executed on handle 1 [kunden]
"""

REALTIME = """
> realtime load people id 1
                   Column Name  Column Value                  |
          --------------------  --------------------          |
                            id  1                             |
                          name  Alice                         |
                          note  a note                        |
                        amount  1.5                           |
                      odd name  x                             |
> realtime load people id 99
No rows found matching search criteria.
> realtime load nofam id 99
No rows found matching search criteria.
> realtime update people id 1 note changed
Updated 1 RealTime record.
> realtime update people id 77 note changed
Updated 0 RealTime records.
> realtime update people id 77 nocol changed
Failed to update. Check the debug log for possible SQL related entries.
Command 'realtime update people id 77 nocol changed' failed.
> realtime update2 people id 1 name Alice NULL note new
Updated 1 RealTime record.
> realtime store people id 90 name "New one"
Stored RealTime record.
> realtime store people id 90 name "New one"
Failed to store record. Check the debug log for possible SQL related entries.
Command 'realtime store people id 90 name "New one"' failed.
> realtime destroy people id 90 name "New one"
Removed 1 RealTime record.
> realtime destroy kunden id 1
Removed 1 RealTime record.
"""


@pytest.fixture
async def stored(tmp_path: Path) -> AsyncIterator[TestRuntime]:
    configure(tmp_path)
    async with TestRuntime(tmp_path, directories=DirectorySettings(astdbdir=tmp_path / "db")) as rt:
        yield rt


@pytest.mark.parametrize("text", [ODBC, REALTIME], ids=["odbc", "realtime"])
async def test_printed_as_asterisk_prints(stored: TestRuntime, text: str) -> None:
    for command, printed in conversation(text):
        assert (await stored.commands.run(stored, command)).lines == printed, command


async def test_odbc_show(stored: TestRuntime) -> None:
    lines = (await stored.commands.run(stored, "odbc show")).lines
    assert lines[:6] == ["", "ODBC DSN Settings", "-----------------", "", "  Name:   kunden", "  DSN:    kunden"]
    assert (await stored.commands.run(stored, "odbc show nosuch")).lines == lines[:4]


async def test_completion(stored: TestRuntime) -> None:
    def words(line: str) -> list[str]:
        return [each.word for each in stored.commands.complete(stored, stored.nouns, line)]

    assert "people" in words("realtime load ")
    assert words("odbc read ODBC_NA") == ["ODBC_NAME"]
    assert words("odbc show ") == ["kunden"]


async def test_a_query_that_is_not_there(stored: TestRuntime) -> None:
    assert (await stored.commands.run(stored, "odbc read NOPE 1")).lines[0] == "No such query 'NOPE'"


async def test_families_that_are_bound(stored: TestRuntime) -> None:
    text = "\n".join((await stored.commands.run(stored, "realtime show families")).lines)
    assert "people" in text and "realtime.sqlite3" in text and "not available" in text


@pytest.mark.parametrize(
    "command", ["realtime load people", "realtime store people id", "realtime update2 people id 1 note new"]
)
async def test_usage(stored: TestRuntime, command: str) -> None:
    assert (await stored.commands.run(stored, command)).lines[0].startswith("Usage: realtime ")


async def test_sorcery(rt: TestRuntime) -> None:
    assert (await rt.commands.run(rt, "sorcery show settings")).lines == [
        "",
        "Sorcery global settings",
        "-----------------",
        "  Update->Create fallback in backends: disabled",
    ]
