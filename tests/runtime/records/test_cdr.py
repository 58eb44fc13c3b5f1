"""Call detail records: which come about, and what they say. What is expected was observed on Asterisk 22."""

import csv
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from asterism.runtime.causes import Cause
from asterism.runtime.log import Level
from asterism.runtime.record_events import Cdr
from asterism.runtime.records.record import CallRecord
from asterism.runtime.testing import TestRuntime

from tests.runtime.records.conftest import Start, called


class Kept:
    """A back end that keeps what it is given."""

    name = "kept"

    def __init__(self) -> None:
        self.records: list[CallRecord] = []

    async def write(self, records: Sequence[CallRecord]) -> None:
        """Keep them."""
        self.records += records

    async def close(self) -> None:
        """Nothing is open."""

    def rows(self) -> list[tuple[str, ...]]:
        """Who with whom, running what, and what became of it."""
        return [
            (_name(each.channel), _name(each.dstchannel), each.dst, each.lastapp, each.disposition.word)
            for each in self.records
        ]


def _name(channel: str) -> str:
    return channel.partition("/")[2].partition("-")[0] + channel.partition(";")[2]


@pytest.fixture
def kept(rt: TestRuntime) -> Kept:
    """All records of the test."""
    found = Kept()
    rt.cdr.register(found)
    return found


DIAL = "[default]\nexten => 100,1,Dial(Loopback/bob,30)\n same => n,NoOp(after)\n same => n,Hangup()\n"


async def test_a_call_is_one_record_with_both_parties(rt: TestRuntime, kept: Kept) -> None:
    rt.extensions(DIAL.replace("100,1,", "100,1,Set(CALLERID(all)=Alice <200>)\n same => n,"))
    rt.phone("bob").answers(after_s=3, talks_s=10)
    await called(rt)
    (record,) = kept.records
    assert (_name(record.channel), _name(record.dstchannel)) == ("alice", "bob")
    assert (record.dst, record.dcontext, record.src) == ("100", "default", "200")
    assert record.clid == '"Alice" <200>'
    assert (record.lastapp, record.lastdata) == ("Dial", "Loopback/bob,30")
    assert (record.duration, record.billsec, record.disposition.word) == (13, 10, "ANSWERED")


@pytest.mark.parametrize(
    ("cause", "word"),
    [
        (Cause.USER_BUSY, "BUSY"),
        (Cause.NORMAL_CIRCUIT_CONGESTION, "FAILED"),
        (Cause.NO_ROUTE_DESTINATION, "FAILED"),
        (Cause.NO_ANSWER, "NO ANSWER"),
    ],
)
async def test_a_dial_attempt_that_fails_is_a_record(rt: TestRuntime, kept: Kept, cause: Cause, word: str) -> None:
    rt.extensions(DIAL)
    rt.phone("bob").refuses(cause)
    await called(rt)
    assert kept.rows() == [("alice", "bob", "100", "Dial", word)]
    assert kept.records[0].billsec == 0


async def test_every_leg_that_rings_has_a_record(rt: TestRuntime, kept: Kept) -> None:
    rt.extensions("[default]\nexten => 100,1,Dial(Loopback/bob&Loopback/carol&Loopback/dave)\n")
    rt.phone("bob").answers(after_s=2, talks_s=1)
    rt.phone("dave").refuses(Cause.USER_BUSY)
    await called(rt)
    assert kept.rows() == [
        ("alice", "bob", "100", "Dial", "ANSWERED"),
        ("alice", "carol", "100", "Dial", "NO ANSWER"),
        ("alice", "dave", "100", "Dial", "BUSY"),
    ]


async def test_what_is_done_after_a_dial_has_a_record_of_its_own(rt: TestRuntime, kept: Kept) -> None:
    rt.extensions("[default]\nexten => 100,1,Answer()\n same => n,Dial(Loopback/bob,,g)\n same => n,Wait(2)\n")
    rt.phone("bob").answers(after_s=1, talks_s=1)
    await called(rt)
    assert kept.rows() == [("alice", "bob", "100", "Dial", "ANSWERED"), ("alice", "", "100", "Wait", "ANSWERED")]


async def test_nobody_is_told_of_unanswered_calls_to_nobody(rt: TestRuntime, kept: Kept) -> None:
    rt.extensions("[default]\nexten => 100,1,Wait(1)\n")
    await called(rt)
    assert kept.records == []


