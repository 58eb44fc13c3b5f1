"""Encodings of sound files, with PJSIP's codecs but without SIP."""

import array
import math
from pathlib import Path

import pytest
from asterism.runtime import pcm
from asterism.runtime.driver import SoundFile

pytest.importorskip("asterism._native", exc_type=ImportError)


def tone(rate_hz: int, seconds: float = 0.2) -> "array.array[int]":
    """Return 400 Hz."""
    count = round(rate_hz * seconds)
    return array.array("h", (round(10000 * math.sin(2 * math.pi * 400 * at / rate_hz)) for at in range(count)))


def correlation(a: "array.array[int]", b: "array.array[int]") -> float:
    """Return how alike two sounds are, whatever short delay a codec has."""

    a, b = a[:1200], b[:1240]

    def at(delay: int) -> float:
        product = sum(x * y for x, y in zip(a, b[delay:], strict=False))
        return product / math.sqrt(sum(x * x for x in a) * sum(y * y for y in b))

    return max(at(delay) for delay in range(0, 40, 4))


@pytest.mark.parametrize("file_format", sorted(pcm.RATES_HZ))
def test_what_is_written_can_be_read(tmp_path: Path, file_format: str) -> None:
    rate = pcm.RATES_HZ[file_format]
    path = tmp_path / f"x.{file_format}"
    pcm.write(path, file_format, tone(rate))
    pcm.write(path, file_format, tone(rate), append=True)
    sound = SoundFile(path, "wav" if file_format == "wav16" else file_format)
    back = pcm.read(sound, rate)
    assert len(back) == 2 * rate // 5
    assert correlation(tone(rate), back[: rate // 5]) > 0.9
    other = pcm.read(sound, 24000 - rate)
    assert len(other) == 2 * (24000 - rate) // 5
    assert correlation(tone(24000 - rate), other[: (24000 - rate) // 5]) > 0.8
    pcm.truncate(path, file_format, 100)
    assert len(pcm.read(sound, rate)) == rate // 10


def test_what_is_no_sound(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        pcm.read(SoundFile(tmp_path / "x.gsm", "gsm"), 8000)
    (tmp_path / "x.wav").write_bytes(b"RIFF")
    with pytest.raises(ValueError, match=r"x\.wav"):
        pcm.read(SoundFile(tmp_path / "x.wav", "wav"), 8000)
    with pytest.raises(OSError, match="No such file"):
        pcm.write(tmp_path / "no" / "x.gsm", "gsm", tone(8000))
