"""Sound files and tones played to calls, and calls recorded."""

from __future__ import annotations

import struct
import threading
import time
import wave
from pathlib import Path

import pytest

from tests.runtime.native.audio import call_in, samples_of, settled, sine, strength, ulaw
from tests.runtime.native.phone import Phone
from tests.runtime.native.switch import Switch, native

pytestmark = pytest.mark.sip


def test_a_tone_is_heard_and_ends(switch: Switch, phone: Phone) -> None:
    call = call_in(switch, phone)
    settled(phone)
    player = native.tone_open([(440, 0, 300, 100), (0, 0, 100, 0)])
    native.player_start(player, call)
    heard = phone.hear_all(0.45)
    ended = switch.wait(native.PlayerEnded)
    assert (ended.player, ended.call, ended.reason) == (player, call, "end")
    assert 450 <= ended.position_ms <= 520
    samples = samples_of(heard[2:12])
    assert strength(samples, 440) > 3000
    assert strength(samples, 1000) < 300
    with pytest.raises(native.StaleError):
        native.player_start(player, call)
    settled(phone)
    assert phone.hear_all(0.2) == []
    phone.bye()


def test_a_loop_plays_until_stopped(switch: Switch, phone: Phone) -> None:
    call = call_in(switch, phone)
    player = native.tone_open([(350, 440, 40, 0)], loop=True)
    native.player_start(player, call)
    assert len(phone.hear_all(0.4)) > 12
    assert native.player_position_ms(player) > 200
    native.player_stop(player)
    assert switch.wait(native.PlayerEnded).reason == "stopped"
    native.player_stop(player)
    phone.bye()


def test_a_player_ends_with_its_call(switch: Switch, phone: Phone) -> None:
    call = call_in(switch, phone)
    native.player_start(native.tone_open([(400, 0, 5000, 0)]), call)
    phone.bye()
    assert switch.wait(native.PlayerEnded).reason == "call"
    switch.wait(native.CallState, state="disconnected")


def test_early_media(switch: Switch, phone: Phone) -> None:
    phone.invite()
    incoming = switch.wait(native.Incoming)
    switch.answer(incoming, 183)
    phone.learn(phone.answer_of(183))
    switch.wait(native.CallMedia)
    native.player_start(native.tone_open([(440, 0, 300, 0)]), incoming.call)
    assert strength(samples_of(phone.hear_all(0.3)[2:10]), 440) > 2000
    switch.hangup(incoming.call)


def write_wav(path: Path, samples: list[int], rate: int = 8000, channels: int = 1) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(struct.pack(f"<{len(samples)}h", *samples))


def make_sound(folder: Path, kind: str) -> tuple[Path, str]:
    """A file of 440 Hz of the given kind, half a second long."""
    path = folder / f"tone.{kind}"
    if kind == "wav":
        write_wav(path, sine(440, 0.5))
    elif kind == "wav16":
        write_wav(path, sine(440, 0.5, 16000), 16000)
    elif kind == "wav-ulaw":
        body = ulaw(sine(440, 0.5))
        fmt = struct.pack("<HHIIHHH", 7, 1, 8000, 8000, 1, 8, 0)
        chunks = b"fmt " + struct.pack("<I", 18) + fmt + b"junk" + struct.pack("<I", 3) + b"abc\0"
        chunks += b"data" + struct.pack("<I", len(body)) + body
        path.write_bytes(b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks)
        return path, "wav"
    elif kind == "ulaw":
        path.write_bytes(ulaw(sine(440, 0.5)))
    elif kind.startswith("sln"):
        rate = {"sln": 8000, "sln16": 16000, "sln48": 48000}[kind]
        samples = sine(440, 0.5, rate)
        path.write_bytes(struct.pack(f"<{len(samples)}h", *samples))
    return path, "wav" if kind == "wav16" else kind


@pytest.mark.parametrize("kind", ["wav", "wav16", "wav-ulaw", "ulaw", "sln", "sln16", "sln48"])
def test_sound_files_are_played(switch: Switch, phone: Phone, tmp_path: Path, kind: str) -> None:
    call = call_in(switch, phone)
    settled(phone)
    path, name = make_sound(tmp_path, kind)
    native.player_start(native.player_open(str(path), name), call)
    samples = samples_of(phone.hear_all(0.6))
    assert switch.wait(native.PlayerEnded).reason == "end"
    assert strength(samples[800:3200], 440) > 6000
    assert strength(samples[800:3200], 1320) < 600
    phone.bye()


