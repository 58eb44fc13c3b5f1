"""Digest authentication of HTTP (RFC 7616, with MD5 as in Asterisk) for the manager's pages: no secret on the wire."""

import hashlib
import hmac
import secrets
from collections import OrderedDict
from dataclasses import dataclass
from urllib.request import parse_http_list, parse_keqv_list

NONCES_MAX = 1000
"Nonces that are good at one time; the oldest give way."


def _md5(*parts: str) -> str:
    return hashlib.md5(":".join(parts).encode("utf-8", "surrogateescape"), usedforsecurity=False).hexdigest()


@dataclass(frozen=True)
class Credentials:
    """What a browser says of itself; the names are those of the header Authorization."""

    username: str = ""
    nonce: str = ""
    uri: str = ""
    response: str = ""
    qop: str = ""
    nc: str = ""
    cnonce: str = ""

    @classmethod
    def parse(cls, text: str) -> "Credentials | None":
        """Read the header Authorization; None when it is no digest, or not whole."""
        scheme, _, rest = text.partition(" ")
        if scheme.lower() != "digest":
            return None
        try:
            found = parse_keqv_list(parse_http_list(rest))
        except (ValueError, IndexError):
            return None
        names = cls.__dataclass_fields__
        said = cls(**{name.lower(): value for name, value in found.items() if name.lower() in names})
        whole = all((said.username, said.nonce, said.uri, said.response, said.cnonce)) and said.qop == "auth"
        return said if whole and found.get("algorithm", "MD5").upper() == "MD5" else None

    @property
    def count(self) -> int:
        """How often the nonce was used; 0 when it does not say."""
        try:
            return int(self.nc, 16)
        except ValueError:
            return 0

    def proves(self, method: str, realm: str, secret: str) -> bool:
        """Whether whoever says this knows a secret."""
        ours = _md5(self.username, realm, secret)
        asked = _md5(method, self.uri)
        expected = _md5(ours, self.nonce, self.nc, self.cnonce, self.qop, asked)
        return hmac.compare_digest(expected, self.response.lower().encode("ascii", "replace").decode())


class Nonces:
    """What browsers are given to prove themselves with; each use must count one up, so that none can be repeated."""

    def __init__(self) -> None:
        # Those that somebody has proved himself with are not among those that give way: anybody may ask for new ones.
        self._new: OrderedDict[str, None] = OrderedDict()
        self._counts: dict[str, int] = {}

    def make(self) -> str:
        """A new one."""
        found = secrets.token_hex(16)
        self._new[found] = None
        if len(self._new) > NONCES_MAX:
            self._new.popitem(last=False)
        return found

    def is_fresh(self, said: Credentials) -> bool:
        """Whether this nonce is ours, and was not used like this before."""
        return said.count > self._counts.get(said.nonce, 0) and (said.nonce in self._new or said.nonce in self._counts)

    def use(self, said: Credentials) -> bool:
        """Somebody has proved himself with it; False when another did, meanwhile, with the same."""
        if not self.is_fresh(said):
            return False
        self._new.pop(said.nonce, None)
        self._counts[said.nonce] = said.count
        return True

    def forget(self, nonce: str) -> None:
        """It is good no more."""
        self._counts.pop(nonce, None)
