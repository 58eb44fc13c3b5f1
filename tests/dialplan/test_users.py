"""users.conf beside extensions.conf: the screens are a real Asterisk 22's, with SIP/ where chan_sip served it."""

from pathlib import Path

import pytest
from asterism.runtime.testing import TestRuntime

USERS = """[general]
hasvoicemail = yes
hassip = yes
[6000]
hasexten = yes
[6001]
hasiax = yes
hasvoicemail = no
[6002]
hassip = no
dahdichan = 1,3-4
alternateexts = 7000,7001
[6003]
hasexten = no
"""


@pytest.mark.parametrize(("general", "context"), [("userscontext=users", "users"), ("", "default")])
async def test_users_have_extensions_and_hints(tmp_path: Path, general: str, context: str) -> None:
    (tmp_path / "extensions.conf").write_text(f"[general]\n{general}\n[{context}]\nexten => 6001,1,NoOp(mine)\n")
    (tmp_path / "users.conf").write_text(USERS)
    async with TestRuntime(tmp_path) as rt:
        lines = (await rt.commands.run(rt, f"dialplan show {context}")).lines
    assert [" ".join(line.split()) for line in lines[1:-2]] == [
        "'6000' => hint: SIP/6000 [pbx_config]",
        "1. Gosub(6000,stdexten(${HINT})) [pbx_config]",
        "'6001' => hint: SIP/6001&IAX2/6001 [pbx_config]",
        "1. NoOp(mine) [extensions.conf:4]",
        "'6002' => hint: DAHDI/1&DAHDI/3&DAHDI/4 [pbx_config]",
        "1. Gosub(6002,stdexten(${HINT})) [pbx_config]",
        "'7000' => 1. Goto(6002,1) [pbx_config]",
        "'7001' => 1. Goto(6002,1) [pbx_config]",
    ]


async def test_a_damaged_file_costs_only_its_users(tmp_path: Path) -> None:
    (tmp_path / "extensions.conf").write_text("[general]\n[default]\nexten => 1,1,NoOp()\n")
    (tmp_path / "users.conf").write_text("[6000\n")
    async with TestRuntime(tmp_path) as rt:
        assert "default" in rt.plan.contexts
        assert any("users.conf:1" in str(warning) for warning in rt.plan.warnings)
