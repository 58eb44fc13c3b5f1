"""Commands that show SIP itself as sip.conf has it: its settings, its timers, its connections."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from ipaddress import ip_network
from typing import TYPE_CHECKING

from asterism.runtime.commands.sip import driver_of
from asterism.runtime.declare import Table, command
from asterism.runtime.peers import SettingFacts
from asterism.runtime.settings import FALSE_WORDS, is_true

if TYPE_CHECKING:
    from asterism.runtime.runtime import Runtime

Lines = Iterator[tuple[str, object]]


class _Said:
    """What the section general says, option by option, with chan_sip's defaults."""

    def __init__(self, said: Mapping[str, str]) -> None:
        self._said = said

    def text(self, name: str, default: str = "") -> str:
        return self._said.get(name, "") or default

    def number(self, name: str, default: int) -> int:
        text = self._said.get(name, "")
        return int(text) if text.isdecimal() else default

    def yes(self, name: str, default: str = "no") -> str:
        return "Yes" if is_true(self._said.get(name, default)) else "No"

    def is_off(self, name: str, default: str = "no") -> bool:
        return self._said.get(name, default).strip().lower() in FALSE_WORDS


@command("sip show settings", see="sip show peer, pjsip show settings")
def sip_show_settings(rt: "Runtime") -> list[str]:
    """Show what the section general of sip.conf says, with what holds where it says nothing.

    Compat: video, text, T.38 and the jitter buffer of sip.conf are not here, and shown as off whatever is written.
    """
    driver = driver_of(rt)
    facts = driver.settings()
    said = _Said(facts.said)
    agent = said.text("useragent") or str((driver.parameters("global", "global") or {}).get("user_agent", "asterism"))
    recording = driver.tracing.dialogs.recording
    parts: Sequence[tuple[str, str, Lines]] = (
        ("Global Settings:", "-" * 16, _global(said, facts, agent, recording)),
        ("Network QoS Settings:", "-" * 27, _quality(said)),
        ("Network Settings:", "-" * 27, _network(said, facts)),
        ("Global Signalling Settings:", "-" * 27, _signalling(said, facts)),
        ("Default Settings:", "-" * 17, _defaults(said, facts)),
    )
    lines = [""]
    for title, rule, pairs in parts:
        lines += ["", title, rule, *(_line(*pair) for pair in pairs)]
    return [*lines, "", "----"]


def _line(title: str, value: object) -> str:
    # Asterisk has a tab in this one, and no colon in a few others.
    if title == "Outbound transport:":
        return f"  {title}\t  {value}"
    return f"  {title:<23} {value}" if len(title) < 24 else f"  {title}{value}"


