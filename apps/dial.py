"""Dial: call somebody and talk."""

import asyncio
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Annotated

from asterism.apps.macro import run_macro
from asterism.dialplan.scope import Jump
from asterism.dialplan.subroutine import number_or_label
from asterism.runtime import callerid
from asterism.runtime.callerid import PRESENTATIONS
from asterism.runtime.causes import Cause, cause_named
from asterism.runtime.channel import FOREVER, Channel
from asterism.runtime.declare import Option, Separated, Text, Unit, application
from asterism.runtime.driver import Party
from asterism.runtime.errors import Hangup
from asterism.runtime.settings import is_true
from asterism.runtime.states import DialStatus
from asterism.runtime.timeleft import SPOKEN, TimeLeft

Destinations = Annotated[list[str], Separated("&")]
_KEYS = "0123456789*#ABCD"


@dataclass(frozen=True)
class DialOptions:
    """Options of Dial: the letters of Asterisk, and which of them are served."""

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
    digits: Annotated[str | None, Option("D", "called:calling")] = None
    "Send DTMF to the called party, and to the caller, before they are joined."
    subroutine: Annotated[str | None, Option("U", "context^arg^arg")] = None
    "Run a Gosub on the called channel before the two are joined."
    macro: Annotated[str | None, Option("M", "macro^arg^arg")] = None
    "Run a Macro on the called channel before the two are joined."
    before_called: Annotated[str | None, Option("b", "context^exten^priority(args)")] = None
    "Run a Gosub on each called channel before it is called."
    before_calling: Annotated[str | None, Option("B", "context^exten^priority(args)")] = None
    "Run a Gosub on the caller before anybody is called."
    caller_id: Annotated[str | None, Option("f", "number")] = None
    "Call with this caller id."
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
    reset_records: Annotated[bool, Option("C", later=True)] = False
    "Reset the call record."
    run_h: Annotated[bool, Option("e", later=True)] = False
    "Run extension `h` for the called party too."
    hear_digits: Annotated[bool, Option("E", later=True)] = False
    "The caller hears MF and SF digits that are sent."
    keep_connected: Annotated[bool, Option("I", later=True)] = False
    "Ignore news of who is connected or redirected."
    topology: Annotated[bool, Option("j", later=True)] = False
    "Offer the caller's first streams."
    callee_may_park: Annotated[bool, Option("k", later=True)] = False
    "The called party may park the call."
    caller_may_park: Annotated[bool, Option("K", later=True)] = False
    "The caller may park the call."
    no_introduction: Annotated[str | None, Option("n", "delete", later=True)] = None
    "Privacy: keep no introductions."
    no_screening: Annotated[bool, Option("N", later=True)] = False
    "Privacy: no screening of callers with a caller id."
    operator: Annotated[str | None, Option("O", "mode", later=True)] = None
    "Operator services."
    screen: Annotated[bool, Option("p", later=True)] = False
    "Ask the called party before joining."
    privacy: Annotated[str | None, Option("P", "family/key", later=True)] = None
    "Privacy by database."
    caller_tag: Annotated[str | None, Option("s", "tag", later=True)] = None
    "Tag of the caller id."
    callee_may_transfer: Annotated[bool, Option("t", later=True)] = False
    "The called party may transfer with DTMF."
    caller_may_transfer: Annotated[bool, Option("T", later=True)] = False
    "The caller may transfer with DTMF."
    presentation: Annotated[str | None, Option("u", "presentation")] = None
    "With `f`: how the number may be shown, such as `prohib`."
    callee_may_record: Annotated[bool, Option("w", later=True)] = False
    "The called party may record with DTMF."
    caller_may_record: Annotated[bool, Option("W", later=True)] = False
    "The caller may record with DTMF."
    callee_may_mix: Annotated[bool, Option("x", later=True)] = False
    "The called party may record both sides with DTMF."
    caller_may_mix: Annotated[bool, Option("X", later=True)] = False
    "The caller may record both sides with DTMF."
    endless_forward: Annotated[bool, Option("z")] = False
    "A forwarded call has no timeout."


