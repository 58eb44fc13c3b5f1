"""Commands about what is heard: music on hold, prompts, tones."""

import asyncio
from collections.abc import Iterator
from typing import TYPE_CHECKING

from asterism.runtime.declare import command, noun
from asterism.runtime.errors import AsterismError

if TYPE_CHECKING:
    from asterism.runtime.runtime import Runtime


@command("moh show classes", see="moh show files, moh reload")
def moh_show_classes(rt: "Runtime") -> list[str]:
    """List the classes of music on hold."""
    lines = []
    for name, each in rt.music.classes.items():
        lines += [f"Class: {name}", f"\tMode: {'playlist' if each.entries else 'files'}"]
        lines += [] if each.entries else [f"\tDirectory: {each.directory}"]
    return lines


@command("moh show files", see="moh show classes")
async def moh_show_files(rt: "Runtime") -> list[str]:
    """List the files of each class of music on hold, in the order in which they are played."""
    loop, lines = asyncio.get_running_loop(), []
    for name, each in rt.music.classes.items():
        lines.append(f"Class: {name}")
        lines += [f"\tFile: {stem}" for stem in await loop.run_in_executor(None, each.stems)]
    return lines


@command("moh reload", see="moh show classes")
async def moh_reload(rt: "Runtime") -> list[str]:
    """Read musiconhold.conf again."""
    return await rt.reload("musiconhold")


@command("core show sound <sound> [<language>]", see="Playback")
async def core_show_sound(rt: "Runtime", sound: str, language: str = "en") -> list[str]:
    """Tell which file a prompt is played from, in a language."""
    found = await rt.sounds.find(sound, language, ("ulaw",))
    if found is None:
        raise AsterismError(f"File {sound} does not exist in any format")
    return [
        f"Indexed Information for {sound}:",
        f"  Language {language}:",
        f"    Format: {found.format}",
        f"    File: {found.path}",
    ]


@command("indication show [<country>]", see="PlayTones")
def indication_show(rt: "Runtime", country: str = "") -> list[str]:
    """List the countries whose tones are known, or the tones of one."""
    zones = rt.tones.zones
    if not country:
        rows = [f"{name:<7.7}  {each.description}" for name, each in sorted(zones.items())]
        return ["Country   Description", "=" * 27, *rows]
    if country not in zones:
        raise AsterismError(f"No countries matched your criteria: {country}")
    rows = [f"{country:<7.7} {name:<15.15} {text}" for name, text in zones[country].texts.items()]
    return ["Country Indication      PlayList", "=" * 37, *rows]


@noun("country")
def country(rt: "Runtime") -> Iterator[tuple[str, str]]:
    """Countries whose tones are known."""
    for name, each in rt.tones.zones.items():
        yield name, each.description
