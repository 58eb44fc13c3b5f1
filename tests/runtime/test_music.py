"""musiconhold.conf: which files a class is made of."""

from pathlib import Path

import pytest
from asterism.dialplan.reader import read_text
from asterism.runtime.errors import ConfigError
from asterism.runtime.music import MusicClasses


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