@pytest.mark.parametrize("kind", ["alaw", "gsm", "g722", "ulaw", "sln16", "wav", "wav16"])
def test_recorded_sounds_play_back(switch: Switch, phone: Phone, tmp_path: Path, kind: str) -> None:
    """What is recorded in a format, by pjmedia's encoder, is read back by the player."""
    call = call_in(switch, phone)
    path = tmp_path / f"said.{kind}"
    recorder = native.recorder_open(str(path), kind)
    native.recorder_start(recorder, call)
    voice = ulaw(sine(440, 1.0))
    begin = time.monotonic()
    for i in range(50):
        phone.talk(1, payload=voice[i * 160 : i * 160 + 160])
        time.sleep(max(0.0, begin + (i + 1) * 0.02 - time.monotonic()))
    switch.pump(0.2)
    length = native.recorder_stop(recorder)
    assert 900 <= length <= 2000
    assert native.recorder_stop(recorder) == 0
    settled(phone)
    native.player_start(native.player_open(str(path), kind), call)
    samples = samples_of(phone.hear_all(length / 1000 + 0.2))
    assert switch.wait(native.PlayerEnded).reason == "end"
    middle = len(samples) // 2
    assert strength(samples[middle - 1200 : middle + 1200], 440) > 4000
    phone.bye()


def test_bad_files_are_refused(tmp_path: Path, switch: Switch) -> None:
    with pytest.raises(FileNotFoundError):
        native.player_open(str(tmp_path / "none.wav"), "wav")
    with pytest.raises(OSError, match="directory"):
        native.player_open(str(tmp_path), "ulaw")
    path = tmp_path / "bad.wav"
    for content in (
        b"",
        b"RIFF",
        b"RIFF\0\0\0\0WAVE",
        b"RIFF\0\0\0\0WAVEdata\0\0\0\0",
        b"x" * 100,
        b"RIFF\0\0\0\0WAVEfmt \xff\xff\xff\xff" + b"\0" * 40,
        b"RIFF\0\0\0\0WAVEjunk\xff\xff\xff\xffdata",
    ):
        path.write_bytes(content)
        with pytest.raises(ValueError, match="not a sound"):
            native.player_open(str(path), "wav")
    write_wav(path, [0] * 100, channels=2)
    with pytest.raises(ValueError, match="not a sound"):
        native.player_open(str(path), "wav")
    with pytest.raises(ValueError, match="not a sound"):
        native.player_open(str(path), "mp3")
    for tones in ([(440, 0, -1, 0)], [(99999, 0, 100, 0)], [(0, 0, 0, 0)], [(440, 0, 999999, 0)]):
        with pytest.raises(ValueError, match="tone"):
            native.tone_open(tones)
    with pytest.raises(ValueError, match="tone"):
        native.tone_open([])
    with pytest.raises(FileNotFoundError):
        native.recorder_open(str(tmp_path / "no" / "such"), "wav")
    with pytest.raises(ValueError, match="format"):
        native.recorder_open(str(tmp_path / "x"), "mp3")


def test_an_empty_file_ends_at_once(switch: Switch, phone: Phone, tmp_path: Path) -> None:
    call = call_in(switch, phone)
    path = tmp_path / "empty.ulaw"
    path.write_bytes(b"")
    native.player_start(native.player_open(str(path), "ulaw", loop=True), call)
    assert switch.wait(native.PlayerEnded).reason == "end"
    phone.bye()


def test_sounds_open_on_other_threads(switch: Switch, tmp_path: Path) -> None:
    path, kind = make_sound(tmp_path, "ulaw")
    players: list[int] = []

    def work() -> None:
        for _ in range(50):
            players.append(native.player_open(str(path), kind))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(players)) == 200
    assert native.counts().players == 200
    for player in players:
        native.player_stop(player)
    switch.nothing(native.PlayerEnded, 0.05)


@pytest.mark.parametrize(("rate_hz", "wanted_hz"), [(11025, 8000), (22050, 8000), (8000, 11025), (8001, 8000)])
def test_samples_of_any_rate(tmp_path: Path, rate_hz: int, wanted_hz: int) -> None:
    """Also of rates that share no whole number of samples in 20 ms: none is missing, none made up."""
    path = tmp_path / "x.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes(struct.pack(f"<{rate_hz}h", *sine(440, 1.0, rate_hz)))
    raw = native.sound_samples(str(path), "wav", wanted_hz)
    samples = [value for (value,) in struct.iter_unpack("<h", raw)]
    assert len(samples) == wanted_hz
    assert strength(samples, 440, wanted_hz) == pytest.approx(8000, rel=0.02)
    assert max(map(abs, samples)) < 8800
