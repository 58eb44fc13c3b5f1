"""Attaching, detaching, and what is left afterwards; each in a process of its own, since PJSIP is one a process."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.runtime.native.switch import native

pytestmark = pytest.mark.sip
ROOT = Path(__file__).resolve().parents[3]


def run(script: str) -> str:
    code = "from tests.runtime.native.switch import Switch, native, pj\nfrom tests.runtime.native.phone import Phone\n"
    path = os.pathsep.join([str(ROOT), str(ROOT / "contrib" / "namespace"), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-c", code + textwrap.dedent(script)],
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_detaching_in_the_middle_of_everything() -> None:
    out = run("""
        switch = Switch()
        switch.everybody()
        with Phone(switch.port) as phone, Phone(switch.port, host="127.0.0.3") as other:
            phone.invite()
            incoming = switch.wait(native.Incoming)
            switch.answer(incoming)
            phone.established()
            switch.wait(native.CallMedia)
            native.relay(incoming.call, incoming.call)
            native.player_start(native.tone_open([(440, 0, 100, 0)], loop=True), incoming.call)
            native.tone_open([(440, 0, 100, 0)])
            native.send_request("OPTIONS", other.uri)
            other.send(other.make("SUBSCRIBE"))
            switch.wait(native.Request)
            print(native.counts())
            native.detach()
            print(other.answer_of().code)
            native.detach()
            switch.calls.clear()
            switch.account = None
            switch.endpoint.libDestroy()
        assert not any(native.counts()), native.counts()
    """)
    assert "tokens=1, results=1, relays=1, players=2" in out
    assert "503" in out


def test_one_endpoint_after_another() -> None:
    run("""
        numbers = set()
        for _ in range(3):
            switch = Switch()
            switch.everybody()
            with Phone(switch.port) as phone:
                phone.invite()
                incoming = switch.wait(native.Incoming)
                numbers.add(incoming.call)
                switch.answer(incoming)
                phone.established()
            switch.stop()
            assert not native.is_live(incoming.call)
            assert not any(native.counts()), native.counts()
        assert len(numbers) == 3
    """)


def test_attaching_too_early_or_twice() -> None:
    run("""
        try:
            native.attach()
        except native.NativeError:
            pass
        else:
            raise SystemExit("attached to nothing")
        assert not any(native.counts())
        assert native.drain() == []
        native.detach()
        switch = Switch()
        try:
            native.attach()
        except native.NativeError:
            pass
        else:
            raise SystemExit("attached twice")
        switch.stop()
    """)


def test_nothing_is_printed_by_the_stack() -> None:
    out = run("""
        switch = Switch()
        switch.stop()
    """)
    assert out == ""


@pytest.mark.skipif("ASTERISM_NATIVE" in os.environ, reason="once is enough")
def test_the_stub_tells_the_truth() -> None:
    pytest.importorskip("mypy")
    path = ROOT / "contrib" / "namespace"
    allowed = "__test__\n.*cython__\n"
    done = subprocess.run(
        [sys.executable, "-m", "mypy.stubtest", "asterism._native", "--allowlist", "/dev/stdin"],
        input="\n".join(f"asterism._native.{line}" for line in allowed.split()),
        text=True,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(path), "MYPYPATH": str(path)},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert native.VERSION.startswith("2.")


def test_codecs_go_to_sip_and_come_back(tmp_path: Path) -> None:
    """They belong to one endpoint of a process: sounds are read with them before SIP, and after it."""
    sound = tmp_path / "x.ulaw"
    sound.write_bytes(b"\xff" * 160)
    out = run(f"""
        def read():
            return len(native.sound_samples({str(sound)!r}, "ulaw", 8000))

        before = read()
        for _ in range(2):
            switch = Switch()
            switch.everybody()
            with Phone(switch.port) as phone:
                phone.invite()
                switch.answer(switch.wait(native.Incoming))
                phone.established()
                during = read()
                phone.bye()
                switch.wait(native.CallState, state="disconnected")
            switch.stop()
        recorder = native.recorder_open({str(tmp_path / "y.ulaw")!r}, "ulaw")
        busy = native.give_codecs_away()
        native.recorder_stop(recorder)
        print(before, during, read(), busy, native.give_codecs_away())
    """)
    assert out.split() == ["320", "320", "320", "False", "True"]


def test_pjsip_waits_for_who_reads_a_file(tmp_path: Path) -> None:
    """Files are read in threads; the codecs must not go under them."""
    long, short = tmp_path / "long.gsm", tmp_path / "short.gsm"
    frame = b"\xd0" + b"\x5a" * 32
    long.write_bytes(frame * 80_000)
    short.write_bytes(frame)
    out = run(f"""
        import threading

        native.sound_samples({str(short)!r}, "gsm", 8000)
        switch = Switch()
        for end in (native.detach, native.give_codecs_away):
            reader = threading.Thread(target=native.sound_samples, args=({str(long)!r}, "gsm", 8000))
            reader.start()
            reader.join(0.1)
            end()
            reader.join(0.3)
            print(reader.is_alive())
            reader.join()
            if end == native.detach:
                switch.stop()
        try:
            native.sound_samples({str(short)!r}, "gsm", 8000)
        except native.NativeError as error:
            print(error)
    """)
    assert out.splitlines() == ["False", "False", "PJSIP's codecs cannot be used"]


def test_what_only_tells_leaves_room_for_calls() -> None:
    out = run("""
        switch = Switch()
        native.detach()
        native.attach(max_queued=20)
        switch.everybody()
        native.trace(True)
        with Phone(switch.port) as phone:
            for _ in range(20):
                phone.send(phone.make("BYE"))
                assert phone.answer_of().code == 481
            print(native.counts().records)
            phone.invite()
            print(switch.wait(native.Incoming).uri)
        switch.stop()
    """)
    told, uri = out.split()
    assert told == "10"
    assert uri.startswith("sip:")
