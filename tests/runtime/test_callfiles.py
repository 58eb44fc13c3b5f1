"""Call files: what they say, when they are called, what becomes of them."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from asterism.runtime.callfiles import CallFiles, append, is_being_written, read
from asterism.runtime.events import Newchannel
from asterism.runtime.log import Level
from asterism.runtime.testing import TestRuntime
from hypothesis import given
from hypothesis import strategies as st

DIALPLAN = """[default]
exten => talk,1,Answer()
 same => n,Verbose(1,v=${v} name=${CALLERID(name)} account=${CHANNEL(accountcode)})
 same => n,Wait(5)
exten => busy,1,Busy()
exten => ring,1,Ringing()
 same => n,Wait(100)
exten => early,1,Progress()
 same => n,Wait(100)
exten => failed,1,Verbose(1,failed REASON=${REASON} v=${v} on ${CHANNEL} ${CHANNEL(accountcode)})
"""

ANSWERED = "Channel: Local/talk@default\nContext: default\nExtension: talk\n"
BUSY = "Channel: Local/busy@default\nContext: default\nExtension: talk\n"


class Spool:
    """A spool, and the runtime that looks into it."""

    def __init__(self, rt: TestRuntime, folder: Path) -> None:
        self.rt, self.folder, self.done = rt, folder / "outgoing", folder / "outgoing_done"

    def put(self, name: str, text: str, in_s: float = -1.0) -> Path:
        """Move a file in whose time has come, or comes later."""
        path = self.folder.parent / name
        path.write_text(text)
        when = self.rt.now() + in_s
        os.utime(path, (when, when))
        return path.rename(self.folder / name)

    def notes(self, path: Path) -> list[str]:
        """What was written below a file's text, without pid and time."""
        return [line.split(":")[0] for line in path.read_text().splitlines() if ": " in line][3:]


@pytest_asyncio.fixture(name="spool")
async def a_spool(tmp_path: Path) -> AsyncIterator[Spool]:
    (tmp_path / "asterisk.conf").write_text("[directories]\nastspooldir = spool\nastdbdir = .\n")
    (tmp_path / "extensions.conf").write_text(DIALPLAN)
    (tmp_path / "spool" / "outgoing").mkdir(parents=True)
    async with TestRuntime(tmp_path) as rt:
        yield Spool(rt, tmp_path / "spool")


def test_everything_it_may_say() -> None:
    file = read(
        Path("x"),
        "# a comment\nChannel: Local/a@b/n ; another\nCallerid: Joe <1>\nWaitTime: 5\nMaxRetries: 2\nRetryTime: 60\n"
        "Account: acme\nContext: c\nExtension: e\nPriority: 3\nApplication: Wait\nData: 1\\;2 #no\n\nSet: a=1=2\n"
        "Setvar: CDR(userfield,r)=x#y\nCodecs: ulaw\nEarly_Media: yes\nArchive: YES\nAlwaysDelete: no\n"
        "StartRetry: 12 1 (1795329273)\n\nEndRetry: 12 1 (1795329271)\nStartRetry: 12 2 (1)\nStatus: Expired\n",
    )
    assert not file.complaints
    assert (file.destination, file.callerid, file.wait_time_s, file.max_retries) == ("Local/a@b/n", "Joe <1>", 5, 2)
    assert (file.retry_time_s, file.account, file.context, file.exten, file.priority) == (60, "acme", "c", "e", 3)
    assert (file.application, file.data) == ("Wait", "1;2")
    assert file.variables == {"a": "1=2", "CDR(userfield,r)": "x#y"}
    assert (file.codecs, file.early_media, file.archive, file.always_delete) == ("ulaw", True, True, False)
    assert (file.tries, file.caller_pid) == (1, 12)


def test_what_is_wrong_is_told_with_its_line() -> None:
    file = read(
        Path("x"), "Channel: Local\nFoo: bar\nMaxRetries: x\nPriority: 0\nRetrytime: 0\nset: bad\njunk\nWaittime: 7s\n"
    )
    assert file.complaints == [
        "x:1: the channel should be technology/destination, not 'Local'",
        "x:2: unknown keyword 'foo'",
        "x:3: invalid max retries 'x'",
        "x:4: invalid priority '0'",
        "x:5: invalid retrytime '0'",
        "x:6: malformed 'set', should be 'set: variable=value'",
        "x:7: syntax error",
    ]
    assert file.wait_time_s == 7
    assert not file.is_complete


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    assert read(Path("x"), text).priority >= 1


async def test_a_call_is_made_and_the_file_goes(spool: Spool) -> None:
    path = spool.put("a", ANSWERED + 'Set: v=7\nAccount: acme\nCallerid: "Joe" <12>\n')
    await asyncio.sleep(3)
    assert path.exists(), "as long as the call is under way"
    assert "v=7 name=Joe account=acme" in spool.rt.logged(Level.VERBOSE)
    await asyncio.sleep(5)
    assert not path.exists() and not spool.done.exists()
    assert "Call completed to Local/talk@default" in spool.rt.logged(Level.NOTICE)


async def test_an_application_instead_of_an_extension(spool: Spool) -> None:
    spool.put("a", "Channel: Local/talk@default\nApplication: Verbose\nData: 1,I am run\nArchive: yes\n")
    await asyncio.sleep(8)
    assert "I am run" in spool.rt.logged(Level.VERBOSE)
    *_, note, status = (spool.done / "a").read_text().splitlines()
    assert note.startswith(f"StartRetry: {os.getpid()} 1 (")
    assert status == "Status: Completed"


