"""Running a dialplan: steps, jumps, special extensions, hangup, waiting."""

import pytest
from asterism.dialplan import machine, subroutine
from asterism.dialplan.errors import Elapsed, Ended, Redirected
from asterism.dialplan.scope import Dialled, Incomplete, Jump, NoDigits
from asterism.runtime.declare import application, function
from hypothesis import given
from hypothesis import strategies as st

from tests.dialplan.world import Paper, Registry, called, drive, plan


def ran(paper: Paper) -> list[str]:
    """Return the texts of the NoOps that ran."""
    return [str(row[4]) for row in paper.traces if row[3] == "NoOp"]


DEFAULT = "[default]\n"


def test_a_call_falls_off_its_end() -> None:
    paper = called(DEFAULT + "exten => s,1,NoOp(a)\n same => n,NoOp(b)\nexten => h,1,NoOp(h)\n same => n,NoOp(h2)\n")
    assert ran(paper) == ["a", "b", "h", "h2"]
    assert paper.ended


def test_the_same_with_nobody_watching() -> None:
    paper = called(
        DEFAULT + "exten => s,1,Set(a=1)\n same => n,Goto(2,1)\nexten => 2,1,Set(b=${a}${EXTEN})\n", tracing=False
    )
    assert not paper.traces
    assert paper.variables == {"a": "1", "b": "12"}


@pytest.mark.parametrize(("status", "cause"), [("BUSY", 17), ("congestion", 34), ("CHANUNAVAIL", 34), ("ANSWER", 0)])
def test_dialstatus_ends_the_call(status: str, cause: int) -> None:
    assert called(DEFAULT + f"exten => s,1,Set(DIALSTATUS={status})\n").cause == cause


def test_an_unknown_application_ends_the_call_with_its_place_in_the_log() -> None:
    paper = called(
        DEFAULT + "exten => s,1,NoSuch(x)\n same => n,NoOp(no)\nexten => e,1,NoOp(e)\nexten => h,1,NoOp(h)\n"
    )
    assert ran(paper) == ["h"]
    assert "No application 'NoSuch'" in paper.warnings[-1]


def test_an_unknown_number_goes_to_i_then_e() -> None:
    text = DEFAULT + "exten => s,1,Goto(5,1)\n"
    assert ran(called(text + "exten => i,1,NoOp(i ${INVALID_EXTEN})\nexten => e,1,NoOp(e)\n")) == ["i 5"]
    paper = called(text + "exten => e,1,NoOp(e)\n")
    assert ran(paper) == ["e"]
    assert paper.exception is not None
    assert (paper.exception.reason, paper.exception.exten) == ("INVALID", "5")
    assert "no invalid handler" in called(text).warnings[-1]


def test_hangup_in_h_changes_the_cause_and_stops() -> None:
    paper = called(
        DEFAULT
        + "exten => s,1,Hangup(21)\nexten => h,1,NoOp(${HANGUPCAUSE})\n same => n,Hangup(19)\n same => n,NoOp(no)\n"
    )
    assert ran(paper) == ["21"]
    assert paper.cause == 19


def test_a_call_that_begins_nowhere_is_an_invalid_one() -> None:
    text = DEFAULT + "exten => s,1,NoOp(s)\n"
    assert ran(called(text, exten="99")) == []
    assert ran(called(text, context="nosuch", exten="99")) == []
    assert ran(called(text + "exten => i,1,NoOp(${INVALID_EXTEN})\n", exten="99")) == ["99"]


def registry(*declarations: object) -> Registry:
    """Return what the tests load, and more."""
    found = Registry()
    for one in declarations:
        found.add(one)
    return found


@application("Listen")
def listen(chan: Paper, what: str) -> object:
    """Answer an outcome by name."""
    return {"digit": Dialled("1"), "none": NoDigits(), "more": Incomplete()}[what]


