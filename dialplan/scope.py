"""Through these protocols the language asks the world for everything.

`Scope` is one running dialplan's view of its channel: where it stands, its variables, its ears.
`Registry`, `Application` and `Function` are what the compiler asks for by name. `Source` is a
dialplan in any language. Nothing here knows asyncio: what must wait is an Awaitable.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from asterism.dialplan.compile import Compiler
    from asterism.dialplan.nodes import Text
    from asterism.dialplan.source import Source, Step, Track


# --- what an application answers -------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Jump:
    """Go on elsewhere.

    Args:
        context: Context, empty for the one the channel is in.
        exten: Extension, empty for the one the channel is in.
        priority: Number, or a label that is looked for there.
        fixed: Made once for a step, so that the machine may remember where it leads.
    """

    context: str = ""
    exten: str = ""
    priority: int | str = 1
    fixed: bool = False


@dataclass(frozen=True, slots=True)
class Dialled:
    """The caller pressed keys while an application listened: the machine collects the rest.

    Args:
        digits: What was pressed so far.
    """

    digits: str


@dataclass(frozen=True, slots=True)
class Incomplete:
    """The number is too short so far: wait for more digits, else it is invalid."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The application failed: the call ends, without a hangup of its own. `h` runs.

    Args:
        reason: What the application that called this one may look at (MacroExit).
    """

    reason: str = ""


@dataclass(frozen=True, slots=True)
class NoDigits:
    """The caller was to press keys and did not (WaitExten): go on if there is a next priority, else `t`."""


@dataclass(slots=True)
class Frame:
    """One Gosub under way: where Return goes, and the variables that come back then.

    As an outcome: go back there.

    Args:
        context, exten, priority: The priority that Return goes to.
        argc: How many ARGn it was given or hides.
        special: The subroutine was called by an application or as hangup handler: its Return ends it.
        track: The track of that place, where it is known.
        saved: Variables as they were before LOCAL() hid them; None where there was none.
    """

    context: str
    exten: str
    priority: int
    argc: int = 0
    special: bool = False
    track: "Track | None" = None
    saved: dict[str, str | None] = field(default_factory=dict)


Outcome = Jump | Frame | Dialled | NoDigits | Incomplete | Failed | None
"""None: go on with the next priority."""

Run = Callable[["Scope"], Outcome | Awaitable[Outcome]]
"""One compiled step. Synchronous steps return an Outcome, the others something to await."""

Evaluate = Callable[["Scope"], str]
"""One compiled text."""

EvaluateLater = Callable[["Scope"], Awaitable[str]]
"""One compiled text that calls a function which must wait."""


# --- variables -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Raised:
    """Why `e` was entered, and from where: EXCEPTION()."""

    reason: str
    context: str
    exten: str
    priority: int


class Variables(dict[str, str]):
    """A channel's variables by plain name, and which of them a channel it dials inherits.

    `inherited[name]` is 1 for `_name` (one generation), 2 for `__name` (all of them).
    """

    __slots__ = ("inherited",)

    def __init__(self, values: Mapping[str, str] | None = None) -> None:
        super().__init__(values or {})
        self.inherited: dict[str, int] = {}

    def assign(self, name: str, value: str) -> None:
        """Set a variable as the dialplan spells it: `name`, `_name` or `__name`."""
        if name[:1] == "_":
            depth = 2 if name[1:2] == "_" else 1
            name = name[depth:]
            self.inherited[name] = depth
        elif self.inherited:
            self.inherited.pop(name, None)
        self[name] = value

    def discard(self, name: str) -> None:
        """Forget a variable, whether it was set or not."""
        self.pop(name, None)
        self.inherited.pop(name, None)

    def spelled(self, name: str) -> str:
        """Return the name with the underscores that its inheritance is written with."""
        return "_" * self.inherited.get(name, 0) + name

    def bequeath(self) -> dict[str, str]:
        """Return what a channel that this one dials starts with, spelled with the underscores left to it."""
        return {"__" * (depth - 1) + name: self[name] for name, depth in self.inherited.items() if name in self}


# --- the channel, as the language sees it ----------------------------------------------------


class Scope(Protocol):
    """One channel that runs a dialplan.

    The attributes of the first group are written by the machine alone. `variables` may be read
    directly; whoever sets one calls `set`, which tells the listeners.
    """

    context: str
    exten: str
    priority: int
    track: "Track | None"
    "The number under way."
    step: "Step | None"
    "The step under way: its `application`, `file` and `line` name it to the operator."
    frames: list[Frame]
    "The Gosub stack, innermost last."
    hangup_handlers: list[str]
    "`context,exten,priority(args)`, last pushed last; the machine runs them from the end."
    exception: Raised | None
    "Why `e` was entered last; the machine writes it."
    jump: Jump | None
    "Set by an application's code to go elsewhere when it returns (`chan.goto(...)`); the machine takes it away."
    ended: bool
    "True once hung up: `h` and the hangup handlers still run."
    name: str
    "The channel's name."

    variables: Variables
    tracing: bool
    "True while somebody wants `trace`: verbose 3, Newexten, CDR's lastapp. False costs nothing per step."
    tells_variables: bool
    "True while somebody wants VarSet; False lets the language leave `announce` out."
    digit_timeout: float
    "Seconds to wait for the next digit of a number, TIMEOUT(digit)."
    response_timeout: float
    "Seconds to wait for the first digit, TIMEOUT(response)."

    @property
    def globals(self) -> dict[str, str]:
        """Global variables, read only; `set_global` writes."""
        ...

    @property
    def source(self) -> "Source":
        """The dialplan that is in force, for functions such as DIALPLAN_EXISTS."""
        ...

    @property
    def caller_number(self) -> str:
        """Caller id number, empty where there is none: for `exten => 100/555`."""
        ...

    def handler_starts(self, handler: str) -> None:
        """A hangup handler, taken out of `hangup_handlers`, is about to run."""
        ...

    def set(self, name: str, value: str) -> None:
        """Set a variable; the name as the dialplan spells it (`A`, `_A`, `__A`). Publishes VarSet when wanted."""
        ...

    def unset(self, name: str) -> None:
        """Remove a variable. Publishes VarSet with an empty value when wanted."""
        ...

    def announce(self, name: str, value: str) -> None:
        """Publish VarSet for what is no plain variable (`LOCAL(ARG1)`); nothing is stored."""
        ...

    def set_global(self, name: str, value: str) -> None:
        """Set a global variable. Publishes VarSet when wanted."""
        ...

    def builtin(self, name: str) -> str:
        """Return a variable of `BUILTINS`, never one of the channel's location."""
        ...

    def now(self) -> float:
        """Return the seconds since the epoch."""
        ...

    def check(self) -> None:
        """Raise Ended when the call is over: `h` runs, or the far end has gone."""
        ...

    def hung_up(self, cause: int) -> None:
        """Note that the call is over: keep the cause (0: none known), set `ended`."""
        ...

    def failed(self, error: Exception) -> None:
        """Log what an application of `step` ended with, with its dialplan line; the call ends then."""
        ...

    def runs(self, application: str, data: str) -> None:
        """An application starts that another one runs (Exec); only called while `tracing`."""

    def trace(self, application: str, data: str) -> None:
        """Tell the listeners that a step starts: `Executing [...]`, Newexten. Called only while `tracing`."""
        ...

    def verbose(self, level: int, message: str) -> None:
        """Say something to consoles of that verbosity (`Auto fallthrough, ...`)."""
        ...

    def log(self, level: str, message: str) -> None:
        """Log at a level by name: ERROR, WARNING, NOTICE, DEBUG, DTMF (the application Log)."""
        ...

    def warn(self, message: str) -> None:
        """Log a WARNING; the world adds file and line of `step`."""
        ...

    def pause(self) -> Awaitable[None]:
        """Let others run. The machine awaits it now and then in a dialplan that never waits."""
        ...

    def read_digit(self, seconds: float) -> Awaitable[str]:
        """Wait for one key; empty when none came in time."""
        ...

    def finish(self, status: str) -> Awaitable[None]:
        """Signal the end of the dialplan by DIALSTATUS: BUSY, or CONGESTION. Raises Ended when done.

        Asterisk plays the tone for up to ten seconds and ends with cause 17 or 34.
        """
        ...


