"""Tone lists as indications.conf writes them."""

import contextlib

import pytest
from asterism.dialplan.reader import read_text
from asterism.runtime.driver import Tone
from asterism.runtime.errors import ArgumentError, ConfigError
from asterism.runtime.tones import ToneList, ToneZones, parse_tones
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    "text,expected",
    [
        ("480+620/500,0/500", ToneList((), (Tone(480, 620, 500, 500),))),
        ("350+440", ToneList((), (Tone(350, 440, 1000),))),
        ("425/100|0/100", ToneList((), (Tone(425, 0, 100, 100),))),
        ("500*100/500", ToneList((), (Tone(500, 600, 500),))),
        ("!950/330,!1400/330,0", ToneList((Tone(950, 0, 330), Tone(1400, 0, 330)), (Tone(0, 0, 1000),))),
        ("400/400,0/350,400/225,0/525", ToneList((), (Tone(400, 0, 400, 350), Tone(400, 0, 225, 525)))),
    ],
)
def test_a_tone_list_is_what_it_says(text: str, expected: ToneList) -> None:
    assert parse_tones(text) == expected


def test_a_broken_element_is_told_and_the_others_are_played() -> None:
    told: list[str] = []
    assert parse_tones("480/500,nonsense,0/500", told.append).repeat == (Tone(480, 0, 500, 500),)
    assert told == ["nonsense"]


@pytest.mark.parametrize("text", ["", "nonsense", "M60", "-5/100"])
def test_a_list_without_any_tone_is_an_error(text: str) -> None:
    with pytest.raises(ArgumentError):
        parse_tones(text)


def test_every_built_in_tone_can_be_played() -> None:
    zones = ToneZones()
    for country, zone in zones.zones.items():
        assert {"dial", "busy", "ring", "congestion"} <= set(zone.texts), country
        assert all(zone.tones(name) for name in zone.texts)


def test_a_country_falls_back_to_the_default_one_and_then_to_us() -> None:
    zones = ToneZones()
    assert zones.find("busy", "de") == parse_tones("425/480,0/480")
    assert zones.find("busy", "atlantis") == zones.find("busy", "us") == zones.find("busy")
    assert zones.find("stutter", "nl") == zones.find("stutter", "us")
    assert zones.find("no such tone") is None


def test_indications_conf_adds_countries_and_chooses_one() -> None:
    complaints: list[ConfigError] = []
    text = "[general]\ncountry=at\n[at]\ndescription = Austria\nringcadence = 1,5\nbusy = 420/400,0/400\nring = oops\n"
    zones = ToneZones.read(read_text(text, "indications.conf"), complaints.append)
    assert zones.find("busy") == parse_tones("420/400,0/400")
    assert (zones.zones["at"].description, zones.zones["at"].cadence) == ("Austria", "1,5")
    assert [(error.file, error.line, error.option) for error in complaints] == [("indications.conf", 7, "ring")]


def test_an_unknown_country_names_file_and_line_and_us_stays() -> None:
    complaints: list[ConfigError] = []
    zones = ToneZones.read(read_text("[general]\ncountry=atlantis\n", "indications.conf"), complaints.append)
    assert zones.country == "us"
    assert str(complaints[0]) == "indications.conf:2: no country 'atlantis'"


@given(st.text("0123456789+*/!,| M", max_size=40))
def test_any_text_is_a_tone_list_or_an_error(text: str) -> None:
    with contextlib.suppress(ArgumentError):
        tones = parse_tones(text)
        assert all(tone.on_ms > 0 and tone.off_ms >= 0 for tone in (*tones.intro, *tones.repeat))
        assert tones.intro or tones.repeat


@pytest.mark.parametrize(("text", "meant"), [("350+375+400", "350+375"), ("1/2/3", "1/2"), ("350+375x/100", "350+375")])
def test_what_is_behind_an_element_is_no_matter(text: str, meant: str) -> None:
    assert parse_tones(text) == parse_tones(meant)
