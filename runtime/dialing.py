"""Calling several destinations at once, and joining the first that answers.

`dial` runs in the caller's task: a race, then a bridge. `originate` is a race for nobody, after which the channel
that answered runs the dialplan.
"""

import asyncio
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from asterism.dialplan.errors import Interrupt
from asterism.dialplan.scope import Jump
from asterism.runtime import accounts, features, interception, takeover
from asterism.runtime.bridge import Bridge
from asterism.runtime.causes import Cause
from asterism.runtime.channel import Channel
from asterism.runtime.driver import Answered, Party
from asterism.runtime.errors import Hangup
from asterism.runtime.member import Member, impart, join
from asterism.runtime.peers import CodecLeg
from asterism.runtime.race import AnswerHook, DialResult, DialSettings, Race
from asterism.runtime.states import DialStatus
from asterism.runtime.switch import Switch

__all__ = ["DialResult", "DialSettings", "DialStatus", "Originated", "dial", "forget", "originate"]

_CLEARED = (
    "DIALSTATUS", "DIALEDPEERNUMBER", "DIALEDPEERNAME", "ANSWEREDTIME", "ANSWEREDTIME_MS",
    "DIALEDTIME", "DIALEDTIME_MS", "RINGTIME", "RINGTIME_MS", "PROGRESSTIME", "PROGRESSTIME_MS",
)  # fmt: skip


def forget(caller: Channel) -> None:
    """Empty the variables that tell of the dial before."""
    for name in _CLEARED:
        caller.set(name, "")


async def dial(caller: Channel, destinations: Sequence[str], settings: DialSettings) -> DialResult:
    """Call several destinations at once and join the first that answers, until the bridge ends.

    See `Channel.dial`.
    """
    caller.check()
    if not settings.forgotten:
        forget(caller)
    race = Race(caller.switch, caller, settings)
    result = race.result
    if not any(destinations) or not all("/" in destination for destination in destinations if destination):
        result.status = DialStatus.INVALIDARGS
        caller.warn("Dial needs technology/resource for each destination")
        caller.set("DIALSTATUS", result.status.value)
        return result
    try:
        callee = await race.run(destinations)
        if callee is not None:
            await _joined(caller, callee, race, settings)
    finally:
        caller.set("DIALSTATUS", result.status.value)
    return result


async def _joined(caller: Channel, callee: Channel, race: Race, settings: DialSettings) -> None:
    """The two talk, as long as the caller is there; the callee goes its own way in a task of its own."""
    loop, result = asyncio.get_running_loop(), race.result
    answered_at = loop.time()
    keep = False
    try:
        if settings.answer_first:
            await caller.answer(at_once=True)
        agreed = True if settings.on_answer is None else await _agreed(settings.on_answer, caller, callee)
        race.answer_told(callee, agreed if isinstance(agreed, str) else DialStatus.ANSWER.value)
        if agreed is not True:
            caller.cause = result.cause = callee.cause or int(Cause.NORMAL_CLEARING)
            result.gone_first = "callee" if callee.far_end_gone else ""
            keep = isinstance(agreed, Jump) and _sent(callee, agreed)
            return
        await caller.answer(at_once=True)
        answered_at = loop.time()
        if callee.far_end_gone:
            caller.cause = result.cause = int(Cause.NORMAL_CLEARING)
            result.gone_first = "callee"
            return
        keep = True
        await _talk(caller, callee, race, settings)
    except Hangup:
        keep = keep or _sent(callee, settings.callee_goes)
        raise
    finally:
        race.answer_told(callee)
        result.answered_ms = round((loop.time() - answered_at) * 1000)
        _set_times(race, result.answered_ms)
        if not keep:
            race.dismiss(callee.cause or int(Cause.NORMAL_CLEARING))


async def _talk(caller: Channel, callee: Channel, race: Race, settings: DialSettings) -> None:
    """Join the two until the caller is out of the bridge; whoever ended it, it was an ordinary end for the caller."""
    result = race.result
    limit_s = settings.limit_ms / 1000 if settings.limit_ms else math.inf
    features.allow_by_variable(caller, callee)
    features.allow(caller, settings.caller_features)
    features.allow(callee, settings.callee_features)
    bridge = Bridge(caller.switch)
    callee.after_bridge = settings.callee_goes
    if settings.callee_runs_h:
        callee.runs_h, callee.context = True, caller.context
    if caller.datastores.pop(takeover.NEWS, None):
        interception.connect_later(callee, caller.caller)
        caller.leg.identify(callee.caller)
    if race.picker_waits is None:
        impart(bridge, Member(callee, limit_s, last_words=settings.last_words))
    elif not race.picker_waits.done():
        race.picker_waits.set_result(bridge)
    try:
        await join(bridge, Member(caller, limit_s, last_words=settings.last_words))
    except BaseException as interrupt:
        result.gone_first, result.cause = "caller", int(Cause.NORMAL_CLEARING)
        if isinstance(interrupt, Interrupt):
            caller.cause = caller.cause or result.cause
            await asyncio.sleep(0)  # The callee ends, or goes, before the caller's `h` runs.
        raise
    caller.cause = result.cause = int(Cause.NORMAL_CLEARING)
    result.gone_first = "caller" if bridge.ended_by is caller else "callee" if bridge.ended_by is callee else ""
    await asyncio.sleep(0)


