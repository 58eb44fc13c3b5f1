"""What the service manager hears; the prompt; commands at the start."""

import asyncio
import re
import socket
from pathlib import Path

import pytest
from asterism.runtime.console import startup
from asterism.runtime.console.notify import Notifier
from asterism.runtime.console.prompt import Prompt
from asterism.runtime.errors import ConfigError
from hypothesis import given
from hypothesis import strategies as st


async def test_states_and_signs_of_life(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(10)
        told = Notifier({"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "100000"})
        assert told.alive_every_s == 0.05

        def heard() -> str:
            return manager.recv(1000).decode()

        told.ready()
        assert heard().startswith("READY=1\nMAINPID=")
        for _ in range(2):
            assert await asyncio.get_running_loop().run_in_executor(None, heard) == "WATCHDOG=1"
        told.reloading()
        assert re.match(r"RELOADING=1\nMONOTONIC_USEC=\d+\n", heard())
        told.stopping()
        assert heard().startswith("STOPPING=1")


async def test_nobody_listens() -> None:
    told = Notifier({})
    told.ready()
    told.stopping()
    Notifier({"NOTIFY_SOCKET": "/nowhere/at/all"}).reloading()
    assert Notifier({"WATCHDOG_USEC": "100", "WATCHDOG_PID": "1"}).alive_every_s == 0


HELLO = {"host": "pbx", "fqdn": "pbx.example.org", "system": "one"}


@pytest.mark.parametrize(
    ("template", "shown"),
    [
        ("", "pbx\\*CLI> "),
        ("%h|%H|%s|%%", "pbx\\.example\\.org\\|pbx\\|one\\|%"),
        ("%d %t", r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"),
        ("%l %l3 %#", r"\d+\.\d\d \d+\.\d\d [#>]"),
        ("%C31;40mred%C0", "\x1b\\[31;40mmred\x1b\\[0m"),
        ("%u@%g %z%", r"\S+@\S+ %z%"),
    ],
)
def test_prompts(template: str, shown: str) -> None:
    assert re.fullmatch(shown, str(Prompt(HELLO, template)))


def test_a_prompt_without_colours() -> None:
    assert str(Prompt(HELLO, "%C31x%C0", colour=False)) == "x"


def test_commands_at_the_start(tmp_path: Path) -> None:
    complaints: list[ConfigError] = []
    assert startup.load(tmp_path, complaints.append).late == []
    (tmp_path / "cli.conf").write_text(
        "[startup_commands]\ncore set verbose 4 = yes\nlogger mute = fully-booted\ncore set debug 1 = pre-module\n"
        "core show version = no\ncore show uptime = sometimes\n"
    )
    found = startup.load(tmp_path, complaints.append)
    assert found.early == ["core set debug 1"]
    assert found.late == ["core set verbose 4", "logger mute"]
    assert [str(each) for each in complaints] == ["cli.conf:6: when is 'sometimes'?"]


@given(st.text())
def test_any_prompt_is_shown(template: str) -> None:
    assert isinstance(str(Prompt(HELLO, template)), str)
