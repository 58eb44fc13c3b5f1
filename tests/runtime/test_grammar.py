"""Patterns, commands, help, completion."""

import asyncio
import json
from types import SimpleNamespace
from typing import Any

import pytest
from asterism.dialplan.errors import Ended
from asterism.runtime.declare import Table, command, noun
from asterism.runtime.errors import ArgumentError, AsterismError
from asterism.runtime.grammar import Commands
from asterism.runtime.log import Log
from asterism.runtime.patterns import Pattern, quoted_word, split_words
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("pattern", "line", "slots"),
    [
        ("core show version", "core show version", []),
        ("core show version", "CORE Show vErsion", []),
        ("core show version", "core show", None),
        ("core show version", "core show version now", None),
        ("core show version", "core sh version", None),
        ("core show channels [concise|verbose|count]", "core show channels", [""]),
        ("core show channels [concise|verbose|count]", "core show channels COUNT", ["count"]),
        ("core show channels [concise|verbose|count]", "core show channels x", None),
        ("core set verbose [atleast] <level|off> [silent]", "core set verbose 3", ["", "3", ""]),
        (
            "core set verbose [atleast] <level|off> [silent]",
            "core set verbose atleast 3 silent",
            ["atleast", "3", "silent"],
        ),
        ("channel request hangup <channel|all>...", "channel request hangup a b", [["a", "b"]]),
        ("channel request hangup <channel|all>...", "channel request hangup", None),
        ("help [<command>...]", "help", [[]]),
        ("help [<command>...]", "help core show", [["core", "show"]]),
        ("core stop now|gracefully", "core stop now", ["now"]),
        ("core stop {now|when convenient}", "core stop When Convenient", ["when convenient"]),
        ("a {x <one>|y <two> [<three>]} z", "a y 2 3 z", ["y", "", "2", "3"]),
        ("a {x <one>|y <two> [<three>]} z", "a y 2 z", ["y", "", "2", ""]),
        ("a {x <one>|y <two> [<three>]} z", "a x 1 z", ["x", "1", "", ""]),
        ("show [like <text>]", "show like me", ["me"]),
        ("show [like <text>]", "show", [""]),
        ("put <family> <key> <value>", 'put f k "a b"', ["f", "k", "a b"]),
    ],
)
def test_patterns_match(pattern: str, line: str, slots: list[Any] | None) -> None:
    assert Pattern(pattern).match(split_words(line)) == slots


@pytest.mark.parametrize("pattern", ["a [b", "a b]", "a {b]", "a [b|c"])
def test_a_pattern_with_odd_brackets_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"bracket|missing"):
        Pattern(pattern)


def test_a_very_long_line_is_matched_without_end_of_stack() -> None:
    words = ["hangup", *["a"] * 5000]
    assert Pattern("hangup <channel>...").match(words) == [words[1:]]
    assert Pattern("hangup <channel>... now").match([*words, "now"]) == [words[1:]]
    assert [str(each) for each in Pattern("hangup <channel>...").expected(words)] == ["<channel>..."]


@given(st.lists(st.text()))
def test_quoted_words_split_into_themselves(words: list[str]) -> None:
    assert split_words(" ".join(quoted_word(word) for word in words)) == words


@given(st.text())
def test_any_line_splits(line: str) -> None:
    assert all(isinstance(word, str) for word in split_words(line))


@command("core show channels [concise|verbose|count]")
def show_channels(rt: Any, form: str = "all") -> Table:
    """List the active channels.

    One line each.
    """
    return Table([("Channel", 10), ("State", 0)], [("SIP/a-1", form)], ["1 active channel"])


@command("core show channel <channel>")
def show_channel(rt: Any, channel: str) -> list[str]:
    """Show one channel."""
    return [f"channel {channel}"]


@command("core set level <level> [<name>]")
async def set_level(rt: Any, level: int, name: str = "all") -> str:
    """Set a level."""
    await asyncio.sleep(0)
    return f"{level + 1} {name}"


@command("core fail <how>")
def fail(rt: Any, how: str) -> None:
    """Fail."""
    if how == "usage":
        raise ArgumentError("")
    if how == "told":
        raise AsterismError("It is broken.")
    if how == "hangup":
        raise Ended(16)
    if how == "crash":
        raise RuntimeError("bug")


@command("dialplan show [<context>]")
def dialplan_show(rt: Any, context: str = "") -> None:
    """Show the dialplan."""


@noun("channel")
def channel_noun(rt: Any) -> list[tuple[str, str]]:
    return [("SIP/a-1", "Up, 100@default"), ("SIP/b-2", "Ringing")]


@pytest.fixture
def commands() -> Commands:
    found = Commands()
    for each in (show_channels, show_channel, set_level, fail, dialplan_show):
        found[each.name] = each
    return found


@pytest.fixture
def rt() -> Any:
    return SimpleNamespace(log=Log("test"))


NOUNS = {"channel": channel_noun}


async def test_a_command_runs_with_its_arguments(commands: Commands, rt: Any) -> None:
    assert (await commands.run(rt, "core show channel SIP/a-1")).lines == ["channel SIP/a-1"]
    assert (await commands.run(rt, "  Core  SET level 3 ")).lines == ["4 all"]
    reply = await commands.run(rt, "core show channels")
    assert reply.lines == ["Channel    State", "SIP/a-1    all", "1 active channel"]
    assert reply.ok
    assert (await commands.run(rt, "")).lines == []


