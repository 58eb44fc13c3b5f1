"""Reading what a SIP message says: its headers as text, and the parties in them.

PJSIP has parsed the message and found it good; here only the text that the dialplan asks for is taken out.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from asterism.runtime.driver import Party

COMPACT = {
    "a": "Accept-Contact",
    "b": "Referred-By",
    "c": "Content-Type",
    "d": "Request-Disposition",
    "e": "Content-Encoding",
    "f": "From",
    "i": "Call-ID",
    "j": "Reject-Contact",
    "k": "Supported",
    "l": "Content-Length",
    "m": "Contact",
    "n": "Identity-Info",
    "o": "Event",
    "r": "Refer-To",
    "s": "Subject",
    "t": "To",
    "u": "Allow-Events",
    "v": "Via",
    "x": "Session-Expires",
    "y": "Identity",
}
"""Full names of the one-letter headers (IANA's registry of header field names)."""

_SHORT = {full.lower(): short for short, full in COMPACT.items()}
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_NAME_ADDRESS = re.compile(r'\s*(?:"((?:\\.|[^"\\])*)"|([^<"]*?))\s*<([^>]*)>(.*)\Z', re.DOTALL)
_URI = re.compile(r"(sips?|tel):(?:([^@]*)@)?(\[[^\]]*\]|[^:;?>\s]*)(?::(\d+))?([;?].*)?\Z", re.IGNORECASE | re.DOTALL)
_PRIVACY = re.compile(r"\b(id|user|full)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Uri:
    """A SIP URI, taken apart. A user's percent escapes are undone."""

    scheme: str = ""
    user: str = ""
    host: str = ""
    port: int = 0
    params: str = ""

    @staticmethod
    def parse(text: str) -> "Uri":
        """Take a URI apart; an empty one when it is none."""
        return _parsed(text)

    @property
    def transport(self) -> str:
        """The transport parameter in lower case, or empty."""
        for part in self.params.split(";"):
            name, _, value = part.partition("=")
            if name.strip().lower() == "transport":
                return value.strip().lower()
        return ""


@lru_cache(maxsize=4096)
def _parsed(text: str) -> Uri:
    match = _URI.match(text.strip())
    if match is None:
        return Uri()
    user = (match[2] or "").partition(":")[0]
    host = match[3]
    if match[1].lower() == "tel":
        user, host = host, ""
    return Uri(match[1].lower(), _unescaped(user), host.strip("[]"), int(match[4] or 0), match[5] or "")


@dataclass(frozen=True, slots=True)
class NameAddress:
    """A header such as From: display name, URI, parameters."""

    name: str
    uri: str
    params: str

    @classmethod
    def parse(cls, text: str) -> "NameAddress":
        """Take `"Name" <uri>;params` or `uri;params` apart."""
        match = _NAME_ADDRESS.match(text)
        if match is None:
            uri, _, params = text.strip().partition(";")
            return cls("", uri, params)
        name = re.sub(r"\\(.)", r"\1", match[1]) if match[1] is not None else (match[2] or "").strip()
        return cls(name, match[3].strip(), match[4].strip().removeprefix(";"))


@dataclass(frozen=True)
class Message:
    """A SIP message as it was on the wire."""

    raw: bytes

    @cached_property
    def text(self) -> str:
        """Its head, with folded lines joined."""
        head = self.raw.partition(b"\r\n\r\n")[0].decode("utf-8", "replace")
        return re.sub(r"\r?\n[ \t]+", " ", head)

    @cached_property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """Name and value of each header, in order, names as written."""
        found = []
        for line in self.text.split("\n")[1:]:
            name, colon, value = line.partition(":")
            if colon:
                found.append((name.strip(), value.strip()))
        return tuple(found)

    def all(self, name: str) -> list[str]:
        """All values of a header, in any case, long and short name alike."""
        wanted = name.lower()
        wanted = COMPACT.get(wanted, wanted).lower()
        short = _SHORT.get(wanted)
        return [value for each, value in self.headers if each.lower() in (wanted, short)]

    def beginning(self, prefix: str) -> list[str]:
        """The values of all headers whose names begin so, in any case."""
        return [value for name, value in self.headers if name.lower().startswith(prefix.lower())]

    def first(self, name: str) -> str:
        """The first value of a header, or empty."""
        found = self.all(name)
        return found[0] if found else ""

    def find(self, name: str, number: int = 1) -> str:
        """What SIP_HEADER finds: a long name finds the short one too, a short name only the short one.

        Runs of blanks are one blank, as in a pedantic chan_sip.
        """
        wanted = name.lower()
        names = (wanted, _SHORT.get(wanted))
        values = [value for each, value in self.headers if each.lower() in names]
        number = max(number, 1)
        return re.sub(r"[ \t]+", " ", values[number - 1]) if number <= len(values) else ""

    def names(self, prefix: str) -> list[str]:
        """What SIP_HEADERS lists: full names that begin so, case-sensitive, each once."""
        found: dict[str, None] = {}
        for name, _ in self.headers:
            full = COMPACT.get(name.lower(), name)
            if full.startswith(prefix):
                found[full] = None
        return list(found)


def _unescaped(user: str) -> str:
    if "%" not in user:
        return user
    raw = re.sub(rb"%([0-9A-Fa-f]{2})", lambda match: bytes([int(match[1], 16)]), user.encode("utf-8", "replace"))
    return _CONTROL.sub("", raw.decode("utf-8", "replace"))


def escaped_user(user: str) -> str:
    """A user part as a URI may carry it (RFC 3261 25.1: unreserved and user-unreserved)."""
    allowed = b"-_.!~*'()&=+$,;?/"
    return "".join(
        chr(byte) if chr(byte).isascii() and (chr(byte).isalnum() or byte in allowed) else f"%{byte:02X}"
        for byte in user.encode("utf-8")
    )


def quoted(name: str) -> str:
    """A display name as a header may carry it."""
    return '"' + _CONTROL.sub("", name).replace("\\", "\\\\").replace('"', '\\"') + '"'


def party_of(raw: bytes, source: str, trusted: bool) -> Party:
    """Who calls: From, or the asserted identity when its sender is trusted.

    Args:
        raw: The message.
        source: Its From.
        trusted: Believe P-Asserted-Identity and Remote-Party-ID (trustrpid, trust_id_inbound).
    """
    hidden = False
    if trusted:
        message = Message(raw)
        asserted = message.first("P-Asserted-Identity") or message.first("Remote-Party-ID")
        source = asserted or source
        private = message.first("Privacy") + NameAddress.parse(message.first("Remote-Party-ID")).params
        hidden = bool(asserted) and "none" not in private and bool(_PRIVACY.search(private))
        hidden = hidden or "privacy=full" in private
    address = NameAddress.parse(source)
    number = Uri.parse(address.uri).user
    if number.lower() == "anonymous" and not trusted:
        return Party(number, address.name, "prohib_not_screened")
    return Party(number, address.name, "prohib_passed_screen" if hidden else "allowed_not_screened")


def reason_cause(value: str) -> int | None:
    """The Q.850 cause in a Reason header, or None."""
    for part in value.split(","):
        protocol, _, params = part.strip().partition(";")
        if protocol.strip().upper() == "Q.850":
            match = re.search(r"cause\s*=\s*(\d+)", params)
            if match:
                return int(match[1]) & 127
    return None


def added_headers(variables: Mapping[str, str], prefix: str = "SIPADDHEADER") -> list[tuple[str, str]]:
    """Headers that SIPAddHeader left in a channel's variables, as an INVITE carries them: last added first.

    Another prefix stands for variables that something else has left, in the same form.
    A text without a colon is left out, and so is one with control characters: headers cannot be smuggled in.
    """
    found = []
    for name in reversed([name for name in variables if name.startswith(prefix)]):
        header, colon, value = variables[name].partition(":")
        if colon and header.strip() and not _CONTROL.search(variables[name]):
            found.append((header.strip(), value.strip()))
    return found


_OURS = frozenset((
    "from", "to", "call-id", "cseq", "via", "max-forwards", "contact", "content-length", "content-type",
    "f", "t", "i", "v", "m", "l", "c",
))  # fmt: skip
"What PJSIP writes itself, with the compact names (RFC 3261 7.3.3)."


def wire_headers(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Headers that may be sent: those that PJSIP writes itself, and malformed ones, are left out."""
    return [
        (name, value)
        for name, value in headers
        if re.fullmatch(r"[A-Za-z0-9.!%*_+`'~-]+", name) and name.lower() not in _OURS and not _CONTROL.search(value)
    ]


def has_body(message: bytes) -> bool:
    """Whether a message has one."""
    return bool(message.partition(b"\r\n\r\n")[2].strip())
