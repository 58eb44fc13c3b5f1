"""What AGI tells the manager."""

from dataclasses import dataclass, field

from asterism.runtime.events import ChannelEvent


@dataclass(frozen=True, slots=True)
class AGIEvent(ChannelEvent):
    """Root of the events that a user needs the class `agi` to see."""


@dataclass(frozen=True, slots=True)
class AGIExecStart(AGIEvent):
    """A command begins."""

    command_id: int
    command: str


@dataclass(frozen=True, slots=True)
class AGIExecEnd(AGIEvent):
    """A command has ended."""

    command_id: int
    command: str
    result_code: int
    result: str


@dataclass(frozen=True, slots=True)
class AsyncAGIStart(AGIEvent):
    """A channel waits for the commands of the manager; `env` is the agi_ block, percent-encoded."""

    env: str


@dataclass(frozen=True, slots=True)
class AsyncAGIExec(AGIEvent):
    """What a command of the manager has answered, percent-encoded."""

    command_id: str | None = field(metadata={"header": "CommandID"})
    result: str


@dataclass(frozen=True, slots=True)
class AsyncAGIEnd(AGIEvent):
    """A channel takes no more commands of the manager."""
