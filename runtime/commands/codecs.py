"""Commands about audio formats: which there are, in calls and in files, and what it costs to make one of another."""

import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from asterism.runtime import sounds
from asterism.runtime.declare import Table, command, noun
from asterism.runtime.errors import AsterismError

if TYPE_CHECKING:
    from asterism.runtime.runtime import Runtime


@dataclass(frozen=True, slots=True)
class Codec:
    """An audio format, with Asterisk's facts about it.

    Args:
        number: Asterisk's id of it.
        codec: What it is a format of.
        name: Its own name, as `allow` takes it.
        quality: Asterisk's measure of goodness.
        description: What the world calls it.
        rate_hz: Its sample rate.
    """

    number: int
    codec: str
    name: str
    quality: int
    description: str
    rate_hz: int = 8000


CODECS = (
    Codec(5, "ulaw", "ulaw", 100, "G.711 u-law"),
    Codec(6, "alaw", "alaw", 100, "G.711 a-law"),
    Codec(7, "gsm", "gsm", 40, "GSM"),
    Codec(11, "slin", "slin", 115, "16 bit Signed Linear PCM"),
    Codec(13, "slin", "slin16", 117, "16 bit Signed Linear PCM (16kHz)", 16000),
    Codec(17, "slin", "slin48", 121, "16 bit Signed Linear PCM (48kHz)", 48000),
    Codec(22, "speex", "speex", 40, "SpeeX"),
    Codec(23, "speex", "speex16", 40, "SpeeX 16khz", 16000),
    Codec(24, "speex", "speex32", 40, "SpeeX 32khz", 32000),
    Codec(26, "g722", "g722", 110, "G722", 16000),
    Codec(30, "opus", "opus", 75, "Opus Codec", 48000),
)
"What calls are made in here."

_RATES = {8000: "slin8", 12000: "slin12", 16000: "slin16", 24000: "slin24", 32000: "slin32", 44100: "slin44",
          48000: "slin48", 96000: "slin96", 192000: "slin192"}  # fmt: skip

_DECODE, _ENCODE, _UP, _DOWN, _TABLE = 9000, 6000, 8000, 8500, 9150
"Asterisk's costs of the steps: out of a lossy format, into one, to a higher rate, to a lower; alaw from or to ulaw."


@command("core show codecs [audio|video|image|text]", see="core show codec, core show translation")
def show_codecs(rt: "Runtime", kind: str = "") -> Table:
    """List the formats that calls can be in; all are audio.

    Which of them an endpoint takes is said in sip.conf and pjsip.conf.
    """
    found = CODECS if kind in ("", "audio") else ()
    return Table(
        [("ID", 8), ("TYPE", 5), ("NAME", 12), ("FORMAT", 16), ("QUALITY", 7), ("DESCRIPTION", 0)],
        [(each.number, "audio", each.codec, each.name, each.quality, f"({each.description})") for each in found],
        line=_codec_line,
        header=False,
        above=[
            "Disclaimer: this command is for informational purposes only.",
            "\tIt does not indicate anything about your configuration.",
            f"{'ID':>8} {'TYPE':<5} {'NAME':<12} {'FORMAT':<16} {'QUALITY':>7} DESCRIPTION",
            "-" * 96,
        ],
    )


def _codec_line(row: Sequence[object]) -> str:
    return f"{row[0]:>8} {row[1]:<5} {row[2]:<12} {row[3]:<16} {row[4]:>7} {row[5]}"


@command("core show codec <number>", see="core show codecs")
def show_codec(rt: "Runtime", number: int) -> str:
    """Tell what the format of a number is."""
    found = next((each for each in CODECS if each.number == number), None)
    if found is None:
        return f"Codec {number} not found"
    return f"{found.number:>11} {found.description} ({found.name})"


@command("core show file formats", see="core show codecs")
def show_file_formats(rt: "Runtime") -> Table:
    """List the formats of sound files that are played, and what their names end with."""
    rows = [(form, name, "|".join(endings)) for name, (form, endings) in sounds.file_formats().items()]
    return Table(
        [("Format", 10), ("Name", 10), ("Extensions", 20)],
        rows,
        [f"{len(rows)} file formats registered."],
        line=lambda row: f"{row[0]!s:<10} {row[1]!s:<10} {row[2]!s:<20}",
        underline=True,
    )


