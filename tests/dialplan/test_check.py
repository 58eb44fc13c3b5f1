"""What looks wrong in a plan that has loaded."""

import pytest
from asterism.dialplan import check

from tests.dialplan.world import plan


def found(text: str) -> list[str]:
    """Return the suspicions about a dialplan."""
    return [str(one).removeprefix("extensions.conf:") for one in check.suspicions(plan("[default]\n" + text))]


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("Goto(nosuch,s,1)", "2: Goto leads to context 'nosuch' that is not there"),
        ("Goto(5,1)", "2: Goto leads to extension '5' that is not in context 'default'"),
        ("Goto(there)", "2: Goto leads to label 'there' of 's' in 'default' that is not there"),
        ("Goto(s,7)", "2: Goto leads to priority 7 of 's' in 'default' that is not there"),
        ("GotoIf($[${x}=1]?here:nowhere)", "2: GotoIf leads to label 'nowhere' of 's' in 'default' that is not there"),
        ("GotoIf($[${x}=1])", "2: GotoIf has no '?' in '$[${x}=1]'"),
        ("Gosub(sub,1(${x}))", "2: Gosub leads to extension 'sub' that is not in context 'default'"),
        ("Macro(none)", "2: there is no context 'macro-none' for Macro(none)"),
        ("NoSuch()", "2: no application 'NoSuch' is loaded"),
        ("Set(x=${NOSUCH(1)})", "2: no function 'NOSUCH' is loaded"),
        ("Set(x=${y)", "2: '${' is not closed in 'x=${y'"),
    ],
)
def test_what_is_wrong_in_a_line(line: str, complaint: str) -> None:
    assert complaint in found(f"exten => s,1(here),{line}\n")


def test_what_cannot_be_judged_is_passed_over() -> None:
    text = "exten => _X.,1,Goto(${x},1)\n same => n(a),Goto(+1)\n same => n,GotoIf(1?a)\n same => n,Goto(7,1)\n"
    text += "exten => i,1,Hangup()\n"
    assert found(text) == []


def test_gaps() -> None:
    assert found("exten => s,2,NoOp()\n") == ["2: extension 's' in context 'default' has no priority 1"]
    assert found("exten => s,1,NoOp()\nexten => s,3,NoOp()\n") == [
        "3: priority 3 of 's' in context 'default' comes after 1: nothing leads to it by itself"
    ]


def test_a_subroutine_that_never_returns() -> None:
    text = "exten => s,1,Gosub(sub,1)\nexten => sub,1,NoOp()\n"
    assert found(text) == ["2: Gosub leads to 'sub' in 'default', which never returns"]
    assert found(text + " same => n,Return()\n") == []


def test_duplicates_and_missing_includes() -> None:
    assert found("exten => s,1,NoOp()\nexten => s,1,NoOp()\ninclude => nosuch\n") == [
        "3: priority 1 of 's' in 'default' is there already, the first is kept",
        "4: context 'default' includes 'nosuch' that is not there",
    ]


def test_open_doors() -> None:
    found = plan(
        "[guests]\nexten => _9X.,1,Goto(out,${EXTEN:1},1)\nexten => 100,1,Goto(out,s,1)\ninclude => more\n"
        "[more]\nexten => 5,1,NoOp(${EXTEN})\n[out]\nexten => _X.,1,Dial(SIP/trunk/${EXTEN})\n[safe]\n"
    )
    assert [str(one) for one in check.open_doors(found, "guests")] == [
        "extensions.conf:8: anybody in context 'guests' can reach Dial(SIP/trunk/${EXTEN})"
    ]
    assert check.open_doors(found, "safe") == []


def test_settings_of_general() -> None:
    text = "[general]\nstatic=yes\npriorityjumping=yes\nautofalltrough=no\n"
    assert [str(one) for one in plan(text).warnings] == [
        "extensions.conf:3: priorityjumping is long gone and has no effect",
        "extensions.conf:4: unknown setting 'autofalltrough' in [general]",
    ]


def test_what_stands_behind_the_end_of_an_extension() -> None:
    dead = "3: priority 2 of 's' in context 'default' is never reached: Hangup stands before it"
    assert found("exten => s,1,Hangup()\n same => n,NoOp()\n") == [dead]
    assert found("exten => s,1,Hangup()\n same => n(there),NoOp()\n") == []
    assert found("exten => s,1,Hangup()\n same => n,NoOp()\nexten => 1,1,Goto(s,2)\n") == []
    assert found("exten => s,1,While(1)\n same => n,Hangup()\n same => n,EndWhile()\n") == []
    assert found("exten => s,1,Hangup()\n same => n,NoOp()\nexten => 1,1,GotoIf(${X}?+1)\n") == [dead]


def test_an_extension_that_begins_with_a_label_is_jumped_to() -> None:
    assert found("exten => _X.,5000(stdexten),NoOp()\n") == []


def test_a_pattern_that_matches_nothing() -> None:
    assert found("exten => _9[5-2]X,1,NoOp()\n") == ["2: pattern '_9[5-2]X' in context 'default' matches no number"]


@pytest.mark.parametrize(
    ("dial", "is_open"),
    [
        ("SIP/${EXTEN}", False),
        ("SIP/trunk/${EXTEN:1}", True),
        ("PJSIP/${EXTEN}@trunk,30", True),
        ("SIP/100&PJSIP/trunk/sip:${EXTEN}@host", True),
        ("Local/${EXTEN}@out", True),
        ("Local/${EXTEN}@inside", False),
        ("SIP/100,30,G(out^${EXTEN}^1)", False),
    ],
)
def test_which_numbers_lead_outside(dial: str, is_open: bool) -> None:
    text = "[out]\nexten => _X.,1,Dial(SIP/trunk/${EXTEN})\n[inside]\nexten => _X,1,Dial(SIP/${EXTEN})\n"
    doors = check.open_doors(plan(f"[guests]\nexten => _X.,1,Dial({dial})\n{text}"), "guests")
    assert bool(doors) is is_open
