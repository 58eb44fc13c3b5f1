"""A dialplan in any language, as the machine sees it: steps, found by context, extension and priority."""

from collections.abc import Awaitable, Callable, Coroutine, Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from asterism.dialplan.scope import Application, Evaluate, EvaluateLater, Outcome, Registry, Run, Scope

if TYPE_CHECKING:
    from asterism.dialplan.scope import Jump


class Step:
    """One priority: an application with its text, compiled when it is first run.

    Args:
        application: Name as written; `Unknown` applications end the call when they are reached.
        data: The text as written, before substitution.
        context, exten: Where it stands; a pattern keeps its `_`.
        file, line: Origin, for the operator.
    """

    __slots__ = (
        "application", "constant", "context", "data", "evaluate", "evaluate_later", "exten", "file", "generation",
        "label", "line", "priority", "program", "run",
    )  # fmt: skip

    def __init__(
        self, context: str, exten: str, priority: int, label: str, application: str, data: str, file: str, line: int
    ) -> None:
        self.context = context
        self.exten = exten
        self.priority = priority
        self.label = label
        self.application = application
        self.data = data
        self.file = file
        self.line = line
        self.generation = -1
        self.program: Application | None = None
        self.constant: str | None = None
        self.evaluate: Evaluate | None = None
        self.evaluate_later: EvaluateLater | None = None
        self.run: Run = _never_compiled

    def __repr__(self) -> str:
        return f"<{self.context},{self.exten},{self.priority} {self.application}({self.data}) {self.file}:{self.line}>"

    def compile(self, registry: Registry) -> None:
        """Make `run` and `evaluate` from the text, for what is loaded now."""
        from asterism.dialplan.compile import compile_step

        compile_step(self, registry)


def _never_compiled(scope: Scope) -> Outcome:
    raise AssertionError("a step is compiled before it runs")


class Track:
    """One number in one context: the steps that its priorities lead to.

    Args:
        stable: The steps stay the same for this plan generation, so each is looked up once. False where they
            depend on the caller, the time, or a switch: then every priority is looked up anew.
    """

    __slots__ = ("context", "exten", "generation", "labels", "stable", "steps", "targets")

    def __init__(self, context: str, exten: str, stable: bool, generation: int) -> None:
        self.context = context
        self.exten = exten
        self.stable = stable
        self.generation = generation
        self.steps: dict[int, Step] = {}
        self.targets: dict[Jump, tuple[Track, int]] = {}
        self.labels: dict[str, int] = {}


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The step is in another context, and the channel is to stand there (`switch => Loopback/...`)."""

    context: str
    exten: str
    priority: int


Found = Step | Elsewhere | Awaitable[Step | Elsewhere | None] | None
"""What a look-up gives; what must wait for it (a realtime switch) is awaited."""

_T = TypeVar("_T")


class Later(Generic[_T]):
    """Something to await that begins only then: whoever needs no answer drops it.

    Args:
        begin: Makes the coroutine.
    """

    __slots__ = ("_begin",)

    def __init__(self, begin: Callable[[], Coroutine[Any, Any, _T]]) -> None:
        self._begin = begin

    def __await__(self) -> Generator[Any, Any, _T]:
        """Begin, and wait for the answer."""
        return self._begin().__await__()


class Source(Protocol):
    """Where the machine finds steps."""

    @property
    def generation(self) -> int:
        """Grows when the dialplan or what is loaded changes; tracks of an older one are worthless."""
        ...

    @property
    def registry(self) -> Registry:
        """What is loaded, for applications and functions that call others by name (`CUT(CALLERID(name),...)`)."""
        ...

    @property
    def autofallthrough(self) -> bool:
        """End the call when a number's last priority is done; else wait for digits."""
        ...

    def track(self, scope: Scope, context: str, exten: str) -> Track:
        """Return the track of a number, whether or not anything is there."""
        ...

    def find(self, scope: Scope, context: str, exten: str, priority: int) -> Found:
        """Find a step, compiled."""
        ...

    def label(self, scope: Scope, context: str, exten: str, label: str) -> int:
        """Return the priority of a label, 0 where there is none."""
        ...

    def longer(self, scope: Scope, context: str, exten: str) -> bool | Awaitable[bool]:
        """Whether more digits could make another extension; awaitable where only a wait can tell."""
        ...
