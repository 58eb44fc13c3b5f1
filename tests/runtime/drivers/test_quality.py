"""The figures of RTPAUDIOQOS."""

import pytest

native = pytest.importorskip("asterism._native", reason="needs the native part")
quality = pytest.importorskip("asterism.runtime.drivers.pjsip.quality", reason="needs pjsua2")
Range = native.Range


def test_the_media_experience_score() -> None:
    """The first is what Asterisk 22 says of a call in which nothing went wrong."""

    def score(rtt_ms: float = 0, jitter_ms: float = 0, lost: float = 0) -> float:
        return float(quality.experience(Range(mean=rtt_ms), Range(mean=jitter_ms), Range(mean=lost)))

    best = score()
    assert best == pytest.approx(88.087887, abs=0.000001)
    assert best > score(rtt_ms=50) > score(rtt_ms=200) > score(rtt_ms=400)
    assert score(jitter_ms=20) == score(rtt_ms=40)
    assert best > score(lost=1) > score(lost=10)
    assert score(rtt_ms=5000, lost=100) == 20


def test_what_is_said_of_a_call() -> None:
    stats = native.MediaStats(
        347, 55520, 3, 1.25, 346, 55360, 2, 1.0, 20.0, 7, 9, "PCMU/8000", ("127.0.0.1", 1), ("127.0.0.1", 2), False,
        Range(0, 2.5, 1.25, 0.5), Range(0, 1, 1, 0), Range(0, 3, 1.5, 1.5), Range(0, 2, 1, 1), Range(10, 30, 20, 5),
    )  # fmt: skip
    said = {name: form(stats) for name, form in quality.FORMS.items()}
    assert said["RTPAUDIOQOS"].startswith(
        "ssrc=7;themssrc=9;lp=3;rxjitter=0.001250;rxcount=347;txjitter=0.001000;txcount=346;rlp=2;rtt=0.020000;rxmes="
    )
    assert said["RTPAUDIOQOSJITTER"].startswith(
        "minrxjitter=000.000000;maxrxjitter=000.002500;avgrxjitter=000.001250;stdevrxjitter=000.000500;mintxjitter="
    )
    assert said["RTPAUDIOQOSLOSS"].startswith("  minrxlost=000.000000;  maxrxlost=003.000000;  avgrxlost=001.500000;")
    assert said["RTPAUDIOQOSRTT"] == (
        "     minrtt=000.010000;     maxrtt=000.030000;     avgrtt=000.020000;     stdevrtt=000.005000;"
    )
