"""Where a prompt is on disk: `hello-world` in the right language, in the format that costs least to play.

Asterisk's rules: below `astdatadir/sounds` the language is tried as it is (`en_GB`), then without its region
(`en`), then no language at all, then English. An absolute name is looked up where it says. A name never carries
its extension: that is chosen by what the file would cost to turn into the format of the call.
"""

import asyncio
import wave
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from asterism.runtime.driver import SoundFile

DEFAULT_LANGUAGE = "en"
"Asterisk's last resort, whatever `defaultlanguage` says."


@dataclass(frozen=True, slots=True)
class _Form:
    """How a format sounds: its rate, and whether something was lost on the way into it."""

    rate_hz: int
    lossless: bool


_FORMS = {
    "ulaw": _Form(8000, False),
    "alaw": _Form(8000, False),
    "gsm": _Form(8000, False),
    "g722": _Form(16000, False),
    "wav": _Form(8000, True),
    "sln": _Form(8000, True),
    **{f"sln{rate}": _Form(rate * 1000, True) for rate in (12, 16, 24, 32, 48, 96, 192)},
    "sln44": _Form(44100, True),
}

# Asterisk's file formats: extension -> format, in the order in which equals are preferred.
_EXTENSIONS = {
    "ulaw": "ulaw",
    "alaw": "alaw",
    "g722": "g722",
    "sln": "sln",
    "wav": "wav",
    "sln16": "sln16",
    "wav16": "wav",
    "gsm": "gsm",
    **{f"sln{rate}": f"sln{rate}" for rate in (12, 24, 32, 44, 48, 96, 192)},
    "ul": "ulaw",
    "mu": "ulaw",
    "ulw": "ulaw",
    "pcm": "ulaw",
    "al": "alaw",
    "alw": "alaw",
    "raw": "sln",
}

_NAMES = {"ulaw": "pcm"}
"Asterisk's name of a file format, where it is not that of what is in it."


def file_formats() -> dict[str, tuple[str, list[str]]]:
    """Asterisk's names of the file formats that are played: what is in such a file, and what its name ends with."""
    found: dict[str, tuple[str, list[str]]] = {}
    for ending, form in _EXTENSIONS.items():
        name = "wav16" if ending == "wav16" else _NAMES.get(form, form)
        inside = {"wav": "slin", "wav16": "slin16"}.get(name, form.replace("sln", "slin"))
        found.setdefault(name, (inside, []))[1].append(ending)
    return found


# The legs' own formats, where files do not come in them.
_LEG_FORMS = {"opus": _Form(48000, False), "speex": _Form(8000, False), "speex16": _Form(16000, False)}


def cost(extension: str, leg_format: str) -> int:
    """What it costs to play a file of this extension to a leg: 0 when nothing has to be done.

    The steps are Asterisk's order of goods: no loss before loss, the same rate before a higher before a lower.
    """
    file_format = _EXTENSIONS[extension]
    if file_format == leg_format:
        return 0
    have = _FORMS["sln16"] if extension == "wav16" else _FORMS[file_format]
    want = _FORMS.get(leg_format) or _LEG_FORMS.get(leg_format) or _Form(8000, False)
    if {file_format, leg_format} == {"ulaw", "alaw"}:
        return 915  # Table to table, no samples in between.
    decoding = 0 if have.lossless else 900
    if have.rate_hz == want.rate_hz:
        encoding = 600
    elif have.rate_hz < want.rate_hz:
        encoding = 825
    else:
        encoding = 875
    # A rate that is further away loses more, or needs more for nothing.
    return decoding + encoding + abs(have.rate_hz - want.rate_hz) // 4000


