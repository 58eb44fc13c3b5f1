"""The one loop: find a step, run it, follow where it leads; then `h` and the hangup handlers.

Steps that do not wait run in a plain function; the coroutine around it awaits what has to be awaited and
knows the special extensions. Every priority means a look-up of its own (the caller may have changed, a
pattern may have only some of the priorities), but where the answer cannot change it is remembered in the
number's track, so that a loop costs a dict look-up a step.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Literal, cast

from asterism.dialplan import subroutine
from asterism.dialplan.compile import MAX_DATA, limited
from asterism.dialplan.errors import Elapsed, Ended, Redirected, interrupt_in
from asterism.dialplan.scope import (
    Dialled,
    Failed,
    Frame,
    Incomplete,
    Jump,
    NoDigits,
    Outcome,
    Raised,
    Scope,
)
from asterism.dialplan.source import Elsewhere, Source, Step, Track

BUDGET = 200
"""Steps without waiting after which others are let run."""
MAX_HANDLERS = 100
"""Hangup handlers that one channel runs; a handler may push another."""

Waiting = Literal["application", "step", "pause", "outcome", "missing"]


class Machine:
    """One channel's run through a source."""

    def __init__(self, source: Source, scope: Scope) -> None:
        self.source = source
        self.scope = scope
        self.track = source.track(scope, scope.context, scope.exten)
        scope.track = self.track

    # --- steps -----------------------------------------------------------------------------

    def spin(self) -> "tuple[Waiting, object]":
        """Run steps until something has to be awaited or decided."""
        scope, source = self.scope, self.source
        track = self.here()
        steps = track.steps
        budget = BUDGET
        while budget:
            budget -= 1
            step = steps.get(scope.priority)
            if step is None:
                found = source.find(scope, track.context, track.exten, scope.priority)
                if found is None:
                    return "missing", None
                if found.__class__ is Elsewhere:
                    track = self.stand(found)
                    steps = track.steps
                    continue
                if found.__class__ is not Step:
                    return "step", found
                step = found
                if track.stable:
                    steps[scope.priority] = step
            scope.step = step
            outcome = self.traced(step) if scope.tracing else step.run(scope)
            if outcome is None:
                scope.priority += 1
                continue
            if outcome.__class__ is Jump:
                target = track.targets.get(outcome)
                if target is None:
                    target = self.target(track, outcome)
                    if target is None:
                        return "outcome", Failed()
                new, scope.priority = target
                scope.jump = None
            elif outcome.__class__ is Frame:
                if outcome.special:
                    return "outcome", outcome
                new = self.origin(outcome)
                scope.priority = outcome.priority
            elif outcome.__class__ in _DECIDED:
                return "outcome", outcome
            else:
                return "application", outcome
            if new is not track:
                self.track = scope.track = track = new
                scope.context, scope.exten, steps = track.context, track.exten, track.steps
        return "pause", scope.pause()

    def here(self) -> Track:
        """Return the track of where the channel stands; it is another after a jump or a reload."""
        scope, track = self.scope, self.track
        if track.generation != self.source.generation or track.exten != scope.exten or track.context != scope.context:
            track = self.track = scope.track = self.source.track(scope, scope.context, scope.exten)
        return track

    def stand(self, elsewhere: Elsewhere) -> Track:
        """Stand where a switch leads."""
        scope = self.scope
        scope.context, scope.exten, scope.priority = elsewhere.context, elsewhere.exten, elsewhere.priority
        return self.here()

    def origin(self, frame: Frame) -> Track:
        """Return the track that a subroutine was called from."""
        track = frame.track
        if track is None or track.generation != self.source.generation:
            return self.source.track(self.scope, frame.context, frame.exten)
        return track

    def target(self, track: Track, jump: Jump) -> tuple[Track, int] | None:
        """Work out where a jump leads; None: it names a label that is not there."""
        scope = self.scope
        context, exten = jump.context or track.context, jump.exten or track.exten
        new = self.source.track(scope, context, exten)
        priority = priority_of(self.source, scope, context, exten, jump.priority)
        if priority is None:
            return None
        if jump.fixed and track.stable and new.stable:
            track.targets[jump] = (new, priority)
        return new, priority

    def traced(self, step: Step) -> Outcome | Awaitable[Outcome]:
        """Run a step and say so: its text is worked out first, once."""
        scope, program = self.scope, step.program
        if program is None:
            return step.run(scope)
        if step.constant is not None:
            scope.trace(program.name, limited(step.constant, MAX_DATA))
            return step.run(scope)
        if step.evaluate is None:
            return self.traced_later(step)
        data = limited(step.evaluate(scope), MAX_DATA)
        scope.trace(program.name, data)
        outcome = program.run(scope, data)
        return scope.jump if outcome is None else outcome

    async def traced_later(self, step: Step) -> Outcome:
        """Run a step whose text must wait, and say so."""
        program = step.program
        assert program is not None and step.evaluate_later is not None
        data = limited(await step.evaluate_later(self.scope), MAX_DATA)
        self.scope.trace(program.name, data)
        outcome = program.run(self.scope, data)
        if outcome is None or outcome.__class__ in _OUTCOMES:
            return cast(Outcome, outcome)
        return await cast(Awaitable[Outcome], outcome)

    async def advance(self) -> Outcome | Literal["missing"]:
        """Run steps, waiting where they wait, until something has to be decided."""
        scope = self.scope
        waits = 0
        while True:
            try:
                kind, thing = self.spin()
                if kind == "missing":
                    return "missing"
                if kind == "outcome":
                    return cast(Outcome, thing)
                result = await cast("Awaitable[object]", thing)
                if kind == "pause":
                    continue
                # An application may be async and yet never wait (Exec in a loop): others must run all the same.
                waits += 1
                if waits >= BUDGET:
                    waits = 0
                    await scope.pause()
                if kind == "step":
                    if result is None:
                        return "missing"
                    if isinstance(result, Elsewhere):
                        self.stand(result)
                        continue
                    result = await self.single(cast(Step, result))
                outcome = cast(Outcome, scope.jump if result is None else result)
            except Redirected as redirected:
                outcome = await redirected.place()
            except (Exception, BaseExceptionGroup) as error:
                interrupt = interrupt_in(error)
                if isinstance(interrupt, Redirected):
                    outcome = await interrupt.place()
                elif interrupt is not None:
                    raise interrupt from error
                elif isinstance(error, Exception):
                    scope.failed(error)
                    return Failed()
                else:
                    raise
            scope.jump = None
            if outcome is None:
                scope.priority += 1
            elif not self.follow(outcome):
                return outcome if not isinstance(outcome, Jump) else Failed()

    async def single(self, step: Step) -> Outcome:
        """Run a step that had to be waited for."""
        self.scope.step = step
        outcome = self.traced(step) if self.scope.tracing else step.run(self.scope)
        if outcome is None or outcome.__class__ in _OUTCOMES:
            return cast(Outcome, outcome)
        return await cast(Awaitable[Outcome], outcome)

    def follow(self, outcome: Outcome) -> bool:
        """Go where an outcome leads; False where that has to be decided."""
        scope = self.scope
        if isinstance(outcome, Jump):
            target = self.target(self.here(), outcome)
            if target is None:
                return False
            track, scope.priority = target
        elif isinstance(outcome, Frame) and not outcome.special:
            track, scope.priority = self.origin(outcome), outcome.priority
        else:
            return False
        self.track = scope.track = track
        scope.context, scope.exten = track.context, track.exten
        return True

    # --- the special extensions ------------------------------------------------------------

    async def exists(self, exten: str, priority: int = 1, context: str | None = None) -> bool:
        """Whether a step is there."""
        here = self.scope.context if context is None else context
        return await exists(self.source, self.scope, here, exten, priority)

    async def longer(self, digits: str) -> bool:
        """Whether more digits could make another number here."""
        answer = self.source.longer(self.scope, self.scope.context, digits)
        return answer if isinstance(answer, bool) else await answer

    def go(self, exten: str) -> None:
        """Stand at priority 1 of another number of this context."""
        self.scope.exten, self.scope.priority = exten, 1

    async def main(self) -> None:
        """Run until the dialplan is over. Raises Ended when the channel was hung up."""
        while True:
            try:
                result = await self.advance()
                if not await self.decide(result):
                    return
            except Redirected as redirected:
                if not self.follow(await redirected.place()):
                    return
            except Elapsed:
                if not await self.special("T", "ABSOLUTETIMEOUT"):
                    return

    async def decide(self, result: "Outcome | Literal['missing']") -> bool:
        """Go on after what is no plain step; False: the dialplan is over."""
        scope = self.scope
        match result:
            case "missing":
                return await self.missing()
            case Dialled(digits):
                return await self.collect(digits, scope.digit_timeout)
            case Incomplete():
                if not await self.longer(scope.exten):
                    return await self.invalid(scope.exten)
                return await self.collect(scope.exten, scope.digit_timeout, len(scope.exten))
            case NoDigits():
                if await self.exists(scope.exten, scope.priority + 1):
                    scope.priority += 1
                    return True
                return await self.special("t", "RESPONSETIMEOUT")
            case _:
                return False

    async def missing(self) -> bool:
        """Go on where there is no such priority: the number is invalid, or its last priority is done."""
        scope = self.scope
        if not await self.exists(scope.exten):
            return await self.invalid(scope.exten)
        if not self.source.autofallthrough:
            return await self.collect("", scope.response_timeout)
        status = scope.variables.get("DIALSTATUS", "UNKNOWN")
        scope.verbose(2, f"Auto fallthrough, channel '{scope.name}' status is '{status}'")
        if status.upper() in ("CONGESTION", "CHANUNAVAIL"):
            await scope.finish("CONGESTION")
        elif status.upper() == "BUSY":
            await scope.finish("BUSY")
        return False

    async def collect(self, digits: str, wait: float, given: int = 0) -> bool:
        """Wait for digits as long as more of them could make a number, then go there."""
        scope = self.scope
        while await self.longer(digits):
            digit = await scope.read_digit(wait)
            if not digit:
                break
            digits += digit
            wait = scope.digit_timeout
        if given and len(digits) == given:
            return await self.special("t", "RESPONSETIMEOUT")
        if digits and await self.exists(digits):
            self.go(digits)
            return True
        if digits:
            return await self.invalid(digits)
        return await self.special("t", "RESPONSETIMEOUT")

    async def invalid(self, number: str) -> bool:
        """Go to `i`, else `e`."""
        scope = self.scope
        if await self.exists("i"):
            scope.verbose(3, f"Channel '{scope.name}' sent to invalid extension: "
                             f"context,exten,priority={scope.context},{number},{scope.priority}")  # fmt: skip
            scope.set("INVALID_EXTEN", number)
            self.go("i")
            return True
        if await self.special("", "INVALID", quiet=True):
            return True
        scope.warn(
            f"Channel '{scope.name}' sent to invalid extension but no invalid handler: "
            f"context,exten,priority={scope.context},{number},{scope.priority}"
        )
        return False

    async def special(self, exten: str, reason: str, quiet: bool = False) -> bool:
        """Go to a special extension, else to `e` with a reason; False: there is neither."""
        scope = self.scope
        if exten and await self.exists(exten):
            self.go(exten)
            return True
        if await self.exists("e"):
            raise_exception(scope, reason)
            self.go("e")
            return True
        if not quiet:
            scope.warn(f"{reason}, but there is no '{exten}' or 'e' in context '{scope.context}'")
        return False

    # --- the end ---------------------------------------------------------------------------

    async def hangup(self) -> None:
        """Run `h`, then the hangup handlers."""
        scope = self.scope
        try:
            if await self.exists("h"):
                self.go("h")
                while True:
                    result = await self.advance()
                    if not isinstance(result, NoDigits):
                        break
                    scope.priority += 1
        except Ended as ended:
            scope.hung_up(ended.cause)
        except (Redirected, Elapsed):
            pass
        await handlers(self.source, scope)


