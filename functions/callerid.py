"""Who calls, who is called, and who sent the call on: CALLERID, CONNECTEDLINE, REDIRECTING."""

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated

from asterism.functions import indirect
from asterism.runtime import callerid as parties
from asterism.runtime import interception
from asterism.runtime.arguments import split_arguments
from asterism.runtime.callerid import PRESENTATIONS
from asterism.runtime.channel import Channel
from asterism.runtime.declare import Text, function
from asterism.runtime.driver import Party

Facts = dict[str, str]
_DEFAULTS = {
    "name-charset": "iso8859-1",
    "num-plan": "0",
    "subaddr": "",
    "subaddr-valid": "0",
    "subaddr-type": "0",
    "subaddr-odd": "0",
}
_ALIASES = {"ton": "num-plan"}
_DIALED = ("num-plan", "subaddr", "subaddr-valid", "subaddr-type", "subaddr-odd")
_PRESENTED = {"pres": ("num", "name"), "num-pres": ("num",), "name-pres": ("name",)}
Ignored = Annotated[str, "kept for Asterisk's sake"]


def _facts(chan: Channel, whose: str) -> Facts:
    """What is known of a party beyond number, name and presentation."""
    facts: Facts = chan.datastores.setdefault(f"party {whose}", {})
    return facts


# --- the items of a party --------------------------------------------------------------------


def _item(datatype: str) -> str:
    """An item by its name, in any case; whatever begins with `num` or `pres` is that."""
    words = [word if word[:3] != "num" else "num" for word in datatype.lower().split("-")]
    return "-".join([word if word[:4] != "pres" else "pres" for word in words])


def _read(party: Party, facts: Facts, item: str) -> str | None:
    """One item of a party; None when there is no such item."""
    item = _ALIASES.get(item, item)
    number = party.number if parties.is_valid(party, facts, "num") else ""
    name = party.name if parties.is_valid(party, facts, "name") else ""
    match item:
        case "all":
            return parties.written(Party(number, name))
        case "num":
            return number
        case "name":
            return name
        case "num-valid" | "name-valid":
            return str(int(parties.is_valid(party, facts, item.removesuffix("-valid"))))
        case "num-pres" | "name-pres":
            return parties.word(parties.bits(party, facts, item.removesuffix("-pres")))
        case "pres":
            return parties.word(parties.presentation(party, facts))
        case "tag":
            return party.tag
    return facts.get(item, _DEFAULTS[item]) if item in _DEFAULTS else None


def _write(chan: Channel, party: Party, facts: Facts, item: str, value: str) -> Party | None:
    """The party with one item changed; None when there is no such item."""
    item, value = _ALIASES.get(item, item), indirect.strip(value)
    match item:
        case "all":
            found = parties.parse(value)
            facts["num-valid"] = facts["name-valid"] = "1"
            return replace(party, number=found.number, name=found.name)
        case "num":
            facts["num-valid"] = "1"
            return replace(party, number=value)
        case "name":
            facts["name-valid"] = "1"
            return replace(party, name=value)
        case "num-valid" | "name-valid" | "subaddr-valid" | "subaddr-odd":
            facts[item] = str(int(bool(indirect.integer(value))))
            return party
        case "subaddr-type":
            # Of the types of Q.931 there are two: NSAP, and the user's own.
            facts[item] = "2" if indirect.integer(value) else "0"
            return party
        case "num-plan":
            facts[item] = _leading(chan, value, facts.get(item, "0"))
            return party
        case "tag":
            return replace(party, tag=value)
        case "name-charset":
            facts[item] = _charset(chan, value, facts.get(item, _DEFAULTS[item]))
            return party
        case "pres" | "num-pres" | "name-pres":
            return _presented(chan, party, facts, _PRESENTED[item], value)
    if item not in _DEFAULTS:
        return None
    facts[item] = value
    return party


def _presented(chan: Channel, party: Party, facts: Facts, parts: tuple[str, ...], value: str) -> Party:
    """The party with number, name, or both shown differently."""
    if value[:1].isdigit():
        wanted = indirect.integer(value) or 0
    elif value.lower() in PRESENTATIONS:
        wanted = PRESENTATIONS[value.lower()]
    else:
        chan.error(f"Unknown presentation '{value}': the old one stays.")
        return party
    known = {part: parties.bits(party, facts, part) for part in ("num", "name")} | dict.fromkeys(parts, wanted)
    facts.update({f"{part}-bits": str(number) for part, number in known.items()})
    # What phones are told is what holds for the number.
    word = parties.word(parties.presentation(Party("0"), {"num-bits": str(known["num"])}))
    return replace(party, presentation=word)


