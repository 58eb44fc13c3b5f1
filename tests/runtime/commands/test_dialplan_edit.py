"""Commands that change the dialplan in force; what they say is what a real Asterisk 22 says."""

from asterism.runtime.testing import TestRuntime

TEXT = """
[c]
exten => 1,1,NoOp(a)
 same => n,NoOp(b)
exten => 1/55,1,NoOp(c)
include => d
ignorepat => 9
[d]
exten => 2,1,NoOp()
"""


async def run(rt: TestRuntime, line: str) -> str:
    """Run a command."""
    return "\n".join((await rt.commands.run(rt, line)).lines)


SAID = [
    ("add extension 5,1,NoOp(hi) into c", "Extension '5,1,NoOp(hi)' added into 'c' context"),
    ("add extension 5,1,NoOp(hi) into c", "!Extension 5@c with priority 1 already exists"),
    ("add extension 5,1,NoOp(ho) into c replace", "Extension 5@c (1) replace by '5,1,NoOp(ho)'"),
    (
        "add extension 6,1,NoOp,x into new",
        "Context 'new' did not exist prior to add extension - the context will be created.\n"
        "Extension '6,1,NoOp(x)' added into 'new' context",
    ),
    ("add extension 7,a,NoOp into c", "?'a' is not a valid priority\nUsage: dialplan add extension"),
    ("add extension 7,1 into c", "?Usage: dialplan add extension"),
    ("remove extension 1@c", "Whole extension 1@c removed"),
    ("remove extension 1/55@c", "!Failed to remove extension 1/55@c"),
    ("remove extension 5", "!Missing extension or context name in third argument '5'"),
    ("add include c into d", "Context 'c' included in 'd' context"),
    ("add include c into d", "!Context 'c' already included in 'd' context"),
    ("remove include d from c", "We are not including 'd' into 'c' now"),
    ("remove include d from c", "!Failed to remove 'd' include from 'c' context"),
    ("add ignorepat 8 into c", "Ignore pattern '8' added into 'c' context"),
    ("add ignorepat 8 into nosuch", "!Failed to add ignore pattern '8' into 'nosuch' context"),
    ("remove ignorepat 9 from c", "Ignore pattern '9' removed from 'c' context"),
    ("remove ignorepat 9 from nosuch", "!Failed to remove ignore pattern '9' from 'nosuch' context"),
    ("remove ignorepat 9 from c", "!There is no existence of '9' ignore pattern in 'c' context"),
    ("remove context d", "Removed context 'd'"),
    ("remove context d", "There is no such context as 'd'"),
]


async def test_what_is_said(rt: TestRuntime) -> None:
    rt.extensions(TEXT)
    for line, said in SAID:
        got = await run(rt, f"dialplan {line}")
        failed = f"\nCommand 'dialplan {line}' failed." in got
        assert (line, failed) == (line, said.startswith("!"))
        assert got.startswith(said[1:]) if said[0] in "!?" else got == said
    shown = await run(rt, "dialplan show c")
    assert "  '5' =>            1. NoOp(ho)                                   [pbx_config]" in shown
    assert "'1' =>" not in shown


async def test_a_call_comes_to_what_was_added(rt: TestRuntime) -> None:
    rt.extensions("[default]\nexten => 100,1,Hangup(17)\n")
    await run(rt, "dialplan add extension 100,1,Hangup(19) into default replace")
    call = await rt.phone("alice").call("100@default")
    await call.over()
    assert call.cause == 19


async def test_one_priority_goes(rt: TestRuntime) -> None:
    rt.extensions(TEXT)
    assert await run(rt, "dialplan remove extension 1@c 2") == "Extension 1@c with priority 2 removed"
    assert (await run(rt, "dialplan remove extension 1@c 2")).startswith("Failed to remove extension 1@c")


async def test_the_latest_variable_comes_first(rt: TestRuntime) -> None:
    rt.extensions("[default]\nexten => 1,1,Set(A=1)\n same => n,Set(B=2)\n same => n,Wait(60)\n")
    await rt.phone("alice").call("1@default")
    assert await run(rt, "dialplan show chanvar Loopback/alice-00000000") == "B=2\nA=1"
    # It lacks its channel; it does not show a context of that name.
    assert (await run(rt, "dialplan show chanvar")).startswith("Usage: dialplan show chanvar <channel>")


async def test_hints_and_includes_complete(rt: TestRuntime) -> None:
    rt.extensions("[c]\nexten => 1,hint,Custom:a\nexten => 2,1,NoOp()\ninclude => d,9:00-17:00,mon-fri,*,*\n[d]\n")
    assert [each.word for each in rt.commands.complete(rt, rt.nouns, "core show hint ")] == ["1"]
    line = "dialplan remove include "
    assert [each.word for each in rt.commands.complete(rt, rt.nouns, line)] == ["d,9:00-17:00,mon-fri,*,*"]
