"""Audio: packets relayed between two legs, DTMF, the bridge."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Iterator

import pytest

from tests.runtime.native.audio import call_in, continuous, samples_of, settled, sine, strength, ulaw
from tests.runtime.native.phone import Phone, Rtp, sdp
from tests.runtime.native.switch import Switch, native, pj

pytestmark = pytest.mark.sip

OTHER_NUMBERS = "a=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:96 telephone-event/8000\r\na=fmtp:96 0-16\r\n"


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
    phone.talk(6, gap_s=0.02)
    assert len(other.hear_all(0.2)) >= 3
    other.talk(2, payload=b"\x33" * 160)
    assert phone.hear().payload == b"\x33" * 160
    assert native.media_stats(a).remote == (phone.host, phone.rtp_port)
    phone.bye()
    other.bye()


@pytest.fixture
def strictness() -> Iterator[None]:
    """Put back what holds for the other tests."""
    yield
    native.believe_audio("yes", 4)


@pytest.mark.usefixtures("strictness")
@pytest.mark.parametrize(
    ("strict", "probation", "step", "followed"),
    [
        ("yes", 100, 1, False),
        ("seqno", 100, 1, True),
        ("seqno", 101, 1, False),
        ("seqno", 4, 2, False),
        ("no", 4, 2, True),
    ],
)
def test_whose_audio_is_followed(
    switch: Switch, phone: Phone, strict: str, probation: int, step: int, followed: bool
) -> None:
    native.believe_audio(strict, probation)
    switch.everybody(symmetric=True)
    call = call_in(switch, phone, sdp("127.0.0.77", 9999))
    for _ in range(100):  # At once, which is too fast for audio.
        phone.talk()
        phone.sequence += step - 1
    deadline = time.monotonic() + 5
    while native.media_stats(call).rx_packets < 100 and time.monotonic() < deadline:
        time.sleep(0.01)
    named = ("127.0.0.77", 9999)
    assert native.media_stats(call).remote == ((phone.host, phone.rtp_port) if followed else named)
    phone.bye()


@pytest.mark.usefixtures("strictness")
def test_audio_goes_back_to_the_address_of_the_sdp(switch: Switch, phone: Phone, other: Phone) -> None:
    native.believe_audio("no", 4)
    switch.everybody(symmetric=True)
    a, b = call_in(switch, phone), call_in(switch, other)
    assert native.relay(a, b)
    with Phone(switch.port, host="127.0.0.66") as stranger:
        stranger.far_rtp = phone.far_rtp
        stranger.talk()
        other.hear()
        other.talk(payload=b"\x11" * 160)
        assert stranger.hear().payload == b"\x11" * 160
    phone.talk()
    other.hear()
    other.talk(payload=b"\x22" * 160)
    assert phone.hear().payload == b"\x22" * 160
    phone.bye()
    other.bye()


def test_strictness_that_is_none() -> None:
    with pytest.raises(ValueError, match="strict RTP 'maybe'"):
        native.believe_audio("maybe", 4)
    with pytest.raises(ValueError, match="1 packets"):
        native.believe_audio("yes", 1)


def test_broken_packets_are_dropped(switch: Switch, phone: Phone, other: Phone) -> None:
    a, b = call_in(switch, phone), call_in(switch, other)
    assert native.relay(a, b)
    good = Rtp(0, 1, 1, phone.ssrc, b"\xff" * 160).packed()
    for packet in (
        b"",
        b"\x80",
        good[:11],
        b"\x00" + good[1:],
        b"\x8f" + good[1:20],
        b"\x90" + good[1:14],
        b"\x90" + good[1:12] + b"\x00\x00\xff\xff",
        b"\xa0" + good[1:-1] + b"\xff",
        good + b"\xff" * 2000,
        b"\x80\xe5" + good[2:14],
        b"\x80\x65" + good[2:15],
    ):
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
            if i % 12 == 11:
                end(switch, calls[7 - i // 12])
            switch.pump(0.002)
        stop.set()
        thread.join()
        for call in calls:
            end(switch, call)
        for phone in phones:
            phone.__exit__()
    switch.at_rest()


def end(switch: Switch, call: int) -> None:
    if native.is_live(call):
        try:
            switch.hangup(call)
        except pj.Error:  # Its BYE has come in between.
            switch.pump(0.1)
            assert not native.is_live(call)


# ---- waiting, DTMF, bridge


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
        assert [
            digit for i, digit in enumerate(p.payload[0] for p in events) if i == 0 or events[i - 1].payload[0] != digit
        ] == [5, 11]
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


def test_a_player_finds_the_call_again_after_hold(switch: Switch, phone: Phone) -> None:
    """A re-INVITE gives the call a new stream and a new port in the conference."""
    call = call_in(switch, phone)
    player = native.tone_open([(440, 0, 100, 0)], loop=True)
    native.player_start(player, call)
    assert phone.hear_all(0.2)
    for direction, heard in (("inactive", False), ("sendrecv", True), ("sendonly", False), ("sendrecv", True)):
        phone.invite(body=phone.offer(direction=direction))
        phone.established()
        switch.wait(native.CallMedia)
        phone.hear_all(0.15)
        assert bool(phone.hear_all(0.2)) is heard, direction
    native.player_stop(player)
    phone.hear_all(0.1)
    assert phone.hear_all(0.2) == []
    phone.bye()


def test_one_hears_the_other_and_is_not_heard(switch: Switch, phone: Phone, other: Phone) -> None:
    a, b = call_in(switch, phone), call_in(switch, other)
    native.connect(a, b, both=False)
    begin = time.monotonic()
    voice = ulaw(sine(600, 1.0))
    for i in range(25):
        for each in (phone, other):
            each.talk(1, payload=voice[i * 160 : i * 160 + 160])
        time.sleep(max(0.0, begin + (i + 1) * 0.02 - time.monotonic()))
    assert any(len(set(packet.payload)) > 5 for packet in other.hear_all(0.2))
    assert not any(len(set(packet.payload)) > 5 for packet in phone.hear_all(0.2))
    native.disconnect(a, b)
    phone.bye()
    other.bye()


def test_digits_are_kept_from_the_partner_of_a_relay(switch: Switch, phone: Phone, other: Phone) -> None:
    a, b = call_in(switch, phone), call_in(switch, other)
    assert native.relay(a, b)
    native.keep_events(a)
    phone.press(5)
    assert switch.wait(native.Dtmf).digit == "5"
    phone.talk(2)
    assert {packet.payload_type for packet in other.hear_all(0.3)} == {0}
    native.keep_events(a, False)
    phone.press(6)
    assert switch.wait(native.Dtmf).digit == "6"
    assert 101 in {packet.payload_type for packet in other.hear_all(0.3)}
    phone.bye()
    other.bye()


def test_packets_are_told_to_who_watches_them(switch: Switch, phone: Phone) -> None:
    call = call_in(switch, phone)
    assert native.relay(call, call) is True
    phone.talk(1)
    phone.hear()
    switch.nothing(native.Packet, 0.1)
    native.watch_packets(rtp=True, rtcp=True)
    phone.talk(1, payload=b"\x11" * 160)
    phone.hear()
    came = switch.wait(native.Packet, sent=False, rtcp=False)
    assert (came.remote, came.payload, len(came.head)) == ((phone.host, phone.rtp_port), 160, 12)
    assert struct.unpack("!BBHII", came.head)[4] == phone.ssrc
    went = switch.wait(native.Packet, sent=True, rtcp=False)
    assert (went.remote, went.payload) == (came.remote, 160)
    for _ in range(60):  # the first report goes out after a second of audio
        phone.talk(1)
        time.sleep(0.02)
    report = switch.wait(native.Packet, sent=True, rtcp=True)
    assert report.remote == (phone.host, phone.rtp_port + 1)
    assert report.head[1] in (200, 201)
    native.watch_packets(rtp=False, rtcp=False)
    phone.talk(1)
    phone.hear()
    native.unrelay(call)
    phone.bye()
