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
