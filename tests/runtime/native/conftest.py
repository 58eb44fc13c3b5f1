"""The endpoint and the phones of these tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.runtime.native.phone import Phone
from tests.runtime.native.switch import Switch, native


@pytest.fixture(scope="package")
def the_switch() -> Iterator[Switch]:
    switch = Switch()
    yield switch
    switch.stop()


@pytest.fixture
def switch(the_switch: Switch) -> Iterator[Switch]:
    the_switch.everybody()
    the_switch.pump(0)
    the_switch.events.clear()
    yield the_switch
    the_switch.pump(0.05)
    for call in list(the_switch.calls):
        if native.is_live(call):
            the_switch.hangup(call)
    the_switch.at_rest()


@pytest.fixture
def phone(switch: Switch) -> Iterator[Phone]:
    with Phone(switch.port) as phone:
        yield phone


@pytest.fixture
def other(switch: Switch) -> Iterator[Phone]:
    with Phone(switch.port, host="127.0.0.3") as phone:
        yield phone