@application("Dial", see="Busy, Congestion, Hangup, DIALSTATUS, HANGUPCAUSE", ends_on_bad_arguments=True)
async def dial(
    chan: Channel,
    destinations: Destinations | None = None,
    timeout: Annotated[str, Unit("s")] = "",
    options: DialOptions = DialOptions(),
    url: str = "",
) -> None:
    """Call one or more devices and join the caller with the first that answers.

    The dialplan goes on when nobody answers. After a call it ends, unless option `g` is given and the called
    party hung up first.

    Args:
        destinations: Technology/resource, several joined by `&`; all ring at once.
        timeout: Seconds to ring before giving up, fractions allowed; for ever when left out.
        options: Letters, each explained in its own line.
        url: Accepted for Asterisk's sake.
    Sets: DIALSTATUS (ANSWER, BUSY, NOANSWER, CANCEL, CONGESTION, CHANUNAVAIL), DIALEDPEERNAME, DIALEDPEERNUMBER,
        DIALEDTIME, ANSWEREDTIME, RINGTIME, PROGRESSTIME (seconds, and in milliseconds with _MS), HANGUPCAUSE.
    Compat: app_dial. A destination without a slash ends the call; no destination at all is CHANUNAVAIL. The second
        timeout (`20^5`) is not served yet. LIMIT_PLAYAUDIO_CALLER, LIMIT_PLAYAUDIO_CALLEE, LIMIT_WARNING_FILE and
        LIMIT_CONNECT_FILE say who hears the warnings of `L`, and which.
    """
    await _dial(chan, destinations or [], timeout, options)


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
        if await _dial(chan, destinations or [], timeout, options) is DialStatus.ANSWER:
            return None
        attempts = None if attempts is None else attempts - 1
        digit = (await chan.play(announce, interrupt=_KEYS)).digit if announce else ""
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


async def _dial(chan: Channel, destinations: list[str], timeout: str, options: DialOptions) -> DialStatus | None:
    """Do what Dial does; the status, or None when nobody was to be called."""
    wanted = [destination for destination in destinations if destination]
    if not wanted:
        chan.verbose(3, "No devices or endpoints to dial (technology/resource)")
        chan.set("DIALSTATUS", DialStatus.CHANUNAVAIL.value)
        return None
    if any("/" not in destination for destination in wanted):
        chan.warn("Dial argument takes format (technology/resource)")
        chan.set("DIALSTATUS", DialStatus.INVALIDARGS.value)
        raise Hangup(0)
    if options.before_calling:
        place, arguments = _with_arguments(options.before_calling)
        await _gosub(chan, _place(chan, place), arguments, chan)
    outcome = _Outcome(time_left=_time_left(chan, options))
    try:
        result = await chan.dial(
            wanted,
            timeout=_ring_time(chan, timeout),
            ringback=_ringback(options),
            ring_until_early=options.ringing_until_audio,
            music=options.music,
            limit_ms=_limit_ms(chan, options),
            caller=_caller(chan, options),
            answered_elsewhere=options.answered_elsewhere,
            forwarding=not options.ignore_forwarding,
            caller_features="H" * options.caller_may_hang_up,
            callee_features="H" * options.callee_may_hang_up,
            forward_ends_timeout=options.endless_forward,
            loser_cause=_loser_cause(chan, options),
            callee_goes=_callee_goes(chan, options),
            on_caller_digit=_on_caller_digit(chan, options),
            before_call=_before_call(chan, options),
            on_answer=_on_answer(chan, options, outcome),
        )
    finally:
        if outcome.time_left is not None:
            outcome.time_left.end()
    if outcome.status is not None:
        chan.set("DIALSTATUS", outcome.status.value)
    if (
        result.status is DialStatus.ANSWER
        and not outcome.go_on
        and not (options.go_on and result.gone_first != "caller")
    ):
        raise Hangup(result.cause)
    return outcome.status or result.status


def _ring_time(chan: Channel, text: str) -> float:
    """Seconds to ring; what is no positive number is no limit, and told."""
    answer, caret, _ = text.partition("^")
    if caret:
        chan.warn("Dial: the timeout for early audio (behind ^) is not supported yet and ignored")
    if not answer:
        return FOREVER
    try:
        seconds = float(answer)
    except ValueError:
        seconds = 0.0
    if seconds > 0 and not math.isnan(seconds):
        return seconds
    chan.warn(f"Invalid answer timeout specified: '{answer}'. Setting timeout to infinite")
    return FOREVER


def _ringback(options: DialOptions) -> str:
    if options.ringing is not None:
        return options.ringing or "ring"
    return "ring" if options.ringing_until_audio else ""


def _limit_ms(chan: Channel, options: DialOptions) -> int:
    """When the call is ended: by L in milliseconds, or S in seconds; whichever is first."""
    limits = []
    if options.limit is not None:
        limits.append(_number(chan, "L", options.limit.partition(":")[0]))
    if options.stop_after is not None:
        limits.append(_number(chan, "S", options.stop_after) * 1000)
    return round(min((limit for limit in limits if limit > 0), default=0))


