"""PJSIP_HEADER, PJSIP_HEADERS, PJSIP_DIAL_CONTACTS: headers of PJSIP calls, and where an endpoint can be reached."""

from asterism.runtime.channel import Channel
from asterism.runtime.declare import function
from asterism.runtime.errors import ArgumentError
from asterism.runtime.peers import HeaderLeg, sip_driver


def _added(chan: Channel) -> list[tuple[str, str]] | None:
    """The headers added to a PJSIP call; None on other channels, which logs a WARNING."""
    if chan.technology != "PJSIP" or not isinstance(chan.leg, HeaderLeg):
        chan.warn("This function requires a PJSIP channel.")
        return None
    return chan.leg.added_headers


def _number(text: str) -> int:
    try:
        return int(text or "1")
    except ValueError:
        raise ArgumentError(f"PJSIP_HEADER: '{text}' is no number") from None


@function("PJSIP_HEADER", see="PJSIP_HEADERS, SIP_HEADER")
def pjsip_header(chan: Channel, action: str, name: str = "", number: str = "1") -> str:
    """Read a header of the INVITE that made this call, or add, change, and remove those of the next one.

    Args:
        action: read; to set: add, update, or remove.
        name: Name of the header; to read and to remove, a `*` at its end stands for any rest.
        number: Which one, when there are several: from 1, or from -1 for the last.
    Compat: res_pjsip_header_funcs. Setting belongs on the called channel, before it is called (Dial's option b); on a
        calling channel the headers go into our answers.
    """
    added = _added(chan)
    if added is None:
        return ""
    if action.lower() != "read":
        chan.warn(f"PJSIP_HEADER: action '{action}' cannot be read, only 'read' can")
        return ""
    if not name:
        chan.warn("PJSIP_HEADER requires the name of a header")
        return ""
    index = _number(number)
    mine = [value for each, value in added if each.lower() == name.lower()]
    if mine and chan.leg.read(f"PJSIP_HEADER,1,{name}") is None:
        index = index - 1 if index > 0 else index
        return mine[index] if -len(mine) <= index < len(mine) else ""
    return chan.leg.read(f"PJSIP_HEADER,{index},{name}") or ""


@pjsip_header.write
def _set(chan: Channel, action: str, name: str = "", number: str = "1", value: str = "") -> None:
    added = _added(chan)
    if added is None:
        return
    if not name:
        chan.warn("PJSIP_HEADER requires the name of a header")
        return
    match action.lower():
        case "add":
            if any(ord(char) < 32 for char in name + value):
                chan.warn(f"PJSIP_HEADER: header '{name}' holds control characters and is not added")
            else:
                added.append((name, value))
        case "update":
            _update(chan, added, name, _number(number), value)
        case "remove":
            wanted = name.lower()
            if wanted.endswith("*"):
                kept = [entry for entry in added if not entry[0].lower().startswith(wanted[:-1])]
            else:
                kept = [entry for entry in added if entry[0].lower() != wanted]
            added[:] = kept
        case _:
            chan.warn(f"PJSIP_HEADER: unknown action '{action}'")


def _update(chan: Channel, added: list[tuple[str, str]], name: str, number: int, value: str) -> None:
    places = [place for place, (each, _) in enumerate(added) if each.lower() == name.lower()]
    index = number - 1 if number > 0 else number
    if not places or not -len(places) <= index < len(places):
        chan.warn(f"No headers had been previously added to this session for '{name}'.")
        return
    added[places[index]] = (name, value)


@function("PJSIP_HEADERS", see="PJSIP_HEADER")
def pjsip_headers(chan: Channel, prefix: str = "") -> str:
    """List the names of the headers of the INVITE that made this call, joined by commas.

    Args:
        prefix: Only names that begin so, in any case.
    """
    if _added(chan) is None:
        return ""
    return chan.leg.read(f"PJSIP_HEADERS,{prefix}") or ""


@function("PJSIP_DIAL_CONTACTS", see="Dial")
def pjsip_dial_contacts(chan: Channel, endpoint: str = "", aor: str = "", user: str = "") -> str:
    """List all contacts of an endpoint as a dial string, so that Dial calls them all at once.

    Args:
        endpoint: Its name.
        aor: Only of this address of record.
        user: User part of the request URIs, in place of each contact's own.
    """
    if not endpoint:
        chan.warn("An endpoint name must be specified when using the 'PJSIP_DIAL_CONTACTS' dialplan function")
        return ""
    driver = sip_driver(chan.switch.driver("PJSIP"))
    return driver.dial_contacts(endpoint, aor, user) if driver is not None else ""
