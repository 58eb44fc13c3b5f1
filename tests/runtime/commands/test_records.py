"""What the console tells of call detail records and channel events; the texts are Asterisk's."""

from asterism.runtime.log import Level
from asterism.runtime.testing import TestRuntime

from tests.runtime.records.conftest import Start, start

__all__ = ["start"]


async def say(rt: TestRuntime, text: str) -> str:
    """What a command answers."""
    return "\n".join((await rt.commands.run(rt, text)).lines)


async def test_status(start: Start) -> None:
    async with start(
        extensions="", cdr="[general]\nunanswered=yes\n[csv]\n", cdr_manager="[general]\nenabled=yes\n"
    ) as rt:
        assert (await say(rt, "cdr show status")).splitlines() == [
            "",
            "Call Detail Record (CDR) settings",
            "----------------------------------",
            "  Logging:                    Enabled",
            "  Mode:                       Simple",
            "  Log calls by default:       Yes",
            "  Log unanswered calls:       Yes",
            "  Log congestion:             No",
            "",
            "  Ignore bridging changes:    No",
            "",
            "  Ignore dial state changes:  No",
            "",
            "  Cancel disposition enabled: No",
            "",
            "* Registered Backends",
            "  -------------------",
            "    cdr_manager",
            "    csv",
        ]
        assert await say(rt, "cdr submit") == "Cannot submit CDR batch: batch mode not enabled."
        assert await say(rt, "cel show status") == "CEL Logging: Disabled"


async def test_a_batch_is_handed_over_at_once(start: Start) -> None:
    extensions = "[default]\nexten => 100,1,Answer()\n"
    async with start(cdr="[general]\nbatch=yes\nsize=5\n[csv]\n", extensions=extensions) as rt:
        await (await rt.phone("alice").call("100@default")).over()
        assert "  Current batch size:         1 record" in (await say(rt, "cdr show status")).splitlines()
        assert "Submitted CDRs" in await say(rt, "cdr submit")
        await rt.cdr.flush()
        assert (rt.directories.log / "cdr-csv/Master.csv").exists()


async def test_calls_under_way(rt: TestRuntime) -> None:
    await say(rt, "cdr show active")
    rt.extensions("[default]\nexten => 100,1,Dial(Loopback/bob)\n")
    rt.phone("bob").answers()
    assert await say(rt, "cdr set debug on") == "CDR debugging enabled"
    assert await say(rt, "cdr set debug on") == "CDR debugging is already enabled"
    call = await rt.phone("alice").call("100@default")
    await call.talking()
    lines = (await say(rt, "cdr show active")).splitlines()
    assert lines[1] == "Channels with Call Detail Record (CDR) Information"
    assert any(line.split()[:3] == ["Loopback/alice-00000000", "Loopback/bob-00000001", "Dial"] for line in lines)
    assert "Loopback/bob" in await say(rt, "cdr show active Loopback/alice-00000000")
    call.hangup()
    await call.over()
    assert any("CDR: Loopback/alice-00000000 dials" in text for text in rt.logged(Level.VERBOSE))
    assert await say(rt, "cdr set debug") == "CDR debugging disabled"


async def test_what_is_logged(start: Start) -> None:
    conf = "[general]\nenable=yes\nevents=CHAN_START,HANGUP\napps=dial,park\n[manager]\nenabled=yes\n"
    async with start(extensions="", cel=conf) as rt:
        assert (await say(rt, "cel show status")).splitlines() == [
            "CEL Logging: Enabled",
            "CEL Tracking Event: CHAN_START",
            "CEL Tracking Event: HANGUP",
            "CEL Tracking Application: dial",
            "CEL Tracking Application: park",
            "CEL Event Subscriber: Manager Event Logging",
        ]
