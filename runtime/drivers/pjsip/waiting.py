"""The lamp of a telephone: messages that wait are told to it, whether or not it has asked (RFC 3842)."""

from collections.abc import Callable, Mapping

from asterism.runtime import mailboxes
from asterism.runtime.drivers.pjsip.model import Dialect, Endpoint
from asterism.runtime.events import ContactStatus, Event, FullyBooted, PeerStatus
from asterism.runtime.mailboxes import Messages, MessageWaiting
from asterism.runtime.peers import Notice
from asterism.runtime.switch import Switch

CONTENT_TYPE = "application/simple-message-summary"


class Waiting:
    """Sends a NOTIFY to the endpoints of a mailbox when its messages change, and to an endpoint that registers.

    Args:
        dialects: Both dialects, by technology, as they are in force.
        send: Sends a NOTIFY to all contacts of an endpoint.
        host: Our address, as such a mailbox's own names it.
    """

    def __init__(
        self,
        switch: Switch,
        dialects: Mapping[str, Dialect],
        send: Callable[[str, str, Notice], bool],
        host: Callable[[Endpoint], str],
    ) -> None:
        self._switch, self._dialects, self._send, self._host = switch, dialects, send, host
        self._stop = [
            switch.bus.subscribe(self._changed, MessageWaiting),
            switch.bus.subscribe(self._registered, ContactStatus, PeerStatus),
            switch.bus.subscribe(self._booted, FullyBooted),
        ]

    def stop(self) -> None:
        """Tell nobody any more."""
        for each in self._stop:
            each()

    def _changed(self, event: MessageWaiting) -> None:
        for technology, dialect in self._dialects.items():
            for endpoint in dialect.endpoints.values():
                if endpoint.mailboxes and event.mailbox in _names(technology, endpoint):
                    self._tell(technology, endpoint)

    def _registered(self, event: Event) -> None:
        if isinstance(event, PeerStatus):
            new = event.channel_type == "SIP" and event.peer_status == "Registered"
            technology, name = "SIP", event.peer.partition("/")[2]
        elif isinstance(event, ContactStatus):
            new = event.contact_status == "NonQualified"
            technology, name = "PJSIP", event.endpoint_name
        else:
            return
        endpoint = self._dialects[technology].endpoints.get(name) if new else None
        if endpoint is not None and endpoint.mailboxes:
            self._tell(technology, endpoint)

    def _booted(self, event: FullyBooted) -> None:
        self._switch.spawn(self._tell_all(), "MWI at the start")

    async def _tell_all(self) -> None:
        """Tell who was registered before, or is so by configuration; one after the other, as there may be thousands."""
        for technology, dialect in self._dialects.items():
            for endpoint in tuple(dialect.endpoints.values()):
                if endpoint.mailboxes:
                    await self._count(technology, endpoint)

    def _tell(self, technology: str, endpoint: Endpoint) -> None:
        self._switch.spawn(self._count(technology, endpoint), f"MWI of {technology}/{endpoint.name}")

    async def _count(self, technology: str, endpoint: Endpoint) -> None:
        counts = [await mailboxes.count(self._switch, each) for each in _names(technology, endpoint)]
        self._send(technology, endpoint.name, self._notice(technology, endpoint, counts))

    def _notice(self, technology: str, endpoint: Endpoint, counts: list[Messages]) -> Notice:
        new, old, urgent = (sum(getattr(each, name) for each in counts) for name in ("new", "old", "urgent"))
        lines = [f"Messages-Waiting: {'yes' if new or urgent else 'no'}"]
        account = endpoint.voicemail_extension or ("asterisk" if technology == "SIP" else "")
        if account:
            lines.append(f"Message-Account: sip:{account}@{self._host(endpoint)}")
        lines.append(f"Voice-Message: {new + urgent}/{old} ({urgent}/0)")
        headers = [("Event", "message-summary")]
        if technology == "PJSIP":
            headers.append(("Subscription-State", "terminated"))
        return Notice(headers, "".join(f"{each}\r\n" for each in lines).encode(), CONTENT_TYPE)


def _names(technology: str, endpoint: Endpoint) -> list[str]:
    """Its mailboxes: pjsip.conf names them as the voicemail server does, sip.conf may leave `@default` out."""
    if technology == "PJSIP":
        return list(endpoint.mailboxes)
    return ["@".join(mailboxes.place(each)) for each in endpoint.mailboxes]
