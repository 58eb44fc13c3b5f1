"""Test a dialplan without phones and without waiting: `pytest contrib/examples/test_my_dialplan.py`.

Needs pytest and pytest-asyncio (`asyncio_mode = "auto"`).
"""

from asterism.runtime.events import DialEnd
from asterism.runtime.testing import TestRuntime
from asterism.runtime.testing.plugin import rt

__all__ = ["rt"]

DIALPLAN = """
[office]
exten => 100,1,Dial(Loopback/desk,20)
 same => n,GotoIf($["${DIALSTATUS}" = "BUSY"]?busy)
 same => n,Dial(Loopback/mobile,30)
 same => n,Hangup()
 same => n(busy),Playback(vm-theperson)
 same => n,Hangup()
"""


async def test_the_mobile_rings_when_nobody_is_at_the_desk(rt: TestRuntime) -> None:
    rt.extensions(DIALPLAN)
    rt.phone("mobile").answers(after_s=5)
    began = rt.now()

    call = await rt.phone("customer").call("100@office")
    await call.talking()

    assert round(rt.now() - began) == 25
    call.say("hello?")
    mobile = rt.phone("mobile").calls[0]
    assert mobile.sounds() == ["hello?"]

    mobile.hangup()
    await call.over()
    assert [end.dial_status for end in rt.heard_all(DialEnd)] == ["NOANSWER", "ANSWER"]


async def test_a_busy_desk_does_not_bother_the_mobile(rt: TestRuntime) -> None:
    rt.extensions(DIALPLAN)
    rt.phone("desk").refuses(17)

    call = await rt.phone("customer").call("100@office")
    await call.over()

    assert rt.phone("mobile").calls == []
    assert rt.executed()[-1] == "100@office:6 Hangup()"