def listening(text: str, **attributes: object) -> Paper:
    """Run a dialplan that has Listen()."""
    paper = Paper(plan(DEFAULT + text, registry(listen)))
    for name, value in attributes.items():
        setattr(paper, name, value)
    return paper.run()


def test_digits_are_collected_as_long_as_they_could_be_a_number() -> None:
    text = "exten => s,1,Listen(digit)\nexten => i,1,NoOp(i ${INVALID_EXTEN})\n"
    text += "exten => 12,1,NoOp(12)\nexten => 123,1,NoOp(123)\n"
    assert ran(listening(text, keys="2")) == ["12"]
    assert ran(listening(text, keys="23")) == ["123"]
    assert ran(listening(text, keys="5")) == ["i 15"]
    assert ran(listening(text + "exten => 1,1,NoOp(one)\n", keys="")) == ["one"]


def test_no_digits_go_on_or_to_t() -> None:
    assert ran(listening("exten => s,1,Listen(none)\n same => n,NoOp(next)\nexten => t,1,NoOp(t)\n")) == ["next"]
    assert ran(listening("exten => s,1,Listen(none)\nexten => t,1,NoOp(t)\n")) == ["t"]
    assert ran(listening("exten => s,1,Listen(none)\nexten => e,1,NoOp(e)\n")) == ["e"]


def test_an_incomplete_number_is_invalid_or_waited_for() -> None:
    text = "exten => _1X,1,Listen(more)\nexten => 123,1,NoOp(all)\nexten => i,1,NoOp(i)\n"
    assert ran(listening(text, exten="12", keys="3")) == ["all"]
    assert ran(listening("exten => 5,1,Listen(more)\nexten => i,1,NoOp(i)\n", exten="5")) == ["i"]


def test_without_autofallthrough_the_end_waits_for_digits() -> None:
    text = (
        "[general]\nautofallthrough=no\n"
        + DEFAULT
        + "exten => s,1,NoOp(s)\nexten => 12,1,Hangup()\nexten => t,1,NoOp(t)\n same => n,Hangup()\n"
    )
    assert ran(called(text, keys="12")) == ["s"]
    assert ran(called(text, keys="")) == ["s", "t"]


@application("Interrupted")
async def interrupted(chan: Paper, how: str) -> None:
    """Be broken into."""
    chan.waits = getattr(chan, "waits", 0) + 1  # type: ignore[attr-defined]
    if chan.waits == 1:  # type: ignore[attr-defined]
        raise {"away": Redirected(Jump("default", "away", 1)), "late": Elapsed(), "gone": Ended(31)}[how]


def broken(text: str) -> Paper:
    """Run a dialplan that has Interrupted()."""
    return Paper(plan(DEFAULT + text, registry(interrupted))).run()


def test_a_redirect_breaks_into_an_application() -> None:
    assert ran(broken("exten => s,1,Interrupted(away)\n same => n,NoOp(no)\nexten => away,1,NoOp(away)\n")) == ["away"]


def test_the_absolute_timeout_goes_to_t_else_e() -> None:
    assert ran(
        broken("exten => s,1,Interrupted(late)\n same => n,NoOp(no)\nexten => T,1,NoOp(T)\nexten => e,1,NoOp(e)\n")
    ) == ["T"]
    assert ran(broken("exten => s,1,Interrupted(late)\n same => n,NoOp(no)\nexten => e,1,NoOp(e)\n")) == ["e"]
    assert ran(broken("exten => s,1,Interrupted(late)\n same => n,NoOp(no)\n")) == []


def test_a_hangup_keeps_its_cause() -> None:
    paper = broken("exten => s,1,Interrupted(gone)\nexten => h,1,NoOp(h ${HANGUPCAUSE})\n")
    assert (ran(paper), paper.cause) == (["h 31"], 31)


@application("Broken")
def broken_application(chan: Paper) -> None:
    """Raise."""
    raise RuntimeError("oops")


