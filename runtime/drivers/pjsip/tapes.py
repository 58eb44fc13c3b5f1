"""What a call says, recorded by the native part."""

import asyncio
from typing import Protocol

from asterism import _native as native


class Taped(Protocol):
    """The audio of a call, as far as a recording knows it."""

    codec: str

    @property
    def number(self) -> int:
        """The native number of the call; 0 when it is over."""

    def wait_for_media(self, playing: "NativeTape") -> None:
        """Begin this when audio flows."""

    def taped(self, tape: "NativeTape") -> None:
        """A recorder runs."""

    def untaped(self, tape: "NativeTape") -> None:
        """A recorder is done."""


class NativeTape:
    """A recording that begins when audio flows; meets asterism.runtime.driver.Recording."""

    def __init__(self, audio: Taped, recorder: int) -> None:
        self._audio, self._recorder = audio, recorder
        self._state = (0, 0)
        self.over = asyncio.Event()
        self.begin()

    def begin(self) -> None:
        """Start, or wait until audio flows."""
        audio = self._audio
        if self.over.is_set() or not audio.number:
            return
        if not audio.codec:
            audio.wait_for_media(self)
            return
        try:
            native.recorder_start(self._recorder, audio.number)
        except (native.StaleError, native.NativeError):
            return
        audio.taped(self)

    def _read(self) -> tuple[int, int]:
        if self._recorder:
            try:
                self._state = native.recorder_state(self._recorder)
            except native.StaleError:
                pass
        return self._state

    @property
    def ms(self) -> int:
        """How much has been recorded."""
        return self._read()[0]

    @property
    def silent_ms(self) -> int:
        """For how long it has been silent now."""
        return self._read()[1]

    async def stop(self) -> None:
        """End it; the file is complete then."""
        self._read()
        recorder, self._recorder = self._recorder, 0
        self.over.set()
        if recorder:
            self._audio.untaped(self)
            await asyncio.shield(asyncio.get_running_loop().run_in_executor(None, native.recorder_stop, recorder))
