"""The commands of chan_sip print what it prints; see golden, which Asterisk 16 has written."""

import re
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("pjsua2")
pytest.importorskip("asterism._native")

from asterism import _native as native
from asterism.runtime.commands import sip_calls, sip_settings, sip_users
from asterism.runtime.declare import Table
from asterism.runtime.dialogs import DialogFacts, SessionTimerFacts
from asterism.runtime.drivers.pjsip.contacts import Reach
from asterism.runtime.drivers.pjsip.dialogs import DIALOGS_MAX, ENTRIES_MAX, DialogHistory
from asterism.runtime.errors import ArgumentError
from asterism.runtime.peers import ConnectionFacts

from tests.runtime.drivers.test_tables import IDLE_MISSING, Shown, golden


def printed(command: Any, rt: Any, *values: str) -> list[str]:
    result = command.body(rt, *values)
    return list(result.lines() if isinstance(result, Table) else result)


def recorded(name: str) -> list[str]:
    return golden(name).split("\n")[:-1]


def call(**changed: Any) -> DialogFacts:
    facts: dict[str, Any] = {
        "call_id": "1ff504487f44@127.0.0.21", "channel": "SIP/6001-00000001", "incoming": True, "up": True,
        "held": False, "host": "127.0.0.21", "port": 26001, "user": "6001", "peer": "6001", "caller_number": "6001",
        "format": "ulaw", "ours": ("ulaw",), "theirs": ("ulaw", "alaw"), "dtmf": "rfc2833",
        "user_agent": "AlicePhone/3.1", "route": "sip:6001@127.0.0.21:26001", "transport": "udp",
        "audio_host": "127.0.0.1", "extensions": (), "timer": None, "transfers": True, "our_tag": "as7b5d8c7e",
        "their_tag": "e1c7e5d6",
    }  # fmt: skip
    return DialogFacts(**(facts | changed))


@pytest.mark.parametrize("name", ["6001", "6003", "6005", "mytrunk", "useronly"])
async def test_one_user(name: str) -> None:
    assert printed(sip_users.sip_show_user, Shown("SIP", set()), name) == recorded(f"sip_show_user_{name}__idle")


async def test_a_peer_is_no_user() -> None:
    rt = Shown("SIP", set())
    assert printed(sip_users.sip_show_user, rt, "peeronly") == recorded("sip_show_user_peeronly__idle-errors")


@pytest.mark.parametrize(
    ("pattern", "name"),
    [("", "users__idle"), ("600", "users_like_600__idle-errors"), ("nosuch", "users_like_nosuch__idle-errors")],
)
async def test_users_by_name_and_without_their_secrets(pattern: str, name: str) -> None:
    rt = Shown("SIP", IDLE_MISSING)
    ours, theirs = printed(sip_users.sip_show_users, rt, pattern), recorded(f"sip_show_{name}")
    hidden = [re.sub(r"^(.{27})(\S[^ ]{0,14} *)", lambda got: f"{got[1]}{'<Set>':<{len(got[2])}}", each)
              for each in theirs[1:]]  # fmt: skip
    assert ours[0] == theirs[0]
    assert sorted(ours[1:]) == sorted(hidden)
    assert not [each for each in ours if "1234" in each]
    with pytest.raises(ArgumentError):
        printed(sip_users.sip_show_users, rt, "[")


async def test_how_many_calls_each_has() -> None:
    ours, theirs = printed(sip_users.sip_show_inuse, Shown("SIP", IDLE_MISSING)), recorded("sip_show_inuse__idle")
    assert (ours[0], sorted(ours)) == (theirs[0], sorted(theirs))
    rich = Shown("SIP", set(), "sip_rich2.conf")
    assert printed(sip_users.sip_show_inuse, rich) == recorded("sip_show_inuse__cfg-rich2")
    assert printed(sip_users.sip_show_inuse, rich, "all") == recorded("sip_show_inuse_all__cfg-rich2")


async def test_settings_of_a_file_that_says_something() -> None:
    ours = printed(sip_settings.sip_show_settings, Shown("SIP", set()))
    theirs = [re.sub(r"\b250(6\d)$", r"254\1", each) for each in recorded("sip_show_settings__auth-section")]
    assert ours == theirs


