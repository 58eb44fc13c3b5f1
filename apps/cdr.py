"""ForkCDR and ResetCDR: what the dialplan does with the records of a call.

NoCDR is gone, as it is from Asterisk: `Set(CDR_PROP(disable)=1)` keeps no record.
"""

from dataclasses import dataclass
from typing import Annotated

from asterism.runtime.channel import Channel
from asterism.runtime.declare import Option, application


@dataclass(frozen=True)
class ForkOptions:
    """Options of ForkCDR."""

    answer: Annotated[bool, Option("a")] = False
    "Let the answer time of the new record be now, if the channel has been answered."
    end: Annotated[bool, Option("e")] = False
    "End the record so far."
    reset: Annotated[bool, Option("r")] = False
    "Let start and answer time of the new record be now."
    variables: Annotated[bool, Option("v")] = False
    "Do not take what the dialplan has set into the new record."


@application("ForkCDR", see="ResetCDR, CDR")
def fork_cdr(chan: Channel, options: ForkOptions = ForkOptions()) -> None:
    """Begin another record of the call, beside or after the one so far.

    Compat: app_forkcdr. Without e both records go on, and both get what is set in them later.
    """
    flags = {"a": options.answer, "e": options.end, "r": options.reset, "v": options.variables}
    if not chan.switch.cdr.fork(chan, "".join(flag for flag, on in flags.items() if on)):
        chan.warn(f"The record of {chan.name} is finished, no other can be begun from it")


@dataclass(frozen=True)
class ResetOptions:
    """Options of ResetCDR."""

    variables: Annotated[bool, Option("v")] = False
    "Keep what the dialplan has set in the record."


@application("ResetCDR", see="ForkCDR, CDR_PROP")
def reset_cdr(chan: Channel, options: ResetOptions = ResetOptions()) -> None:
    """Let the record of the call begin now.

    Compat: app_cdr. If the channel has been answered, so has the record, now.
    """
    chan.switch.cdr.reset(chan, keep_variables=options.variables)
