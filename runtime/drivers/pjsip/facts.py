"""Facts of a call that the dialplan may read: the SIP items of CHANNEL(), and headers for the header functions.

An item is what stands in CHANNEL(...), commas included. Items of our own, which the functions use:
`SIP_HEADER,<number>,<name>`, `SIP_HEADERS,<prefix>`, `PJSIP_HEADER,<number>,<name>`, `PJSIP_HEADERS,<prefix>`, and the
variables of `quality`.
"""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from asterism import _native as native
from asterism.runtime.drivers.pjsip import quality
from asterism.runtime.drivers.pjsip.headers import Message, NameAddress, Uri
from asterism.runtime.drivers.pjsip.model import CODEC_NAMES
from asterism.runtime.drivers.pjsip.options import bracketed

if TYPE_CHECKING:
    from asterism.runtime.drivers.pjsip.call import Call

_OF_ENDPOINT = {
    "accountcode": "accountcode",
    "musicclass": "music_class",
    "callgroup": "call_groups",
    "pickupgroup": "pickup_groups",
    "namedcallgroup": "named_call_groups",
    "namedpickupgroup": "named_pickup_groups",
}
"""Items that the configuration answers, and how the endpoint calls them."""

_MEDIA = frozenset(("audio", "video", "text"))

_QOS: dict[str, Callable[[native.MediaStats], str]] = {
    "rxcount": lambda stats: str(stats.rx_packets),
    "txcount": lambda stats: str(stats.tx_packets),
    "rxjitter": lambda stats: f"{stats.rx_jitter_ms / 1000:.6f}",
    "txjitter": lambda stats: f"{stats.tx_jitter_ms / 1000:.6f}",
    "rxploss": lambda stats: str(stats.rx_lost),
    "txploss": lambda stats: str(stats.tx_lost),
    "rtt": lambda stats: f"{stats.rtt_ms / 1000:.6f}",
    "local_ssrc": lambda stats: str(stats.local_ssrc),
    "remote_ssrc": lambda stats: str(stats.remote_ssrc),
}


def stats_of(call: "Call") -> native.MediaStats | None:
    """The counters of a call's audio: those of now, or the last ones when it is over."""
    try:
        return native.media_stats(call.number)
    except native.StaleError:
        return call.last_stats


def keep(call: "Call") -> None:
    """Keep what is asked for in `h`, when the call is no more."""
    if call.number and native.is_live(call.number):
        call.last_stats = stats_of(call)
        if call.incoming is None:
            call.last_invite = call.message


def read(call: "Call", item: str) -> str | None:
    """A fact by its item; None when a call has none of that name."""
    name, _, rest = item.partition(",")
    if name in _HEADERS:
        return _header(call, name, rest)
    if name in quality.FORMS:
        stats = stats_of(call)
        return quality.FORMS[name](stats) if stats is not None and stats.local is not None else None
    key = name.strip().lower()
    if key in _OF_ENDPOINT:
        return str(getattr(call.endpoint, _OF_ENDPOINT[key]))
    reader = (_SIP if call.technology == "SIP" else _PJSIP).get(key)
    return None if reader is None else reader(call, rest.strip())


_HEADERS = frozenset(
    ("SIP_HEADER", "SIP_HEADERS", "PJSIP_HEADER", "PJSIP_HEADERS", "PJSIP_RESPONSE_HEADER", "PJSIP_RESPONSE_HEADERS")
)


def _header(call: "Call", function: str, rest: str) -> str | None:
    if not function.startswith(call.technology + "_"):
        return None
    message = call.taken if "_RESPONSE_" in function else call.message
    if function.endswith("_HEADER"):
        number, _, name = rest.partition(",")
        if function == "SIP_HEADER":
            return message.find(name, int(number))
        values = message.beginning(name[:-1]) if name.endswith("*") else message.all(name)
        index = int(number) - 1
        if index < 0:
            index += len(values) + 1
        return values[index] if 0 <= index < len(values) else None
    if function == "SIP_HEADERS":
        return ",".join(message.names(rest))
    found = dict.fromkeys(name for name, _ in message.headers if name.lower().startswith(rest.lower()))
    return ",".join(found)


def _from_parameter(call: "Call", rest: str) -> str:
    """A parameter of the From in the INVITE: `uri,name` or `header,name`."""
    kind, _, name = rest.partition(",")
    address = NameAddress.parse(call.message.first("From"))
    text = address.params if kind.strip().lower() == "header" else address.uri.partition(";")[2]
    pairs = (each.partition("=") for each in text.split(";"))
    return next((value.strip() for each, _, value in pairs if each.strip().lower() == name.strip().lower()), "")


def _remote(call: "Call") -> tuple[str, int]:
    """Where the signalling of the far end comes from."""
    if call.incoming is not None:
        return call.incoming.source
    uri = Uri.parse(call.departure.uri if call.departure else "")
    return uri.host, uri.port or 5060


def _uri(call: "Call") -> str:
    if call.incoming is not None:
        return NameAddress.parse(call.incoming.contact).uri
    return call.departure.uri if call.departure else ""


