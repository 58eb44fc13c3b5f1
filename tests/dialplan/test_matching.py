"""Which extension a number means: every recorded look-up, and the properties of the order."""

import pytest
from asterism.dialplan import pattern
from asterism.dialplan.errors import DialplanError
from asterism.dialplan.plan import Context
from asterism.dialplan.source import Step
from hypothesis import given
from hypothesis import strategies as st

from tests.dialplan.world import Paper, Registry, plan
from tests.oracle.cases import Case, cases, rows, whole

MATCHING = cases("matching")


def looked_up(case: Case) -> list[list[list[str | int]]]:
    """Return what ran for each look-up of a case."""
    found = plan(whole(case, case["conf"]), Registry())
    start = found.context("(start)")
    traces = []
    for context, number, caller in case["lookups"]:
        start.make("s", None).steps[1] = Step("(start)", "s", 1, "", "Goto", f"{context},{number},1", "test", 1)
        found.changed()
        paper = Paper(found)
        paper.context, paper.caller_number = "(start)", caller or ""
        traces.append([row for row in paper.run().traces if row[0] != "(start)"])
    return traces


@pytest.mark.parametrize("category", sorted({case["cat"] for case in MATCHING}))
def test_recorded_lookups(category: str) -> None:
    wrong = []
    for case in MATCHING:
        if case["cat"] != category or "EXCEPTION(" in case["conf"]:
            continue
        for lookup, got, want in zip(case["lookups"], looked_up(case), case["truth"]["lookups"], strict=True):
            if rows(got) != rows(want["trace"]):
                wrong.append((case["id"], lookup, want["trace"], got))
    assert not wrong


def shown(context: Context) -> list[str]:
    """Return what `dialplan show` lists of a context, in order."""
    return [
        *(extension.shown for extension in context),
        *(f"Include {include.text}" for include in context.includes),
        *(f"Ignore pattern {text}" for text in context.ignore_patterns),
        *(f"Alt. Switch {switch.text}" for switch in context.switches),
    ]


def test_recorded_order() -> None:
    wrong = []
    for case in MATCHING:
        found = plan(whole(case, case["conf"]))
        for name, want in (case["truth"].get("show") or {}).items():
            got = shown(found.contexts[name]) if name in found.contexts else None
            if got != want:
                wrong.append((case["id"], name, want, got))
    assert not wrong


NAMES = st.text(alphabet="NXZ0123456789[]-.!*#ab", min_size=1, max_size=8).map("_{}".format)


@given(st.lists(NAMES, max_size=12), st.text(alphabet="0123456789*#ab", min_size=1, max_size=6))
def test_the_trie_finds_what_the_sorted_list_finds(names: list[str], number: str) -> None:
    context = Context("test")
    for name in names:
        try:
            context.make(name, None)
        except DialplanError:
            continue
    trie = [group[0].name for group in context.matching(number)]
    walked = [extension.name for extension in context if pattern.number_matches(extension.name, number)]
    assert trie == walked


@given(st.lists(NAMES, min_size=1, max_size=12), st.data())
def test_an_extension_can_be_taken_away(names: list[str], data: st.DataObject) -> None:
    context = Context("test")
    for name in names:
        try:
            context.make(name, None)
        except DialplanError:
            continue
    before = list(context)
    if not before:
        return
    gone = data.draw(st.sampled_from(before))
    context.discard(gone)
    assert list(context) == [extension for extension in before if extension is not gone]
    for number in ("1", "12", "123", "a", "*"):
        assert all(group[0] is not gone for group in context.matching(number))


@given(st.text(max_size=20), st.text(max_size=20))
def test_any_text_may_be_a_pattern(name: str, number: str) -> None:
    assert pattern.number_matches("_" + name, number) in (True, False)


def test_more_digits() -> None:
    found = plan(
        "[default]\nexten => 100,1,NoOp()\nexten => _2XX,1,NoOp()\nexten => _3!,1,NoOp()\nexten => _4.,1,NoOp()\n"
    )
    paper = Paper(found)
    more = {
        number: found.longer(paper, "default", number)
        for number in ("", "1", "10", "100", "2", "22", "222", "3", "35", "4", "45", "9")
    }
    assert more == {
        "": True, "1": True, "10": True, "100": False, "2": True, "22": True, "222": False,
        "3": False, "35": False, "4": True, "45": True, "9": False,
    }  # fmt: skip
