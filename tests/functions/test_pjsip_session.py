"""Functions of PJSIP calls, on a channel that is none."""

import pytest
from asterism.runtime.log import Level
from asterism.runtime.testing import TestRuntime


@pytest.mark.parametrize(
    "name",
    ["PJSIP_DTMF_MODE()", "PJSIP_MEDIA_OFFER(audio)", "PJSIP_HEADER_PARAM(From,uri,x)", "PJSIP_RESPONSE_HEADERS()",
     "PJSIP_RESPONSE_HEADER(read,From)"],
)  # fmt: skip
async def test_another_channel_has_no_answer(rt: TestRuntime, name: str) -> None:
    rt.extensions(f"[default]\nexten => 1,1,NoOp([${{{name}}}])\n")
    await (await rt.phone("anna").call("1@default")).over()
    assert rt.executed() == ["1@default:1 NoOp([])"]
    (warning,) = rt.logged(Level.WARNING)
    assert warning.endswith(f"Cannot call {name.partition('(')[0]} on a non-PJSIP channel")