_OUTCOMES = frozenset((Jump, Frame, Dialled, NoDigits, Incomplete, Failed))
_DECIDED = frozenset((Dialled, NoDigits, Incomplete, Failed))


def raise_exception(scope: Scope, reason: str) -> Jump:
    """Note why `e` is entered and from where; returns the way there."""
    scope.exception = Raised(reason, scope.context, scope.exten, scope.priority)
    return Jump("", "e", 1)


async def run(source: Source, scope: Scope) -> None:
    """Run a channel's dialplan from where it stands to its end, `h` and hangup handlers included.

    Returns when all is done. Only what is no business of a dialplan (cancellation) passes through.
    """
    machine = Machine(source, scope)
    try:
        await machine.main()
    except Ended as ended:
        scope.verbose(2, f"Spawn extension ({_here(scope)}) exited non-zero on '{scope.name}'")
        scope.hung_up(ended.cause)
    else:
        scope.hung_up(0)
    await machine.hangup()


async def handlers(source: Source, scope: Scope) -> None:
    """Run the hangup handlers of a channel, the one pushed last first."""
    for _ in range(MAX_HANDLERS):
        if not scope.hangup_handlers:
            break
        handler = scope.hangup_handlers.pop()
        location, arguments = subroutine.split_call(handler)
        jump = subroutine.place(location)
        if jump is None:
            continue
        scope.handler_starts(handler)
        try:
            await call(source, scope, jump, arguments)
        except Ended as ended:
            scope.hung_up(ended.cause)
        except (Redirected, Elapsed):
            pass


