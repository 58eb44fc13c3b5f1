"""HANGUPCAUSE: what each of the called channels answered."""

from asterism.runtime import answers
from asterism.runtime.causes import cause_text
from asterism.runtime.channel import Channel
from asterism.runtime.declare import application, function
from asterism.runtime.errors import ArgumentError


@function("HANGUPCAUSE", see="HANGUPCAUSE_KEYS, HangupCauseClear, DIALSTATUS")
def hangupcause(chan: Channel, channel: str, type: str) -> str:
    """Tell why a channel that was called ended.

    Args:
        channel: Its name, one of HANGUPCAUSE_KEYS.
        type: tech (what its far end answered, such as `SIP 486 Busy Here`) or ast (the cause in words).
    Compat: func_hangupcause. The variable HANGUPCAUSE is the cause of the last one as a number.
    """
    found = answers.known(chan).get(channel)
    if found is None:
        raise ArgumentError(f"HANGUPCAUSE: nothing is known of a channel '{channel}'")
    match type:
        case "tech":
            return found[0]
        case "ast":
            return cause_text(found[1])
    raise ArgumentError(f"HANGUPCAUSE: '{type}' is neither tech nor ast")


@function("HANGUPCAUSE_KEYS", see="HANGUPCAUSE, HangupCauseClear")
def hangupcause_keys(chan: Channel) -> str:
    """List the channels that HANGUPCAUSE knows of, joined by commas.

    Compat: func_hangupcause.
    """
    return ",".join(answers.known(chan))


@application("HangupCauseClear", see="HANGUPCAUSE, HANGUPCAUSE_KEYS")
def hangup_cause_clear(chan: Channel) -> None:
    """Forget why the channels that were called ended.

    Compat: func_hangupcause.
    """
    answers.forget(chan)
