"""`sip show peers` and `pjsip show endpoints|contacts` print what Asterisk prints, byte for byte."""

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest

pytest.importorskip("pjsua2")
pytest.importorskip("asterism._native")

from asterism.dialplan.reader import read
from asterism.runtime.commands import pjsip_objects, sip, sip_peers
from asterism.runtime.declare import Table
from asterism.runtime.drivers.pjsip import shown
from asterism.runtime.drivers.pjsip.contacts import Contact, Contacts, Reach
from asterism.runtime.drivers.pjsip.dialogs import DialogHistory
from asterism.runtime.drivers.pjsip.options import Report
from asterism.runtime.drivers.pjsip.parameters import parameters
from asterism.runtime.drivers.pjsip.pjsip_conf import read_pjsip
from asterism.runtime.drivers.pjsip.registrations import Registering
from asterism.runtime.drivers.pjsip.sip_conf import read_sip
from asterism.runtime.drivers.pjsip.usage import Usages
from asterism.runtime.errors import ArgumentError, AsterismError
from asterism.runtime.log import Log

GOLDEN = Path(__file__).parent / "golden"
IDLE_MISSING = {"6012"}
"""Peers that the configuration got after the first pictures were taken."""


class NoDatabase:
    async def get(self, family: str, key: str) -> None: ...
    async def put(self, family: str, key: str, value: str) -> None: ...
    async def delete(self, family: str, key: str) -> bool:
        return False

    async def tree(self, family: str = "") -> dict[str, str]:
        return {}

    async def delete_tree(self, family: str) -> int:
        return 0


class Shown:
    """The driver's tables without a driver: configuration and contacts only."""

    def __init__(self, technology: str, missing: set[str], file: str = "") -> None:
        translate = read_sip if technology == "SIP" else read_pjsip
        self.dialect = translate(read(GOLDEN / (file or f"{technology.lower()}.conf")), Report())
        for name in missing:
            self.dialect.endpoints.pop(name, None)
            self.dialect.aors.pop(name, None)
        self.all = Contacts(NoDatabase(), Log(), lambda contact, what: None, lambda: 0.0)
        self.usages = Usages()
        self.registering = [Registering(each, state="Request Sent") for each in self.dialect.registrations]
        self.technology = technology
        for contact in self.all.configure(technology, self.dialect.aors.values()):
            qualified = self.dialect.aors[contact.aor].qualify_s
            contact.reach = Reach.UNKNOWN if qualified else Reach.UNMONITORED

    def register(self, name: str, address: str, port: int, reach: Reach = Reach.UNMONITORED, rtt: float = 0) -> None:
        contact = Contact(self.technology, name, f"sip:{name}@{address}:{port}", expires_at=1e9, username=name)
        contact.source, contact.endpoint, contact.reach, contact.rtt_ms = (address, port), name, reach, rtt
        self.all._insert(contact)

    def reached(self, name: str, reach: Reach, rtt: float = 0) -> None:
        for contact in self.all.of(self.technology, name):
            contact.reach, contact.rtt_ms = reach, rtt

    # SipDriver
    def peers(self) -> Any:
        return [each for each in self.devices() if each.callable]

    def devices(self) -> Any:
        return shown.devices_of(self.dialect, self.all, self.usages, 0.0)

    def dialogs(self) -> Any:
        return self.calls

    def settings(self) -> Any:
        return shown.settings_of(self.dialect)

    def peer(self, name: str) -> Any:
        return next((each for each in self.peers() if each.name == name), None)

    def endpoints(self) -> Any:
        return shown.endpoints_of(self.dialect, self.all, self.usages, 0.0)

    def contacts(self) -> Any:
        return shown.contacts_of(self.dialect, self.all, 0.0)

    def domains(self) -> Any:
        return self.dialect.general.domains

    def dial_contacts(self, endpoint: str, aor: str = "", user: str = "") -> str:
        return ""

    def registrations(self) -> Any:
        return [shown.registration_facts(each) for each in self.registering]

    def probe(self, technology: str, name: str) -> bool:
        return False

    def unregister(self, name: str) -> bool:
        return False

    def objects(self, kind: str) -> Any:
        return [name for each, name in self.dialect.written if each == kind]

    def parameters(self, kind: str, name: str) -> Any:
        return parameters(self.dialect, kind, name)

    def notify(self, technology: str, target: str, notice: Any) -> bool:
        return False

    def versions(self) -> Any: ...
    def audio(self) -> Any: ...
    def dump(self, details: bool) -> Any: ...
    def probes(self) -> Any: ...
    def connections(self) -> Any: ...
    def strangers(self) -> Any: ...
    def synchronize(self, aor: str) -> bool:
        return aor in self.dialect.aors

    def maintain(self, endpoint: str, on: bool) -> None: ...
    def maintained(self) -> Any: ...

    calls: ClassVar[list[Any]] = []
    tracing: Any = SimpleNamespace(dialogs=DialogHistory())
    packets: Any = None

    # Runtime
    channels: ClassVar[dict[str, Any]] = {}
    system_name = ""

    def now(self) -> float:
        return 0.0

    def driver(self, technology: str) -> "Shown":
        return self


