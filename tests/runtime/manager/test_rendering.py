"""Events as the manager prints them, header by header."""

import gc
from dataclasses import dataclass, fields
from typing import Any

import pytest
from asterism.runtime import events, security
from asterism.runtime.events import BridgeSnapshot, ChannelSnapshot, Event
from asterism.runtime.manager.packets import Packet
from asterism.runtime.manager.rendering import event_headers, headers_of, kinds
from asterism.runtime.states import ChannelState

ANNA = ChannelSnapshot("SIP/6001-00000000", "1.0", "1.0", ChannelState.UP, "6001", "Anna", context="c", exten="1")


def made(kind: type[Event]) -> Event:
    """An event of a kind, with something in each of its fields."""
    values: dict[str, Any] = {}
    for each in fields(kind):
        hint = str(each.type)
        if "BridgeSnapshot" in hint:
            values[each.name] = BridgeSnapshot("b1", channels=("x",))
        elif "ChannelSnapshot" in hint:
            values[each.name] = ANNA
        elif hint.startswith("tuple"):
            values[each.name] = (("Key", "a\r\nb"),)
        elif "Mapping" in hint:
            values[each.name] = {"Key": "a\r\nb"}
        else:
            values[each.name] = 3 if hint.startswith(("int", "float")) else "text\r\nEvent: Forged"
    return kind(**values)


@pytest.mark.parametrize("kind", list(kinds()), ids=lambda kind: kind.__name__)
def test_every_kind_is_one_packet(kind: type[Event]) -> None:
    wire = Packet(event_headers(made(kind), 1_800_000_000.0)).encode().decode()
    assert wire.startswith(f"Event: {kind.__name__}\r\nPrivilege: ") and wire.endswith("\r\n\r\n")
    assert wire.count("\r\n\r\n") == 1 and "\r\nEvent: Forged" not in wire
    assert all(": " in line for line in wire.splitlines() if line)


def test_a_kind_is_told_once() -> None:
    @dataclass(frozen=True, slots=True)
    class Happened(Event):
        what: str

    assert [kind for kind in kinds() if kind.__name__ == "Happened"] == [Happened]
    # No other test is to find it.
    del Happened
    gc.collect()


def lines(event: Event) -> list[str]:
    return [f"{name}: {value}" for name, value in event_headers(event, 1_800_000_000.0)]


def test_headers_of_a_hangup() -> None:
    assert lines(events.Hangup(ANNA, 16)) == [
        "Event: Hangup", "Privilege: call,all", "Channel: SIP/6001-00000000", "ChannelState: 6", "ChannelStateDesc: Up",
        "CallerIDNum: 6001", "CallerIDName: Anna", "ConnectedLineNum: <unknown>", "ConnectedLineName: <unknown>",
        "Language: en", "AccountCode: ", "Context: c", "Exten: 1", "Priority: 1", "Uniqueid: 1.0", "Linkedid: 1.0",
        "Cause: 16", "Cause-txt: Normal Clearing",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        (events.Hangup, ["Cause", "Cause-txt", "TechCause"]),
        (events.DialEnd, ["DestLinkedid", "DialStatus", "Forward"]),
        (events.BridgeMerge, ["FromBridgeName", "FromBridgeNumChannels", "FromBridgeVideoSourceMode"]),
        (security.InvalidPassword, ["LocalAddress", "RemoteAddress", "SessionTV"]),
    ],
)
def test_the_headers_that_are_told_are_those_that_are_sent(kind: type[Event], names: list[str]) -> None:
    assert headers_of(kind)[-3:] == names


def test_headers_of_a_bridge() -> None:
    assert lines(events.BridgeCreate(BridgeSnapshot("b1")))[2:] == [
        "BridgeUniqueid: b1", "BridgeType: basic", "BridgeTechnology: simple_bridge", "BridgeCreator: <unknown>",
        "BridgeName: <unknown>", "BridgeNumChannels: 0", "BridgeVideoSourceMode: none",
    ]  # fmt: skip


def test_a_dialled_channel_has_a_prefix() -> None:
    found = lines(events.DialBegin(None, ANNA, "6001"))
    assert found[2] == "DestChannel: SIP/6001-00000000" and found[-2:] == ["DestLinkedid: 1.0", "DialString: 6001"]


def test_a_global_variable_has_no_channel() -> None:
    found = lines(events.VarSet(None, "A", "b\\c\nd"))
    assert found[2:] == ["Channel: none", "Uniqueid: none", "Variable: A", "Value: b\\\\c\\nd"]


def test_security_events() -> None:
    place = "anna", "0x1", "IPV4/TCP/127.0.0.1/5038", "IPV4/TCP/127.0.0.1/9"
    assert lines(security.InvalidPassword("AMI", *place, session_s=0.0)) == [
        "Event: InvalidPassword", "Privilege: security,all", "EventTV: 2027-01-15T08:00:00.000+0000",
        "Severity: Error", "Service: AMI", "EventVersion: 2", "AccountID: anna", "SessionID: 0x1",
        "LocalAddress: IPV4/TCP/127.0.0.1/5038", "RemoteAddress: IPV4/TCP/127.0.0.1/9",
        "SessionTV: 1970-01-01T00:00:00.000+0000",
    ]  # fmt: skip
    found = lines(security.SuccessfulAuth("AMI", *place, {"UsingPassword": "0"}, 1_800_000_000.0))
    assert found[3] == "Severity: Informational"
    assert found[-2:] == ["UsingPassword: 0", "SessionTV: 2027-01-15T08:00:00.000+0000"]
    assert lines(security.ChallengeSent("SIP", *place))[-1] == "RemoteAddress: IPV4/TCP/127.0.0.1/9"
