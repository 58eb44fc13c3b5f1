"""Who asked for something and was not recognised, and for how long that is remembered."""

from typing import Any

import pytest

native = pytest.importorskip("asterism._native", reason="needs the native part")
connections = pytest.importorskip("asterism.runtime.drivers.pjsip.connections", reason="needs pjsua2")


def asked(host: str, identity: int = 0) -> Any:
    return native.Security(
        "InvalidAccountID", identity, "u", "INVITE", 0, "udp", (host, 5060), ("127.0.0.1", 5060), "id"
    )


def test_strangers_are_forgotten_in_the_order_they_came() -> None:
    time_s = 100.0
    strangers = connections.Strangers(lambda: time_s)
    strangers.take(asked("10.0.0.2"))
    time_s += 4
    for host in ("10.0.0.1", "10.0.0.2", "10.0.0.3"):
        strangers.take(asked(host))
    strangers.take(asked("10.0.0.3", identity=7))  # Recognised after all.
    assert [(each.host, each.count, each.age_s) for each in strangers.facts()] == [
        ("10.0.0.1", 1, 0),
        ("10.0.0.2", 2, 4),
    ]
    time_s += connections.STRANGER_S - 3
    assert [each.host for each in strangers.facts()] == ["10.0.0.1"]
    time_s += 4
    assert strangers.facts() == []


def test_strangers_are_bounded() -> None:
    strangers = connections.Strangers(lambda: 0.0)
    for number in range(connections.STRANGERS_MAX + 5):
        strangers.take(asked(f"host{number}"))
    assert len(strangers.facts()) == connections.STRANGERS_MAX
