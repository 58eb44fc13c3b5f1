"""CHANNEL and its kin, asked from where there is no channel; CALLERID with numbers that are none of its."""

import pytest
from asterism.functions.indirect import value_of_later
from asterism.runtime.log import Level
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


async def test_numbers_that_stand_for_nothing(rt: TestRuntime) -> None:
    rt.extensions(
        "[default]\nexten => 1,1,Set(CALLERID(name-charset)=3000000000)\n same => n,Set(CALLERID(ani2)=\u00b2)\n"
        " same => n,NoOp(${CALLERID(name-charset)} ${CALLERID(ani2)})\n"
    )
    await (await rt.phone("anna").call("1@default")).over()
    assert rt.executed()[-1].endswith("NoOp(not-known 0)")
    assert [line.partition("'")[2] for line in rt.logged(Level.ERROR)] == ["\u00b2' is no number: the old one stays."]
