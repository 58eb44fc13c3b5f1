"""Option strings: `gr(ring)L(60000:30000)`."""

import pytest
from asterism.runtime.arguments import split_options
from asterism.runtime.testing import TestRuntime


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("gr", [("g", None), ("r", None)]),
        ("r(ring)g", [("r", "ring"), ("g", None)]),
        ("f(x(y)z)g", [("f", "x(y)z"), ("g", None)]),
        ('f("a)b" <5>)', [("f", "a)b <5>")]),
        (r"f(a\)b)", [("f", "a)b")]),
        ('f(a"b)', [("f", 'a"b')]),
        (r'f("a\"b\n")', [("f", r'a"b\n')]),
        ("S()", [("S", "")]),
        ("()g", [("(", None), (")", None), ("g", None)]),
    ],
)
def test_letters_and_what_stands_in_parentheses(text: str, found: list[tuple[str, str | None]]) -> None:
    assert split_options(text) == (found, "")


@pytest.mark.parametrize("text", ["gr(", "gr(ring", "gr(a(b)", 'gr("a)b', "gr(a\\)"])
def test_what_never_closes_is_left_out_and_told(text: str) -> None:
    found, wrong = split_options(text)
    assert found == [("g", None)]
    assert wrong == f"Missing closing parenthesis for argument 'r' in string '{text[3:]}'"


async def ran(rt: TestRuntime, step: str) -> dict[str, str]:
    """Run one step; return the variables of the call."""
    rt.phone("bob").answers()
    rt.extensions(f"[default]\nexten => 1,1,{step}\n same => n,Set(WENT=on)\n")
    call = await rt.phone("alice").call("1@default")
    await call.over()
    assert any("Missing closing parenthesis" in record.text for record in rt.records)
    return call.variables


@pytest.mark.parametrize(
    "step", ["Dial(Loopback/bob,5,g(", "Dial(Loopback/bob,5,gr(ring", "RetryDial(x,1,1,Loopback/bob,5,g("]
)
async def test_dial_calls_nobody_when_an_option_never_closes(rt: TestRuntime, step: str) -> None:
    variables = await ran(rt, step)
    assert variables["DIALSTATUS"] == "INVALIDARGS" and "WENT" not in variables
    assert rt.phone("bob").calls == []


async def test_other_applications_do_with_the_options_before_it(rt: TestRuntime) -> None:
    assert (await ran(rt, "WaitExten(0.1,d("))["WENT"] == "on"


async def test_a_holding_bridge_is_not_entered(rt: TestRuntime) -> None:
    assert "WENT" not in await ran(rt, "BridgeWait(b,participant,S(1")
