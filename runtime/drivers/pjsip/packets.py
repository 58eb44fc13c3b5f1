"""Packets of audio and their reports for the operator: `rtp set debug` and `rtcp set debug`."""

import struct
from collections.abc import Iterator

from asterism import _native as native
from asterism.runtime.drivers.pjsip.options import bracketed
from asterism.runtime.log import Log

_KINDS = {
    200: "Sender Report", 201: "Receiver Report", 202: "Source Description", 203: "BYE", 204: "Application-Defined",
    205: "RTP Feedback", 206: "Payload-Specific Feedback",
}  # fmt: skip
_BLOCK_SIZE = 24


class Packets:
    """Whose packets are shown: nobody's, everybody's (`*`), or those of one `host` or `host:port`."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._rtp = self._rtcp = ""

    def watch_rtp(self, address: str) -> None:
        """Show packets of audio from now on."""
        self._rtp = address
        self._watch()

    def watch_rtcp(self, address: str) -> None:
        """Show reports from now on."""
        self._rtcp = address
        self._watch()

    def _watch(self) -> None:
        native.watch_packets(rtp=bool(self._rtp), rtcp=bool(self._rtcp))

    def show(self, event: native.Packet) -> None:
        """Write a packet, in Asterisk's form."""
        host, port = event.remote or ("", 0)
        remote = f"{bracketed(host)}:{port}"
        if (self._rtcp if event.rtcp else self._rtp) not in ("*", host, remote):
            return
        if event.rtcp:
            for lines in _sent(event.head, remote) if event.sent else _received(event.head, remote):
                self._log.verbose(0, lines)
            return
        _, kind, number, stamp = struct.unpack_from("!BBHI", event.head)
        how = "Sent RTP packet to     " if event.sent else "Got  RTP packet from   "
        self._log.verbose(
            0, f"{how} {remote} (type {kind & 127:02}, seq {number:06}, ts {stamp:06}, len {event.payload:06})"
        )


def _parts(packet: bytes) -> Iterator[tuple[int, int, bytes]]:
    """The packets of a compound one: type, count, and all of it (RFC 3550 6.1)."""
    while len(packet) >= 4:
        count, kind, words = struct.unpack_from("!BBH", packet)
        size = 4 * (words + 1)
        if len(packet) < size:
            return
        yield kind, count & 31, packet[:size]
        packet = packet[size:]


def _blocks(kind: int, count: int, part: bytes) -> Iterator[tuple[int, ...]]:
    """The report blocks of a report: SSRC, fraction, lost, highest number, jitter, last SR, delay (RFC 3550 6.4.1)."""
    start = 28 if kind == 200 else 8
    for number in range(count):
        at = start + number * _BLOCK_SIZE
        if at + _BLOCK_SIZE > len(part):
            return
        ssrc, lost, *rest = struct.unpack_from("!6I", part, at)
        gone = lost & 0xFFFFFF
        yield ssrc, lost >> 24, gone - 0x1000000 if gone & 0x800000 else gone, *rest


def _sender(part: bytes) -> tuple[str, int, int, int]:
    """What a sender report says of the sender: when, its timestamp, packets, octets."""
    seconds, fraction, stamp, packets, octets = struct.unpack_from("!5I", part, 8)
    # RFC 3550 4: seconds since 1900.
    return f"{max(seconds - 2208988800, 0)}.{fraction * 1_000_000 >> 32:06}", stamp, packets, octets


def _sent(packet: bytes, remote: str) -> Iterator[str]:
    for kind, count, part in _parts(packet):
        if kind not in (200, 201) or len(part) < (28 if kind == 200 else 8):
            continue
        lines = [f"* Sent RTCP {'SR' if kind == 200 else 'RR'} to {remote}"]
        lines.append(f"  Our SSRC: {struct.unpack_from('!I', part, 4)[0]}")
        if kind == 200:
            when, stamp, packets, octets = _sender(part)
            lines += [f"  Sent(NTP): {when}", f"  Sent(RTP): {stamp}"]
            lines += [f"  Sent packets: {packets}", f"  Sent octets: {octets}"]
        for ssrc, fraction, lost, highest, jitter, last, delay in _blocks(kind, count, part):
            lines += [
                "  Report block:",
                f"    Their SSRC: {ssrc}",
                f"    Fraction lost: {fraction}",
                f"    Cumulative loss: {lost}",
                f"    Highest seq no: {highest}",
                f"    IA jitter (samp): {jitter}",
                f"    Their last SR: {last}",
                f"    DLSR: {delay / 65536:4.4f} (sec)",
            ]
        yield "\n".join((*lines, ""))


def _received(packet: bytes, remote: str) -> Iterator[str]:
    for kind, count, part in _parts(packet):
        ssrc = struct.unpack_from("!I", part, 4)[0] if len(part) >= 8 else 0
        lines = ["", f"RTCP from {remote}", f"PT: {kind} ({_KINDS.get(kind, 'Unknown')})"]
        lines += [f"Reception reports: {count}", f"SSRC of sender: {ssrc}"]
        if kind == 200 and len(part) >= 28:
            when, stamp, packets, octets = _sender(part)
            lines += [f"NTP timestamp: {when}", f"RTP timestamp: {stamp}", f"SPC: {packets}\tSOC: {octets}"]
        for _, fraction, lost, highest, jitter, last, delay in _blocks(kind, count, part) if kind in (200, 201) else ():
            lines += [
                f"  Fraction lost: {fraction}",
                f"  Packets lost so far: {lost}",
                f"  Highest sequence number: {highest & 0xFFFF}",
                f"  Sequence number cycles: {highest >> 16}",
                f"  Interarrival jitter (samp): {jitter}",
                f"  Last SR(our NTP): {last >> 16}.{(last & 0xFFFF) << 16:010}",
                f"  DLSR: {delay / 65536:4.4f} (sec)",
            ]
        if kind == 202:
            lines.append(f"Received an SDES from {remote}")
        if kind == 203:
            lines.append(f"Received a BYE from {remote}")
        yield "\n".join(lines)