LOCATION = frozenset({"EXTEN", "CONTEXT", "PRIORITY"})
"""Variables of the place where the channel stands; the compiler reads the attributes itself."""

BUILTINS = frozenset(
    {
        "CALLINGPRES", "CALLINGANI2", "CALLINGTON", "CALLINGTNS", "HINT", "HINTNAME", "CHANNEL", "UNIQUEID",
        "HANGUPCAUSE", "EPOCH", "SYSTEMNAME", "ENTITYID", "ASTCACHEDIR", "ASTETCDIR", "ASTMODDIR", "ASTVARLIBDIR",
        "ASTDBDIR", "ASTKEYDIR", "ASTDATADIR", "ASTAGIDIR", "ASTSPOOLDIR", "ASTRUNDIR", "ASTLOGDIR", "ASTSBINDIR",
    }
)  # fmt: skip
"""Variables that `Scope.builtin` answers; a channel variable of the same name is hidden by them."""


# --- what the compiler asks for by name ------------------------------------------------------


class Application(Protocol):
    """One application: it runs a text that has been evaluated. `runtime.declare.Application` meets it."""

    @property
    def name(self) -> str:
        """Name as registered: `Dial`."""
        ...

    @property
    def specialise(self) -> Sequence["Callable[[Compiler, Text], Run | None]"]:
        """How to make a step from the text before it is evaluated (Set, GotoIf, Gosub); empty for most.

        The first that does not return None is taken; else the text is evaluated, then run.
        """
        ...

    def run(self, scope: "Scope", data: str) -> Outcome | Awaitable[Outcome]:
        """Run it. Anything it raises that is no Interrupt is logged and ends the call."""
        ...

    def prepare(self, data: str) -> Run:
        """Return the step for data that is constant, its arguments parsed once."""
        ...


