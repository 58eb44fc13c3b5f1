"""Endpoints in maintenance: they get no new calls and may begin none; what is under way goes on."""

from asterism.runtime.causes import Cause
from asterism.runtime.drivers.pjsip.model import Endpoint
from asterism.runtime.errors import Unavailable
from asterism.runtime.log import Log

RETRY_AFTER = ("Retry-After", "300")
"""What a refused request is told beside its 503: try again in five minutes, as Asterisk says."""


class Maintenance:
    """Which endpoints of pjsip.conf are in maintenance, until they are taken out or the process ends."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self.names: set[str] = set()

    def _has(self, endpoint: Endpoint) -> bool:
        return endpoint.technology == "PJSIP" and endpoint.name in self.names

    def refuses(self, endpoint: Endpoint | None, method: str, source: tuple[str, int]) -> bool:
        """Whether a new request from an endpoint is to be answered 503; then the operator is told."""
        if endpoint is None or not self._has(endpoint):
            return False
        self._log.notice(
            f"PJSIP: Endpoint '{endpoint.name}' is in maintenance mode; rejecting new {method} from {source[0]}"
        )
        return True

    def check(self, endpoint: Endpoint) -> None:
        """Let a call to an endpoint go on.

        Raises:
            Unavailable: It is in maintenance.
        """
        if self._has(endpoint):
            self._log.notice(f"PJSIP: Refusing outbound call to endpoint '{endpoint.name}': maintenance mode active")
            raise Unavailable(f"endpoint '{endpoint.name}' is in maintenance mode", Cause.NETWORK_OUT_OF_ORDER)