@command("core show image formats", see="core show file formats")
def show_image_formats(rt: "Runtime") -> list[str]:
    """List the formats of pictures, of which there is none."""
    return [
        f"{'Name':>10} {'Extensions':<49} {'Description':>11} {'Format':>10}",
        f"{'----':>10} {'----------':<49} {'-----------':>11} {'------':>10}",
        "",
        "0 image formats registered.",
    ]


# --- translation -------------------------------------------------------------------------------------------


def _steps() -> Mapping[str, Mapping[str, int]]:
    """What can be made of what in one step, with its cost."""
    found: dict[str, dict[str, int]] = {name: {} for name in _names()}
    for codec in CODECS:
        if codec.codec == "slin":
            continue
        linear = _RATES[codec.rate_hz]
        found[codec.name][linear] = _DECODE
        found[linear][codec.name] = _ENCODE
    rates = sorted(_RATES)
    for low in rates:
        for high in rates[rates.index(low) + 1 :]:
            found[_RATES[low]][_RATES[high]] = _UP
            found[_RATES[high]][_RATES[low]] = _DOWN
    found["ulaw"]["alaw"] = found["alaw"]["ulaw"] = _TABLE
    return found


def _names() -> list[str]:
    """The formats of the matrix, in Asterisk's order."""
    lossy = {codec.name: codec.number for codec in CODECS if codec.codec != "slin"}
    early = [name for name, number in lossy.items() if number < 11]
    return [*early, *_RATES.values(), *(name for name, number in lossy.items() if number >= 22)]


def _ways(source: str) -> dict[str, tuple[int, list[str]]]:
    """The cheapest way from a format to each other: its cost, and the formats on it."""
    steps = _steps()
    found: dict[str, tuple[int, list[str]]] = {}
    waiting: list[tuple[int, list[str]]] = [(0, [source])]
    while waiting:
        cost, way = heapq.heappop(waiting)
        if way[-1] in found:
            continue
        found[way[-1]] = (cost, way)
        for name, more in steps[way[-1]].items():
            heapq.heappush(waiting, (cost + more, [*way, name]))
    return found


@command("core show translation", see="core show translation paths, core show codecs")
def show_translation(rt: "Runtime") -> Table:
    """Show what it costs to make one audio format of another: microseconds for a second, by Asterisk's table.

    The steps are those that are taken here; how long they take depends on the machine.
    """
    rows = []
    for source in _names():
        ways = _ways(source)
        rows.append((_rated(source), *("-" if name == source else ways[name][0] for name in _names())))
    names = [_rated(name) for name in _names()]
    widths = [max(map(len, names)), *(max(5, len(name)) for name in names)]
    return Table(
        [(title, width) for title, width in zip(("", *names), widths, strict=True)],
        rows,
        line=lambda row: " " + " ".join(f"{cell!s:>{width}}" for cell, width in zip(row, widths, strict=True)),
        above=[
            "         Translation times between formats (in microseconds) for one second of data",
            "          Source Format (Rows) Destination Format (Columns)",
            "",
        ],
    )


@command("core show translation paths <codec>", see="core show translation")
def show_translation_paths(rt: "Runtime", name: str) -> list[str]:
    """Show by which steps each audio format is made of one."""
    rates = {codec.name: codec.rate_hz for codec in CODECS} | {linear: rate for rate, linear in _RATES.items()}
    source = "slin8" if name == "slin" else name
    if source not in _names():
        raise AsterismError(f'Codec "{name}" not found.')
    lines = [f'--- Translation paths SRC Codec "{name}" sample rate {rates[source]} ---']
    for target, (_, way) in sorted(_ways(source).items(), key=lambda entry: _names().index(entry[0])):
        if target != source:
            steps = "->".join(f"({_plain(each)}@{rates[each]})" for each in way)
            begin, end = f"{_plain(source)}:{rates[source]}", f"{_plain(target)}:{rates[target]}"
            lines.append(f"\t{begin:<16} To {end:<15}: {steps:<60}")
    return lines


def _rated(name: str) -> str:
    """The format with its rate, where there are several."""
    return "speex8" if name == "speex" else name


def _plain(name: str) -> str:
    """The format without its rate, which stands beside it."""
    return name.rstrip("0123456789") if name.startswith(("slin", "speex")) else name


@noun("codec")
def codec(rt: "Runtime") -> Iterator[tuple[str, str]]:
    """Formats that calls can be in."""
    for each in CODECS:
        yield each.name, each.description