def _leading(chan: Channel, value: str, before: str) -> str:
    """The number that a text begins with; what was before when it begins with none."""
    number = indirect.integer(value) if value[:1].isdigit() else None
    if number is not None:
        return str(number)
    chan.error(f"'{value}' is no number: the old one stays.")
    return before


_CHARSETS = (
    "unknown", "iso8859-1", "withdrawn", "iso8859-2", "iso8859-3", "iso8859-4", "iso8859-5", "iso8859-7", "bmp", "utf8",
)  # fmt: skip


def _charset(chan: Channel, value: str, before: str) -> str:
    """A character set by its number in Q.SIG or its word; what was before for any other word."""
    if value[:1].isdigit():
        number = indirect.integer(value) or 0
        return _CHARSETS[number] if 0 <= number < len(_CHARSETS) else "not-known"
    if value.lower() in _CHARSETS:
        return value.lower()
    chan.error(f"Unknown character set '{value}': the old one stays.")
    return before


# --- CALLERID --------------------------------------------------------------------------------


@function("CALLERID", see="CONNECTEDLINE, REDIRECTING, CHANNEL")
def callerid(chan: Channel, datatype: str = "", cid: str | None = None) -> str:
    """Read or set who is calling.

    Args:
        datatype: all, name, num (or anything that begins so), with -valid, -pres, -charset, -plan; pres, tag, subaddr
            and its -valid, -type, -odd; the same behind `ani-` and `priv-`; ani, ani2, dnid, dnid-num-plan, rdnis,
            ton. In any case.
        cid: Another caller id, `"name" <number>`, whose name, num or all is read instead.
    Compat: func_callerid. A number loses blanks, brackets, dots and hyphens when set by `all`. What is not valid
        reads as nothing. `pres` is the more private of num-pres and name-pres, unavailable while neither is valid.
        An unknown item is an ERROR in the log and empty.
    """
    item = _item(datatype)
    found: str | None
    if cid is not None:
        found = _read(parties.parse(cid), {}, item) if item in ("all", "name", "num") else None
    elif item in ("dnid", "dnid-num"):
        found = chan.dialed
    elif item == "rdnis":
        found = chan.redirecting.number
    elif item == "ani2":
        found = parties.ani2(chan)
    elif item.startswith("dnid-"):
        found = _facts(chan, "dnid").get(part, _DEFAULTS[part]) if (part := item[5:]) in _DIALED else None
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
        return replace(_kept(chan, "ani")[0], number=chan.ani), facts, item.removeprefix("ani-")
    if item.startswith("priv-"):
        return *_kept(chan, "priv"), item.removeprefix("priv-")
    return chan.caller, _facts(chan, "caller"), item


def _kept(chan: Channel, whose: str) -> tuple[Party, Facts]:
    """A party that the channel itself does not know, all of it among the facts."""
    facts = _facts(chan, whose)
    shown = facts.get("presentation", Party().presentation)
    return Party(facts.get("num", ""), facts.get("name", ""), shown, facts.get("tag", "")), facts


def _keep(facts: Facts, party: Party) -> None:
    facts |= {"num": party.number, "name": party.name, "presentation": party.presentation, "tag": party.tag}


@callerid.write
def _set_callerid(chan: Channel, datatype: str = "", cid: Ignored = "", value: str = "") -> None:
    item = _item(datatype)
    if item in ("dnid", "dnid-num"):
        chan.dialed = indirect.strip(value)
    elif item == "rdnis":
        chan.redirecting = replace(chan.redirecting, number=indirect.lstrip(value))
    elif item == "ani2":
        before = parties.ani2(chan)
        chan.datastores["ani2"] = int(_leading(chan, indirect.strip(value), before))
    elif item.startswith("dnid-"):
        if item[5:] not in _DIALED or _write(chan, Party(), _facts(chan, "dnid"), item[5:], value) is None:
            chan.error(f"Unknown callerid data type '{datatype}'.")
    else:
        _set_identity(chan, datatype, item, value)


def _set_identity(chan: Channel, datatype: str, item: str, value: str) -> None:
    party, facts, part = _identity(chan, item)
    changed = _write(chan, party, facts, part, value)
    if changed is None:
        chan.error(f"Unknown callerid data type '{datatype}'.")
    elif facts is _facts(chan, "caller"):
        chan.datastores["ton"] = int(facts.get("num-plan", "0"))
        chan.set_caller(changed)
    else:
        if facts is _facts(chan, "ani"):
            chan.ani = changed.number
        _keep(facts, changed)


# --- CONNECTEDLINE ---------------------------------------------------------------------------


