"""How well a call was heard, in the words of Asterisk's RTP: RTPAUDIOQOS and its kin, and CHANNEL(rtcp)."""

from collections.abc import Callable

from asterism import _native as native


def summary(stats: native.MediaStats) -> str:
    """The counters in one line; times in seconds."""
    return (
        f"ssrc={stats.local_ssrc};themssrc={stats.remote_ssrc};lp={stats.rx_lost};"
        f"rxjitter={stats.rx_jitter_ms / 1000:.6f};rxcount={stats.rx_packets};"
        f"txjitter={stats.tx_jitter_ms / 1000:.6f};txcount={stats.tx_packets};rlp={stats.tx_lost};"
        f"rtt={stats.rtt_ms / 1000:.6f};rxmes={experience(stats.rtt, stats.rx_jitter, stats.rx_loss):.6f};"
        f"txmes={experience(stats.rtt, stats.tx_jitter, stats.tx_loss):.6f}"
    )


def experience(rtt: native.Range, jitter: native.Range, loss: native.Range) -> float:
    """Asterisk's Media Experience Score, 0 to 100: a mean opinion score by the E-model's shorter form, times 20."""
    latency_ms = rtt.mean + 2 * jitter.mean + 10
    rating = 93.2 - latency_ms / 40 if latency_ms < 160 else 93.2 - (latency_ms - 120) / 10
    rating = max(0.0, min(100.0, rating - 2.0 * loss.mean))
    return 20 * (1 + 0.035 * rating + rating * (rating - 60) * (100 - rating) * 0.000007)


def _ranges(*named: tuple[str, native.Range, float]) -> str:
    """`minrxjitter=...;maxrxjitter=...;`, each figure in Asterisk's unit, short names behind its spaces."""
    return "".join(
        f"{' ' * (8 - len(name))}{word}{name}={value / unit:010.6f};"
        for name, found, unit in named
        for word, value in (
            ("min", found.least),
            ("max", found.most),
            ("avg", found.mean),
            ("stdev", found.deviation),
        )
    )


FORMS: dict[str, Callable[[native.MediaStats], str]] = {
    "RTPAUDIOQOS": summary,
    "RTPAUDIOQOSJITTER": lambda stats: _ranges(
        ("rxjitter", stats.rx_jitter, 1000), ("txjitter", stats.tx_jitter, 1000)
    ),
    "RTPAUDIOQOSLOSS": lambda stats: _ranges(("rxlost", stats.rx_loss, 1), ("txlost", stats.tx_loss, 1)),
    "RTPAUDIOQOSRTT": lambda stats: _ranges(("rtt", stats.rtt, 1000)),
}
"""The variables that a channel gets when it ends, as the core asks for them by `Leg.read`."""
