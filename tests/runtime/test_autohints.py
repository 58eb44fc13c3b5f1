"""`autohints = yes`: a hint for each device whose state changes."""

from asterism.runtime.events import DeviceStateChange
from asterism.runtime.testing import TestRuntime

TEXT = """[general]
[hints]
autohints = yes
exten => 300,hint,Custom:y
exten => _2XX,hint,Custom:x
exten => bob,1,NoOp()
[others]
"""


def hints(rt: TestRuntime) -> dict[str, str]:
    return {one.name: one.hint.application for one in rt.plan.contexts["hints"] if one.hint is not None}


def changes(rt: TestRuntime, *devices: str) -> None:
    for device in devices:
        rt.bus.publish(DeviceStateChange(device, "INUSE"))


async def test_a_device_has_a_hint_from_its_first_change_on(rt: TestRuntime) -> None:
    rt.extensions(TEXT)
    changes(rt, "Custom:alice", "SIP/bob", "Custom:alice", "nothing")
    assert hints(rt) == {"300": "Custom:y", "_2XX": "Custom:x", "alice": "Custom:alice", "bob": "SIP/bob"}
    assert not list(rt.plan.contexts["others"])


async def test_a_number_that_has_a_hint_keeps_it(rt: TestRuntime) -> None:
    rt.extensions(TEXT)
    changes(rt, "SIP/300", "SIP/200")
    assert hints(rt) == {"300": "Custom:y", "_2XX": "Custom:x"}


async def test_after_a_reload_they_come_again_with_the_next_change(rt: TestRuntime) -> None:
    rt.extensions(TEXT)
    changes(rt, "SIP/alice")
    rt.extensions(TEXT)
    assert "alice" not in hints(rt)
    changes(rt, "SIP/alice")
    assert "alice" in hints(rt)
    rt.extensions(TEXT.replace("autohints = yes\n", ""))
    changes(rt, "SIP/carol")
    assert hints(rt) == {"300": "Custom:y", "_2XX": "Custom:x"}


async def test_the_context_says_that_it_makes_hints(rt: TestRuntime) -> None:
    rt.extensions(TEXT)
    assert "Autohints support enabled" in (await rt.commands.run(rt, "dialplan show hints")).lines