class Function(Protocol):
    """One dialplan function. `runtime.declare.Function` meets it."""

    @property
    def name(self) -> str:
        """Name as registered, in capitals."""
        ...

    @property
    def is_async(self) -> bool:
        """True where `read` returns an Awaitable: texts that call it are then compiled to wait."""
        ...

    @property
    def writes_async(self) -> bool:
        """True where `assign` returns an Awaitable."""
        ...

    @property
    def specialise(self) -> Sequence["Callable[[Compiler, Text], Evaluate | None]"]:
        """How to make a reading from the argument's text before it is evaluated; empty for most."""
        ...

    def prepare(self, argument: str) -> "Callable[[Scope], str | Awaitable[str]]":
        """Return what reads the value for an argument that is constant, parsed once."""
        ...

    def read(self, scope: "Scope", argument: str) -> str | Awaitable[str]:
        """Return the value. An ordinary exception is logged as WARNING, the value is then empty."""
        ...

    def assign(self, scope: "Scope", argument: str, value: str) -> Awaitable[None] | None:
        """Set the value, `Set(NAME(argument)=value)`. An ordinary exception is logged as WARNING."""
        ...


class Registry(Protocol):
    """What is loaded. `generation` grows with every load and unload; compiled steps of an older one are made anew."""

    @property
    def generation(self) -> int:
        """Number of changes so far."""
        ...

    def application(self, name: str) -> Application | None:
        """Find an application, whatever case the name is written in."""
        ...

    def function(self, name: str) -> Function | None:
        """Find a function; case matters."""
        ...