async def test_json_gives_the_rows(commands: Commands, rt: Any) -> None:
    reply = await commands.run(rt, "core show channels count --json")
    assert json.loads("\n".join(reply.lines)) == [{"Channel": "SIP/a-1", "State": "count"}]
    assert json.loads("\n".join((await commands.run(rt, "core show channel x --json")).lines)) == ["channel x"]


async def test_an_unknown_command_is_answered_as_asterisk_does(commands: Commands, rt: Any) -> None:
    for line, hint in [
        ("nosuch", "nosuch"),
        ("foo bar baz", "foo bar"),
        ("core foo bar", "core foo bar"),
        ("core show nosuch", "core show nosuch"),
        ("core show version;core show uptime", "core show version;core show"),
    ]:
        reply = await commands.run(rt, line)
        assert reply.lines == [f"No such command '{line}' (type 'core show help {hint}' for other possible commands)"]
        assert not reply.ok


async def test_a_choice_in_braces_is_part_of_the_name(rt: Any) -> None:
    @command("sip set debug {on|off}")
    def debug(rt: Any, state: str) -> list[str]:
        """Show messages."""
        return [state]

    @command("sip set debug {ip|peer} <name>")
    def debug_one(rt: Any, how: str, name: str) -> list[str]:
        """Show the messages of one."""
        return [how, name]

    found = Commands()
    for each in (debug, debug_one):
        found[each.name] = each
    assert (await found.run(rt, "sip set debug ON")).lines == ["on"]
    assert (await found.run(rt, "sip set debug peer a")).lines == ["peer", "a"]
    for line in ("sip set debug", "sip set debug bogus"):
        assert (await found.run(rt, line)).lines[0].startswith(f"No such command '{line}'")
    assert (await found.run(rt, "sip set debug peer")).lines[0] == "Usage: sip set debug {ip|peer} <name>"
    assert (await found.run(rt, "sip set debug on x")).lines[0] == "Usage: sip set debug {on|off}"


async def test_wrong_arguments_print_the_usage(commands: Commands, rt: Any) -> None:
    reply = await commands.run(rt, "core show channels bogus")
    assert reply.lines[:4] == [
        "Usage: core show channels [concise|verbose|count] [--json]",
        "       List the active channels.",
        "",
        "       One line each.",
    ]
    assert (await commands.run(rt, "core set level x")).lines[0] == "Usage: core set level <level> [<name>]"
    assert (await commands.run(rt, "core fail usage")).lines[0] == "Usage: core fail <how>"


async def test_a_failing_command_says_so_and_harms_nothing(commands: Commands, rt: Any) -> None:
    seen: list[str] = []
    rt.log.attach(lambda record: seen.append(record.text))
    assert (await commands.run(rt, "core fail told")).lines == ["It is broken.", "Command 'core fail told' failed."]
    assert (await commands.run(rt, "core fail crash")).lines == ["Command 'core fail crash' failed."]
    assert "bug" in seen[0]
    assert (await commands.run(rt, "core fail hangup")).lines[0] == "It needs a channel, and there is none."


def test_help_lists_and_explains(commands: Commands) -> None:
    assert commands.help(["core", "sh"]).lines == [
        "core show channel              -- Show one channel",
        "core show channels [concise|verbose|count] -- List the active channels",
    ]
    assert len(commands.help().lines) == 5
    assert commands.help(["core", "show", "channel"]).lines[0] == "Usage: core show channel <channel>"
    assert commands.help(["nosuch"]).lines == ["No such command 'nosuch'."]


@pytest.mark.parametrize(
    ("line", "candidates"),
    [
        ("", {"core": "fail, set, show", "dialplan": "Show the dialplan"}),
        ("CO", {"core": "fail, set, show"}),
        ("core sh", {"show": "channel, channels"}),
        ("core show ", {"channel": "Show one channel", "channels": "List the active channels"}),
        ("core show channels ", {"concise": "List the active channels", "count": "List the active channels",
                                 "verbose": "List the active channels"}),
        ("core show channels co", {"concise": "List the active channels", "count": "List the active channels"}),
        ("core show channel ", {"SIP/a-1": "Up, 100@default", "SIP/b-2": "Ringing"}),
        ("core show channel sip/B", {"SIP/b-2": "Ringing"}),
        ("core show channels -", {"--json": "the rows as JSON"}),
        ("core show channel x ", {}),
        ("nosuch ", {}),
    ],
)  # fmt: skip
def test_completion(commands: Commands, rt: Any, line: str, candidates: dict[str, str]) -> None:
    found = commands.complete(rt, NOUNS, line)
    assert {each.word: each.description for each in found} == candidates


def test_a_discarded_command_is_gone(commands: Commands) -> None:
    del commands[show_channel.name]
    assert commands.find(["core", "show", "channel", "x"]) is None
    assert "core show channel <channel>" not in commands
    assert len(commands) == 4


@given(st.text())
def test_no_line_breaks_completion(line: str) -> None:
    found = Commands()
    for each in (show_channels, show_channel, set_level):
        found[each.name] = each
    found.complete(SimpleNamespace(log=Log("test")), NOUNS, line)