def _here(scope: Scope) -> str:
    return f"{scope.context}, {scope.exten}, {scope.priority}"


async def call(source: Source, scope: Scope, jump: Jump, arguments: Sequence[str] = ()) -> bool:
    """Run a subroutine on a channel until it returns, then stand where it stood.

    Args:
        source: The dialplan.
        scope: The channel.
        jump: Where the subroutine starts.
        arguments: Its ARG1, ARG2 ...

    Returns:
        Whether it returned; False where it ended any other way.

    Raises:
        Ended: The channel was hung up in it.
    """
    stood = scope.context, scope.exten, scope.priority, scope.step, scope.track
    depth = len(scope.frames)
    machine = Machine(source, scope)
    returned = True
    try:
        if not machine.follow(jump) or not await machine.exists(scope.exten, scope.priority):
            scope.warn(f"No subroutine at {jump.context},{jump.exten},{jump.priority}")
            return False
        subroutine.push(scope, arguments, 0, special=True)
        returned = False
        returned = isinstance(await machine.advance(), Frame)
        return returned
    finally:
        subroutine.drop_to(scope, depth)
        if not returned:
            scope.set("GOSUB_RETVAL", "")
        scope.context, scope.exten, scope.priority, scope.step, scope.track = stood


def priority_of(source: Source, scope: Scope, context: str, exten: str, priority: int | str) -> int | None:
    """Return the number of a priority or label; None, and a WARNING, where there is no such label."""
    if isinstance(priority, int):
        return priority
    found = source.label(scope, context, exten, priority)
    if found > 0:
        return found
    scope.warn(f"Priority '{priority}' of extension '{exten}' in context '{context}' is not there")
    return None


