"""What the DNS says: ENUMLOOKUP, ENUMQUERY, ENUMRESULT, TXTCIDNAME, SRVQUERY, SRVRESULT."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from asterism.dialplan.regex import BadPattern, Regex
from asterism.functions import indirect
from asterism.runtime.channel import Channel
from asterism.runtime.declare import function
from asterism.runtime.errors import ArgumentError

if TYPE_CHECKING:
    import dns.rdata

LOOKUP_S = 10.0
"How long one question to the DNS may take."
RESULTS = "dns results"
"Where a channel keeps what ENUMQUERY and SRVQUERY have found, and the runtime the number of the last ENUMQUERY."
RECORDS_MAX = 64
"Records of one answer that are looked at; nobody has as many."
_SERVICE = re.compile(r"(?:e2u\+(?:[^:]*:)?(?P<after>.*)|(?P<before>[^:+]*)(?::[^+]*)?\+e2u)", re.IGNORECASE)


async def resolve(chan: Channel, name: str, kind: str) -> "Sequence[dns.rdata.Rdata]":
    """The records of a name; none when there are none, or nobody answers."""
    try:
        import dns.asyncresolver
        import dns.exception
    except ImportError:
        raise ArgumentError("dnspython is missing: install asterism with its extra 'dns'") from None
    try:
        answer = await dns.asyncresolver.resolve(name, kind, lifetime=LOOKUP_S)
    except (dns.exception.DNSException, OSError, UnicodeError) as error:
        chan.debug(1, f"{kind} of {name}: {error}")
        return ()
    found = answer.rrset
    return (
        () if found is None else (found.processing_order() if kind in ("SRV", "NAPTR") else list(found))[:RECORDS_MAX]
    )


# --- ENUM ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Target:
    """Where a number leads to: the service, such as `sip`, and a URI."""

    service: str
    uri: str


def domain(number: str, zone: str, options: str = "") -> str:
    """The name that stands for a number (RFC 6116 3.2): its digits backwards, before the zone.

    `number*area` is an ISN: the area is a label of its own. With option d the number is the name, as it is.
    """
    if "*" in number:
        number, _, area = number.partition("*")
        zone = f"{area}.{zone}"
    elif "d" in options:
        return f"{number}.{zone}"
    return ".".join([*(digit for digit in reversed(number) if digit.isdecimal()), zone])


def _rewritten(regexp: str, number: str) -> str | None:
    """Apply a record's `!pattern!replacement!` (RFC 3402 3.2); None when it does not fit."""
    if len(regexp) < 7:
        return None
    mark = regexp[0]
    parts = regexp[1:].split(mark)
    if len(parts) != 3 or parts[2] not in ("", "i"):
        return None
    try:
        captured = Regex(parts[0], ignore_case=parts[2] == "i").captures(number)
    except BadPattern:
        return None
    if captured is None:
        return None
    whole = [group or "" for group in captured]
    return re.sub(r"\\([0-9])", lambda found: (whole + [""] * 10)[int(found[1])], parts[1])


async def _targets(chan: Channel, number: str, service: str, zone: str, options: str) -> list[Target]:
    """Where a number leads to by a service, in order of preference; by any with `ALL`."""
    if "i" in options:
        raise ArgumentError("infrastructure ENUM (option i) is not served")
    plain = number.removeprefix("n")
    found: list[Target] = []
    for record in await resolve(chan, domain(plain, zone, options), "NAPTR"):
        facts: Any = record
        kind = _SERVICE.search(facts.service.decode("ascii", "replace"))
        name = "" if kind is None else kind["after"] if kind["after"] is not None else kind["before"]
        if facts.flags[:1].lower() != b"u" or (service.upper() != "ALL" and name.lower() != service.lower()):
            continue
        uri = _rewritten(facts.regexp.decode("utf-8", "surrogateescape"), plain.partition("*")[0])
        if uri is None:
            chan.warn(f"ENUM: the record '{facts.to_text()}' is of no use")
        elif uri:
            found.append(Target(name, uri))
    return found


def _shown(target: Target, service: str, options: str) -> str:
    """Without the scheme, unless all services or the whole URI were asked for."""
    _, colon, rest = target.uri.partition(":")
    return rest if colon and service.upper() != "ALL" and "u" not in options else target.uri


@function("ENUMLOOKUP", see="ENUMQUERY, ENUMRESULT, TXTCIDNAME")
async def enumlookup(
    chan: Channel, number: str = "", method_type: str = "", options: str = "", record: str = "", zone_suffix: str = ""
) -> str:
    """Look up where a telephone number leads to, in the DNS.

    Args:
        number: The number, with its country's; `number*area` for an ISN. Hyphens are taken out.
        method_type: The service, such as sip; pjsip when it is left out; ALL for any, with the scheme in front.
        options: c returns how many there are, u the whole URI, d asks for the number as it is.
        record: Which one, from 1, in order of preference.
        zone_suffix: The zone; e164.arpa when it is left out.
    Compat: func_enum, without option i. It needs the extra `dns`.
    """
    if not number:
        raise ArgumentError("a number is needed")
    service = method_type or "pjsip"
    found = await _targets(chan, number.replace("-", ""), service, zone_suffix or "e164.arpa", options)
    if "c" in options:
        return str(len(found))
    at = (indirect.integer(record) or 1) - 1
    return _shown(found[at], service, options) if 0 <= at < len(found) else ""


