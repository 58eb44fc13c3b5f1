"""The states of channels, devices, and dial attempts, spelled as Asterisk spells them."""

from enum import Enum, IntEnum


class ChannelState(IntEnum):
    """Where a channel stands; the number is AMI's ChannelState, the text its ChannelStateDesc."""

    DOWN = 0
    RESERVED = 1
    OFF_HOOK = 2
    DIALING = 3
    RING = 4
    RINGING = 5
    UP = 6
    BUSY = 7
    DIALING_OFF_HOOK = 8
    PRE_RING = 9

    @property
    def text(self) -> str:
        """The state in words, as `core show channels` prints it."""
        return _STATE_TEXTS[self]


_STATE_TEXTS = {
    ChannelState.DOWN: "Down",
    ChannelState.RESERVED: "Rsrvd",
    ChannelState.OFF_HOOK: "OffHook",
    ChannelState.DIALING: "Dialing",
    ChannelState.RING: "Ring",
    ChannelState.RINGING: "Ringing",
    ChannelState.UP: "Up",
    ChannelState.BUSY: "Busy",
    ChannelState.DIALING_OFF_HOOK: "Dialing Offhook",
    ChannelState.PRE_RING: "Pre-ring",
}


class DialStatus(Enum):
    """How a Dial ended, as DIALSTATUS tells it."""

    ANSWER = "ANSWER"
    BUSY = "BUSY"
    NOANSWER = "NOANSWER"
    CANCEL = "CANCEL"
    CONGESTION = "CONGESTION"
    CHANUNAVAIL = "CHANUNAVAIL"
    DONTCALL = "DONTCALL"
    TORTURE = "TORTURE"
    INVALIDARGS = "INVALIDARGS"


class DeviceState(Enum):
    """What a device is doing; the value is DEVICE_STATE()'s word, `text` the word of hints and AMI."""

    UNKNOWN = "UNKNOWN"
    NOT_INUSE = "NOT_INUSE"
    INUSE = "INUSE"
    BUSY = "BUSY"
    INVALID = "INVALID"
    UNAVAILABLE = "UNAVAILABLE"
    RINGING = "RINGING"
    RINGINUSE = "RINGINUSE"
    ONHOLD = "ONHOLD"


class HangupSource(Enum):
    """Which side ended a call."""

    LOCAL = "local"
    REMOTE = "remote"
