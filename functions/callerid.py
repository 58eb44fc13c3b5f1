"""Who calls, who is called, and who sent the call on: CALLERID, CONNECTEDLINE, REDIRECTING."""

from dataclasses import replace
from typing import Annotated

from asterism.runtime import callerid as parties
from asterism.runtime.channel import Channel
from asterism.runtime.declare import Text, function
from asterism.runtime.driver import Party
from asterism.runtime.errors import ArgumentError
from asterism.runtime.variables import PRESENTATIONS

Facts = dict[str, str]
_WORDS = {number: word for word, number in PRESENTATIONS.items()}
_DEFAULTS = {
    "name-charset": "iso8859-1",
    "name-pres": "allowed_not_screened",
    "num-plan": "0",
    "subaddr": "",
    "subaddr-valid": "0",
    "subaddr-type": "0",
    "subaddr-odd": "0",
    "tag": "",
}
_ALIASES = {"number": "num", "ton": "num-plan"}
Ignored = Annotated[str, "kept for Asterisk's sake"]


def _facts(chan: Channel, whose: str) -> Facts:
    """What is known of a party beyond number, name and presentation."""
    facts: Facts = chan.datastores.setdefault(f"party {whose}", {})
    return facts


def _read(party: Party, facts: Facts, item: str) -> str | None:
    """One item of a party; None when there is no such item."""
    item = _ALIASES.get(item, item)
    match item:
        case "all":
            return parties.written(party)
        case "num":
            return party.number
        case "name":
            return party.name
        case "num-valid":
            return facts.get(item, "1" if party.number else "0")
        case "name-valid":
            return facts.get(item, "1" if party.name else "0")
        case "num-pres":
            return party.presentation
        case "pres":
            return _presentation(party, facts)
    return facts.get(item, _DEFAULTS[item]) if item in _DEFAULTS else None


def _presentation(party: Party, facts: Facts) -> str:
    """The more private of how name and number may be shown, as Asterisk joins the two."""
    shown = []
    if _read(party, facts, "num-valid") == "1":
        shown.append(party.presentation)
    if _read(party, facts, "name-valid") == "1":
        shown.append(facts.get("name-pres", _DEFAULTS["name-pres"]))
    ranks = {"prohib": 0, "allowe": 1}
    return min(shown, key=lambda word: ranks.get(word[:6], 2), default="unavailable")


def _write(party: Party, facts: Facts, item: str, value: str) -> Party | None:
    """The party with one item changed; None when there is no such item."""
    item, value = _ALIASES.get(item, item), value.strip()
    match item:
        case "all":
            found = parties.parse(value)
            facts.pop("num-valid", None)
            facts.pop("name-valid", None)
            return replace(party, number=found.number, name=found.name)
        case "num":
            facts["num-valid"] = "1"
            return replace(party, number=value)
        case "name":
            facts["name-valid"] = "1"
            return replace(party, name=value)
        case "pres" | "num-pres" | "name-pres":
            word = _word(value)
            if item != "num-pres":
                facts["name-pres"] = word
            return party if item == "name-pres" else replace(party, presentation=word)
    if item not in _DEFAULTS and item not in ("num-valid", "name-valid"):
        return None
    facts[item] = _stored(item, value)
    return party


def _word(value: str) -> str:
    if value[:1].isdigit():
        return _WORDS.get(_leading(value), "unknown")
    if value not in PRESENTATIONS:
        raise ArgumentError(f"unknown presentation '{value}'")
    return value


def _stored(item: str, value: str) -> str:
    if item.endswith("-valid") or item == "subaddr-odd":
        return "1" if _leading(value) else "0"
    if item == "subaddr-type":
        return "2" if _leading(value) else "0"
    return str(_leading(value)) if item == "num-plan" else value


def _leading(text: str) -> int:
    """The number that a text begins with; 0 when it begins with none."""
    digits = text[: len(text) - len(text.lstrip("0123456789"))]
    return int(digits or "0")


@function("CALLERID", see="CONNECTEDLINE, REDIRECTING, CHANNEL")
def callerid(chan: Channel, datatype: str = "", cid: Ignored = "") -> str:
    """Read or set who is calling.

    Args:
        datatype: all, name, num (or number), with -valid, -pres, -charset, -plan; pres, tag, subaddr and its
            -valid, -type, -odd; the same behind `ani-` and `priv-`; ani, ani2, dnid, dnid-num-plan, rdnis, ton.
            In any case.
        cid: Accepted for Asterisk's sake.
    Compat: func_callerid. A number loses blanks, brackets, dots and hyphens when set by `all`; another item is an
        ERROR in the log and empty.
    """
    item = datatype.strip().lower()
    found: str | None
    if item == "dnid":
        found = chan.dialed
    elif item == "rdnis":
        found = chan.redirecting.number
    elif item == "ani2":
        found = str(chan.datastores.get("ani2", 0))
    elif item.startswith("dnid-"):
        found = _read(Party(), _facts(chan, "dnid"), item.removeprefix("dnid-"))
    else:
        party, facts, part = _identity(chan, item)
        found = _read(party, facts, part)
    if found is None:
        chan.error(f"Unknown callerid data type '{datatype}'.")
    return found or ""


