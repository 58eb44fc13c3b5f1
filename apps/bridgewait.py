"""BridgeWait: wait in a holding bridge."""

from dataclasses import dataclass
from typing import Annotated

from asterism.runtime import holding
from asterism.runtime.arguments import Unclosed
from asterism.runtime.channel import FOREVER, Channel
from asterism.runtime.declare import Option, application
from asterism.runtime.errors import Hangup
from asterism.runtime.member import Member, join

_CREATOR = "BridgeWait"


@dataclass(frozen=True)
class BridgeWaitOptions:
    """Options of BridgeWait."""

    music: Annotated[str | None, Option("m", "class")] = None
    "Class of the music on hold."
    entertainment: Annotated[str | None, Option("e", "mode")] = None
    "What is heard: m music on hold, r ringing, s silence, h hold, n nothing; the first letter counts."
    timeout: Annotated[str | None, Option("S", "seconds")] = None
    "Go on in the dialplan after so many seconds."
    no_answer: Annotated[bool, Option("n")] = False
    "Do not answer the call."
    unclosed: Annotated[bool, Unclosed()] = False
    "A parenthesis never closes: the call ends."


@application("BridgeWait", see="Bridge, BridgeAdd")
async def bridge_wait(
    chan: Channel, name: str = "", role: str = "", options: BridgeWaitOptions = BridgeWaitOptions()
) -> None:
    """Wait in a holding bridge until somebody takes the call out of it.

    Args:
        name: Of the bridge; `default` when it is left out.
        role: `participant`, who waits, or `announcer`, whom all who wait hear.
        options: Letters, each explained in its own line.
    Compat: app_bridgewait. A wrong role, mode, or timeout ends the call, and so does an option whose parenthesis never
        closes.
    """
    if options.unclosed:
        raise Hangup(0)
    if role not in ("", "participant", holding.ANNOUNCER):
        chan.error(f"Requested waiting bridge role '{role}' is invalid.")
        raise Hangup(0)
    if not options.no_answer:
        await chan.answer()
    limit_s = _timeout(chan, options.timeout)
    mode = (options.entertainment or "m")[:1]
    if role != holding.ANNOUNCER and (mode not in "mrshn" or options.entertainment == ""):
        chan.error(f"Invalid argument for BridgeWait entertainment '{options.entertainment}'")
        raise Hangup(0)
    bridge = holding.named(chan.switch, _CREATOR, name or "default")
    bridge.entertain(chan, mode, options.music or "")
    chan.verbose(3, f"{chan.name} is entering waiting bridge {bridge.name}:{bridge.uniqueid}")
    await join(bridge, Member(chan, limit_s, role))


def _timeout(chan: Channel, text: str | None) -> float:
    if text is None:
        return FOREVER
    if not text:
        chan.error("Timeout option 'S': No value provided.")
        raise Hangup(0)
    if not text.isdecimal() or not int(text):
        chan.error(f"Timeout option 'S': Invalid value provided '{text}'.")
        raise Hangup(0)
    return float(text)
