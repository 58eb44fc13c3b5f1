"""What the commands of chan_sip may ask of SIP dialogs: facts about calls, and what was said in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class SessionTimerFacts:
    """The session timer of a call (RFC 4028).

    Args:
        interval_s: Agreed. ours: It is we who refresh.
        minimum_s, most_s: What we accept, and ask for.
        mode: Accept or Originate.
    """

    interval_s: int
    ours: bool
    minimum_s: int
    most_s: int
    mode: str


@dataclass(frozen=True, slots=True)
class DialogFacts:
    """A call of somebody in sip.conf, as a SIP dialog.

    Args:
        incoming: It came to us.
        peer: Empty for a stranger.
        host, port: Where its signalling comes from.
        user: That of their address.
        caller_number: Of who calls us.
        format: In use, or that there will be when it is answered.
        ours, theirs: The formats that we allow, and that they offered.
        route: Where requests of this dialog go.
        extensions: What they support beyond RFC 3261.
    """

    call_id: str
    channel: str
    incoming: bool
    up: bool
    held: bool
    host: str
    port: int
    user: str
    peer: str
    caller_number: str
    format: str
    ours: Sequence[str]
    theirs: Sequence[str]
    dtmf: str
    user_agent: str
    route: str
    transport: str
    audio_host: str
    extensions: Sequence[str]
    timer: SessionTimerFacts | None
    transfers: bool
    our_tag: str
    their_tag: str


class DialogHistory(Protocol):
    """What was said in each dialog."""

    @property
    def recording(self) -> bool:
        """Whether it is kept."""

    def of(self, call_id: str) -> Sequence[str]:
        """The entries of a dialog, oldest first."""

    def known(self) -> Sequence[str]:
        """The Call-IDs of the dialogs that have entries."""
