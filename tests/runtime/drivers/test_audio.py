"""Who is relayed and who is mixed, as calls begin and cease to hear each other."""

from typing import Any

import pytest

native = pytest.importorskip("asterism._native", reason="needs the native part")
CallAudio = pytest.importorskip("asterism.runtime.drivers.pjsip.audio", reason="needs pjsua2").CallAudio


class Wired:
    """What the native part would have connected; a relay stands for both ways."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.relayed: set[frozenset[int]] = set()
        self.mixed: set[frozenset[int]] = set()
        monkeypatch.setattr(native, "relay", self._relay)
        monkeypatch.setattr(native, "unrelay", self._unrelay)
        monkeypatch.setattr(native, "connect", lambda a, b, both=True: self.mixed.add(frozenset((a, b))))
        monkeypatch.setattr(native, "disconnect", lambda a, b: self.mixed.discard(frozenset((a, b))))

    def _relay(self, a: int, b: int) -> bool:
        self.relayed.add(frozenset((a, b)))
        return True

    def _unrelay(self, call: int) -> None:
        self.relayed = {pair for pair in self.relayed if call not in pair}


class _Call:
    def __init__(self, number: int) -> None:
        self.number = number


def made(count: int, codec: str = "PCMU/8000") -> list[Any]:
    calls = [CallAudio(_Call(number)) for number in range(1, count + 1)]
    for each in calls:
        each.media_changed(codec)
    return calls


@pytest.fixture
def wired(monkeypatch: pytest.MonkeyPatch) -> Wired:
    return Wired(monkeypatch)


def test_two_are_relayed_unless_a_third_one_listens(wired: Wired) -> None:
    one, two, spy = made(3)
    one.hear([two])
    two.hear([one])
    assert (wired.relayed, wired.mixed) == ({frozenset((1, 2))}, set())
    spy.hear([one, two])
    assert not wired.relayed and wired.mixed == {frozenset(pair) for pair in ((1, 2), (1, 3), (2, 3))}
    spy.hear([])
    assert (wired.relayed, wired.mixed) == ({frozenset((1, 2))}, set())


@pytest.mark.parametrize("codec", ["PCMU/8000", ""])
def test_who_is_gone_is_heard_by_nobody(wired: Wired, codec: str) -> None:
    one, two, gone = made(3)
    gone.media_changed(codec)
    one.hear([two, gone])
    two.hear([one])
    assert not wired.relayed
    gone.close()
    assert (wired.relayed, wired.mixed) == ({frozenset((1, 2))}, set())


def test_joining_many_costs_no_more_than_each_with_each(wired: Wired, monkeypatch: pytest.MonkeyPatch) -> None:
    calls, asked = made(20), []
    wanted = CallAudio._wanted
    monkeypatch.setattr(CallAudio, "_wanted", lambda self, other: asked.append(1) or wanted(self, other))
    for each in calls:
        each.hear([other for other in calls if other is not each])
    assert len(wired.mixed) == 20 * 19 / 2
    assert len(asked) < 2 * 20 * 20
