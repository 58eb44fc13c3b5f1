"""Dial's letters: what each is for, and which of them are served."""

from dataclasses import dataclass
from typing import Annotated

from asterism.runtime.arguments import Unclosed
from asterism.runtime.declare import Option


@dataclass(frozen=True)
class DialOptions:
    """Options of Dial: the letters of Asterisk, and which of them are served."""

    answer_first: Annotated[bool, Option("a")] = False
    "Answer the caller as soon as somebody answers, before A, D, M, P, p, U and not after them."
    announce: Annotated[str | None, Option("A", "called:calling")] = None
    "Play a sound to the called party, and one to the caller, before they are joined."
    go_on: Annotated[bool, Option("g")] = False
    "Go on in the dialplan when the called party hangs up first."
    ringing: Annotated[str | None, Option("r", "tone")] = None
    "Let the caller hear ringing from the start, or the tone that is named, and no early audio."
    ringing_until_audio: Annotated[bool, Option("R")] = False
    "Let the caller hear ringing from the start, until the called side sends early audio."
    music: Annotated[str | None, Option("m", "class")] = None
    "Let the caller hear music instead of ringing; the class is the channel's own when none is named."
    limit: Annotated[str | None, Option("L", "ms:warning:repeat")] = None
    "End the call so many milliseconds after the answer; warn when `warning` are left, and then every `repeat`."
    stop_after: Annotated[str | None, Option("S", "seconds")] = None
    "End the call so many seconds after the answer."
    digits: Annotated[str | None, Option("D", "called:calling:progress")] = None
    "Send DTMF to the called party, and to the caller, before they are joined; to the called one at early audio, too."
    subroutine: Annotated[str | None, Option("U", "context^arg^arg")] = None
    "Run a Gosub on the called channel before the two are joined."
    macro: Annotated[str | None, Option("M", "macro^arg^arg")] = None
    "Run a Macro on the called channel before the two are joined."
    before_called: Annotated[str | None, Option("b", "context^exten^priority(args)")] = None
    "Run a Gosub on each called channel before it is called."
    before_calling: Annotated[str | None, Option("B", "context^exten^priority(args)")] = None
    "Run a Gosub on the caller before anybody is called."
    caller_id: Annotated[str | None, Option("f", "number")] = None
    "Call with this caller id; without one, forwarded calls get the number that was dialled here, and its hint's name."
    keep_caller_id: Annotated[str | None, Option("o", "number")] = None
    "Call with the caller's own id, or the one that is given."
    answered_elsewhere: Annotated[bool, Option("c")] = False
    "Phones that stop ringing because the caller went are told that the call was answered elsewhere."
    caller_may_hang_up: Annotated[bool, Option("H")] = False
    "The caller may end the call with `*`, while it rings too."
    callee_may_hang_up: Annotated[bool, Option("h")] = False
    "The called party may end the call with `*`."
    ignore_forwarding: Annotated[bool, Option("i")] = False
    "Nobody may send the call elsewhere."
    caller_goes: Annotated[str | None, Option("G", "context^exten^priority")] = None
    "After the answer the caller goes to a place in the dialplan, the called party to the priority after it."
    callee_goes: Annotated[str | None, Option("F", "context^exten^priority")] = None
    "When the caller hangs up, the called party goes on in the dialplan."
    loser_cause: Annotated[str | None, Option("Q", "cause")] = None
    "Cause with which the phones that did not win are ended."
    dial_out: Annotated[bool, Option("d")] = False
    "The caller may press one digit, an extension of EXITCONTEXT or of this context, instead of waiting."
    reset_records: Annotated[bool, Option("C")] = False
    "Let the call record begin now, as ResetCDR does."
    run_h: Annotated[bool, Option("e")] = False
    "Run extension `h` for the called party too, after the two have talked."
    hear_digits: Annotated[bool, Option("E", later=True)] = False
    "The caller hears MF and SF digits that are sent."
    keep_connected: Annotated[bool, Option("I")] = False
    "Ignore news of who is connected or redirected."
    topology: Annotated[bool, Option("j")] = False
    "Offer the streams that the caller had at first; here they never change."
    callee_may_park: Annotated[bool, Option("k", later=True)] = False
    "The called party may park the call."
    caller_may_park: Annotated[bool, Option("K", later=True)] = False
    "The caller may park the call."
    no_introduction: Annotated[str | None, Option("n", "delete")] = None
    "Privacy: keep no introductions."
    no_screening: Annotated[bool, Option("N")] = False
    "Privacy: no screening of callers with a caller id."
    operator: Annotated[str | None, Option("O", "mode", later=True)] = None
    "Operator services."
    screen: Annotated[bool, Option("p")] = False
    "Ask the called party before joining."
    privacy: Annotated[str | None, Option("P", "family/key")] = None
    "Privacy by database."
    caller_tag: Annotated[str | None, Option("s", "tag")] = None
    "With `f`: the tag of that caller id."
    callee_may_transfer: Annotated[bool, Option("t")] = False
    "The called party may transfer with DTMF."
    caller_may_transfer: Annotated[bool, Option("T")] = False
    "The caller may transfer with DTMF."
    presentation: Annotated[str | None, Option("u", "presentation")] = None
    "With `f`: how the number may be shown, such as `prohib`."
    callee_may_record: Annotated[bool, Option("w", later=True)] = False
    "The called party may record with DTMF."
    caller_may_record: Annotated[bool, Option("W", later=True)] = False
    "The caller may record with DTMF."
    callee_may_mix: Annotated[bool, Option("x")] = False
    "The called party may record both sides with DTMF."
    caller_may_mix: Annotated[bool, Option("X")] = False
    "The caller may record both sides with DTMF."
    endless_forward: Annotated[bool, Option("z")] = False
    "A forwarded call has no timeout."
    unclosed: Annotated[bool, Unclosed()] = False
    "A parenthesis never closes: nobody is called."
