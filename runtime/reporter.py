"""What speaks to the operator in the name of a call and of the dialplan line under way."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asterism.dialplan.source import Step
    from asterism.runtime.switch import Switch


class Reporter:
    """A scope's voice in the log. Who inherits has these."""

    switch: "Switch"
    name: str
    step: "Step | None"
    call: str = ""
    "The call's id in the log."

    def verbose(self, level: int, message: str) -> None:
        """Tell the operator, from this verbosity on."""
        self.switch.log.verbose(level, message, self.call)

    def debug(self, level: int, message: str) -> None:
        """Tell the developer, from this debug level on."""
        self.switch.log.debug(level, message, self.call)

    def log(self, level: str, message: str) -> None:
        """Log at a level by name: ERROR, WARNING, NOTICE, DEBUG, DTMF, VERBOSE."""
        self.switch.log.at(level, self._where() + message, self.call)

    def notice(self, message: str) -> None:
        """Log a NOTICE with the dialplan's file and line."""
        self.switch.log.notice(self._where() + message, self.call)

    def warn(self, message: str) -> None:
        """Log a WARNING with the dialplan's file and line."""
        self.switch.log.warning(self._where() + message, self.call)

    def error(self, message: str) -> None:
        """Log an ERROR with the dialplan's file and line."""
        self.switch.log.error(self._where() + message, self.call)

    def failed(self, error: Exception) -> None:
        """Log what an application raised; the machine calls this, then ends the call."""
        name = self.step.application if self.step is not None else "The dialplan"
        self.error(f"{name} on {self.name} failed: {error!r}")
        self.switch.log.traceback(error, self.call)

    def _where(self) -> str:
        step = self.step
        return f"{step.file}:{step.line}: " if step is not None and step.file else ""
