"""A statement that never ends holds up the call that asked it, and nobody else; a hangup and the end cut it short."""

import asyncio
from pathlib import Path

from asterism.runtime.settings import DirectorySettings
from asterism.runtime.testing import TestRuntime

from tests.functions.test_stored import configure

ENDLESS = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c"
CONF = f"""
[ENDLESS]
dsn=kunden
readsql={ENDLESS}

[QUICK]
dsn=kunden
readsql=SELECT 'quick'
"""


async def test_an_endless_statement(tmp_path: Path) -> None:
    configure(tmp_path)
    (tmp_path / "func_odbc.conf").write_text(CONF)
    directories = DirectorySettings(astdbdir=tmp_path / "db")
    async with TestRuntime(tmp_path, directories=directories, real_time=True) as rt:
        rt.extensions(
            "[default]\nexten => 1,1,NoOp(${ODBC_ENDLESS()})\nexten => h,1,NoOp(h)\n"
            "exten => 2,1,NoOp(${ODBC_QUICK()})\nexten => 3,1,NoOp(${REALTIME_FIELD(people,id,1,name)})\n"
        )
        stuck = await rt.phone("alice").call("1@default")
        await asyncio.sleep(0.05)
        for number, said in (("2", "quick"), ("3", "Alice")):
            call = await rt.phone("bob").call(f"{number}@default")
            await call.over()
            assert f"{number}@default:1 NoOp({said})" in rt.executed()
        assert "h@default:1 NoOp(h)" in rt.executed()
        before = len(rt.executed())
        stuck.hangup()
        await stuck.over()
        assert rt.executed()[before:] == ["h@default:1 NoOp(h)"]