def test_an_application_that_fails_ends_the_call() -> None:
    paper = Paper(
        plan(
            DEFAULT + "exten => s,1,Broken()\n same => n,NoOp(no)\nexten => h,1,NoOp(h)\n", registry(broken_application)
        )
    ).run()
    assert ran(paper) == ["h"]
    assert paper.warnings == ["failed: RuntimeError('oops')"]


@function("SLOW")
async def slow(chan: Paper, text: str) -> str:
    """Read, waiting."""
    return text.upper()


@function("FAILS")
def fails(chan: Paper, text: str) -> str:
    """Read, failing."""
    raise ValueError("no such thing")


def test_texts_may_wait_for_functions() -> None:
    text = (
        DEFAULT
        + """
exten => s,1,NoOp(${SLOW(a)}-${SLOW(${SLOW(b)}c)})
 same => n,Set(x=$[${LEN} 1])
 same => n,GotoIf($["${SLOW(q)}"="Q"]?5)
 same => n,NoOp(no)
 same => n,NoOp(${SLOW(d):0:1}$[SLOW(1)+1])
"""
    )
    for tracing in (True, False):
        paper = Paper(plan(text, registry(slow)))
        paper.tracing = tracing
        paper.run()
        if tracing:
            assert ran(paper) == ["A-BC", "D2"]


def test_what_a_function_raises_is_a_warning() -> None:
    paper = Paper(plan(DEFAULT + "exten => s,1,NoOp(<${FAILS(x)}>)\n", registry(fails))).run()
    assert ran(paper) == ["<>"]
    assert paper.warnings == ["FAILS: no such thing"]


def test_a_dialplan_that_never_waits_lets_others_run() -> None:
    paper = called(DEFAULT + "exten => s,1,Goto(1)\nexten => h,1,NoOp(h)\n", tracing=False)
    assert paper.pauses > 10
    assert paper.ended


def test_a_call_under_way_goes_on_in_a_new_plan() -> None:
    first = plan(DEFAULT + "exten => s,1,Swap()\n same => n,NoOp(old)\n", known := Registry())

    @application("Swap")
    async def swap(chan: Paper) -> None:
        first.adopt(plan(DEFAULT + "exten => s,1,NoOp(x)\n same => n,NoOp(new)\n", known))

    known.add(swap)
    known.generation += 1
    assert ran(Paper(first).run()) == ["new"]


def test_what_is_loaded_late_is_found() -> None:
    known = Registry()
    found = plan(DEFAULT + "exten => s,1,Late()\n", known)
    assert "No application" in Paper(found).run().warnings[0]

    @application("Late")
    def late(chan: Paper) -> None:
        chan.set("late", "yes")

    known.add(late)
    known.generation += 1
    assert Paper(found).run().variables["late"] == "yes"


def test_the_next_priority_is_looked_up_anew() -> None:
    text = (
        DEFAULT
        + """
exten => 100/555,1,NoOp(a)
exten => 100/555,2,NoOp(b555)
exten => 100,1,NoOp(c)
 same => n,NoOp(d)
 same => n,NoOp(last)
"""
    )
    assert ran(called(text, exten="100", caller_number="555")) == ["a", "b555", "last"]
    assert ran(called(text, exten="100")) == ["c", "d", "last"]


def test_a_called_subroutine_returns_to_its_caller() -> None:
    paper = Paper(
        plan(DEFAULT + "exten => s,1,NoOp(s)\n[sub]\nexten => s,1,NoOp(sub ${ARG1} ${ARGC})\n same => n,Return(back)\n")
    )
    assert drive(machine.call(paper.source, paper, Jump("sub", "s", 1), ["x"])) is True
    assert (paper.context, paper.exten, paper.priority, paper.frames) == ("default", "s", 1, [])
    assert (ran(paper), paper.variables) == (["sub x 1"], {"GOSUB_RETVAL": "back"})


