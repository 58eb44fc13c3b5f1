"""Commands about the runtime: words that scripts look for, help, levels, stop."""

import asyncio

import pytest
from asterism.runtime.commands.core import span
from asterism.runtime.grammar import ASKER
from asterism.runtime.log import FOLLOW
from asterism.runtime.testing import TestRuntime


class Console:
    def __init__(self) -> None:
        self.verbose = 0
        self.muted = False
        self.hidden: set[str] = set()
        self.filter = ""


async def run(rt: TestRuntime, line: str) -> list[str]:
    return (await rt.commands.run(rt, line)).lines


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 seconds"),
        (1, "1 second"),
        (62, "1 minute, 2 seconds"),
        (3600, "1 hour"),
        (694_861, "1 week, 1 day, 1 hour, 1 minute, 1 second"),
    ],
)
def test_spans_are_told_in_words(seconds: int, text: str) -> None:
    assert span(seconds) == text


async def test_what_scripts_look_for(rt: TestRuntime) -> None:
    assert await run(rt, "core waitfullybooted") == ["Asterisk has fully booted."]
    assert (await run(rt, "core show version"))[0].startswith("Asterism 0.")
    await asyncio.sleep(63)
    assert (await run(rt, "core show uptime"))[0] == "System uptime: 1 minute, 3 seconds"
    assert (await run(rt, "core show uptime seconds"))[0] == "System uptime: 63"
    assert "  Default language:            en" in await run(rt, "core show settings")


async def test_verbosity_is_the_consoles_own(rt: TestRuntime) -> None:
    console = Console()
    token = ASKER.set(console)
    try:
        assert await run(rt, "core set verbose 5") == ["Console verbose was OFF and is now 5."]
        assert await run(rt, "core set verbose 5") == ["Console verbose is still 5."]
        assert await run(rt, "core set verbose atleast 3") == ["Console verbose is still 5."]
        assert await run(rt, "core set verbose off silent") == []
        assert console.verbose == 0
        assert (await run(rt, "core set verbose x"))[0].startswith("Usage: core set verbose")
        assert await run(rt, "logger mute") == ["Console is muted."]
        assert await run(rt, "logger mute") == ["Console is not muted anymore."]
    finally:
        ASKER.reset(token)
    assert not (await rt.commands.run(rt, "core set verbose 5")).ok


async def test_debug_is_everybodys(rt: TestRuntime) -> None:
    assert await run(rt, "core set debug 2") == ["Core debug was OFF and is now 2."]
    assert await run(rt, "core set debug atleast 1") == ["Core debug is still 2."]
    assert rt.log.debug_level == 2
    assert await run(rt, "core set debug off") == ["Core debug was 2 and is now OFF."]


async def test_every_command_has_help_and_completes(rt: TestRuntime) -> None:
    listed = await run(rt, "help")
    assert len(listed) == sum(not name.startswith("_") for name in rt.commands) + len(rt.commands.aliases)
    for entry in rt.commands.sorted():
        usage = await run(rt, f"core show help {' '.join(entry.head)}")
        assert usage[0].startswith(f"Usage: {' '.join(entry.head)}"), entry.head
        assert any(each.word for each in rt.commands.complete(rt, rt.nouns, entry.head[0][:2]))


async def test_application_and_function_help(rt: TestRuntime) -> None:
    shown = await run(rt, "core show application dial")
    assert shown[1] == "  -= Info about Application 'Dial' =- "
    for heading in ("[Synopsis]", "[Syntax]", "[Arguments]", "[Provided By]"):
        assert heading in shown
    assert any(line.startswith("    g: ") for line in shown)
    assert await run(rt, "core show application nosuch") == [
        "Your application(s) is (are) not registered",
        "Command 'core show application nosuch' failed.",
    ]
    listed = await run(rt, "core show applications like goto")
    assert listed[0] == "    -= Matching Asterisk Applications =-"
    assert any(line.startswith("                  Goto: ") for line in listed)
    described = await run(rt, "core show applications describing wait second")
    assert described[-1].endswith("Applications Matching =-")


async def test_modules_come_and_go(rt: TestRuntime) -> None:
    assert "Echo" in rt.applications
    assert await run(rt, "module unload asterism.apps.echo") == ["Unloaded asterism.apps.echo"]
    assert "Echo" not in rt.applications
    assert not (await rt.commands.run(rt, "module unload asterism.apps.echo")).ok
    assert await run(rt, "module load echo") == ["Loaded echo"]
    assert "Echo" in rt.applications
    assert not (await rt.commands.run(rt, "module load nosuch")).ok
    shown = await run(rt, "module show like app_echo")
    assert shown[-1] == "1 modules loaded"
    assert await run(rt, "module reload nosuch") == ["No such module 'nosuch'"]


