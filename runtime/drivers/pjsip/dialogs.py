"""The calls of sip.conf's peers as dialogs, for the commands of chan_sip; and what was said in each of them."""

import re
from collections import OrderedDict, deque
from collections.abc import Iterable, Iterator, Sequence

from asterism import _native as native
from asterism.runtime.dialogs import DialogFacts, SessionTimerFacts
from asterism.runtime.drivers.pjsip import facts, quality
from asterism.runtime.drivers.pjsip.call import Call
from asterism.runtime.drivers.pjsip.headers import Message, NameAddress, Uri
from asterism.runtime.drivers.pjsip.model import CODEC_NAMES
from asterism.runtime.log import escaped

DIALOGS_MAX = 1000
"""Dialogs that are remembered at once; the one that was silent longest makes room."""

ENTRIES_MAX = 50
"""Entries of each that are kept, as in chan_sip."""

WIDTH = 79
"""Characters of an entry, as in chan_sip."""

_STATIC = {"0": "ulaw", "3": "gsm", "8": "alaw", "9": "g722"}
"""Payload types that need no rtpmap (RFC 3551, 6)."""

_RTPMAP = re.compile(rb"^a=rtpmap:(\d+) ([^\r\n]+)", re.MULTILINE)
_AUDIO = re.compile(rb"^m=audio \d+ \S+ ([\d ]+)", re.MULTILINE)


def call_id(call: Call) -> str:
    """The Call-ID of a call; empty before its INVITE."""
    return call.sip_call_id or call.message.first("Call-ID")


def dialogs_of(calls: Iterable[Call]) -> list[DialogFacts]:
    """The calls of sip.conf's peers and of strangers, in the order of their beginning."""
    return [_dialog(each) for each in calls if each.technology == "SIP" and each.number]


def _dialog(call: Call) -> DialogFacts:
    read = {name: facts.read(call, name) or "" for name in ("recvip", "recvport", "uri", "useragent", "peername")}
    incoming = call.incoming is not None
    theirs = call.message if incoming else call.taken
    offered = _formats(theirs.raw)
    contact = NameAddress.parse(theirs.first("Contact")).uri or read["uri"]
    ours, who = ("To", "From") if incoming else ("From", "To")
    stats = facts.stats_of(call)
    # Before there is audio it is the format that there would be.
    likely = [each for each in call.endpoint.codecs if each in offered] if theirs.raw else call.endpoint.codecs
    # The INVITE that came has no tag of ours; the last message of theirs in the dialog has.
    tagged = Message(call.last_message) if incoming else call.message
    return DialogFacts(
        call_id=escaped(call_id(call)),
        channel=call.name,
        incoming=incoming,
        up=call.state in ("up", "hold"),
        held=call.state == "hold",
        host=read["recvip"],
        port=int(read["recvport"] or 0),
        user=escaped(Uri.parse(contact).user or call.endpoint.name),
        peer=read["peername"],
        caller_number=escaped(Uri.parse(NameAddress.parse(theirs.first("From")).uri).user) if incoming else "",
        format=call.audio.format or next(iter(likely), ""),
        ours=call.endpoint.codecs,
        theirs=offered,
        dtmf="rfc2833" if call.endpoint.dtmf == "rfc4733" else call.endpoint.dtmf,
        user_agent=escaped(read["useragent"]),
        route=escaped(contact),
        transport=call.incoming.protocol if call.incoming is not None else Uri.parse(read["uri"]).transport or "udp",
        audio_host=stats.local[0] if stats is not None and stats.local is not None else "",
        extensions=tuple(escaped(each.strip()) for each in theirs.first("Supported").split(",") if each.strip()),
        timer=_timer(call, theirs),
        transfers=call.endpoint.allow_transfer,
        our_tag=_tag(tagged.first(ours)),
        their_tag=_tag(theirs.first(who)),
    )


def _tag(header: str) -> str:
    found = re.search(r";\s*tag=([^;,\s]+)", header)
    return escaped(found[1]) if found else ""


