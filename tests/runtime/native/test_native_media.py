"""Audio: packets relayed between two legs, DTMF, players, the bridge."""

from __future__ import annotations

import math
import struct
import threading
import time
import wave
from pathlib import Path

import pytest

from tests.runtime.native.phone import Phone, Rtp, sdp
from tests.runtime.native.switch import Switch, native

pytestmark = pytest.mark.sip

OTHER_NUMBERS = "a=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:96 telephone-event/8000\r\na=fmtp:96 0-16\r\n"


def call_in(switch: Switch, phone: Phone, body: str | None = None) -> int:
    """Let a phone call us, and answer."""
    phone.invite(body=body)
    incoming = switch.wait(native.Incoming)
    switch.answer(incoming)
    phone.established()
    switch.wait(native.CallMedia)
    switch.wait(native.CallState, state="confirmed")
    number: int = incoming.call
    return number


def ulaw(samples: list[int]) -> bytes:
    """G.711 as its reference describes it, for making test input only."""
    out = bytearray()
    for sample in samples:
        sign, magnitude = (0x80, -sample) if sample < 0 else (0, sample)
        magnitude = min(magnitude, 32635) + 132
        exponent = max(magnitude.bit_length() - 8, 0)
        out.append(~(sign | exponent << 4 | magnitude >> (exponent + 3) & 0x0F) & 0xFF)
    return bytes(out)


def linear(payload: bytes) -> list[int]:
    out = []
    for byte in payload:
        code = ~byte & 0xFF
        magnitude = (((code & 0x0F) << 3) + 132 << (code >> 4 & 7)) - 132
        out.append(-magnitude if code & 0x80 else magnitude)
    return out


def sine(hertz: float, seconds: float, rate: int = 8000, amplitude: int = 8000) -> list[int]:
    return [round(amplitude * math.sin(2 * math.pi * hertz * i / rate)) for i in range(round(rate * seconds))]


def strength(samples: list[int], hertz: float, rate: int = 8000) -> float:
    """Amplitude of one frequency (Goertzel)."""
    omega = 2 * math.pi * hertz / rate
    real = sum(s * math.cos(omega * i) for i, s in enumerate(samples))
    imaginary = sum(s * math.sin(omega * i) for i, s in enumerate(samples))
    return 2 * math.hypot(real, imaginary) / max(len(samples), 1)


def continuous(packets: list[Rtp]) -> None:
    """One SSRC, sequence numbers without a gap, time never running back."""
    assert len({p.ssrc for p in packets}) == 1
    for before, after in zip(packets, packets[1:], strict=False):
        assert (after.sequence - before.sequence) & 0xFFFF == 1
        assert (after.timestamp - before.timestamp) & 0xFFFFFFFF < 1 << 31


# ---- relay


def test_relay_maps_payload_types_and_keeps_one_stream(switch: Switch, phone: Phone, other: Phone) -> None:
    a = call_in(switch, phone)
    b = call_in(switch, other, sdp(other.host, other.rtp_port, "0 96", names=OTHER_NUMBERS))
    assert native.relay(a, b) is True
    phone.talk(5, payload=b"\x11" * 160)
    heard = [other.hear() for _ in range(5)]
    assert [p.payload for p in heard] == [b"\x11" * 160] * 5
    assert heard[0].marker
    assert {p.payload_type for p in heard} == {0}
    assert heard[0].ssrc != phone.ssrc
    continuous(heard)
    assert [(p.timestamp - heard[0].timestamp) & 0xFFFFFFFF for p in heard] == [0, 160, 320, 480, 640]

    phone.press(7)
    events = [other.hear() for _ in range(8)]
    assert {p.payload_type for p in events} == {96}
    assert len({p.timestamp for p in events}) == 1
    assert {p.payload[0] for p in events} == {7}
    continuous(heard + events)
    dtmf = switch.wait(native.Dtmf)
    assert (dtmf.call, dtmf.digit, dtmf.duration_ms, dtmf.method) == (a, "7", 100, "rfc4733")
    switch.nothing(native.Dtmf, 0.1)

    # The far end changes its mind about SSRC and numbers: our stream goes on.
    phone.ssrc, phone.sequence, phone.timestamp = 12345, 7, 99
    phone.talk(3)
    more = [other.hear() for _ in range(3)]
    continuous(events + more)
    assert more[0].marker

    other.talk(2, payload=b"\x22" * 160)
    assert [phone.hear().payload for _ in range(2)] == [b"\x22" * 160] * 2
    stats = native.media_stats(a)
    assert (stats.rx_packets, stats.tx_packets, stats.relayed, stats.codec) == (16, 2, True, "PCMU/8000")
    assert stats.remote == (phone.host, phone.rtp_port)
    assert native.counts().relays == 1

    native.unrelay(b)
    assert native.counts().relays == 0
    phone.talk(2)
    assert other.hear_all(0.2) == []
    for leg in (phone, other):
        leg.bye()
    final = switch.wait(native.CallStats)
    assert final.stats.rx_packets == 18


