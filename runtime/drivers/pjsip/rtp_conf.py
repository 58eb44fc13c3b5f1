"""rtp.conf: the ports that audio takes, and from whom; what else Asterisk has there is PJSIP's to decide, and named."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from asterism.runtime.drivers.pjsip.stack import RtpSettings
from asterism.runtime.errors import ConfigError
from asterism.runtime.settings import converter, read, section, tell_ineffective

if TYPE_CHECKING:
    from asterism.runtime.switch import Switch

FILE = "rtp.conf"

PROBATION_MAX = 65535
"""As many packets as have numbers of their own."""

_WITHOUT_EFFECT = frozenset(
    (
        "dtmftimeout", "ice_acl", "ice_blacklist", "ice_deny", "ice_permit", "icesupport", "rtcpinterval",
        "rtpchecksums", "srtpreplayprotection", "stun_acl", "stun_blacklist", "stun_deny", "stun_permit",
        "stunaddr", "turnaddr", "turnpassword", "turnusername",
    )
)  # fmt: skip
"Options that Asterisk has and that change nothing here; who switches one on is told."


class Strict(str):
    """`yes`, `seqno` or `no`."""

    @classmethod
    def parse(cls, text: str) -> "Strict":
        """Read it.

        Raises:
            ValueError: It is none of them.
        """
        word = text.strip().lower()
        return cls(word if word == "seqno" else "yes" if converter(bool)(word) else "no")


_STRICT = Strict(RtpSettings().strict)


@section(FILE, "general")
@dataclass(frozen=True)
class RtpConf:
    """Which ports audio takes, and whose audio is taken."""

    rtpstart: int = RtpSettings().start
    "The first port."
    rtpend: int = RtpSettings().end
    "The last one."
    strictrtp: Strict = _STRICT
    "Take audio from where SDP says, or who proves himself: `yes`; `seqno` minds no pace; `no` takes all."
    probation: int = RtpSettings().probation
    "Packets with consecutive numbers by which a source proves itself."


def rtp_settings(switch: "Switch") -> RtpSettings:
    """What rtp.conf says; what is wrong there is told, and the default counts."""
    default = RtpSettings()
    if not switch.has_config(FILE):
        return default
    try:
        lines = list(switch.configuration(FILE, switch.complain).lines("general"))
    except ConfigError as error:
        switch.complain(error)
        return default
    tell_ineffective(lines, _WITHOUT_EFFECT, switch.complain)
    found = read(RtpConf, [line for line in lines if line.key.lower() not in _WITHOUT_EFFECT], switch.complain)
    if not 1024 <= found.rtpstart < found.rtpend <= 65535:
        text = f"ports {found.rtpstart} to {found.rtpend} are no range; the default is used"
        switch.complain(ConfigError(text, FILE))
        found = replace(found, rtpstart=default.start, rtpend=default.end)
    if not 2 <= found.probation <= PROBATION_MAX:
        text = f"probation of {found.probation} is not 2 to {PROBATION_MAX}; the default of {default.probation} is used"
        switch.complain(ConfigError(text, FILE))
        found = replace(found, probation=default.probation)
    # The native module takes no subclass of str.
    return RtpSettings(found.rtpstart, found.rtpend, str(found.strictrtp), found.probation)
