"""Taking a call that rings elsewhere: the channel that takes it wins the race in which the ringing one runs."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from asterism.runtime.causes import Cause
from asterism.runtime.channel import Channel
from asterism.runtime.driver import LegEvent
from asterism.runtime.errors import Hangup
from asterism.runtime.events import ChannelEvent, ChannelSnapshot
from asterism.runtime.mailbox import Errand, stirred
from asterism.runtime.member import join

if TYPE_CHECKING:
    from asterism.runtime.bridge import Bridge
    from asterism.runtime.race import Race

_STORE = "race"


@dataclass(frozen=True, slots=True)
class Pickup(ChannelEvent):
    """A channel has taken the call that rang on another one."""

    target: ChannelSnapshot


@dataclass(frozen=True, slots=True)
class PickedUp(LegEvent):
    """Posted to a ringing channel: somebody takes its call, and waits for the bridge that he is to be in."""

    picker: Channel
    bridge: "asyncio.Future[Bridge]"


def rings_in(channel: Channel, race: "Race | None") -> None:
    """Note in which race a channel runs; None when it does no longer."""
    if race is None:
        channel.datastores.pop(_STORE, None)
    else:
        channel.datastores[_STORE] = race


def ringing(channels: "Iterable[Channel]") -> "list[tuple[Channel, Channel]]":
    """The channels whose call may be taken, each with its caller."""
    found = []
    for channel in channels:
        race: Race | None = channel.datastores.get(_STORE)
        if race is not None and race.caller is not None and not channel.is_up and not channel.far_end_gone:
            found.append((channel, race.caller))
    return found


async def pick_up(picker: Channel, target: Channel) -> None:
    """Take the call that rings on a channel, and talk; in the picker's own task.

    Raises:
        Hangup: The talk is over, or the caller has gone at the last moment.
    """
    mine: asyncio.Future[Bridge] = asyncio.get_running_loop().create_future()
    await picker.answer(at_once=True)
    if target.datastores.get(_STORE) is None:
        raise Hangup(Cause.NORMAL_CLEARING)
    picker.tell(Pickup, target.snapshot())
    target.post(PickedUp(picker, mine))
    mine.add_done_callback(lambda done: picker.stir())
    try:
        while not mine.done():
            errand = picker.take(Errand)
            if errand is not None:
                await errand.run()
            else:
                await stirred((picker,))
    except BaseException:
        if mine.done() and not mine.cancelled():
            mine.result().destroy()  # The caller is in it already, and is not to be left alone.
        mine.cancel()
        raise
    if not mine.cancelled():
        picker.cause = picker.cause or int(Cause.NORMAL_CLEARING)  # Whatever ends it, it was a call like others.
        await join(mine.result(), picker)
    raise Hangup(Cause.NORMAL_CLEARING)
