"""CHANNEL and its kin, asked from where there is no channel."""

import pytest
from asterism.runtime.testing import TestRuntime


@pytest.mark.parametrize("text", ["CHANNEL(state)", "CALLERID(num)", "CONNECTEDLINE(num)"])
async def test_a_function_that_needs_a_channel_says_so(rt: TestRuntime, text: str) -> None:
    await rt.commands.run(rt, f"dialplan eval function {text}")
    said = [record.text for record in rt.records if "channel" in record.text]
    assert any("No channel was provided" in each for each in said)
    assert not any("Unbound" in record.text for record in rt.records)
