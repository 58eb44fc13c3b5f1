"""Music on hold: which files a class is made of, and playing them to a channel until told to stop."""

import asyncio
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from asterism.runtime import media
from asterism.runtime.errors import ConfigError
from asterism.runtime.events import MusicOnHoldStart, MusicOnHoldStop
from asterism.runtime.settings import Section, is_true, tell_ineffective

if TYPE_CHECKING:
    from asterism.runtime.channel import Channel

DEFAULT_CLASS = "default"
_STORE = "music on hold"

_WITHOUT_EFFECT = ("application", "digit", "format", "kill_escalation_delay", "kill_method")
"Options of a class that Asterisk has and that change nothing here."

QUICKEST_ROUND_S = 1.0
"A class whose files are all empty is tried again no sooner than this."


@dataclass(frozen=True, slots=True)
class MusicClass:
    """One class of musiconhold.conf: the files of a folder, or a list of files."""

    name: str
    directory: Path = Path()
    entries: tuple[str, ...] = ()
    sort: str = ""
    announcement: str = ""
    "A sound that is played before each file."
    answered_only: bool = False
    "Whether only channels that are up hear it."
    loop_last: bool = False
    "Whether the last file is played over and over once all were."

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
        self.prefers_channel = True
        "Whether the class that a channel was given goes before the one that is asked for."

    @classmethod
    def read(cls, sections: Iterable[Section], data: Path, complain: Callable[[ConfigError], None]) -> "MusicClasses":
        """Make the classes from musiconhold.conf; what is wrong there is told, and the rest counts."""
        made = cls(data)
        for section in sections:
            if section.name == "general":
                tell_ineffective(section.lines, ("cachertclasses",), complain)
                for line in section.lines:
                    if line.key.lower() == "preferchannelclass":
                        made.prefers_channel = is_true(line.value)
            else:
                found = made._class(section, complain)
                if found is not None:
                    made.classes[section.name] = found
        return made

    def _class(self, section: Section, complain: Callable[[ConfigError], None]) -> MusicClass | None:
        directory, entries, sort = self._data / "moh", [], ""
        more: dict[str, Any] = {}
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
            elif line.key == "announcement":
                more["announcement"] = value
            elif line.key == "answeredonly":
                more["answered_only"] = is_true(value)
            elif line.key == "loop_last":
                more["loop_last"] = is_true(value)
            elif line.key not in (*_WITHOUT_EFFECT, "random"):
                text = f"unknown option '{line.key}' of music class '{section.name}'"
                complain(ConfigError(text, line.file, line.lineno, line.key))
        tell_ineffective(section.lines, _WITHOUT_EFFECT, complain)
        return MusicClass(section.name, directory, tuple(entries), sort, **more)

    def choose(self, name: str, otherwise: str = "", *, own: str = "") -> MusicClass | None:
        """The first of these classes that exists, else the default one.

        Args:
            name: What is asked for.
            otherwise: What it is when neither that nor the channel's own is there.
            own: What the channel was given, CHANNEL(musicclass); it goes before what is asked for unless
                preferchannelclass is switched off.
        """
        wished = (own, name) if self.prefers_channel else (name, own)
        return next((self.classes[each] for each in (*wished, otherwise, DEFAULT_CLASS) if each in self.classes), None)


def start(channel: "Channel", name: str, otherwise: str = "") -> bool:
    """Play music to a channel until `stop`; what is heard already is replaced.

    Args:
        channel: Who hears it.
        name, otherwise: The classes wished for; see `MusicClasses.choose`.

    Returns:
        False when there is no such class, or it is not for a channel that is not up; a class without any file is told
        by a WARNING a moment later.
    """
    stop(channel)
    found = channel.switch.music.choose(name, otherwise, own=channel.musicclass)
    if found is None:
        channel.warn(f"Unable to start music on hold class '{name}' on channel {channel.name}")
        return False
    if found.answered_only and not channel.is_up:
        channel.verbose(3, f"The channel '{channel.name}' is not answered yet. Ignore the moh request.")
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
    last = ""
    while not channel.closed:
        stems = [last] if last else await loop.run_in_executor(None, chosen.stems)
        began, played = loop.time(), 0
        for stem in stems:
            if chosen.announcement:
                await _play_file(channel, chosen.announcement)
            played += await _play_file(channel, stem)
        if not played:
            channel.warn(f"Music class '{chosen.name}' has nothing to play in {chosen.directory}: silence")
            return
        if chosen.loop_last:
            last = stems[-1]
        if loop.time() - began < QUICKEST_ROUND_S:
            await asyncio.sleep(QUICKEST_ROUND_S)


async def _play_file(channel: "Channel", stem: str) -> bool:
    sound = await channel.switch.sounds.find(stem, channel.language, channel.formats())
    if sound is None or channel.closed:
        return False
    play = media.Play(channel, [media.SoundPiece(sound)])
    try:
        await play.wait()
    finally:
        play.stop()
    return True
