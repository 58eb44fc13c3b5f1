"""`asterism --check` knows what stands in databases, and says what is wrong with them."""

import sqlite3
from pathlib import Path

from asterism.runtime.console.check import findings

SQL = """
CREATE TABLE config (cat_metric INTEGER, var_metric INTEGER, commented INTEGER, filename TEXT, category TEXT,
    var_name TEXT, var_val TEXT);
INSERT INTO config VALUES (0, 0, 0, 'extensions.conf', 'office', 'exten', '1,1,NoOp(${ODBC_THERE()})');
INSERT INTO config VALUES (0, 1, 0, 'extensions.conf', 'office', 'exten', '1,2,Goto(nowhere,1,1)');
"""


def test_what_databases_hold_is_checked(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "config.sqlite3")
    connection.executescript(SQL)
    connection.close()
    (tmp_path / "res_config_sqlite3.conf").write_text("[asterisk]\ndbfile = config.sqlite3\n")
    (tmp_path / "res_odbc.conf").write_text(f"[there]\ndsn = {tmp_path}/config.sqlite3\n")
    (tmp_path / "func_odbc.conf").write_text("[THERE]\ndsn=there\nreadsql=SELECT 1\n[WRONG]\nreadsql=SELECT 1\n")
    (tmp_path / "extconfig.conf").write_text(
        "[settings]\nextensions.conf => sqlite3,asterisk,config\nqueues => mysql,asterisk\n"
    )
    found = findings(tmp_path)
    assert "func_odbc.conf:4: [WRONG] has no dsn" in found
    assert any(line.startswith("extconfig.conf:3: queues: the engine 'mysql' is not available") for line in found)
    assert any(line.startswith("extensions.conf:2: ") and "nowhere" in line for line in found)
    assert not any("ODBC_THERE" in line for line in found)