def _user_agent(call: "Call") -> str:
    if call.incoming is not None:
        return call.incoming.user_agent
    answer = Message(call.last_message)
    return answer.first("User-Agent") or answer.first("Server")


def _from(call: "Call") -> str:
    return NameAddress.parse(call.incoming.from_).uri if call.incoming is not None else ""


def _secure(call: "Call") -> str:
    protocol = call.incoming.protocol if call.incoming else Uri.parse(_uri(call)).transport
    return "1" if protocol == "tls" else ""


def _rtp_address(call: "Call", kind: str, local: bool) -> str | None:
    kind = kind or "audio"
    if kind not in _MEDIA:
        return None
    stats = stats_of(call) if kind == "audio" else None
    address = None if stats is None else stats.local if local else stats.remote
    return "" if address is None else f"{bracketed(address[0])}:{address[1]}"


def _qos(call: "Call", rest: str) -> str | None:
    kind, _, field = rest.partition(",")
    kind, field = kind.strip() or "audio", field.strip() or "all"
    if kind not in _MEDIA:
        return None
    stats = stats_of(call) if kind == "audio" else None
    if stats is None:
        return ""
    if field == "all":
        return quality.summary(stats)
    reader = _QOS.get(field)
    return None if reader is None else reader(stats)


def _line_information(call: "Call", rest: str) -> str | None:
    """What kind of line the caller has, as a network before us puts it into From; a number, or nothing."""
    if call.incoming is None:
        return None
    names = ("isup-oli", "ss7-oli", "oli")
    found = (_from_parameter(call, f"{kind},{name}") for name in names for kind in ("uri", "header"))
    return next((each for each in found if each.isascii() and each.isdecimal()), None)


_SIP: dict[str, Callable[["Call", str], str | None]] = {
    "peerip": lambda call, _: _remote(call)[0],
    "recvip": lambda call, _: _remote(call)[0],
    "recvport": lambda call, _: str(_remote(call)[1]),
    "from": lambda call, _: _from(call),
    "uri": lambda call, _: _uri(call),
    "useragent": lambda call, _: _user_agent(call),
    "peername": lambda call, _: "" if call.guest else call.endpoint.name,
    "t38passthrough": lambda call, _: "0",
    "rtpqos": _qos,
    "rtpdest": lambda call, kind: _rtp_address(call, kind, local=False),
    "rtpsource": lambda call, kind: _rtp_address(call, kind, local=True),
    "secure_signaling": lambda call, _: _secure(call),
    "secure_media": lambda call, _: "",
    "oli": _line_information,
}


def _dialog(call: "Call", field: str) -> str | None:
    """The items of CHANNEL(pjsip,...)."""
    message = call.message
    incoming = call.incoming
    theirs, ours = ("From", "To") if incoming else ("To", "From")
    field = field.strip().lower()
    if field == "call-id":
        return message.first("Call-ID")
    if field in ("remote_uri", "local_uri"):
        address = NameAddress.parse(message.first(theirs if field == "remote_uri" else ours))
        return f"<{address.uri}>"
    if field in ("remote_tag", "local_tag"):
        remote = field == "remote_tag"
        source = message.first(theirs if remote else ours)
        if remote == (incoming is None):
            source = Message(call.last_message).first("To") or source
        found = re.search(r";\s*tag=([^;,\s]+)", source)
        return found[1] if found else ""
    if field == "request_uri":
        return incoming.uri if incoming else _uri(call)
    if field == "target_uri":
        return _uri(call)
    if field in ("remote_addr", "local_addr"):
        if field == "remote_addr":
            host, port = _remote(call)
        elif incoming:
            host, port = incoming.local
        else:
            sent = Uri.parse(NameAddress.parse(message.first("Contact")).uri)
            host, port = sent.host, sent.port or 5060
        return f"{bracketed(host)}:{port}"
    return {"secure": "1" if _secure(call) else "0", "t38state": "DISABLED"}.get(field)


def _rtp(call: "Call", rest: str) -> str | None:
    field, _, kind = rest.partition(",")
    field = field.strip().lower()
    if field in ("src", "dest"):
        return _rtp_address(call, kind.strip(), local=field == "src")
    return {"hold": "1" if call.state == "hold" else "0", "secure": "0", "direct": "(null)"}.get(field)


def _rtcp(call: "Call", rest: str) -> str | None:
    field, _, kind = rest.partition(",")
    return _qos(call, f"{kind},{field}")


_PJSIP: dict[str, Callable[["Call", str], str | None]] = {
    "exten": lambda call, _: "s",  # Where chan_pjsip puts a channel that is called, before Dial lends it a place.
    "pjsip": _dialog,
    "rtp": _rtp,
    "rtcp": _rtcp,
    "endpoint": lambda call, _: call.endpoint.name,
    "dtmf_mode": lambda call, _: call.endpoint.dtmf,
    "media_offer": lambda call, _: ",".join(call.endpoint.codecs),
    "media_known": lambda call, _: ",".join(dict.fromkeys(CODEC_NAMES.values())),
    "from_parameter": _from_parameter,
    "oli": _line_information,
    "contact": lambda call, _: call.departure.contact if call.departure else "",
    "aor": lambda call, _: call.departure.aor if call.departure else "",
}