@function("ENUMQUERY", see="ENUMRESULT, ENUMLOOKUP")
async def enumquery(chan: Channel, number: str = "", method_type: str = "", zone_suffix: str = "") -> str:
    """Look up where a telephone number leads to, for ENUMRESULT.

    Args:
        number: The number.
        method_type: The service; pjsip when it is left out.
        zone_suffix: The zone; e164.arpa when it is left out.
    Returns:
        A number that stands for the answer.
    Compat: func_enum, whose own zone is a slip of the pen (e164.zone).
    """
    if not number:
        raise ArgumentError("a number is needed")
    service = method_type or "pjsip"
    found = await _targets(chan, number, service, zone_suffix or "e164.arpa", "")
    last: int = chan.switch.datastores.get(RESULTS, -1)
    chan.switch.datastores[RESULTS] = last + 1
    chan.datastores.setdefault(RESULTS, {})[str(last + 1)] = [_shown(each, service, "") for each in found]
    return str(last + 1)


@function("ENUMRESULT", see="ENUMQUERY")
def enumresult(chan: Channel, id: str = "", resultnum: str = "") -> str:
    """Read one answer of ENUMQUERY.

    Args:
        id: What ENUMQUERY returned.
        resultnum: Which one, from 1; getnum for how many there are.
    Compat: func_enum.
    """
    if not id or not resultnum:
        raise ArgumentError("what ENUMQUERY returned and a number are needed")
    found: list[str] | None = chan.datastores.get(RESULTS, {}).get(id)
    if found is None:
        raise ArgumentError(f"there is no answer {id}")
    if resultnum.lower() == "getnum":
        return str(len(found))
    number = indirect.integer(resultnum)
    if number is None or not 0 < number <= len(found):
        raise ArgumentError(f"answer {id} has no record {resultnum}")
    return found[number - 1]


@function("TXTCIDNAME", see="ENUMLOOKUP")
async def txtcidname(chan: Channel, number: str = "", zone_suffix: str = "") -> str:
    """Look up the name of a telephone number: the TXT record of its name in the DNS.

    Args:
        number: The number, with its country's.
        zone_suffix: The zone; e164.arpa when it is left out.
    Compat: func_enum. It needs the extra `dns`.
    """
    if not number:
        raise ArgumentError("a number is needed")
    for record in await resolve(chan, domain(number, zone_suffix or "e164.arpa"), "TXT"):
        facts: Any = record
        return b"".join(facts.strings).decode("utf-8", "surrogateescape")
    return ""


# --- SRV -----------------------------------------------------------------------------------------


async def _servers(chan: Channel, service: str) -> list[dict[str, str]]:
    found = []
    for record in await resolve(chan, service, "SRV"):
        facts: Any = record
        host = facts.target.to_text(True)
        found.append(
            {"host": host, "port": str(facts.port), "priority": str(facts.priority), "weight": str(facts.weight)}
        )
    chan.datastores.setdefault(RESULTS, {})[f"srv {service}"] = found
    return found


@function("SRVQUERY", see="SRVRESULT")
async def srvquery(chan: Channel, service: str = "") -> str:
    """Look up the servers of a service, for SRVRESULT.

    Args:
        service: Such as `_sip._udp.example.com`.
    Returns:
        The service, which stands for the answer.
    Compat: func_srv. It needs the extra `dns`.
    """
    if not service:
        raise ArgumentError("a service is needed")
    await _servers(chan, service)
    return service


@function("SRVRESULT", see="SRVQUERY")
async def srvresult(chan: Channel, id: str = "", resultnum: str = "", field: str = "") -> str:
    """Read one server of a service; it is looked up unless SRVQUERY has done so.

    Args:
        id: The service, as given to SRVQUERY.
        resultnum: Which one, from 1, in the order in which they are to be tried; getnum for how many there are.
        field: host, port, priority, or weight.
    Compat: func_srv.
    """
    if not id or not resultnum:
        raise ArgumentError("a service and a number are needed")
    kept: list[dict[str, str]] | None = chan.datastores.get(RESULTS, {}).get(f"srv {id}")
    found = await _servers(chan, id) if kept is None else kept
    if resultnum.lower() == "getnum":
        return str(len(found))
    if not field:
        raise ArgumentError("a field is needed")
    number = indirect.integer(resultnum)
    if number is None or not 0 < number <= len(found):
        raise ArgumentError(f"there is no record {resultnum} of {id}")
    if field.lower() not in found[number - 1]:
        raise ArgumentError(f"there is no field '{field}'")
    return found[number - 1][field.lower()]