def _global(said: _Said, facts: SettingFacts, agent: str, recording: bool) -> Lines:
    for title, protocol in (
        ("UDP Bindaddress:", "udp"),
        ("TCP SIP Bindaddress:", "tcp"),
        ("TLS SIP Bindaddress:", "tls"),
    ):
        yield title, facts.bound.get(protocol, "Disabled")
    yield "RTP Bindaddress:", said.text("rtpbindaddr", "Disabled")
    yield "Videosupport:", "No"
    yield "Textsupport:", "No"
    yield "Ignore SDP sess. ver.:", said.yes("ignoresdpversion")
    yield "AutoCreate Peer:", "Off"
    yield "Match Auth Username:", said.yes("matchauthusername")
    yield "Allow unknown access:", said.yes("allowguest")
    yield "Allow subscriptions:", said.yes("allowsubscribe", "yes")
    overlap = said.text("allowoverlap", "yes")
    yield "Allow overlap dialing:", "DTMF" if overlap.lower() == "dtmf" else said.yes("allowoverlap", "yes")
    yield "Allow promisc. redir:", said.yes("promiscredir")
    yield "Enable call counters:", said.yes("callcounter")
    yield "SIP domain support:", "Yes" if said.text("domain") else "No"
    yield "Path support :", said.yes("supportpath")
    yield "Realm. auth:", "Yes" if facts.realm_auths else "No"
    for realm, user, digest in facts.realm_auths:
        yield (
            "Realm. auth entry:",
            f"Realm {realm:<15.15} User {user:<10.20} <{'MD5secret' if digest else 'Secret'} set>",
        )
    yield "Our auth realm", said.text("realm", "asterisk")
    yield "Use domains as realms:", said.yes("domainsasrealm")
    # Without a domain of ours none is foreign.
    yield "Call to non-local dom.:", said.yes("allowexternaldomains", "yes") if said.text("domain") else "Yes"
    yield "URI user is phone no:", said.yes("usereqphone")
    yield "Always auth rejects:", said.yes("alwaysauthreject", "yes")
    yield "Direct RTP setup:", said.yes("directrtpsetup")
    yield "User Agent:", agent
    yield "SDP Session Name:", said.text("sdpsession", agent)
    yield "SDP Owner Name:", said.text("sdpowner", "root")
    yield "Reg. context:", said.text("regcontext", "(not set)")
    yield "Regexten on Qualify:", said.yes("regextenonqualify")
    yield "Trust RPID:", said.yes("trustrpid")
    yield "Send RPID:", "No" if said.is_off("sendrpid") else "Yes"
    yield "Legacy userfield parse:", said.yes("legacyuseroptionparsing")
    yield "Send Diversion:", said.yes("senddiversion", "yes")
    yield "Caller ID:", said.text("callerid", "asterisk")
    yield "From: Domain:", said.text("fromdomain")
    yield "Record SIP history:", "On" if recording else "Off"
    yield "Auth. Failure Events:", "On" if said.yes("authfailureevents") == "Yes" else "Off"
    yield "T.38 support:", "No"
    yield "T.38 EC mode:", "Unknown"
    yield "T.38 MaxDtgrm:", 4294967295
    yield "SIP realtime:", "Disabled"
    yield "Qualify Freq :", f"{said.number('qualifyfreq', 60) * 1000} ms"
    yield "Q.850 Reason header:", said.yes("useq850reason")
    yield "Store SIP_CAUSE:", said.yes("storesipcause")


_TOS = {
    0: "CS0", 32: "CS1", 64: "CS2", 96: "CS3", 128: "CS4", 160: "CS5", 192: "CS6", 224: "CS7", 184: "EF",
}  # fmt: skip


def _tos(said: _Said, name: str) -> str:
    text = said.text(name, "cs0")
    if not text.isdecimal() and not text.lower().startswith("0x"):
        return text.upper()
    number = int(text, 0)
    return _TOS.get(number, str(number))


def _quality(said: _Said) -> Lines:
    kinds = (("SIP", "sip", 4), ("RTP audio", "audio", 5), ("RTP video", "video", 6), ("RTP text", "text", 5))
    for title, name, _ in kinds:
        yield f"IP ToS {title}:", _tos(said, f"tos{name}")
    for title, name, default in kinds:
        yield f"802.1p CoS {title}:", said.number(f"cos{name}", default)
    yield "Jitterbuffer enabled:", "No"


def _masked(text: str) -> str:
    try:
        return ip_network(text, strict=False).with_netmask
    except ValueError:
        return text


def _network(said: _Said, facts: SettingFacts) -> Lines:
    outside = said.text("externaddr", said.text("externip"))
    host = said.text("externhost")
    how = "Enabled using externhost" if host else "Enabled using externaddr" if outside else "Disabled"
    how = how if facts.local_net else "Disabled, no localnet list"
    yield "SIP address remapping:", how
    yield "Externhost:", host or "<none>"
    yield (
        "Externaddr:",
        (outside if ":" in outside else f"{outside}:{said.number('bindport', 0)}") if outside else "(null)",
    )
    yield "Externrefresh:", said.number("externrefresh", 10)
    for number, each in enumerate(facts.local_net):
        yield "" if number else "Localnet:", _masked(each)


