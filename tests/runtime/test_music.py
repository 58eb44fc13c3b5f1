"""musiconhold.conf: which files a class is made of."""

from dataclasses import replace
from pathlib import Path

import pytest
from asterism.dialplan.reader import read_text
from asterism.runtime.errors import ConfigError
from asterism.runtime.log import Level
from asterism.runtime.music import MusicClasses
from asterism.runtime.testing import TestRuntime


def classes(text: str, data: Path) -> tuple[MusicClasses, list[ConfigError]]:
    complaints: list[ConfigError] = []
    return MusicClasses.read(read_text(text, "musiconhold.conf"), data, complaints.append), complaints


@pytest.fixture
def data(tmp_path: Path) -> Path:
    for name in ("moh/b.gsm", "moh/b.wav", "moh/a.ulaw", "moh/.hidden", "jazz/x.wav", "moh/sub/y.wav"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    return tmp_path


def names(stems: list[str]) -> list[str]:
    return [Path(stem).name for stem in stems]


def test_without_a_file_there_is_a_default_class(data: Path) -> None:
    chosen = MusicClasses(data).choose("nope", "")
    assert chosen is not None and chosen.name == "default"
    assert names(chosen.stems()) == ["a", "b"]


def test_a_class_plays_the_files_of_its_folder_each_once(data: Path) -> None:
    made, complaints = classes("[default]\nmode=files\ndirectory=moh\n[jazz]\nmode=files\ndirectory=jazz\n", data)
    assert not complaints
    assert names(made.classes["jazz"].stems()) == ["x"]
    assert names(made.classes["default"].stems()) == ["a", "b"]


def test_the_first_class_that_exists_is_chosen(data: Path) -> None:
    made, _ = classes("[jazz]\nmode=files\ndirectory=jazz\n[rock]\nmode=files\n", data)
    assert [
        getattr(made.choose(*wished), "name", None) for wished in (("rock", "jazz"), ("nope", "jazz"), ("", ""))
    ] == [
        "rock",
        "jazz",
        "default",
    ]


def test_a_playlist_is_played_in_its_own_order(data: Path) -> None:
    made, _ = classes(f"[list]\nmode=playlist\nentry={data}/jazz/x\nentry=beep\n", data)
    assert made.classes["list"].stems() == [f"{data}/jazz/x", "beep"]


def test_a_mode_that_is_not_served_names_file_and_line(data: Path) -> None:
    made, complaints = classes("[radio]\nmode=custom\napplication=/usr/bin/mpg123\n", data)
    assert "radio" not in made.classes
    assert [(error.file, error.line, error.option) for error in complaints] == [("musiconhold.conf", 2, "mode")]


@pytest.mark.parametrize("sort", ["sort=random", "random=yes", "sort=randstart"])
def test_random_order_has_every_file_once(data: Path, sort: str) -> None:
    made, _ = classes(f"[default]\nmode=files\ndirectory=moh\n{sort}\n", data)
    assert sorted(names(made.classes["default"].stems())) == ["a", "b"]


def test_a_folder_that_is_not_there_has_no_files(data: Path) -> None:
    made, _ = classes("[gone]\nmode=files\ndirectory=gone\n", data)
    assert made.classes["gone"].stems() == []


def test_the_class_of_a_channel_goes_before_the_one_that_is_asked_for(data: Path) -> None:
    text = "[jazz]\nmode=files\ndirectory=jazz\n[rock]\nmode=files\n"
    for general, names in (("", ["rock", "jazz"]), ("[general]\npreferchannelclass=no\n", ["jazz", "jazz"])):
        made, complaints = classes(general + text, data)
        found = [made.choose("jazz", own=own) for own in ("rock", "nosuch")]
        assert not complaints and [each.name for each in found if each is not None] == names


def test_options_that_change_nothing_are_named(data: Path) -> None:
    _, complaints = classes(
        "[general]\ncachertclasses=yes\n[a]\nmode=files\ndigit=5\nnonsense=1\nformat=ulaw\nanswered=no\n", data
    )
    assert [each.message for each in complaints] == [
        "'cachertclasses' has no effect here", "unknown option 'nonsense' of music class 'a'",
        "unknown option 'answered' of music class 'a'", "'digit' has no effect here", "'format' has no effect here",
    ]  # fmt: skip


async def test_an_announcement_before_each_file_and_the_last_over_and_over(rt: TestRuntime, tmp_path: Path) -> None:
    for name in ("a", "b", "hello"):
        (tmp_path / f"{name}.ulaw").write_bytes(bytes(8000))
    rt.music, _ = classes(f"[m]\nmode=playlist\nannouncement={tmp_path}/hello\nloop_last=yes\n", tmp_path)
    rt.music.classes["m"] = replace(rt.music.classes["m"], entries=(f"{tmp_path}/a", f"{tmp_path}/b"))
    rt.extensions("[default]\nexten => 1,1,Answer()\n same => n,MusicOnHold(m,8)\n")
    call = await rt.phone("anna").call("1@default")
    await call.over()
    heard = [Path(each).stem for each in call.sounds()]
    assert heard[:7] == ["hello", "a", "hello", "b", "hello", "b", "hello"]


async def test_music_for_those_who_are_up(rt: TestRuntime, data: Path) -> None:
    rt.music, _ = classes("[m]\nmode=files\ndirectory=jazz\nansweredonly=yes\n", data)
    rt.extensions("[default]\nexten => 1,1,StartMusicOnHold(m)\n same => n,Answer()\n same => n,StartMusicOnHold(m)\n")
    await (await rt.phone("anna").call("1@default")).over()
    said = [line for line in rt.logged(Level.VERBOSE) if "music on hold" in line or "moh request" in line]
    assert said[0].endswith("is not answered yet. Ignore the moh request.") and said[1].startswith("Started music")
