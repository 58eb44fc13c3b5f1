"""Commands on the call: ANSWER, HANGUP, CHANNEL STATUS, EXEC, GOSUB, and where it goes on."""

from collections.abc import Awaitable
from inspect import isawaitable
from typing import TYPE_CHECKING, cast

from asterism.dialplan import machine, subroutine
from asterism.dialplan.errors import Interrupt
from asterism.dialplan.scope import Dialled, Failed, Frame, Incomplete, Jump, Outcome
from asterism.functions.indirect import integer, real
from asterism.runtime import callerid
from asterism.runtime.agi.command import Misused, agi_command
from asterism.runtime.agi.protocol import Reply, failure, result

if TYPE_CHECKING:
    from asterism.runtime.agi.conversation import Conversation
    from asterism.runtime.channel import Channel

_INCOMPLETE = 12
"What an application answers to an incomplete number."


@agi_command("ANSWER", see="HANGUP")
async def answer(agi: "Conversation", *ignored: str) -> Reply:
    """Answer the call.

    Returns 0, or -1 when it cannot be answered.
    """
    await agi.channel.answer()
    return result(0)


@agi_command("HANGUP", see="ANSWER")
async def hangup(agi: "Conversation", channelname: str = "") -> Reply:
    """Hang up this channel, or the one that is named.

    Returns 1, or -1 when there is no such channel.
    """
    found = agi.channel if not channelname else _channel(agi, channelname)
    if found is None:
        return result(-1)
    found.request_hangup(told=True)
    return result(1)


@agi_command("CHANNEL STATUS", see="HANGUP")
async def channel_status(agi: "Conversation", channelname: str = "") -> Reply:
    """Tell the state of this channel, or of the one that is named.

    Returns 0 down and free, 1 down but reserved, 2 off hook, 3 digits dialled, 4 ringing, 5 the far end rings, 6 up,
    7 busy, or -1 when there is no such channel.
    """
    found = agi.channel if not channelname else _channel(agi, channelname)
    return result(-1 if found is None else int(found.state))


def _channel(agi: "Conversation", name: str) -> "Channel | None":
    channels = agi.channel.switch.channels
    return channels.get(name) or next((each for each in channels.values() if each.name.lower() == name.lower()), None)


# --- running parts of the dialplan ----------------------------------------------------------------


@agi_command("EXEC", dead=True, see="GOSUB")
async def execute(agi: "Conversation", application: str, options: str = "", *ignored: str) -> Reply:
    """Run a dialplan application.

    Variables are not put into its options: the program does that itself. Returns what the application returned, -1
    when it failed or the call ended, -2 when there is none of this name.
    """
    chan = agi.channel
    found = chan.switch.find_application(application)
    if found is None:
        chan.warn(f"Could not find application ({application})")
        return _exited(-2)
    chan.verbose(3, f"AGI Script Executing Application: ({application}) Options: ({options})")
    before = chan.application, chan.app_data
    chan.application, chan.app_data = found.name, options
    outcome: Outcome
    try:
        running: object = found.run(chan, options)
        outcome = await cast("Awaitable[Outcome]", running) if isawaitable(running) else cast("Outcome", running)
    except Interrupt as interrupt:
        # What an application finds out on a channel that is gone already is no news.
        outcome = None if agi.dead else Failed()
        agi.interrupted(interrupt)
    finally:
        if not chan.closed:
            chan.application, chan.app_data = before
        jump, chan.jump = chan.jump, None
    return _exited(_followed(chan, jump if outcome is None else outcome))


def _exited(value: int) -> Reply:
    return Reply(f"result={value}", "Unknown Result" if value else "Success")


def _followed(chan: "Channel", outcome: Outcome) -> int:
    """Stand where an application leads, one priority before: the dialplan goes on behind AGI."""
    match outcome:
        case Jump():
            return 0 if _stand(chan, outcome) else -1
        case Frame(context=context, exten=exten, priority=priority):
            chan.context, chan.exten, chan.priority = context, exten, priority - 1
        case Dialled(digits=digits):
            return ord(digits[0])
        case Incomplete():
            return _INCOMPLETE
        case Failed():
            return -1
    return 0


