"""Headers that the dialplan adds, as far as they may go out."""

import pytest
from asterism.runtime.drivers.pjsip.headers import wire_headers


@pytest.mark.parametrize("name", ["Content-Length", "l", "L", "v", "Via", "f", "CSeq", "m", "X Y", "", "X:"])
def test_no_header_of_pjsips_own_is_sent_twice(name: str) -> None:
    assert wire_headers([(name, "0"), ("X-Mine", "1")]) == [("X-Mine", "1")]


def test_a_value_stays_in_its_line() -> None:
    assert wire_headers([("X-Mine", "1\r\nVia: here")]) == []
