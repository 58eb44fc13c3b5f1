"""JITTERBUFFER: what evens out the arrival of packets, which is PJSIP's own here."""

from asterism.runtime.channel import Channel
from asterism.runtime.declare import function
from asterism.runtime.errors import ArgumentError

SIP = ("PJSIP", "SIP")


@function("JITTERBUFFER")
def jitterbuffer(chan: Channel, kind: str) -> str:
    """Write `default` to have the packets that a channel gets evened out.

    PJSIP does so with a buffer of its own that grows and shrinks, wherever audio is mixed, recorded, or played; packets
    that are passed on from phone to phone are evened out there. So `adaptive` is what there is already.

    Args:
        kind: adaptive; fixed and sizes (`200,,40`) are warned of, for there is no such buffer; disabled takes nothing
            back.
    Compat: func_jitterbuffer; it can only be written.
    """
    raise ArgumentError("it can only be written")


@jitterbuffer.write
def _set(chan: Channel, kind: str, value: str = "") -> None:
    word = kind.strip().lower()
    if word not in ("fixed", "adaptive", "disabled"):
        chan.warn(f"Unknown Jitterbuffer type {kind}. Failed to create jitterbuffer.")
    elif word == "disabled":
        return
    elif chan.technology not in SIP:
        chan.warn(f"JITTERBUFFER: {chan.name} gets no packets that could be evened out")
    elif word == "fixed":
        chan.warn("JITTERBUFFER: a fixed buffer is not supported, PJSIP's adaptive one is used")
    elif value.strip().lower() not in ("", "default"):
        chan.warn(f"JITTERBUFFER: sizes are not supported, PJSIP has its own: '{value}' is ignored")
