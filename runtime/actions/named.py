"""What the headers of an action name, or why it cannot be done."""

from typing import TYPE_CHECKING

from asterism.runtime.errors import AsterismError
from asterism.runtime.unbound import Unbound

if TYPE_CHECKING:
    from asterism.runtime.channel import Channel
    from asterism.runtime.runtime import Runtime


def given(*texts: tuple[str, str]) -> None:
    """Make sure that headers are there.

    Args:
        texts: The value of each, and what is answered where it is empty.

    Raises:
        AsterismError: One is not; the text is of the first.
    """
    for text, missing in texts:
        if not text:
            raise AsterismError(missing)


def channel_of(rt: "Runtime", name: str, unknown: str = "No such channel") -> "Channel":
    """The channel of this name or unique id.

    Raises:
        AsterismError: There is none; the text is `unknown`.
    """
    found = rt.channels.find(name)
    if found is None:
        raise AsterismError(unknown)
    return found


def priority_of(rt: "Runtime", context: str, exten: str, text: str) -> int:
    """The priority that a number or a label stands for; 0 for a label that is not there."""
    return int(text) if text.isdecimal() else rt.plan.label(Unbound(rt), context, exten, text)
