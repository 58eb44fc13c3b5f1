"""AsyncAGI by way of the manager, who may do what with it, and the console's commands."""

import asyncio
from urllib.parse import unquote

import pytest
from asterism.runtime.agi.events import AGIExecEnd, AGIExecStart, AsyncAGIEnd, AsyncAGIExec, AsyncAGIStart
from asterism.runtime.errors import AsterismError
from asterism.runtime.manager.rendering import event_headers, privilege
from asterism.runtime.request import CLIENT, Nobody, Request
from asterism.runtime.testing import Call, TestRuntime

PLAN = """
[default]
exten => 1,1,Answer()
 same => n,AGI(agi:async)
 same => n,Set(AFTER=${AGISTATUS})
 same => n,Hangup()
exten => h,1,Set(IN_H=${AGISTATUS})
"""


class Operator(Nobody):
    """A client who may use AGI and nothing else."""

    rights = frozenset(("agi",))


async def waiting(rt: TestRuntime) -> tuple[Call, str]:
    """Return a call that waits for commands, and its channel's name."""
    rt.extensions(PLAN)
    call = await rt.phone("alice").call("1@default")
    await call.until("up")
    await asyncio.sleep(1)
    return call, rt.heard(AsyncAGIStart).channel.channel


def ask(rt: TestRuntime, **headers: str) -> str:
    """Ask the action AGI; what it says."""
    try:
        response = rt.actions["AGI"].body(rt, Request(list(headers.items())))
    except AsterismError as error:
        return f"Error: {error}"
    return f"{response.status}: {response.message}"


async def test_commands_and_their_answers(rt: TestRuntime) -> None:
    call, name = await waiting(rt)
    block = unquote(rt.heard(AsyncAGIStart).env)
    assert block.startswith(f"agi_request: async\nagi_channel: {name}\n") and block.endswith("\n\n")
    assert "%3A%20" in rt.heard(AsyncAGIStart).env
    assert (
        ask(rt, Channel=name, Command='SET VARIABLE A "b c"', CommandID="one") == "Success: Added AGI command to queue"
    )
    ask(rt, Channel=name, Command="GET VARIABLE A")
    ask(rt, Channel=name, Command="NONSENSE")
    await asyncio.sleep(1)
    answers = [(event.command_id, unquote(event.result)) for event in rt.heard_all(AsyncAGIExec)]
    assert answers == [
        ("one", "200 result=1\n"), (None, "200 result=1 (b c)\n"), (None, "510 Invalid or unknown command\n")
    ]  # fmt: skip
    headers = dict(event_headers(rt.heard_all(AsyncAGIExec)[0], 0.0))
    assert headers["CommandID"] == "one" and headers["Privilege"] == "agi,all"
    assert "CommandID" not in dict(event_headers(rt.heard(AsyncAGIExec), 0.0))
    assert [event.command for event in rt.heard_all(AGIExecStart)][:1] == ['SET VARIABLE A "b c"']
    end = rt.heard(AGIExecEnd)
    assert (end.result_code, end.result) == (510, "Invalid or unknown command")
    ask(rt, Channel=name, Command="ASYNCAGI BREAK")
    await call.over()
    assert call.variables["AFTER"] == "SUCCESS"
    assert rt.heard(AsyncAGIEnd).channel.channel == name and privilege(AsyncAGIEnd) == "agi"


async def test_a_break_waits_for_what_plays(rt: TestRuntime) -> None:
    call, name = await waiting(rt)
    ask(rt, Channel=name, Command="EXEC Wait 20")
    ask(rt, Channel=name, Command="ASYNCAGI BREAK")
    await asyncio.sleep(10)
    assert call.state == "up"
    await call.over()
    assert call.variables["AFTER"] == "SUCCESS"


async def test_a_hangup_ends_it(rt: TestRuntime) -> None:
    call, name = await waiting(rt)
    ask(rt, Channel=name, Command="WAIT FOR DIGIT -1")
    await asyncio.sleep(1)
    call.hangup()
    await asyncio.sleep(1)
    assert not rt.channels
    assert call.variables["IN_H"] == "HANGUP" and rt.heard(AsyncAGIEnd)
    assert unquote(rt.heard(AsyncAGIExec).result) == "200 result=-1\n"


async def test_what_is_refused(rt: TestRuntime) -> None:
    call, name = await waiting(rt)
    assert ask(rt) == "Error: Both, Channel and Command are *required*"
    assert ask(rt, Channel="nosuch", Command="NOOP") == "Error: Channel nosuch does not exist."
    token = CLIENT.set(Operator())
    try:
        for command in (
            "EXEC System ls", "exec trysystem ls", 'EXEC Set "A=${SHELL(ls)}"', "GET VARIABLE SHELL(ls)",
            "EXEC Exec System(ls)",
            "RECORD FILE /etc/x wav # 1000", "GET FULL VARIABLE ${FILE(/etc/passwd)}", "EXEC MixMonitor /etc/x.wav",
        ):  # fmt: skip
            assert ask(rt, Channel=name, Command=command) == "Error: Permission denied", command
        assert ask(rt, Channel=name, Command="EXEC NoOp").startswith("Success")
    finally:
        CLIENT.reset(token)
    call.hangup()
    await call.over()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("agi show commands", "  Yes                   get variable   Read a variable or a function."),
        ("agi show commands topic get", "   No                     get option"),
        ("agi show commands topic get variable", "GET VARIABLE <variablename>"),
        ("agi show commands topic nosuch", "No such command 'nosuch'."),
        ("agi exec nosuch NOOP", "Channel nosuch does not exist."),
        ("agi set debug on", "AGI Debugging Enabled"),
        ("agi set debug off", "AGI Debugging Disabled"),
    ],
)
async def test_the_console(rt: TestRuntime, line: str, expected: str) -> None:
    assert expected in "\n".join((await rt.commands.run(rt, line)).lines)
