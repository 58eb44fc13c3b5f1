"""Dial: call somebody and talk."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Annotated

from asterism.apps.dial_answer import Outcome, on_answer, on_progress, place, run_subroutine
from asterism.apps.dial_limits import last_words, limit_ms, ring_times, time_left
from asterism.apps.dial_options import DialOptions
from asterism.apps.screening import Screening
from asterism.dialplan.scope import Jump
from asterism.functions.groups import join as join_group
from asterism.runtime import callerid
from asterism.runtime.callerid import PRESENTATIONS
from asterism.runtime.causes import Cause, cause_named
from asterism.runtime.channel import Channel
from asterism.runtime.declare import Separated, Unit, application
from asterism.runtime.dialing import forget
from asterism.runtime.driver import Party
from asterism.runtime.errors import Hangup
from asterism.runtime.states import DialStatus

Destinations = Annotated[list[str], Separated("&")]


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
        timeout: Seconds to ring before giving up, fractions allowed; for ever when left out. Behind a `^`: seconds
            after which whoever neither rings nor sends audio is given up as CHANUNAVAIL.
        options: Letters, each explained in its own line.
        url: Accepted for Asterisk's sake; no kind of channel here takes one.
    Sets: DIALSTATUS (ANSWER, BUSY, NOANSWER, CANCEL, CONGESTION, CHANUNAVAIL, DONTCALL, TORTURE, INVALIDARGS),
        DIALEDPEERNAME, DIALEDPEERNUMBER, DIALEDTIME, ANSWEREDTIME, RINGTIME, PROGRESSTIME (seconds, and in
        milliseconds with _MS), HANGUPCAUSE; and FORWARDERNAME on a channel to which a phone has sent the call.
    Compat: app_dial. A destination without a slash, and an option whose parenthesis never closes, end the call; no
        destination at all is CHANUNAVAIL. Called channels join the group that OUTBOUND_GROUP or, once,
        OUTBOUND_GROUP_ONCE names. LIMIT_PLAYAUDIO_CALLER, LIMIT_PLAYAUDIO_CALLEE, LIMIT_WARNING_FILE,
        LIMIT_CONNECT_FILE and LIMIT_TIMEOUT_FILE say who hears the warnings of `L`, and which.
    """
    await call(chan, destinations or [], timeout, options)


async def call(chan: Channel, destinations: list[str], timeout: str, options: DialOptions) -> DialStatus:
    """Do what Dial does."""
    forget(chan)
    if chan.ended or chan.far_end_gone:
        chan.verbose(3, "Caller hung up before dial.")
        chan.set("DIALSTATUS", DialStatus.CANCEL.value)
        chan.check()
    if options.unclosed:
        chan.set("DIALSTATUS", DialStatus.INVALIDARGS.value)
        raise Hangup(0)
    most_ms = limit_ms(chan, options)
    if options.reset_records:
        chan.switch.cdr.reset(chan)
    screening = Screening(chan, options)
    if await screening.refuses():
        return screening.status
    if options.before_calling:
        await run_subroutine(chan, options.before_calling, chan)
    nobody = _nobody(chan, destinations, options)
    if nobody is not None:
        return nobody
    timeout_s, early_timeout_s = ring_times(chan, timeout)
    outcome = Outcome(time_left=time_left(chan, options))
    try:
        result = await chan.dial(
            destinations,
            forgotten=True,
            timeout=timeout_s,
            early_timeout=early_timeout_s,
            ringback=_ringback(options),
            ring_until_early=options.ringing_until_audio,
            music=options.music,
            limit_ms=most_ms,
            last_words=last_words(chan, options),
            caller=_caller(chan, options),
            answered_elsewhere=options.answered_elsewhere,
            forwarding=not options.ignore_forwarding,
            forward_caller=_forward_caller(chan, options),
            takes_news=not options.keep_connected,
            answer_first=options.answer_first,
            caller_features=_features(options, "caller"),
            callee_features=_features(options, "callee"),
            forward_ends_timeout=options.endless_forward,
            loser_cause=_loser_cause(chan, options),
            callee_runs_h=options.run_h,
            callee_goes=None if options.run_h else _callee_goes(chan, options),
            on_caller_digit=_on_caller_digit(chan, options),
            before_call=_before_call(chan, options),
            on_progress=on_progress(chan, options),
            on_answer=on_answer(chan, options, outcome, screening if screening.asks else None),
        )
    finally:
        if outcome.time_left is not None:
            outcome.time_left.end()
        await screening.done(answered=False)
    if outcome.status is not None:
        chan.set("DIALSTATUS", outcome.status.value)
    if (
        result.status is DialStatus.ANSWER
        and not outcome.go_on
        and not (options.go_on and result.gone_first != "caller")
    ):
        raise Hangup(result.cause)
    return outcome.status or result.status


