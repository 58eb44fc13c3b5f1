"""Originate: call somebody from the dialplan, without being part of that call."""

import asyncio
import math
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Annotated, Any

from asterism.apps.dial_answer import place, run_subroutine, with_arguments
from asterism.functions import indirect
from asterism.runtime.channel import Channel
from asterism.runtime.declare import Given, Option, Unit, application
from asterism.runtime.dialing import Originated, originate
from asterism.runtime.driver import Party
from asterism.runtime.errors import Hangup
from asterism.runtime.states import DialStatus

_WORDS = {
    DialStatus.ANSWER: "SUCCESS",
    DialStatus.BUSY: "BUSY",
    DialStatus.CONGESTION: "CONGESTION",
    DialStatus.NOANSWER: "RINGING",
}


@dataclass(frozen=True)
class OriginateOptions:
    """Options of Originate."""

    at_once: Annotated[bool, Option("a")] = False
    "Go on at once, whatever becomes of the call."
    number: Annotated[str | None, Option("c", "number")] = None
    "Caller id number for the called party; this channel's when left out."
    name: Annotated[str | None, Option("n", "name")] = None
    "Caller id name for the called party; this channel's when left out."
    variables: Annotated[str | None, Option("v", "name=value^name=value")] = None
    "Variables of the new channel; `_name` and `__name` are inherited."
    codecs: Annotated[str | None, Option("C", "codecs")] = None
    "Codecs to offer, joined by commas, of those that the device may use."
    before_called: Annotated[str | None, Option("b", "context^exten^priority(args)")] = None
    "Run a Gosub on the new channel before it is called."
    before_calling: Annotated[str | None, Option("B", "context^exten^priority(args)")] = None
    "Run a Gosub on this channel first."


@application("Originate", see="Dial, ORIGINATE_STATUS")
async def originate_call(
    chan: Channel,
    tech_data: str = "",
    type: str = "",
    arg1: Annotated[str | None, Given()] = None,
    arg2: Annotated[str | None, Given()] = None,
    arg3: Annotated[str | None, Given()] = None,
    timeout: Annotated[str | None, Unit("s"), Given()] = None,
    options: OriginateOptions = OriginateOptions(),
) -> None:
    """Call somebody, and let him run an extension or an application once he has answered.

    Args:
        tech_data: Technology/resource.
        type: `exten` or `app`.
        arg1: The context, or the application.
        arg2: The extension, or the application's arguments.
        arg3: The priority, a number; 1 when left out.
        timeout: Seconds to ring; 30 when left out.
        options: Letters, each explained in its own line.
    Sets: ORIGINATE_STATUS: SUCCESS, BUSY, CONGESTION, RINGING (nobody answered in time), FAILED.
    Compat: app_originate. Too few arguments, another type, or a priority that is no number end the call. A context
        that is empty is that of the new channel; an extension is `s` where there is none, and none where it is empty.
    """
    priority = indirect.integer(arg3 or "")
    wrong = _wrong(tech_data, type, arg1)
    if not wrong and type.lower() == "exten" and arg3 is not None and priority is None and timeout is None:
        wrong = f"Invalid priority: '{arg3}'"
    if wrong:
        chan.error(wrong)
        chan.set("ORIGINATE_STATUS", "FAILED")
        raise Hangup(0)
    if type.lower() == "app" and not arg1:
        chan.set("ORIGINATE_STATUS", "FAILED")
        return
    if options.before_calling:
        await run_subroutine(chan, options.before_calling, chan)
    facts: dict[str, Any] = {
        "timeout": _seconds(timeout or ""),
        "caller": Party(options.number or chan.caller.number, options.name or chan.caller.name),
        "variables": _variables(options),
        "codecs": [codec.strip() for codec in (options.codecs or "").split(",") if codec.strip()],
        "subroutine": _subroutine(chan, options),
    }
    if type.lower() == "app":
        facts |= {"application": arg1, "app_data": arg2 or ""}
    else:
        facts |= {"context": arg1 or "", "exten": "s" if arg2 is None else arg2, "priority": max(1, priority or 1)}
    call: Coroutine[Any, Any, Originated] = originate(chan.switch, tech_data, **facts)
    if options.at_once:
        chan.switch.spawn(call, f"originate {tech_data}")
        await asyncio.sleep(0)  # The channel is there when the dialplan goes on.
        chan.set("ORIGINATE_STATUS", "SUCCESS")
        return
    result = await call
    chan.set("ORIGINATE_STATUS", _WORDS.get(result.status, "FAILED"))


def _wrong(tech_data: str, kind: str, what: str | None) -> str:
    """Return what is wrong with the arguments; empty when nothing is."""
    if not tech_data or what is None:
        return "Incorrect number of arguments"
    if "/" not in tech_data:
        return f"Channel Tech/Data invalid: '{tech_data}'"
    if kind.lower() not in ("app", "exten"):
        return f"Incorrect type, it should be 'app' or 'exten': {kind}"
    return ""


def _subroutine(chan: Channel, options: OriginateOptions) -> str:
    """Option b as a Gosub is written."""
    if not options.before_called:
        return ""
    where, arguments = with_arguments(options.before_called)
    context, exten, priority = place(chan, where)
    return f"{context},{exten},{priority}" + (f"({','.join(arguments)})" if arguments else "")


def _variables(options: OriginateOptions) -> dict[str, str]:
    """`A=1^_B=2` apart."""
    pairs = (part.partition("=") for part in (options.variables or "").split("^") if part)
    return {name.strip(): value for name, _, value in pairs}


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        return 30.0
    return seconds if seconds > 0 and math.isfinite(seconds) else 30.0
