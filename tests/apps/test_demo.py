"""The sample PBX: its files are right, and its numbers do what its comments say."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from asterism.dialplan.reader import read
from asterism.runtime.drivers.pjsip.pjsip_conf import read_pjsip
from asterism.runtime.drivers.pjsip.sip_conf import read_sip
from asterism.runtime.log import Level
from asterism.runtime.settings import DirectorySettings, Options
from asterism.runtime.testing import TestRuntime

DEMO = Path(__file__).parents[2] / "contrib/configs/demo"
PROMPTS = [
    "demo-echotest",
    "demo-echodone",
    "goodbye",
    "hello-world",
    "demo-congrats",
    "vm-rec-busy",
    "vm-nobodyavail",
    "vm-isunavail",
    "all-circuits-busy-now",
    "invalid",
]


@pytest_asyncio.fixture
async def demo(tmp_path: Path) -> AsyncIterator[TestRuntime]:
    """The sample PBX without its SIP phones; it has all the prompts that Debian's package has."""
    folder = tmp_path / "sounds/en"
    folder.mkdir(parents=True)
    for name in PROMPTS:
        (folder / f"{name}.gsm").write_bytes(b"\0" * 1650)
    directories = DirectorySettings(astetcdir=DEMO, astdatadir=tmp_path, astdbdir=tmp_path, astrundir=tmp_path)
    async with TestRuntime(DEMO, directories=directories, options=Options()) as rt:
        yield rt


async def test_it_loads_without_a_word(demo: TestRuntime) -> None:
    assert not demo.logged(Level.WARNING) and not demo.logged(Level.ERROR)


def test_its_phones_are_understood() -> None:
    complaints: list[object] = []
    sip = read_sip(read(DEMO / "sip.conf"), complaints.append)
    pjsip = read_pjsip(read(DEMO / "pjsip.conf"), complaints.append)
    assert not complaints
    assert (set(sip.endpoints), set(pjsip.endpoints)) == ({"6001", "6002"}, {"6003", "6004"})


def test_it_is_heard_on_this_machine_alone() -> None:
    sip = read_sip(read(DEMO / "sip.conf"), print)
    pjsip = read_pjsip(read(DEMO / "pjsip.conf"), print)
    assert {transport.host for transport in (*sip.transports, *pjsip.transports)} == {"127.0.0.1"}


async def test_600_is_an_echo(demo: TestRuntime) -> None:
    call = await demo.phone("6001").call("600@phones")
    await asyncio.sleep(3)
    call.say("hello")
    call.press("#")
    await call.over()
    assert call.sounds() == ["demo-echotest", "hello", "demo-echodone", "goodbye"]


@pytest.mark.parametrize(
    ("number", "sounds", "cause"),
    [
        ("601", ["hello-world", "demo-congrats"], 16),
        ("602", [], 17),
        ("603", ["vm-nobodyavail"], 19),
        ("6001", ["vm-isunavail"], 20),
        ("6004", ["vm-isunavail"], 20),
        ("610", ["vm-isunavail"], 20),
        ("12345", ["invalid"], 16),
    ],
)
async def test_what_a_number_leads_to(demo: TestRuntime, number: str, sounds: list[str], cause: int) -> None:
    call = await demo.phone("6002").call(f"{number}@phones")
    await call.over()
    assert (call.sounds(), call.cause) == (sounds, cause)


@pytest.mark.parametrize(
    ("status", "sounds", "cause"),
    [
        ("BUSY", ["vm-rec-busy"], 17),
        ("NOANSWER", ["vm-nobodyavail"], 19),
        ("CONGESTION", ["all-circuits-busy-now"], 34),
        ("CHANUNAVAIL", ["vm-isunavail"], 20),
    ],
)
async def test_what_a_caller_hears_when_nobody_talks(
    demo: TestRuntime, status: str, sounds: list[str], cause: int
) -> None:
    call = await demo.phone("6002").call(f"{status}@result")
    await call.over()
    assert (call.sounds(), call.cause) == (sounds, cause)