def duration_ms(sound: SoundFile) -> int:
    """How long a sound lasts, by its size; 0 when it cannot be read. Looks at the disk."""
    try:
        if sound.format == "wav":
            with wave.open(str(sound.path)) as opened:
                return int(opened.getnframes() * 1000 // opened.getframerate())
        return sound.path.stat().st_size * 1000 // _bytes_per_second(sound.format)
    except (OSError, EOFError, wave.Error):
        return 0


def rate_hz(sound: SoundFile) -> int:
    """Samples a second of a sound, by its format."""
    if sound.format == "wav":
        return 16000 if sound.path.suffix == ".wav16" else 8000
    return _FORMS[sound.format].rate_hz


def _bytes_per_second(file_format: str) -> int:
    if file_format == "gsm":
        return 1650  # 33 bytes are 20 ms (GSM 06.10).
    if file_format == "g722":
        return 8000  # 64 kbit/s, though sampled at 16 kHz.
    form = _FORMS[file_format]
    return form.rate_hz * (2 if form.lossless else 1)


class Sounds:
    """The prompts of one runtime.

    Args:
        folder: `astdatadir/sounds`.
        language_prefix: The language is the first folder (`en/digits/1`), as `languageprefix=yes`; otherwise
            the last but one (`digits/en/1`).
        custom_first: Look into `custom/` before all else, as `sounds_search_custom_dir=yes`.
    """

    def __init__(self, folder: Path, *, language_prefix: bool = True, custom_first: bool = False) -> None:
        self.folder = folder
        self.language_prefix = language_prefix
        self.custom_first = custom_first

    async def find(self, name: str, language: str, formats: Sequence[str] = ()) -> SoundFile | None:
        """Find a sound; the disk is looked at in a thread, so a slow one delays this call alone.

        Args:
            name: As the dialplan writes it, without extension; absolute or below the sounds folder.
            language: Of the channel: `en`, `en_GB`.
            formats: Those of the leg, best first.

        Returns:
            The file that costs least to play, or None when there is none in any format.
        """
        return await asyncio.get_running_loop().run_in_executor(None, self.search, name, language, tuple(formats))

    def search(self, name: str, language: str, formats: Sequence[str] = ()) -> SoundFile | None:
        """Do what `find` does, at once and on the disk."""
        if not name or "\0" in name:
            return None
        leg_format = formats[0] if formats else "sln"
        for stem in self._stems(name, language):
            found = _best(_present(stem), leg_format)
            if found is not None:
                return found
        return None

    def _stems(self, name: str, language: str) -> Iterator[Path]:
        """Every place where the sound may be, without extension, in Asterisk's order."""
        names = [name]
        if self.custom_first and not name.startswith("/"):
            names.insert(0, f"custom/{name}")
        for each in names:
            for spoken in _languages(language):
                yield self._stem(each, spoken)

    def _stem(self, name: str, language: str) -> Path:
        if not language:
            return self.folder / name
        if self.language_prefix and not name.startswith("/"):
            return self._voice(language) / name
        path = PurePosixPath(name)
        return self.folder / path.parent / language / path.name

    def _voice(self, language: str) -> Path:
        """The folder of a language. Where Debian's prompts lie alone, their voice (`en_US_f_Allison`) stands for it.

        The links `en` and `en_US` come with another of Debian's packages, Asterisk's own.
        """
        folder = self.folder / language
        try:
            if not folder.is_dir():
                voices = (path for path in self.folder.iterdir() if path.name.startswith(f"{language}_"))
                return min(voices, default=folder)
        except (OSError, ValueError):
            pass
        return folder


def _languages(language: str) -> Iterator[str]:
    spoken = language
    while spoken:
        yield spoken
        # The region goes first, whatever stands behind it: en_US_f_Allison becomes en at once.
        spoken = spoken.partition("_")[0] if "_" in spoken else ""
    yield ""
    if language != DEFAULT_LANGUAGE:
        yield DEFAULT_LANGUAGE


def _present(stem: Path) -> Iterator[tuple[str, Path]]:
    for extension in _EXTENSIONS:
        path = stem.with_name(f"{stem.name}.{extension}")
        try:
            if path.is_file():
                yield extension, path
        except (OSError, ValueError):
            return  # A name that cannot be a file's, such as one that is too long, is no file.


def _best(present: Iterable[tuple[str, Path]], leg_format: str) -> SoundFile | None:
    choices = [(cost(extension, leg_format), index, path, extension) for index, (extension, path) in enumerate(present)]
    if not choices:
        return None
    _, _, path, extension = min(choices)
    return SoundFile(path, _EXTENSIONS[extension])
