"""MIXMONITOR: about a recording that goes on."""

from asterism.runtime.channel import Channel
from asterism.runtime.declare import function
from asterism.runtime.errors import ArgumentError
from asterism.runtime.mixmonitor import monitors_of


@function("MIXMONITOR", see="MixMonitor")
def mixmonitor(chan: Channel, id: str, key: str = "") -> str:
    """Tell about a recording of MixMonitor.

    Args:
        id: As option `i` of MixMonitor tells it.
        key: `filename`.
    Compat: app_mixmonitor.
    """
    found = monitors_of(chan).get(id)
    if found is None:
        raise ArgumentError(f"there is no MixMonitor '{id}' on {chan.name}")
    if key.lower() != "filename":
        raise ArgumentError(f"MIXMONITOR knows the filename, not '{key}'")
    return found.filename
