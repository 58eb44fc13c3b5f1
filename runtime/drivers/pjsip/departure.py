"""Where an outgoing call goes, and as whom."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Departure:
    """Where an outgoing call goes, and as whom.

    Args:
        uri: Request URI.
        account: pj.Account that makes the call.
        contact_host: Host, port and parameters of our Contact.
        from_user, from_host: Our From; empty from_user: the caller's number, else `default_user`.
        route: Route header values, nearest hop first.
        contact, aor: The contact that was chosen, as CHANNEL(contact) names it.
        from_parameters: Names and values that the dialplan adds to the URI of our From.
    """

    uri: str
    account: Any
    from_host: str
    contact_host: str
    default_user: str
    from_user: str = ""
    route: tuple[str, ...] = ()
    contact: str = ""
    aor: str = ""
    from_parameters: list[tuple[str, str]] = field(default_factory=list)
