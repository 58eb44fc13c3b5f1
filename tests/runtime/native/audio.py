"""Calls with audio, and what was heard in them."""

from __future__ import annotations

import itertools
import math

from tests.runtime.native.phone import Phone, Rtp
from tests.runtime.native.switch import Switch, native


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
    for before, after in itertools.pairwise(packets):
        assert (after.sequence - before.sequence) & 0xFFFF == 1
        assert (after.timestamp - before.timestamp) & 0xFFFFFFFF < 1 << 31


def samples_of(packets: list[Rtp]) -> list[int]:
    return [sample for packet in packets for sample in linear(packet.payload)]


def settled(phone: Phone) -> None:
    phone.hear_all(0.15)
