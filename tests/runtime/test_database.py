"""The persistent store: Asterisk's file, writes that outlive the process, reads that never wait."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from asterism.runtime.database import Database, DatabaseError


async def test_what_is_put_is_read_back(tmp_path: Path) -> None:
    database = Database(tmp_path / "astdb.sqlite3")
    await database.open()
    await database.put("cidname", "123", "Alice")
    await database.put("cidname", "124", "Bob; DROP TABLE astdb")
    await database.put("cid", "name", "another family")
    assert await database.get("cidname", "123") == "Alice"
    assert await database.get("cidname", "999") is None
    assert await database.tree("cidname") == {"/cidname/123": "Alice", "/cidname/124": "Bob; DROP TABLE astdb"}
    assert await database.delete("cidname", "123")
    assert not await database.delete("cidname", "123")
    await database.put("cidname", "124", "Robert")
    await database.close()

    again = Database(tmp_path / "astdb.sqlite3")
    await again.open()
    assert await again.tree() == {"/cid/name": "another family", "/cidname/124": "Robert"}
    assert await again.delete_tree("cidname") == 1
    await again.close()
    rows = sqlite3.connect(tmp_path / "astdb.sqlite3").execute("SELECT key, value FROM astdb").fetchall()
    assert rows == [("/cid/name", "another family")]


async def test_a_file_that_asterisk_made(tmp_path: Path) -> None:
    path = tmp_path / "astdb.sqlite3"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE astdb (key VARCHAR(256), value VARCHAR(256), PRIMARY KEY (key))")
        connection.execute("INSERT INTO astdb VALUES ('/SIP/Registry/6001', '127.0.0.1:5060:3600:6001')")
    connection.close()
    database = Database(path)
    await database.open()
    assert await database.get("SIP/Registry", "6001") == "127.0.0.1:5060:3600:6001"
    await database.put("SIP/Registry", "6001", "x")
    await database.close()
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT value FROM astdb").fetchall() == [("x",)]
    connection.close()


async def test_a_name_in_another_encoding(tmp_path: Path) -> None:
    path = tmp_path / "astdb.sqlite3"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE astdb (key VARCHAR(256), value VARCHAR(256), PRIMARY KEY (key))")
        connection.execute("INSERT INTO astdb VALUES ('/cidname/1', CAST(x'5a6feb' AS TEXT))")
    connection.close()
    database = Database(path)
    await database.open()
    assert await database.get("cidname", "1") == "Zo\udceb"
    await asyncio.gather(database.put("cidname", "2", "Ren\udce9"), database.put("cidname", "3\udcff", "Ann"))
    await database.close()
    again = Database(path)
    await again.open()
    assert await again.tree("cidname") == {
        "/cidname/1": "Zo\udceb", "/cidname/2": "Ren\udce9", "/cidname/3\udcff": "Ann",
    }  # fmt: skip
    assert await again.delete("cidname", "3\udcff")
    await again.close()
    connection = sqlite3.connect(path)
    connection.text_factory = bytes
    assert connection.execute("SELECT value FROM astdb ORDER BY key").fetchall() == [(b"Zo\xeb",), (b"Ren\xe9",)]
    connection.close()


async def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "astdb.sqlite3"
    path.write_text("this is no database at all, but long enough to be looked at " * 20)
    with pytest.raises(DatabaseError, match=r"astdb\.sqlite3"):
        await Database(path).open()


async def test_many_writes_at_once(tmp_path: Path) -> None:
    database = Database(tmp_path / "astdb.sqlite3")
    await database.open()
    await asyncio.gather(*(database.put("f", str(number), "v") for number in range(500)))
    await database.close()
    connection = sqlite3.connect(tmp_path / "astdb.sqlite3")
    assert connection.execute("SELECT count(*) FROM astdb").fetchone() == (500,)
    connection.close()


async def test_what_another_program_writes_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOOK_S", "QUIET_S"):
        monkeypatch.setattr(f"asterism.runtime.database.{name}", 0.01)
    database = Database(tmp_path / "astdb.sqlite3")
    await database.open()
    await database.put("f", "ours", "1")
    with sqlite3.connect(tmp_path / "astdb.sqlite3") as other:
        other.execute("INSERT INTO astdb VALUES ('/f/theirs', '2')")
    other.close()
    while database.read("f", "theirs") is None:
        await asyncio.sleep(0.01)
    await database.put("f", "theirs", "3")
    with sqlite3.connect(tmp_path / "astdb.sqlite3") as other:
        assert dict(other.execute("SELECT key, value FROM astdb")) == {"/f/ours": "1", "/f/theirs": "3"}
        other.execute("DELETE FROM astdb WHERE key = '/f/ours'")
    other.close()
    while database.read("f", "ours") is not None:
        await asyncio.sleep(0.01)
    await database.close()


async def test_a_put_under_way_is_not_lost_to_another_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOOK_S", "QUIET_S"):
        monkeypatch.setattr(f"asterism.runtime.database.{name}", 0.001)
    database = Database(tmp_path / "astdb.sqlite3")
    await database.open()
    await database.put("f", "0", "0")
    other = sqlite3.connect(tmp_path / "astdb.sqlite3", isolation_level=None)
    for number in range(200):
        key = str(number)
        putting = asyncio.create_task(database.put("f", key, "v"))
        other.execute("INSERT OR REPLACE INTO astdb VALUES (?, 'w')", [f"/g/{number}"])
        await putting
        assert database.read("f", key) == "v"
    other.close()
    await database.close()


KILLED = """
import asyncio, sys
from pathlib import Path
from asterism.runtime.database import Database

async def main():
    database = Database(Path(sys.argv[1]))
    await database.open()
    for number in range(10_000):
        await database.put("kept", str(number), "v")
        print(number, flush=True)

asyncio.run(main())
"""


def test_an_acknowledged_put_survives_kill_9(tmp_path: Path) -> None:
    path = tmp_path / "astdb.sqlite3"
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(path)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": "contrib/namespace"},
    )
    assert process.stdout is not None
    acknowledged = [process.stdout.readline().strip() for _ in range(50)]
    process.send_signal(signal.SIGKILL)
    acknowledged += process.stdout.read().split()
    process.stdout.close()
    process.wait()
    connection = sqlite3.connect(path)
    kept = {key for (key,) in connection.execute("SELECT key FROM astdb")}
    connection.close()
    assert len(acknowledged) >= 50
    assert {f"/kept/{number}" for number in acknowledged} <= kept


async def test_without_what_it_takes_to_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sqlite_utils", None)
    database = Database(tmp_path / "astdb.sqlite3")
    await database.open()
    for key in ("one", "two"):
        with pytest.raises(DatabaseError, match="cannot be written"):
            await database.put("f", key, "v")
    await database.close()
