"""Transfer: sending the caller elsewhere by his own telephone system."""

import asyncio

from asterism.runtime.channel import Channel
from asterism.runtime.declare import Text, application
from asterism.runtime.driver import Deflector, Transferred
from asterism.runtime.errors import Hangup
from asterism.runtime.mailbox import stirred

ANSWER_S = 30.0
"""How long to wait for the far end to say what came of it."""


@application("Transfer", see="Dial, Goto, TRANSFERSTATUS")
async def transfer(chan: Channel, dest: Text = "") -> None:
    """Ask the caller's side to call somebody else instead of us.

    Args:
        dest: `[technology/]destination`; with a technology, only a channel of that technology is transferred.
    Sets: TRANSFERSTATUS: SUCCESS, FAILURE, UNSUPPORTED when channels of this kind cannot be; TRANSFERSTATUSPROTOCOL:
        0, or the SIP status with which it failed.
    Compat: app_transfer. SIP: a call that is not answered is redirected by 302, an answered one by REFER, and
        the destination is a number at the caller's own address, or `number@host`, or a whole `sip:` address.
    """
    if not dest:
        chan.warn("Transfer requires an argument ([technology/]destination)")
        _tell(chan, "FAILURE")
        return
    technology, slash, destination = dest.partition("/")
    if not slash:
        destination = dest
    elif technology and not chan.technology.lower().startswith(technology.lower()):
        _tell(chan, "FAILURE")
        return
    leg = chan.leg
    if not isinstance(leg, Deflector):
        _tell(chan, "UNSUPPORTED")
        return
    chan.check()
    while chan.take(Transferred) is not None:
        pass
    leg.transfer(destination)
    deadline = asyncio.get_running_loop().time() + ANSWER_S
    try:
        while (told := chan.take(Transferred)) is None:
            if not await stirred((chan,), deadline):
                chan.warn(f"Transfer: {chan.name} did not say what came of it")
                break
    except Hangup:
        _tell(chan, "FAILURE")
        raise
    if told is not None and told.done:
        _tell(chan, "SUCCESS")
    else:
        _tell(chan, "FAILURE", told.sip_status if told is not None else 0)


def _tell(chan: Channel, status: str, protocol: int = 0) -> None:
    chan.set("TRANSFERSTATUS", status)
    chan.set("TRANSFERSTATUSPROTOCOL", str(protocol))