@function("CONNECTEDLINE", see="CALLERID, REDIRECTING")
def connectedline(chan: Channel, datatype: Text = "") -> str:
    """Read or set to whom this channel talks; its phone shows it.

    Args:
        datatype: all, name, num and the other items of CALLERID, the same behind `priv-`; source. When set, with `,i`
            behind it the phone is not told yet.
    Compat: func_callerid.
    """
    item = _item(",".join(split_arguments(datatype)))
    if item == "source":
        return _facts(chan, "connected").get("source", "unknown")
    if item.startswith("priv-"):
        found = _read(*_kept(chan, "connected priv"), item.removeprefix("priv-"))
    else:
        found = _read(chan.connected, _facts(chan, "connected"), item)
    if found is None:
        chan.error(f"Unknown connectedline data type '{datatype}'.")
    return found or ""


@connectedline.write
def _set_connectedline(chan: Channel, datatype: Text = "", value: str = "") -> None:
    which, *options = split_arguments(datatype) or [""]
    item = _item(which)
    facts = _facts(chan, "connected")
    if item == "source":
        facts["source"] = indirect.strip(value)
    elif item.startswith("priv-"):
        party, facts = _kept(chan, "connected priv")
        changed = _write(chan, party, facts, item.removeprefix("priv-"), value)
        if changed is not None:
            _keep(facts, changed)
    else:
        changed = _write(chan, chan.connected, facts, item, value)
        if changed is None:
            chan.error(f"Unknown connectedline data type '{datatype}'.")
        else:
            chan.note_connected(changed)
            if not options or "i" not in options[0]:
                chan.tell_connected()


# --- REDIRECTING -----------------------------------------------------------------------------

_REASONS = (
    "unknown", "cfb", "cfnr", "unavailable", "cfu", "time_of_day", "dnd", "deflection", "follow_me", "out_of_order",
    "away", "cf_dte", "send_to_vm",
)  # fmt: skip
_SYNONYMS = {
    "unconditional": "cfu",
    "time-of-day": "time_of_day",
    "do-not-disturb": "dnd",
    "follow-me": "follow_me",
    "out-of-service": "out_of_order",
}
_REDIRECTION = {"reason": "unknown", "orig-reason": "unknown", "count": "0"}


def _reason(value: str) -> str:
    """A reason by its number or word; a word that is none of Asterisk's is kept as it is."""
    if value[:1].isdigit():
        number = indirect.integer(value) or 0
        return _REASONS[number] if number < len(_REASONS) else "not-known"
    word = value.lower()
    return word if word in _REASONS else _SYNONYMS.get(word, value or "unknown")


@function("REDIRECTING", see="CALLERID, CONNECTEDLINE")
def redirecting(chan: Channel, datatype: Text = "") -> str:
    """Read or set who sent the call here, to whom, and why.

    Args:
        datatype: from-, to-, or orig- before an item of CALLERID, with `priv-` before that if need be; reason,
            orig-reason, count. When set, with `,i` behind it nobody is told yet.
    Compat: func_callerid. `from-num` is the number of the phone that forwarded the call.
    """
    item = _item(",".join(split_arguments(datatype)))
    facts = _facts(chan, "redirection")
    if item in _REDIRECTION:
        return facts.get(item, _REDIRECTION[item])
    found = None
    if (named := _redirected(chan, item)) is not None:
        party, facts, part, _ = named
        found = _read(party, facts, part)
    if found is None:
        chan.error(f"Unknown redirecting data type '{datatype}'.")
    return found or ""


def _redirected(chan: Channel, item: str) -> tuple[Party, Facts, str, Callable[[Party], None]] | None:
    """The party an item is about, what else is known of it, the item of that party, and how it is changed."""
    if item == "pres":
        item = "from-pres"
    private = "priv " if item.startswith("priv-") else ""
    whose, _, part = item.removeprefix("priv-").partition("-")
    if whose not in ("from", "to", "orig"):
        return None
    party, facts = _kept(chan, f"redirection {private}{whose}")
    if whose == "from" and not private:

        def change(changed: Party) -> None:
            chan.redirecting = changed

        return chan.redirecting, facts, part, change
    return party, facts, part, lambda changed: _keep(facts, changed)


@redirecting.write
def _set_redirecting(chan: Channel, datatype: Text = "", value: str = "") -> None:
    which, *options = split_arguments(datatype) or [""]
    item = _item(which)
    facts, value = _facts(chan, "redirection"), indirect.strip(value)
    if item == "count":
        facts[item] = _leading(chan, value, facts.get(item, "0"))
    elif item in _REDIRECTION:
        facts[item] = _reason(value)
    else:
        changed = None
        if (named := _redirected(chan, item)) is not None:
            party, known, part, change = named
            changed = _write(chan, party, known, part, value)
            if changed is not None:
                change(changed)
        if changed is None:
            chan.error(f"Unknown redirecting data type '{datatype}'.")
            return
    if not options or "i" not in options[0]:
        interception.tell_redirecting(chan)