def _identity(chan: Channel, item: str) -> tuple[Party, Facts, str]:
    """The party an item of CALLERID is about, what else is known of it, and the item of that party."""
    if item == "ani":
        item = "ani-num"
    if item.startswith("ani-"):
        facts = _facts(chan, "ani")
        return Party(chan.ani, facts.get("name", "")), facts, item.removeprefix("ani-")
    if item.startswith("priv-"):
        facts = _facts(chan, "priv")
        return Party(facts.get("num", ""), facts.get("name", "")), facts, item.removeprefix("priv-")
    return chan.caller, _facts(chan, "caller"), item


@callerid.write
def _set_callerid(chan: Channel, datatype: str = "", cid: Ignored = "", value: str = "") -> None:
    item = datatype.strip().lower()
    if item == "dnid":
        chan.dialed = value.strip()
    elif item == "rdnis":
        chan.redirecting = replace(chan.redirecting, number=value.strip())
    elif item == "ani2":
        chan.datastores["ani2"] = _leading(value.strip())
    elif item.startswith("dnid-"):
        if _write(Party(), _facts(chan, "dnid"), item.removeprefix("dnid-"), value) is None:
            chan.error(f"Unknown callerid data type '{datatype}'.")
    else:
        _set_identity(chan, datatype, item, value)


def _set_identity(chan: Channel, datatype: str, item: str, value: str) -> None:
    party, facts, part = _identity(chan, item)
    changed = _write(party, facts, part, value)
    if changed is None:
        chan.error(f"Unknown callerid data type '{datatype}'.")
    elif facts is _facts(chan, "caller"):
        if _ALIASES.get(part) == "num-plan" or part == "num-plan":
            chan.datastores["ton"] = _leading(value.strip())
        chan.set_caller(changed)
    else:
        if facts is _facts(chan, "ani"):
            chan.ani = changed.number
        facts["num"], facts["name"] = changed.number, changed.name


@function("CONNECTEDLINE", see="CALLERID, REDIRECTING")
def connectedline(chan: Channel, datatype: str = "", i: Ignored = "") -> str:
    """Read or set to whom this channel talks; its phone shows it.

    Args:
        datatype: all, name, num and the other items of CALLERID.
        i: With `i` the phone is not told yet.
    Compat: func_callerid. Private (`priv-`) items and `source` are not served.
    """
    found = _read(chan.connected, _facts(chan, "connected"), datatype.strip().lower())
    if found is None:
        chan.error(f"Unknown connectedline data type '{datatype}'.")
    return found or ""


@connectedline.write
def _set_connectedline(chan: Channel, datatype: str = "", i: Ignored = "", value: str = "") -> None:
    changed = _write(chan.connected, _facts(chan, "connected"), datatype.strip().lower(), value)
    if changed is None:
        chan.error(f"Unknown connectedline data type '{datatype}'.")
    elif "i" in i:
        chan.connected = changed
    else:
        chan.set_connected(changed)


_REDIRECTION = {"reason": "unknown", "orig-reason": "unknown", "count": "0"}


@function("REDIRECTING", see="CALLERID, CONNECTEDLINE")
def redirecting(chan: Channel, datatype: Text = "") -> str:
    """Read or set who sent the call here, to whom, and why.

    Args:
        datatype: from-, to-, or orig- before an item of CALLERID; reason, orig-reason, count.
    Compat: func_callerid. `from-num` is the number of the phone that forwarded the call.
    """
    item = datatype.partition(",")[0].strip().lower()
    facts = _facts(chan, "redirection")
    if item in _REDIRECTION:
        return facts.get(item, _REDIRECTION[item])
    whose, _, part = item.partition("-")
    found = None
    if whose in ("from", "to", "orig"):
        party = _redirected(chan, whose)
        part = "pres" if part == "num-pres" and not party.number else part
        found = _read(party, _facts(chan, f"redirection {whose}"), part)
    if found is None:
        chan.error(f"Unknown redirecting data type '{datatype}'.")
    return found or ""


def _redirected(chan: Channel, whose: str) -> Party:
    if whose == "from":
        return chan.redirecting
    facts = _facts(chan, f"redirection {whose}")
    return Party(facts.get("num", ""), facts.get("name", ""), facts.get("pres", Party().presentation))


@redirecting.write
def _set_redirecting(chan: Channel, datatype: Text = "", value: str = "") -> None:
    item = datatype.partition(",")[0].strip().lower()
    if item in _REDIRECTION:
        _facts(chan, "redirection")[item] = str(_leading(value.strip())) if item == "count" else value.strip()
        return
    whose, _, part = item.partition("-")
    changed = None
    if whose in ("from", "to", "orig"):
        facts = _facts(chan, f"redirection {whose}")
        changed = _write(_redirected(chan, whose), facts, part, value)
        if changed is not None and whose == "from":
            chan.redirecting = changed
        elif changed is not None:
            facts |= {"num": changed.number, "name": changed.name, "pres": changed.presentation}
    if changed is None:
        chan.error(f"Unknown redirecting data type '{datatype}'.")