def _formats(message: bytes) -> tuple[str, ...]:
    """The audio formats that a message offers, by Asterisk's names; those that we do not know are left out."""
    body = message.partition(b"\r\n\r\n")[2]
    audio = _AUDIO.search(body)
    if audio is None:
        return ()
    mapped = {number.decode(): name.decode("ascii", "replace").strip() for number, name in _RTPMAP.findall(body)}
    names = []
    for number in audio[1].decode().split():
        sdp = mapped.get(number, "").lower()
        names.append(CODEC_NAMES.get(sdp.removesuffix("/1"), "") if sdp else _STATIC.get(number, ""))
    return tuple(dict.fromkeys(name for name in names if name))


def _timer(call: Call, theirs: Message) -> SessionTimerFacts | None:
    """The session timer (RFC 4028), as far as their INVITE, or their answer to ours, tells of one."""
    text = theirs.first("Session-Expires")
    if not text and theirs.raw and call.endpoint.session_timers == "always":
        # Who knows nothing of timers leaves it to us.
        text = f"{call.endpoint.session_expires_s};refresher={'uac' if call.incoming is None else 'uas'}"
    interval, _, params = text.partition(";")
    if not interval.strip().isdecimal() or call.endpoint.session_timers == "no":
        return None
    refresher = "uas" if "refresher=uas" in params.lower() else "uac"
    return SessionTimerFacts(
        interval_s=int(interval),
        ours=(refresher == "uas") == (call.incoming is not None),
        minimum_s=call.endpoint.session_minimum_s,
        most_s=call.endpoint.session_expires_s,
        mode={"always": "Originate", "yes": "Accept"}.get(call.endpoint.session_timers, "Refuse"),
    )


class DialogHistory:
    """What was said in each dialog while `sip set history on` holds; meets asterism.runtime.dialogs.DialogHistory."""

    def __init__(self) -> None:
        self.recording = False
        self._entries: OrderedDict[str, deque[str]] = OrderedDict()

    def of(self, call_id: str) -> Sequence[str]:
        """The entries of a dialog, oldest first."""
        return tuple(self._entries.get(call_id, ()))

    def known(self) -> Sequence[str]:
        """The Call-IDs of the dialogs that have entries."""
        return tuple(self._entries)

    def _append(self, call_id: str, event: str, text: str) -> None:
        if not self.recording or not call_id:
            return
        entries = self._entries.setdefault(call_id, deque(maxlen=ENTRIES_MAX))
        entries.append(f"{event:<15} {text}"[:WIDTH])
        self._entries.move_to_end(call_id)
        if len(self._entries) > DIALOGS_MAX:
            self._entries.popitem(last=False)

    def take(self, event: native.Wire) -> None:
        """A message came or went."""
        if not self.recording:
            return
        message = Message(event.message)
        for kind, text in _entries(message, event.sent):
            self._append(escaped(message.first("Call-ID")), kind, escaped(text))

    def begun(self, call: Call) -> None:
        """A call has a channel."""
        if self.recording and call.technology == "SIP":
            name = escaped(call_id(call))
            if call.incoming is not None:
                self._append(name, "Invite", f"New call: {name}")
            self._append(name, "NewChan", f"Channel {call.name} - from {name}")

    def ended(self, call: Call) -> None:
        """A call is over: how it was heard."""
        stats = facts.stats_of(call) if self.recording and call.technology == "SIP" else None
        if stats is not None and stats.local is not None:
            for name, form in quality.FORMS.items():
                kind = name.removeprefix("RTPAUDIOQOS").capitalize() if name != "RTPAUDIOQOSRTT" else "RTT"
                self._append(escaped(call_id(call)), f"RTCPaudio{kind}", f"Quality:{form(stats)}")


def _entries(message: Message, sent: bool) -> Iterator[tuple[str, str]]:
    first = message.text.split("\n", 1)[0].strip()
    sequence = message.first("CSeq")
    word, _, rest = first.partition(" ")
    if not sent:
        target = rest if word == "SIP/2.0" else rest.rpartition(" ")[0]
        yield "Rx", f"{word} / {sequence} / {target}"
        return
    if word != "SIP/2.0":
        yield "TxReq" if word == "ACK" else "TxReqRel", f"{word} / {sequence} - {word}"
        return
    if rest[:3] in ("401", "407"):
        yield "AuthChal", "Auth challenge sent for  - nc 0"
    final = sequence.endswith("INVITE") and rest[:1] > "1"
    yield "TxRespRel" if final else "TxResp", f"{word} / {sequence} - {rest}"
