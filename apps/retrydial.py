"""RetryDial: call somebody again and again."""

from typing import Annotated

from asterism.apps.dial import call, dial
from asterism.apps.playback import ANY_DIGIT
from asterism.dialplan.scope import Jump
from asterism.runtime.channel import Channel
from asterism.runtime.declare import Text, Unit, application
from asterism.runtime.errors import Hangup
from asterism.runtime.states import DialStatus


@application("RetryDial", see="Dial", ends_on_bad_arguments=True)
async def retry_dial(
    chan: Channel,
    announce: str = "",
    sleep: Annotated[str, Unit("s")] = "",
    retries: str = "",
    dialargs: Text = "",
) -> Jump | None:
    """Dial again and again until somebody answers, or the attempts are used up.

    Args:
        announce: Sound to play when nobody could be reached.
        sleep: Seconds to wait before the next attempt; music plays meanwhile.
        retries: How many attempts; 0 for as many as it takes.
        dialargs: The arguments of Dial.
    Sets: What Dial sets.
    Compat: app_dial. A digit pressed meanwhile is dialled, if it is an extension of EXITCONTEXT or of this context.
        After a conversation there is no further attempt, not even with option `g`.
    """
    if not dialargs:
        chan.error("RetryDial requires a 4th argument (dialdata)")
        raise Hangup(0)
    destinations, timeout, options, _ = dial.arguments(dialargs)
    for text in dial.complaints(dialargs):
        chan.warn(text)
    attempts = int(retries) if retries.isdigit() and retries != "0" else None
    while attempts is None or attempts > 0:
        if await call(chan, destinations or [], timeout, options) is DialStatus.ANSWER:
            return None
        attempts = None if attempts is None else attempts - 1
        digit = (await chan.play(announce, interrupt=ANY_DIGIT)).digit if announce else ""
        digit = digit or await _pause(chan, sleep)
        context = chan.variables.get("EXITCONTEXT", "") or chan.context
        if digit and chan.switch.extension_exists(context, digit, 1, chan.caller_number):
            return Jump(context, digit, 1)
    return None


async def _pause(chan: Channel, text: str) -> str:
    """Music until the next attempt; the digit that was pressed."""
    try:
        seconds = max(0.0, float(text))
    except ValueError:
        seconds = 10.0
    chan.start_music()
    try:
        return await chan.read_digit(seconds)
    finally:
        chan.stop_music()
