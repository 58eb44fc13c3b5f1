"""What the dialplan may change before a channel's phone is told of it: who is connected, who has sent the call on.

A channel that has CONNECTED_LINE_SEND_SUB or REDIRECTING_SEND_SUB (its own, or a global variable; with _ARGS behind it,
the arguments) runs that subroutine with the news already in CONNECTEDLINE() or REDIRECTING(), and its phone is told
what is there afterwards. Asterisk 16 had macros for it too: CONNECTED_LINE_CALLER_SEND_MACRO and its three brothers.
"""

import inspect

from asterism.dialplan import subroutine
from asterism.runtime.channel import Channel
from asterism.runtime.driver import Party, Redirection, Redirector
from asterism.runtime.mailbox import Errand

_CONNECTED_LINE = "CONNECTED_LINE"
_REDIRECTION = "party redirection"
"How the names begin under which a channel keeps what REDIRECTING() knows of the parties."


async def connect(channel: Channel, party: Party) -> None:
    """Say to whom a channel talks now, by way of its subroutine if it has one; in the channel's own task."""
    if not _is_asked(channel, _CONNECTED_LINE):
        channel.set_connected(party)
        return
    channel.note_connected(party)
    if not await _run(channel, _CONNECTED_LINE):
        channel.note_connected(party)
    channel.tell_connected()


def connect_later(channel: Channel, party: Party) -> None:
    """The same for a channel in a bridge, from another one's task."""
    if _is_asked(channel, _CONNECTED_LINE):
        channel.post(Errand(lambda: connect(channel, party)))
    else:
        channel.set_connected(party)


async def redirect(channel: Channel, redirection: Redirection) -> None:
    """Say who has sent a channel's call on, by way of its subroutine if it has one; in the channel's own task."""
    note_redirection(channel, redirection)
    if not await _run(channel, "REDIRECTING"):
        note_redirection(channel, redirection)
    tell_redirecting(channel)


def redirect_later(channel: Channel, redirection: Redirection) -> None:
    """The same for a channel in a bridge, from another one's task."""
    channel.post(Errand(lambda: redirect(channel, redirection)))


def tell_redirecting(channel: Channel) -> None:
    """Let a channel's far end know who has sent the call on."""
    if isinstance(channel.leg, Redirector) and not channel.far_end_gone:
        channel.leg.redirected(redirection_of(channel))


def redirection_of(channel: Channel) -> Redirection:
    """Who has sent a channel's call on, as REDIRECTING() tells."""
    known = {name: dict(facts) for name, facts in channel.datastores.items() if name.startswith(_REDIRECTION)}
    return Redirection(channel.redirecting, known)


def note_redirection(channel: Channel, redirection: Redirection) -> None:
    """Let REDIRECTING() tell this of a channel; its far end is not told."""
    channel.redirecting = redirection.party
    channel.datastores.update({name: dict(facts) for name, facts in redirection.facts.items()})


def sent_on(channel: Channel, by: Party, number: str) -> Redirection:
    """What is so of a call when it has been sent on once more.

    Args:
        channel: Who was called.
        by: Who has sent it on.
        number: Where to.
    """
    facts = dict(redirection_of(channel).facts)
    counted = dict(facts.get(_REDIRECTION, {}))
    counted["count"] = str(int(counted.get("count", "0")) + 1)
    return Redirection(by, facts | {_REDIRECTION: counted, f"{_REDIRECTION} to": {"num": number}})


def _variable(channel: Channel, name: str) -> str:
    return channel.variables.get(name) or channel.globals.get(name, "")


def _names(channel: Channel, kind: str) -> tuple[str, str]:
    """The variables that may name a subroutine, and a macro."""
    side = "CALLEE" if channel.outgoing else "CALLER"
    return f"{kind}_SEND_SUB", f"{kind}_{side}_SEND_MACRO"


def _is_asked(channel: Channel, kind: str) -> bool:
    return any(_variable(channel, name) for name in _names(channel, kind))


async def _run(channel: Channel, kind: str) -> bool:
    """Run the subroutine, or the macro; False when there is none, or it did not come to its end."""
    by_sub, by_macro = _names(channel, kind)
    place, arguments = _variable(channel, by_sub), _variable(channel, f"{by_sub}_ARGS")
    if place and await channel.gosub(place, subroutine.split_arguments(arguments)):
        return True
    name, arguments = _variable(channel, by_macro), _variable(channel, f"{by_macro}_ARGS")
    macro = channel.switch.find_application("Macro") if name else None
    if macro is None:
        return False
    outcome = macro.run(channel, f"{name},{arguments}" if arguments else name)
    if outcome is not None and inspect.isawaitable(outcome):
        await outcome
    return True