async def exists(source: Source, scope: Scope, context: str, exten: str, priority: int) -> bool:
    """Whether a step is there."""
    found = source.find(scope, context, exten, priority)
    if found is None or isinstance(found, Step | Elsewhere):
        return found is not None
    return await found is not None


async def confined(source: Source, scope: Scope, context: str, before_step: Callable[[], None]) -> Outcome:
    """Run steps from where the channel stands, as long as it stays in a context, or in a Gosub called there (Macro).

    Args:
        source: The dialplan.
        scope: The channel.
        context: What it must not leave.
        before_step: Called before each step.

    Returns:
        None where there is no next priority; the Jump to where the channel stands, once it has left; any other
        Outcome that ended it.
    """
    machine = Machine(source, scope)
    steps, depth = 0, len(scope.frames)
    while scope.context == context or len(scope.frames) > depth:
        found = source.find(scope, scope.context, scope.exten, scope.priority)
        if found is not None and not isinstance(found, Step | Elsewhere):
            found = await found
        if not isinstance(found, Step):
            return None
        before_step()
        steps += 1
        if steps % BUDGET == 0:
            await scope.pause()
        result = await machine.single(found)
        outcome = scope.jump if result is None else result
        scope.jump = None
        if outcome is None:
            scope.priority += 1
        elif not machine.follow(outcome):
            return outcome if not isinstance(outcome, Jump) else Failed()
    return Jump(scope.context, scope.exten, scope.priority)
