"""What is said, in the names of Asterisk's prompts."""

from datetime import UTC, datetime, timedelta

import pytest
from asterism.runtime import say
from hypothesis import given
from hypothesis import strategies as st


def spoken(names: list[str]) -> str:
    return " ".join(name.removeprefix("digits/") for name in names)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0, "0"),
        (7, "7"),
        (20, "20"),
        (21, "20 1"),
        (90, "90"),
        (100, "1 hundred"),
        (123, "1 hundred 20 3"),
        (-21, "minus 20 1"),
        (1000, "1 thousand"),
        (1234567, "1 million 2 hundred 30 4 thousand 5 hundred 60 7"),
        (2147483647, "2 billion 1 hundred 40 7 million 4 hundred 80 3 thousand 6 hundred 40 7"),
    ],
)
def test_a_number(value: int, words: str) -> None:
    assert spoken(say.number(value)) == words


@pytest.mark.parametrize(
    ("value", "words"), [(1, "h-1"), (21, "20 h-1"), (30, "h-30"), (100, "1 h-hundred"), (123, "1 hundred 20 h-3")]
)
def test_a_place_in_a_row(value: int, words: str) -> None:
    assert spoken(say.ordinal(value)) == words


def test_digits_and_letters() -> None:
    assert spoken(say.digits("12*#-3a")) == "1 2 star pound minus 3"
    assert say.letters("Ab 1*.#$") == [
        *("letters/a", "letters/b", "letters/space", "digits/1"),
        *("digits/star", "letters/dot", "digits/pound", "letters/dollar"),
    ]
    assert say.phonetic("aZ1") == ["phonetic/a_p", "phonetic/z_p", "digits/1"]
    assert say.letters("é\n") == []


NOW = datetime(2001, 9, 9, 1, 46, 40, tzinfo=UTC)


@pytest.mark.parametrize(
    ("when", "pattern", "words"),
    [
        (NOW, say.DEFAULT_TIME, "day-0 mon-8 h-9 2 thousand 1 at 1 40 6 a-m"),
        (NOW, "HkMSm", "oh 1 1 40 6 40 h-9"),
        (NOW.replace(hour=0, minute=0, second=5), "RTIp", "oh oclock oh oclock oh 5 12 a-m"),
        (NOW.replace(hour=12, minute=5), "IMp", "12 oh 5 p-m"),
        (NOW, "Qq", "today today"),
        (NOW - timedelta(days=1), "Q", "yesterday"),
        (NOW + timedelta(days=1), "q", "tomorrow"),
        (NOW - timedelta(days=6), "Q", "day-1"),
        (NOW - timedelta(days=7), "Q", "day-0 mon-8 h-2"),
        (NOW - timedelta(days=100), "Q", "mon-5 h-1"),
        (NOW - timedelta(days=365), "Q", "mon-8 h-9 2 thousand"),
        (NOW.replace(year=1960), "Y", "19 60"),
        (NOW.replace(year=1905), "Y", "19 oh 5"),
        (NOW.replace(year=1900), "Y", "19 hundred"),
        (NOW, "'beep' 'goodbye'x", "beep goodbye"),
    ],
)
def test_a_time(when: datetime, pattern: str, words: str) -> None:
    assert spoken(say.time(when, pattern, NOW)) == words


@given(st.datetimes(timezones=st.just(UTC)), st.text("ABYdIMp'QqRTSHklmx ", max_size=12))
def test_any_pattern_says_something_of_any_time(when: datetime, pattern: str) -> None:
    assert all(isinstance(name, str) for name in say.time(when, pattern, NOW))


@given(st.integers(-say.LARGEST, say.LARGEST))
def test_any_number_can_be_said(value: int) -> None:
    words = spoken(say.number(value)).split()
    scales = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9}
    total = part = 0
    for word in words:
        if word == "hundred":
            part *= 100
        elif word in scales:
            total, part = total + part * scales[word], 0
        elif word != "minus":
            part += int(word)
    assert (total + part) * (-1 if "minus" in words else 1) == value
