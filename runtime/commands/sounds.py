"""Commands about what is heard: music on hold, prompts, tones."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from asterism.runtime.declare import Table, command, noun
from asterism.runtime.errors import AsterismError
from asterism.runtime.sounds import file_formats
from asterism.runtime.tones import ToneZone, parse_tones

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


def _index(folder: Path, language_first: bool) -> dict[str, dict[str, list[str]]]:
    """The sounds below a folder: formats by language by name."""
    endings = {ending: inside for inside, each in file_formats().values() for ending in each}
    found: dict[str, dict[str, list[str]]] = {}
    for path in sorted(folder.rglob("*.*")):
        parts = path.relative_to(folder).with_suffix("").parts
        if path.suffix[1:] not in endings or len(parts) < 2:
            continue
        if language_first:
            language, name = parts[0], "/".join(parts[1:])
        else:
            language, name = parts[-2], "/".join((*parts[:-2], parts[-1]))
        formats = found.setdefault(name, {}).setdefault(language, [])
        if endings[path.suffix[1:]] not in formats:
            formats.append(endings[path.suffix[1:]])
    return found


async def _indexed(rt: "Runtime") -> dict[str, dict[str, list[str]]]:
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(None, _index, rt.directories.data / "sounds", rt.options.languageprefix)


@command("core show sounds", see="core show sound")
async def core_show_sounds(rt: "Runtime") -> Table:
    """List the prompts that are installed, whatever their language."""
    rows = [(name,) for name in sorted(await _indexed(rt))]
    return Table([("Sound", 0)], rows, header=False, above=["Available audio files:"])


@command("core show sound <sound> [<language>]", see="core show sounds, Playback")
async def core_show_sound(rt: "Runtime", sound: str, language: str = "") -> list[str]:
    """Tell in which languages and formats a prompt is there; of one language also which file is played."""
    found = (await _indexed(rt)).get(sound, {})
    played = await rt.sounds.find(sound, language, ("ulaw",)) if language else None
    if not found or (language and played is None):
        raise AsterismError(f"ERROR: File {sound} not found in index")
    lines = [f"Indexed Information for {sound}:"]
    for each in [language] if language else found:
        lines += [f"  Language {each}:", *(f"    Format: {form}" for form in found.get(each, ()))]
    return [*lines, f"    File: {played.path}"] if played is not None else lines


@command("indication show [<country>]", see="PlayTones")
def indication_show(rt: "Runtime", country: str = "") -> list[str]:
    """List the countries whose tones are known, or the tones of one."""
    zones = rt.tones.zones
    if not country:
        rows = [f"{name:<7.7}  {each.description}" for name, each in sorted(zones.items())]
        rule = "=" * 27
        return ["Country   Description", rule, *rows, rule, f"Default tone zone: {rt.tones.country}"]
    if country not in zones:
        return ["No countries matched your criteria."]
    rows = [f"{country:<7.7} {name:<15.15} {text}" for name, text in zones[country].texts.items()]
    return ["Country Indication      PlayList", "=" * 37, *rows]


@command("indication add <country> <indication> <tones>", see="indication show, indication remove")
def indication_add(rt: "Runtime", country: str, indication: str, tones: str) -> None:
    """Give a country a tone, until indications.conf is read again: `440/1000,0/500` is a beep of a second.

    A country that is unknown is made.
    """
    try:
        parse_tones(tones)
    except ValueError as error:
        raise AsterismError(f"Unable to add the indication: {error}") from None
    zone = rt.tones.zones.get(country, ToneZone(country))
    rt.tones.zones[country] = replace(zone, texts={**zone.texts, indication: tones})


@command("indication remove <country> <indication>", see="indication add")
def indication_remove(rt: "Runtime", country: str, indication: str) -> None:
    """Take a tone from a country, until indications.conf is read again."""
    zone = rt.tones.zones.get(country)
    if zone is None or indication not in zone.texts:
        raise AsterismError(f"Unable to remove the indication: there is no '{indication}' of '{country}'")
    texts = {name: text for name, text in zone.texts.items() if name != indication}
    rt.tones.zones[country] = replace(zone, texts=texts)


@noun("country")
def country(rt: "Runtime") -> Iterator[tuple[str, str]]:
    """Countries whose tones are known."""
    for name, each in rt.tones.zones.items():
        yield name, each.description
