"""Subroutines that change what a phone is told of who is connected, and of who has sent the call on."""

import asyncio

import pytest
from asterism.runtime.driver import Identified, Party
from asterism.runtime.events import NewConnectedLine
from asterism.runtime.log import Level
from asterism.runtime.testing import Call, TestRuntime

SUBROUTINES = """\
[news]
exten => s,1,NoOp(${CONNECTEDLINE(num)} ${CALLERID(num)} ${ARG1} ${ARG2})
 same => n,Set(CONNECTEDLINE(num,i)=${ARG1}${CONNECTEDLINE(num):-4})
 same => n,Return()
[gone]
exten => s,1,Hangup(21)
[macro-news]
exten => s,1,Set(CONNECTEDLINE(num,i)=8${ARG1}${ARG2})
[sent]
exten => s,1,NoOp(${REDIRECTING(to-num)} ${REDIRECTING(from-num)} ${REDIRECTING(reason)} ${ARG1})
 same => n,Set(REDIRECTING(to-num,i)=9)
 same => n,Return()
"""
CONNECTED = """\
[default]
exten => 100,1,Set({set})
 same => n,Set(__CONNECTED_LINE_SEND_SUB_ARGS=45,4)
 same => n,Set(CONNECTED_LINE_CALLER_SEND_MACRO_ARGS=a,b)
 same => n,Dial({dial})
exten => 200,1,Set(CONNECTEDLINE(num,i)=5551212)
 same => n,Wait(1)
 same => n,Set(CONNECTEDLINE(num-pres)=allowed)
 same => n,Wait(1)
 same => n,Answer()
 same => n,Wait(1)
 same => n,Set(CONNECTEDLINE(num)=5551213)
 same => n,Wait(1)
exten => 300,1,Wait(60)
"""


async def connected(rt: TestRuntime, set_: str, dial: str = "Local/200@default") -> Call:
    rt.extensions(CONNECTED.format(set=set_, dial=dial) + SUBROUTINES)
    rt.phone("alice").number = "100"
    call = await rt.phone("alice").call("100@default")
    await call.over()
    return call


def heard(rt: TestRuntime) -> list[str]:
    """What the caller was told, each once."""
    told = [each.channel for each in rt.heard_all(NewConnectedLine)]
    return [each.connected_number for each in told if each.channel.startswith("Loopback/alice")]


async def test_the_phone_is_told_what_the_subroutine_made_of_it(rt: TestRuntime) -> None:
    call = await connected(rt, "__CONNECTED_LINE_SEND_SUB=news,s,1")
    assert [step for step in rt.executed() if step.startswith("s@news:1")] == [
        "s@news:1 NoOp(5551212 100 45 4)",
        "s@news:1 NoOp(5551213 100 45 4)",
    ]
    assert heard(rt) == ["5551212", "451212", "5551213", "451213"]
    assert call.connected.number == "451213"


async def test_a_global_variable_names_one_for_all(rt: TestRuntime) -> None:
    rt.set_global("CONNECTED_LINE_SEND_SUB", "news,s,1")
    call = await connected(rt, "A=1")
    assert call.connected.number == "451213"


async def test_of_several_the_news_is_told_when_one_answers(rt: TestRuntime) -> None:
    await connected(rt, "CONNECTED_LINE_SEND_SUB=news,s,1", "Local/200@default/n&Local/300@default/n")
    assert heard(rt)[:2] == ["5551212", "451212"]


async def test_option_i_keeps_news_away_until_they_talk(rt: TestRuntime) -> None:
    await connected(rt, "CONNECTED_LINE_SEND_SUB=news,s,1", "Local/200@default,,I")
    assert heard(rt) == ["5551213", "451213"]


@pytest.mark.parametrize("place", ["missing,s,1", "news"])
async def test_a_subroutine_that_is_not_there_changes_nothing(rt: TestRuntime, place: str) -> None:
    call = await connected(rt, f"CONNECTED_LINE_SEND_SUB={place}")
    assert call.connected.number == "5551213"
    assert any(place in line for line in rt.logged(Level.WARNING))


async def test_a_subroutine_may_end_the_call(rt: TestRuntime) -> None:
    call = await connected(rt, "CONNECTED_LINE_SEND_SUB=gone,s,1")
    assert call.cause == 21 and call.variables["DIALSTATUS"] == "CANCEL"
    assert not rt.channels


async def test_a_macro_does_the_same_as_up_to_asterisk_20(rt: TestRuntime) -> None:
    call = await connected(rt, "CONNECTED_LINE_CALLER_SEND_MACRO=news")
    assert call.connected.number == "8ab"


async def test_news_from_a_phone_go_the_same_way(rt: TestRuntime) -> None:
    rt.extensions(CONNECTED.format(set="CONNECTED_LINE_SEND_SUB=news,s,1", dial="Loopback/bob") + SUBROUTINES)
    bob = rt.phone("bob").answers()
    call = await rt.phone("alice").call("100@default")
    await call.talking()
    bob.calls[0].leg.tell(Identified(Party("2000")))
    await asyncio.sleep(1)
    bob.calls[0].hangup()
    await call.over()
    assert "s@news:1 NoOp(2000  45 4)" in rt.executed()


REDIRECTED = """\
[default]
exten => 100,1,Set(__REDIRECTING_SEND_SUB=sent,s,1)
 same => n,Set(__REDIRECTING_SEND_SUB_ARGS=45,4)
 same => n,Dial({dial})
exten => 200,1,Set(REDIRECTING(to-num,i)=2000)
 same => n,Set(REDIRECTING(from-num,i)=1000)
 same => n,Set(REDIRECTING(reason)=cfu)
 same => n,Wait(1)
 same => n,Answer()
 same => n,Wait(1)
 same => n,Set(REDIRECTING(to-num)=2002)
 same => n,Wait(1)
exten => 300,1,Wait(60)
"""


@pytest.mark.parametrize(
    ("dial", "told"),
    [
        ("Local/200@default", ["2000 1000 cfu 45", "2002 1000 cfu 45"]),
        ("Local/200@default,,I", ["2002 1000 cfu 45"]),
        ("Local/200@default/n&Local/300@default/n", ["2002 1000 cfu 45"]),
    ],
)
async def test_who_has_sent_the_call_on_is_told_by_a_subroutine_too(
    rt: TestRuntime, dial: str, told: list[str]
) -> None:
    rt.extensions(REDIRECTED.format(dial=dial) + SUBROUTINES)
    call = await rt.phone("alice").call("100@default")
    await call.over()
    steps = [step for step in rt.executed() if step.startswith("s@sent:1")]
    assert steps == [f"s@sent:1 NoOp({each})" for each in told]


async def test_a_phone_that_has_no_number_is_known_by_the_one_that_was_dialled(rt: TestRuntime) -> None:
    rt.extensions("[default]\nexten => 100,1,Dial(Loopback/bob)\n")
    rt.phone("bob").answers(talks_s=1)
    call = await rt.phone("alice").call("100@default")
    await call.over()
    assert call.connected.number == "100"
