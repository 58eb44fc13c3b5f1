"""Bridge and BridgeAdd: talk to a channel that is there already."""

from dataclasses import dataclass
from typing import Annotated

from asterism.dialplan.scope import Jump
from asterism.dialplan.subroutine import place_from
from asterism.runtime import features
from asterism.runtime.bridge import Bridge
from asterism.runtime.channel import FOREVER, Channel
from asterism.runtime.declare import Option, application
from asterism.runtime.member import Member, bring, join, play_to
from asterism.runtime.timeleft import SPOKEN, TimeLeft


@dataclass(frozen=True)
class BridgeOptions:
    """Options of Bridge; small letters are for the channel that is bridged, capitals for the caller."""

    beep: Annotated[bool, Option("p")] = False
    "Play a tone to the channel that is bridged (features.conf's xfersound)."
    callee_goes: Annotated[str | None, Option("F", "context^exten^priority")] = None
    "Where the bridged channel goes on afterwards; the caller's next priority when no place is named."
    callee_may_hang_up: Annotated[bool, Option("h")] = False
    "The bridged channel may end the call with its keys."
    caller_may_hang_up: Annotated[bool, Option("H")] = False
    "The caller may end the call with his keys."
    callee_may_park: Annotated[bool, Option("k")] = False
    "The bridged channel may park the call."
    caller_may_park: Annotated[bool, Option("K")] = False
    "The caller may park the call."
    limit: Annotated[str | None, Option("L", "ms:warning:repeat")] = None
    "End the call so many milliseconds later; warn when `warning` are left, and then every `repeat`."
    no_answer: Annotated[bool, Option("n")] = False
    "Do not answer the caller."
    stop_after: Annotated[str | None, Option("S", "seconds")] = None
    "End the call so many seconds later."
    callee_may_transfer: Annotated[bool, Option("t")] = False
    "The bridged channel may transfer the call."
    caller_may_transfer: Annotated[bool, Option("T")] = False
    "The caller may transfer the call."
    callee_may_record: Annotated[bool, Option("w", later=True)] = False
    "The bridged channel may record with Monitor, which Asterisk has no more either."
    caller_may_record: Annotated[bool, Option("W", later=True)] = False
    "The caller may record with Monitor, which Asterisk has no more either."
    callee_ends: Annotated[bool, Option("x")] = False
    "Hang the bridged channel up afterwards, instead of letting it go on in the dialplan."


def _letters(options: BridgeOptions, who: str) -> str:
    caller = who == "caller"
    return (
        "T" * (options.caller_may_transfer if caller else options.callee_may_transfer)
        + "H" * (options.caller_may_hang_up if caller else options.callee_may_hang_up)
        + "K" * (options.caller_may_park if caller else options.callee_may_park)
    )


@application("Bridge", see="BridgeAdd, Dial")
async def bridge(chan: Channel, channel: str = "", options: BridgeOptions = BridgeOptions()) -> None:
    """Join a channel that is somewhere in the dialplan, or in a call, and talk to it.

    The other channel leaves what it does, and goes on at its next priority afterwards.

    Args:
        channel: Its name, the beginning of its name, or its unique id.
        options: Letters, each explained in its own line.
    Sets: BRIDGERESULT (SUCCESS, FAILURE, LOOP, NONEXISTENT).
    Compat: Bridge of Asterisk's features.
    """
    other = chan.switch.channels.get(channel) or _starting_with(chan, channel)
    if other is None:
        chan.verbose(4, f"Bridge failed because channel '{channel}' does not exist")
        chan.set("BRIDGERESULT", "NONEXISTENT")
        return
    if other is chan:
        chan.warn(f"Unable to bridge channel {chan.name} with itself")
        chan.set("BRIDGERESULT", "LOOP")
        return
    features.allow_by_variable(chan, other)
    features.allow(chan, _letters(options, "caller"))
    features.allow(other, _letters(options, "callee"))
    if not options.no_answer and not chan.variables.get("BRIDGE_NOANSWER", ""):
        await chan.answer(at_once=True)
    after = None if options.callee_ends else Jump(other.context, other.exten, other.priority + 1)
    if options.callee_goes is not None:
        after = _place(chan, options.callee_goes)
    limit_s, warnings = _limits(chan, options)
    here = Bridge(chan.switch)
    answer = not other.variables.get("BRIDGE_NOANSWER", "")
    if not bring(here, other, after=after, limit_s=limit_s, answer=answer):
        here.destroy()
        chan.set("BRIDGERESULT", "FAILURE")
        return
    if options.beep:
        play_to(other, features.setting(other, "xfersound"))
    if warnings is not None:
        warnings.begin([chan])
    try:
        await join(here, Member(chan, limit_s), introduced=True)
    finally:
        if warnings is not None:
            warnings.end()
        chan.set("BRIDGERESULT", "SUCCESS")


def _starting_with(chan: Channel, text: str) -> Channel | None:
    if not text:
        return None
    for each in chan.switch.channels.values():
        if each.uniqueid == text or each.name.lower().startswith(text.lower()):
            return each
    return None


def _place(chan: Channel, text: str) -> Jump:
    if not text:
        return Jump(chan.context, chan.exten, chan.priority + 1)
    return place_from(chan, text)


def _limits(chan: Channel, options: BridgeOptions) -> tuple[float, TimeLeft | None]:
    """Seconds until the end, and the warnings before it."""
    limit_s, warnings = FOREVER, None
    if options.stop_after is not None:
        limit_s = min(limit_s, _number(chan, "S", options.stop_after))
    if options.limit is not None:
        most, _, rest = options.limit.partition(":")
        first, _, every = rest.partition(":")
        limit_ms = _number(chan, "L", most)
        limit_s = min(limit_s, limit_ms / 1000)
        if first and limit_ms < FOREVER:
            every_ms = _number(chan, "L", every) if every else 0.0
            sound = chan.variables.get("LIMIT_WARNING_FILE", "") or SPOKEN
            warnings = TimeLeft(limit_ms, _number(chan, "L", first), every_ms, sound)
    return limit_s, warnings


def _number(chan: Channel, letter: str, text: str) -> float:
    if text.isdecimal() and int(text):
        return float(text)
    chan.warn(f"Bridge: option '{letter}': '{text}' is no length of time, ignored")
    return FOREVER


@application("BridgeAdd", see="Bridge")
async def bridge_add(chan: Channel, channel: str = "") -> None:
    """Join the bridge that a channel is in.

    Args:
        channel: Its name, the beginning of its name, or its unique id.
    Sets: BRIDGERESULT (SUCCESS, FAILURE, LOOP, NONEXISTENT).
    Compat: app_bridgeaddchan. With three and more all hear all.
    """
    await chan.answer()
    other = chan.switch.channels.get(channel) or _starting_with(chan, channel)
    if other is None:
        chan.verbose(4, f"Channel '{channel}' not found")
        chan.set("BRIDGERESULT", "NONEXISTENT")
    elif other is chan:
        chan.set("BRIDGERESULT", "LOOP")
    elif other.bridge is None or other.bridge.dissolved:
        chan.verbose(4, f"Channel '{other.name}' is not in a bridge")
        chan.set("BRIDGERESULT", "FAILURE")
    else:
        chan.verbose(4, f"{chan.name} is joining {other.name} in bridge {other.bridge.uniqueid}")
        try:
            await join(other.bridge, chan, introduced=True)
        finally:
            chan.set("BRIDGERESULT", "SUCCESS")
