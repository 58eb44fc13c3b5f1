"""Whole configuration files from a table: static realtime."""

import sqlite3
from pathlib import Path

import pytest
from asterism.runtime.log import Level
from asterism.runtime.settings import DirectorySettings
from asterism.runtime.testing import TestRuntime

ROWS = """
CREATE TABLE ast_config (
    id INTEGER PRIMARY KEY, cat_metric INTEGER, var_metric INTEGER, commented INTEGER, filename TEXT, category TEXT,
    var_name TEXT, var_val TEXT
);
INSERT INTO ast_config (cat_metric, var_metric, commented, filename, category, var_name, var_val) VALUES
    (2, 1, 0, 'extensions.conf', 'office', 'exten', '100,2,NoOp(second; ${OFFICE})'),
    (2, 0, 0, 'extensions.conf', 'office', 'exten', '100,1,NoOp(first)'),
    (2, 2, 1, 'extensions.conf', 'office', 'exten', '100,3,NoOp(commented)'),
    (1, 0, 0, 'extensions.conf', 'globals', 'OFFICE', 'Bonn'),
    (0, 0, 0, 'extensions.conf', 'general', 'autofallthrough', 'yes'),
    (3, 0, 0, 'extensions.conf', 'office', '#include', 'more.conf'),
    (4, 0, 0, 'extensions.conf', 'other', '#include', 'table.conf'),
    (0, 0, 0, 'table.conf', 'fromtable', 'exten', '300,1,NoOp(from table.conf)'),
    (0, 0, 0, 'musiconhold.conf', 'quiet', 'mode', 'files');
"""


def configure(folder: Path, engine: str = "sqlite3") -> None:
    connection = sqlite3.connect(folder / "config.sqlite3")
    connection.executescript(ROWS)
    connection.close()
    (folder / "res_config_sqlite3.conf").write_text("[asterisk]\ndbfile = config.sqlite3\n")
    (folder / "extconfig.conf").write_text(
        "[settings]\n"
        + "".join(f"{file} => {engine},asterisk,ast_config\n" for file in ("extensions.conf", "table.conf"))
        + f"musiconhold.conf => {engine},asterisk,ast_config\nlogger.conf => {engine},asterisk,ast_config\n"
        + "sipregs => sqlite3,asterisk\n"
    )
    (folder / "extensions.conf").write_text("[default]\nexten => 1,1,NoOp(from the disk)\n")
    (folder / "more.conf").write_text("[frommore]\nexten => 200,1,NoOp(from more.conf)\n")


async def said(rt: TestRuntime, place: str) -> list[str]:
    before = len(rt.executed())
    await (await rt.phone("alice").call(place)).over()
    return [line.partition(" ")[2] for line in rt.executed()[before:]]


@pytest.mark.parametrize("engine", ["sqlite3", "sqlite"])
async def test_a_dialplan_from_a_table(tmp_path: Path, engine: str) -> None:
    configure(tmp_path, engine)
    async with TestRuntime(tmp_path, directories=DirectorySettings(astdbdir=tmp_path / "db")) as rt:
        assert await said(rt, "100@office") == ["NoOp(first)", "NoOp(second; Bonn)"]
        assert await said(rt, "200@frommore") == ["NoOp(from more.conf)"]
        assert await said(rt, "300@fromtable") == ["NoOp(from table.conf)"]
        assert "default" not in rt.plan.contexts
        shown = (await rt.commands.run(rt, "dialplan show 100@office")).lines
        assert any("[extensions.conf:" in line for line in shown)
        assert rt.has_config("musiconhold.conf")
        assert any("logger.conf cannot be read from a database" in line for line in rt.logged(Level.WARNING))
        assert any(
            line.startswith("extconfig.conf:6: sipregs: only REALTIME()") for line in rt.logged(Level.WARNING)
        ), rt.logged(Level.WARNING)


async def test_a_reload_reads_the_table_again(tmp_path: Path) -> None:
    configure(tmp_path)
    async with TestRuntime(tmp_path, directories=DirectorySettings(astdbdir=tmp_path / "db")) as rt:
        connection = sqlite3.connect(tmp_path / "config.sqlite3")
        connection.execute("UPDATE ast_config SET var_val = '100,1,NoOp(changed)' WHERE var_val LIKE '%first%'")
        connection.commit()
        connection.close()
        assert (await said(rt, "100@office"))[0] == "NoOp(first)"
        await rt.reload("dialplan")
        assert (await said(rt, "100@office"))[0] == "NoOp(changed)"


async def test_what_cannot_be_read_stays_as_it_was(tmp_path: Path) -> None:
    configure(tmp_path)
    async with TestRuntime(tmp_path, directories=DirectorySettings(astdbdir=tmp_path / "db")) as rt:
        connection = sqlite3.connect(tmp_path / "config.sqlite3")
        connection.execute("ALTER TABLE ast_config RENAME TO away")
        connection.commit()
        connection.close()
        complaints = await rt.reload("dialplan")
        assert "extconfig.conf:2: extensions.conf cannot be read from its table" in complaints
        assert (await said(rt, "100@office"))[0] == "NoOp(first)"
        for file in ("extconfig.conf", "res_config_sqlite3.conf"):
            (tmp_path / file).write_text("[broken")
            assert any("no closing ']'" in line for line in await rt.reload("dialplan"))
            assert (await said(rt, "100@office"))[0] == "NoOp(first)"


async def test_a_function_reads_a_file_that_is_a_table(tmp_path: Path) -> None:
    configure(tmp_path)
    async with TestRuntime(tmp_path, directories=DirectorySettings(astdbdir=tmp_path / "db")) as rt:
        rt.extensions("[d]\nexten => 1,1,NoOp(${AST_CONFIG(extensions.conf,globals,OFFICE)})\n")
        assert await said(rt, "1@d") == ["NoOp(Bonn)"]
