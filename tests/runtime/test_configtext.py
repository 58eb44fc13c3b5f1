"""A configuration file that is changed keeps its comments, and the meaning of what was not changed."""

import pytest
from asterism.dialplan import reader
from asterism.runtime.configtext import CategoryFilter, ConfigText, Unwritable
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

FILE = """\
; a comment at the top
[general]
one = 1 ; trailing
; a comment of two
two => 2
two = 22
empty =
esc = a\\;b
#include missing.conf

[tmpl](!)
shared = yes
kind = phone

[alice](tmpl)
name = Alice
; last comment
[bob](tmpl)
name = Bob
kind = soft
"""

RESTRICT = 'catfilter="TEMPLATES=restrict"'


def changed(*changes: tuple[str, ...], keep: bool = True, text: str = FILE) -> str:
    config = ConfigText(text)
    for change, category, name, value, match, *more in changes:
        line, options = (*more, "", "")[:2]
        config.change(change, category, name, value, match, line=line, options=options)
    return config.text(keep_meaning=keep)


def meaning(text: str) -> dict[str, list[tuple[str, str]]]:
    plain = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    return {each.name: [(line.key, line.value) for line in each.lines] for each in reader.read_text(plain)}


def test_nothing_changed_is_nothing_changed() -> None:
    assert changed() == FILE.replace("empty =\n", "empty = \n")


def test_entries() -> None:
    found = changed(
        ("update", "general", "one", "11", ""),
        ("append", "general", "obj", ">99", ""),
        ("delete", "general", "two", "", ""),
        ("insert", "bob", "ins", "x", "", "1"),
        ("newcat", "new", "", "", "", "", 'inherit="tmpl"'),
        ("append", "new", "semi", "a;b", ""),
    )
    assert "one = 11 ; trailing\n; a comment of two\nempty = \nesc = a\\;b\nobj => 99\n" in found
    assert "[bob](tmpl)\nins = x\nname = Bob\nkind = soft\n\n[new](tmpl)\nsemi = a\\;b\n" in found
    assert meaning(found)["new"] == [("shared", "yes"), ("kind", "phone"), ("semi", "a;b")]


def test_who_inherits_keeps_what_it_had() -> None:
    change = ("update", "tmpl", "kind", "soft", "", "", RESTRICT)
    kept = changed(change)
    assert "[alice](tmpl)\nkind = phone\nname = Alice\n" in kept
    assert "[bob](tmpl)\nkind = phone\nname = Bob\n" in kept
    loose = changed(change, keep=False)
    assert "[alice](tmpl)\nname = Alice\n" in loose and "[bob](tmpl)\nname = Bob\n" in loose


def test_categories() -> None:
    assert "[carol](tmpl)\nname = Alice\n" in changed(("renamecat", "alice", "", "carol", ""))
    assert "alice" not in changed(("delcat", "alice", "", "", ""))
    twice = changed(("newcat", "alice", "", "", "", "", "allowdups"), ("append", "alice", "a", "b", ""))
    assert twice.count("[alice]") == 2 and twice.count("a = b") == 2
    assert "[alice]" not in changed(("delcat", "alice", "", "", ""), text=twice)
    emptied = meaning(changed(("emptycat", "general", "", "", "")))
    assert emptied["general"] == []


@pytest.mark.parametrize(
    ("change", "why"),
    [(("newcat", "alice", "", "", ""), "Create category did not complete successfully"),
     (("newcat", "x", "", "", "", "", 'inherit="alice"'), "Create category did not complete successfully"),
     (("foo", "alice", "a", "b", ""), "Unknown action command"),
     (("update", "nosuch", "a", "b", ""), "Given category does not exist"),
     (("update", "tmpl", "kind", "b", ""), "Given category does not exist"),
     (("update", "alice", "", "b", ""), "Problem with category, value, or line (if required)"),
     (("update", "alice", "nosuch", "b", ""), "Update did not complete successfully"),
     (("update", "alice", "name", "b", "Bob"), "Update did not complete successfully"),
     (("delete", "alice", "nosuch", "", ""), "Update did not complete successfully"),
     (("renamecat", "alice", "", "", ""), "Problem with category, value, or line (if required)"),
     (("insert", "alice", "a", "b", ""), "Problem with category, value, or line (if required)"),
     (("delcat", "nosuch", "", "", ""), "Given category does not exist")],
)  # fmt: skip
def test_what_cannot_be_done(change: tuple[str, ...], why: str) -> None:
    with pytest.raises(Unwritable) as error:
        changed(change)
    assert str(error.value) == why


def test_filters() -> None:
    lines = reader.read_text("[a]\ntype = type2\nvar = x\n").sections[0].lines
    assert CategoryFilter("type=^type2$,var=x").fits(False, lines)
    assert not CategoryFilter("type=type1").fits(False, lines)
    assert [CategoryFilter(f"TEMPLATES={word}").fits(True, []) for word in ("include", "restrict", "no")] == [
        True, True, False
    ]  # fmt: skip
    with pytest.raises(Unwritable):
        CategoryFilter("a=[")


WORDS = st.text(st.characters(codec="ascii", categories=("L", "N", "P", "S"), exclude_characters="\\"), max_size=8)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(WORDS, max_size=5))
def test_whatever_is_written_is_read(values: list[str]) -> None:
    found = ConfigText("[a]\nb = c\n")
    for value in values:
        found.change("append", "a", "key", f"x{value}", "")
    assert meaning(found.text())["a"][1:] == [("key", f"x{value}") for value in values]
    assert ConfigText(found.text()).text() == found.text()