def printed(command: Any, rt: Shown, pattern: str = "") -> str:
    result = command.body(rt, pattern) if pattern else command.body(rt)
    lines = result.lines() if isinstance(result, Table) else result
    return "".join(f"{line}\n" for line in lines)


def golden(name: str) -> str:
    return (GOLDEN / f"{name}.txt").read_text()


def known_user(rt: Shown, *names: str) -> None:
    """A peer that was registered once keeps its user name in the table."""
    for name in names:
        rt.all.last["SIP", name] = Contact("SIP", name, f"sip:{name}@127.0.0.1", username=name)


async def test_peers_before_anybody_registers() -> None:
    rt = Shown("SIP", IDLE_MISSING)
    known_user(rt, "6001")
    for name in ("6002", "alpha", "peeronly"):
        rt.reached(name, Reach.UNREACHABLE)
    assert printed(sip.sip_show_peers, rt) == golden("sip_show_peers__idle")
    assert printed(sip.sip_show_peers, rt, "^[a-z]") == golden("sip_show_peers_like_a-z__idle-errors")
    assert printed(sip.sip_show_peers, rt, "nosuch") == golden("sip_show_peers_like_nosuch__idle-errors")
    with pytest.raises(ArgumentError):
        printed(sip.sip_show_peers, rt, "[")


async def test_peers_registered() -> None:
    rt = Shown("SIP", IDLE_MISSING)
    rt.register("6001", "127.0.0.21", 26001, Reach.REACHABLE, 1)
    for number in (5, 6, 7, 8):
        rt.register(f"600{number}", f"127.0.0.2{number}", 26000 + number)
    rt.reached("6002", Reach.REACHABLE, 8)
    rt.reached("alpha", Reach.UNREACHABLE)
    rt.reached("peeronly", Reach.LAGGED, 351)
    assert printed(sip.sip_show_peers, rt) == golden("sip_show_peers__registered")


async def test_a_lagged_peer() -> None:
    rt = Shown("SIP", set())
    rt.register("6001", "127.0.0.21", 26001, Reach.LAGGED, 2314)
    for number, port in (("5", 26005), ("6", 26006), ("8", 26008)):
        rt.register(f"600{number}", f"127.0.0.2{number}", port)
    rt.register("6012", "127.0.0.32", 26012)
    rt.reached("6002", Reach.REACHABLE, 1)
    rt.reached("alpha", Reach.UNREACHABLE)
    rt.reached("peeronly", Reach.UNREACHABLE)
    assert printed(sip.sip_show_peers, rt) == golden("sip_show_peers__6001-lagged")


