"""Times of includes, GotoIfTime, and IFTIME, as Asterisk reads them."""

from datetime import UTC, datetime

import pytest
from asterism.dialplan import timing
from asterism.dialplan.plan import Included

SUNDAY_NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC).timestamp()


def holds(text: str, zone: str = ",UTC") -> bool:
    found = timing.parse(text + zone if text.count(",") == 3 else text)
    return found is not None and found.holds(SUNDAY_NOON)


@pytest.mark.parametrize(
    "text",
    [
        "*,*,*,*", "00:00-23:59,*,*,*", "12:00,*,*,*", "12:00-12:00,*,*,*", "18:00-12:00,*,*,*", ",,,",
        "12:00am-12:59pm,*,*,*", "11:00 - 13:00 ,*,*,*", " 11:00-13:00&,*,*,*", "nonsense&12:00,*,*,*",
        "*,sun,*,*", "*,SUN,*,*", "*,1,*,*", "*,fri-mon,*,*", "*,6-2,*,*", "*,xyz&sun,*,*", "*,*,22,*", "*,*,01-31,*",
        "*,*,20-3,*", "*,*,*,nov", "*,*,*,11", "*,*,*,oct-jan", "*,*,*,jan&nov", "*|*|*|*",
    ],
)  # fmt: skip
def test_it_holds(text: str) -> None:
    assert holds(text)


@pytest.mark.parametrize(
    "text",
    [
        "", "12:01,*,*,*", "nonsense,*,*,*", "0-23:59,*,*,*", "00:00-24:00,*,*,*", "00:00-,*,*,*", "* ,*,*,*",
        "*,sunday,*,*", "*,0-6,*,*", "*, sun,*,*", "*,* ,*,*", "*,2-7,*,*", "*,*,23,*", "*,*,1-32,*", "*,*,0-31,*",
        "*,*,*,november", "*,*,*,jan-dec-feb", "*,*,*,jan-",
    ],
)  # fmt: skip
def test_it_does_not_hold(text: str) -> None:
    assert not holds(text)


def test_the_zone_is_the_fifth_of_five_fields() -> None:
    assert holds("11:59-12:01,*,*,*,Nope/Zone") and holds("19:00-22:00,*,*,*,Asia/Tokyo")
    assert not holds("19:00-22:00,*,*,*,Asia/Tokyo,more")


def test_a_bar_ends_the_name_of_an_included_context_before_any_comma() -> None:
    assert Included("a,*|*").context == "a,*"
    assert Included("a|*,sun").context == "a"
