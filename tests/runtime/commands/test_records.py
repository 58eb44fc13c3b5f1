"""What the console tells of call detail records and channel events; the texts are Asterisk's."""

import asyncio

from asterism.runtime.log import Level
from asterism.runtime.records.record import moment
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
    await asyncio.sleep(65)
    head, *rows = (await say(rt, "cdr show active")).splitlines()[3:]
    assert head == f"{'Channel':25} {'Dst. Channel':25} {'LastApp':15} Start    Answer   End      Billsec  Duration"
    now = moment(rt.now())[11:]
    # Bob is told as the other side of alice's call, and has no line of his own.
    assert [row[:68] for row in rows] == [f"{'Loopback/alice-00000000':25} {'Loopback/bob-00000001':25} {'Dial':15} "]
    assert rows[0].endswith(f" {now} 00000065 00000065")
    caller = '"" <>'
    head, row = (await say(rt, "cdr show active Loopback/alice-00000000")).splitlines()[3:]
    assert head.startswith("AccountCod CallerID             Dst. Channel ")
    assert row.startswith(f"{'':10} {caller:20} {'Loopback/bob-00000001':25} {'Dial':15} {'Loopback/bob':15} ")
    assert await say(rt, "cdr show active Loopback/bob-00000009") == "Unknown channel: Loopback/bob-00000009"
    call.hangup()
    await call.over()
    assert any("CDR: Loopback/alice-00000000 dials" in text for text in rt.logged(Level.VERBOSE))
    assert await say(rt, "cdr set debug off") == "CDR debugging disabled"


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
