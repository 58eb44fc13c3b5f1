"""Recorders: what they hear beside their call, how silent it is, pauses, and pipes that nobody reads."""

import os
import struct
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.runtime.native.audio import call_in, sine, strength, ulaw
from tests.runtime.native.phone import Phone
from tests.runtime.native.switch import Switch, native
from tests.runtime.native.test_native_players import make_sound

pytestmark = pytest.mark.sip


def talk(phone: Phone, voice: bytes, seconds: float, meanwhile: Callable[[int], None] = lambda frame: None) -> None:
    """Let a phone say something in real time, 20 ms at a time."""
    begin = time.monotonic()
    for frame in range(round(seconds * 50)):
        meanwhile(frame)
        at = frame * 160 % len(voice)
        phone.talk(1, payload=voice[at : at + 160])
        time.sleep(max(0.0, begin + (frame + 1) * 0.02 - time.monotonic()))


def test_it_tells_how_long_it_is_silent(switch: Switch, phone: Phone, tmp_path: Path) -> None:
    call = call_in(switch, phone)
    recorder = native.recorder_open(str(tmp_path / "a.ulaw"), "ulaw")
    native.recorder_start(recorder, call)
    talk(phone, ulaw(sine(440, 1.0)), 0.6)
    assert native.recorder_state(recorder)[1] < 300
    talk(phone, ulaw([0] * 8000), 0.8)
    length, silent = native.recorder_state(recorder)
    assert 400 <= silent <= 1000 and length > 1000
    native.recorder_stop(recorder)
    with pytest.raises(native.StaleError):
        native.recorder_state(recorder)
    phone.bye()


def test_it_writes_nothing_while_it_pauses(switch: Switch, phone: Phone, tmp_path: Path) -> None:
    call = call_in(switch, phone)
    recorder = native.recorder_open(str(tmp_path / "a.sln"), "sln")
    native.recorder_start(recorder, call)
    native.recorder_pause(recorder, True)
    talk(phone, ulaw(sine(440, 1.0)), 0.4)
    assert native.recorder_stop(recorder) < 100
    phone.bye()


def test_it_hears_what_is_played_and_stops_hearing_the_call(switch: Switch, phone: Phone, tmp_path: Path) -> None:
    call = call_in(switch, phone)
    path, kind = make_sound(tmp_path, "sln")
    recorder = native.recorder_open(str(tmp_path / "said.sln"), "sln")
    native.recorder_start(recorder, call)
    native.recorder_hear(recorder, call, False)
    player = native.player_open(str(path), kind, loop=True)
    native.player_start(player, call)
    native.recorder_hear_player(recorder, player)
    talk(phone, ulaw(sine(1320, 1.0)), 0.8)
    native.player_stop(player)
    native.recorder_stop(recorder)
    raw = (tmp_path / "said.sln").read_bytes()
    heard = [int.from_bytes(raw[at : at + 2], "little", signed=True) for at in range(0, len(raw) - 1, 2)]
    middle = len(heard) // 2
    assert strength(heard[middle - 1200 : middle + 1200], 440) > 4000
    assert strength(heard[middle - 1200 : middle + 1200], 1320) < 600
    phone.bye()


def test_a_pipe_that_nobody_reads_holds_up_nobody(switch: Switch, phone: Phone) -> None:
    call = call_in(switch, phone)
    outlet, inlet = os.pipe()
    os.set_blocking(inlet, False)
    room = 0
    while True:  # Fill it.
        try:
            room += os.write(inlet, bytes(4096))
        except BlockingIOError:
            break
    recorder = native.recorder_open_pipe(inlet, 8000)
    native.recorder_start(recorder, call)
    talk(phone, ulaw(sine(440, 1.0)), 0.5)
    assert native.recorder_state(recorder)[0] == 0
    os.read(outlet, room)
    talk(phone, ulaw(sine(440, 1.0)), 0.5)
    assert native.recorder_state(recorder)[0] > 200
    raw = os.read(outlet, 6400)
    heard = [int.from_bytes(raw[at : at + 2], "little", signed=True) for at in range(0, len(raw) - 1, 2)]
    assert strength(heard[-1600:], 440) > 4000
    native.recorder_stop(recorder)
    os.close(outlet)
    os.close(inlet)
    phone.bye()


def test_numbers_that_are_none(switch: Switch) -> None:
    for wrong in (7000, 0, 96000):
        with pytest.raises(ValueError, match="rate"):
            native.recorder_open_pipe(-1, wrong)
    with pytest.raises(native.StaleError):
        native.recorder_hear(1, 1)
    with pytest.raises(native.StaleError):
        native.recorder_pause(1)
    with pytest.raises(native.StaleError):
        native.recorder_feed(1, b"")


def test_the_level_of_each_frame_is_told(switch: Switch) -> None:
    recorder = native.recorder_open_pipe(-1, 8000)
    frame = struct.Struct("<160h")
    for level in (0, 100, -6000):
        native.recorder_feed(recorder, frame.pack(*[level] * 160))
    assert native.recorder_levels(recorder, 0) == (3, [0, 100, 6000])
    assert native.recorder_levels(recorder, 2) == (3, [6000])
    assert native.recorder_levels(recorder, 3) == (3, [])
    native.recorder_feed(recorder, bytes(320 * 600))
    frames, levels = native.recorder_levels(recorder, 3)
    assert (frames, levels) == (603, [0] * 256)
    native.recorder_stop(recorder)
    with pytest.raises(native.StaleError):
        native.recorder_levels(recorder, 0)
