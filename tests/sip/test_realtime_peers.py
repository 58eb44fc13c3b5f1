"""A peer that stands in a table, and no file, registers and is called."""

import sqlite3
from typing import Any

import pytest

from tests.sip.conftest import NET, SERVER

pytestmark = [pytest.mark.sip, pytest.mark.timeout(60)]

SQL = """
CREATE TABLE sippeers (name TEXT, host TEXT, secret TEXT, context TEXT, allow TEXT, disallow TEXT, ipaddr TEXT);
INSERT INTO sippeers VALUES ('6001', 'dynamic', 'one', 'office', 'ulaw', 'all', '');
"""


async def test_a_peer_from_a_table_registers(served: Any, agent: Any, tmp_path: Any) -> None:
    connection = sqlite3.connect(tmp_path / "sip.sqlite")
    connection.executescript(SQL)
    connection.close()
    pbx = await served(
        sip=f"[general]\nudpbindaddr={SERVER}\n",
        extensions="[office]\nexten => 1,1,Answer()\n",
        extconfig="[settings]\nsippeers => sqlite3,asterisk\n",
        res_config_sqlite3=f"[asterisk]\ndbfile => {tmp_path}/sip.sqlite\n",
    )
    one = await agent("6001", "one")
    assert (await one.register()).code == 200
    assert (await (await agent("6001", "wrong")).register()).code == 403
    peer = pbx.runtime.driver("SIP").peer("6001")
    assert (peer.address, peer.context) == (f"{NET}.51", "office")
    connection = sqlite3.connect(tmp_path / "sip.sqlite")
    connection.execute("UPDATE sippeers SET secret = 'two'")
    connection.commit()
    connection.close()
    await pbx.runtime.reload("sip")
    assert (await (await agent("6001", "two")).register()).code == 200
