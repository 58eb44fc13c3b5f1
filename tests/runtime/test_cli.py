"""cli_aliases.conf, cli_permissions.conf, asterisk.conf's options: what each line does."""

import os
import pwd
from pathlib import Path

import pytest
from asterism.runtime import asterisk_conf
from asterism.runtime.cli_permissions import NOBODY, Permissions, PermissionsConf, Rule, may_run
from asterism.runtime.errors import ConfigError
from asterism.runtime.log import Level
from asterism.runtime.settings import Options
from asterism.runtime.testing import TestRuntime

DIRECTORIES = "[directories]\nastdbdir = .\nastspooldir = spool\n"


def folder(path: Path, **files: str) -> Path:
    """A configuration folder; `cli_aliases="..."` is cli_aliases.conf."""
    (path / "asterisk.conf").write_text(DIRECTORIES)
    for name, text in files.items():
        (path / f"{name}.conf").write_text(text)
    return path


async def run(rt: TestRuntime, line: str) -> list[str]:
    return (await rt.commands.run(rt, line)).lines


ALIASES = """[general]
template = friendly
template = mine
template = nosuch
[friendly]
hangup request=channel request hangup
originate=channel originate
help=core show help
my uptime = core  show uptime
[mine]
originate=core show version
codec number=core show codec
"""


async def test_aliases(tmp_path: Path) -> None:
    async with TestRuntime(folder(tmp_path, cli_aliases=ALIASES)) as rt:
        assert (await run(rt, "my uptime"))[0].startswith("System uptime")
        assert await run(rt, "codec number 5") == ["          5 G.711 u-law (ulaw)"]
        assert (await run(rt, "originate"))[0].startswith("Usage: channel originate"), "the first of two alike counts"
        assert await run(rt, "cli show aliases") == [
            f"{'Alias Command':<50} {'Real Command':<50}",
            f"{'hangup request':<50} {'channel request hangup':<50}",
            f"{'originate':<50} {'channel originate':<50}",
            f"{'help':<50} {'core show help':<50}",
            f"{'my uptime':<50} {'core show uptime':<50}",
            f"{'codec number':<50} {'core show codec':<50}",
        ]
        assert any("there is no section [nosuch]" in each for each in rt.logged(Level.WARNING))
        complete = rt.commands.complete
        assert "uptime" in [each.word for each in complete(rt, rt.nouns, "my u")]
        assert "seconds" in [each.word for each in complete(rt, rt.nouns, "my uptime s")]
        assert "my uptime                      -- The same as core show uptime" in await run(rt, "core show help my")
        (tmp_path / "cli_aliases.conf").write_text("[general]\ntemplate = a\n[a]\nversion = core show version\n")
        await rt.reload("cli_aliases")
        assert (await run(rt, "version"))[0].startswith("Asterism")
        assert not (await rt.commands.run(rt, "my uptime")).ok


RULES = (
    Rule(False, "all"),
    Rule(True, "core set"),
    Rule(True, "core show application D.*"),
    Rule(False, "core set debug"),
)


@pytest.mark.parametrize(
    ("user", "group", "line", "allowed"),
    [
        (7, 1, "core set verbose 3", True),
        (7, 1, "CORE set debug 3", False),
        (7, 1, "core show application Dial", True),
        (7, 1, "core show channels", False),
        (8, 5, "core show channels", True),
        (8, 5, "core stop now", False),
        (7, 5, "core show channels", False),
        (8, 6, "core stop now", True),
        (NOBODY, 5, "core stop now", False),
    ],
)
def test_who_may_run_what(user: int, group: int, line: str, allowed: bool) -> None:
    conf = PermissionsConf(
        True,
        (
            Permissions("@ops", NOBODY, 5, (Rule(False, "all"), Rule(True, "core show"))),
            Permissions("anna", 7, NOBODY, RULES),
        ),
    )
    assert conf.allows(user, group, line) is allowed


