"""Registrations of ours with somebody else, each an account of pjsua of its own."""

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pjsua2 as pj
from asterism import _native as native
from asterism.runtime.drivers.pjsip.headers import Uri, escaped_user
from asterism.runtime.drivers.pjsip.model import Registration
from asterism.runtime.drivers.pjsip.options import bracketed
from asterism.runtime.drivers.pjsip.outgoing import local_host, reachable
from asterism.runtime.drivers.pjsip.stack import AccountKind, Stack
from asterism.runtime.errors import DriverError
from asterism.runtime.events import Registry
from asterism.runtime.log import escaped
from asterism.runtime.switch import Switch

REFRESH_EARLY_S = 15
"""How long before its end chan_sip renews a registration."""


@dataclass(slots=True, eq=False)
class Registering:
    """A registration and how it stands.

    Args:
        state: Asterisk's word: Unregistered, Request Sent, Registered, Rejected, Timeout, No Authentication, Failed.
        refresh_s: Time to the next refresh that was agreed.
        due_at: When it was or will be tried again, since the epoch.
    """

    registration: Registration
    account: Any = None
    state: str = "Unregistered"
    refresh_s: int = 0
    registered_at: float = 0.0
    due_at: float = 0.0
    attempts: int = 0
    timer: asyncio.TimerHandle | None = None


