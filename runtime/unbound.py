"""A scope without a channel: for loading a dialplan, and for asking whether an extension exists."""

from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any, NoReturn, cast

from asterism.dialplan.scope import Frame, Jump, Raised, Variables
from asterism.runtime.driver import Party
from asterism.runtime.errors import Hangup
from asterism.runtime.reporter import Reporter
from asterism.runtime.states import ChannelState

if TYPE_CHECKING:
    from asterism.dialplan.source import Source, Step, Track
    from asterism.runtime.switch import Switch


class Unbound(Reporter):
    """Meets `asterism.dialplan.scope.Scope`; what needs a channel raises Hangup.

    Args:
        switch: The runtime.
        global_variables: Those that are read and written; the runtime's by default.
        caller: Number for extensions that ask who calls.
    """

    def __init__(
        self, switch: "Switch", global_variables: dict[str, str] | None = None, context: str = "", caller: str = ""
    ) -> None:
        self.switch = switch
        self.name = ""
        # It stands nowhere: EXTEN, CONTEXT and PRIORITY are empty.
        self.context, self.exten, self.priority = context, "", 0
        self.track: Track | None = None
        self.step: Step | None = None
        self.frames: list[Frame] = []
        self.hangup_handlers: list[str] = []
        self.jump: Jump | None = None
        self.exception: Raised | None = None
        self.ended = self.tracing = self.tells_variables = False
        self.variables = Variables()
        self.digit_timeout, self.response_timeout = 5.0, 10.0
        # As far as functions ask, it is the nameless channel that Asterisk makes for this: down, and nobody's.
        self.state, self.cause = ChannelState.DOWN, 0
        self.caller = self.connected = self.redirecting = Party()
        self.ani = self.dialed = self.uniqueid = self.linkedid = ""
        self.language = self.musicclass = self.tonezone = self.accountcode = self.peeraccount = ""
        self.datastores: dict[str, Any] = {}
        self._globals = global_variables
        self._caller = caller

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> NoReturn:
            # What a function says that would do something with a channel, or asks its driver.
            raise AttributeError("No channel was provided")

    @property
    def globals(self) -> dict[str, str]:
        """Global variables."""
        return cast("dict[str, str]", self.switch.variables) if self._globals is None else self._globals

    @property
    def source(self) -> "Source":
        """The dialplan in force."""
        return self.switch.plan

    @property
    def caller_number(self) -> str:
        """Who calls."""
        return self._caller

    def set(self, name: str, value: str) -> None:
        """Set a variable, gone with the scope."""
        self.variables.assign(name, value)

    def unset(self, name: str) -> None:
        """Remove a variable."""
        self.variables.discard(name)

    def announce(self, name: str, value: str) -> None:
        """Nobody listens."""

    def set_global(self, name: str, value: str) -> None:
        """Set a global variable."""
        self.globals[name] = value

    def builtin(self, name: str) -> str:
        """Only what needs no channel."""
        from asterism.runtime.variables import read_without_channel

        return read_without_channel(self.switch, name)

    def now(self) -> float:
        """Seconds since the epoch."""
        return self.switch.now()

    def runs(self, application: str, data: str) -> None:
        """Nothing runs here."""

    def trace(self, application: str, data: str) -> None:
        """Nothing runs here."""

    def handler_starts(self, handler: str) -> None:
        """Nothing runs here."""

    def check(self) -> None:
        """Nobody is there who could have gone."""

    def hung_up(self, cause: int) -> None:
        """Nothing can be hung up."""

    def pause(self) -> Awaitable[None]:
        """Nothing waits here."""
        raise Hangup

    def read_digit(self, seconds: float) -> Awaitable[str]:
        """There is nobody to press a key."""
        raise Hangup

    def finish(self, status: str) -> Awaitable[None]:
        """There is nothing to finish."""
        raise Hangup
