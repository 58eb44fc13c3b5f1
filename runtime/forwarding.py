"""A phone that is called sends the caller elsewhere: whoever is there is called in its place."""

import math
from typing import TYPE_CHECKING

from asterism.runtime import interception
from asterism.runtime.causes import Cause
from asterism.runtime.channel import Channel
from asterism.runtime.driver import Forwarded
from asterism.runtime.log import escaped
from asterism.runtime.states import DialStatus

if TYPE_CHECKING:
    from asterism.runtime.race import Attempt, Race


async def forward(race: "Race", attempt: "Attempt", event: Forwarded) -> None:
    """Call who is named instead of the phone that has named him, unless nobody may be sent elsewhere."""
    channel, caller = attempt.channel, race.caller
    destination = _destination(race, channel, event.destination)
    by = f"(thanks to {channel.name})"
    who = channel.name if caller is None else caller.name
    if not race.settings.forwarding or channel.forwards_left <= 0:
        channel.verbose(3, f"Not accepting call forward of {who} to '{escaped(destination)}' {by}")
        race.drop(attempt, Cause.NORMAL_CIRCUIT_CONGESTION)
        return
    channel.verbose(3, f"Now forwarding {who} to '{escaped(destination)}' {by}")
    if race.settings.forward_ends_timeout:
        race.deadline = math.inf
    del race.legs[channel]
    race.lines -= 1
    before, new = set(race.legs), None
    kept = 0 if caller is None else caller.forwards_left
    try:
        if caller is not None:
            caller.forwards_left = min(kept, channel.forwards_left)
        await race.prepare(destination, race.settings.forward_caller)
        new = next((leg for made, leg in race.legs.items() if made not in before), None)
        if new is not None:
            await _redirect(race, channel, new.channel, event)
    finally:
        if caller is not None:
            caller.forwards_left = kept
        race.end_told(channel, DialStatus.CANCEL.value, event.destination)
        channel.close(Cause.REDIRECTED_TO_NEW_DESTINATION)
    if new is not None and not race.call(new, race.settings.forward_caller):
        race.tally.unavailable += 1


def _destination(race: "Race", channel: Channel, wanted: str) -> str:
    """Where the call goes, as a dial string: a number is one of the dialplan."""
    if "/" in wanted:
        return wanted
    number, _, context = wanted.partition("@")
    context = context or (race.caller or channel).variables.get("FORWARD_CONTEXT", "") or channel.context
    return f"Local/{number}@{context}"


async def _redirect(race: "Race", channel: Channel, new: Channel, event: Forwarded) -> None:
    """Let the new channel, and the caller, know who has sent the call on."""
    new.set("FORWARDERNAME", channel.name)
    caller = race.caller
    if caller is None:
        return
    by = event.party if event.party.number else channel.caller
    redirection = interception.sent_on(channel, by, event.destination.rpartition("/")[2].partition("@")[0])
    interception.note_redirection(new, redirection)
    if race.lines == 1 and race.settings.takes_news and not race.hears_us:
        await interception.redirect(caller, redirection)
