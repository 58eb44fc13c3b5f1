"""Extensions whose devices change: the event ExtensionStatus."""

from typing import TYPE_CHECKING

from asterism.runtime.actions.states import extension_status, hints
from asterism.runtime.events import DeviceStateChange, ExtensionStatus

if TYPE_CHECKING:
    from asterism.runtime.runtime import Runtime


class HintWatch:
    """Publishes ExtensionStatus when what a hint's devices do together has changed."""

    def __init__(self, rt: "Runtime") -> None:
        self._rt = rt
        self._last: dict[tuple[str, str], int] = {}

    def changed(self, event: DeviceStateChange) -> None:
        """A device's state has changed."""
        for context, exten, devices in hints(self._rt):
            if event.device not in devices.split("&"):
                continue
            number, text = extension_status(self._rt, devices)
            if self._last.get((context, exten)) != number:
                self._last[context, exten] = number
                self._rt.bus.publish(ExtensionStatus(exten, context, devices, number, text))
