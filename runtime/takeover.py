"""Letting one channel go on with the far end of another: what Asterisk calls a masquerade.

A channel that runs an application, or is dialling, keeps its task and its place; the phone behind it becomes another
one. To those who listen it is the other channel that runs there now, and the first one that ends.
"""

from typing import TYPE_CHECKING

from asterism.runtime import media
from asterism.runtime.events import Newexten, Rename

if TYPE_CHECKING:
    from asterism.runtime.channel import Channel

NEWS = "taken over"
"""Under which a channel notes that whoever it dials has not been told who is behind it now."""

_SWAPPED = (
    "leg", "technology", "uniqueid", "linkedid", "linked_since", "call", "state", "outgoing", "created_s", "answered_s",
    "caller", "ani", "dialed", "language", "musicclass", "tonezone",
)  # fmt: skip
"What belongs to the far end, and goes with it."


def take_over(original: "Channel", clone: "Channel") -> None:
    """Give `original` the far end of `clone`, which gets its one and is to be hung up then.

    Args:
        original: Who goes on.
        clone: Whose far end, name and identity it gets.
    """
    heard = original.joined
    for channel in (original, clone):
        media.part(channel)
    for name in _SWAPPED:
        ours, theirs = getattr(original, name), getattr(clone, name)
        setattr(original, name, theirs)
        setattr(clone, name, ours)
    before, after = original.name, clone.name
    _rename(clone, f"{after}<MASQ>")
    _rename(original, after)
    _rename(clone, f"{before}<ZOMBIE>")
    for name in clone.variables:
        if name not in original.variables:
            original.variables.assign(clone.variables.spelled(name), clone.variables[name])
    original.tell(Newexten, original.exten, original.application, original.app_data)
    original.leg.attach(original)
    clone.leg.attach(clone)
    if heard:
        media.join(original, *heard)
    for play in tuple(original.plays):
        play.route()
    original.datastores[NEWS] = True
    original.stir()


def _rename(channel: "Channel", name: str) -> None:
    old, channel.name = channel.name, name
    channel.switch.renamed()
    bus = channel.switch.bus
    if bus.wants(Rename):
        bus.publish(Rename(old, name, channel.uniqueid))