def test_relay_refuses_other_codecs_and_stale_calls(switch: Switch, phone: Phone, other: Phone) -> None:
    a = call_in(switch, phone)
    b = call_in(switch, other, sdp(other.host, other.rtp_port, "8"))
    assert native.relay(a, b) is False
    other.bye()
    switch.wait(native.CallState, call=b, state="disconnected")
    with pytest.raises(native.StaleError):
        native.relay(a, b)
    native.unrelay(b)
    assert native.relay(a, a) is True
    phone.bye()


def test_echo_comes_back_with_our_numbers(switch: Switch, phone: Phone) -> None:
    call = call_in(switch, phone)
    assert native.relay(call, call)
    phone.talk(4, payload=b"\x42" * 160)
    phone.press(1)
    heard = [phone.hear() for _ in range(12)]
    continuous(heard)
    assert heard[0].payload == b"\x42" * 160
    assert heard[0].ssrc != phone.ssrc
    assert switch.wait(native.Dtmf).digit == "1"
    phone.bye()
    ended = switch.wait(native.RelayEnded)
    assert (ended.call, ended.other, ended.reason) == (call, call, "ended")


def test_relay_ends_when_a_leg_hangs_up_or_changes_codec(switch: Switch, phone: Phone, other: Phone) -> None:
    a, b = call_in(switch, phone), call_in(switch, other)
    assert native.relay(a, b)
    other.invite(body=sdp(other.host, other.rtp_port, "8 101"))
    other.established()
    assert switch.wait(native.CallMedia).codec == "PCMA/8000"
    assert switch.wait(native.RelayEnded).reason == "codec"
    other.invite(body=sdp(other.host, other.rtp_port, "0 101"))
    other.established()
    switch.wait(native.CallMedia)
    assert native.relay(a, b)
    other.bye()
    assert switch.wait(native.RelayEnded).reason == "ended"
    phone.talk(3)  # to nobody
    phone.bye()


def test_relay_survives_hold(switch: Switch, phone: Phone, other: Phone) -> None:
    a, b = call_in(switch, phone), call_in(switch, other)
    assert native.relay(a, b)
    phone.talk(2)
    before = [other.hear() for _ in range(2)]
    other.invite(body=other.offer(direction="sendonly"))
    other.established()
    assert switch.wait(native.CallMedia).held
    phone.talk(2)
    assert other.hear_all(0.2) == []
    other.invite(body=other.offer())
    other.established()
    switch.wait(native.CallMedia)
    phone.talk(2)
    after = [other.hear() for _ in range(2)]
    continuous(before + after)
    switch.nothing(native.RelayEnded, 0.05)
    phone.bye()
    other.bye()


def test_audio_of_strangers_is_not_believed(switch: Switch, phone: Phone, other: Phone) -> None:
    a, b = call_in(switch, phone), call_in(switch, other)
    assert native.relay(a, b)
    phone.talk(3, payload=b"\x01" * 160)
    with Phone(switch.port, host="127.0.0.66") as stranger:
        stranger.far_rtp = phone.far_rtp
        stranger.talk(10, payload=b"\x66" * 160)
    phone.talk(1, payload=b"\x01" * 160)
    heard = other.hear_all(0.3)
    assert {p.payload for p in heard} == {b"\x01" * 160}
    phone.bye()
    other.bye()