async def test_a_subroutine_is_no_destination(rt: TestRuntime, kept: Kept) -> None:
    rt.extensions(
        "[default]\nexten => 100,1,Gosub(sub,x,1)\n[sub]\nexten => x,1,Dial(Loopback/bob,,g)\n same => n,Return()\n"
    )
    rt.phone("bob").answers(talks_s=1)
    await called(rt)
    assert [(each.dst, each.dcontext) for each in kept.records] == [("100", "default")] * 2


async def test_h_reads_the_end_and_still_may_name_the_record(rt: TestRuntime, kept: Kept) -> None:
    rt.extensions(
        "[default]\nexten => 100,1,Dial(Loopback/bob)\n"
        "exten => h,1,Set(CDR(userfield)=from h)\n same => n,Verbose(1,${CDR(billsec)} ${CDR(disposition)})\n"
    )
    rt.phone("bob").answers(talks_s=4)
    await called(rt)
    assert [(each.userfield, each.lastapp) for each in kept.records] == [("from h", "Dial")]
    assert "4 ANSWERED" in rt.logged(Level.VERBOSE)


async def test_a_fork_goes_on_beside_the_first(rt: TestRuntime, kept: Kept) -> None:
    rt.extensions(
        "[default]\nexten => 100,1,Answer()\n same => n,Set(CDR(userfield)=one)\n same => n,Wait(1)\n"
        " same => n,ForkCDR(e)\n same => n,Set(CDR(userfield)=two)\n same => n,Wait(2)\n"
    )
    await called(rt)
    assert [(each.userfield, each.lastapp, each.billsec) for each in kept.records] == [
        ("one", "ForkCDR", 1),
        ("two", "Wait", 3),
    ]


async def test_a_record_begins_anew(rt: TestRuntime, kept: Kept) -> None:
    rt.extensions("[default]\nexten => 100,1,Answer()\n same => n,Wait(5)\n same => n,ResetCDR()\n same => n,Wait(1)\n")
    await called(rt)
    assert [each.duration for each in kept.records] == [1]


async def test_no_record_is_kept_where_none_is_wanted(rt: TestRuntime, kept: Kept) -> None:
    rt.extensions("[default]\nexten => 100,1,Set(CDR_PROP(disable)=1)\n same => n,Dial(Loopback/bob)\n")
    rt.phone("bob").answers(talks_s=1)
    await called(rt)
    assert kept.records == []


async def test_nothing_listens_while_nobody_asks(rt: TestRuntime) -> None:
    rt.extensions("[default]\nexten => _1X0,1,Wait(1)\n")
    await called(rt)
    assert not rt.cdr.listening
    rt.extensions("[default]\nexten => 100,1,Wait(1)\n same => n,Verbose(1,${CDR(dst)} ${CDR(duration)})\n")
    await called(rt)
    assert "100 1" in rt.logged(Level.VERBOSE)


# --- with a configuration folder --------------------------------------------------------------

EXTENSIONS = (
    "[default]\nexten => 100,1,Set(CHANNEL(accountcode)=sales)\n same => n,Set(CDR(userfield)=say \"x\")\n"
    " same => n,Answer()\n same => n,Wait(2)\n"
)  # fmt: skip


async def test_master_csv_is_to_the_letter(start: Start, tmp_path: Path) -> None:
    conf = "[csv]\nusegmtime=yes\nloguniqueid=yes\nloguserfield=yes\nnewcdrcolumns=yes\n"
    async with start(extensions=EXTENSIONS, cdr=conf) as rt:
        await called(rt)
    text = (tmp_path / "log/cdr-csv/Master.csv").read_text()
    assert text == (
        '"sales","","100","default",""""" <>","Loopback/alice-00000000","","Wait","2",'
        '"2027-01-15 08:00:00","2027-01-15 08:00:00","2027-01-15 08:00:02",2,2,"ANSWERED","DOCUMENTATION",'
        '"1800000000.0","say ""x""","","1800000000.0",0\n'
    )
    assert (tmp_path / "log/cdr-csv/sales.csv").read_text() == text
    assert next(csv.reader([text]))[17] == 'say "x"'


async def test_the_manager_is_told_of_records(start: Start) -> None:
    conf = "[general]\nenabled=yes\n[mappings]\ncolour => Colour\n"
    extensions = EXTENSIONS.replace("Answer", "Set(CDR(colour)=red)\n same => n,Answer")
    async with start(extensions=extensions, cdr_manager=conf) as rt:
        await called(rt)
    event = rt.heard(Cdr)
    assert (event.accountcode, event.destination, event.duration, event.more) == ("sales", "100", 2, {"Colour": "red"})