async def test_it_waits_for_its_time(spool: Spool) -> None:
    path = spool.put("a", ANSWERED, in_s=100)
    await asyncio.sleep(90)
    assert path.exists() and not spool.rt.heard_all(Newchannel)
    await asyncio.sleep(20)
    assert not path.exists()


async def test_it_is_tried_again(spool: Spool) -> None:
    path = spool.put("a", BUSY + "MaxRetries: 2\nRetryTime: 60\nArchive: yes\nSet: v=8\nAccount: acme\n")
    await asyncio.sleep(30)
    assert spool.notes(path)[-2:] == ["StartRetry", "EndRetry"]
    await asyncio.sleep(60)
    assert [each for each in spool.notes(path) if "Retry" in each][1:] == ["StartRetry", "EndRetry"] * 2
    assert path.exists()
    await asyncio.sleep(60)
    text = (spool.done / "a").read_text()
    assert text.endswith("Status: Expired\n") and text.count("StartRetry") == 3
    failed = [line for line in spool.rt.logged(Level.VERBOSE) if line.startswith("failed")]
    assert failed == ["failed REASON=5 v=8 on OutgoingSpoolFailed acme"] * 3
    assert spool.rt.logged(Level.NOTICE)[-1] == (
        "Queued call to Local/busy@default expired without completion after 2 attempts"
    )


async def test_nobody_answers_in_time(spool: Spool) -> None:
    spool.put("a", "Channel: Local/ring@default\nExtension: talk\nWaitTime: 4\n")
    await asyncio.sleep(10)
    assert "Call failed to go through, reason (3) Remote end Ringing" in spool.rt.logged(Level.NOTICE)
    assert not list(spool.folder.iterdir())


async def test_early_media_is_as_good_as_an_answer(spool: Spool) -> None:
    text = "Channel: Local/early@default\nApplication: Verbose\nData: 1,heard early\nWaitTime: 4\n"
    spool.put("a", text + "Early_Media: yes\n")
    await asyncio.sleep(10)
    assert "heard early" in spool.rt.logged(Level.VERBOSE)
    spool.rt.records.clear()
    spool.put("b", text)
    await asyncio.sleep(10)
    assert "heard early" not in spool.rt.logged(Level.VERBOSE)


async def test_a_file_that_was_put_off_again_stays(spool: Spool) -> None:
    path = spool.put("a", ANSWERED + "AlwaysDelete: no\n")
    await asyncio.sleep(2)
    later = spool.rt.now() + 1000
    os.utime(path, (later, later))
    await asyncio.sleep(20)
    assert path.exists()
    assert "Call completed to Local/talk@default" in spool.rt.logged(Level.NOTICE)


async def test_a_broken_file_costs_nothing_else(spool: Spool) -> None:
    spool.put("a", "Channel: Local/talk\nNosuch: \x1b[31m\n")
    spool.put("b", ANSWERED)
    await asyncio.sleep(20)
    assert not list(spool.folder.iterdir())
    warnings = spool.rt.logged(Level.WARNING)
    assert f"{spool.folder}/a:2: unknown keyword 'nosuch'" in warnings
    assert f"{spool.folder}/a: a channel, and an application or an extension, must be given; the file is not used" in (
        warnings
    )
    assert "Call completed to Local/talk@default" in spool.rt.logged(Level.NOTICE)


async def test_a_file_is_left_alone_while_it_is_written(spool: Spool) -> None:
    path = spool.folder / "a"
    with path.open("w") as file:
        file.write("Channel: Local/ta")
        file.flush()
        with path.open("rb") as other:
            if not is_being_written(other.fileno()):
                pytest.skip("no leases on this file system")
        await asyncio.sleep(10)
        file.write("lk@default\nExtension: talk\n")
    await asyncio.sleep(10)
    assert "Call completed to Local/talk@default" in spool.rt.logged(Level.NOTICE)


async def test_what_is_no_file_is_left_alone(spool: Spool) -> None:
    (spool.folder / "folder").mkdir()
    (spool.folder / "link").symlink_to("/etc/hostname")
    os.mkfifo(spool.folder / "pipe")
    await asyncio.sleep(5)
    assert len(list(spool.folder.iterdir())) == 3
    assert not spool.rt.logged(Level.WARNING)


async def test_an_attempt_that_a_restart_broke_off_counts(spool: Spool) -> None:
    spool.put("a", BUSY + "MaxRetries: 1\nArchive: yes\nStartRetry: 1 1 (1)\n")
    await asyncio.sleep(5)
    assert "AbortRetry" in (spool.folder / "a").read_text()
    await asyncio.sleep(400)
    assert (spool.done / "a").read_text().endswith("Status: Expired\n")
    assert (spool.done / "a").read_text().count("StartRetry") == 2


async def test_without_pbx_spool_nothing_is_called(tmp_path: Path) -> None:
    (tmp_path / "asterisk.conf").write_text("[directories]\nastspooldir = .\nastdbdir = .\n")
    (tmp_path / "modules.conf").write_text("[modules]\nnoload => pbx_spool.so\n")
    (tmp_path / "outgoing").mkdir()
    async with TestRuntime(tmp_path) as rt:
        assert not [each for each in rt.front_ends.values() if isinstance(each, CallFiles)]


async def test_a_file_that_is_taken_back_is_not_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "gone"
    with pytest.raises(FileNotFoundError):
        append(path, "EndRetry: 1 1 (0)", 0.0)
    assert not path.exists()
    (tmp_path / "elsewhere").write_text("mine")
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic"):
        append(path, "EndRetry: 1 1 (0)", 0.0)