class Registrations:
    """All registrations of ours."""

    def __init__(self, stack: Stack, switch: Switch) -> None:
        self._stack, self._bus, self._log, self._now = stack, switch.bus, switch.log, switch.now
        self._entries: dict[tuple[str, str], Registering] = {}
        self._accounts: dict[int, Registering] = {}

    def __iter__(self) -> Iterator[Registering]:
        return iter(self._entries.values())

    def configure(self, technology: str, wanted: Iterable[Registration]) -> None:
        """Begin what is new, end what is gone, leave the rest alone."""
        by_key: dict[tuple[str, str], Registration] = {}
        for each in wanted:
            key = technology, each.name
            while key in by_key:
                key = technology, key[1] + "'"
            by_key[key] = each
        for key in [key for key in self._entries if key[0] == technology]:
            if by_key.get(key) != self._entries[key].registration:
                self._end(self._entries.pop(key))
        for key, registration in by_key.items():
            if key not in self._entries:
                entry = self._entries[key] = Registering(registration)
                self._begin(entry)

    def _begin(self, entry: Registering) -> None:
        registration = entry.registration
        server = Uri.parse(reachable(registration.server_uri))
        protocol = server.transport or ("tls" if server.scheme == "sips" else "udp")
        number = self._stack.number(protocol, registration.transport, ":" in server.host)
        transport = self._stack.transport(number)
        where = f"{registration.origin.file}:{registration.origin.line}: "
        if transport is None:
            self._log.error(f"{where}no {protocol.upper()} transport for the registration with {server.host}")
            entry.state = "Failed"
            return
        external = transport.is_external(server.host)
        host = (transport.external_signaling if external else "") or local_host(server.host, transport.host)
        port = (transport.external_port if external else 0) or transport.port
        tail = "" if protocol == "udp" else f";transport={protocol}"
        contact = f"<sip:{escaped_user(registration.contact_user)}@{bracketed(host)}:{port}{tail}>"
        proxies = (registration.outbound_proxy,) if registration.outbound_proxy.startswith("sip") else ()

        def prepare(config: Any) -> None:
            config.idUri = registration.client_uri
            config.sipConfig.contactForced = contact
            register = config.regConfig
            register.registrarUri = reachable(registration.server_uri)
            register.registerOnAdd = True
            register.timeoutSec = registration.expires_s
            # How often and for how long is tried again is decided here, not by pjsua.
            register.retryIntervalSec = 0
            register.firstRetryIntervalSec = 0
            register.delayBeforeRefreshSec = min(REFRESH_EARLY_S, max(registration.expires_s // 2, 1))
            register.proxyUse = 3 if proxies else 0

        kind = AccountKind(transport=number, auths=registration.auths, proxies=proxies)
        self._sent(entry)
        try:
            entry.account = self._stack.registering(kind, prepare)
        except DriverError as error:
            self._log.error(f"{where}cannot register with {server.host}: {error}")
            entry.state = "Failed"
            return
        self._accounts[entry.account.getId()] = entry

    def event(self, event: native.Registration) -> None:
        """PJSIP tells how a registration stands."""
        entry = self._accounts.get(event.account)
        if entry is None:
            return
        loop = asyncio.get_running_loop()
        registration = entry.registration
        if event.code // 100 == 2 and event.expires_s > 0:
            entry.state, entry.attempts = "Registered", 0
            entry.refresh_s = max(event.expires_s - REFRESH_EARLY_S, 1)
            entry.registered_at = self._now()
            entry.due_at = entry.registered_at + entry.refresh_s
            self._log.verbose(
                3,
                f"Outbound Registration: Expiry for {escaped(Uri.parse(registration.server_uri).host)} is "
                f"{event.expires_s} sec (Scheduling reregistration in {entry.refresh_s} s)",
            )
            self._tell(entry, "Registered")
            return
        if event.code // 100 == 2:
            entry.state = "Unregistered"
            self._tell(entry, "Unregistered")
            return
        self._failed(entry, event, loop)
        if registration.attempts and entry.attempts > registration.attempts:
            self._log.warning(f"Registration for '{registration.client_uri}' given up after {entry.attempts} attempts")

    def _failed(self, entry: Registering, event: native.Registration, loop: asyncio.AbstractEventLoop) -> None:
        registration = entry.registration
        entry.attempts += 1
        delay: float = registration.retry_s
        what = f"{event.code} {escaped(event.reason)}" if event.code else "no answer"
        if event.code in (401, 403, 407):
            entry.state = "No Authentication" if registration.technology == "SIP" else "Rejected"
            delay = registration.forbidden_retry_s
            if event.code != 403 and not registration.permanent_rejection:
                delay = registration.retry_s
        elif event.code in (0, 408):
            entry.state = "Timeout" if registration.technology == "SIP" else "Rejected"
        else:
            entry.state = "Rejected"
        self._log.warning(
            f"Registration of '{registration.client_uri}' with '{registration.server_uri}' failed: {what}"
            + (f", trying again in {delay:g} s" if delay else "")
        )
        self._tell(entry, entry.state, str(event.code or ""))
        if delay and (not registration.attempts or entry.attempts <= registration.attempts):
            entry.timer = loop.call_later(delay, self._again, entry)
            entry.due_at = self._now() + delay

    def _sent(self, entry: Registering) -> None:
        """A REGISTER is under way; chan_pjsip goes on saying how it stood before."""
        entry.due_at = self._now()
        if entry.registration.technology == "SIP":
            entry.state = "Request Sent"

    def _again(self, entry: Registering) -> None:
        entry.timer = None
        self._sent(entry)
        try:
            entry.account.setRegistration(True)
        except pj.Error as error:
            self._log.debug(1, f"REGISTER could not be sent: {error.reason}")
            entry.timer = asyncio.get_running_loop().call_later(entry.registration.retry_s, self._again, entry)

    def register(self, technology: str, name: str, register: bool) -> bool:
        """Begin a registration again, or end it; all of a technology when no name is given."""
        found = [
            each
            for each in self
            if each.registration.technology == technology and name in ("", each.registration.name) and each.account
        ]
        for entry in found:
            if entry.timer is not None:
                entry.timer.cancel()
            if register:
                self._again(entry)
                continue
            try:
                entry.account.setRegistration(False)
            except pj.Error as error:
                self._log.debug(1, f"The registration could not be ended: {error.reason}")
        return bool(found)

    def _tell(self, entry: Registering, status: str, cause: str = "") -> None:
        registration = entry.registration
        if registration.technology == "SIP":
            user, domain = Uri.parse(registration.client_uri).user, registration.domain_shown
            cause = ""
        else:
            user, domain = registration.client_uri, registration.server_uri
        self._bus.publish(Registry(registration.technology, user, domain, status, cause))

    def _end(self, entry: Registering) -> None:
        if entry.timer is not None:
            entry.timer.cancel()
            entry.timer = None
        account, entry.account = entry.account, None
        if account is None:
            return
        self._accounts.pop(account.getId(), None)
        # Shutting an account down sends its REGISTER with Expires: 0 and waits for nothing.
        self._stack.shut_account(account)

    def stop(self) -> bool:
        """Unregister everywhere; whether anything was registered."""
        registered = any(entry.state == "Registered" for entry in self._entries.values())
        for entry in self._entries.values():
            self._end(entry)
        self._entries.clear()
        return registered
