"""How records look: Asterisk's prefixes, layout, and colours."""

import time

import pytest
from asterism.runtime.console.render import Painter, prefix
from asterism.runtime.log import Level, Record

WHEN = time.mktime((2026, 11, 2, 3, 4, 5, 0, 0, -1))


def record(level: Level, text: str, depth: int = 0, call: str = "") -> Record:
    return Record(level, depth, text, WHEN, "pbx.py", 123, "run", call)


@pytest.mark.parametrize(
    ("depth", "expected"),
    [(0, ""), (1, " "), (2, "  == "), (3, "    -- "), (4, "       > "), (5, "       > "), (10, "       > ")],
)
def test_prefixes(depth: int, expected: str) -> None:
    assert prefix(depth) == expected
    assert Painter().console(record(Level.VERBOSE, "text", depth)) == f"{expected}text"


def test_a_warning() -> None:
    painter = Painter(pid=77)
    assert painter.console(record(Level.WARNING, "text")) == "[Nov  2 03:04:05] WARNING[77]: pbx.py:123 run: text"
    with_call = record(Level.ERROR, "text", call="C-00000001")
    assert painter.console(with_call) == "[Nov  2 03:04:05] ERROR[77][C-00000001]: pbx.py:123 run: text"
    assert painter.file(with_call) == "[Nov  2 03:04:05] ERROR[77][C-00000001] pbx.py:123 run: text"


def test_colours_are_asterisks() -> None:
    painter = Painter(colour=True, pid=7)
    assert painter.console(record(Level.VERBOSE, "Called x", 3)) == "\x1b[1;30m    -- \x1b[0mCalled x"
    assert painter.console(record(Level.VERBOSE, 'Executing [1@a:1] Verbose("SIP/a-1", "1,"v"1") in new stack', 3)) == (
        "\x1b[1;30m    -- \x1b[0mExecuting [1@a:1] \x1b[1;36mVerbose\x1b[0m"
        '("\x1b[1;35mSIP/a-1\x1b[0m", "\x1b[1;35m1,"v"1\x1b[0m") in new stack'
    )
    assert painter.console(record(Level.NOTICE, "hey")) == (
        "[Nov  2 03:04:05] \x1b[1;33mNOTICE\x1b[0m[7]: \x1b[1;37mpbx.py\x1b[0m:\x1b[1;37m123\x1b[0m "
        "\x1b[1;37mrun\x1b[0m: hey"
    )
    assert "\x1b[1;37m" not in Painter(colour=True, light=True).console(record(Level.NOTICE, "hey"))


def test_timestamps_before_verbose_lines() -> None:
    painter = Painter(timestamps=True)
    shown = painter.console(record(Level.VERBOSE, "one\ntwo", 2))
    assert shown == "[Nov  2 03:04:05]   == one\n[Nov  2 03:04:05]   == two"


@pytest.mark.parametrize("text", ["\x1b[2J", "\r", "\x07", "\x9b31m", "\x00", "\x7f"])
def test_control_characters_never_reach_the_screen(text: str) -> None:
    for shown in (
        Painter().console(record(Level.VERBOSE, text, 1)),
        Painter().console(record(Level.WARNING, text)),
        Painter().file(record(Level.WARNING, text)),
    ):
        assert text not in shown
        assert "\\x" in shown


def test_a_line_break_cannot_forge_a_line_of_a_file() -> None:
    assert "\n" not in Painter().file(record(Level.WARNING, "a\n[Nov  2 03:04:05] ERROR[1] x"))
