"""PJSIPHangup: ending a call of pjsip.conf with a SIP status of one's own."""

from asterism.runtime.causes import cause_of_sip
from asterism.runtime.channel import Channel
from asterism.runtime.declare import application
from asterism.runtime.peers import RefusingLeg


@application("PJSIPHangup", see="Hangup, Busy, Congestion")
def pjsip_hangup(chan: Channel, status: str = "") -> None:
    """End the call; one that was not answered is refused with this SIP status.

    Args:
        status: A number, 437, or PJSIP's name for it, UNSUPPORTED_CERTIFICATE. What is neither stands for 603.
    Compat: chan_pjsip's. An answered call ends as by Hangup.
    """
    if chan.technology != "PJSIP" or not isinstance(chan.leg, RefusingLeg):
        chan.warn(f"PJSIPHangup is for PJSIP channels, {chan.name} is none")
        return
    chan.hangup(int(cause_of_sip(chan.leg.refuse_with(status))))
