"""A number that a realtime table does not have is not found; one that it has is called."""

import sqlite3
from typing import Any

import pytest

from tests.sip.conftest import SERVER, until
from tests.sip.wire import SDP

pytestmark = [pytest.mark.sip, pytest.mark.timeout(60)]

SQL = """
CREATE TABLE extensions (id INTEGER PRIMARY KEY, context TEXT, exten TEXT, priority INTEGER, app TEXT, appdata TEXT);
INSERT INTO extensions (context, exten, priority, app, appdata) VALUES
    ('office', '100', 1, 'Answer', ''), ('office', '100', 2, 'Wait', '5'), ('office', '_2XX', 1, 'Busy', '');
"""


async def test_a_number_of_a_table(served: Any, agent: Any, tmp_path: Any) -> None:
    connection = sqlite3.connect(tmp_path / "dialplan.sqlite")
    connection.executescript(SQL)
    connection.close()
    pbx = await served(
        sip=f"[general]\nudpbindaddr={SERVER}\n[6001]\ntype=friend\nhost=dynamic\nsecret=one\ncontext=office\n",
        extensions="[office]\nswitch => Realtime/@\n",
        extconfig="[settings]\nextensions => sqlite3,asterisk\n",
        res_config_sqlite3=f"[asterisk]\ndbfile => {tmp_path}/dialplan.sqlite\n",
    )
    await until(lambda: not pbx.runtime.extension_exists("office", "999"))

    async def invite(number: str) -> int:
        one = await agent("6001", "one")
        contact = f"Contact: <sip:6001@{one.address}:{one.port}>"
        code: int = (await one.ask("INVITE", f"sip:{number}@{SERVER}", contact, body=SDP)).code
        return code

    assert await invite("999") == 404
    assert await invite("234") == 486
    assert await invite("100") == 200
