"""Attempts to get in: events of the manager's class `security`, and lines of the security log that watchers read."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from asterism.runtime.events import Event
from asterism.runtime.log import quoted

if TYPE_CHECKING:
    from asterism.runtime.switch import Switch


@dataclass(frozen=True, slots=True)
class SecurityEvent(Event):
    """Somebody has tried to get in. Texts from the wire come with their control characters escaped.

    Args:
        service: SIP, PJSIP, AMI.
        account_id: Whom he said he is.
        session_id: The call-id or session.
        local_address, remote_address: As `IPV4/UDP/127.0.0.1/5060`.
        extra: Further keys in order, such as Challenge or UsingPassword.
        session_s: Since when he is in, in seconds since the epoch, 0 while he is not; None where nobody ever is.
    """

    service: str
    account_id: str
    session_id: str
    local_address: str
    remote_address: str
    extra: Mapping[str, str] = field(default_factory=dict)
    session_s: float | None = None
    severity: ClassVar[str] = "Error"
    version: ClassVar[int] = 1

    def facts(self, now: float) -> list[tuple[str, str]]:
        """Names and values in Asterisk's order, for the manager and the log alike.

        Args:
            now: Seconds since the epoch.
        """
        found = [
            ("EventTV", stamp(now)),
            ("Severity", self.severity),
            ("Service", self.service),
            ("EventVersion", str(self.version)),
            ("AccountID", self.account_id),
            ("SessionID", self.session_id),
            ("LocalAddress", self.local_address),
            ("RemoteAddress", self.remote_address),
            *self.extra.items(),
        ]
        return found if self.session_s is None else [*found, ("SessionTV", stamp(self.session_s))]


@dataclass(frozen=True, slots=True)
class SuccessfulAuth(SecurityEvent):
    """The password was right."""

    severity: ClassVar[str] = "Informational"


@dataclass(frozen=True, slots=True)
class ChallengeSent(SecurityEvent):
    """A challenge went out."""

    severity: ClassVar[str] = "Informational"


@dataclass(frozen=True, slots=True)
class InvalidPassword(SecurityEvent):
    """The password was wrong."""

    version: ClassVar[int] = 2


@dataclass(frozen=True, slots=True)
class ChallengeResponseFailed(SecurityEvent):
    """The answer to a challenge was wrong."""


@dataclass(frozen=True, slots=True)
class InvalidAccountID(SecurityEvent):
    """The account does not exist."""


@dataclass(frozen=True, slots=True)
class FailedACL(SecurityEvent):
    """The address is not allowed."""


@dataclass(frozen=True, slots=True)
class RequestNotAllowed(SecurityEvent):
    """The request is known but refused."""


@dataclass(frozen=True, slots=True)
class RequestBadFormat(SecurityEvent):
    """The request is none that there is. Whose it is comes last, for Asterisk need not know that here."""

    def facts(self, now: float) -> list[tuple[str, str]]:
        """Names and values; see SecurityEvent."""
        found = SecurityEvent.facts(self, now)
        account = [each for each in found if each[0] == "AccountID"]
        return [each for each in found if each[0] != "AccountID"] + account


@dataclass(frozen=True, slots=True)
class SessionLimit(SecurityEvent):
    """The account is in use and may be so only once."""


def stamp(now: float) -> str:
    """A moment as security events print it."""
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now * 1000) % 1000:03d}+0000"


def tell(switch: "Switch", event: SecurityEvent) -> None:
    """Publish that somebody tried to get in, and write it into the security log."""
    switch.bus.publish(event)
    facts = "".join(f',{name}="{quoted(value)}"' for name, value in event.facts(switch.now()))
    switch.log.security(f'SecurityEvent="{event.name}"{facts}')
