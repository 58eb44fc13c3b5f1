"""One SIP call as a leg: pjsua2's call on one side, the channel on the other."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pjsua2 as pj
from asterism import _native as native
from asterism.runtime.causes import Cause, cause_of_sip, sip_of_cause
from asterism.runtime.driver import (
    Answered,
    Digit,
    Ended,
    Held,
    Identified,
    Party,
    Proceeding,
    Progressing,
    Responded,
    Resumed,
    Ringing,
    TextReceived,
    Transferred,
)
from asterism.runtime.drivers.owned import Owned
from asterism.runtime.drivers.pjsip import facts, outcome
from asterism.runtime.drivers.pjsip.audio import CallAudio
from asterism.runtime.drivers.pjsip.deflect import Deflection, target
from asterism.runtime.drivers.pjsip.departure import Departure
from asterism.runtime.drivers.pjsip.headers import (
    Message,
    Uri,
    has_body,
    party_of,
    wire_headers,
)
from asterism.runtime.drivers.pjsip.model import Endpoint
from asterism.runtime.drivers.pjsip.options import bracketed
from asterism.runtime.drivers.pjsip.refer import Referral
from asterism.runtime.drivers.pjsip.watcher import Watcher
from asterism.runtime.log import Log, escaped
from asterism.runtime.peers import Notice

Headers = Sequence[tuple[str, str]]


class Call(Owned):
    """A leg of SIP or PJSIP; meets asterism.runtime.driver.Leg.

    Args:
        watcher: Is told when the state changes: dialling or ring, ringing, up, hold, and ended, which is the last.
    """

    endpoint: Endpoint
    guest: bool
    "Whether nobody knows who it is."

    def __init__(self, endpoint: Endpoint, name: str, log: Log, watcher: Watcher) -> None:
        super().__init__()
        self.endpoint = endpoint
        self._name, self._log, self._watcher = name, log, watcher
        self._pj: Any = None
        self.number = 0
        self.incoming: native.Incoming | None = None
        self.departure: Departure | None = None
        self.state = "down"
        self.sip_call_id = ""
        self.last_message = b""
        self.taken = Message(b"")
        "The answer with which the far end took our call."
        self.last_stats: native.MediaStats | None = None
        self.last_invite = Message(b"")
        self.guest = False
        self.response_headers: list[tuple[str, str]] = []
        self.request_headers: list[tuple[str, str]] = []
        self._identity: list[tuple[str, str]] = []
        self._audio = CallAudio(self)
        self._rang = self._progressed = self._answered = self._held = False
        self._is_up = False
        self._over = False
        self._refusal = 0
        self.referral: Referral | None = None
        "A transfer that the far end has asked for, until all is said about it; and one that we have asked for."
        self.deflection: Deflection | None = None

    # ---- what the channel sees
    @property
    def name(self) -> str:
        """The channel name."""
        return self._name

    @property
    def technology(self) -> str:
        """SIP or PJSIP."""
        return self.endpoint.technology

    @property
    def audio(self) -> CallAudio:
        """Its audio."""
        return self._audio

    @property
    def formats(self) -> Sequence[str]:
        """The format in use, or those that may be."""
        return (self._audio.format,) if self._audio.format else self.endpoint.codecs

    @property
    def party(self) -> Party:
        """Who the endpoint is by its configuration."""
        return self.endpoint.caller

    def limit_codecs(self, names: Sequence[str]) -> None:
        """Offer only these, of those the endpoint may use; none of them is no limit."""
        wanted = tuple(name for name in names if name in self.endpoint.codecs)
        if wanted:
            self.endpoint = replace(self.endpoint, codecs=wanted)

    def shape(self, *, dtmf: str = "", codecs: Sequence[str] = (), parameter: tuple[str, str] | None = None) -> bool:
        """Change what our INVITE is going to say; see `SessionLeg`."""
        if self.departure is None or self._pj is not None or self._over:
            return False
        if dtmf:
            self.endpoint = replace(self.endpoint, dtmf=dtmf)
        if codecs:
            self.endpoint = replace(self.endpoint, codecs=tuple(codecs))
        if parameter is not None:
            self.departure.from_parameters.append(parameter)
        return True

    def warn(self, text: str) -> None:
        """Tell the operator that something of this call went wrong."""
        self._log.warning(f"{self._name}: {text}")

    # ---- outgoing
    def call(self, caller: Party, variables: Mapping[str, str]) -> None:
        """Send the INVITE."""
        departure = self.departure
        if departure is None or self._over:
            return
        from asterism.runtime.drivers.pjsip.outgoing import contact_uri, invite_headers, local_uri

        call = pj.Call(departure.account)
        param = pj.CallOpParam(True)
        param.opt.audioCount, param.opt.videoCount, param.opt.textCount = 1, 0, 0
        param.txOption.localUri = local_uri(self.endpoint, departure, caller)
        param.txOption.contactUri = contact_uri(self.endpoint, departure, caller)
        headers = [("Route", route) for route in departure.route]
        headers += invite_headers(self.endpoint, departure, caller, variables)
        headers += wire_headers(self.request_headers)
        _put_headers(param, headers)
        self._watcher.state_changed(self, "dialling")
        rewrites = self.endpoint.rewrite_contact and not self.endpoint.auto_force_rport
        native.plan_call(self._watcher.media_of(self.endpoint), rewrite_contact=rewrites)
        try:
            # In angle brackets, for To repeats it, and what follows a bare URI there belongs to the header.
            call.makeCall(f"<{departure.uri}>", param)
            self.number = native.call_id(call.getId())
        except (pj.Error, native.StaleError) as error:
            reason = getattr(error, "reason", str(error))
            self.warn(f"could not call {escaped(departure.uri)}: {reason}")
            self._end(Ended(Cause.NETWORK_OUT_OF_ORDER, 503, str(reason)))
            return
        self._pj = call
        self._watcher.begun(self)

    # ---- incoming

    def arrive(self, event: native.Incoming, account: Any) -> None:
        """Take an incoming call."""
        self.incoming = event
        self.number = event.call
        self.sip_call_id = event.sip_call_id
        self._pj = pj.Call(account, event.slot)
        if self.endpoint.outbound_auths:
            native.use_account(self.number, account.getId())
        self._watcher.state_changed(self, "ring")

    def _answer(self, code: int, more: Headers = ()) -> None:
        if self._pj is None or self._over or self.incoming is None:
            return
        param = pj.CallOpParam()
        param.statusCode = code
        param.opt.audioCount, param.opt.videoCount, param.opt.textCount = 1, 0, 0
        _put_headers(param, [*wire_headers((*self.response_headers, *self._identity)), *more])
        try:
            self._pj.answer(param)
        except pj.Error as error:
            self.warn(f"answer {code} could not be sent: {error.reason}")
            if code == 200:
                self._end(Ended(Cause.BEARERCAPABILITY_NOTAVAIL, 488, error.reason))

    def proceed(self) -> None:
        """100 has been sent already by the native module."""

    def ring(self) -> None:
        """Send 180; behind a 183 chan_pjsip repeats that, chan_sip sends nothing."""
        if not self._rang and not self._answered:
            self._rang = True
            if self.endpoint.progress_inband:
                self.progress()
            elif not self._progressed or self.endpoint.rings_after_progress:
                self._answer(180)
            elif self.technology == "PJSIP":
                self._answer(183)

    def progress(self) -> None:
        """Send 183 with our SDP; audio can flow."""
        if not self._progressed and not self._answered:
            self._progressed = True
            self._answer(183)

    def answer(self) -> None:
        """Send 200."""
        if self._answered or self._over:
            return
        self._answered = True
        self._answer(200)
        if self._audio.codec:
            self._up()

    def refuse(self, cause: int) -> None:
        """Refuse an incoming call that was not answered: SIP says busy by ending it."""
        if self.incoming is not None and not self._answered and not self._over:
            self.hangup(cause)
            self.post(Ended(cause))

    def refuse_with(self, status: str) -> int:
        """Be refused with this very status, when it is hung up before the answer."""
        self._refusal = outcome.status_named(status)
        return self._refusal

    def hangup(self, cause: int) -> None:
        """End the call with the status, or the BYE, that the cause stands for."""
        call = self._pj
        if call is None or self._over:
            self._close()
        elif self.referral is not None:
            self.referral.postpone(lambda: self._hang_up(call, cause))
            self._close()
        else:
            self._hang_up(call, cause)
            self._close()

    def _hang_up(self, call: Any, cause: int) -> None:
        param = pj.CallOpParam()
        if self.incoming is not None and not self._answered:
            code, reason = (self._refusal, "") if self._refusal else sip_of_cause(cause)
            param.statusCode, param.reason = code, reason
        headers = wire_headers(self.response_headers) if not self._answered else []
        if self.endpoint.q850_reason and cause:
            headers.append(("Reason", f"Q.850;cause={cause & 127}"))
        if cause == Cause.ANSWERED_ELSEWHERE and self.incoming is None and not self._answered:
            # RFC 3326: so the phone shows no missed call.
            headers = [("Reason", 'SIP;cause=200;text="Call completed elsewhere"')]
        _put_headers(param, headers)
        try:
            call.hangup(param)
        except pj.Error as error:
            # It is ending from the other side at this moment.
            self._log.debug(1, f"{self._name}: hangup: {error.reason}")

    # ---- in the call

    def hold(self, music_class: str = "") -> None:
        """Put the far end on hold."""
        if self._pj is not None:
            self._do("hold", self._pj.setHold)

    def unhold(self) -> None:
        """Take it back."""

        def take(param: Any) -> None:
            param.opt.flag = pj.PJSUA_CALL_UNHOLD
            self._pj.reinvite(param)

        self._do("unhold", take)

    def _do(self, what: str, act: Any) -> None:
        if self._pj is None or not self._is_up:
            return
        param = pj.CallOpParam(True)
        param.opt.audioCount, param.opt.videoCount, param.opt.textCount = 1, 0, 0
        try:
            act(param)
        except pj.Error as error:
            self.warn(f"{what}: {error.reason}")

    def send_digit(self, digit: str, duration_ms: int) -> None:
        """Send a DTMF digit as the endpoint wants it."""
        try:
            native.send_dtmf(self.number, digit.upper(), duration_ms=duration_ms or 100)
        except (native.StaleError, native.NativeError, ValueError) as error:
            self.warn(f"digit '{escaped(digit)}' could not be sent: {error}")

    def set_gains(self, spoken: float, heard: float) -> None:
        """Make what the far end says, and what it hears, louder; see `CallAudio.amplify`."""
        try:
            audio = self._pj.getAudioMedia(-1)
            audio.adjustTxLevel(spoken)  # What it transmits into the bridge is what the far end says.
            audio.adjustRxLevel(heard)
        except pj.Error as error:
            self.warn(f"the volume could not be changed: {error.reason}")

    def send_text(self, text: str) -> None:
        """Send a MESSAGE inside the call."""
        self.send_message(text, "text/plain;charset=UTF-8")

    def send_message(self, text: str, content_type: str) -> None:
        """Send a MESSAGE of any type inside the call."""
        self._send("MESSAGE", (), text.encode("utf-8", "replace"), content_type)

    def notify(self, notice: Notice) -> None:
        """Send a NOTIFY inside the call."""
        self._send("NOTIFY", notice.headers, notice.body, notice.content_type)

    def tell_referral(self, headers: Headers, body: bytes) -> None:
        """Send a NOTIFY about a transfer."""
        self._send("NOTIFY", headers, body, "message/sipfrag;version=2.0")

    def transfer_told(self, token: int, status: int, final: bool) -> None:
        """Tell the far end how the transfer goes on that it asked for."""
        if self.referral is not None and self.referral.token == token:
            self.referral.told(status, final)

    def transfer(self, destination: str) -> None:
        """Ask the far end to go elsewhere."""
        uri = "" if self._over or self.deflection is not None else target(self, destination, self._watcher.address)
        if uri and self.incoming is not None and not self._answered:
            self._answered = True
            self._answer(302, [("Contact", f"<{uri}>")])
            self.post(Transferred(True))
        elif uri and self._is_up:
            self.deflection = Deflection(self, self._send("REFER", [("Refer-To", uri)]))
        else:
            self.post(Transferred(False))

    def _send(self, method: str, headers: Headers, body: bytes = b"", content_type: str = "") -> int:
        try:
            return int(native.send_in_call(self.number, method, headers, body, content_type))
        except (native.StaleError, native.NativeError, ValueError) as error:
            self.warn(f"{method} could not be sent: {error}")
            return 0

    def identify(self, party: Party) -> None:
        """Tell the far end to whom it talks, when it is told such things at all."""
        endpoint = self.endpoint
        if not (endpoint.send_pai or endpoint.send_rpid) or self._over:
            return
        from asterism.runtime.drivers.pjsip.outgoing import identity_headers

        host = self.departure.from_host if self.departure else ""
        if self.incoming is not None:
            host = bracketed(Uri.parse(self.incoming.uri).host)
        self._identity = identity_headers(endpoint, party, host)
        theirs = self.incoming.message if self.incoming is not None else self.last_message
        if self._is_up and "UPDATE" in Message(theirs).first("Allow"):
            self._send("UPDATE", self._identity)
        elif self._is_up and self._audio.codec and not self._held:
            self._reinvite(self._identity)

    def kept_waiting(self, waits: bool) -> None:
        """The other party keeps this one waiting: for chan_pjsip it is on hold then; for chan_sip who holds is."""
        if self.technology == "PJSIP" and self._is_up and not self._over:
            self._watcher.state_changed(self, "hold" if waits else "up")

    def refresh(self, *, update: bool) -> None:
        """Describe the session to the far end again, by a re-INVITE or by an UPDATE."""
        self._send("UPDATE", ()) if update else self._reinvite(())

    def _reinvite(self, headers: Headers) -> None:
        """Offer the same audio again, with these headers: how those are told something who know no UPDATE."""

        def act(param: Any) -> None:
            _put_headers(param, headers)
            self._pj.reinvite(param)

        self._do("re-INVITE", act)

    def read(self, item: str) -> str | None:
        """A fact for CHANNEL(item) and header functions."""
        return facts.read(self, item)

    @property
    def added_headers(self) -> list[tuple[str, str]]:
        """Headers of the INVITE that was not sent yet, or of our answers; may be changed."""
        return self.response_headers if self.incoming is not None else self.request_headers

    @property
    def message(self) -> Message:
        """The INVITE of this call, theirs or ours."""
        if self.incoming is not None:
            return Message(self.incoming.message)
        try:
            return Message(native.invite_message(self.number))
        except native.StaleError:
            return self.last_invite

    # ---- what the native module tells

    def state_event(self, event: native.CallState) -> None:
        """A state of the SIP dialog."""
        if event.message:
            self.last_message = event.message
            if self.incoming is None and event.message.startswith(b"SIP/2.0 2"):
                self.taken = Message(event.message)
        if event.state == "disconnected":
            self._end(outcome.ended(self, event, was_up=self._is_up))
        elif self._over:
            return
        elif event.state == "confirmed":
            self._answered = True
            self._up()
        elif self.incoming is None and event.remote:
            self._provisional(event)

    def _provisional(self, event: native.CallState) -> None:
        if event.code > 100:
            self.post(Responded(f"SIP {event.code} {escaped(event.reason)}".rstrip(), int(cause_of_sip(event.code))))
        if event.state == "connecting":
            self._identified(event)
            return
        if event.code == 180:
            self._identified(event)
            self._watcher.state_changed(self, "ringing")
            self.post(Ringing())
        if self._is_progress(event):
            self.post(Progressing())
        elif event.code in (100, 181, 182, 183):
            self.post(Proceeding())

    def _is_progress(self, event: native.CallState) -> bool:
        """Whether audio may come, as each technology reads a 180 or 183."""
        plain = event.code == 183 and self.technology == "PJSIP" and not self.endpoint.ignores_plain_183
        return plain or (event.code in (180, 183) and has_body(event.message))

    def _identified(self, event: native.CallState) -> None:
        if self.endpoint.trust_inbound and b"-Identity" in event.message:
            party = party_of(event.message, "", trusted=True)
            self.post(Identified(party))

    def _up(self) -> None:
        if not self._is_up and not self._over:
            self._is_up = True
            self._watcher.state_changed(self, "up")
            self.post(Answered())

    def media_event(self, event: native.CallMedia) -> None:
        """Audio was negotiated."""
        if self._over:
            return
        self._audio.media_changed(event.codec)
        if event.codec and self._answered:
            self._up()
        if event.held != self._held:
            self._held = event.held
            if self.technology == "SIP":
                self._watcher.state_changed(self, "hold" if event.held else "up")
            self.post(Held(self.endpoint.music_suggested) if event.held else Resumed())

    def digit_event(self, event: native.Dtmf) -> None:
        """A key was pressed."""
        if not self._over:
            carried = event.method == "rfc4733" and self._audio.relayed and not self._audio.keeps_digits
            self.post(Digit(event.digit, event.duration_ms, carried=carried, begun=event.method != "info"))

    def message_event(self, method: str, message: bytes) -> None:
        """A MESSAGE, or a NOTIFY about a transfer, came inside the call."""
        if method == "NOTIFY":
            if self.deflection is not None:
                self.deflection.notified(message)
        elif not self._over:
            self.post(TextReceived(message.partition(b"\r\n\r\n")[2].decode("utf-8", "replace")))

    def _end(self, event: Ended) -> None:
        """The call is over on the wire."""
        already = self._over
        if not already:
            self.post(event)
        self._close()
        if self.referral is not None:
            self.referral.drop()
        self._pj = None
        self._watcher.ended(self)

    def _close(self) -> None:
        if not self._over:
            self._over = True
            facts.keep(self)
            self._audio.close()
            self._watcher.state_changed(self, "ended")


def _put_headers(param: Any, headers: Headers) -> None:
    for name, value in headers:
        header = pj.SipHeader()
        header.hName, header.hValue = name, value
        param.txOption.headers.append(header)
