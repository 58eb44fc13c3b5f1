"""Where everybody can be reached now: static and registered contacts, kept in the database and valid after a restart.

Registered contacts lie in the families that Asterisk uses, in its formats: `SIP/Registry` for sip.conf,
`registrar/contact` for pjsip.conf.
"""

import asyncio
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from hashlib import md5

from asterism.runtime.drivers.pjsip.headers import Uri
from asterism.runtime.drivers.pjsip.model import Aor
from asterism.runtime.drivers.pjsip.options import bracketed, host_port
from asterism.runtime.log import Log
from asterism.runtime.switch import Database

SIP_FAMILY = "SIP/Registry"
PJSIP_FAMILY = "registrar/contact"

EXPIRY_GUARD_S = 10
"""chan_sip keeps a registration this much longer than it granted, for refreshes that come late."""


class Reach(Enum):
    """What OPTIONS probes say of a contact."""

    UNMONITORED = "unmonitored"
    UNKNOWN = "unknown"
    REACHABLE = "reachable"
    LAGGED = "lagged"
    UNREACHABLE = "unreachable"

    @property
    def usable(self) -> bool:
        """Whether calls may be sent there."""
        return self is not Reach.UNREACHABLE


@dataclass(slots=True, eq=False)
class Contact:
    """One place where an address of record can be reached.

    Args:
        uri: Where requests go; rewritten to the source address when the endpoint wants that.
        original: As it was registered.
        expires_at: Seconds since the epoch; 0 for a static contact.
        source: Address that the registration came from.
        path: Route set of requests to it (Path headers).
    """

    technology: str
    aor: str
    uri: str
    original: str = ""
    expires_at: float = 0
    granted_s: int = 0
    q: float = 1.0
    call_id: str = ""
    cseq: int = 0
    user_agent: str = ""
    username: str = ""
    source: tuple[str, int] | None = None
    path: str = ""
    endpoint: str = ""
    nat_detected: bool = False
    reach: Reach = Reach.UNKNOWN
    rtt_ms: float = 0.0
    timer: asyncio.TimerHandle | None = None

    @property
    def static(self) -> bool:
        """Whether it stands in the configuration."""
        return self.expires_at == 0

    @property
    def digest(self) -> str:
        """Its name in Asterisk's database and tables."""
        return md5(self.uri.encode("utf-8", "replace"), usedforsecurity=False).hexdigest()

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of its URI."""
        uri = Uri.parse(self.uri)
        return uri.host, uri.port or (5061 if uri.scheme == "sips" or uri.transport == "tls" else 5060)


Changed = Callable[[Contact, str], None]
"""Is told of a contact and what became of it: Created, Updated, Removed; and Expired, Unregistered for the reasons."""


class Contacts:
    """All contacts, of both dialects.

    Args:
        changed: Is told what becomes of a contact.
        now: Seconds since the epoch.
    """

    def __init__(self, database: Database, log: Log, changed: Changed, now: Callable[[], float]) -> None:
        self._database, self._log, self._changed, self._now = database, log, changed, now
        self._by_aor: dict[tuple[str, str], list[Contact]] = {}
        self.last: dict[tuple[str, str], Contact] = {}
        "Who registered last at an address of record, also when he has gone: tables go on showing him."
        self._writes: asyncio.Queue[tuple[str, str, str | None] | None] = asyncio.Queue()
        self._writer: asyncio.Task[None] | None = None

    def __iter__(self) -> Iterator[Contact]:
        for entries in self._by_aor.values():
            yield from entries

    def of(self, technology: str, aor: str) -> list[Contact]:
        """The contacts of an address of record, static ones first, then the best q."""
        return list(self._by_aor.get((technology, aor), ()))

    async def start(self) -> None:
        """Be ready to write."""
        self._writer = asyncio.create_task(self._write(), name="SIP contacts")

    async def stop(self) -> None:
        """Write what is left; registrations stay in the database."""
        for contact in self:
            if contact.timer is not None:
                contact.timer.cancel()
        self._by_aor.clear()
        if self._writer is not None:
            self._writes.put_nowait(None)
            await self._writer
            self._writer = None

    async def _write(self) -> None:
        while (entry := await self._writes.get()) is not None:
            family, key, value = entry
            try:
                if value is None:
                    await self._database.delete(family, key)
                else:
                    await self._database.put(family, key, value)
            except Exception as error:
                self._log.error(f"a registration could not be stored: {error!r}")

    def configure(self, technology: str, aors: Iterable[Aor]) -> list[Contact]:
        """Take over a dialect's static contacts, and drop what its configuration no longer allows."""
        wanted = {aor.name: aor for aor in aors}
        for (kind, name), entries in list(self._by_aor.items()):
            if kind != technology:
                continue
            aor = wanted.get(name)
            for contact in list(entries):
                if aor is None or (contact.uri not in aor.contacts if contact.static else aor.max_contacts == 0):
                    self.remove(contact, "Removed")
        made = []
        for aor in wanted.values():
            present = {contact.uri for contact in self.of(technology, aor.name)}
            for uri in aor.contacts:
                if uri not in present:
                    contact = Contact(technology, aor.name, uri, original=uri, endpoint=aor.name)
                    self._insert(contact)
                    made.append(contact)
        return made

    async def load(self, technology: str, aors: Iterable[Aor]) -> list[Contact]:
        """Take over what was registered when the process ended."""
        wanted = {aor.name: aor for aor in aors if aor.max_contacts}
        family = SIP_FAMILY if technology == "SIP" else PJSIP_FAMILY
        loaded = []
        try:
            entries = await self._database.tree(family)
        except Exception as error:
            self._log.error(f"registrations could not be read from the database: {error!r}")
            return []
        for path, text in entries.items():
            key = path.removeprefix(f"/{family}/")
            contact = _from_sip(key, text, self._now()) if technology == "SIP" else _from_pjsip(key, text)
            if contact is None:
                self._log.warning(f"database entry {path} is no registration and is ignored")
                continue
            if contact.aor not in wanted:
                continue
            if contact.expires_at <= self._now():
                self._writes.put_nowait((family, key, None))
                continue
            self._insert(contact)
            self._watch(contact)
            loaded.append(contact)
        return loaded

    def add(self, contact: Contact) -> None:
        """A contact has registered."""
        self._insert(contact)
        self._store(contact)
        self._changed(contact, "Created")

    def refresh(self, contact: Contact) -> None:
        """A contact has registered again; its fields are already new."""
        self._store(contact)
        self._changed(contact, "Updated")

    def remove(self, contact: Contact, why: str) -> None:
        """A contact is gone.

        Args:
            why: Unregistered, Expired, Removed.
        """
        entries = self._by_aor.get((contact.technology, contact.aor), [])
        if contact not in entries:
            return
        entries.remove(contact)
        if not entries:
            del self._by_aor[contact.technology, contact.aor]
        if contact.timer is not None:
            contact.timer.cancel()
            contact.timer = None
        if not contact.static:
            self._writes.put_nowait((*self._key(contact), None))
        self._changed(contact, why)

    def _insert(self, contact: Contact) -> None:
        entries = self._by_aor.setdefault((contact.technology, contact.aor), [])
        entries.append(contact)
        if not contact.static:
            self.last[contact.technology, contact.aor] = contact
        entries.sort(key=lambda each: (not each.static, -each.q))

    def _key(self, contact: Contact) -> tuple[str, str]:
        if contact.technology == "SIP":
            return SIP_FAMILY, contact.aor
        return PJSIP_FAMILY, f"{contact.aor};@{contact.digest}"

    def _store(self, contact: Contact) -> None:
        self._watch(contact)
        value = _to_sip(contact) if contact.technology == "SIP" else _to_pjsip(contact)
        self._writes.put_nowait((*self._key(contact), value))

    def _watch(self, contact: Contact) -> None:
        if contact.timer is not None:
            contact.timer.cancel()
        guard = EXPIRY_GUARD_S if contact.technology == "SIP" else 0
        delay = max(contact.expires_at - self._now(), 0) + guard
        contact.timer = asyncio.get_running_loop().call_later(delay, self.remove, contact, "Expired")