async def test_settings_of_a_file_that_says_all() -> None:
    """What asterism does not have is shown as off; of the timers Asterisk shows others than the file has."""
    ours = printed(sip_settings.sip_show_settings, Shown("SIP", set(), "sip_rich2.conf"))
    theirs = recorded("sip_show_settings__cfg-rich2")
    missing = re.compile(
        r"  (Videosupport|Textsupport|AutoCreate|Record SIP|T\.38|Jitterbuffer|Codecs|Timer T1: |Timer B)|^-+$"
    )
    assert [each for each in ours if not missing.match(each)] == [each for each in theirs if not missing.match(each)]


async def test_settings_of_a_file_that_says_nothing() -> None:
    rt = Shown("SIP", set())
    rt.dialect = Shown("SIP", set(), "sip_minimal.conf").dialect
    ours = printed(sip_settings.sip_show_settings, rt)
    theirs = recorded("sip_show_settings__cfg-minimal")
    # Strangers must be let in explicitly here, and there is no video.
    other = re.compile(r"  (Allow unknown access|User Agent|SDP Session Name|Codecs):")
    assert [each for each in ours if not other.match(each)] == [each for each in theirs if not other.match(each)]


async def test_timers_of_what_there_is() -> None:
    rt = Shown("SIP", IDLE_MISSING)
    ours, theirs = printed(sip_settings.sip_show_sched, rt), recorded("sip_show_sched__idle")
    assert [each for each in ours if "Highwater" not in each] == [each for each in theirs if "Highwater" not in each]
    rt.register("6001", "127.0.0.21", 26001, Reach.REACHABLE, 1)
    again = printed(sip_settings.sip_show_sched, rt)
    assert " schedcnt = 5" in again and "    expire_register : 1" in again


async def test_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    rt = Shown("SIP", set())
    open_ones = [("tcp", "127.0.0.25:26005"), ("tls", "127.0.0.26:26006")]
    facts = [ConnectionFacts(protocol, remote, "ACTIVE", True, 0) for protocol, remote in open_ones]
    monkeypatch.setattr(rt, "connections", lambda: facts)
    assert printed(sip_settings.sip_show_tcp, rt) == recorded("sip_show_tcp__call")


async def test_calls_when_there_are_none() -> None:
    rt = Shown("SIP", set())
    assert printed(sip_calls.sip_show_channels, rt) == recorded("sip_show_channels__idle")
    assert printed(sip_calls.sip_show_channelstats, rt) == recorded("sip_show_channelstats__idle")
    assert printed(sip_calls.sip_show_subscriptions, rt) == recorded("sip_show_subscriptions__idle")
    assert printed(sip_calls.sip_show_channel, rt, "nosuch") == ["No such SIP Call ID starting with 'nosuch'"]


async def test_one_call(monkeypatch: pytest.MonkeyPatch) -> None:
    rt = Shown("SIP", set())
    over_tcp = call(
        call_id="470402cc94f5@127.0.0.25", channel="SIP/6005-00000006", host="127.0.0.25", port=26005, user="6005",
        peer="6005", caller_number="6005", user_agent="TcpPhone/1", route="sip:6005@127.0.0.25:26005;transport=tcp",
        transport="tcp", extensions=("timer",), timer=SessionTimerFacts(600, False, 90, 600, "Originate"),
        our_tag="as5d115ea8", their_tag="6f7d98dd",
    )  # fmt: skip
    monkeypatch.setattr(rt, "calls", [call(), over_tcp])
    assert printed(sip_calls.sip_show_channel, rt, "1FF5") == recorded("sip_show_channel_CALLID_A_700__call")
    ours, theirs = printed(sip_calls.sip_show_channel, rt, "4704"), recorded("sip_show_channel_CALLID_tcp__call")
    assert [each for each in ours if "Sched Id" not in each] == [each for each in theirs if "Sched Id" not in each]


async def test_calls_in_a_line_each(monkeypatch: pytest.MonkeyPatch) -> None:
    rt = Shown("SIP", set())
    dialled = call(
        call_id="53f48ceb53ec02a@x", incoming=False, up=False, host="127.0.0.2", user="", peer="6002", caller_number=""
    )
    monkeypatch.setattr(rt, "calls", [dialled])
    lines = printed(sip_calls.sip_show_channels, rt)
    assert lines[0] == recorded("sip_show_channels__aftercall")[0]
    row = next(each for each in recorded("sip_show_channels__aftercall") if "Init: INVITE" in each)
    assert re.sub(r"@x *", "  ", lines[1]) == row.replace("53f48ceb53ec02a  ", "53f48ceb53ec02a  ")
    assert lines[2] == "1 active SIP dialog"
    assert next(iter(sip_calls.sip_show_channels.body(rt).objects()))["Peer name"] == "6002"


