"""Probing contacts with OPTIONS, and what the answers say."""

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import dataclass

from asterism import _native as native
from asterism.runtime.drivers.pjsip.contacts import Contact, Reach
from asterism.runtime.drivers.pjsip.model import Aor
from asterism.runtime.log import Log
from asterism.runtime.peers import ProbeFacts

UNREACHABLE_RETRY_S = 10.0
"""chan_sip probes a peer that did not answer again after this time."""


@dataclass(slots=True)
class _Probe:
    aor: Aor
    number: int
    queued_at: float
    timer: asyncio.TimerHandle | None = None
    token: int = 0
    runs: int = 0
    ran_at: float = 0.0


Reached = Callable[[Contact, Reach, Reach], None]
"""Is told of a contact with its reach before and now, after every probe."""

Send = Callable[[Contact, Aor], int]
"""Sends an OPTIONS to a contact and returns the token of its Result; raises NativeError or ValueError."""


class Prober:
    """Probes contacts as their AORs say.

    Args:
        send: How an OPTIONS is sent.
        reached: Is told of each outcome.
        now: Seconds since the epoch.
    """

    def __init__(self, send: Send, reached: Reached, log: Log, now: Callable[[], float]) -> None:
        self._send, self._reached, self._log = send, reached, log
        self._now = now
        self._probes: dict[Contact, _Probe] = {}
        self._made = itertools.count(1)
        self._tokens: dict[int, Contact] = {}

    def watch(self, contact: Contact, aor: Aor, delay_s: float = 0.0) -> None:
        """Probe a contact from now on; one that is watched is probed anew."""
        probe = self._probes.get(contact)
        if probe is not None and probe.timer is not None:
            probe.timer.cancel()
        if not aor.qualify_s:
            self.forget(contact)
            contact.reach = Reach.UNMONITORED
            return
        if contact.reach is Reach.UNMONITORED:
            contact.reach = Reach.UNKNOWN
        if probe is None:
            probe = self._probes[contact] = _Probe(aor, next(self._made), self._now())
        probe.aor = aor
        probe.timer = asyncio.get_running_loop().call_later(delay_s, self.probe, contact)

    def forget(self, contact: Contact) -> None:
        """Probe a contact no more."""
        probe = self._probes.pop(contact, None)
        if probe is not None:
            if probe.timer is not None:
                probe.timer.cancel()
            self._tokens.pop(probe.token, None)

    def stop(self) -> None:
        """Probe nobody any more."""
        for contact in list(self._probes):
            self.forget(contact)
        self._tokens.clear()

    def facts(self, now: float) -> list[ProbeFacts]:
        """The probes of pjsip.conf's contacts, in order of their names."""
        loop = asyncio.get_running_loop()
        found = [
            ProbeFacts(
                name=f"pjsip/options/{contact.aor}-{probe.number:08x}",
                interval_s=round(probe.aor.qualify_s),
                runs=probe.runs,
                queued_s=probe.queued_at,
                ran_s=probe.ran_at,
                next_s=now + probe.timer.when() - loop.time()
                if probe.timer and probe.token not in self._tokens
                else 0.0,
            )
            for contact, probe in self._probes.items()
            if contact.technology == "PJSIP"
        ]
        return sorted(found, key=lambda each: each.name)

    def probe(self, contact: Contact) -> bool:
        """Send an OPTIONS now; False when this contact is not watched."""
        probe = self._probes.get(contact)
        if probe is None:
            return False
        if probe.timer is not None:
            probe.timer.cancel()
        self._tokens.pop(probe.token, None)
        probe.runs, probe.ran_at = probe.runs + 1, self._now()
        try:
            probe.token = self._send(contact, probe.aor)
        except (native.NativeError, ValueError) as error:
            self._log.debug(1, f"OPTIONS to {contact.uri} could not be sent: {error}")
            self._outcome(contact, probe, Reach.UNREACHABLE, 0.0)
            return True
        self._tokens[probe.token] = contact
        return True

    def result(self, event: native.Result) -> bool:
        """Take the outcome of a request; False when it is none of ours."""
        contact = self._tokens.pop(event.token, None)
        if contact is None:
            return False
        probe = self._probes.get(contact)
        if probe is not None:
            answered = event.source is not None and (event.status // 100 == 2 or not probe.aor.qualify_2xx_only)
            lagged = bool(probe.aor.lagged_ms) and event.rtt_ms > probe.aor.lagged_ms
            reach = Reach.UNREACHABLE if not answered else Reach.LAGGED if lagged else Reach.REACHABLE
            self._outcome(contact, probe, reach, event.rtt_ms if answered else 0.0)
        return True

    def _outcome(self, contact: Contact, probe: _Probe, reach: Reach, rtt_ms: float) -> None:
        before, contact.reach, contact.rtt_ms = contact.reach, reach, rtt_ms
        gone = reach is Reach.UNREACHABLE and contact.technology == "SIP"
        delay = UNREACHABLE_RETRY_S if gone else probe.aor.qualify_s
        probe.timer = asyncio.get_running_loop().call_later(delay, self.probe, contact)
        self._reached(contact, before, reach)
