"""DEVICE_STATE, EXTENSION_STATE, HINT: what phones and extensions are doing."""

from asterism.runtime import mailboxes
from asterism.runtime.channel import Channel
from asterism.runtime.declare import function
from asterism.runtime.errors import ArgumentError
from asterism.runtime.events import DeviceStateChange
from asterism.runtime.states import DeviceState

CUSTOM = "Custom:"
_FAMILY = "CustomDevstate"

# Of several devices the state counts that stands highest here.
_RANKS = (
    DeviceState.INVALID,
    DeviceState.UNKNOWN,
    DeviceState.UNAVAILABLE,
    DeviceState.NOT_INUSE,
    DeviceState.ONHOLD,
    DeviceState.RINGING,
    DeviceState.INUSE,
    DeviceState.BUSY,
    DeviceState.RINGINUSE,
)
_USED = frozenset((DeviceState.INUSE, DeviceState.ONHOLD, DeviceState.BUSY))
_OF_EXTENSION = {DeviceState.UNKNOWN: "NOT_INUSE", DeviceState.INVALID: "UNAVAILABLE"}


def state_of(chan: Channel, device: str) -> DeviceState:
    """Return what a device is doing: `SIP/6001`, `Custom:lamp`, whose state the dialplan sets, or `MWI:100@default`."""
    if device.startswith(mailboxes.DEVICE):
        return mailboxes.lamp(chan.switch, device.removeprefix(mailboxes.DEVICE))
    if device.startswith(CUSTOM):
        word = chan.switch.database.read(_FAMILY, device.removeprefix(CUSTOM))
        return _word(word or "") or DeviceState.UNKNOWN
    technology, slash, resource = device.partition("/")
    driver = chan.switch.driver(technology) if slash else None
    if driver is None:
        return DeviceState.INVALID
    # A driver of several technologies may know the name in each of them.
    return driver.device_state(device if len(driver.technologies) > 1 else resource)


def _word(text: str) -> DeviceState | None:
    return next((state for state in DeviceState if state.value == text.upper()), None)


def joined(states: list[DeviceState]) -> DeviceState:
    """Return the one state that several devices have together."""
    if DeviceState.RINGING in states and _USED.intersection(states):
        return DeviceState.RINGINUSE
    return max(states, key=_RANKS.index, default=DeviceState.INVALID)


@function("DEVICE_STATE", see="EXTENSION_STATE, HINT")
def device_state(chan: Channel, device: str) -> str:
    """Read the state of a device, or set that of a custom one.

    Args:
        device: Technology/name as a hint has it, or `Custom:name`, whose state is what was set last, or `MWI:mailbox`,
            which is in use while there are new messages of which a voicemail server outside has told (MWIUpdate).
    Returns: UNKNOWN, NOT_INUSE, INUSE, BUSY, INVALID, UNAVAILABLE, RINGING, RINGINUSE, or ONHOLD.
    Compat: func_devstate. Custom states outlive the process, in the database's family CustomDevstate.
    """
    return state_of(chan, device).value


@device_state.write
async def _set_device_state(chan: Channel, device: str, value: str = "") -> None:
    name = device.removeprefix(CUSTOM)
    if name == device or not name:
        raise ArgumentError(f"DEVICE_STATE: only devices named {CUSTOM}... can be set, not '{device}'")
    state = _word(value)
    if state is None:
        raise ArgumentError(f"DEVICE_STATE: '{value}' is no state of a device")
    await chan.switch.database.put(_FAMILY, name, state.value)
    chan.switch.bus.publish(DeviceStateChange(device, state.value))


@function("EXTENSION_STATE", see="DEVICE_STATE, HINT", form="extension[@context]")
def extension_state(chan: Channel, extension: str) -> str:
    """Read the state of an extension, by the devices of its hint.

    Args:
        extension: The extension, and `@context` if it is not the context `default`.
    Returns: UNKNOWN (there is no hint), NOT_INUSE, INUSE, BUSY, UNAVAILABLE, RINGING, RINGINUSE, or ONHOLD.
    Compat: func_extstate.
    """
    exten, _, context = extension.partition("@")
    if not exten:
        raise ArgumentError("EXTENSION_STATE needs an extension")
    devices = chan.switch.hint(context or "default", exten)[0].partition(",")[0]
    if not devices:
        return "UNKNOWN"
    state = joined([state_of(chan, device.strip()) for device in devices.split("&")])
    return _OF_EXTENSION.get(state, state.value)


@function("HINT", see="EXTENSION_STATE, DEVICE_STATE", form="extension[@context][,n]")
def hint(chan: Channel, extension: str, options: str = "") -> str:
    """Read the devices of an extension's hint, or its name.

    Args:
        extension: The extension, and `@context` if it is not the context `default`.
        options: `n` for the name.
    Compat: func_devstate. The name is what stands in parentheses: `exten => 10,hint,SIP/6001(Reception)`.
    """
    exten, _, context = extension.partition("@")
    if not exten:
        raise ArgumentError("HINT needs an extension")
    devices, name = chan.switch.hint(context or "default", exten)
    return name if "n" in options else devices