def _seconds(said: _Said, name: str) -> str:
    number = said.number(name, 0)
    return f"{number} {'' if number else '(Disabled)'}"


def _minutes(said: _Said, title: str, names: Sequence[str], default: int) -> tuple[str, str]:
    return title, f"{next((said.number(name, 0) for name in names if said.text(name)), default)} secs"


def _signalling(said: _Said, facts: SettingFacts) -> Lines:
    yield "Codecs:", f"({'|'.join(facts.codecs) or 'nothing'})"
    yield "Relax DTMF:", said.yes("relaxdtmf")
    yield "RFC2833 Compensation:", said.yes("rfc2833compensate")
    yield "Symmetric RTP:", "Yes" if "comedia" in said.text("nat") or said.text("nat") == "yes" else "No"
    yield "Compact SIP headers:", said.yes("compactheaders")
    yield "RTP Keepalive:", _seconds(said, "rtpkeepalive")
    yield "RTP Timeout:", _seconds(said, "rtptimeout")
    yield "RTP Hold Timeout:", _seconds(said, "rtpholdtimeout")
    yield "MWI NOTIFY mime type:", said.text("notifymimetype", "application/simple-message-summary")
    yield "DNS SRV lookup:", said.yes("srvlookup", "yes")
    yield "Pedantic SIP support:", said.yes("pedantic", "yes")
    yield _minutes(said, "Reg. min duration", ("minexpiry", "minexpirey"), 60)
    yield _minutes(said, "Reg. max duration:", ("maxexpiry", "maxexpirey"), 3600)
    yield _minutes(said, "Reg. default duration:", ("defaultexpiry", "defaultexpirey"), 120)
    least, most = said.number("minexpiry", 60), said.number("maxexpiry", 3600)
    yield _minutes(said, "Sub. min duration", ("subminexpiry", "subminexpirey"), least)
    yield _minutes(said, "Sub. max duration:", ("submaxexpiry", "submaxexpirey"), most)
    yield _minutes(said, "Outbound reg. timeout:", ("registertimeout",), 20)
    yield "Outbound reg. attempts:", said.number("registerattempts", 0)
    yield "Outbound reg. retry 403:", said.yes("registerretry403")
    ringing = said.text("notifyringing", "yes").lower()
    yield (
        "Notify ringing state:",
        "Yes (when not in use)" if ringing == "notinuse" else said.yes("notifyringing", "yes"),
    )
    caller = said.text("notifycid", "no").lower()
    yield "  Include CID:", "Yes (Ignoring context)" if caller == "ignore-context" else said.yes("notifycid")
    yield "Notify hold state:", said.yes("notifyhold")
    yield "SIP Transfer mode:", "open" if said.yes("allowtransfer", "yes") == "Yes" else "closed"
    yield "Max Call Bitrate:", f"{said.number('maxcallbitrate', 384)} kbps"
    yield "Auto-Framing:", said.yes("autoframing")
    proxy, _, forced = said.text("outboundproxy").partition(",")
    yield "Outb. proxy:", f"{proxy.partition(':')[0] or '<not set>'} {'(forced)' if forced.strip() else ''}"
    yield "Session Timers:", said.text("session-timers", "accept").capitalize()
    yield "Session Refresher:", said.text("session-refresher", "uas")
    yield "Session Expires:", f"{said.number('session-expires', 1800)} secs"
    yield "Session Min-SE:", f"{said.number('session-minse', 90)} secs"
    first = said.number("timert1", 500)
    yield "Timer T1:", first
    yield "Timer T1 minimum:", said.number("t1min", 100)
    yield "Timer B:", said.number("timerb", 64 * first)
    yield "No premature media:", said.yes("prematuremedia", "yes")
    yield "Max forwards:", said.number("maxforwards", 70)


def _nat(said: _Said) -> str:
    text = said.text("nat", "auto_force_rport").lower()
    if "auto_force_rport" in text:
        return "Auto (No)"
    return "Yes" if "force_rport" in text or text == "yes" else "No"


