"""`pjsip show history`: what it prints, and which messages a condition finds, as Asterisk 22 did for the same ones."""

from typing import Any

import pytest
from asterism.runtime.commands.pjsip_history import Condition, pjsip_show_history
from asterism.runtime.declare import Table
from asterism.runtime.errors import ArgumentError, AsterismError
from asterism.runtime.patterns import split_words
from asterism.runtime.peers import TracedMessage

MESSAGES = [
    (True, "127.0.0.39:5060", "REGISTER sip:127.0.0.39:5060 SIP/2.0", "a@x"),
    (False, "127.0.0.32:5060", "INVITE sip:700@127.0.0.30 SIP/2.0", "call-alice@127.0.0.32"),
    (True, "127.0.0.32:5060", "SIP/2.0 401 Unauthorized", "call-alice@127.0.0.32"),
    (False, "127.0.0.33:5060", "INVITE sip:701@127.0.0.30 SIP/2.0", "call-bob@127.0.0.33"),
]
KEPT = [
    TracedMessage(number, 1795339768.4, sent, remote, f"{first}\r\nCall-ID: {call}\r\nCSeq: 1 X\r\n\r\n".encode())
    for number, (sent, remote, first, call) in enumerate(MESSAGES)
]


def found(condition: str) -> list[int]:
    fits = Condition(split_words(condition)).whole()
    return [each.number for each in KEPT if fits(each)]


@pytest.mark.parametrize(
    ("condition", "numbers"),
    [
        ("number > 1", [2, 3]),
        ("number >= 1 and number < 3", [1, 2]),
        ('sip.msg.request.method = "INVITE"', [1, 3]),
        ("sip.msg.request.method like INV", [1, 3]),
        ("sip.msg.request.method != INVITE", [0, 2]),
        ('addr = "127.0.0.32:5060"', [1, 2]),
        ("sip.msg.call-id like call-bob", [3]),
        ("(number = 1 or number = 2)", [1, 2]),
        ("number = 0 or number > 0 and addr like 33", [0, 3]),
        ("(number = 0 or number > 0) and addr like 33", [3]),
        ("not number > 1", [0, 1]),
        ("not (number = 1 or number = 2)", [0, 3]),
        ("timestamp = 1795339768", [0, 1, 2, 3]),
        ("NUMBER = 1 AND Addr LIKE ^127", [1]),
    ],
)
def test_conditions(condition: str, numbers: list[int]) -> None:
    assert found(condition) == numbers


@pytest.mark.parametrize(
    ("condition", "complaint"),
    [
        ("foo = 3", "Unknown or unrecognized field: foo"),
        ("number >", "a value is missing"),
        ("number foo 3", "'foo' is no operator"),
        ("number = x", "'x' is none"),
        ("(number = 1", "is missing"),
        ("number = 1)", "nothing may follow"),
        ("number = 1 2", "nothing may follow"),
        ("addr like [", "no regular expression"),
    ],
)
def test_conditions_that_are_none(condition: str, complaint: str) -> None:
    with pytest.raises(AsterismError, match=complaint):
        found(condition)


def test_an_empty_condition_is_answered_with_the_usage() -> None:
    with pytest.raises(ArgumentError):
        Condition([]).whole()


class Kept:
    """A runtime whose driver has kept these messages."""

    history = KEPT

    @property
    def tracing(self) -> "Kept":
        return self


def shown(monkeypatch: pytest.MonkeyPatch, *arguments: Any) -> list[str]:
    monkeypatch.setattr("asterism.runtime.commands.pjsip_history.driver_of", lambda rt: Kept())
    result = pjsip_show_history.body(None, *arguments)
    return list(result.lines()) if isinstance(result, Table) else result


def test_the_list(monkeypatch: pytest.MonkeyPatch) -> None:
    heading = [
        "No.   Timestamp  (Dir) Address                  SIP Message                        ",
        "===== ========== ============================== ===================================",
    ]
    assert shown(monkeypatch) == [
        *heading,
        "00000 1795339768 * ==> 127.0.0.39:5060          REGISTER sip:127.0.0.39:5060 SIP/2.0",
        "00001 1795339768 * <== 127.0.0.32:5060          INVITE sip:700@127.0.0.30 SIP/2.0",
        "00002 1795339768 * ==> 127.0.0.32:5060          SIP/2.0 401 Unauthorized",
        "00003 1795339768 * <== 127.0.0.33:5060          INVITE sip:701@127.0.0.30 SIP/2.0",
    ]
    assert shown(monkeypatch, "where", "", ["number", "=", "9"]) == heading


def test_one_message(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = [
        "<--- History Entry 0 Sent to 127.0.0.39:5060 at 1795339768 --->",
        "REGISTER sip:127.0.0.39:5060 SIP/2.0",
        "Call-ID: a@x",
        "CSeq: 1 X",
        "",
        "",
    ]
    assert shown(monkeypatch, "entry", "0") == whole
    assert shown(monkeypatch, "where", "", ["number", "=", "0"]) == whole
    assert shown(monkeypatch, "entry", "3")[0].startswith("<--- History Entry 3 Received from 127.0.0.33:5060")
    with pytest.raises(AsterismError, match="Entry '5' does not exist"):
        shown(monkeypatch, "entry", "5")
    with pytest.raises(AsterismError, match="'foo' is not a valid entry number"):
        shown(monkeypatch, "entry", "foo")