async def test_endpoints_before_anybody_registers() -> None:
    rt = Shown("PJSIP", set())
    assert printed(pjsip_objects.show_endpoints, rt) == golden("pjsip_show_endpoints__idle")
    assert printed(pjsip_objects.show_endpoints, rt, "600") == golden("pjsip_show_endpoints_like_600__idle-errors")
    assert printed(pjsip_objects.show_contacts, rt) == golden("pjsip_show_contacts__idle")
    assert printed(pjsip_objects.show_contacts, rt, "600") == golden("pjsip_show_contacts_like_600__idle-errors")


async def test_endpoints_registered() -> None:
    rt = Shown("PJSIP", set())
    rt.register("6001", "127.0.0.61", 26001, Reach.REACHABLE, 3.064)
    rt.register("6008", "127.0.0.68", 26008, Reach.REACHABLE, 1.240)
    rt.reached("6002", Reach.REACHABLE, 2.490)
    unreachable = ("Zeta", "a-very-long-peer-name-exceeding-25-characters", "alpha", "ipv6peer", "peeronly")
    for name in unreachable:
        rt.reached(name, Reach.UNREACHABLE)
    assert printed(pjsip_objects.show_contacts, rt) == golden("pjsip_show_contacts__registered")
    assert printed(pjsip_objects.show_endpoints, rt) == golden("pjsip_show_endpoints__registered")
    await asyncio.sleep(0)


async def test_endpoints_unreachable() -> None:
    rt = Shown("PJSIP", set())
    rt.register("6008", "127.0.0.68", 26008, Reach.UNREACHABLE)
    rt.reached("6002", Reach.REACHABLE, 31.876)
    for name in ("Zeta", "a-very-long-peer-name-exceeding-25-characters", "alpha", "ipv6peer", "peeronly"):
        rt.reached(name, Reach.UNREACHABLE)
    assert printed(pjsip_objects.show_contacts, rt) == golden("pjsip_show_contacts__unreachable")
    assert printed(pjsip_objects.show_endpoints, rt) == golden("pjsip_show_endpoints__unreachable")


@pytest.mark.parametrize(
    ("recorded", "command", "name"),
    [
        (f"pjsip_{verb}_{kind}__idle", f"{verb}_{kind}", "")
        for kind in ("aors", "auths", "contacts", "endpoints", "identifies", "transports")
        for verb in ("list", "show")
    ]
    + [
        ("pjsip_show_aors_like_600__idle-errors", "show_aors", "600"),
        ("pjsip_show_aor_6001__idle", "show_aor", "6001"),
        ("pjsip_show_aor_6002__idle", "show_aor", "6002"),
        ("pjsip_show_auth_6001__idle", "show_auth", "6001"),
        ("pjsip_show_endpoint_6001__idle", "show_endpoint", "6001"),
        ("pjsip_show_endpoint_6002__idle", "show_endpoint", "6002"),
        ("pjsip_show_endpoint_6005__idle", "show_endpoint", "6005"),
        ("pjsip_show_endpoint_6006__idle", "show_endpoint", "6006"),
        ("pjsip_show_endpoint_6007__idle", "show_endpoint", "6007"),
        ("pjsip_show_endpoint_mytrunk__idle", "show_endpoint", "mytrunk"),
        ("pjsip_show_endpoint_useronly__idle", "show_endpoint", "useronly"),
        ("pjsip_show_identify_6002__idle", "show_identify", "6002"),
        ("pjsip_show_identify_nosuch__idle", "show_identify", "nosuch"),
        ("pjsip_show_transport_transport-tls__idle", "show_transport", "transport-tls"),
        ("pjsip_show_transport_transport-udp__idle", "show_transport", "transport-udp"),
    ],
)
async def test_objects(recorded: str, command: str, name: str) -> None:
    rt = Shown("PJSIP", set())
    assert printed(getattr(pjsip_objects, command), rt, name) == golden(recorded)


