"""What ends Asterisk 22's process costs a call of ours at most: one test for each that was met while recording."""

import pytest
from asterism.runtime.events import Newexten
from asterism.runtime.testing import TestRuntime


async def heard(rt: TestRuntime, text: str) -> list[str]:
    """Run a dialplan's extension `s` and return what each step was told."""
    rt.extensions(f"[general]\n[c]\nexten => s,1,Set(D=0123456789)\n{text}\n")
    call = await rt.phone("alice").call("s@c")
    await call.over()
    return [event.app_data for event in rt.heard_all(Newexten)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("${D:0:2147483648}", "0123456789"),
        ("${D:2147483648}", ""),
        ("${D:-2147483649:3}", "012"),
        ("${D:0:-2147483649}", ""),
        ("${SPRINTF()}", ""),
        ("${SPRINTF(}%1$s,a)}", "%1$s,a)}"),
    ],
)
async def test_values_that_no_int_holds(rt: TestRuntime, text: str, value: str) -> None:
    assert (await heard(rt, f" same => n,NoOp(<{text}>)\n same => n,NoOp(on)"))[1:] == [f"<{value}>", "on"]


async def test_contexts_that_are_switched_to_one_another(rt: TestRuntime) -> None:
    text = " same => n,Goto(a,5,1)\n[a]\nlswitch => Loopback/${EXTEN}@b\n[b]\nlswitch => Loopback/${EXTEN}@a"
    assert await heard(rt, text) == ["D=0123456789", "a,5,1"]


async def test_a_subroutine_that_is_not_there_on_the_called_side(rt: TestRuntime) -> None:
    text = " same => n,Dial(Loopback/bob,5,gU(sub))\n same => n,NoOp(on)"
    rt.phone("bob").answers(talks_s=1)
    assert (await heard(rt, text))[0] == "D=0123456789"
    assert not rt.channels
