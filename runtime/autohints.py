"""Hints that come by themselves: `autohints = yes` in a context makes one for each device whose state changes."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from asterism.dialplan.plan import REGISTRAR, Context
from asterism.dialplan.source import Step
from asterism.runtime.events import DeviceStateChange

if TYPE_CHECKING:
    from asterism.runtime.switchboard import Switchboard

_NAME = re.compile(r"[^/:]*[/:](.+)")


class AutoHints:
    """Adds hints to the contexts that want them; the next reload forgets them until the device changes again."""

    def __init__(self, switchboard: "Switchboard") -> None:
        self._switchboard = switchboard
        self._leave: Callable[[], None] | None = None

    def follow(self) -> None:
        """Listen while a context of the dialplan in force wants hints."""
        if any(self._wanting()):
            if self._leave is None:
                self._leave = self._switchboard.bus.subscribe(self._changed, DeviceStateChange)
        elif self._leave is not None:
            self._leave()
            self._leave = None

    def _wanting(self) -> list[Context]:
        return [context for context in self._switchboard.plan.contexts.values() if context.autohints]

    def _changed(self, event: DeviceStateChange) -> None:
        match = _NAME.fullmatch(event.device)
        if match is None:
            return
        for context in self._wanting():
            if not self._switchboard.hint(context.name, match[1])[0]:
                extension = context.make(match[1], None)
                extension.hint = Step(context.name, match[1], -1, "", event.device, "", REGISTRAR, 0)
                self._switchboard.plan.changed()
