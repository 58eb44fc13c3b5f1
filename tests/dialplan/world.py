"""A world on paper: a channel that runs a dialplan without a runtime, a loop, or a clock."""

from collections.abc import Awaitable, Callable, Coroutine, Iterable
from importlib import import_module
from typing import Any

from asterism.dialplan import machine, resolve
from asterism.dialplan.errors import Ended
from asterism.dialplan.plan import Plan
from asterism.dialplan.scope import Frame, Jump, Raised, Variables
from asterism.dialplan.source import Step, Track
from asterism.runtime.declare import Application, Function, application

Drive = Callable[[Coroutine[Any, Any, Any]], Any]


def drive(waiting: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine that never really waits."""
    try:
        waiting.send(None)
    except StopIteration as done:
        return done.value
    raise AssertionError("something waited")


@application("Hangup")
def hangup(chan: "Paper", cause: str = "") -> None:
    """Hang up."""
    raise Ended(int(cause) if cause.isdigit() and int(cause) else 16)


@application("Answer")
def answer(chan: "Paper") -> None:
    """Answer."""
    if chan.ended:
        raise Ended(0)


@application("Wait")
def wait(chan: "Paper", seconds: float = 0) -> None:
    """Wait, without doing so."""


MODULES = ("goto", "set", "verbose", "stack", "loop", "exec", "macro")


class Registry:
    """What the tests load."""

    def __init__(self, modules: Iterable[str] = MODULES, functions: Iterable[str] = ()) -> None:
        self.generation = 1
        self.applications: dict[str, Application] = {}
        self.functions: dict[str, Function] = {}
        for one in (hangup, answer, wait):
            self.add(one)
        for name in [f"apps.{one}" for one in modules] + [f"functions.{one}" for one in functions]:
            for value in vars(import_module(f"asterism.{name}")).values():
                self.add(value)

    def add(self, value: object) -> None:
        """Take a declaration."""
        if isinstance(value, Application):
            self.applications[value.name.lower()] = value
        elif isinstance(value, Function):
            self.functions[value.name] = value

    def application(self, name: str) -> Application | None:
        """Find an application."""
        return self.applications.get(name.lower())

    def function(self, name: str) -> Function | None:
        """Find a function."""
        return self.functions.get(name)


class Paper:
    """A channel. Everything that happens to it is written down."""

    def __init__(self, plan: Plan | None, globals: dict[str, str] | None = None) -> None:
        self.context = "default"
        self.exten = "s"
        self.priority = 1
        self.step: Step | None = None
        self.track: Track | None = None
        self.frames: list[Frame] = []
        self.hangup_handlers: list[str] = []
        self.jump: Jump | None = None
        self.exception: Raised | None = None
        self.ended = False
        self.name = "Paper/1"
        self.variables = Variables()
        self.tracing = self.tells_variables = True
        self.digit_timeout = 5.0
        self.response_timeout = 10.0
        self.globals = globals if globals is not None else plan.globals if plan else {}
        self.source = plan
        self.caller_number = ""
        self.cause = 0
        self.keys = ""
        self.clock = 1_800_000_000.0
        self.traces: list[list[str | int]] = []
        self.sets: list[list[str]] = []
        self.warnings: list[str] = []
        self.said: list[str] = []
        self.pauses = 0
        self.datastores: dict[str, Any] = {}

    def set(self, name: str, value: str) -> None:
        """Set a variable."""
        self.variables.assign(name, value)
        self.sets.append([name, value])

    def unset(self, name: str) -> None:
        """Remove a variable."""
        self.variables.discard(name)
        self.sets.append([name, ""])

    def announce(self, name: str, value: str) -> None:
        """Write a VarSet down."""
        self.sets.append([name, value])

    def set_global(self, name: str, value: str) -> None:
        """Set a global variable."""
        self.globals[name] = value

    def builtin(self, name: str) -> str:
        """Return a variable of the channel itself."""
        return {"CHANNEL": self.name, "HANGUPCAUSE": str(self.cause), "UNIQUEID": "1.1"}.get(name, "")

    def now(self) -> float:
        """Return a time that never moves."""
        return self.clock

    def handler_starts(self, handler: str) -> None:
        """A handler runs; what it does is written down."""

    def check(self) -> None:
        """Nobody else hangs up here."""

    def hung_up(self, cause: int) -> None:
        """Note the end."""
        self.ended = True
        self.cause = cause or self.cause

    def failed(self, error: Exception) -> None:
        """Fail the test: no application here may."""
        self.warnings.append(f"failed: {error!r}")

    def runs(self, application: str, data: str) -> None:
        """Nobody is told."""

    def trace(self, application: str, data: str) -> None:
        """Write a step down."""
        self.traces.append([self.context, self.exten, self.priority, application, data])

    def verbose(self, level: int, message: str) -> None:
        """Write a message down."""
        self.said.append(message)

    def log(self, level: str, message: str) -> None:
        """Write a log line down."""
        self.said.append(f"{level} {message}")

    def warn(self, message: str) -> None:
        """Write a warning down."""
        self.warnings.append(message)

    def debug(self, level: int, message: str) -> None:
        """Be silent."""

    async def pause(self) -> None:
        """Count; a dialplan that never ends is ended."""
        self.pauses += 1
        if self.pauses > 10:
            raise Ended(16)

    async def read_digit(self, seconds: float) -> str:
        """Take the next key."""
        key, self.keys = self.keys[:1], self.keys[1:]
        return key

    async def finish(self, status: str) -> None:
        """End as Busy() and Congestion() do."""
        raise Ended(17 if status == "BUSY" else 34)

    def run(self) -> "Paper":
        """Run the dialplan to its end."""
        assert self.source is not None
        drive(machine.run(self.source, self))
        return self


def scope(globals: dict[str, str]) -> Paper:
    """Make a scope without a channel."""
    return Paper(None, globals)


def plan(text: str, registry: Registry | None = None, **options: Any) -> Plan:
    """Load a dialplan from text."""
    return resolve.load_text(text, registry or Registry(), scope, **options)


def called(text: str, exten: str = "s", context: str = "default", **attributes: Any) -> Paper:
    """Run one call through a dialplan."""
    paper = Paper(plan(text))
    paper.exten, paper.context = exten, context
    for name, value in attributes.items():
        setattr(paper, name, value)
    return paper.run()


__all__ = ["Awaitable", "Paper", "Registry", "called", "drive", "plan"]