def _stand(chan: "Channel", jump: Jump) -> bool:
    context, exten = jump.context or chan.context, jump.exten or chan.exten
    priority = jump.priority
    if not isinstance(priority, int):
        priority = chan.source.label(chan, context, exten, priority)
        if priority < 1:
            chan.warn(f"Priority '{jump.priority}' of extension '{exten}' in context '{context}' is not there")
            return False
    chan.context, chan.exten, chan.priority = context, exten, priority - 1
    return True


@agi_command("GOSUB", see="EXEC")
async def gosub(agi: "Conversation", context: str, extension: str, priority: str, arguments: str = "") -> Reply:
    """Run a subroutine of the dialplan, until its Return.

    Says `100 result=0 Trying...` first. Returns 0, or -1 when there is no such place.
    """
    chan = agi.channel
    number: int | str = subroutine.number_or_label(priority)
    if not isinstance(number, int):
        number = chan.source.label(chan, context, extension, number)
    if number < 1 or not await machine.exists(chan.source, chan, context, extension, number):
        chan.error(f"Priority '{priority}' of '{extension}@{context}' not found")
        return failure(-1, "Gosub label not found")
    agi.say("100 result=0 Trying...\n")
    await agi.wire.flush()
    jump = Jump(context, extension, number)
    try:
        returned = await machine.call(chan.source, chan, jump, subroutine.split_arguments(arguments))
    except Interrupt as interrupt:
        agi.interrupted(interrupt)
        returned = False
    return result(0, "Gosub complete" if returned else "Gosub complete (abnormal exit)")


# --- where it goes on ---------------------------------------------------------------------------------


@agi_command("SET CONTEXT", see="SET EXTENSION, SET PRIORITY")
async def set_context(agi: "Conversation", context: str) -> Reply:
    """Go on in this context of the dialplan afterwards."""
    agi.channel.context = context
    return result(0)


@agi_command("SET EXTENSION", see="SET CONTEXT, SET PRIORITY")
async def set_extension(agi: "Conversation", extension: str) -> Reply:
    """Go on at this extension of the dialplan afterwards."""
    agi.channel.exten = extension
    return result(0)


@agi_command("SET PRIORITY", see="SET CONTEXT, SET EXTENSION")
async def set_priority(agi: "Conversation", priority: str) -> Reply:
    """Go on at this priority, a number or a label, afterwards."""
    chan = agi.channel
    number = integer(priority)
    if number is None:
        number = chan.source.label(chan, chan.context, chan.exten, priority)
        if number < 1:
            raise Misused
    chan.priority = number - 1  # One behind AGI comes next.
    return result(0)


# --- what it is -----------------------------------------------------------------------------------------


@agi_command("SET AUTOHANGUP")
async def set_autohangup(agi: "Conversation", time: str) -> Reply:
    """Hang up in so many seconds; 0 takes it back."""
    seconds = real(time)
    if seconds is None:
        raise Misused
    agi.channel.set_absolute_timeout(max(0.0, seconds))
    return result(0)


@agi_command("SET CALLERID")
async def set_callerid(agi: "Conversation", number: str = "", *ignored: str) -> Reply:
    """Say who calls: a number, a name, or `"Name" <number>`. Returns 1."""
    agi.channel.set_caller(callerid.parse(number))
    return result(1)


@agi_command("SET MUSIC")
async def set_music(agi: "Conversation", onoff: str, music_class: str = "", *ignored: str) -> Reply:
    """Begin (`on`) or end (`off`) music on hold, of the class that is named or the channel's own."""
    if onoff.lower().startswith("on"):
        agi.channel.start_music(music_class)
    elif onoff.lower().startswith("off"):
        agi.channel.stop_music()
    return result(0)
