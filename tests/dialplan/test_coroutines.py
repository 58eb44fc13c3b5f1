"""Extensions in Python beside those of extensions.conf."""

import pytest
from asterism.runtime.channel import Channel
from asterism.runtime.testing import TestRuntime


async def called(rt: TestRuntime, place: str) -> dict[str, str]:
    call = await rt.phone("alice").call(place)
    await call.over()
    return dict(call.variables)


async def test_a_number_leads_to_a_coroutine_function(rt: TestRuntime) -> None:
    @rt.extension("_1XX@default")
    async def hello(chan: Channel) -> None:
        await chan.answer()
        chan.set("SAID", chan.exten)

    rt.extensions("[general]\n[default]\nexten => 150,1,Set(SAID=conf)\nexten => h,1,Set(H=1)\n")
    assert (await called(rt, "123@default"))["SAID"] == "123"
    assert (await called(rt, "150@default"))["SAID"] == "conf"
    assert (await called(rt, "123@default"))["H"] == "1"


async def test_it_stays_through_a_reload_and_may_send_the_call_on(rt: TestRuntime) -> None:
    @rt.extension("5@python")
    async def on(chan: Channel) -> None:
        chan.goto("after", "s", 1)

    text = "[general]\n[after]\nexten => s,1,Set(AFTER=1)\n[c]\nexten => s,1,Goto(python,5,1)\n"
    for _ in range(2):
        rt.extensions(text)
        assert (await called(rt, "s@c"))["AFTER"] == "1"
    lines = (await rt.commands.run(rt, "dialplan show python")).lines
    assert lines[0] == "[ Context 'python' created by 'python' ]"


async def test_what_goes_wrong_in_it_ends_the_call(rt: TestRuntime) -> None:
    @rt.extension("5@c")
    async def bad(chan: Channel) -> None:
        raise KeyError("boo")

    rt.extensions("[general]\n[c]\nexten => h,1,Set(H=1)\n")
    assert (await called(rt, "5@c"))["H"] == "1"
    assert any("boo" in record.text for record in rt.records)


def test_a_place_is_a_number_in_a_context(rt: TestRuntime) -> None:
    with pytest.raises(ValueError, match="exten@context"):
        rt.extension("100")
