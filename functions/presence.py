"""PRESENCE_STATE: what people say of themselves."""

import base64
import binascii

from asterism.runtime.channel import Channel
from asterism.runtime.declare import function
from asterism.runtime.errors import ArgumentError
from asterism.runtime.events import PresenceStateChange

CUSTOM = "CustomPresence:"
STATES = ("not_set", "unavailable", "available", "away", "xa", "chat", "dnd")
_FAMILY = "CustomPresence"


@function("PRESENCE_STATE", see="DEVICE_STATE, HINT")
def presence_state(chan: Channel, provider: str, field: str = "", options: str = "") -> str:
    """Read what a presence is, or set a custom one: `Set(PRESENCE_STATE(CustomPresence:anna)=away,lunch,back at two)`.

    Args:
        provider: `CustomPresence:name`.
        field: value, subtype, or message. To set, the value is all three with commas between, and `e` behind them when
            subtype and message are in base64.
        options: `e` gives subtype and message in base64.
    Returns: As value: not_set, unavailable, available, away, xa, chat, or dnd.
    Compat: func_presencestate. Custom presences outlive the process, in the database's family CustomPresence.
    """
    name = provider.removeprefix(CUSTOM)
    if name == provider:
        raise ArgumentError(f"PRESENCE_STATE: only {CUSTOM}... is known, not '{provider}'")
    stored = (chan.switch.database.read(_FAMILY, name) or "not_set").split(",", 3)
    state, subtype, message, coding = (*stored, "", "", "")[:4]
    found = {"value": state.lower(), "subtype": subtype, "message": message}
    if field not in found:
        raise ArgumentError(f"PRESENCE_STATE: '{field}' is none of value, subtype, message")
    text = found[field]
    if field == "value" or ("e" in coding) == ("e" in options):
        return text
    return base64.b64encode(text.encode("utf-8", "surrogateescape")).decode() if "e" in options else _decoded(text)


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text).decode("utf-8", "replace")
    except binascii.Error:
        return ""


@presence_state.write
async def _set(chan: Channel, provider: str, field: str = "", options: str = "", value: str = "") -> None:
    name = provider.removeprefix(CUSTOM)
    if name == provider or not name:
        raise ArgumentError(f"PRESENCE_STATE: only {CUSTOM}... can be set, not '{provider}'")
    parts = value.split(",", 3)
    if parts[0].lower() not in STATES or (len(parts) == 4 and parts[3] != "e"):
        raise ArgumentError(f"PRESENCE_STATE: '{value}' is no state: <state>[,subtype[,message[,e]]]")
    await chan.switch.database.put(_FAMILY, name, value)
    subtype, message = (*parts[1:3], "", "")[:2]
    if len(parts) == 4:
        subtype, message = _decoded(subtype), _decoded(message)
    chan.switch.bus.publish(PresenceStateChange(provider, parts[0].lower(), subtype, message))
