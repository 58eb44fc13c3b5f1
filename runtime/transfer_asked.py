"""A far end asks for a transfer (SIP REFER): do it, and tell it how it goes on."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from asterism.runtime.driver import TransferAsked, Transferer
from asterism.runtime.events import BridgeEnter, DialBegin, DialEnd, DialState, Event, Hangup

if TYPE_CHECKING:
    from asterism.runtime.channel import Channel

QUIET_S = 1.0
"After this time a transferred channel that dials nobody is told to have arrived: it hears the dialplan."

_ENDS = {"ANSWER": 200, "BUSY": 486, "CONGESTION": 503, "CHANUNAVAIL": 503, "NOANSWER": 480}

Tell = Callable[[int, bool], None]
"""Tells the asker a status, and whether it is the last."""


def asked(channel: "Channel", event: TransferAsked) -> None:
    """Transfer whom a channel talks to, as its far end has asked; at once, whatever the channel does."""
    from asterism.runtime import transfer

    statuses = {
        transfer.Result.SUCCESS: 200,
        transfer.Result.NOT_PERMITTED: 403,
        transfer.Result.INVALID: 400,
        transfer.Result.FAIL: 500,
    }

    def tell(status: int, final: bool) -> None:
        if isinstance(channel.leg, Transferer):
            channel.leg.transfer_told(event.token, status, final)

    if event.replaces:
        second = channel.switch.channels.get(event.replaces)
        tell(603 if second is None else statuses[transfer.attended(channel, second)], True)
        return
    context = channel.variables.get("TRANSFER_CONTEXT", "") or event.context or channel.context
    if not channel.switch.extension_exists(context, event.exten, 1):
        channel.error(f"{channel.name} asks for a transfer to '{event.exten}@{context}', which does not exist")
        tell(404, True)
        return
    transferee = None if channel.bridge is None else channel.bridge.other(channel)
    variables = {**event.variables, "SIPREFERRINGCONTEXT": context}
    progress = Progress(transferee, tell) if event.progress and transferee is not None else None
    result = transfer.blind(channel, event.exten, context, external=True, variables=variables)
    if result is not transfer.Result.SUCCESS or progress is None:
        tell(statuses[result], True)
        if progress is not None:
            progress.stop()


class Progress:
    """What a transferred channel comes across, told to who has transferred it.

    Args:
        channel: Who was transferred.
        tell: Tells it.
    """

    def __init__(self, channel: "Channel", tell: Tell) -> None:
        self._channel, self._tell = channel, tell
        kinds = (DialBegin, DialState, DialEnd, BridgeEnter, Hangup)
        self._unsubscribe = channel.switch.bus.subscribe(self._heard, *kinds)
        self._timer = asyncio.get_running_loop().call_later(QUIET_S, self._end, 200)

    def stop(self) -> None:
        """Listen no more."""
        self._timer.cancel()
        self._unsubscribe()

    def _end(self, status: int) -> None:
        self.stop()
        self._tell(status, True)

    def _heard(self, event: Event) -> None:
        snapshot = getattr(event, "channel", None)
        if snapshot is None or snapshot.uniqueid != self._channel.uniqueid:
            return
        if isinstance(event, DialBegin):
            self._timer.cancel()
        elif isinstance(event, DialState):
            self._tell({"RINGING": 180, "PROGRESS": 183}.get(event.dial_status, 100), False)
        elif isinstance(event, DialEnd):
            status = _ENDS.get(event.dial_status)
            if status is not None:
                self._end(status)
        elif isinstance(event, BridgeEnter):
            self._end(200)
        elif isinstance(event, Hangup):
            self._end(603)
