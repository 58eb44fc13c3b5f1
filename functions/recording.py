"""RECORDING_INFO: what the last recording was like."""

from asterism.apps.record import INFO
from asterism.runtime.channel import Channel
from asterism.runtime.declare import function
from asterism.runtime.errors import ArgumentError


@function("RECORDING_INFO", see="Record")
def recording_info(chan: Channel, property: str) -> str:
    """Tell how long the last recording of Record on this channel was.

    Args:
        property: `duration`, in milliseconds.
    Compat: app_record.
    """
    if property.lower() != "duration":
        raise ArgumentError(f"RECORDING_INFO knows the duration, not '{property}'")
    found = chan.datastores.get(INFO)
    return "" if found is None else str(found)