def test_symmetric_audio_follows_the_sender(switch: Switch, phone: Phone, other: Phone) -> None:
    switch.everybody(symmetric=True)
    a = call_in(switch, phone, sdp("127.0.0.77", 9999))  # behind NAT: SDP names an address that is not its own
    b = call_in(switch, other)
    assert native.relay(a, b)
    phone.talk(6)
    assert len(other.hear_all(0.2)) >= 3
    other.talk(2, payload=b"\x33" * 160)
    assert phone.hear().payload == b"\x33" * 160
    assert native.media_stats(a).remote == (phone.host, phone.rtp_port)
    phone.bye()
    other.bye()


def test_broken_packets_are_dropped(switch: Switch, phone: Phone, other: Phone) -> None:
    a, b = call_in(switch, phone), call_in(switch, other)
    assert native.relay(a, b)
    good = Rtp(0, 1, 1, phone.ssrc, b"\xff" * 160).packed()
    for packet in (b"", b"\x80", good[:11], b"\x00" + good[1:], b"\x8f" + good[1:20], b"\x90" + good[1:14],
                   b"\x90" + good[1:12] + b"\x00\x00\xff\xff", b"\xa0" + good[1:-1] + b"\xff", good + b"\xff" * 2000,
                   b"\x80\xe5" + good[2:14], b"\x80\x65" + good[2:15]):
        phone.rtp.sendto(packet, phone.far_rtp)
    phone.talk(1, payload=b"\x77" * 160)
    heard = other.hear_all(0.2)
    assert heard[-1].payload == b"\x77" * 160
    phone.bye()
    other.bye()


