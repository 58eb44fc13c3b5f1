"""The messages of RFC 4475 (SIP torture tests), section by section; their bytes lie in torture/.

What makes each tortuous is kept to the byte; hosts and lengths that do not matter may differ from the RFC's.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "torture"


@dataclass(frozen=True)
class Torture:
    """One message, and the final answers that a server which lets everybody in may give (None: silence)."""

    name: str
    section: str
    answers: set[int | None]

    @property
    def message(self) -> bytes:
        return (FOLDER / f"{self.name}.dat").read_bytes()


CASES = [
    Torture("wsinv", "3.1.1.1", {200, 481, None}),
    Torture("intmeth", "3.1.1.2", {400, 405, None}),
    Torture("esc01", "3.1.1.3", {200, 400, None}),
    Torture("escnull", "3.1.1.4", {200}),
    Torture("esc02", "3.1.1.5", {405, None}),
    Torture("lwsdisp", "3.1.1.6", {200}),
    Torture("longreq", "3.1.1.7", {200, 400, None}),
    Torture("dblreq", "3.1.1.8", {200}),
    Torture("semiuri", "3.1.1.9", {200}),
    Torture("transports", "3.1.1.10", {200}),
    Torture("mpart01", "3.1.1.11", {405, None}),
    Torture("unreason", "3.1.1.12", {None}),
    Torture("noreason", "3.1.1.13", {None}),
    Torture("badinv01", "3.1.2.1", {400, None}),
    Torture("clerr", "3.1.2.2", {400, None}),
    Torture("ncl", "3.1.2.3", {400, None}),
    Torture("scalar02", "3.1.2.4", {200, 400, None}),
    Torture("scalarlg", "3.1.2.5", {None}),
    Torture("quotbal", "3.1.2.6", {400, None}),
    Torture("ltgtruri", "3.1.2.7", {200, 400, 416, None}),
    Torture("lwsruri", "3.1.2.8", {400, 481, None}),
    Torture("lwsstart", "3.1.2.9", {200, 400, None}),
    Torture("trws", "3.1.2.10", {200, 400, None}),
    Torture("escruri", "3.1.2.11", {200, 400, None}),
    Torture("baddate", "3.1.2.12", {200}),
    Torture("regbadct", "3.1.2.13", {200, 400, None}),
    Torture("badaspec", "3.1.2.14", {200, 400, None}),
    Torture("baddn", "3.1.2.15", {200, 400, None}),
    Torture("badvers", "3.1.2.16", {400, 505, None}),
    Torture("mismatch01", "3.1.2.17", {400, None}),
    Torture("mismatch02", "3.1.2.18", {400, 405, 501, None}),
    Torture("bigcode", "3.1.2.19", {None}),
    Torture("badbranch", "3.2.1", {200, 400}),
    Torture("insuf", "3.3.1", {400, None}),
    Torture("unkscm", "3.3.2", {200, 400, 416, None}),
    Torture("novelsc", "3.3.3", {200, 400, 416, None}),
    Torture("unksm2", "3.3.4", {200, 400, 404, None}),
    Torture("bext01", "3.3.5", {420}),
    Torture("invut", "3.3.6", {400, 415, None}),
    Torture("regaut01", "3.3.7", {200, 400, 401, None}),
    Torture("multi01", "3.3.8", {400, None}),
    Torture("mcl01", "3.3.9", {200, 400, None}),
    Torture("bcast", "3.3.10", {None}),
    Torture("zeromf", "3.3.11", {200, 483}),
    Torture("cparam01", "3.3.12", {200}),
    Torture("cparam02", "3.3.13", {200}),
    Torture("regescrt", "3.3.14", {200}),
    Torture("sdp01", "3.3.15", {400, 406, 488, None}),
    Torture("inv2543", "3.4.1", {200, 400, None}),
]
