"""The leg of a channel that leads nowhere: what the extension `failed` of a call file runs on."""

from collections.abc import Container, Mapping, Sequence

from asterism.runtime.driver import Audio, Owner, Party

NAME = "OutgoingSpoolFailed"


class SpoolLeg:
    """Nobody's leg. Meets `asterism.runtime.driver.Leg`.

    Args:
        taken: Names of channels that are there already.
    """

    technology = NAME
    audio: Audio | None = None
    formats: Sequence[str] = ("slin",)

    def __init__(self, taken: Container[str]) -> None:
        number, self.name = 0, NAME
        while self.name in taken:
            number += 1
            self.name = f"{NAME}-{number:08x}"

    def attach(self, owner: Owner) -> None:
        """Nothing ever happens to it."""

    def call(self, caller: Party, variables: Mapping[str, str]) -> None:
        """There is nobody to call."""

    def ring(self) -> None:
        """Nobody hears it."""

    progress = proceed = answer = unhold = ring

    def hold(self, music_class: str = "") -> None:
        """Nobody waits."""

    def refuse(self, cause: int) -> None:
        """Nobody hears it."""

    hangup = refuse

    def send_digit(self, digit: str, duration_ms: int) -> None:
        """Nobody hears it."""

    def send_text(self, text: str) -> None:
        """Nobody reads it."""

    def identify(self, party: Party) -> None:
        """Nobody sees it."""

    def read(self, item: str) -> str | None:
        """It has no facts."""
        return None