async def test_a_batch_is_written_when_full_and_at_the_end(start: Start, tmp_path: Path) -> None:
    master = tmp_path / "log/cdr-csv/Master.csv"
    conf = "[general]\nbatch=yes\nsize=2\n[csv]\n"
    async with start(extensions=EXTENSIONS, cdr=conf) as rt:
        for number in range(3):
            await (await rt.phone(f"alice{number}").call("100@default")).over()
        await rt.cdr.flush()
        assert len(master.read_text().splitlines()) == 2
        assert len(rt.cdr.batch.waiting) == 1
    assert len(master.read_text().splitlines()) == 3


async def test_a_wrong_line_names_its_place_and_the_rest_is_in_force(start: Start) -> None:
    async with start(extensions=EXTENSIONS, cdr="[general]\nunanswered=perhaps\ncongestion=yes\n") as rt:
        assert rt.cdr.rules.congestion and not rt.cdr.rules.unanswered
        assert any("cdr.conf:2" in text for text in rt.logged(Level.WARNING))
        (rt.directories.etc / "cdr.conf").write_text("[general\nunanswered=yes\n")
        assert await rt.reload("cdr")
        assert rt.cdr.rules.congestion
        (rt.directories.etc / "cdr.conf").write_text("[general]\nunanswered=yes\n")
        assert await rt.reload("cdr") == []
        assert rt.cdr.rules.unanswered


async def test_an_end_without_a_next_priority_is_no_record_of_its_own(rt: TestRuntime, kept: Kept) -> None:
    rt.cdr.rules = replace(rt.cdr.rules, unanswered=True)
    rt.extensions("[default]\nexten => 100,1,Dial(Loopback/bob)\n")
    rt.phone("bob").refuses(Cause.USER_BUSY)
    await called(rt)
    assert kept.rows() == [("alice", "bob", "100", "Dial", "BUSY")]


async def test_who_was_called_has_records_once_it_goes_its_own_way(rt: TestRuntime, kept: Kept) -> None:
    rt.extensions(
        "[default]\nexten => 100,1,Answer()\n same => n,Dial(Loopback/bob,,F(default^200^1))\n"
        "exten => 200,1,Wait(3)\n same => n,Hangup()\n"
    )
    rt.phone("bob").answers()
    call = await rt.phone("alice").call("100@default")
    await call.talking()
    call.hangup()
    await call.over()
    await rt.stop()
    await rt.cdr.flush()
    assert ("alice", "bob", "100", "Dial", "ANSWERED") in kept.rows()
    assert ("bob", "", "200", "Wait", "ANSWERED") in kept.rows()


async def test_what_is_set_before_a_called_phone_rings_is_not_the_attempts(rt: TestRuntime, kept: Kept) -> None:
    rt.extensions(
        "[default]\nexten => 100,1,Dial(Loopback/bob,,b(sub^s^1)B(sub^c^1))\n"
        "[sub]\nexten => s,1,Set(CDR(userfield)=callee)\n same => n,Return()\n"
        "exten => c,1,Set(CDR(userfield)=caller)\n same => n,Return()\n"
    )
    rt.phone("bob").refuses(Cause.USER_BUSY)
    await called(rt)
    rt.phone("bob").answers(talks_s=1)
    await called(rt)
    assert [each.userfield for each in kept.records] == ["caller", "caller;callee"]


async def test_a_dialplan_that_reads_records_has_them_from_the_first_call_on(rt: TestRuntime) -> None:
    rt.extensions("[default]\nexten => _1XX,1,Dial(Loopback/bob)\n same => n,Verbose(1,${CDR(disposition)})\n")
    rt.phone("bob").refuses(Cause.USER_BUSY)
    await called(rt)
    assert "BUSY" in rt.logged(Level.VERBOSE)


async def test_a_place_where_nothing_could_run_is_the_destination(rt: TestRuntime, kept: Kept) -> None:
    rt.extensions("[default]\nexten => 100,1,Answer()\n same => n,Goto(200,1)\nexten => 200,1,NoSuchThing()\n")
    await called(rt)
    assert kept.rows() == [("alice", "", "200", "Goto", "ANSWERED")]
