"""ChanIsAvail: whether a device could be called."""

from typing import Annotated

from asterism.functions.states import state_of
from asterism.runtime.causes import Cause
from asterism.runtime.channel import Channel
from asterism.runtime.declare import Separated, application
from asterism.runtime.errors import DriverError, Unavailable
from asterism.runtime.states import DeviceState

_NUMBERS = {state: number for number, state in enumerate((
    DeviceState.UNKNOWN, DeviceState.NOT_INUSE, DeviceState.INUSE, DeviceState.BUSY, DeviceState.INVALID,
    DeviceState.UNAVAILABLE, DeviceState.RINGING, DeviceState.RINGINUSE, DeviceState.ONHOLD,
))}  # fmt: skip
"""Device states as AVAILSTATUS numbers them."""


@application("ChanIsAvail", see="Dial, DEVICE_STATE, AVAILCHAN, AVAILSTATUS")
def chan_is_avail(
    chan: Channel,
    devices: Annotated[list[str], Separated("&")] | None = None,
    options: str = "",
) -> None:
    """Tell whether devices could be called, without calling them.

    Args:
        devices: Technology/resource, several joined by `&`; the first that is available counts.
        options: Letters: `a` names all that are available, `s` does not count a device that is in use at all; `t` the
            same, and AVAILSTATUS of an available one is 0.
    Sets: AVAILCHAN (name of a channel that was made to try, gone already), AVAILORIGCHAN (the device as given),
        AVAILSTATUS (its state as a number: 0 unknown, 1 not in use, 2 in use, 3 busy, 4 invalid, 5 unavailable,
        6 ringing, 7 ringing and in use, 8 on hold; joined by `&` for all that were looked at), AVAILCAUSECODE.
    Compat: app_chanisavail.
    """
    for letter in options:
        if letter not in "ast":
            chan.warn(f"ChanIsAvail: option '{letter}' is unknown and ignored")
    wanted = list(devices or [""])
    if len(wanted) > 1 and not wanted[-1]:
        wanted.pop()
    names: list[str] = []
    found: list[str] = []
    causes: list[str] = []
    statuses: list[str] = []
    for device in wanted:
        technology, slash, resource = device.partition("/")
        if not slash:
            if device:
                chan.warn(f"ChanIsAvail takes input of format (technology/resource), not '{device}'")
            statuses.append(str(_NUMBERS[DeviceState.INVALID]))
            continue
        name, number, cause = _try(chan, technology, resource, options)
        statuses.append(str(number))
        if name:
            names.append(name)
            found.append(device)
            causes.append(str(cause))
            if "a" not in options:
                break
    chan.set("AVAILCHAN", "&".join(names))
    chan.set("AVAILORIGCHAN", "&".join(found))
    chan.set("AVAILSTATUS", "&".join(statuses))
    chan.set("AVAILCAUSECODE", "&".join(causes))


def _try(chan: Channel, technology: str, resource: str, options: str) -> tuple[str, int, int]:
    """Name of the channel that would be, or "", the number of AVAILSTATUS, and the cause."""
    number = 0
    if "s" in options or "t" in options:
        state = state_of(chan, f"{technology}/{resource}")
        number = _NUMBERS[state]
        if state not in (DeviceState.UNKNOWN, DeviceState.NOT_INUSE):
            return "", number, 0
        number = 0 if "t" in options else number
    driver = chan.switch.driver(technology)
    try:
        if driver is None:
            raise Unavailable(f"No channel type registered for '{technology}'", Cause.CHAN_NOT_IMPLEMENTED)
        leg = driver.request(technology, resource, chan)
    except (Unavailable, DriverError) as refusal:
        chan.warn(f"ChanIsAvail: {technology}/{resource} is not available: {refusal}")
        return "", number, int(getattr(refusal, "cause", 0))
    channel = chan.switch.outgoing(leg, chan, resource=resource)
    channel.close()
    return channel.name, number, 0
