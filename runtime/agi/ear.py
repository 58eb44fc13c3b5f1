"""EAGI's descriptor 3: what the caller says, into a pipe that nobody ever waits for.

The driver writes frames into the pipe as they come, from its own clock; the pipe holds some seconds. A script that
does not read loses what there is no room for, and holds up nobody.
"""

import os
from types import TracebackType
from typing import TYPE_CHECKING

from asterism.runtime import media
from asterism.runtime.driver import Recording
from asterism.runtime.errors import DriverError

if TYPE_CHECKING:
    from asterism.runtime.channel import Channel

_RATES_HZ = {
    "slin": 8000, "slin12": 12000, "slin16": 16000, "slin24": 24000, "slin32": 32000, "slin48": 48000,
}  # fmt: skip
"What EAGI_AUDIO_FORMAT may ask for."


class Ear:
    """The pipe of one script, for as long as the block lasts."""

    def __init__(self, channel: "Channel") -> None:
        self._channel = channel
        self._recording: Recording | None = None
        self.descriptor = self._inlet = -1

    async def __aenter__(self) -> "Ear":
        self.descriptor, self._inlet = os.pipe()
        os.set_blocking(self._inlet, False)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        recording, self._recording = self._recording, None
        try:
            if recording is not None:
                await recording.stop()
        finally:
            self._close_outlet()
            os.close(self._inlet)
            media.deafen(self._channel)

    def _close_outlet(self) -> None:
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1

    def begin(self) -> None:
        """Let the script, which has its own end of the pipe now, hear."""
        self._close_outlet()
        wanted = self._channel.variables.get("EAGI_AUDIO_FORMAT", "") or "slin"
        rate_hz = _RATES_HZ.get(wanted.lower(), 0)
        if not rate_hz:
            self._channel.warn(f"EAGI cannot hear in the format '{wanted}', and does in slin")
        try:
            self._recording = media.audio_beyond(self._channel).tap(self._inlet, rate_hz or 8000)
        except (DriverError, ValueError) as error:
            self._channel.warn(f"EAGI cannot hear {self._channel.name}: {error}")
