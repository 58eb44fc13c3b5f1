"""What can go wrong in a dialplan, and what can break into one that runs.

`DialplanError` speaks of the user's text: message, file and line. The three interrupts are how the
world stops an application at its await; they are no errors, so they pass `except Exception` in
user code, as task cancellation does.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from asterism.dialplan.scope import Jump


class DialplanError(Exception):
    """The user's text is wrong: what, and where it stands."""

    def __init__(self, message: str, file: str = "", line: int = 0) -> None:
        super().__init__(message, file, line)
        self.message = message
        self.file = file
        self.line = line

    def __str__(self) -> str:
        if not self.file:
            return self.message
        return f"{self.file}:{self.line}: {self.message}" if self.line else f"{self.file}: {self.message}"


class Interrupt(BaseException):
    """The world breaks into an application. The machine catches it; applications let it pass."""


class Ended(Interrupt):
    """The channel was hung up: the dialplan goes on with `h` and is over.

    Args:
        cause: Q.850 cause, 0 where none is known.
        asked: The dialplan itself hangs up; else an application fails, or the far end has gone.
    """

    def __init__(self, cause: int = 0, *, asked: bool = False) -> None:
        super().__init__(cause)
        self.cause = cause
        self.asked = asked


class Redirected(Interrupt):
    """Somebody else (a transfer, AMI Redirect) sent the channel to another place.

    Args:
        jump: Where to go on.
        before: What the channel does before that, in its own task; a Redirected that it raises counts instead.
    """

    def __init__(self, jump: "Jump", before: "Callable[[], Awaitable[None]] | None" = None) -> None:
        super().__init__(jump)
        self.jump = jump
        self.before = before

    async def place(self) -> "Jump":
        """Where to go on, when all that comes before is done."""
        here = self
        while here.before is not None:
            try:
                await here.before()
            except Redirected as again:
                here = again
            else:
                break
        return here.jump


class Elapsed(Interrupt):
    """TIMEOUT(absolute) has run out: the dialplan goes on with `T`, else `e`, else ends."""


def interrupt_in(error: BaseException) -> Interrupt | None:
    """Return the interrupt that a group of exceptions holds: a task group wraps what breaks into its body."""
    if isinstance(error, BaseExceptionGroup):
        return next((found for found in map(interrupt_in, error.exceptions) if found is not None), None)
    return error if isinstance(error, Interrupt) else None