def _sent(callee: Channel, place: Jump | None) -> bool:
    """Let the callee go on by itself in the dialplan, if there is a place for it; True when it does."""
    if place is None or callee.far_end_gone:
        return False
    callee.cause = callee.cause or int(Cause.NORMAL_CLEARING)
    if callee.running:
        callee.redirect(place.context, place.exten, place.priority)
    else:
        callee.go(place)
        callee.switch.start(callee)
    return True


async def _agreed(hook: AnswerHook, caller: Channel, callee: Channel) -> bool | Jump | str:
    """Ask a hook about a callee that has answered; False where it has gone while the hook was with it."""
    try:
        return await hook(callee)
    except Hangup:
        if caller.far_end_gone or not callee.far_end_gone:
            raise
        return False


def _set_times(race: Race, answered_ms: int) -> None:
    race.result.dialed_ms = race.elapsed_ms()
    race.set_time("ANSWEREDTIME", answered_ms)
    race.set_time("DIALEDTIME", race.result.dialed_ms)


@dataclass(frozen=True, slots=True)
class Originated:
    """What came of an originate.

    Args:
        status: How the dial ended.
        channel: The channel that answered, running now; None when nobody did.
        name, uniqueid: Of the channel that was called, if there was one.
    """

    status: DialStatus
    channel: Channel | None = None
    name: str = ""
    uniqueid: str = ""

    @property
    def reason(self) -> int:
        """AMI's number for it: 4 answered, 5 busy, 8 congested, 3 not answered in time, 0 failed."""
        return _REASONS.get(self.status, 0)


_REASONS = {DialStatus.ANSWER: 4, DialStatus.BUSY: 5, DialStatus.CONGESTION: 8, DialStatus.NOANSWER: 3}


async def _ran(channel: Channel, subroutine: str) -> bool:
    """Run `context,exten,priority(args)` on a channel that is not called yet; False when that has ended it."""
    place, bracket, rest = subroutine.partition("(")
    given = rest.removesuffix(")")
    await channel.work(channel.gosub(place, given.split(",") if bracket and given else []))
    return not channel.far_end_gone


async def originate(
    switch: Switch,
    destination: str,
    *,
    timeout: float = 30.0,
    context: str = "default",
    exten: str = "",
    priority: str | int = 1,
    application: str = "",
    app_data: str = "",
    caller: Party | None = None,
    variables: Mapping[str, str] | None = None,
    accountcode: str = "",
    uniqueids: tuple[str, str] = ("", ""),
    early_media: bool = False,
    codecs: Sequence[str] = (),
    subroutine: str = "",
) -> Originated:
    """Call somebody; when he answers, let him run an extension, or one application.

    Args:
        switch: The runtime.
        destination: Technology/resource.
        timeout: Seconds to ring.
        context, exten, priority: Where he is sent.
        application, app_data: What he runs instead, then `h` follows and he is hung up.
        caller: Who he is told is calling.
        variables: Set on the channel before it is called, spelled as the dialplan does.
        accountcode: Who pays.
        uniqueids: Of the channel, and of the other half of a Local one; an empty one is made anew.
        early_media: Take early audio for the answer.
        codecs: Offer these only, of those that the device may use; empty for all of them.
        subroutine: `context,exten,priority(args)`, run on the channel before it is called.
    """
    seen: list[Channel] = []

    async def prepare(channel: Channel) -> bool:
        seen.append(channel)
        if codecs and isinstance(channel.leg, CodecLeg):
            channel.leg.limit_codecs(codecs)
        if subroutine and not await _ran(channel, subroutine):
            return False
        for name, value in (variables or {}).items():
            await channel.assign(name, value)
        accounts.given(channel, accountcode)
        return True

    async def early(channel: Channel) -> bool:
        channel.post(Answered())
        return True

    settings = DialSettings(
        timeout=timeout,
        caller=caller,
        before_call=prepare,
        on_progress=early if early_media else None,
        uniqueids=uniqueids,
    )
    race = Race(switch, None, settings)
    channel = await race.run([destination])
    name, uniqueid = (seen[-1].name, seen[-1].uniqueid) if seen else ("", "")
    if channel is None:
        return Originated(race.result.status, None, name, uniqueid)
    if not application:
        channel.go(Jump(context, exten, priority))
    switch.start(channel, application, app_data)
    return Originated(DialStatus.ANSWER, channel, name, uniqueid)