def _to_sip(contact: Contact) -> str:
    host, port = contact.source or contact.address
    return f"{bracketed(host)}:{port}:{contact.granted_s}:{contact.username}:{contact.original}"


def _from_sip(key: str, text: str, now: float) -> Contact | None:
    """chan_sip's `address:port:seconds:user:contact`; the seconds begin anew."""
    if text.startswith("["):
        host, _, rest = text[1:].partition("]:")
    else:
        host, _, rest = text.partition(":")
    parts = rest.split(":", 3)
    if len(parts) != 4 or not parts[0].isdigit() or not parts[1].isdigit() or not parts[3]:
        return None
    port, seconds, user, uri = int(parts[0]), int(parts[1]), parts[2], parts[3]
    parsed = Uri.parse(uri)
    tail = parsed.params
    target = f"sip:{parsed.user + '@' if parsed.user else ''}{bracketed(host)}:{port}{tail}"
    return Contact(
        "SIP", key, target, original=uri, expires_at=now + seconds, granted_s=seconds, username=user,
        source=(host, port), endpoint=key,
    )  # fmt: skip


def _to_pjsip(contact: Contact) -> str:
    host, port = contact.source or ("", 0)
    return json.dumps(
        {
            "via_addr": host,
            "qualify_timeout": "3.000000",
            "call_id": contact.call_id,
            "reg_server": "",
            "prune_on_boot": "no",
            "path": contact.path,
            "endpoint": contact.endpoint,
            "via_port": str(port),
            "authenticate_qualify": "no",
            "uri": contact.uri,
            "qualify_frequency": "0",
            "qualify_2xx_only": "no",
            "user_agent": contact.user_agent,
            "expiration_time": str(int(contact.expires_at)),
            "outbound_proxy": "",
        },
        separators=(",", ":"),
    )


def _from_pjsip(key: str, text: str) -> Contact | None:
    aor, separator, _ = key.rpartition(";@")
    try:
        entry = json.loads(text)
        uri = str(entry["uri"])
        expires = float(entry["expiration_time"])
        host, port = host_port(str(entry.get("via_addr", "")), int(entry.get("via_port", 0)))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    if not separator or not uri:
        return None
    return Contact(
        "PJSIP", aor, uri, original=uri, expires_at=expires, call_id=str(entry.get("call_id", "")),
        user_agent=str(entry.get("user_agent", "")), path=str(entry.get("path", "")),
        endpoint=str(entry.get("endpoint", "")) or aor, source=(host, port) if host else None,
    )  # fmt: skip
