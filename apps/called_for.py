"""Calling one number for a channel that does something else meanwhile: what Page and FollowMe have in common."""

from asterism.apps.dial_answer import run_subroutine
from asterism.runtime.channel import FOREVER, Channel
from asterism.runtime.dial_settings import DialSettings
from asterism.runtime.race import Race


def race_for(chan: Channel, before_called: str | None, *, timeout: float = FOREVER, forwarding: bool = True) -> Race:
    """A race for a task of its own, not told with the caller; who is called gets from him what Dial would hand down.

    Args:
        chan: The caller.
        before_called: Option b: a subroutine that runs on each called channel before it is called.
        timeout, forwarding: As in DialSettings.
    """

    async def prepared(callee: Channel) -> bool:
        if chan.forwards_left <= 0:
            chan.warn(f"{callee.name} is not called: the call has been passed on too often")
            return False
        for name, value in chan.variables.bequeath().items():
            callee.set(name, value)
        callee.language, callee.musicclass = chan.language, chan.musicclass
        callee.forwards_left = chan.forwards_left - 1
        return not before_called or await run_subroutine(chan, before_called, callee)

    settings = DialSettings(timeout=timeout, caller=chan.caller, before_call=prepared, forwarding=forwarding)
    return Race(chan.switch, None, settings)
