"""What the legs of every driver have in common: a channel that owns them, soon."""

from asterism.runtime.driver import LegEvent, Owner


class Owned:
    """A leg that tells its channel what happens; what happens before there is one waits for it."""

    def __init__(self) -> None:
        self.owner: Owner | None = None
        self._early: list[LegEvent] = []

    def attach(self, owner: Owner) -> None:
        """Say who gets the events."""
        self.owner = owner
        early, self._early = self._early, []
        for event in early:
            owner.post(event)

    def post(self, event: LegEvent) -> None:
        """Tell the channel something."""
        if self.owner is None:
            self._early.append(event)
        else:
            self.owner.post(event)