async def test_how_calls_sound(monkeypatch: pytest.MonkeyPatch) -> None:
    counters = {"rxcount": "150", "rxploss": "0", "rxjitter": "0.000000", "txcount": "0", "txploss": "0",
                "txjitter": "0.000201"}  # fmt: skip
    leg = SimpleNamespace(read=lambda item: counters[item.rpartition(",")[2]])
    known = SimpleNamespace(leg=leg, snapshot=lambda: SimpleNamespace(created_s=-3.0))
    rt = Shown("SIP", set())
    monkeypatch.setattr(rt, "calls", [call()])
    monkeypatch.setattr(rt, "channels", {"SIP/6001-00000001": known})
    lines = printed(sip_calls.sip_show_channelstats, rt)
    assert lines[:2] == recorded("sip_show_channelstats__call")[:2]
    assert lines[2] == "1 active SIP channel"


async def test_objects_without_secrets() -> None:
    lines = printed(sip_users.sip_show_objects, Shown("SIP", IDLE_MISSING))
    theirs = recorded("sip_show_objects__idle")
    assert lines[0] == theirs[0].replace("1 autocreate", "0 autocreate")
    assert "-= Peer objects by IP =-" in lines and "-= Registry objects: 6 =-" in lines
    assert "name: myaccountname@127.0.0.3:25070" in lines
    assert not [each for each in lines if "1234567890" in each or "secret" in each]


def _message(entry: str) -> native.Wire | None:
    """The message that an entry tells of."""
    got = re.match(r"\d+\. (Rx|Tx\w+) +(\S+) / (.+?) (?:/|-) (.+)", entry)
    if got is None:
        return None
    first = f"SIP/2.0 {got[4]}" if got[2] == "SIP/2.0" else f"{got[2]} {got[4]} SIP/2.0"
    text = f"{first}\r\nCall-ID: c1ed2e6aa05f@127.0.0.21\r\nCSeq: {got[3]}\r\n\r\n"
    return native.Wire(0, "udp", None, ("127.0.0.21", 26001), got[1] != "Rx", text.encode())


async def test_what_was_said(monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = recorded("sip_show_history_PREFIX2__history-on")
    history = DialogHistory()
    history.recording = True
    for message in map(_message, theirs):
        if message is not None:
            history.take(message)
    rt = Shown("SIP", set())
    monkeypatch.setattr(rt, "tracing", SimpleNamespace(dialogs=history))
    lines = printed(sip_calls.sip_show_history, rt, "C1ED")
    assert lines[:2] == theirs[:2]

    def texts(entries: list[str]) -> list[str]:
        # A challenge has one entry more there and here; what chan_sip does with its timers is its own.
        return [each.partition(". ")[2] for each in entries[2:] if re.match(r"\d+\. (Rx|Tx|AuthChal)", each)]

    assert texts(lines) == texts(theirs)


async def test_history_has_an_end() -> None:
    history = DialogHistory()
    history.recording = True
    for number in range(DIALOGS_MAX + 5):
        head = f"BYE sip:x SIP/2.0\r\nCall-ID: {number}\r\nCSeq: 1 BYE\r\n\r\n".encode()
        history.take(native.Wire(0, "udp", None, None, False, head))
    assert (len(history.known()), history.known()[0]) == (DIALOGS_MAX, "5")
    for _ in range(ENTRIES_MAX + 5):
        history.take(native.Wire(0, "udp", None, None, False, head))
    assert len(history.of(str(number))) == ENTRIES_MAX


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("all", "", "", "", "", ""), "No peers found to prune."),
        (("like", "", "", "", "600", ""), "No peers found to prune."),
        (("peer", "6001", "", "6001", "", ""), "Peer '6001' is not a Realtime peer, cannot be pruned."),
        (("6001", "", "", "", "", "6001"), "Peer '6001' is not a Realtime peer, cannot be pruned."),
        (("peer", "nosuch", "", "nosuch", "", ""), "Peer 'nosuch' not found."),
    ],
)
async def test_nothing_of_realtime_is_kept(words: tuple[str, ...], line: str) -> None:
    assert printed(sip_users.sip_prune_realtime, Shown("SIP", set()), *words) == [line]
