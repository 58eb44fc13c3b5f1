"""Texts turned into others: digests, base64, AES, and the escapes of URIs."""

import base64
import binascii
import hashlib
import re
import uuid as uuids

from asterism.runtime.channel import Channel
from asterism.runtime.declare import function
from asterism.runtime.errors import ArgumentError

_STANDARD = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
# What `sscanf("%2x")` reads, a sign included.
_HEX = re.compile(rb"\s*([+-][0-9A-Fa-f]|[0-9A-Fa-f]{1,2})")
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.!~*'()")


def octets(text: str) -> bytes:
    """Return the octets of a text."""
    return text.encode("utf-8", "surrogateescape")


def text_of(raw: bytes) -> str:
    """Return the text that octets are, up to the first null octet, where C ends a text."""
    return raw.partition(b"\0")[0].decode("utf-8", "surrogateescape")


@function("MD5", see="SHA1")
def md5(chan: Channel, text: str) -> str:
    """Return the MD5 digest of a text, in hexadecimal digits.

    Args:
        text: Any text but an empty one.
    Compat: func_md5.
    """
    if not text:
        raise ArgumentError("MD5 needs a text")
    return hashlib.md5(octets(text), usedforsecurity=False).hexdigest()


@function("SHA1", see="MD5")
def sha1(chan: Channel, text: str) -> str:
    """Return the SHA-1 digest of a text, in hexadecimal digits.

    Args:
        text: Any text but an empty one.
    Compat: func_sha1.
    """
    if not text:
        raise ArgumentError("SHA1 needs a text")
    return hashlib.sha1(octets(text), usedforsecurity=False).hexdigest()


@function("BASE64_ENCODE", see="BASE64_DECODE")
def base64_encode(chan: Channel, text: str) -> str:
    """Write a text in base64.

    Args:
        text: Any text but an empty one.
    Compat: func_base64.
    """
    if not text:
        raise ArgumentError("BASE64_ENCODE needs a text")
    return base64.b64encode(octets(text)).decode()


@function("BASE64_DECODE", see="BASE64_ENCODE")
def base64_decode(chan: Channel, text: str) -> str:
    """Read a text that is written in base64.

    Args:
        text: The base64; padding may be missing.
    Compat: func_base64. A null octet ends the text.
    """
    if not text:
        raise ArgumentError("BASE64_DECODE needs a text")
    return text_of(unbase64(text))


def unbase64(text: str) -> bytes:
    """Read base64 up to its padding; a character that is none counts as `/`, and a rest too short for an octet goes."""
    plain = octets(text).partition(b"=")[0]
    plain = bytes(octet if octet in _STANDARD else 0x2F for octet in plain)
    if len(plain) % 4 == 1:
        plain = plain[:-1]
    try:
        return binascii.a2b_base64(plain + b"=" * (-len(plain) % 4))
    except binascii.Error as error:
        raise ArgumentError(str(error)) from None


# --- URIs --------------------------------------------------------------------------------------


@function("URIENCODE", see="URIDECODE")
def uriencode(chan: Channel, text: str) -> str:
    """Escape a text so that it can stand in a URI.

    Args:
        text: Any text; all but letters, digits and -_.!~*'() become `%` and two hexadecimal digits.
    Compat: func_uri.
    """
    return "".join(chr(octet) if octet in _UNRESERVED else f"%{octet:02X}" for octet in octets(text))


@function("URIDECODE", see="URIENCODE")
def uridecode(chan: Channel, text: str) -> str:
    """Undo the escapes of a URI.

    Args:
        text: Any text. `+` stays what it is.
    Compat: func_uri. A null octet ends the text.
    """
    raw = octets(text)
    found: list[bytes] = []
    at = 0
    while (percent := raw.find(b"%", at)) >= 0:
        found.append(raw[at:percent])
        match = _HEX.match(raw, percent + 1)
        if match is None or percent + 2 >= len(raw):
            found.append(b"%")
            at = percent + 1
        else:
            found.append(bytes((int(match[1], 16) & 0xFF,)))
            at = percent + 3
    return text_of(b"".join(found) + raw[at:])


@function("UUID")
def uuid(chan: Channel) -> str:
    """Return a new random UUID.

    Compat: func_uuid.
    """
    return str(uuids.uuid4())
