"""RaiseException and Incomplete: numbers that go wrong by the dialplan's own word."""

from asterism.dialplan.machine import raise_exception
from asterism.dialplan.scope import Incomplete, Outcome, Scope
from asterism.runtime.channel import Channel
from asterism.runtime.declare import Text, application


@application("RaiseException", see="EXCEPTION")
def raiseexception(chan: Scope, reason: Text = "") -> Outcome:
    """Go to the extension `e` of this context.

    Args:
        reason: What EXCEPTION(reason) then reads.
    """
    return raise_exception(chan, reason)


@application("Incomplete", see="WaitExten")
async def incomplete(chan: Channel, options: str = "") -> Outcome:
    """Say that more digits have to be dialled: they are waited for, if a longer number exists.

    Args:
        options: `n` does not answer the call first.

    Compat: pbx_builtin_incomplete; without a longer number it is invalid: `i`, else `e`, else the call ends.
    """
    if not chan.ended and "n" not in options:
        await chan.answer()
    return Incomplete()
