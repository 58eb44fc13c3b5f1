"""Actions on sip.conf's peers and our registrations."""

from typing import TYPE_CHECKING

from asterism.runtime.commands.sip import driver_of, status_text
from asterism.runtime.declare import action
from asterism.runtime.peers import PeerFacts
from asterism.runtime.request import Header, Item, Response

if TYPE_CHECKING:
    from asterism.runtime.runtime import Runtime

_WORDS = {"UNMONITORED": "Unmonitored", "UNKNOWN": "Unknown", "UNREACHABLE": "Unreachable"}


@action("SIPpeers", privilege="system,reporting")
def sip_peers(rt: "Runtime") -> Response:
    """List the peers of sip.conf."""
    items = [Item("PeerEntry", _entry(peer)) for peer in driver_of(rt).peers()]
    return Response.listing("Peer status list will follow", items, "PeerlistComplete")


def _yes(text: object) -> str:
    return "yes" if text else "no"


def _entry(peer: PeerFacts) -> list[Header]:
    return [
        ("Channeltype", "SIP"),
        ("ObjectName", peer.name),
        ("ChanObjectType", "peer"),
        ("IPaddress", peer.address or "-none-"),
        ("IPport", peer.port if peer.address else 0),
        ("Dynamic", _yes(peer.dynamic)),
        ("AutoForcerport", _yes(peer.force_rport.startswith("auto"))),
        ("Forcerport", _yes(peer.force_rport == "yes")),
        ("AutoComedia", _yes(peer.comedia.startswith("auto"))),
        ("Comedia", _yes(peer.comedia == "yes")),
        ("VideoSupport", "no"),
        ("TextSupport", "no"),
        ("ACL", _yes(peer.access_list)),
        ("Status", status_text(peer)),
        ("RealtimeDevice", "no"),
        ("Description", peer.description),
        ("Accountcode", peer.accountcode),
    ]


@action("SIPpeerstatus", privilege="system")
def sip_peer_status(rt: "Runtime", peer: str = "") -> Response:
    """List whether the peers of sip.conf, or one of them, can be reached."""
    driver = driver_of(rt)
    found = list(driver.peers())
    if peer:
        one = driver.peer(peer.removeprefix("SIP/"))
        if one is None:
            return Response.error("No such peer")
        found = [one]
    items = []
    for each in found:
        time: list[Header] = [("Time", round(each.rtt_ms))] if each.status in ("REACHABLE", "LAGGED") else []
        word = _WORDS.get(each.status) or each.status.capitalize()
        facts: list[Header] = [("ChannelType", "SIP"), ("Peer", f"SIP/{each.name}"), ("PeerStatus", word)]
        items.append(Item("PeerStatus", [("Privilege", "System"), *facts, *time], marked_last=True))
    return Response.listing("Peer status will follow", items, "SIPpeerstatusComplete")


@action("SIPshowregistry", privilege="system,reporting")
def sip_show_registry(rt: "Runtime") -> Response:
    """List our registrations with others, by sip.conf."""
    items = []
    for each in driver_of(rt).registrations():
        if each.technology != "SIP":
            continue
        user, _, domain = each.user.partition("@")
        domain, _, port = domain.partition(":")
        facts: list[Header] = [
            ("Host", each.host),
            ("Port", each.port),
            ("Username", user),
            ("Domain", domain or each.host),
            ("DomainPort", port or 5060),
            ("Refresh", each.refresh_s),
            ("State", each.state),
            ("RegistrationTime", int(each.registered_s)),
        ]
        items.append(Item("RegistryEntry", facts))
    return Response.listing("Registrations will follow", items, "RegistrationsComplete")