def _qualify(text: str) -> str:
    return "2000" if text == "yes" else text if text.isdecimal() else "0"


def _defaults(said: _Said, facts: SettingFacts) -> Lines:
    named = [each.strip().lower() for each in said.text("transport", "udp").split(",")]
    transports = [each.upper() for each in named if each in facts.bound] or ["UDP"]
    if any(each not in facts.bound for each in named):
        transports = ["UDP"]
    yield "Allowed transports:", ",".join(each for each in ("UDP", "TCP", "TLS", "WS", "WSS") if each in transports)
    yield "Outbound transport:", transports[0]
    yield "Context:", said.text("context", "default")
    yield "Record on feature:", said.text("recordonfeature", "automon")
    yield "Record off feature:", said.text("recordofffeature", "automon")
    yield "Force rport:", _nat(said)
    yield "DTMF:", said.text("dtmfmode", "rfc2833")
    yield "Qualify:", _qualify(said.text("qualify", "no").lower())
    yield "Keepalive:", said.number("keepalive", 0)
    yield "Use ClientCode:", said.yes("useclientcode")
    inband = said.text("progressinband", "no").lower()
    yield "Progress inband:", "Never" if inband == "never" else said.yes("progressinband")
    yield "Language:", said.text("language")
    yield "Tone zone:", said.text("tonezone", "<Not set>")
    yield "MOH Interpret:", said.text("mohinterpret", "default")
    yield "MOH Suggest:", said.text("mohsuggest")
    yield "Voice Mail Extension:", said.text("vmexten", "asterisk")
    yield "RTCP Multiplexing:", said.yes("rtcpmux")


# --- timers and connections ------------------------------------------------------------------------------

_TIMERS = (
    "retrans_pkt", "__sip_autodestruct", "expire_register", "auto_congest", "sip_reg_timeout", "sip_poke_peer_s",
    "sip_poke_peer_now", "sip_poke_noanswer", "sip_reregister", "sip_reinvite_retry",
)  # fmt: skip


@command("sip show sched", see="pjsip show scheduled_tasks, sip show peers, sip show registry")
def sip_show_sched(rt: "Runtime") -> list[str]:
    """Show how many timers wait for the devices and registrations of sip.conf, by what they are for.

    Compat: the timers of a message or a call are PJSIP's own, and not counted here; the high-water mark is what waits
    now, as nobody keeps another.
    """
    driver = driver_of(rt)
    counts: dict[str, Callable[[], int]] = {
        "expire_register": lambda: sum(each.dynamic and each.expires_s >= 0 for each in driver.devices()),
        "sip_poke_peer_s": lambda: sum(
            each.status != "UNMONITORED" and bool(each.address) for each in driver.devices()
        ),
        "sip_reregister": lambda: sum(
            each.technology == "SIP" and each.state == "Registered" for each in driver.registrations()
        ),
    }
    found = {name: counts[name]() if name in counts else 0 for name in _TIMERS}
    total = sum(found.values())
    rows = [f"    {name} : {count}" for name, count in found.items()]
    return ["", f" Highwater = {total}", f" schedcnt = {total}", *rows, "   <unknown> : 0"]


_HEADING = f"{'Address':<47.47} {'Transport':>9.9} {'Type':>6.6}"


@command("sip show tcp", see="pjsip show transport-monitors")
def sip_show_tcp(rt: "Runtime") -> Table:
    """List the connections over TCP and TLS; `Server` are those that the other side has opened.

    Compat: those of pjsip.conf are among them.
    """
    rows = [
        (each.remote, each.protocol.upper(), "Server" if each.incoming else "Client")
        for each in driver_of(rt).connections()
    ]
    columns = [("Address", 47), ("Transport", 9), ("Type", 6)]
    return Table(columns, rows, header=False, line=_connection_line, above=[_HEADING])


def _connection_line(row: Sequence[object]) -> str:
    return f"{row[0]!s:<47.47} {row[1]!s:<9.9} {row[2]!s:<6.6}"
