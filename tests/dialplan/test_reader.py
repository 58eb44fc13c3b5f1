"""Configuration files: sections, templates, includes, comments; what loses a line and what the file."""

from pathlib import Path

import pytest
from asterism.dialplan import reader
from asterism.dialplan.errors import DialplanError
from hypothesis import given
from hypothesis import strategies as st


def pairs(text: str, section: str = "a", **options: object) -> list[tuple[str, str]]:
    """Return the keys and values of a section."""
    return [(line.key, line.value) for line in reader.read_text(text, **options).lines(section)]  # type: ignore[arg-type]


def test_values_are_trimmed_and_arrows_are_equal_signs() -> None:
    assert pairs("[a]\n x =  1 2  \ny=>2\nz ==3\n") == [("x", "1 2"), ("y", "2"), ("z", "=3")]


def test_every_line_knows_its_file_and_number() -> None:
    line = reader.read_text("\n[a]\n\nx=1\n", "some.conf").lines("a")[0]
    assert (line.file, line.lineno, line.section) == ("some.conf", 4, "a")


def test_comments() -> None:
    assert pairs("[a] ; here\nx=1;2\ny=1\\;2\n;z=1\n") == [("x", "1"), ("y", "1;2")]


def test_block_comments_nest() -> None:
    assert pairs("[a]\nx=1 ;-- one\ny=2\n;-- two --; z=3\n--; w=4\nv=;--gone--;5\n") == [
        ("x", "1"),
        ("w", "4"),
        ("v", "5"),
    ]


def test_a_row_of_hyphens_is_an_ordinary_comment() -> None:
    assert pairs("[a]\n;--------\nx=1\n;---\ny=2\n") == [("x", "1"), ("y", "2")]


def test_templates_come_first_and_are_not_sections() -> None:
    config = reader.read_text("[t](!)\nk=1\n[u](!,t)\nl=2\n[a](u)\nk=3\n")
    assert [section.name for section in config] == ["a"]
    assert pairs("[t](!)\nk=1\n[u](!,t)\nl=2\n[a](u)\nk=3\n") == [("k", "1"), ("l", "2"), ("k", "3")]
    found = config.section("a")
    assert found is not None
    assert (found.get("K"), found.get("l"), found.get("m", "none"), found.all("k")) == ("3", "2", "none", ["1", "3"])


def test_an_ordinary_section_may_be_inherited_from() -> None:
    assert pairs("[t]\nk=1\n[a](t)\n") == [("k", "1")]


def test_added_lines() -> None:
    assert pairs("[a]\nk=1\n[b]\n[a](+)\nk=2\n") == [("k", "1"), ("k", "2")]
    assert pairs("[a]\ntype=x\n[a]\ntype=y\n[a](+type=y)\nk=2\n") == [("type", "x"), ("type", "y"), ("k", "2")]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("x=1\n", 1),
        ("[a\n", 1),
        ("[a](+)\n", 1),
        ("[a](t\n", 1),
        ("\n[a](nosuch)\n", 2),
        ("[a]\n#include nosuch.conf\n", 2),
    ],
)
def test_what_loses_the_whole_file(text: str, line: int, tmp_path: Path) -> None:
    with pytest.raises(DialplanError) as caught:
        reader.read_text(text, "x.conf", tmp_path)
    assert (caught.value.file, caught.value.line) == ("x.conf", line)
    assert str(caught.value).startswith(f"x.conf:{line}: ")


def test_a_line_without_equal_sign_costs_itself() -> None:
    config = reader.read_text("[a]\nnonsense\nx=1\n#nosuch y\n")
    assert [str(warning) for warning in config.warnings] == [
        "extensions.conf:2: no '=' in 'nonsense', the line is skipped",
        "extensions.conf:4: unknown directive '#nosuch'",
    ]
    assert len(config.lines("a")) == 1


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DialplanError, match=r"^sip\.conf: cannot read: No such file or directory$"):
        reader.read("sip.conf", tmp_path)