async def test_permissions_are_read_and_shown(tmp_path: Path) -> None:
    me = pwd.getpwuid(os.getuid()).pw_name
    text = f"[general]\ndefault_perm=deny\n[{me}]\ndeny=all\npermit=core show\n[no-such-user]\npermit=all\nlaod=1\n"
    async with TestRuntime(folder(tmp_path, cli_permissions=text)) as rt:
        assert await run(rt, "cli show permissions") == [
            f"user: {me} [uid={os.getuid()}]", "Permissions:", "\tdeny -> all", "\tpermit -> core show", "",
        ]  # fmt: skip
        assert await run(rt, f"cli check permissions {me} core show version") == [
            f"User '{me}' is allowed to run command: 'core show version'"
        ]
        assert await run(rt, f"cli check permissions {me} core stop now") == [
            f"User '{me}' is not allowed to run command: 'core stop now'"
        ]
        assert await run(rt, "cli check permissions @no-such core stop now") == [
            "Unknown group 'no-such'", "Command 'cli check permissions @no-such core stop now' failed.",
        ]  # fmt: skip
        listed = await run(rt, f"cli check permissions {me}")
        assert all(line.strip().startswith("core show") for line in listed) and len(listed) > 10
        warnings = rt.logged(Level.WARNING)
        assert any("cli_permissions.conf:8: unknown option 'laod'" in each for each in warnings)
        assert any("the system knows no 'no-such-user'" in each for each in warnings)
        (tmp_path / "cli_permissions.conf").write_text("[general]\ndefault_perm=permit\n")
        assert await run(rt, "cli reload permissions") == []
        assert (await run(rt, f"cli check permissions {me} core stop now"))[0].endswith("allowed to run command: "
                                                                                       "'core stop now'")  # fmt: skip


async def test_permissions_may_come_later(tmp_path: Path) -> None:
    async with TestRuntime(folder(tmp_path)) as rt:
        assert await run(rt, "cli reload permissions") == []
        (tmp_path / "cli_permissions.conf").write_text("[general]\ndefault_perm=deny\n")
        assert await run(rt, "cli reload permissions") == []
        assert (await run(rt, "cli check permissions root core stop now"))[0].startswith("User 'root' is not allowed")


async def test_a_broken_file_lets_nobody_in(tmp_path: Path) -> None:
    async with TestRuntime(folder(tmp_path, cli_permissions="[general\n")) as rt:
        assert any("cli_permissions.conf" in each for each in rt.logged(Level.ERROR))
        assert (await run(rt, "cli check permissions root core stop now"))[0].startswith("User 'root' is not allowed")


def options(path: Path, text: str) -> tuple[Options, list[str]]:
    """asterisk.conf's options, and what is wrong with them."""
    (path / "asterisk.conf").write_text(f"[options]\n{text}")
    complaints: list[ConfigError] = []
    return asterisk_conf.load(path / "asterisk.conf", complaints.append).options, [str(each) for each in complaints]


def test_an_option_works_or_is_told(tmp_path: Path) -> None:
    assert options(tmp_path, "lockconfdir = yes\ncache_media_frames = yes\ntrace = 3\n")[1] == [
        "asterisk.conf:2: 'lockconfdir' has no effect here",
        "asterisk.conf:4: 'trace' has no effect here",
    ]
    found, complaints = options(tmp_path, "autosystemname = yes\nminmemfree = 5\nnosuch = 1\n")
    assert found.systemname and found.minmemfree == 5
    assert complaints == ["asterisk.conf:4: unknown option 'nosuch'"]
    assert options(tmp_path, "autosystemname = yes\nsystemname = pbx\n")[0].systemname == "pbx"
    assert "English" in options(tmp_path, "documentation_language = fr_FR\n")[1][0]


async def test_exec_runs_programs_where_it_is_allowed(tmp_path: Path) -> None:
    extensions = "[default]\n#exec echo 'exten => 1,1,NoOp(made)'\n#exec false\nexten => 2,1,NoOp()\n"
    (folder(tmp_path, extensions=extensions) / "asterisk.conf").write_text(
        f"{DIRECTORIES}[options]\nexecincludes=yes\n"
    )
    async with TestRuntime(tmp_path) as rt:
        assert rt.extension_exists("default", "1")
    (tmp_path / "asterisk.conf").write_text(DIRECTORIES)
    async with TestRuntime(tmp_path) as rt:
        assert not rt.extension_exists("default", "1") and rt.extension_exists("default", "2")
        assert any("#exec is not allowed" in each for each in rt.logged(Level.WARNING))


async def test_too_little_memory_takes_no_calls() -> None:
    async with TestRuntime(options=Options(minmemfree=1 << 40)) as rt:
        assert not rt.accepting
    async with TestRuntime(options=Options(minmemfree=1)) as rt:
        assert rt.accepting


async def test_neither_blanks_nor_quotes_nor_aliases_open_a_door(tmp_path: Path) -> None:
    me = pwd.getpwuid(os.getuid()).pw_name
    aliases = "[general]\ntemplate=mine\n[mine]\nbye=core stop now\n"
    text = f"[{me}]\ndeny=core stop\n"
    async with TestRuntime(folder(tmp_path, cli_permissions=text, cli_aliases=aliases)) as rt:
        for line in ("core stop now", "core  stop now", ' "core" stop now', "co\\re stop now", "bye", " BYE "):
            assert not may_run(rt, os.getuid(), os.getgid(), line), line
        assert may_run(rt, os.getuid(), os.getgid(), "core show version")
        assert await run(rt, f"cli check permissions {me} bye") == [f"User '{me}' is not allowed to run command: 'bye'"]
