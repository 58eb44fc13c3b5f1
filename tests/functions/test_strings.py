"""REGEX by Python's own expressions finds what the C library's finds."""

import pytest
from asterism.dialplan import regex
from asterism.functions.strings import _PLAIN, _matcher
from hypothesis import given, settings
from hypothesis import strategies as st

ATOMS = st.sampled_from(["a", "b", "1", "-", "#", " ", "[0-9]", "[ab1]", "[a-c0]", "[A-Za-z0-9]"])
REPEATS = st.sampled_from(["", "", "*", "+", "?", "{2}", "{1,}", "{0,2}"])
PATTERNS = st.builds(
    lambda start, middle, end: start + "".join(atom + repeat for atom, repeat in middle) + end,
    st.sampled_from(["", "^"]),
    st.lists(st.tuples(ATOMS, REPEATS), max_size=5),
    st.sampled_from(["", "$"]),
)
TEXTS = st.text(alphabet="ab1c-# \n9Zé", max_size=8)


@settings(deadline=None, max_examples=400)
@given(PATTERNS, TEXTS)
def test_both_kinds_of_expression_agree(pattern: str, text: str) -> None:
    assert _PLAIN.fullmatch(pattern)
    assert bool(_matcher(pattern)(text)) == bool(regex.compiled(pattern).search(text))


@pytest.mark.parametrize("pattern", ["a*+", "a+?", "(a", "a|b", "a.b", "[[:digit:]]", "[^a]", r"\d", "a{2}{3}", "[]a]"])
def test_what_the_two_read_otherwise_is_left_to_the_c_library(pattern: str) -> None:
    assert not _PLAIN.fullmatch(pattern)