def _time_left(chan: Channel, options: DialOptions) -> TimeLeft | None:
    """The warnings of L, as the variables LIMIT_* want them."""
    most, _, rest = (options.limit or "").partition(":")
    first, _, every = rest.partition(":")
    get = chan.variables.get
    greeting = get("LIMIT_CONNECT_FILE", "")
    if not most or not (first or greeting):
        return None
    limit, left, again = (_number(chan, "L", text) if text.strip("0") else 0.0 for text in (most, first, every))
    if get("LIMIT_TIMEOUT_FILE", ""):
        chan.warn("Dial: LIMIT_TIMEOUT_FILE is not supported yet and ignored")
    return TimeLeft(limit, left, again, get("LIMIT_WARNING_FILE", "") or SPOKEN, greeting)


def _warned(chan: Channel, callee: Channel) -> list[Channel]:
    """Who hears the warnings of L: the caller, unless the variables say otherwise."""
    to_caller = is_true(chan.variables.get("LIMIT_PLAYAUDIO_CALLER", "yes"))
    to_callee = is_true(chan.variables.get("LIMIT_PLAYAUDIO_CALLEE", "no"))
    return [chan] * (to_caller or not to_callee) + [callee] * to_callee


def _number(chan: Channel, letter: str, text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if number > 0 and math.isfinite(number):
        return number
    chan.warn(f"Dial: option '{letter}': '{text}' is no limit, ignored")
    return 0.0


def _caller(chan: Channel, options: DialOptions) -> Party | None:
    """Who the phones are told is calling, when that is not the caller as he is."""
    if options.caller_id is None:
        return None
    if not options.caller_id:
        chan.warn("Dial: option 'f' without a number is for forwarded calls, which is not supported yet: ignored")
        return None
    party = callerid.parse(options.caller_id)
    if options.presentation is None:
        return party
    if options.presentation not in PRESENTATIONS:
        chan.warn(f"Dial: option 'u': '{options.presentation}' is no presentation, ignored")
        return party
    return replace(party, presentation=options.presentation)


def _loser_cause(chan: Channel, options: DialOptions) -> int:
    """With what the phones that did not win are ended."""
    if options.loser_cause is None:
        return Cause.ANSWERED_ELSEWHERE
    cause = 0 if options.loser_cause.upper() == "NONE" else cause_named(options.loser_cause)
    if cause is None:
        chan.warn(f"Dial: option 'Q': '{options.loser_cause}' is no cause, ignored")
    return Cause.ANSWERED_ELSEWHERE if cause is None else cause


def _on_caller_digit(chan: Channel, options: DialOptions) -> Callable[[str], bool] | None:
    """What the caller's keys do while it rings: H gives up with `*`, d dials another extension."""
    if not options.dial_out and not options.caller_may_hang_up:
        return None

    def gives_up(digit: str) -> bool:
        if options.caller_may_hang_up and digit == "*":
            chan.verbose(3, "User requested call disconnect.")
            return True
        context = chan.variables.get("EXITCONTEXT", "") or chan.context
        if not options.dial_out or not chan.switch.extension_exists(context, digit, 1, chan.caller_number):
            return False
        chan.verbose(3, f"User hit {digit} to disconnect call.")
        chan.goto(context, digit, 1)
        return True

    return gives_up


def _callee_goes(chan: Channel, options: DialOptions) -> Jump | None:
    """Where the called party goes on when the caller hangs up; the caller's next priority when no place is named."""
    if options.callee_goes is None:
        return None
    if not options.callee_goes:
        return Jump(chan.context, chan.exten, chan.priority + 1)
    return Jump(*_place(chan, options.callee_goes))


def _place(chan: Channel, text: str) -> tuple[str, str, int | str]:
    """`[[context^]exten^]priority` as context, extension, priority; what is missing is the caller's own."""
    parts = text.split("^")
    context, exten, priority = ([chan.context, chan.exten, "1"][: 3 - len(parts)] + parts)[:3]
    return context, exten, number_or_label(priority)


async def _gosub(chan: Channel, place: tuple[str, str, int | str], arguments: list[str], on: Channel) -> bool:
    """Run a subroutine on a channel while the caller waits; False when the channel is gone after it."""
    context, exten, priority = place
    if isinstance(priority, int) and not chan.switch.extension_exists(context, exten, priority, on.caller_number):
        chan.warn(f"Dial: there is no subroutine at {context},{exten},{priority}")
        return True
    subroutine = on.gosub(f"{context},{exten},{priority}", arguments)
    if on is chan:
        await subroutine
        return True
    await on.work(subroutine)
    return not on.far_end_gone


def _with_arguments(text: str) -> tuple[str, list[str]]:
    """`place(arg1^arg2)` apart."""
    place, bracket, rest = text.partition("(")
    return place, rest.removesuffix(")").split("^") if bracket and rest != ")" else []


def _before_call(chan: Channel, options: DialOptions) -> Callable[[Channel], Awaitable[bool]] | None:
    if options.before_called is None and options.keep_caller_id is None:
        return None

    async def prepare(callee: Channel) -> bool:
        if options.keep_caller_id is not None:
            callee.set_caller(callerid.parse(options.keep_caller_id) if options.keep_caller_id else chan.caller)
        if options.before_called is None:
            return True
        place, arguments = _with_arguments(options.before_called)
        return await _gosub(chan, _place(chan, place), arguments, callee)

    return prepare


def _on_answer(
    chan: Channel, options: DialOptions, outcome: "_Outcome"
) -> Callable[[Channel], Awaitable[bool | Jump]] | None:
    wanted = (options.announce, options.digits, options.subroutine, options.macro, options.caller_goes)
    if (*wanted, outcome.time_left) == (None,) * 6:
        return None

    async def greet(callee: Channel) -> bool | Jump:
        await _greet(chan, callee, options)
        if callee.far_end_gone:
            return False
        if options.caller_goes is not None:
            context, exten, priority = _place(chan, options.caller_goes)
            if isinstance(priority, str):
                priority = chan.source.label(chan, context, exten, priority)
            chan.goto(context, exten, priority)
            outcome.go_on = True
            return Jump(context, exten, priority + 1)
        if options.macro is not None:
            await callee.work(_macro(chan, options.macro, callee))
            if not outcome.take(chan, callee.variables.get("MACRO_RESULT", "")) or callee.far_end_gone:
                return False
        if options.subroutine is None:
            return outcome.join(chan, callee)
        context, *arguments = options.subroutine.split("^")
        alive = await _gosub(chan, (context, "s", 1), arguments, callee)
        if not outcome.take(chan, callee.variables.get("GOSUB_RESULT", "")) or not alive:
            return False
        return outcome.join(chan, callee)

    return greet


async def _macro(chan: Channel, text: str, callee: Channel) -> bool:
    name, *arguments = text.split("^")
    callee.context, callee.exten = chan.context, chan.exten
    await run_macro(callee, name, arguments)
    return True


async def _greet(chan: Channel, callee: Channel, options: DialOptions) -> None:
    """What the two hear before they hear each other: the options A and D."""
    if options.announce is not None:
        called, _, calling = options.announce.partition(":")
        hearing = [_hear(chan, calling), callee.work(_hear(callee, called))]
        await asyncio.gather(*hearing)
    if options.digits is not None and not callee.far_end_gone:
        called, _, rest = options.digits.partition(":")
        calling, _, more = rest.partition(":")
        if more.strip(":"):
            chan.warn("Dial: option 'D': digits for progress, MF and SF are not supported yet and ignored")
        await callee.work(_press(callee, called))
        await _press(chan, calling)


async def _hear(who: Channel, name: str) -> bool:
    if name:
        await who.play(*name.split("&"))
    return True


async def _press(who: Channel, digits: str) -> bool:
    await who.send_digits(digits)
    return True


@dataclass
class _Outcome:
    """What a subroutine on the called channel has decided, and the warnings to the two."""

    status: DialStatus | None = None
    go_on: bool = False
    time_left: TimeLeft | None = None

    def join(self, chan: Channel, callee: Channel) -> bool:
        """The two talk from now on."""
        if self.time_left is not None:
            self.time_left.begin(_warned(chan, callee))
        return True

    def take(self, chan: Channel, result: str) -> bool:
        """Do what GOSUB_RESULT says; True to join the two."""
        word = result.upper()
        if word in ("BUSY", "CONGESTION"):
            self.status, self.go_on = DialStatus[word], True
        elif word == "CONTINUE":
            self.go_on = True
        elif word.startswith("GOTO:"):
            chan.goto(*_place(chan, result[5:]))
            self.go_on = True
        elif word != "ABORT":
            return True
        return False
