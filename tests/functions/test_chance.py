"""Whatever a function is given, it answers a text or says what is wrong."""

import inspect

import pytest
from asterism.runtime.errors import ArgumentError
from asterism.runtime.testing import TestRuntime
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

PIECES = (
    *"a-,190.%sdY\\\"()[]${} é\n&|*+^x@:;~?=<>#/", "\udcff", "\x01", "UTC", "%q", "%99999d", "99999999999999999999",
    "NOPE", "CALLERID(num)", "LEN(", "inf", "nan", "0x", "../", "Custom:a", "CustomPresence:a", "a-b-c",
)  # fmt: skip
TEXTS = st.lists(st.sampled_from(PIECES), max_size=9).map("".join)
UNSAFE = {"SHELL", "FILE", "ENV", "LOCK"}
"""These touch the machine, or wait."""


async def test_no_text_makes_a_function_fail() -> None:
    async with TestRuntime(real_time=True) as rt:
        rt.extensions("[default]\nexten => s,1,Wait(60)\n")
        await rt.phone("alice").call("s@default")
        channel = next(iter(rt.channels.values()))
        names = sorted(set(rt.functions) - UNSAFE)

        @settings(deadline=None, max_examples=1500, suppress_health_check=list(HealthCheck))
        @given(st.sampled_from(names), TEXTS, TEXTS)
        def holds(name: str, argument: str, value: str) -> None:
            function = rt.functions[name]
            try:
                found = function.read(channel, argument)
                if inspect.iscoroutine(found):
                    found.close()
                else:
                    assert isinstance(found, str) and len(found) < 100_000
                if function.writers and not function.writes_async:
                    function.assign(channel, argument, value)
            except ArgumentError:
                pass

        holds()


@pytest.mark.parametrize("text", ["${EVAL(${X})}", "${EVAL_EXTEN(default,100,3)}"])
async def test_a_text_that_names_itself_ends(rt: TestRuntime, text: str) -> None:
    rt.extensions(
        "[default]\nexten => 100,1,Set(D=$)\n same => n,Set(X=${D}{EVAL(${D}{X})})\n"
        f" same => n,NoOp({text})\n same => n,Set(GLOBAL(after)=1)\n"
    )
    await (await rt.phone("alice").call("100@default")).over()
    assert rt.variables["after"] == "1"
