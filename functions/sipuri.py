"""PJSIP_PARSE_URI and PJSIP_PARSE_URI_FROM: a SIP URI taken apart."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from asterism.functions import indirect
from asterism.runtime.channel import Channel
from asterism.runtime.declare import function
from asterism.runtime.errors import ArgumentError

# RFC 3261 25.1: name-addr, SIP-URI. A host is a name, an IPv4 address, or an IPv6 address in brackets.
_NAME = re.compile(r"\s*(?P<name>[^<]*?)\s*<(?P<uri>[^>]*)>.*", re.DOTALL)
_URI = re.compile(
    r"(?P<scheme>sips?):(?:(?P<user>[^@:]*)(?::(?P<passwd>[^@]*))?@)?(?P<host>\[[0-9A-Fa-f:.]+\]|[\w.-]+)"
    r"(?::(?P<port>[0-9]{1,5}))?(?P<params>(?:;[^?]*)?)(?:\?.*)?",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True)
class _Parsed:
    scheme: str
    display: str
    user: str
    passwd: str
    host: str
    port: int
    params: Mapping[str, str]


def _parse(text: str) -> _Parsed | None:
    named = _NAME.fullmatch(text)
    found = _URI.fullmatch((named["uri"] if named else text).strip())
    if found is None:
        return None
    display = named["name"] if named else ""
    if len(display) > 1 and display[0] == display[-1] == '"':
        display = display[1:-1]
    params = dict(_parameter(part) for part in reversed(found["params"].split(";")) if part.strip())
    return _Parsed(
        found["scheme"].lower(), display, _plain(found["user"]), _plain(found["passwd"]), found["host"].strip("[]"),
        int(found["port"] or 0), params,
    )  # fmt: skip


def _parameter(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name.strip().lower(), value.strip()


def _plain(text: str | None) -> str:
    return unquote_to_bytes((text or "").encode("utf-8", "surrogateescape")).decode("utf-8", "surrogateescape")


_PARTS: Mapping[str, Callable[[_Parsed], str]] = {
    "display": lambda uri: uri.display,
    "scheme": lambda uri: uri.scheme,
    "user": lambda uri: uri.user,
    "passwd": lambda uri: uri.passwd,
    "host": lambda uri: uri.host,
    "port": lambda uri: str(uri.port),
    "user_param": lambda uri: uri.params.get("user", ""),
    "method_param": lambda uri: uri.params.get("method", ""),
    "transport_param": lambda uri: uri.params.get("transport", ""),
    "ttl_param": lambda uri: str(indirect.integer(uri.params.get("ttl", "")) or 0) if "ttl" in uri.params else "-1",
    "lr_param": lambda uri: "1" if "lr" in uri.params else "0",
    "maddr_param": lambda uri: uri.params.get("maddr", ""),
}


def _part(chan: Channel, text: str, kind: str) -> str:
    uri = _parse(text)
    if uri is None:
        chan.warn(f"Failed to parse URI '{text}'")
        return ""
    if kind not in _PARTS:
        chan.warn(f"Unknown type part '{kind}' specified")
        return ""
    return _PARTS[kind](uri)


@function("PJSIP_PARSE_URI", see="PJSIP_PARSE_URI_FROM")
def pjsip_parse_uri(chan: Channel, uri: str = "", type: str = "") -> str:
    """Take a SIP URI apart, with or without a name before it.

    Args:
        uri: The URI.
        type: Which part: display, scheme, user, passwd, host, port, user_param, method_param, transport_param,
            ttl_param, lr_param, maddr_param.
    Compat: chan_pjsip. What is not there is empty, a port 0, a ttl -1, an lr 0.
    """
    if not uri or not type:
        raise ArgumentError("a URI and the type of a part are needed")
    return _part(chan, uri, type)


@function("PJSIP_PARSE_URI_FROM", see="PJSIP_PARSE_URI")
def pjsip_parse_uri_from(chan: Channel, uri: str = "", type: str = "") -> str:
    """Take the SIP URI in a variable apart.

    Args:
        uri: Name of the variable.
        type: Which part, as in PJSIP_PARSE_URI.
    Compat: chan_pjsip.
    """
    if not uri or not type:
        raise ArgumentError("the name of a variable and the type of a part are needed")
    text = indirect.variable_of(chan, uri)
    return _part(chan, uri if text is None else text, type)
