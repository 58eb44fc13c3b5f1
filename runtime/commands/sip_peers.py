"""`sip show peer`: one peer of sip.conf, with all that is known of it."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from asterism.runtime.actions import sip as actions
from asterism.runtime.commands.sip import driver_of
from asterism.runtime.declare import command
from asterism.runtime.settings import is_true

if TYPE_CHECKING:
    from asterism.runtime.runtime import Runtime

_FLAGS = {"Y": "Yes", "N": "No", "A": "Auto (Yes)", "a": "Auto (No)"}

_TRANSPORTS = {"udp": "UDP", "tcp": "TCP", "tls": "TLS", "ws": "WS", "wss": "WSS"}


@command("sip show peer <peer> [load]", see="sip show peers")
def sip_show_peer(rt: "Runtime", name: str, load: str = "") -> list[str]:
    """Show a peer of sip.conf with all its options, and where it is.

    `load` is for Asterisk's sake: a peer of realtime is looked up anyway.
    """
    driver = driver_of(rt)
    peer = driver.peer(name)
    if peer is None:
        return [f"Peer {name} not found.", ""]
    said = actions.options_of(driver, peer.name)
    general = driver.parameters("general", "general") or {}
    facts = {name: str(value) for name, value in actions.described(peer, said)}
    variables = [f"                 {name} = {value}" for name, value in reversed(peer.variables)]
    lines = [f"  {title:<13}: {text}" for title, text in (*_who(facts, said, general), *_how(facts, said))]
    end = [f"  {title:<13}: {text}" for title, text in _last(facts)]
    return ["", "", *lines, *(["  Variables    :", *variables] if variables else []), *end, ""]


def _is_set(flag: str) -> str:
    return "<Set>" if flag == "Y" else "<Not set>"


def _yes(said: Mapping[str, str], name: str, default: str = "no") -> str:
    return "Yes" if is_true(said.get(name, default)) else "No"


def _number(said: Mapping[str, str], name: str, default: int) -> int:
    return int(said[name]) if said.get(name, "").isdecimal() else default


def _rules(said: Mapping[str, str], *beginnings: str) -> str:
    return "Yes" if any(name in said for each in beginnings for name in (f"{each}deny", f"{each}permit")) else "No"


def _who(facts: Mapping[str, str], said: Mapping[str, str], general: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    yield "* Name", facts["ObjectName"]
    yield "Description", facts["Description"]
    yield "Secret", _is_set(facts["SecretExist"])
    yield "MD5Secret", _is_set(facts["MD5SecretExist"])
    yield "Remote Secret", _is_set(facts["RemoteSecretExist"])
    yield "Context", facts["Context"]
    for what in ("On", "Off"):
        yield f"Record {what} feature ", said.get(f"record{what.lower()}feature", "automon")
    if "SubscribeContext" in facts:
        yield "Subscr.Cont.", facts["SubscribeContext"]
    yield "Language", facts["Language"]
    yield "Tonezone", facts["ToneZone"]
    if "Accountcode" in facts:
        yield "Accountcode", facts["Accountcode"]
    yield "AMA flags", facts["AMAflags"]
    yield "Transfer mode", facts["TransferMode"]
    yield "CallingPres", facts["CID-CallingPres"]
    if said.get("fromuser"):
        yield "FromUser", said["fromuser"]
    if said.get("fromdomain", "") != general.get("fromdomain", ""):
        host, _, port = said["fromdomain"].partition(":")
        yield "FromDomain", f"{host} Port {port or 5060}"
    yield "Callgroup", facts["Callgroup"]
    yield "Pickupgroup", facts["Pickupgroup"]
    yield "Named Callgr", facts["Named Callgroup"]
    yield "Nam. Pickupgr", facts["Named Pickupgroup"]
    yield "MOH Suggest", facts["MOHSuggest"]
    yield "Mailbox", facts["VoiceMailbox"]
    yield "VM Extension", said.get("vmexten", "asterisk")
    yield "LastMsgsSent", f"{facts['LastMsgsSent']}/0"
    yield "Call limit", facts["Call-limit"]
    yield "Max forwards", facts["Maxforwards"]
    if facts["Busy-level"] != "0":
        yield "Busy level", facts["Busy-level"]


def _how(facts: Mapping[str, str], said: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    yield "Dynamic", _FLAGS[facts["Dynamic"]]
    yield "Callerid", facts["Callerid"]
    yield "MaxCallBR", facts["MaxCallBR"]
    yield "Expire", facts["RegExpire"].split()[0]
    yield "Insecure", facts["SIP-AuthInsecure"]
    yield "Force rport", _FLAGS[facts["SIP-Forcerport"]]
    yield "Symmetric RTP", _FLAGS[facts["SIP-Comedia"]]
    yield "ACL", _FLAGS[facts["ACL"]]
    yield "ContactACL", _rules(said, "contact")
    yield "DirectMedACL", _rules(said, "directmedia")
    yield "T.38 support", _FLAGS[facts["SIP-T.38Support"]]
    yield "T.38 EC mode", facts["SIP-T.38EC"]
    yield "T.38 MaxDtgrm", facts["SIP-T.38MaxDtgrm"]
    yield "DirectMedia", _FLAGS[facts["SIP-DirectMedia"]]
    yield "PromiscRedir", _FLAGS[facts["SIP-PromiscRedir"]]
    yield "User=Phone", _FLAGS[facts["SIP-UserPhone"]]
    yield "Video Support", _FLAGS[facts["SIP-VideoSupport"]]
    yield "Text Support", _FLAGS[facts["SIP-TextSupport"]]
    yield "Ign SDP ver", _yes(said, "ignoresdpversion")
    yield "Trust RPID", _yes(said, "trustrpid")
    yield "Send RPID", "No" if said.get("sendrpid", "no") in ("no", "") else "Yes"
    yield "Path support", _yes(said, "supportpath")
    yield "Path", "N/A"
    yield "TrustIDOutbnd", said.get("trustidoutbound", "legacy").capitalize()
    yield "Subscriptions", _yes(said, "allowsubscribe", "yes")
    yield "Overlap dial", _yes(said, "allowoverlap", "yes")
    if said.get("outboundproxy"):
        proxy, _, forced = said["outboundproxy"].partition(",")
        yield "Outb. proxy", f"{proxy.partition(':')[0]} {'(forced)' if forced.strip() else ''}"
    yield "DTMFmode", facts["SIP-DTMFmode"]
    first = _number(said, "timert1", 500)
    yield "Timer T1", str(first)
    yield "Timer B", str(_number(said, "timerb", 64 * first))
    yield "ToHost", facts["ToHost"]
    yield "Addr->IP", _place(facts["Address-IP"], facts["Address-Port"])
    yield "Defaddr->IP", _place(facts["Default-addr-IP"], facts["Default-addr-port"])
    transports = [_TRANSPORTS.get(each.strip().lower(), "UDP") for each in said.get("transport", "udp").split(",")]
    yield "Prim.Transp.", transports[0]
    yield "Allowed.Trsp", ",".join(each for each in _TRANSPORTS.values() if each in transports)
    if "RegExtension" in facts:
        yield "Reg. exten", facts["RegExtension"]
    yield "Def. Username", facts["Default-Username"]
    yield "SIP Options", "(none)"
    yield "Codecs", facts["Codecs"]
    yield "Auto-Framing", _yes(said, "autoframing")
    yield "Status", facts["Status"]
    yield "Useragent", facts["SIP-Useragent"]
    yield "Reg. Contact", facts["Reg-Contact"]
    yield "Qualify Freq", facts["QualifyFreq"]
    yield "Keepalive", f"{1000 * _number(said, 'keepalive', 0)} ms"


def _place(host: str, port: str) -> str:
    if host == "(null)":
        return host
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _last(facts: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    yield "Sess-Timers", facts["SIP-Sess-Timers"]
    yield "Sess-Refresh", facts["SIP-Sess-Refresh"]
    yield "Sess-Expires", f"{facts['SIP-Sess-Expires']} secs"
    yield "Min-Sess", f"{facts['SIP-Sess-Min']} secs"
    yield "RTP Engine", facts["SIP-RTP-Engine"]
    yield "Parkinglot", facts["Parkinglot"]
    yield "Use Reason", _FLAGS[facts["SIP-Use-Reason-Header"]]
    yield "Encryption", _FLAGS[facts["SIP-Encryption"]]
    yield "RTCP Mux", _FLAGS[facts["SIP-RTCP-Mux"]]
