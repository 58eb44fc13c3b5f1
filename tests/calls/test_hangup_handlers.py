"""Hangup handlers, as the manager tells of them."""

from asterism.runtime.hangup_handlers import HangupHandlerEvent
from asterism.runtime.manager.rendering import event_headers
from asterism.runtime.testing import TestRuntime


async def test_handlers_that_come_and_go_and_run(rt: TestRuntime) -> None:
    rt.extensions(
        "[default]\nexten => 1,1,Set(CHANNEL(hangup_handler_push)=hh,s,1(a,b))\n"
        " same => n,Set(CHANNEL(hangup_handler_push)=t,1)\n same => n,Set(CHANNEL(hangup_handler_pop)=)\n"
        "exten => 2,1,Set(CHANNEL(hangup_handler_push)=hh,s,1)\n same => n,Set(CHANNEL(hangup_handler_push)=hh,t,1)\n"
        " same => n,Set(CHANNEL(hangup_handler_wipe)=hh,u,1)\n"
        "[hh]\nexten => _[stu],1,NoOp(${ARG1})\n same => n,Return()\n"
    )
    for number, told in (
        ("1", ["Push hh,s,1(a,b)", "Push default,t,1", "Pop default,t,1", "Run hh,s,1(a,b)"]),
        ("2", ["Push hh,s,1", "Push hh,t,1", "Pop hh,t,1", "Pop hh,s,1", "Push hh,u,1", "Run hh,u,1"]),
    ):
        rt.published.clear()
        await (await rt.phone("anna").call(f"{number}@default")).over()
        events = rt.heard_all(HangupHandlerEvent)
        assert [f"{each.name.removeprefix('HangupHandler')} {each.handler}" for each in events] == told
        headers = event_headers(events[0], 0.0)
        assert headers[1] == ("Privilege", "dialplan,all") and headers[-1][0] == "Handler"
