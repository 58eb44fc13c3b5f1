"""Channel event logging: which events there are, and what they say. What is expected was observed on Asterisk 22."""

import json
from collections.abc import Sequence

import pytest
from asterism.runtime.log import Level
from asterism.runtime.manager.rendering import event_headers
from asterism.runtime.record_events import CEL
from asterism.runtime.records.cel_event import EVENTS, CelEvent, moment
from asterism.runtime.testing import TestRuntime

from tests.runtime.records.conftest import Start


class Kept:
    """A back end that keeps what it is given."""

    name = "kept"

    def __init__(self) -> None:
        self.events: list[CelEvent] = []

    async def write(self, records: Sequence[CelEvent]) -> None:
        """Keep them."""
        self.events += records

    async def close(self) -> None:
        """Nothing is open."""

    def of(self, phone: str) -> list[str]:
        """What happened to a phone's channel."""
        mine = [each for each in self.events if each.channel.startswith(f"Loopback/{phone}-")]
        return [f"{each.shown} {each.application}" if each.kind.startswith("APP") else each.shown for each in mine]


@pytest.fixture
def kept(rt: TestRuntime) -> Kept:
    """All events of the test."""
    found = Kept()
    rt.cel.register(found, events=frozenset(EVENTS))
    return found


async def test_a_call_from_beginning_to_end(rt: TestRuntime, kept: Kept) -> None:
    rt.extensions("[default]\nexten => 100,1,Answer()\n same => n,Dial(Loopback/bob)\n")
    rt.phone("bob").answers(after_s=1, talks_s=5)
    call = await rt.phone("alice").call("100@default")
    await call.over()
    await rt.cel.flush()
    assert kept.of("alice") == [
        "CHAN_START", "APP_START Answer", "ANSWER", "APP_END Answer", "APP_START Dial", "BRIDGE_ENTER",
        "BRIDGE_EXIT", "APP_END Dial", "HANGUP", "CHAN_END", "LINKEDID_END",
    ]  # fmt: skip
    assert kept.of("bob") == ["CHAN_START", "ANSWER", "BRIDGE_ENTER", "BRIDGE_EXIT", "HANGUP", "CHAN_END"]
    hung_up = next(each for each in kept.events if each.kind == "HANGUP" and "alice" in each.channel)
    assert hung_up.extra == '{"hangupcause":16,"hangupsource":"Loopback/bob-00000001","dialstatus":"ANSWER"}'
    entered = [each for each in kept.events if each.kind == "BRIDGE_ENTER"]
    assert [each.peer for each in entered] == ["", "Loopback/bob-00000001"]
    assert json.loads(entered[0].extra)["bridge_technology"] == "simple_bridge"
    assert {each.linkedid for each in kept.events} == {entered[1].uniqueid}


async def test_the_dialplan_has_events_of_its_own(rt: TestRuntime, kept: Kept) -> None:
    rt.extensions('[default]\nexten => 100,1,CELGenUserEvent(Sale,"three", apples)\n same => n,CELGenUserEvent()\n')
    await (await rt.phone("alice").call("100@default")).over()
    await rt.cel.flush()
    (event,) = (each for each in kept.events if each.kind == "USER_DEFINED")
    assert (event.shown, event.extra) == ("Sale", '{"extra":"\\"three\\", apples"}')


def test_times_are_written_as_asked() -> None:
    assert moment(1_800_000_000.25) == "1800000000.250000"
    assert moment(1_800_000_000.25, "%F %T.%3q", utc=True) == "2027-01-15 08:00:00.250"


EXTENSIONS = "[default]\nexten => 100,1,CELGenUserEvent(Sale)\n same => n,Wait(1)\n"


@pytest.mark.parametrize(("apart", "names"), [("yes", ["USER_DEFINED", "Sale"]), ("no", ["Sale", None])])
async def test_the_manager_is_told(start: Start, apart: str, names: list[str | None]) -> None:
    conf = f"[general]\nenable=yes\nevents=USER_DEFINED\n[manager]\nenabled=yes\nshow_user_defined={apart}\n"
    async with start(extensions=EXTENSIONS, cel=conf) as rt:
        await (await rt.phone("alice").call("100@default")).over()
        await rt.cel.flush()
        event = rt.heard(CEL)
        assert [event.event_name, event.user_def_type] == names
        headers = [name for name, _ in event_headers(event, rt.now())]
    expected = (
        "Event Privilege EventName AccountCode CallerIDnum CallerIDname CallerIDani CallerIDrdnis CallerIDdnid Exten "
        "Context Channel Application AppData EventTime AMAFlags UniqueID LinkedID Userfield Peer PeerAccount "
    )
    assert headers == (expected + ("UserDefType Extra" if apart == "yes" else "Extra")).split()


async def test_only_what_is_asked_for_is_logged(start: Start) -> None:
    conf = "[general]\nenable=yes\nevents=APP_START,CHAN_END,NOPE\napps=wait\n[manager]\nenabled=yes\n"
    async with start(extensions=EXTENSIONS, cel=conf) as rt:
        assert any("cel.conf:3" in text and "NOPE" in text for text in rt.logged(Level.WARNING))
        await (await rt.phone("alice").call("100@default")).over()
        await rt.cel.flush()
        heard = [(event.event_name, event.application) for event in rt.heard_all(CEL)]
    assert heard == [("APP_START", "Wait"), ("CHAN_END", "")]


async def test_without_cel_conf_nothing_is_logged(start: Start) -> None:
    async with start(extensions=EXTENSIONS) as rt:
        await (await rt.phone("alice").call("100@default")).over()
        assert not rt.heard_all(CEL)
