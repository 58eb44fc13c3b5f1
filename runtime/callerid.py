"""Caller ids in one line: `"Anna Smith" <6001>`."""

from asterism.runtime.driver import Party

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


def shrunk(number: str) -> str:
    """A number as it is stored: without decoration, when nothing else is in it."""
    bare = number.translate(_IGNORED)
    return bare if _is_number(bare) else number


def _is_number(text: str) -> bool:
    return bool(text) and all(char in _NUMBER for char in text)


def _split(text: str) -> tuple[str, str, str]:
    """Part name and number at the bracket that stands outside quotes."""
    quoted = False
    for at, char in enumerate(text):
        if char == '"' and not (at and text[at - 1] == "\\"):
            quoted = not quoted
        elif char == "<" and not quoted:
            return text[:at], char, text[at + 1 :]
    return text.rpartition("<") if quoted and "<" in text else (text, "", "")


def _unquoted(name: str) -> str:
    if len(name) > 1 and name[0] == name[-1] == '"':
        name = name[1:-1]
    return name.replace('\\"', '"')