async def test_an_object_with_its_contact() -> None:
    rt = Shown("PJSIP", set())
    rt.register("6001", "127.0.0.61", 26001, Reach.REACHABLE, 3.064)
    rt.register("6008", "127.0.0.68", 26008, Reach.REACHABLE, 1.240)
    rt.reached("6002", Reach.REACHABLE, 2.490)
    for name in ("Zeta", "a-very-long-peer-name-exceeding-25-characters", "alpha", "ipv6peer", "peeronly"):
        rt.reached(name, Reach.UNREACHABLE)
    assert printed(pjsip_objects.show_aors, rt) == golden("pjsip_show_aors__registered")
    assert printed(pjsip_objects.show_aor, rt, "6001") == golden("pjsip_show_aor_6001__registered")
    assert printed(pjsip_objects.show_endpoint, rt, "6001") == golden("pjsip_show_endpoint_6001__registered")
    static = printed(pjsip_objects.show_contact, rt, "peeronly/sip:127.0.0.9")
    assert static == golden("pjsip_show_contact_peeronly_sip_127.0.0.9__registered")


async def test_registrations_of_pjsip() -> None:
    rt = Shown("PJSIP", set())
    for entry in rt.registering:
        entry.state = "Unregistered"
        entry.due_at = {"reg_127.0.0.4": 2, "reg_myaccountname": 1, "reg_tcp": 3}[entry.registration.name]
    assert printed(pjsip_objects.show_registrations, rt) == golden("pjsip_show_registrations__idle")
    assert printed(pjsip_objects.list_registrations, rt) == golden("pjsip_show_registrations__idle")
    for entry in rt.registering:
        entry.due_at = 0
    one = printed(pjsip_objects.show_registration, rt, "reg_myaccountname")
    assert one == golden("pjsip_show_registration_reg_myaccountname__idle")


@pytest.mark.parametrize("name", ["6004", "6006", "6007", "mytrunk", "Zeta", "ipv6peer"])
async def test_one_peer(name: str) -> None:
    rt = Shown("SIP", IDLE_MISSING)
    assert printed(sip_peers.sip_show_peer, rt, name) == golden(f"sip_show_peer_{name}__idle")


async def test_a_peer_with_variables_and_groups() -> None:
    rt = Shown("SIP", set())
    rt.register("6001", "127.0.0.21", 26001, Reach.REACHABLE, 1)
    lines = printed(sip_peers.sip_show_peer, rt, "6001").splitlines()
    for line in (
        "  Callgroup    : 1, 3, 4", "  Busy level   : 2", "  Addr->IP     : 127.0.0.21:26001",
        "  Status       : OK (1 ms)", "  Reg. exten   : 6001",
    ):  # fmt: skip
        assert line in lines
    at = lines.index("  Variables    :")
    assert lines[at + 1 : at + 3] == ["                 SITE = HQ", "                 CUSTID = 5678"]
    assert printed(sip_peers.sip_show_peer, rt, "nosuch") == "Peer nosuch not found.\n\n"


async def test_no_object() -> None:
    rt = Shown("PJSIP", set())
    assert printed(pjsip_objects.show_endpoints, rt, "[") == "No objects found.\n\n"
    with pytest.raises(AsterismError, match="No object specified"):
        printed(pjsip_objects.show_endpoint, rt)


async def test_registrations_of_ours() -> None:
    """Asterisk prints them in the order of its hash table; ours is that of the file."""
    rt = Shown("SIP", set())
    for entry in rt.registering:
        if entry.registration.port_shown == 25070:
            entry.state = "No Authentication"
    ours, theirs = (
        text.splitlines() for text in (printed(sip.sip_show_registry, rt), golden("sip_show_registry__403"))
    )
    assert (ours[0], ours[-1]) == (theirs[0], theirs[-1])
    assert sorted(ours) == sorted(theirs)
    assert printed(sip.sip_show_domains, rt) == golden("sip_show_domains__idle")
