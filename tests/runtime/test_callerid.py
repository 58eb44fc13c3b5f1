"""Caller ids in one line."""

import pytest
from asterism.runtime import callerid
from asterism.runtime.driver import Party
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("text", "number", "name"),
    [
        ('"Anna Smith" <6001>', "6001", "Anna Smith"),
        ("Anna <6001>", "6001", "Anna"),
        ("<6001>", "6001", ""),
        ("6001", "6001", ""),
        ("+49 (30) 555-1234", "+49305551234", ""),
        ("Anna", "", "Anna"),
        ("Bob 12", "", "Bob 12"),
        ('"Bob <1>" <2>', "2", "Bob <1>"),
        ('"A\\"B" <1>', "1", 'A"B'),
        ("Bob<12", "12", "Bob"),
        ("", "", ""),
    ],
)
def test_parse(text: str, number: str, name: str) -> None:
    assert callerid.parse(text) == Party(number, name)


@given(st.text())
def test_any_text_is_some_party(text: str) -> None:
    assert isinstance(callerid.parse(text), Party)


@given(st.text("0123456789*#+", min_size=1), st.text(st.characters(exclude_characters='"\\<>'), max_size=20))
def test_what_was_written_can_be_read(number: str, name: str) -> None:
    party = Party(number, name)
    assert callerid.parse(callerid.written(party)) == party
