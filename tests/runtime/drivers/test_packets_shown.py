"""What `rtp set debug` and `rtcp set debug` show, as Asterisk 22 shows it."""

import struct

import pytest

pytest.importorskip("asterism._native")
pytest.importorskip("pjsua2")

from asterism import _native as native
from asterism.runtime.drivers.pjsip.packets import Packets
from asterism.runtime.log import Log, Record

FAR = ("127.0.0.32", 6000)
BLOCK = struct.pack("!6I", 1234, 0, 1248, 4, 0, 0)
SENDER = struct.pack("!BBHI5I", 0x81, 200, 12, 396049630, 3900000000, 0x80000000, 199680, 245, 39200)
THEIRS = struct.pack("!6I", 4321, (5 << 24) | 7, 65536 + 99, 16, 0, 65536)
NAMES = struct.pack("!BBHI", 0x81, 202, 3, 1234) + b"\x01\x04abcd\0\0"


class Shown:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.records: list[Record] = []
        self.watched: dict[str, bool] = {}
        monkeypatch.setattr(native, "watch_packets", lambda **kinds: self.watched.update(kinds))
        log = Log()
        log.attach(self.records.append, verbose=10)
        self.packets = Packets(log)

    def take(self, packet: native.Packet) -> str:
        self.records.clear()
        self.packets.show(packet)
        return "\n".join(record.text for record in self.records)


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Shown:
    return Shown(monkeypatch)


def rtp(sent: bool, remote: tuple[str, int] = FAR) -> native.Packet:
    return native.Packet(False, sent, remote, 160, struct.pack("!BBHII", 0x80, 0x80, 1004, 160640, 1234))


def test_audio(shown: Shown) -> None:
    shown.packets.watch_rtp("*")
    assert shown.watched == {"rtp": True, "rtcp": False}
    came = "Got  RTP packet from    127.0.0.32:6000 (type 00, seq 001004, ts 160640, len 000160)"
    assert shown.take(rtp(sent=False)) == came
    went = "Sent RTP packet to      127.0.0.32:6000 (type 00, seq 001004, ts 160640, len 000160)"
    assert shown.take(rtp(sent=True)) == went
    for address, seen in (("127.0.0.32", True), ("127.0.0.32:6000", True), ("127.0.0.32:7", False), ("", False)):
        shown.packets.watch_rtp(address)
        assert bool(shown.take(rtp(sent=True))) is seen
    assert shown.watched == {"rtp": False, "rtcp": False}


def test_a_report_of_ours(shown: Shown) -> None:
    shown.packets.watch_rtcp("127.0.0.32")
    text = shown.take(native.Packet(True, True, ("127.0.0.32", 6001), 0, SENDER + BLOCK + NAMES))
    assert text.splitlines() == [
        "* Sent RTCP SR to 127.0.0.32:6001",
        "  Our SSRC: 396049630",
        "  Sent(NTP): 1691011200.500000",
        "  Sent(RTP): 199680",
        "  Sent packets: 245",
        "  Sent octets: 39200",
        "  Report block:",
        "    Their SSRC: 1234",
        "    Fraction lost: 0",
        "    Cumulative loss: 0",
        "    Highest seq no: 1248",
        "    IA jitter (samp): 4",
        "    Their last SR: 0",
        "    DLSR: 0.0000 (sec)",
    ]


def test_a_report_of_theirs(shown: Shown) -> None:
    shown.packets.watch_rtcp("*")
    text = shown.take(native.Packet(True, False, ("127.0.0.32", 6001), 0, SENDER + THEIRS + NAMES))
    assert text.splitlines() == [
        "",
        "RTCP from 127.0.0.32:6001",
        "PT: 200 (Sender Report)",
        "Reception reports: 1",
        "SSRC of sender: 396049630",
        "NTP timestamp: 1691011200.500000",
        "RTP timestamp: 199680",
        "SPC: 245\tSOC: 39200",
        "  Fraction lost: 5",
        "  Packets lost so far: 7",
        "  Highest sequence number: 99",
        "  Sequence number cycles: 1",
        "  Interarrival jitter (samp): 16",
        "  Last SR(our NTP): 0.0000000000",
        "  DLSR: 1.0000 (sec)",
        "",
        "RTCP from 127.0.0.32:6001",
        "PT: 202 (Source Description)",
        "Reception reports: 1",
        "SSRC of sender: 1234",
        "Received an SDES from 127.0.0.32:6001",
    ]


@pytest.mark.parametrize("size", range(60))
def test_a_report_that_is_cut_off_harms_nobody(shown: Shown, size: int) -> None:
    shown.packets.watch_rtcp("*")
    for sent in (True, False):
        shown.take(native.Packet(True, sent, FAR, 0, (SENDER + THEIRS + NAMES)[:size]))
        liar = bytearray(SENDER + THEIRS)[:size]
        if size > 4:
            liar[2:4] = struct.pack("!H", max(size // 4 - 1, 0))
            shown.take(native.Packet(True, sent, FAR, 0, bytes(liar)))
