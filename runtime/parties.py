"""Who is at the ends of a channel: caller and connected line, and what else is said of a person."""

from typing import Any

from asterism.runtime.driver import Leg, Party
from asterism.runtime.events import ChannelEvent, NewAccountCode, NewCallerid, NewConnectedLine


class Parties:
    """A channel's people. Who inherits says whether the far end can still be told."""

    leg: Leg

    def tell(self, kind: type[ChannelEvent], *facts: Any) -> None:
        """Publish an event of this channel."""
        raise NotImplementedError

    @property
    def far_end_gone(self) -> bool:
        """Whether nobody is there any more."""
        raise NotImplementedError

    def _parties(self) -> None:
        self.caller: Party = Party()
        self.connected = Party()
        self.caller_lent = False
        "Whether the caller is only the number under which it was dialled, for nobody knows who is there."
        self.dialed = ""
        "The number that was dialled, CALLERID(dnid)."
        self.redirecting = Party()
        "Who sent the call here, CALLERID(rdnis)."
        self.ani = ""
        self.language = "en"
        self.musicclass = ""
        self.tonezone = ""
        self.accountcode = ""
        self.peeraccount = ""
        "Who pays on the other side, CHANNEL(peeraccount); a channel that this one dials is called on that account."
        self.amaflags = "DOCUMENTATION"

    def set_caller(self, party: Party) -> None:
        """Say who this channel's far end is."""
        self.caller_lent = False
        if party != self.caller:
            self.caller = party
            self.tell(NewCallerid)

    def set_connected(self, party: Party) -> None:
        """Say to whom this channel talks now; its phone is told when that is news."""
        if party != self.connected:
            self.note_connected(party)
            self.tell_connected()

    def note_connected(self, party: Party) -> None:
        """Say to whom this channel talks, and not to its phone yet."""
        if party != self.connected:
            self.connected = party
            self.tell(NewConnectedLine)

    def tell_connected(self) -> None:
        """Let the phone know to whom it talks."""
        if not self.far_end_gone:
            self.leg.identify(self.connected)

    def meet(self, caller: Party, connected: Party, *first: tuple[Any, ...]) -> None:
        """Say who is at both ends, before the far end knows of the call.

        Args:
            caller: Who is at the far end.
            connected: To whom it talks.
            first: What is told before that, each an event's class and its facts; it shows both ends as they are now.
        """
        news = list(first)
        if caller != self.caller:
            news.append((NewCallerid,))
        if connected != self.connected:
            news.append((NewConnectedLine,))
        self.caller, self.connected = caller, connected
        for kind, *facts in news:
            self.tell(kind, *facts)

    def set_accountcode(self, accountcode: str) -> None:
        """Say who pays."""
        if accountcode != self.accountcode:
            old, self.accountcode = self.accountcode, accountcode
            self.tell(NewAccountCode, old)