def test_includes_are_of_the_folder_sorted_and_in_the_section(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "2.conf").write_text("x=2\n[b]\ny=1\n")
    (tmp_path / "d" / "1.conf").write_text("x=1\n")
    (tmp_path / "main.conf").write_text(
        '[a]\n#include "d/*.conf"\nx=3\n#tryinclude <nosuch.conf>\n#tryinclude nosuch/*\n'
    )
    config = reader.read("main.conf", tmp_path)
    assert [(line.file, line.value) for line in config.lines("a")] == [
        ("d/1.conf", "1"),
        ("d/2.conf", "2"),
        ("main.conf", "3"),
    ]
    assert [line.value for line in config.lines("b")] == ["1"]
    assert len(config.files) == 3
    assert not config.warnings


def test_what_is_wrong_in_an_included_file_costs_the_rest_of_that(tmp_path: Path) -> None:
    (tmp_path / "part.conf").write_text("x=2\n[broken\nx=3\n")
    config = reader.read_text("[a]\nx=1\n#include part.conf\nx=4\n", folder=tmp_path)
    assert [line.value for line in config.lines("a")] == ["1", "2", "4"]
    assert [str(warning) for warning in config.warnings] == ["part.conf:2: no closing ']' in '[broken'"]


def test_a_file_that_includes_itself_ends(tmp_path: Path) -> None:
    (tmp_path / "loop.conf").write_text("[a]\nx=1\n#include loop.conf\n")
    config = reader.read("loop.conf", tmp_path)
    assert len(config.lines("a")) == reader.MAX_INCLUDE_DEPTH + 1
    assert "includes within one another" in config.warnings[0].message


def test_exec_is_off_unless_given() -> None:
    assert pairs("[a]\n#exec echo x=1\n") == []
    assert pairs("[a]\n#exec echo x=1\n", execute=lambda command: command.removeprefix("echo ") + "\n") == [("x", "1")]


def test_bytes_that_are_no_utf8_survive(tmp_path: Path) -> None:
    (tmp_path / "x.conf").write_bytes(b"\xef\xbb\xbf[a]\nx=\xff\xfe\n")
    value = reader.read("x.conf", tmp_path).lines("a")[0].value
    assert value.encode("utf-8", "surrogateescape") == b"\xff\xfe"


CONFIG_TEXT = st.lists(
    st.sampled_from(
        [
            "[a]",
            "[a](!)",
            "[b](a)",
            "[a](+)",
            "x=1",
            "x=>1;2",
            ";--",
            "--;",
            "#include x",
            "#tryinclude *",
            "[",
            "]",
            "(",
            "=",
            "\\;",
            "\0",
        ]
    )
    | st.text(max_size=10),
    max_size=12,
).map("\n".join)


@given(CONFIG_TEXT)
def test_no_text_raises_anything_else(text: str) -> None:
    try:
        config = reader.read_text(text, folder="/nonexistent")
    except DialplanError as error:
        assert error.line
    else:
        assert all(line.section for section in config if section.name for line in section.lines)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("a=1 --; b\nc=2\nd=3 ;-- x\ne=4", ["a", "e"]),
        ("a--;b=1\nc=2", ["a--;b"]),
        ("a=1;--x--;2\nb=3", ["a", "b"]),
        (";--\n;-- a=1 --;\nb=2\n--;c=3\nd=4", ["c", "d"]),
        ("a=1 ;--- no block\nb=2", ["a", "b"]),
    ],
)
def test_a_block_comment_that_closes_nothing_hides_what_follows(text: str, kept: list[str]) -> None:
    section = reader.read_text(f"[s]\n{text}\n").section("s")
    assert section is not None and [line.key for line in section.lines] == kept


def test_templates_that_inherit_from_themselves_have_an_end() -> None:
    with pytest.raises(DialplanError, match="templates make more than"):
        reader.read_text("[a]\nx=1\n" + "[a](a,a)\nx=1\n" * 100)


def test_names_of_templates_are_taken_as_they_stand_up_to_the_first_parenthesis() -> None:
    text = "[t](!)\nk=1\n[u](!)\nk=2\n"
    assert pairs(text + "[a](t,u)) more (u)\n") == [("k", "1"), ("k", "2")]
    with pytest.raises(DialplanError, match="blanks around a name are part of it"):
        pairs(text + "[a](t, u)\n")
