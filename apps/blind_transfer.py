"""BlindTransfer: sending whom a channel talks to elsewhere, from within their call."""

from asterism.runtime import transfer
from asterism.runtime.channel import Channel
from asterism.runtime.declare import application
from asterism.runtime.transfer import Result

_WORDS = {
    Result.SUCCESS: "SUCCESS",
    Result.FAIL: "FAILURE",
    Result.INVALID: "INVALID",
    Result.NOT_PERMITTED: "NOTPERMITTED",
}


@application("BlindTransfer", see="Transfer, BLINDTRANSFERSTATUS")
def blind_transfer(chan: Channel, exten: str = "", context: str = "") -> None:
    """Send all whom this channel is in a bridge with to an extension; its own part in their call is over then.

    It is for what runs while a call goes on: an application of features.conf's applicationmap.

    Args:
        exten: Where to.
        context: Where the extension is; the channel's own when left out.
    Sets: BLINDTRANSFERSTATUS: SUCCESS, FAILURE, INVALID when it is in no bridge, or NOTPERMITTED.
    Compat: app_blind_transfer.
    """
    if not exten:
        chan.warn("BlindTransfer requires an argument (exten)")
        result = Result.FAIL
    else:
        result = transfer.blind(chan, exten, context or chan.context)
    chan.set("BLINDTRANSFERSTATUS", _WORDS[result])
