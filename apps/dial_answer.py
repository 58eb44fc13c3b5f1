"""What Dial does between the answer and the talk: the options A, D, G, M and U, and where a subroutine lies."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from asterism.apps.dial_limits import warned
from asterism.apps.dial_options import DialOptions
from asterism.apps.macro import run_macro
from asterism.apps.screening import Screening
from asterism.dialplan.scope import Jump
from asterism.dialplan.subroutine import place_from
from asterism.runtime.channel import Channel
from asterism.runtime.states import DialStatus
from asterism.runtime.timeleft import TimeLeft

Place = tuple[str, str, int | str]
"""Context, extension, priority."""


def place(chan: Channel, text: str) -> Place:
    """`[[context^]exten^]priority` taken apart; what is missing is the caller's own."""
    jump = place_from(chan, text)
    return jump.context, jump.exten, jump.priority


def with_arguments(text: str) -> tuple[str, list[str]]:
    """`place(arg1^arg2)` apart."""
    where, bracket, rest = text.partition("(")
    return where, rest.removesuffix(")").split("^") if bracket and rest != ")" else []


async def gosub(chan: Channel, where: Place, arguments: list[str], on: Channel) -> bool:
    """Run a subroutine on a channel while the caller waits; False when the channel is gone after it."""
    context, exten, priority = where
    if isinstance(priority, int) and not chan.switch.extension_exists(context, exten, priority, on.caller_number):
        chan.warn(f"There is no subroutine at {context},{exten},{priority}")
        return True
    subroutine = on.gosub(f"{context},{exten},{priority}", arguments)
    if on is chan:
        await subroutine
        return True
    await on.work(subroutine)
    return not on.far_end_gone


async def run_subroutine(chan: Channel, text: str, on: Channel) -> bool:
    """Run the subroutine that an option b or B names, `[[context^]exten^]priority(arg1^arg2)`; see `gosub`."""
    where, arguments = with_arguments(text)
    return await gosub(chan, place(chan, where), arguments, on)


@dataclass
class Outcome:
    """What was decided after the answer.

    Args:
        status: DIALSTATUS instead of ANSWER.
        go_on: The dialplan goes on though somebody answered.
        word: What the subroutine, the macro, or the called party has said instead of joining the two; DialEnd tells it.
        time_left: The warnings of option L.
    """

    status: DialStatus | None = None
    go_on: bool = False
    word: str = ""
    time_left: TimeLeft | None = None

    def join(self, chan: Channel, callee: Channel) -> bool:
        """The two talk from now on; False when the called party has gone."""
        if self.time_left is not None and not callee.far_end_gone:
            self.time_left.begin(warned(chan, callee))
        return not callee.far_end_gone

    def take(self, chan: Channel, result: str) -> bool:
        """Do what GOSUB_RESULT says; True to join the two."""
        word = result.upper()
        if word in ("BUSY", "CONGESTION"):
            self.status, self.go_on = DialStatus[word], True
        elif word == "CONTINUE":
            self.go_on = True
        elif word.startswith("GOTO:"):
            chan.goto(*place(chan, result[5:]))
            self.go_on = True
        elif word != "ABORT":
            return True
        self.word = result.replace("^", ",")
        return False


def on_answer(
    chan: Channel, options: DialOptions, outcome: Outcome, screening: Screening | None
) -> Callable[[Channel], Awaitable[bool | Jump | str]] | None:
    """What to do when somebody has answered, before the two are joined; None when there is nothing.

    Args:
        chan: The caller.
        options: Dial's.
        outcome: Filled with what comes of it.
        screening: Asks the called party whether it takes the call (p, P).
    """
    wanted = (options.announce, options.digits, options.subroutine, options.macro, options.caller_goes, screening)
    if all(each is None for each in (*wanted, outcome.time_left)):
        return None

    async def greet(callee: Channel) -> bool | Jump | str:
        if screening is not None and not await screening.ask(callee):
            outcome.status, outcome.go_on = screening.status, True
            return screening.status.value
        if options.announce is not None:
            await _announce(chan, callee, options.announce)
        if callee.far_end_gone:
            return False
        if options.caller_goes:
            return _part(chan, options.caller_goes, outcome)
        agreed = await _ask(chan, callee, options, outcome)
        if not agreed:
            return outcome.word or False
        if options.digits is not None:
            await _press(chan, callee, options.digits)
        # Asterisk answers the caller before it finds nobody there to talk to, unless there were keys to send.
        return outcome.join(chan, callee) or options.digits is None

    return greet


async def _ask(chan: Channel, callee: Channel, options: DialOptions, outcome: Outcome) -> bool:
    """Let the macro and the subroutine decide; True to go on."""
    if options.macro is not None:
        await callee.work(_macro(chan, options.macro, callee))
        if not outcome.take(chan, callee.variables.get("MACRO_RESULT", "")) or callee.far_end_gone:
            return False
    if options.subroutine is None:
        return True
    context, *arguments = options.subroutine.split("^")
    await gosub(chan, (context, "s", 1), arguments, callee)
    result = callee.variables.get("GOSUB_RESULT", "")
    if result:
        chan.set("GOSUB_RETVAL", callee.variables.get("GOSUB_RETVAL", ""))
    return outcome.take(chan, result)


async def _macro(chan: Channel, text: str, callee: Channel) -> bool:
    name, *arguments = text.split("^")
    callee.context, callee.exten = chan.context, chan.exten
    await run_macro(callee, name, arguments)
    return True


def _part(chan: Channel, where: str, outcome: Outcome) -> Jump | bool:
    """Option G: the caller goes to a place, the called party to the priority after it."""
    context, exten, priority = place(chan, where)
    outcome.go_on = True
    if isinstance(priority, str):
        label, priority = priority, chan.source.label(chan, context, exten, priority)
        if priority <= 0:
            chan.warn(f"Dial: option 'G': there is no label '{label}' in {exten}@{context}")
            return False
    chan.goto(context, exten, priority)
    return Jump(context, exten, priority + 1)


async def _announce(chan: Channel, callee: Channel, sounds: str) -> None:
    """Option A: each of the two hears a sound of its own, at once."""
    called, _, calling = sounds.partition(":")
    await asyncio.gather(hear(chan, calling), callee.work(hear(callee, called)))


async def hear(who: Channel, name: str) -> bool:
    """Play sounds joined by `&`, or nothing, as work for another channel's task."""
    if name:
        await who.play(*name.split("&"))
    return True


async def _press(chan: Channel, callee: Channel, text: str) -> None:
    """Option D: keys for the called party, then for the caller."""
    called, _, rest = text.partition(":")
    await callee.work(_pressed(callee, called))
    await _pressed(chan, rest.partition(":")[0])


async def _pressed(who: Channel, digits: str) -> bool:
    await who.send_digits(digits)
    return True


def on_progress(chan: Channel, options: DialOptions) -> Callable[[Channel], Awaitable[bool]] | None:
    """What to do when a called party sends early audio: option D's third part."""
    parts = (options.digits or "").split(":")
    for letters, text in zip(("MF at progress", "MF at wink", "SF at progress", "SF at wink"), parts[3:], strict=False):
        if text:
            chan.warn(f"Dial: option 'D': {letters} is not supported yet and ignored")
    if len(parts) < 3 or not parts[2]:
        return None
    return lambda callee: callee.work(_pressed(callee, parts[2]))