def _nobody(chan: Channel, destinations: list[str], options: DialOptions) -> DialStatus | None:
    """Why nobody can be called (DIALSTATUS); None where somebody can. A wrong one ends the call, not with `g`."""
    wanted = [destination for destination in destinations if destination]
    if not wanted:
        chan.verbose(3, "No devices or endpoints to dial (technology/resource)")
        chan.set("DIALSTATUS", DialStatus.CHANUNAVAIL.value)
        return DialStatus.CHANUNAVAIL
    if all(destination.partition("/")[2] for destination in wanted):
        return None
    chan.warn("Dial argument takes format (technology/resource)")
    chan.set("DIALSTATUS", DialStatus.INVALIDARGS.value)
    if options.go_on:
        return DialStatus.INVALIDARGS
    raise Hangup(0)


def _ringback(options: DialOptions) -> str:
    if options.ringing is not None:
        return options.ringing or "ring"
    return "ring" if options.ringing_until_audio else ""


def _caller(chan: Channel, options: DialOptions) -> Party | None:
    """Who the phones are told is calling, when that is not the caller as he is."""
    if not options.caller_id:
        return None
    party = replace(
        callerid.parse(options.caller_id), presentation="allowed_passed_screen", tag=options.caller_tag or ""
    )
    if options.presentation is None:
        return party
    if options.presentation not in PRESENTATIONS:
        chan.warn(f"Dial: option 'u': '{options.presentation}' is no presentation, ignored")
        return party
    return replace(party, presentation=options.presentation)


def _forward_caller(chan: Channel, options: DialOptions) -> Party | None:
    """Who calls where a phone sends the call on: with `f` alone, the extension that was dialled here."""
    if options.caller_id is None or options.caller_id:
        return None
    return Party(chan.exten, chan.switch.hint(chan.context, chan.exten)[1])


_FEATURES = {"transfer": "T", "hang_up": "H", "park": "K", "record": "W", "mix": "X"}
"""What a party may do while they talk, as in the names of the options, and the letter of it."""


def _features(options: DialOptions, who: str) -> str:
    return "".join(letter for name, letter in _FEATURES.items() if getattr(options, f"{who}_may_{name}"))


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
    return Jump(*place(chan, options.callee_goes))


def _before_call(chan: Channel, options: DialOptions) -> Callable[[Channel], Awaitable[bool]] | None:
    once = chan.variables.get("OUTBOUND_GROUP_ONCE", "")
    group = once or chan.variables.get("OUTBOUND_GROUP", "")
    if once:
        chan.unset("OUTBOUND_GROUP_ONCE")
    if options.before_called is None and options.keep_caller_id is None and not group:
        return None

    async def prepare(callee: Channel) -> bool:
        if group:
            join_group(callee, group)
        if options.keep_caller_id is not None:
            callee.set_caller(callerid.parse(options.keep_caller_id) if options.keep_caller_id else chan.caller)
            callee.caller_lent = True  # It is not who is there.
        return options.before_called is None or await run_subroutine(chan, options.before_called, callee)

    return prepare