async def test_the_database(rt: TestRuntime) -> None:
    assert await run(rt, 'database put fam key "a b"') == ["Updated database successfully"]
    assert await run(rt, "database get fam key") == ["Value: a b"]
    assert await run(rt, "database get fam other") == ["Database entry not found."]
    assert await run(rt, "database show fam") == [f"{'/fam/key':<50}: {'a b':<25}", "1 results found."]
    assert await run(rt, "database showkey key") == await run(rt, "database show fam key")
    assert await run(rt, "database del fam key") == ["Database entry removed."]
    assert await run(rt, "database del fam key") == ["Database entry could not be removed."]
    assert await run(rt, "database deltree fam") == ["Database entries do not exist."]


@pytest.mark.parametrize("word", ["now", "gracefully", "when convenient"])
async def test_stop_and_restart(rt: TestRuntime, word: str) -> None:
    assert await run(rt, f"core restart {word}") == []
    await asyncio.wait_for(rt.wait_closed(), 20)
    assert rt.restart_wanted


async def test_a_graceful_stop_can_be_taken_back(rt: TestRuntime) -> None:
    rt.extensions("[default]\nexten => 1,1,Answer()\n same => n,Wait(1000)\n")
    await rt.phone("alice").call("1@default")
    await asyncio.sleep(1)
    assert (await run(rt, "core stop gracefully"))[0].startswith("Waiting for inactivity to perform halt")
    await asyncio.sleep(1)
    assert rt.stopping == "gracefully"
    await run(rt, "core abort shutdown")
    await asyncio.sleep(1)
    assert rt.stopping == ""
    assert len(rt.channels) == 1


async def test_debug_of_a_part(rt: TestRuntime) -> None:
    seen: list[str] = []
    rt.log.attach(lambda record: seen.append(record.text), debug=FOLLOW)
    assert await run(rt, "core set debug 3 app_echo.so") == ["Core debug was 0 and has been set to 3 for 'app_echo'."]
    assert await run(rt, "core set debug atleast 2 app_echo.so") == ["Core debug is still 3 for 'app_echo'."]
    rt.log.debug(1, "of this test")
    exec_in("asterism.apps.echo", rt, 3)
    exec_in("asterism.apps.echo", rt, 4)
    exec_in("asterism.apps.dial", rt, 1)
    assert seen == ["asterism.apps.echo 3"]
    assert await run(rt, "core set debug 1") == ["Core debug was OFF and is now 1."]
    exec_in("asterism.apps.dial", rt, 1)
    assert await run(rt, "core set debug off app_echo.so") == ["Core debug was 3 and has been set to 0 for 'app_echo'."]
    exec_in("asterism.apps.echo", rt, 3)
    assert seen == ["asterism.apps.echo 3", "asterism.apps.dial 1"]


def exec_in(module: str, rt: TestRuntime, depth: int) -> None:
    """Write a debug line as a module would."""
    code = compile(f"log.debug({depth}, '{module} {depth}')", f"{module}.py", "exec")
    exec(code, {"__name__": module, "log": rt.log})


async def test_programs_ask_what_may_come_next(rt: TestRuntime) -> None:
    assert await run(rt, '_command matchesarray "core show cha" "cha"') == [
        "channel channel channels channeltype channeltypes _EOF_"
    ]
    assert await run(rt, '_command matchesarray "nothing " ""') == ["_EOF_"]
    assert await run(rt, "core show help _command") == ["No such command '_command'."]
    assert "_command" not in {each.word for each in rt.commands.complete(rt, rt.nouns, "")}


async def test_calls_may_be_told_with_the_time_in_seconds(rt: TestRuntime) -> None:
    await asyncio.sleep(63)
    assert (await run(rt, "core show calls uptime"))[-1] == "System uptime: 1 minute, 3 seconds"
    assert (await run(rt, "core show calls uptime seconds"))[-1] == "System uptime: 63"


async def test_help_lists_commands_by_the_words_before_their_values(rt: TestRuntime) -> None:
    listed = await run(rt, 'core show help "dialplan add"')
    assert [line.split(" -- ")[0].rstrip() for line in listed] == [
        "dialplan add extension", "dialplan add ignorepat", "dialplan add include",
    ]  # fmt: skip
    assert any(line.startswith("core show applications [like|describing] ") for line in await run(rt, "help core show"))
