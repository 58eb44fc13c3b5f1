"""SIP_HEADER, SIP_HEADERS, SIPPEER, CHECKSIPDOMAIN: what SIP calls and sip.conf's peers are like."""

import re
from collections.abc import Callable

from asterism.runtime.channel import Channel
from asterism.runtime.declare import Text, function
from asterism.runtime.peers import PeerFacts, SipDriver, groups, sip_driver


def _driver(chan: Channel) -> SipDriver | None:
    return sip_driver(chan.switch.driver("SIP"))


@function("SIP_HEADER", see="SIP_HEADERS, SIPAddHeader, PJSIP_HEADER")
def sip_header(chan: Channel, name: str = "", number: str = "1") -> str:
    """Read a header of the INVITE that made this call.

    Args:
        name: Name of the header, in any case; a long name finds the short form too.
        number: Which one, when there are several; from 1.
    Compat: chan_sip. A header that is not there reads as empty. On an outgoing call it is our own INVITE that is read.
    """
    if not name:
        chan.warn("SIP_HEADER requires the name of a header")
        return ""
    if chan.technology != "SIP":
        chan.warn("This function can only be used on SIP channels.")
        return ""
    digits = re.match(r"\s*\d+", number)
    return chan.leg.read(f"SIP_HEADER,{digits[0].strip() if digits else 1},{name}") or ""


@function("SIP_HEADERS", see="SIP_HEADER")
def sip_headers(chan: Channel, prefix: str = "") -> str:
    """List the names of the headers of the INVITE that made this call, joined by commas.

    Args:
        prefix: Only names that begin so, case-sensitive.
    """
    if chan.technology != "SIP":
        chan.warn("This function can only be used on SIP channels.")
        return ""
    return chan.leg.read(f"SIP_HEADERS,{prefix}") or ""


def _status(peer: PeerFacts) -> str:
    rtt = round(peer.rtt_ms)
    return {
        "UNMONITORED": "Unmonitored",
        "UNKNOWN": "UNKNOWN",
        "REACHABLE": f"OK ({rtt} ms)",
        "LAGGED": f"LAGGED ({rtt} ms)",
        "UNREACHABLE": "UNREACHABLE",
    }[peer.status]


_ITEMS: dict[str, Callable[[PeerFacts], str]] = {
    "ip": lambda peer: peer.address or "(null)",
    "port": lambda peer: str(peer.port),
    "status": _status,
    "language": lambda peer: peer.language,
    "regexten": lambda peer: peer.register_extension,
    "limit": lambda peer: str(peer.call_limit),
    "busylevel": lambda peer: str(peer.busy_level),
    "curcalls": lambda peer: str(peer.calls if peer.call_limit else 0),
    "maxforwards": lambda peer: "0",
    "accountcode": lambda peer: peer.accountcode,
    "callgroup": lambda peer: groups(peer.call_groups),
    "pickupgroup": lambda peer: groups(peer.pickup_groups),
    "namedcallgroup": lambda peer: ", ".join(part.strip() for part in peer.named_call_groups.split(",") if part),
    "namedpickupgroup": lambda peer: ", ".join(part.strip() for part in peer.named_pickup_groups.split(",") if part),
    "useragent": lambda peer: peer.user_agent,
    "mailbox": lambda peer: ",".join(peer.mailboxes),
    "context": lambda peer: peer.context,
    "dynamic": lambda peer: "yes" if peer.dynamic else "no",
    "callerid_name": lambda peer: peer.caller.name,
    "callerid_num": lambda peer: peer.caller.number,
    "codecs": lambda peer: f"({'|'.join(peer.codecs)})",
    "expire": lambda peer: str(peer.expires_s),
    "encryption": lambda peer: "0",
}


@function("SIPPEER", see="SIP_HEADER, DEVICE_STATE")
def sippeer(chan: Channel, arguments: Text = "") -> str:
    """Read something about a peer of sip.conf.

    Args:
        arguments: peername[,item]; the item is ip (when left out), port, status, mailbox, context, dynamic,
            callerid_name, callerid_num, callgroup, pickupgroup, namedcallgroup, namedpickupgroup, codecs, codec[n],
            limit, busylevel, curcalls, language, regexten, accountcode, useragent, expire, maxforwards, encryption,
            or chanvar[name].
    Compat: chan_sip. What is unknown is empty; the address of a peer that is not there is `(null)`. expire is the
        number of seconds left (chan_sip shows a number of its scheduler).
    """
    name, comma, item = arguments.partition(",")
    driver = _driver(chan)
    peer = driver.peer(name) if driver is not None and name else None
    if peer is None or not peer.callable:
        return ""
    item = (item if comma else "ip").lower()
    reader = _ITEMS.get(item)
    if reader is not None:
        return reader(peer)
    indexed = re.fullmatch(r"(chanvar|codec)\[(.*)\]", item)
    if indexed is None:
        return ""
    kind, key = indexed[1], indexed[2]
    if kind == "chanvar":
        return next((value for each, value in peer.variables if key and each.lower() == key), "")
    index = int(key) if key.isdigit() else 0
    return peer.codecs[index] if index < len(peer.codecs) else ""


_CHANNEL = frozenset(("peerip", "recvip", "from", "uri", "useragent", "peername", "t38passthrough"))


@function("SIPCHANINFO", see="CHANNEL, SIPPEER")
def sipchaninfo(chan: Channel, item: str) -> str:
    """Read something about a SIP call, as dialplans of before CHANNEL(item) did.

    Args:
        item: peerip, recvip, from, uri, useragent, peername, or t38passthrough.
    Compat: chan_sip until Asterisk 10. What there is not is empty.
    """
    if chan.technology != "SIP":
        chan.warn("This function can only be used on SIP channels.")
        return ""
    return (chan.leg.read(item.lower()) or "") if item.lower() in _CHANNEL else ""


@function("CHECKSIPDOMAIN", see="SIP_HEADER")
def checksipdomain(chan: Channel, domain: Text = "") -> str:
    """Tell whether a domain is one of ours: the domain itself, or nothing.

    Args:
        domain: As sip.conf's `domain` lines name it, in any case, without a port.
    """
    if not domain:
        chan.warn("CHECKSIPDOMAIN requires an argument - A domain name")
        return ""
    driver = _driver(chan)
    names = {name.lower() for name, _ in driver.domains()} if driver is not None else set()
    return domain if domain.lower() in names else ""
