"""What a line that is nearly right costs, and what still counts; every plan here is what Asterisk 22 shows."""

import pytest
from asterism.dialplan import resolve
from asterism.runtime.testing import TestRuntime


def shown(text: str) -> list[str]:
    rt = TestRuntime("[general]\n")
    plan = resolve.load_text(f"[general]\n[t]\n{text}", rt.modules, rt.unbound, globals={})
    return [
        f"{extension.name} {number} {step.application}"
        for extension in plan.contexts["t"]
        for number, step in sorted(extension.steps.items())
    ]


@pytest.mark.parametrize("word", ["samen", 'same"', "same !", "SAMEness", "same(lab)"])
def test_whatever_begins_with_same_is_same(word: str) -> None:
    assert shown(f"exten => 1,1,NoOp()\n{word} => n,Answer()\n") == ["1 1 NoOp", "1 2 Answer"]


@pytest.mark.parametrize("line", ["2", "2,1(label,NoOp()"])
def test_an_extension_without_a_priority_still_names_what_follows(line: str) -> None:
    assert shown(f"exten => 1,1,NoOp()\nexten => {line}\nsame => n,Answer()\n") == ["1 1 NoOp", "2 2 Answer"]


def test_next_after_a_hint_is_no_priority() -> None:
    assert shown("exten => 1,hint,SIP/1\nsame => n,NoOp()\nsame => n,NoOp()\nsame => 1,Answer()\n") == ["1 1 Answer"]


def test_only_spaces_are_taken_out_of_a_name() -> None:
    assert shown("exten => 8\t3 4,1,NoOp()\n") == ["8\t34 1 NoOp"]


def names(text: str, context: str = "t") -> list[str]:
    rt = TestRuntime("[general]\n")
    plan = resolve.load_text(f"[general]\n[t]\n{text}", rt.modules, rt.unbound, globals={"G": "9"})
    return [extension.shown for extension in plan.contexts[context]]


def test_spaces_stay_in_the_brackets_of_a_pattern() -> None:
    assert names("exten => _[1 2] X,1,NoOp()\nexten => [1 2],1,NoOp()\n") == ["[12]", "_[1 2]X"]


def test_a_comma_behind_a_backslash_belongs_to_the_name() -> None:
    assert names("exten => 5\\,2,1,NoOp()\n") == ["5\\,2"]


def test_a_hyphen_may_stand_before_a_pattern() -> None:
    assert names("exten => -_4X,1,NoOp()\nexten => 9,1,NoOp()\n") == ["9", "-_4X"]


def test_sets_with_nothing_in_them_do_not_count_in_the_order() -> None:
    text = "".join(f"exten => {name},1,NoOp()\n" for name in ("_[a-c][-1]", "_[a-5][-1]", "_3", "_[a-5][7-1]"))
    assert names(text) == ["_3", "_[a-5][-1]", "_[a-c][-1]", "_[a-5][7-1]"]


def test_an_unclosed_bracket_sorts_last_and_matches_nothing() -> None:
    assert names("exten => _4[/]5,1,NoOp()\nexten => _4.,1,NoOp()\n") == ["_4.", "_4[/]5"]


def test_a_line_without_a_name_leaves_same_without_one() -> None:
    assert names("exten => 51,1,NoOp()\nexten => ,1,NoOp()\nsame => 2,NoOp()\n") == ["51"]


def test_names_and_callers_and_hints_are_worked_out_at_load() -> None:
    rt = TestRuntime("[general]\n")
    text = "[t]\nexten => ${G}7/${G}(5)-5,1,NoOp()\nexten => 55,hint,SIP/${EXTEN}${G}\nexten => _5X,hint,SIP/${EXTEN}\n"
    plan = resolve.load_text(text, rt.modules, rt.unbound, globals={"G": "9"})
    found = {one.shown: one.hint.application if one.hint else "" for one in plan.contexts["t"]}
    assert found == {"97/955": "", "55": "SIP/559", "_5X": "SIP/${EXTEN}"}


def test_only_switch_is_worked_out_at_load() -> None:
    rt = TestRuntime("[general]\n")
    text = "[t]\n" + "".join(f"{kind} => Loopback/${{EXTEN}}@u\n" for kind in ("switch", "lswitch", "eswitch"))
    plan = resolve.load_text(text, rt.modules, rt.unbound, globals={})
    assert [one.text for one in plan.contexts["t"].switches] == [
        "Loopback/@u", "Loopback/${EXTEN}@u", "Loopback/${EXTEN}@u",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("\\exten => 2,1,Answer()", ["1 1 NoOp", "2 1 Answer"]),
        ("\\\\exten => 2,1,Answer()", ["1 1 NoOp"]),
        ("exten => 2,HINT,SIP/1", ["1 1 NoOp"]),
        ("exten => 2,n+-1,Answer()", ["1 1 NoOp", "2 1 Answer"]),
        ("exten => 2,99999999999,Answer()", ["1 1 NoOp", "2 1215752191 Answer"]),
        ("exten +=> 2,1,Answer()", ["1 1 NoOp"]),
    ],
)
def test_what_a_line_is_taken_for(line: str, expected: list[str]) -> None:
    assert shown(f"exten => 1,1,NoOp()\n{line}\n") == expected


def test_plus_equals_adds_to_the_last_value_of_the_key() -> None:
    rt = TestRuntime("[general]\n")
    plan = resolve.load_text(
        "[general]\n[globals]\nA=1\nB=2\nA+=, x\nC += 3\n[t]\n", rt.modules, rt.unbound, globals={}
    )
    assert plan.globals == {"A": "1, x", "B": "2", "C": "3"}


def test_names_beyond_ascii_come_first() -> None:
    assert names("exten => b,1,NoOp()\nexten => ü,1,NoOp()\nexten => a,1,NoOp()\n") == ["ü", "a", "b"]


def test_sections_are_known_in_any_case() -> None:
    rt = TestRuntime("[general]\n")
    text = "[General]\nautofallthrough=no\n[GLOBALS]\nG=1\n[a](!)\nexten => 1,1,NoOp()\n"
    text += "[b](A)\n[B](+)\nexten => 2,1,NoOp()\n"
    plan = resolve.load_text(text, rt.modules, rt.unbound, globals={})
    assert list(plan.contexts) == ["b"] and plan.globals == {"G": "1"} and not plan.autofallthrough
    assert [one.name for one in plan.contexts["b"]] == ["1", "2"]
