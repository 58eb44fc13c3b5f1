"""How to dial, and how a dial ended."""

import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from asterism.dialplan.scope import Jump
from asterism.runtime.causes import Cause
from asterism.runtime.channel import Channel
from asterism.runtime.driver import Party
from asterism.runtime.states import DialStatus

Hook = Callable[[Channel], Awaitable[bool]]
"Runs in the caller's task with the called channel; what waits for that one's far end goes through `Channel.work`."
AnswerHook = Callable[[Channel], Awaitable[bool | Jump | str]]
"The same for one that has answered; a Jump sends it there, and no further; a word ends it, and DialEnd tells the word."


@dataclass(frozen=True, slots=True)
class DialSettings:
    """How to dial.

    Args:
        forgotten: The variables that tell of the dial before are empty already.
        timeout: Seconds to ring before giving up.
        early_timeout: Seconds after which those are given up who neither ring nor send early audio.
        ringback: A tone name: the caller hears it (or is told that it rings) from the start.
        ring_until_early: With `ringback`: let the called side's early audio take its place.
        music: Class of the music that the caller hears instead of ringing; None for none.
        limit_ms: End the call this long after it was joined; 0 for never.
        last_words: A sound that both hear when that time is up, before it ends.
        caller: Who calls, instead of the caller's own caller id.
        answered_elsewhere: Tell legs that are given up because the caller went that the call was answered elsewhere.
        forward_caller: Who calls where a leg sends the call on; None for who calls anyway.
        takes_news: Whether the caller is told who the called party is, as that one says.
        answer_first: Answer the caller before `on_answer`, not after it.
        on_progress: Runs for a leg that sends early audio for the first time.
        before_call: Runs for each new leg before it is called; False gives that leg up.
        on_answer: Runs when a leg has answered, before the two are joined; False ends that leg and the dial,
            a Jump sends the callee there instead, a word ends it too and is what DialEnd tells. It is told behind it.
        caller_features, callee_features: What that party may do with DTMF while they talk, in Asterisk's letters:
            T transfer, H hang up, K park, X record.
        forwarding: Whether a destination may send the call elsewhere.
        forward_ends_timeout: Let a call that was sent elsewhere ring without end.
        loser_cause: With what the others are ended when one has answered; 0 for no cause.
        on_caller_digit: Sees the digits that the caller presses while it rings; True gives up, with status CANCEL.
        callee_runs_h: Whether extension `h` of the caller's context is run for the callee after they have talked.
        callee_goes: Where the callee goes on in the dialplan when the caller has hung up.
        uniqueids: Unique ids that the new channel, and the other half of a Local one, are to have; empty for new ones.
    """

    forgotten: bool = False
    timeout: float = math.inf
    early_timeout: float = math.inf
    ringback: str = ""
    ring_until_early: bool = False
    music: str | None = None
    limit_ms: int = 0
    last_words: str = ""
    caller: Party | None = None
    answered_elsewhere: bool = False
    forward_caller: Party | None = None
    takes_news: bool = True
    answer_first: bool = False
    on_progress: Hook | None = None
    before_call: Hook | None = None
    on_answer: AnswerHook | None = None
    caller_features: str = ""
    callee_features: str = ""
    forwarding: bool = True
    forward_ends_timeout: bool = False
    loser_cause: int = Cause.ANSWERED_ELSEWHERE
    callee_runs_h: bool = False
    callee_goes: Jump | None = None
    uniqueids: tuple[str, str] = ("", "")
    on_caller_digit: Callable[[str], bool] | None = None


@dataclass(slots=True)
class DialResult:
    """How a dial ended.

    Args:
        status: DIALSTATUS.
        cause: Q.850 cause of what ended it.
        peer: Name of the channel that answered, and the number by which it was dialled.
        dialed_ms: From the beginning to the end of the call.
        answered_ms: From the answer to the end.
        ring_ms, progress_ms: From the beginning until it rang, and until early audio; None for never.
        gone_first: "caller", "callee", or "" when the time was up or nobody answered.
    """

    status: DialStatus = DialStatus.CHANUNAVAIL
    cause: int = 0
    peer: str = ""
    number: str = ""
    dialed_ms: int = 0
    answered_ms: int = 0
    ring_ms: int | None = None
    progress_ms: int | None = None
    gone_first: str = ""
