"""What a call tells whoever keeps it."""

from typing import TYPE_CHECKING

from asterism import _native as native
from asterism.runtime.drivers.pjsip.model import Endpoint

if TYPE_CHECKING:
    from asterism.runtime.drivers.pjsip.call import Call


class Watcher:
    """Who keeps the calls: the driver."""

    def state_changed(self, call: "Call", state: str) -> None:
        """A call is dialled (`dialling`), has come (`ring`), rings, is up, on hold, or ended."""
        raise NotImplementedError

    def begun(self, call: "Call") -> None:
        """An outgoing call has its number."""
        raise NotImplementedError

    def ended(self, call: "Call") -> None:
        """Nothing more comes for this call."""
        raise NotImplementedError

    def media_of(self, endpoint: Endpoint) -> native.Media:
        """How the endpoint's audio is negotiated."""
        raise NotImplementedError

    def address(self, technology: str, resource: str) -> str:
        """The URI at which somebody is called; raises Unavailable."""
        raise NotImplementedError
