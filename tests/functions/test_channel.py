"""CHANNEL and its kin, asked from where there is no channel."""

import pytest
from asterism.functions.indirect import value_of_later
from asterism.runtime.testing import TestRuntime
from asterism.runtime.unbound import Unbound


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("CHANNEL(state)", "Down"),
        ("CHANNEL(language)", ""),
        ("CALLERID(num)", ""),
        ("CALLERID(pres)", "unavailable"),
        ("CONNECTEDLINE(num)", ""),
        ("REDIRECTING(from-num)", ""),
        ("SHARED(x)", ""),
        ("HANGUPCAUSE_KEYS()", ""),
    ],
)
async def test_without_a_channel_functions_speak_of_one_that_is_nobodys(rt: TestRuntime, text: str, value: str) -> None:
    assert await value_of_later(Unbound(rt), text) == value
    reply = await rt.commands.run(rt, f"dialplan eval function {text}")
    assert "Success" in "\n".join(reply.lines) and not [each for each in rt.records if "channel" in each.text]


async def test_a_function_that_needs_the_channel_itself_says_so(rt: TestRuntime) -> None:
    await rt.commands.run(rt, "dialplan eval function CHANNEL(peerip)")
    said = [record.text for record in rt.records if "channel" in record.text]
    assert said == ["CHANNEL: No channel was provided"]