def test_a_called_subroutine_that_does_not_return_leaves_nothing() -> None:
    paper = Paper(plan(DEFAULT + "exten => s,1,Gosub(deep,1(y))\nexten => deep,1,NoOp()\n"))
    assert drive(machine.call(paper.source, paper, Jump("default", "s", 1), ["x"])) is False
    assert (paper.frames, dict(paper.variables)) == ([], {"GOSUB_RETVAL": ""})


def test_hangup_handlers_run_after_h_the_last_first() -> None:
    text = (
        DEFAULT
        + """
exten => s,1,NoOp()
exten => h,1,NoOp(h)
[sub]
exten => a,1,NoOp(a ${ARG1})
 same => n,Return()
exten => b,1,NoOp(b)
"""
    )
    paper = Paper(plan(text))
    paper.hangup_handlers = ["sub,a,1(x)", "sub,b,1"]
    assert ran(paper.run()) == ["", "h", "b", "a x"]


def test_return_in_h_goes_on_behind_the_gosub() -> None:
    text = (
        DEFAULT + "exten => s,1,Gosub(sub,1)\n same => n,NoOp(after)\nexten => sub,1,Hangup()\nexten => h,1,Return()\n"
    )
    assert ran(called(text)) == ["after"]


LINES = st.lists(
    st.sampled_from(
        [
            "NoOp(${EXTEN})",
            "Goto(s,1)",
            "Goto(2,1)",
            "GotoIf($[${x}<3]?s,1)",
            "Set(x=$[0${x}+1])",
            "Gosub(2,1(a))",
            "Return(${x})",
            "Hangup()",
            "While($[${x}<2])",
            "EndWhile()",
            "If(${x})",
            "Else()",
            "EndIf()",
            "ExecIf(1?Return())",
            "Goto(nolabel)",
            "NoSuch()",
            "StackPop()",
            "Set(${x}=y)",
            "Exec(Goto(2,1))",
            "Goto(+1)",
            "Goto(-1)",
            "MSet(a=b,c=d)",
        ]
    ),
    max_size=6,
)


@given(LINES, LINES, LINES, st.booleans())
def test_h_runs_once_whatever_happens(first: list[str], second: list[str], last: list[str], tracing: bool) -> None:
    text = DEFAULT
    for name, lines in (("s", first), ("2", second)):
        text += "".join(f"exten => {name},{number},{line}\n" for number, line in enumerate(lines, 1))
    text += "exten => h,1,Set(h=x${h})\n" + "".join(
        f" same => n,{line}\n"
        for line in last
        if "Goto(s" not in line
        and "Goto(2" not in line
        and "Return" not in line
        and "Gosub" not in line
        and "-1" not in line
    )
    paper = called(text, tracing=tracing)
    assert paper.ended
    assert not any(warning.startswith("failed") for warning in paper.warnings)
    assert paper.variables["h"].startswith("x")


@given(LINES, LINES)
def test_watched_or_not_the_same_happens(first: list[str], second: list[str]) -> None:
    text = DEFAULT
    for name, lines in (("s", first), ("2", second)):
        text += "".join(f"exten => {name},{number},{line}\n" for number, line in enumerate(lines, 1))
    watched, unwatched = called(text), called(text, tracing=False)
    assert watched.variables == unwatched.variables
    assert watched.sets == unwatched.sets
    assert watched.cause == unwatched.cause


def test_places() -> None:
    def read(text: str) -> tuple[str, str, int | str]:
        jump = subroutine.place(text)
        assert jump is not None
        return jump.context, jump.exten, jump.priority

    assert read("3") == ("", "", 3)
    assert read(" 3 ") == ("", "", 3)
    assert read("here") == ("", "", "here")
    assert read("10, 1") == ("", "10", 1)
    assert read("ctx,10,here") == ("ctx", "10", "here")
    assert subroutine.place("") is None
