"""Peers and endpoints from tables: rows of sippeers and of the families that sorcery.conf names, as sections."""

import sqlite3
from pathlib import Path

import pytest
from asterism.runtime.log import Level
from asterism.runtime.settings import DirectorySettings
from asterism.runtime.testing import TestRuntime

SQL = """
CREATE TABLE sippeers (id INTEGER PRIMARY KEY, name TEXT, ipaddr TEXT, port INTEGER, regseconds INTEGER, host TEXT,
    secret TEXT, context TEXT, type TEXT, mailbox TEXT, disallow TEXT, allow TEXT, fullcontact TEXT);
INSERT INTO sippeers (name, ipaddr, port, regseconds, host, secret, context, allow, disallow) VALUES
    ('6001', '192.0.2.9', 5071, 99, 'dynamic', 'one', 'office', 'ulaw', 'all'),
    ('trunk', NULL, 5080, 0, '192.0.2.1', '', 'in', NULL, NULL),
    (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
CREATE TABLE ps_endpoints (id TEXT, context TEXT, aors TEXT, auth TEXT, disallow TEXT, allow TEXT);
INSERT INTO ps_endpoints VALUES ('alice', 'office', 'alice', 'alice', 'all', 'ulaw');
CREATE TABLE ps_aors (id TEXT, max_contacts INTEGER);
INSERT INTO ps_aors VALUES ('alice', 2);
CREATE TABLE ps_auths (id TEXT, auth_type TEXT, username TEXT, password TEXT);
INSERT INTO ps_auths VALUES ('alice', 'userpass', 'alice', 'secret');
"""


def configure(folder: Path, old: bool = False) -> None:
    connection = sqlite3.connect(folder / "sip.sqlite")
    connection.executescript(SQL)
    connection.close()
    engine = "sqlite" if old else "sqlite3"
    name = "res_config_sqlite.conf" if old else "res_config_sqlite3.conf"
    (folder / name).write_text(f"[{'general' if old else 'asterisk'}]\ndbfile => sip.sqlite\n")
    families = ("sippeers", "sipregs", "ps_endpoints", "ps_aors", "ps_auths")
    lines = "".join(f"{family} => {engine},asterisk\n" for family in families)
    (folder / "extconfig.conf").write_text(f"[settings]\n{lines}")
    (folder / "sorcery.conf").write_text(
        "[res_pjsip]\nendpoint=realtime,ps_endpoints\naor=realtime,ps_aors\nauth=realtime,ps_auths\n"
        "auth=config,pjsip.conf,criteria=type=auth\n"
    )
    (folder / "sip.conf").write_text("[general]\ncontext=default\n[6000]\ntype=friend\nhost=dynamic\n")


@pytest.mark.parametrize("old", [False, True], ids=["sqlite3", "sqlite"])
async def test_rows_are_sections(tmp_path: Path, old: bool) -> None:
    configure(tmp_path, old)
    async with TestRuntime(tmp_path, directories=DirectorySettings(astdbdir=tmp_path / "db")) as rt:
        sip = rt.read_config("sip.conf")
        assert [section.name for section in sip] == ["general", "6000", "6001", "trunk"]
        peer, trunk = sip.sections[-2:]
        assert {line.key: line.value for line in peer.lines} == {
            "type": "friend", "host": "dynamic", "secret": "one", "context": "office", "disallow": "all",
            "allow": "ulaw",
        }  # fmt: skip
        assert peer.get("port") == "" and trunk.get("port") == "5080"
        assert rt.has_config("pjsip.conf")  # There is no such file.
        pjsip = rt.read_config("pjsip.conf")
        assert [(section.name, section.get("type")) for section in pjsip] == [
            ("alice", "endpoint"), ("alice", "aor"), ("alice", "auth"),
        ]  # fmt: skip
        assert not any("sippeers" in line for line in rt.logged(Level.WARNING))
        assert any("sipregs: only REALTIME()" in line for line in rt.logged(Level.WARNING))


async def test_a_reload_reads_them_again(tmp_path: Path) -> None:
    configure(tmp_path)
    async with TestRuntime(tmp_path, directories=DirectorySettings(astdbdir=tmp_path / "db")) as rt:
        connection = sqlite3.connect(tmp_path / "sip.sqlite")
        connection.execute("INSERT INTO sippeers (name, host) VALUES ('6002', 'dynamic')")
        connection.commit()
        connection.close()
        assert rt.read_config("sip.conf").section("6002") is None
        await rt.reload("dialplan")
        assert rt.read_config("sip.conf").section("6002") is not None
