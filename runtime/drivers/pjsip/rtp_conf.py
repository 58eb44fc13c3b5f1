"""rtp.conf: the ports that audio takes; what else Asterisk has there is PJSIP's own to decide, and named."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from asterism.runtime.drivers.pjsip.stack import RtpPorts
from asterism.runtime.errors import ConfigError
from asterism.runtime.settings import read, section, tell_ineffective

if TYPE_CHECKING:
    from asterism.runtime.switch import Switch

FILE = "rtp.conf"

_WITHOUT_EFFECT = frozenset(
    (
        "dtmftimeout", "ice_acl", "ice_blacklist", "ice_deny", "ice_permit", "icesupport", "probation", "rtcpinterval",
        "rtpchecksums", "srtpreplayprotection", "strictrtp", "stun_acl", "stun_blacklist", "stun_deny", "stun_permit",
        "stunaddr", "turnaddr", "turnpassword", "turnusername",
    )
)  # fmt: skip
"Options that Asterisk has and that change nothing here; who switches one on is told."


@section(FILE, "general")
@dataclass(frozen=True)
class RtpConf:
    """Which ports audio takes."""

    rtpstart: int = RtpPorts().start
    "The first port."
    rtpend: int = RtpPorts().end
    "The last one."


def ports(switch: "Switch") -> RtpPorts:
    """The ports that rtp.conf says; what is wrong there is told, and the default counts."""
    if not switch.has_config(FILE):
        return RtpPorts()
    try:
        lines = list(switch.configuration(FILE, switch.complain).lines("general"))
    except ConfigError as error:
        switch.complain(error)
        return RtpPorts()
    tell_ineffective(lines, _WITHOUT_EFFECT, switch.complain)
    found = read(RtpConf, [line for line in lines if line.key.lower() not in _WITHOUT_EFFECT], switch.complain)
    if not 1024 <= found.rtpstart < found.rtpend <= 65535:
        text = f"ports {found.rtpstart} to {found.rtpend} are no range; the default is used"
        switch.complain(ConfigError(text, FILE))
        return RtpPorts()
    return RtpPorts(found.rtpstart, found.rtpend)
