"""Extensions whose devices change: the events ExtensionStatus and PresenceStatus."""

from typing import TYPE_CHECKING

from asterism.runtime.actions.states import extension_status, hints
from asterism.runtime.events import DeviceStateChange, ExtensionStatus, PresenceStateChange, PresenceStatus, Reload

if TYPE_CHECKING:
    from asterism.runtime.runtime import Runtime


class HintWatch:
    """Publishes ExtensionStatus and PresenceStatus when what a hint's devices do together, or say, has changed."""

    def __init__(self, rt: "Runtime") -> None:
        self._rt = rt
        self._last: dict[tuple[str, str], int] = {}

    def happened(self, event: DeviceStateChange | PresenceStateChange | Reload) -> None:
        """Something happened that may concern hints."""
        if isinstance(event, Reload):
            self._reloaded(event)
        elif isinstance(event, PresenceStateChange):
            self._present(event)
        else:
            self._changed(event)

    def _present(self, event: PresenceStateChange) -> None:
        for context, exten, devices in hints(self._rt):
            if event.presentity in devices.partition(",")[2].split("&"):
                told = PresenceStatus(exten, context, devices, event.status, event.subtype, event.message)
                self._rt.bus.publish(told)

    def _reloaded(self, event: Reload) -> None:
        """The dialplan was read again: its hints may be others."""
        if event.module not in ("All", "dialplan", "extensions"):
            return
        for context, exten, devices in hints(self._rt):
            number, text = extension_status(self._rt, devices)
            self._last[context, exten] = number
            self._rt.bus.publish(ExtensionStatus(exten, context, devices, number, text))

    def _changed(self, event: DeviceStateChange) -> None:
        """A device's state has changed."""
        for context, exten, devices in hints(self._rt):
            if event.device not in devices.partition(",")[0].split("&"):
                continue
            number, text = extension_status(self._rt, devices)
            if self._last.get((context, exten)) != number:
                self._last[context, exten] = number
                self._rt.bus.publish(ExtensionStatus(exten, context, devices, number, text))
