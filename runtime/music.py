"""Music on hold: which files a class is made of, and playing them to a channel until told to stop."""

import asyncio
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from asterism.runtime import media
from asterism.runtime.errors import ConfigError
from asterism.runtime.events import MusicOnHoldStart, MusicOnHoldStop
from asterism.runtime.settings import Section

if TYPE_CHECKING:
    from asterism.runtime.channel import Channel

DEFAULT_CLASS = "default"
_STORE = "music on hold"

QUICKEST_ROUND_S = 1.0
"A class whose files are all empty is tried again no sooner than this."


@dataclass(frozen=True, slots=True)
class MusicClass:
    """One class of musiconhold.conf: the files of a folder, or a list of files."""

    name: str
    directory: Path = Path()
    entries: tuple[str, ...] = ()
    sort: str = ""

    def stems(self) -> list[str]:
        """Its files without extension, each once, in the order in which they are played. Reads the disk."""
        if self.entries:
            found = list(self.entries)
        else:
            try:
                files = [path for path in self.directory.iterdir() if path.is_file() and not path.name.startswith(".")]
            except OSError:
                return []
            found = sorted({str(path.with_suffix("")) for path in files})
        if self.sort in ("random", "randstart"):
            at = random.randrange(len(found)) if found else 0
            found = found[at:] + found[:at]
            if self.sort == "random":
                random.shuffle(found)
        return found


class MusicClasses:
    """All classes; without musiconhold.conf there is `default`, the folder `moh` of the data folder."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self.classes = {DEFAULT_CLASS: MusicClass(DEFAULT_CLASS, data / "moh")}

    @classmethod
    def read(cls, sections: Iterable[Section], data: Path, complain: Callable[[ConfigError], None]) -> "MusicClasses":
        """Make the classes from musiconhold.conf; what is wrong there is told, and the rest counts."""
        made = cls(data)
        for section in sections:
            if section.name != "general":
                found = made._class(section, complain)
                if found is not None:
                    made.classes[section.name] = found
        return made

    def _class(self, section: Section, complain: Callable[[ConfigError], None]) -> MusicClass | None:
        directory, entries, sort = self._data / "moh", [], ""
        for line in section.lines:
            value = line.value.strip()
            if line.key == "mode":
                if value not in ("files", "playlist"):
                    text = f"mode '{value}' of music class '{section.name}' is not supported: only files, playlist"
                    complain(ConfigError(text, line.file, line.lineno, line.key))
                    return None
            elif line.key == "directory":
                directory = self._data / value
            elif line.key == "entry":
                entries.append(value)
            elif line.key == "sort":
                sort = value.lower()
            elif line.key == "random" and value.lower() in ("yes", "true", "1", "on"):
                sort = "random"
        return MusicClass(section.name, directory, tuple(entries), sort)

    def choose(self, *names: str) -> MusicClass | None:
        """The first of these classes that exists, else the default one."""
        for name in (*names, DEFAULT_CLASS):
            found = self.classes.get(name)
            if found is not None:
                return found
        return None


def start(channel: "Channel", *names: str) -> bool:
    """Play music to a channel until `stop`; what is heard already is replaced.

    Args:
        channel: Who hears it.
        names: The classes wished for, best first; then the channel's own, then `default`.

    Returns:
        False when there is no such class; a class without any file is told by a WARNING a moment later.
    """
    stop(channel)
    found = channel.switch.music.choose(*names, channel.musicclass)
    if found is None:
        channel.warn(f"Unable to start music on hold class '{next(iter(names), '')}' on channel {channel.name}")
        return False
    if not channel.is_up and not channel.outgoing:
        channel.leg.progress()
    channel.verbose(3, f"Started music on hold, class '{found.name}', on channel '{channel.name}'")
    channel.tell(MusicOnHoldStart, found.name)
    channel.datastores[_STORE] = channel.switch.spawn(_play(channel, found), f"music on {channel.name}")
    return True


def stop(channel: "Channel") -> None:
    """End the music; harmless when there is none."""
    task = channel.datastores.pop(_STORE, None)
    if task is not None:
        task.cancel()
        channel.verbose(3, f"Stopped music on hold on {channel.name}")
        channel.tell(MusicOnHoldStop)


async def _play(channel: "Channel", chosen: MusicClass) -> None:
    loop = asyncio.get_running_loop()
    while not channel.closed:
        stems = await loop.run_in_executor(None, chosen.stems)
        began, played = loop.time(), 0
        for stem in stems:
            sound = await channel.switch.sounds.find(stem, channel.language, channel.formats())
            if sound is None or channel.closed:
                continue
            played += 1
            play = media.Play(channel, [media.SoundPiece(sound)])
            try:
                await play.wait()
            finally:
                play.stop()
        if not played:
            channel.warn(f"Music class '{chosen.name}' has nothing to play in {chosen.directory}: silence")
            return
        if loop.time() - began < QUICKEST_ROUND_S:
            await asyncio.sleep(QUICKEST_ROUND_S)
