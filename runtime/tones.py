"""Call progress tones: what ringing, busy, and congestion sound like in each country.

A tone list is written as in indications.conf: elements joined by commas, each `[!]freq[+|*freq2][/milliseconds]`,
played in turn. Elements with `!` are played once, the others again and again; an element without a time lasts
for ever. A country that indications.conf does not name comes from the table below.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from asterism.runtime.driver import Tone
from asterism.runtime.errors import ArgumentError, ConfigError
from asterism.runtime.settings import Entry, Section

FOREVER_MS = 1000
"An endless tone is this much of it again and again: frequencies are whole numbers of Hz, so no seam is heard."

_ELEMENT = re.compile(r"(!?)\s*(\d{1,5})(?:([+*])(\d{0,5}))?(?:/(\d{0,7}))?")


@dataclass(frozen=True, slots=True)
class ToneList:
    """A tone as it is played: `intro` once, then `repeat` until it is stopped (at once over when that is empty)."""

    intro: tuple[Tone, ...] = ()
    repeat: tuple[Tone, ...] = ()

    @property
    def intro_ms(self) -> int:
        """How long the part lasts that is played once."""
        return sum(tone.on_ms + tone.off_ms for tone in self.intro)


def parse_tones(text: str, complain: Callable[[str], None] | None = None) -> ToneList:
    """Read a tone list.

    A frequency modulated by another (`f*g`) is played as the two frequencies f and f+g, which beat at g Hz.

    Args:
        text: Such as `480+620/500,0/500`; `|` may stand for the comma.
        complain: Takes each element that cannot be read; the others are played.

    Raises:
        ArgumentError: No element can be read.
    """
    intro: list[Tone] = []
    repeat: list[Tone] = []
    for element in text.strip().split("|" if "|" in text else ","):
        # What is behind a frequency, a second one and a time is no matter, as to Asterisk: 350+375+400 is 350+375.
        found = _ELEMENT.match(element.strip())
        if found is None:
            if complain is not None:
                complain(element.strip())
            continue
        once, first, sign, second, time = found.groups()
        frequency = int(first)
        other = int(second) if second else 0
        tone = Tone(frequency, frequency + other if sign == "*" else other, int(time or 0) or FOREVER_MS)
        # An element once more after one that repeats has nowhere to stand: it repeats too.
        _append(intro if once and not repeat else repeat, tone)
        if not time and not once:
            break  # Nothing is heard after what never ends.
    if not intro and not repeat:
        raise ArgumentError(f"no tone in {text!r}")
    return ToneList(tuple(intro), tuple(repeat))


def _append(tones: list[Tone], tone: Tone) -> None:
    """Add an element; silence becomes the pause of the tone before it."""
    silent = not tone.frequency1_hz and not tone.frequency2_hz
    if silent and tones and not tones[-1].off_ms:
        before = tones[-1]
        tones[-1] = Tone(before.frequency1_hz, before.frequency2_hz, before.on_ms, tone.on_ms)
    else:
        tones.append(tone)


@dataclass(frozen=True, slots=True)
class ToneZone:
    """The tones of one country: `texts` by name (`busy`, `ring`) as indications.conf writes them."""

    country: str
    description: str = ""
    texts: Mapping[str, str] = field(default_factory=dict)
    cadence: str = ""
    "How a phone rings, as the console shows it: milliseconds of ringing and silence in turn."

    def tones(self, name: str) -> ToneList | None:
        """The tone of this name, or None."""
        text = self.texts.get(name)
        return None if text is None else parse_tones(text)


# ITU-T E.180 Supplement 2 (various tones used in national networks).
_BUILT_IN = {
    "us": (
        "United States / North America",
        {
            "dial": "350+440",
            "busy": "480+620/500,0/500",
            "ring": "440+480/2000,0/4000",
            "congestion": "480+620/250,0/250",
            "callwaiting": "440/300,0/10000",
            "dialrecall": "!350+440/100,!0/100,!350+440/100,!0/100,!350+440/100,!0/100,350+440",
            "record": "1400/500,0/15000",
            "info": "!950/330,!1400/330,!1800/330,0",
            "stutter": ",".join(["!350+440/100,!0/100"] * 6 + ["350+440"]),
        },
    ),
    "uk": (
        "United Kingdom",
        {
            "dial": "350+440",
            "busy": "400/375,0/375",
            "ring": "400+450/400,0/200,400+450/400,0/2000",
            "congestion": "400/400,0/350,400/225,0/525",
            "callwaiting": "400/100,0/4000",
            "record": "1400/500,0/60000",
            "info": "950/330,0/15,1400/330,0/15,1800/330,0/1000",
        },
    ),
    "de": (
        "Germany",
        {
            "dial": "425",
            "busy": "425/480,0/480",
            "ring": "425/1000,0/4000",
            "congestion": "425/240,0/240",
            "callwaiting": "!425/200,!0/200,!425/200,!0/5000,!425/200,!0/200,!425/200",
            "record": "1400/80,0/15000",
            "info": "950/330,0/200,1400/330,0/200,1800/330,0/1000",
        },
    ),
    "fr": (
        "France",
        {
            "dial": "440",
            "busy": "440/500,0/500",
            "ring": "440/1500,0/3500",
            "congestion": "440/250,0/250",
            "callwaiting": "440/300,0/10000",
            "info": "!950/330,!1400/330,!1800/330,0",
        },
    ),
    "es": (
        "Spain",
        {"dial": "425", "busy": "425/200,0/200", "ring": "425/1500,0/3000", "congestion": "425/200,0/200"},
    ),
    "it": (
        "Italy",
        {"dial": "425/200,0/200,425/600,0/1000", "busy": "425/500,0/500", "ring": "425/1000,0/4000",
         "congestion": "425/200,0/200"},
    ),
    "nl": (
        "Netherlands",
        {"dial": "425", "busy": "425/500,0/500", "ring": "425/1000,0/4000", "congestion": "425/250,0/250"},
    ),
}  # fmt: skip


class ToneZones:
    """All countries that are known, and which one counts where nothing is said."""

    def __init__(self) -> None:
        self.country = "us"
        self.zones = {name: ToneZone(name, *entry) for name, entry in _BUILT_IN.items()}

    def find(self, name: str, country: str = "") -> ToneList | None:
        """A tone by name, such as `busy`: of the country, else of the default one, else of us; None if unknown."""
        for each in (country, self.country, "us"):
            zone = self.zones.get(each)
            found = zone.tones(name) if zone is not None else None
            if found is not None:
                return found
        return None

    @classmethod
    def read(cls, sections: Iterable[Section], complain: Callable[[ConfigError], None]) -> "ToneZones":
        """Make the zones from indications.conf; what is wrong there is told, and the rest counts."""
        made = cls()
        default: Entry | None = None
        for section in sections:
            if section.name == "general":
                default = next((line for line in section.lines if line.key == "country"), default)
            else:
                zone = _zone(section, complain)
                made.zones[section.name] = zone
        if default is not None and default.value not in made.zones:
            complain(ConfigError(f"no country '{default.value}'", default.file, default.lineno, default.key))
        elif default is not None:
            made.country = default.value
        return made


def _zone(section: Section, complain: Callable[[ConfigError], None]) -> ToneZone:
    texts: dict[str, str] = {}
    description = cadence = ""
    for line in section.lines:
        if line.key == "description":
            description = line.value
        elif line.key == "ringcadence":
            cadence = line.value
        elif line.key != "alias":
            try:
                parse_tones(line.value)
            except ArgumentError as error:
                complain(ConfigError(str(error), line.file, line.lineno, line.key))
            else:
                texts[line.key] = line.value
    return ToneZone(section.name, description, texts, cadence)
