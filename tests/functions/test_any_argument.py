"""Functions about databases, servers, or URIs take any argument, or say what is wrong with it."""

import asyncio
import contextlib
import inspect
from pathlib import Path

import pytest
from asterism.runtime.errors import ArgumentError
from asterism.runtime.settings import DirectorySettings
from asterism.runtime.testing import TestRuntime
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.functions.test_stored import configure

NAMES = (
    "REALTIME", "REALTIME_FIELD", "REALTIME_HASH", "REALTIME_STORE", "REALTIME_DESTROY", "ODBC_NAME", "ODBC_ALL",
    "RAW_SQL", "ODBC_FETCH", "SQL_ESC", "SQL_ESC_BACKSLASHES", "CURLOPT", "VMCOUNT", "VM_INFO", "PJSIP_PARSE_URI",
    "PJSIP_PARSE_URI_FROM", "PJSIP_ENDPOINT", "PJSIP_CONTACT", "AST_SORCERY", "TESTTIME", "IFMODULE",
    "HASH", "DB", "DB_EXISTS", "DB_DELETE", "DB_KEYS", "DB_KEYCOUNT", "DIALPLAN_EXISTS", "VALID_EXTEN",
)  # fmt: skip
PIECES = st.sampled_from(
    ["people", "kunden", "id", "name", "1", "2", ",", ",", "'", '"', "`", "\\", ";", "--", "%", " LIKE", " >", "(", ")",
     "@", "/", "..", "\0", "\n", "é", "\udcff", "sip:", "<", ">", "=", "&", "useragent", "s", "INBOX", "SELECT 1"]
)  # fmt: skip
TEXTS = st.lists(PIECES, max_size=8).map("".join)


@pytest.mark.parametrize("writes", [False, True], ids=["read", "write"])
def test_nothing_is_raised(tmp_path: Path, writes: bool) -> None:
    configure(tmp_path)

    async def check() -> None:
        async with TestRuntime(tmp_path, directories=DirectorySettings(astdbdir=tmp_path / "db"), real_time=True) as rt:
            rt.extensions("[default]\nexten => 1,1,Wait(3600)\nexten => s,1,Return(x)\n")
            await rt.phone("alice").call("1@default")
            await asyncio.sleep(0)
            chan = next(iter(rt.channels.values()))

            @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
            @given(st.sampled_from(NAMES), TEXTS, TEXTS)
            def one(name: str, argument: str, value: str) -> None:
                texts.append((name, argument, value))

            texts: list[tuple[str, str, str]] = []
            one()
            for name, argument, value in texts:
                function = rt.find_function(name)
                assert function is not None, name
                with contextlib.suppress(ArgumentError):
                    if not writes:
                        answer = function.read(chan, argument)
                        assert isinstance(await answer if inspect.isawaitable(answer) else answer, str)
                    elif function.writers:
                        waiting = function.assign(chan, argument, value)
                        if waiting is not None:
                            await waiting
            assert chan.name in rt.channels

    asyncio.run(check())
