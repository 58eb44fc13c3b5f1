"""Actions on sip.conf's peers and our registrations."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from asterism.runtime.commands.sip import driver_of, status_text
from asterism.runtime.declare import action
from asterism.runtime.events import SIPQualifyPeerDone
from asterism.runtime.notices import notice, pairs
from asterism.runtime.peers import PeerFacts, SipDriver, groups
from asterism.runtime.request import Header, Item, Request, Response
from asterism.runtime.settings import FALSE_WORDS, is_true

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


# --- one peer, with all that sip.conf says of it ------------------------------------------------


@action("SIPshowpeer", privilege="system,reporting")
def sip_show_peer(rt: "Runtime", peer: str = "") -> Response:
    """Show a peer of sip.conf with all its options."""
    if not peer:
        return Response.error("Peer: <name> missing.")
    driver = driver_of(rt)
    found = driver.peer(peer)
    if found is None:
        return Response.error(f"Peer {peer} not found.")
    return Response("Success", headers=described(found, options_of(driver, found.name)))


def options_of(driver: SipDriver, name: str) -> dict[str, str]:
    """What sip.conf says of a peer or user, what holds for all included; names in lower case, without underscores."""
    options = driver.parameters("peer", name) or {}
    return {option.replace("_", "").lower(): value for option, value in options.items()}


def described(peer: PeerFacts, said: Mapping[str, str]) -> list[Header]:
    """All that is known of a peer or user, as the manager says it."""
    return [*_identity(peer, said), *_sip(peer, said), *_place(peer, said)]


def _flag(said: Mapping[str, str], name: str, default: str = "no") -> str:
    return "Y" if is_true(said.get(name, default)) else "N"


def _groups(text: str) -> str:
    return ", ".join(each.strip() for each in text.split(",") if each.strip())


def _identity(peer: PeerFacts, said: Mapping[str, str]) -> list[Header]:
    account: list[Header] = [("Accountcode", peer.accountcode)] if peer.accountcode else []
    context = said.get("subscribecontext")
    subscribe: list[Header] = [("SubscribeContext", context)] if context else []
    unlimited = 0x7FFFFFFF if is_true(said.get("callcounter", "no")) else 0
    caller = f'"{peer.caller.name}" <{peer.caller.number}>'
    return [
        ("Channeltype", "SIP"),
        ("ObjectName", peer.name),
        ("ChanObjectType", "peer"),
        ("SecretExist", "Y" if said.get("secret") else "N"),
        ("RemoteSecretExist", "Y" if said.get("remotesecret") else "N"),
        ("MD5SecretExist", "Y" if said.get("md5secret") else "N"),
        ("Context", peer.context),
        *subscribe,
        ("Language", peer.language or said.get("language", "")),
        ("ToneZone", said.get("tonezone") or "<Not set>"),
        *account,
        ("AMAflags", _AMA.get(said.get("amaflags", "").lower(), "Unknown")),
        ("CID-CallingPres", _PRESENTATIONS.get(said.get("callingpres", "").lower(), _ALLOWED)),
        ("Callgroup", groups(peer.call_groups)),
        ("Pickupgroup", groups(peer.pickup_groups)),
        ("Named Callgroup", _groups(peer.named_call_groups)),
        ("Named Pickupgroup", _groups(peer.named_pickup_groups)),
        ("MOHSuggest", said.get("mohsuggest", "")),
        ("VoiceMailbox", said.get("mailbox", "")),
        ("TransferMode", "open" if is_true(said.get("allowtransfer", "yes")) else "closed"),
        ("LastMsgsSent", 0),
        ("Maxforwards", said.get("maxforwards", 0)),
        ("Call-limit", peer.call_limit or unlimited),
        ("Busy-level", peer.busy_level),
        ("MaxCallBR", f"{said.get('maxcallbitrate', '384')} kbps"),
        ("Dynamic", "Y" if peer.dynamic else "N"),
        ("Callerid", caller),
        ("RegExpire", f"{peer.expires_s} seconds"),
    ]


_ALLOWED = "Presentation Allowed, Not Screened"

_PRESENTATIONS = {
    "allowed_passed_screen": "Presentation Allowed, Passed Screen",
    "allowed_failed_screen": "Presentation Allowed, Failed Screen",
    "allowed": "Presentation Allowed, Network Number",
    "prohib_not_screened": "Presentation Prohibited, Not Screened",
    "prohib_passed_screen": "Presentation Prohibited, Passed Screen",
    "prohib_failed_screen": "Presentation Prohibited, Failed Screen",
    "prohib": "Presentation Prohibited, Network Number",
    "unavailable": "Number Unavailable",
}

_AMA = {"billing": "BILLING", "documentation": "DOCUMENTATION", "omit": "OMIT", "default": "DEFAULT"}

_NAT = {"yes": "Y", "no": "N", "auto yes": "A", "auto no": "a"}


def _sip(peer: PeerFacts, said: Mapping[str, str]) -> list[Header]:
    media = said.get("directmedia", said.get("canreinvite", "yes"))
    direct = "N" if media.strip().lower() in FALSE_WORDS else "Y"
    timers = said.get("sessiontimers", said.get("session-timers", "accept")).capitalize()
    return [
        ("SIP-AuthInsecure", said.get("insecure") or "no"),
        ("SIP-Forcerport", _NAT[peer.force_rport]),
        ("SIP-Comedia", _NAT[peer.comedia]),
        ("ACL", "Y" if peer.access_list else "N"),
        ("SIP-CanReinvite", direct),
        ("SIP-DirectMedia", direct),
        ("SIP-PromiscRedir", _flag(said, "promiscredir")),
        ("SIP-UserPhone", _flag(said, "usereqphone")),
        ("SIP-VideoSupport", "N"),
        ("SIP-TextSupport", "N"),
        ("SIP-T.38Support", "N"),
        ("SIP-T.38EC", "Unknown"),
        ("SIP-T.38MaxDtgrm", 4294967295),
        ("SIP-Sess-Timers", timers),
        ("SIP-Sess-Refresh", said.get("session-refresher", "uas")),
        ("SIP-Sess-Expires", said.get("session-expires", 1800)),
        ("SIP-Sess-Min", said.get("session-minse", 90)),
        ("SIP-RTP-Engine", "asterisk"),
        ("SIP-Encryption", _flag(said, "encryption")),
        ("SIP-RTCP-Mux", _flag(said, "rtcpmux")),
        ("SIP-DTMFmode", said.get("dtmfmode", "rfc2833")),
    ]


def _place(peer: PeerFacts, said: Mapping[str, str]) -> list[Header]:
    host = said.get("host", "dynamic")
    default = said.get("defaultip", "")
    contact = f"sip:{peer.username or peer.name}@{peer.address}:{peer.port}" if peer.dynamic and peer.address else ""
    return [
        ("ToHost", "" if host == "dynamic" else host),
        ("Address-IP", peer.address or "(null)"),
        ("Address-Port", peer.port),
        ("Default-addr-IP", default or "(null)"),
        ("Default-addr-port", 5060 if default else 0),
        ("Default-Username", peer.username),
        *([("RegExtension", peer.register_extension)] if said.get("regcontext") else []),
        ("Codecs", f"({'|'.join(peer.codecs)})"),
        ("Status", status_text(peer)),
        ("SIP-Useragent", peer.user_agent),
        ("Reg-Contact", contact),
        ("QualifyFreq", f"{int(float(said.get('qualifyfreq', 60)) * 1000)} ms"),
        ("Parkinglot", said.get("parkinglot", "")),
        *(("ChanVariable", f"{name}={value}") for name, value in peer.variables),
        ("SIP-Use-Reason-Header", _flag(said, "useq850reason")),
        ("Description", peer.description),
    ]


# --- what they do -------------------------------------------------------------------------------


@action("SIPqualifypeer", privilege="system,reporting", headers="Peer*")
def sip_qualify_peer(rt: "Runtime", request: Request) -> Response:
    """Send an OPTIONS to a peer of sip.conf now; the event SIPQualifyPeerDone says that it was sent."""
    name = request.get("Peer")
    if not name:
        return Response.error("Peer: <name> missing.")
    if driver_of(rt).peer(name) is None or not driver_of(rt).probe("SIP", name):
        return Response.error("Peer not found")

    def done() -> None:
        rt.bus.publish(SIPQualifyPeerDone(name, request.get("ActionID") if "ActionID" in request else None))

    return Response("Success", "SIP peer found - will qualify", after=done)


@action("SIPnotify", privilege="system", headers="Channel* Variable Call-ID")
def sip_notify(rt: "Runtime", request: Request) -> Response:
    """Send a NOTIFY to a peer of sip.conf, or inside its call that has a `Call-ID`.

    What it says are `Variable` lines: headers as `name=value`, several with commas (`\\,` is a comma), and `Content`
    for the body.
    """
    name = request.get("Channel")
    if not name:
        return Response.error("SIPNotify requires a channel name")
    driver = driver_of(rt)
    said = notice(pairs(request.all("Variable")))
    call = request.get("Call-ID")
    if call:
        if not driver.notify("SIP", f"call:{call}", said):
            return Response.error("Call-ID not found")
        return Response.success("Notify Sent")
    plain_name = name[4:] if name[:4].lower() == "sip/" else name
    if not driver.notify("SIP", plain_name, said):
        return Response.error("Could not create address")
    return Response.success("Notify Sent")
