"""Caller ids in one line: `"Anna Smith" <6001>`."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from asterism.runtime.driver import Party

if TYPE_CHECKING:
    from asterism.runtime.channel_base import ChannelBase

PRESENTATIONS = {
    "allowed_not_screened": 0,
    "allowed_passed_screen": 1,
    "allowed_failed_screen": 2,
    "allowed": 3,
    "prohib_not_screened": 32,
    "prohib_passed_screen": 33,
    "prohib_failed_screen": 34,
    "prohib": 35,
    "unavailable": 67,
}
"Asterisk's numbers for its presentation words (ITU-T Q.951): who may see it; in the lowest bits, who has checked it."

Facts = Mapping[str, str]
"""What the dialplan has said of a party beyond its number and name: `num-valid`, `num-bits`, `name-bits` ..."""

_RESTRICTION, _SCREENING, _UNAVAILABLE = 0x60, 0x03, 67
_RANKS = {0x20: 0, 0x00: 1, 0x40: 2}
"The more private of number and name counts."
_NUMBER = frozenset("0123456789*#+")
_IGNORED = str.maketrans("", "", "()-. ")


def parse(text: str) -> Party:
    """Read `"Name" <number>`, `Name <number>`, `<number>`, a number, or a name.

    Brackets, blanks, dots and hyphens are taken out of a number that is one without them.
    """
    name, bracket, rest = _split(text)
    if not bracket:
        bare = shrunk(text.strip())
        return Party(number=bare) if _is_number(bare) else Party(name=_unquoted(text.strip()))
    return Party(shrunk(rest.partition(">")[0].strip()), _unquoted(name.strip()))


def written(party: Party) -> str:
    """A party as CALLERID(all) shows it."""
    return f'"{party.name}" <{party.number}>'


def is_valid(party: Party, facts: Facts, part: str) -> bool:
    """Whether a party has a number (`num`) or name (`name`), empty though it may be."""
    known = facts.get(f"{part}-valid")
    return bool(party.number if part == "num" else party.name) if known is None else known == "1"


def bits(party: Party, facts: Facts, part: str) -> int:
    """How the number (`num`) or the name (`name`) may be shown, as a number of `PRESENTATIONS` or any other."""
    return int(facts.get(f"{part}-bits", PRESENTATIONS.get(party.presentation, _UNAVAILABLE)))


def presentation(party: Party, facts: Facts) -> int:
    """How a party may be shown: the more private of what is said of its number and of its name."""
    ranked = []
    for part in ("num", "name"):
        shown = bits(party, facts, part) & _RESTRICTION
        rank = _RANKS.get(shown, 3) if is_valid(party, facts, part) else 3
        ranked.append((rank, shown if rank < 3 else 0x40))
    number, name = ranked
    restriction = name[1] if name[0] < number[0] else number[1]
    if restriction == 0x40:
        return _UNAVAILABLE
    screening = bits(party, facts, "num") & _SCREENING if number[0] < 3 else 0
    return restriction | screening


def word(number: int) -> str:
    """The word for a number of `PRESENTATIONS`; `unknown` for any other."""
    if number == 0x40:
        return "unavailable"
    return next((word for word, its in PRESENTATIONS.items() if its == number), "unknown")


def shrunk(number: str) -> str:
    """A number as it is stored: without decoration, when nothing else is in it."""
    bare = number.translate(_IGNORED)
    return bare if _is_number(bare) else number


def _is_number(text: str) -> bool:
    return bool(text) and all(char in _NUMBER for char in text)


def _split(text: str) -> tuple[str, str, str]:
    """Part name and number at the last bracket that stands outside quotes."""
    quoted = False
    found = -1
    for at, char in enumerate(text):
        if char == '"' and not (at and text[at - 1] == "\\"):
            quoted = not quoted
        elif char == "<" and not quoted:
            found = at
    if found < 0:
        return text.rpartition("<") if quoted and "<" in text else (text, "", "")
    return text[:found], "<", text[found + 1 :]


_ESCAPED = re.compile(r"\\(.?)", re.DOTALL)


def _unquoted(name: str) -> str:
    if len(name) > 1 and name[0] == name[-1] == '"':
        name = name[1:-1]
    return _ESCAPED.sub(r"\1", name)


def ani2(channel: "ChannelBase") -> str:
    """What kind of line the caller has, CALLERID(ani2): what the dialplan has set, or his network says; else 0."""
    found = channel.datastores.get("ani2")
    return str(found) if found is not None else channel.leg.read("oli") or "0"