def test_relays_under_hangup_from_all_sides(switch: Switch) -> None:
    """Packets, pairings and hangups at once: nothing crashes, nothing stays."""
    stop = threading.Event()

    def talk(phones: list[Phone]) -> None:
        while not stop.is_set():
            for phone in phones:
                phone.talk(1)
            time.sleep(0.0005)

    for _ in range(6):
        phones = [Phone(switch.port, host=f"127.0.0.{20 + i}").__enter__() for i in range(8)]
        calls = [call_in(switch, phone) for phone in phones]
        thread = threading.Thread(target=talk, args=(phones,))
        stop.clear()
        thread.start()
        for i in range(0, 8, 2):
            native.relay(calls[i], calls[i + 1])
        for i in range(40):
            try:
                native.relay(calls[i % 8], calls[(i * 3 + 1) % 8])
            except native.StaleError:
                pass
            if i % 7 == 0:
                native.unrelay(calls[i % 5])
            if i % 10 == 9:
                phone = phones[i // 10]
                phone.send(phone.make("BYE"))
            if i % 12 == 11 and native.is_live(calls[7 - i // 12]):
                switch.hangup(calls[7 - i // 12])
            switch.pump(0.002)
        stop.set()
        thread.join()
        for call in calls:
            if native.is_live(call):
                switch.hangup(call)
        for phone in phones:
            phone.__exit__()
    switch.at_rest()


# ---- waiting, players, bridge


def test_a_call_that_only_waits_sends_nothing(switch: Switch, phone: Phone) -> None:
    call_in(switch, phone)
    assert len(phone.hear_all(0.5)) <= 3  # what the stream said before it was switched off
    phone.bye()


def test_dtmf_without_relay(switch: Switch, phone: Phone) -> None:
    call = call_in(switch, phone)
    for digit, name in ((1, "1"), (10, "*"), (11, "#"), (15, "D")):
        phone.press(digit)
        event = switch.wait(native.Dtmf)
        assert (event.call, event.digit) == (call, name)
    phone._event(3, 101, 400, end=False)  # the end is lost: the next key ends it
    phone.timestamp += 800
    phone.press(4)
    assert [switch.wait(native.Dtmf).digit for _ in range(2)] == ["3", "4"]
    phone.bye()


def samples_of(packets: list[Rtp]) -> list[int]:
    return [sample for packet in packets for sample in linear(packet.payload)]


def settled(phone: Phone) -> None:
    phone.hear_all(0.15)


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
    for content in (b"", b"RIFF", b"RIFF\0\0\0\0WAVE", b"RIFF\0\0\0\0WAVEdata\0\0\0\0", b"x" * 100,
                    b"RIFF\0\0\0\0WAVEfmt \xff\xff\xff\xff" + b"\0" * 40, b"RIFF\0\0\0\0WAVEjunk\xff\xff\xff\xffdata"):
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


def test_the_bridge_transcodes(switch: Switch, phone: Phone, other: Phone) -> None:
    a = call_in(switch, phone)
    b = call_in(switch, other, sdp(other.host, other.rtp_port, "8"))
    native.connect(a, b)
    voice = ulaw(sine(600, 1.0))
    begin = time.monotonic()
    for i in range(40):
        phone.talk(1, payload=voice[i * 160 : i * 160 + 160])
        time.sleep(max(0.0, begin + (i + 1) * 0.02 - time.monotonic()))
    heard = other.hear_all(0.1)
    assert {p.payload_type for p in heard} == {8}
    assert any(len(set(p.payload)) > 5 for p in heard)
    # A re-INVITE gives the call a new port; the connection must survive it.
    other.invite(body=sdp(other.host, other.rtp_port, "8", direction="sendonly"))
    other.established()
    switch.wait(native.CallMedia)
    other.invite(body=sdp(other.host, other.rtp_port, "8"))
    other.established()
    switch.wait(native.CallMedia)
    phone.talk(10, payload=voice[:160])
    assert len(other.hear_all(0.3)) > 5
    native.disconnect(a)
    other.hear_all(0.15)
    assert other.hear_all(0.2) == []
    phone.bye()
    other.bye()
    switch.wait(native.CallState, call=a, state="disconnected")
    with pytest.raises(native.StaleError):
        native.connect(a, b)
    native.disconnect(a)


def test_sending_dtmf(switch: Switch, phone: Phone, other: Phone) -> None:
    a, b = call_in(switch, phone), call_in(switch, other)
    assert native.relay(a, b)
    for relayed in (True, False):
        native.send_dtmf(a, "5#")
        events = [p for p in phone.hear_all(1.2) if p.payload_type == 101]
        assert [digit for i, digit in enumerate(p.payload[0] for p in events) if i == 0 or events[i - 1].payload[0] != digit] == [5, 11]
        continuous(events) if relayed else None
        native.unrelay(a)
    with pytest.raises(ValueError, match="DTMF"):
        native.send_dtmf(a, "x")
    with pytest.raises(ValueError, match="DTMF"):
        native.send_dtmf(a, "")
    phone.bye()
    other.bye()


def test_dtmf_by_info_and_inband(switch: Switch, phone: Phone) -> None:
    switch.everybody(dtmf="info")
    call = call_in(switch, phone)
    native.send_dtmf(call, "9", duration_ms=150)
    info = phone.request_of("INFO")
    assert "Signal=9" in info.body
    assert "Duration=150" in info.body
    phone.respond(info, 200)
    phone.bye()
    switch.wait(native.CallState, state="disconnected")
    switch.everybody(dtmf="inband")
    with Phone(switch.port) as second:
        call = call_in(switch, second)
        settled(second)
        native.send_dtmf(call, "5", duration_ms=200)
        samples = samples_of(second.hear_all(0.25))[160:1200]
        assert strength(samples, 770) > 1500
        assert strength(samples, 1336) > 1500
        second.bye()


def test_rtcp_reports_of_our_own(switch: Switch, phone: Phone, other: Phone) -> None:
    import socket

    rtcp = None
    with Phone(switch.port, host="127.0.0.30") as third:
        for _ in range(20):  # RTCP goes to the port after RTP's
            try:
                rtcp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                rtcp.bind((third.host, third.rtp_port + 1))
                break
            except OSError:
                pytest.skip("the port after RTP's is taken")
        a, b = call_in(switch, third), call_in(switch, other)
        assert native.relay(a, b)
        for _ in range(70):
            third.talk(1)
            other.talk(1)
            time.sleep(0.02)
        rtcp.settimeout(3)
        report = rtcp.recv(1500)
        rtcp.close()
        assert report[1] in {200, 201}
        ours = native.media_stats(a).local_ssrc
        assert struct.unpack("!I", report[4:8])[0] == ours
        assert struct.pack("!I", other.ssrc) not in report  # nothing of the other leg
        assert struct.pack("!I", third.ssrc) in report
        third.bye()
    other.bye()
