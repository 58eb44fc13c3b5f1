"""Commands about what is heard: music on hold, prompts, tones."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from asterism.runtime import pcm
from asterism.runtime.declare import Table, command, noun
from asterism.runtime.driver import SoundFile
from asterism.runtime.errors import AsterismError
from asterism.runtime.sounds import file_formats
from asterism.runtime.tones import ToneZone, parse_tones

if TYPE_CHECKING:
    from asterism.runtime.runtime import Runtime


@command("moh show classes", see="moh show files, moh reload")
def moh_show_classes(rt: "Runtime") -> Table:
    """List the classes of music on hold."""
    rows = [
        (name, "playlist" if each.entries else "files", "" if each.entries else each.directory)
        for name, each in rt.music.classes.items()
    ]
    return Table([("Class", 0), ("Mode", 0), ("Directory", 0)], rows, header=False, line=_class_lines)


def _class_lines(row: Sequence[object]) -> str:
    name, mode, folder = row
    lines = [f"Class: {name}", f"\tMode: {mode}", *([f"\tDirectory: {folder}"] if folder else [])]
    return "\n".join(lines)


@command("moh show files", see="moh show classes")
async def moh_show_files(rt: "Runtime") -> Table:
    """List the files of each class of music on hold, in the order in which they are played."""
    loop, rows = asyncio.get_running_loop(), []
    for name, each in rt.music.classes.items():
        rows.append((name, [str(stem) for stem in await loop.run_in_executor(None, each.stems)]))
    return Table([("Class", 0), ("Files", 0)], rows, header=False, line=_file_lines)


def _file_lines(row: Sequence[object]) -> str:
    name, files = row
    assert isinstance(files, list)
    return "\n".join([f"Class: {name}", *(f"\tFile: {each}" for each in files)])


@command("moh reload", see="moh show classes")
async def moh_reload(rt: "Runtime") -> list[str]:
    """Read musiconhold.conf again."""
    return await rt.reload("musiconhold")


@command("moh unregister class <class>", see="moh show classes")
def moh_unregister_class(rt: "Runtime", name: str) -> str:
    """Forget a class of music on hold that was read from a database. There are none: musiconhold.conf has them all."""
    raise AsterismError(f"No such realtime moh class '{name}'")


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


@command("file convert <file> <file>", see="core show file formats")
async def file_convert(rt: "Runtime", source: str, target: str) -> str:
    """Make a sound file of another, whose format its name tells: `file convert tt-weasels.gsm tt-weasels.ulaw`.

    A relative name is meant in the folder of the sounds.
    """
    folder = rt.directories.data / "sounds"
    began = time.monotonic()
    await asyncio.get_running_loop().run_in_executor(None, _convert, folder / source, folder / target)
    return f"Converted {source} to {target} in {round((time.monotonic() - began) * 1000)}ms"


def _convert(source: Path, target: Path) -> None:
    endings = {ending: name for name, (_, each) in file_formats().items() for ending in each}
    form = {"pcm": "ulaw"}.get(endings.get(source.suffix[1:], ""), endings.get(source.suffix[1:], ""))
    wanted = pcm.format_of(target.suffix[1:])
    for path, known in ((source, form), (target, wanted)):
        if not known:
            raise AsterismError(f"'{path.name}' is an invalid filename!")
    try:
        samples = pcm.read(SoundFile(source, "wav" if form == "wav16" else form), pcm.RATES_HZ[wanted])
    except (OSError, ValueError) as error:
        raise AsterismError(f"Unable to open input file: {source.name}{_why(error)}") from None
    try:
        pcm.write(target, wanted, samples)
    except (OSError, ValueError) as error:
        raise AsterismError(f"Unable to open output file: {target.name}{_why(error)}") from None


def _why(error: OSError | ValueError) -> str:
    text = error.strerror if isinstance(error, OSError) else str(error)
    return "" if isinstance(error, FileNotFoundError) else f" ({text})"


@command("indication show [<country>]", see="PlayTones, indication add")
def indication_show(rt: "Runtime", country: str = "") -> Table:
    """List the countries whose tones are known, or the tones of one."""
    zones = rt.tones.zones
    if not country:
        rule = "=" * 27
        return Table(
            [("Country", 0), ("Description", 0)],
            [(name, each.description) for name, each in sorted(zones.items())],
            [rule, f"Default tone zone: {rt.tones.country}"],
            header=False,
            line=lambda row: f"{row[0]!s:<7.7}  {row[1]}",
            above=["Country   Description", rule],
        )
    if country not in zones:
        return Table([("Country", 0)], [], ["No countries matched your criteria."], header=False)
    return Table(
        [("Country", 0), ("Indication", 0), ("PlayList", 0)],
        [
            (country, name, text)
            for name, text in (("<ringcadence>", zones[country].cadence), *zones[country].texts.items())
        ],
        header=False,
        line=lambda row: f"{row[0]!s:<7.7} {row[1]!s:<15.15} {row[2]}",
        above=["Country Indication      PlayList", "=" * 37],
    )


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


@command("indication remove <country> [<indication>]", see="indication add")
def indication_remove(rt: "Runtime", country: str, indication: str = "") -> None:
    """Take a tone from a country, or forget the country, until indications.conf is read again."""
    zone = rt.tones.zones.get(country)
    if zone is not None and not indication:
        del rt.tones.zones[country]
        return
    if zone is None or indication not in zone.texts:
        raise AsterismError(f"Unable to remove the indication: there is no '{indication}' of '{country}'")
    texts = {name: text for name, text in zone.texts.items() if name != indication}
    rt.tones.zones[country] = replace(zone, texts=texts)


@noun("country")
def country(rt: "Runtime") -> Iterator[tuple[str, str]]:
    """Countries whose tones are known."""
    for name, each in rt.tones.zones.items():
        yield name, each.description
