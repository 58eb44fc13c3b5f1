"""What a call says, recorded by the native part."""

import asyncio
from typing import Protocol

from asterism import _native as native


class Taped(Protocol):
    """The audio of a call, as far as a recording knows it."""

    codec: str

    def sources(self) -> "tuple[list[int], list[int]]":
        """The numbers of the calls that the far end hears, and of the players."""

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
        self._says, self._hears = True, False
        self._followed: set[int] = set()
        self._started = False
        self._told = 0
        "Frames whose level was told."
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
        self._started = True
        audio.taped(self)
        self.follow()

    def hear(self, says: bool, hears: bool) -> None:
        """Record what the far end says, and what it hears."""
        self._says, self._hears = says, hears
        self.follow()

    def pause(self, on: bool) -> None:
        """Write nothing for a while."""
        if self._recorder:
            native.recorder_pause(self._recorder, on)

    def follow(self) -> None:
        """Hear who is heard by the far end now."""
        audio, recorder = self._audio, self._recorder
        if not self._started or not recorder or not audio.number:
            return
        calls, players = audio.sources() if self._hears else ([], [])
        try:
            native.recorder_hear(recorder, audio.number, self._says)
            for call in self._followed.difference(calls):
                native.recorder_hear(recorder, call, False)
            for call in calls:
                native.recorder_hear(recorder, call)
            for player in players:
                native.recorder_hear_player(recorder, player)
        except native.StaleError:
            return
        self._followed = set(calls)

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

    def levels(self) -> list[int]:
        """The mean amplitude of each frame since it was asked last."""
        if not self._recorder:
            return []
        try:
            self._told, found = native.recorder_levels(self._recorder, self._told)
        except native.StaleError:
            return []
        return found

    async def stop(self) -> None:
        """End it; the file is complete then."""
        self._read()
        recorder, self._recorder = self._recorder, 0
        self.over.set()
        if recorder:
            self._audio.untaped(self)
            await asyncio.shield(asyncio.get_running_loop().run_in_executor(None, native.recorder_stop, recorder))
