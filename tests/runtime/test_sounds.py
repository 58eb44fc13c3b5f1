"""Where prompts are found, on folders made for it."""

import wave
from pathlib import Path

import pytest
from asterism.runtime.driver import SoundFile
from asterism.runtime.sounds import Sounds, cost, duration_ms
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in (
        "en/hello.gsm",
        "en/hello.ulaw",
        "en/digits/1.gsm",
        "en_GB/hello.wav",
        "de/digits/1.alaw",
        "digits/fr/1.sln",
        "beep.wav",
        "custom/hello.alaw",
        "en/music.sln16",
        "en/music.sln",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    return tmp_path


def found(sounds: Sounds, name: str, language: str, *formats: str) -> str | None:
    sound = sounds.search(name, language, formats or ("ulaw",))
    return None if sound is None else str(sound.path.relative_to(sounds.folder))


def test_the_language_is_tried_as_it_is_then_without_region_then_english(folder: Path) -> None:
    sounds = Sounds(folder)
    assert found(sounds, "hello", "en_GB") == "en_GB/hello.wav"
    assert found(sounds, "digits/1", "en_GB") == "en/digits/1.gsm"
    assert found(sounds, "digits/1", "de_CH_f_Heidi") == "de/digits/1.alaw"
    assert found(sounds, "hello", "de") == "en/hello.ulaw"


def test_a_sound_without_language_is_found_before_the_english_one(folder: Path) -> None:
    (folder / "en/beep.ulaw").write_bytes(b"")
    assert found(Sounds(folder), "beep", "de") == "beep.wav"
    assert found(Sounds(folder), "beep", "en") == "en/beep.ulaw"


@pytest.mark.parametrize(
    "formats,expected",
    [(("ulaw", "alaw"), "en/hello.ulaw"), (("gsm",), "en/hello.gsm"), (("alaw",), "en/hello.ulaw")],
)
def test_the_format_that_needs_no_transcoding_comes_first(
    folder: Path, formats: tuple[str, ...], expected: str
) -> None:
    assert found(Sounds(folder), "hello", "en", *formats) == expected


def test_a_wideband_call_gets_the_wideband_file_and_a_narrow_one_the_narrow(folder: Path) -> None:
    sounds = Sounds(folder)
    assert found(sounds, "music", "en", "g722") == "en/music.sln16"
    assert found(sounds, "music", "en", "ulaw") == "en/music.sln"


@pytest.mark.parametrize("leg", ["ulaw", "alaw", "gsm", "g722", "opus"])
def test_lossless_sources_cost_less_than_lossy_ones_that_need_decoding(leg: str) -> None:
    lossy = {"gsm", "g722"} - {leg}
    assert all(cost("wav", leg) < cost(each, leg) for each in lossy)


@pytest.mark.parametrize("language", ["en", "en_US", "en_US_f_Allison", "en_GB", "de"])
def test_debians_voice_stands_for_its_language(tmp_path: Path, language: str) -> None:
    for voice in ("en_US_f_Allison", "fr_CA_f_June"):
        (tmp_path / voice).mkdir()
        (tmp_path / voice / "beep.gsm").write_bytes(b"")
    assert found(Sounds(tmp_path), "beep", language) == "en_US_f_Allison/beep.gsm"
    assert found(Sounds(tmp_path), "beep", "fr") == "fr_CA_f_June/beep.gsm"


@pytest.mark.parametrize("language", ["[", "*", "../..", "a\0b", "en\nde"])
def test_a_strange_language_finds_english(folder: Path, language: str) -> None:
    assert found(Sounds(folder), "hello", language) == "en/hello.ulaw"


def test_an_absolute_name_is_looked_up_where_it_says(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "greeting.wav").write_bytes(b"")
    sound = Sounds(folder).search(str(elsewhere / "greeting"), "en", ("ulaw",))
    assert sound is not None and sound.path == elsewhere / "greeting.wav" and sound.format == "wav"


def test_an_absolute_name_may_have_a_folder_for_the_language_too(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "de").mkdir(exist_ok=True)
    (tmp_path / "de/greeting.wav").write_bytes(b"")
    sound = Sounds(folder).search(str(tmp_path / "greeting"), "de", ("ulaw",))
    assert sound is not None and sound.path == tmp_path / "de/greeting.wav"


def test_without_language_prefix_the_language_is_the_last_folder(folder: Path) -> None:
    assert found(Sounds(folder, language_prefix=False), "digits/1", "fr") == "digits/fr/1.sln"


def test_the_custom_folder_comes_first_when_asked_for(folder: Path) -> None:
    assert found(Sounds(folder, custom_first=True), "hello", "en") == "custom/hello.alaw"


@pytest.mark.parametrize("name", ["missing", "", "hello.gsm", "x" * 5000, "nul\0byte", "digits"])
def test_what_is_not_there_is_none_and_no_error(folder: Path, name: str) -> None:
    assert Sounds(folder).search(name, "en", ("ulaw",)) is None


def test_a_leg_that_has_no_format_yet_gets_something(folder: Path) -> None:
    assert Sounds(folder).search("hello", "en") is not None


async def test_a_prompt_that_appears_later_is_found_at_once(folder: Path) -> None:
    sounds = Sounds(folder)
    assert await sounds.find("new", "en", ["ulaw"]) is None
    (folder / "en/new.wav").write_bytes(b"")
    sound = await sounds.find("new", "en", ["ulaw"])
    assert sound is not None and sound.format == "wav"


@pytest.mark.parametrize(
    "file_format,size,milliseconds",
    [
        ("ulaw", 8000, 1000),
        ("alaw", 160, 20),
        ("gsm", 1650, 1000),
        ("g722", 8000, 1000),
        ("sln", 320, 20),
        ("sln16", 640, 20),
    ],
)
def test_the_duration_follows_from_the_size(tmp_path: Path, file_format: str, size: int, milliseconds: int) -> None:
    path = tmp_path / f"sound.{file_format}"
    path.write_bytes(b"\0" * size)
    assert duration_ms(SoundFile(path, file_format)) == milliseconds


def test_the_duration_of_a_wav_file_follows_from_its_header(tmp_path: Path) -> None:
    path = tmp_path / "sound.wav"
    with wave.open(str(path), "wb") as sound:
        sound.setparams((1, 2, 16000, 0, "NONE", ""))
        sound.writeframes(b"\0" * 64000)
    assert duration_ms(SoundFile(path, "wav")) == 2000
    path.write_bytes(b"no sound at all")
    assert duration_ms(SoundFile(path, "wav")) == 0


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.text(max_size=300), language=st.text(max_size=20))
def test_any_name_in_any_language_is_found_or_not(folder: Path, name: str, language: str) -> None:
    sound = Sounds(folder).search(name, language, ("ulaw",))
    assert sound is None or sound.path.is_file()
