"""The prompt of consoles: Asterisk's, or what ASTERISK_PROMPT says."""

import getpass
import grp
import os
import re
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

_ITEM = re.compile(r"%(?:C(?P<colours>[\d;]*)|(?P<letter>l[123]?|.))")


class Prompt:
    """What stands before the line that is being typed.

    Args:
        hello: What the server has said of itself.
        template: ASTERISK_PROMPT: %d date, %t time, %h host, %H host without domain, %u user, %g group, %s systemname,
            %l load (%l1 %l2 %l3 of 1, 5, 15 minutes), %# which is # for root, %C31;40 colours, %% a percent sign.
            Empty for `HOST*CLI> `.
        colour: Whether colours may be used.
    """

    def __init__(self, hello: Mapping[str, Any], template: str = "", colour: bool = True) -> None:
        self._hello = hello
        self._template = template or "%H*CLI> "
        self._colour = colour

    def __str__(self) -> str:
        return _ITEM.sub(self._value, self._template)

    def _value(self, found: "re.Match[str]") -> str:
        if found["colours"] is not None:
            return f"\x1b[{found['colours']}m" if self._colour else ""
        letter = found["letter"]
        made = _VALUES.get(letter[0])
        return made(self._hello, letter) if made is not None else found[0]


def _host(hello: Mapping[str, Any], letter: str) -> str:
    host = str(hello.get("host", ""))
    return host if letter == "H" else str(hello.get("fqdn") or host)


def _load(hello: Mapping[str, Any], letter: str) -> str:
    loads = os.getloadavg()
    number = int(letter[1:] or 1)
    return f"{loads[number - 1]:.2f}"


def _user(hello: Mapping[str, Any], letter: str) -> str:
    with suppress(KeyError, OSError):
        return getpass.getuser() if letter == "u" else grp.getgrgid(os.getgid()).gr_name
    return str(os.getuid())


_VALUES: dict[str, Callable[[Mapping[str, Any], str], str]] = {
    "d": lambda hello, letter: time.strftime("%Y-%m-%d"),
    "t": lambda hello, letter: time.strftime("%H:%M:%S"),
    "h": _host,
    "H": _host,
    "l": _load,
    "u": _user,
    "g": _user,
    "s": lambda hello, letter: str(hello.get("system", "")),
    "#": lambda hello, letter: "#" if os.geteuid() == 0 else ">",
    "%": lambda hello, letter: "%",
}
