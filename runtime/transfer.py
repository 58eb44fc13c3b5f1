"""Transfers: a party of a call sends the other one elsewhere, or joins it with somebody else it talks to."""

import contextlib
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import TYPE_CHECKING

from asterism.dialplan.scope import Jump
from asterism.dialplan.subroutine import place_from
from asterism.runtime import features
from asterism.runtime.bridge import Bridge
from asterism.runtime.causes import Cause
from asterism.runtime.channel import Channel
from asterism.runtime.driver import Digit, Ended, Party
from asterism.runtime.errors import Unavailable
from asterism.runtime.events import AttendedTransfer, BlindTransfer, BridgeSnapshot, ChannelSnapshot
from asterism.runtime.member import impart
from asterism.runtime.takeover import take_over

if TYPE_CHECKING:
    from asterism.runtime.channel_base import ChannelBase
    from asterism.runtime.member import Member

NO_VARIABLES: Mapping[str, str] = {}
_DIGITS = "0123456789*#ABCD"


class Result(Enum):
    """What came of a transfer, in Asterisk's words."""

    FAIL = "Fail"
    INVALID = "Invalid"
    NOT_PERMITTED = "Not Permitted"
    SUCCESS = "Success"


def context_of(channel: Channel) -> str:
    """Where the numbers are looked up that a channel transfers to."""
    return channel.variables.get("TRANSFER_CONTEXT", "") or channel.context or "default"


def _mark(channel: "ChannelBase", value: str, attended: bool) -> None:
    written, erased = ("ATTENDEDTRANSFER", "BLINDTRANSFER") if attended else ("BLINDTRANSFER", "ATTENDEDTRANSFER")
    channel.set(written, value)
    if erased in channel.variables:
        channel.unset(erased)


def mark_all(transferer: Channel, bridge: Bridge, *, attended: bool) -> None:
    """Let all in a bridge know by a variable who has transferred; the transferer, whom."""
    peers = transferer.variables.get("BRIDGEPEER", "")
    for member in bridge.members:
        _mark(member, peers if member is transferer else transferer.name, attended)


# --- blind ------------------------------------------------------------------------------------------


def blind(
    transferer: Channel,
    exten: str,
    context: str,
    *,
    external: bool = False,
    variables: Mapping[str, str] = NO_VARIABLES,
) -> Result:
    """Send whom a channel talks to elsewhere in the dialplan; its own part in the call is over then.

    Of two, the other one goes there itself. Of more, somebody is called there who takes the transferer's place.

    Args:
        transferer: Who asks.
        exten, context: Where to.
        external: Whether it was asked from outside the call (SIP, the manager), for those who listen.
        variables: Set on whoever goes there.
    """
    bridge = transferer.bridge
    if bridge is None or transferer.membership is None:
        _tell_blind(Result.INVALID, transferer, None, None, exten, context, external)
        return Result.INVALID
    transferee = bridge.other(transferer)
    before = bridge.snapshot()
    for other in bridge.others(transferer):
        if other.membership is not None:
            other.membership.release()
    result = _blind(transferer, transferee, bridge, exten, context, variables)
    _tell_blind(result, transferer, transferee, before, exten, context, external)
    return result


def _blind(
    transferer: Channel,
    transferee: Channel | None,
    bridge: Bridge,
    exten: str,
    context: str,
    variables: Mapping[str, str],
) -> Result:
    if len(bridge.parties) < 2:
        return Result.INVALID
    if not bridge.allows_transfers:
        return Result.NOT_PERMITTED
    mark_all(transferer, bridge, attended=False)
    if transferee is None:
        return _replaced(transferer, bridge, exten, context, variables)
    transferee.set_variables(variables)
    transferer.verbose(3, f"Transferring {transferee.name} to '{exten}' (context {context}) priority 1")
    transferee.redirect(context, exten, 1)
    bridge.leave(transferer, ends=False)
    return Result.SUCCESS


def _replaced(transferer: Channel, bridge: Bridge, exten: str, context: str, variables: Mapping[str, str]) -> Result:
    """Somebody who is called at a number takes the transferer's place."""
    try:
        target = call_number(transferer, exten, context)
    except Unavailable:
        return Result.FAIL
    _mark(target, transferer.name, attended=False)
    target.set_variables(variables)
    place_call(target, transferer.caller)
    impart(bridge, target, swap=transferer, introduced=True)
    return Result.SUCCESS


def call_number(transferer: Channel, exten: str, context: str) -> Channel:
    """The channel of a Local call to a number, on a transferer's behalf; not called yet.

    Raises:
        Unavailable: There is no Local channel.
    """
    driver = transferer.switch.driver("Local")
    if driver is None:
        raise Unavailable("there are no Local channels")
    destination = f"{exten}@{context}"
    leg = driver.request("Local", destination, transferer)
    return transferer.switch.outgoing(leg, transferer, resource=destination)


def place_call(target: Channel, caller: Party) -> None:
    """Call it; a number that is not there (any more) ends it."""
    try:
        target.leg.call(caller, target.variables)
    except Unavailable as refusal:
        target.post(Ended(refusal.cause))


def _tell_blind(
    result: Result,
    transferer: Channel,
    transferee: Channel | None,
    bridge: BridgeSnapshot | None,
    exten: str,
    context: str,
    external: bool,
) -> None:
    bus = transferer.switch.bus
    if bus.wants(BlindTransfer):
        snapshot = None if transferee is None else transferee.snapshot()
        outside = "Yes" if external else "No"
        bus.publish(BlindTransfer(result.value, transferer.snapshot(), snapshot, bridge, outside, context, exten))


async def by_keys(party: "Member") -> None:
    """The transferer has pressed the keys of a blind transfer: ask for the number, and do it."""
    transferer = party.channel
    transferer.verbose(3, f"Channel {transferer.name}: Started DTMF blind transfer.")
    context = context_of(transferer)
    with held_others(party):
        exten = await dialled_number(party, context)
    if not exten or party.bridge is None:
        return
    goes_on = transferer.variables.get("GOTO_ON_BLINDXFR", "")
    if goes_on:
        transferer.after_bridge = _place(transferer, goes_on)
    if blind(transferer, exten, context) is not Result.SUCCESS and goes_on:
        transferer.after_bridge = None


def _place(channel: Channel, text: str) -> Jump:
    """`[[context^]exten^]priority`, what is missing is the channel's own; bars separate too."""
    return place_from(channel, text.replace("|", ","))


@contextlib.contextmanager
def held_others(party: "Member") -> Iterator[None]:
    """Put the others in a bridge on hold meanwhile."""
    others = [other.membership for other in party.others() if other.membership is not None]
    for other in others:
        other.suspend()
    try:
        yield
    finally:
        for other in others:
            other.release()


async def dialled_number(party: "Member", context: str) -> str:
    """Ask a transferer for a number that there is in a context; "" when he dials none."""
    channel = party.channel
    wished = channel.variables.get("TRANSFER_EXTEN", "")
    if wished:
        if channel.switch.extension_exists(context, wished, 1, channel.caller_number):
            return wished
        channel.warn(f"Override extension '{wished}' does not exist in context '{context}'")
    attempts = max(1, int(features.setting(channel, "transferdialattempts")))
    with party.apart():
        announce = features.setting(channel, "transferannouncesound")
        digits = (await channel.play(announce, interrupt=_DIGITS)).digit if announce else ""
        for attempt in range(1, attempts + 1):
            number = await _number(party, context, digits)
            if channel.switch.extension_exists(context, number, 1, channel.caller_number) and number:
                return number
            said = f"Dialed '{number}@{context}' does not exist." if number else "Dialed no digits."
            channel.verbose(3, f"Channel {channel.name}: {said}")
            last = attempt == attempts
            await channel.play(features.setting(channel, "transferinvalidsound" if last else "transferretrysound"))
            digits = ""
    return ""


async def _number(party: "Member", context: str, digits: str) -> str:
    """Collect digits, with dial tone until the first, as long as more of them could make a number."""
    channel = party.channel
    pause_s = float(features.setting(channel, "transferdigittimeout"))
    tone = None if digits else channel.start_tone("dial")
    try:
        while True:
            if digits and not channel.switch.extension_may_match(context, digits, channel.caller_number):
                return digits
            digit = await channel.read_digit(pause_s)
            if tone is not None:
                tone.stop()
                tone = None
            if not digit:
                return digits
            if digit == "#" and not _leads_on(channel, context, digits + digit):
                return digits
            digits += digit
    finally:
        if tone is not None:
            tone.stop()


def _leads_on(channel: Channel, context: str, digits: str) -> bool:
    """Whether digits are a number, or the beginning of one."""
    switch, caller = channel.switch, channel.caller_number
    return switch.extension_exists(context, digits, 1, caller) or switch.extension_may_match(context, digits, caller)


# --- attended ---------------------------------------------------------------------------------------


def attended(first: Channel, second: Channel) -> Result:
    """Join whom one channel of a phone talks to with whom another one talks to; both are out then.

    Args:
        first: The call whose other party is transferred.
        second: The call to whoever takes it; or one that runs an application, which the other party then runs.
    """
    told = Told(first, second, external=True)
    source, target = first.bridge, second.bridge
    for channel in (first, second):
        for other in channel.bridge.others(channel) if channel.bridge is not None else ():
            if other.membership is not None:
                other.membership.release()
    if source is not None and target is not None:
        result = _joined(first, second, source, target, told)
        if result is Result.SUCCESS:
            second.request_hangup(Cause.NORMAL_CLEARING)
    elif source is not None or target is not None:
        bridged, alone = (first, second) if source is not None else (second, first)
        result = _into_application(first, bridged, alone, told)
    else:
        result = Result.INVALID
    if result is Result.FAIL:
        second.request_hangup(Cause.NORMAL_CLEARING)
    told.publish(result)
    return result


def _joined(first: Channel, second: Channel, source: Bridge, target: Bridge, told: "Told") -> Result:
    if source.inhibited or target.inhibited or source.dissolved or target.dissolved or source is target:
        return Result.INVALID
    if not (source.allows_transfers and target.allows_transfers):
        return Result.NOT_PERMITTED
    mark_all(first, source, attended=True)
    transferee = source.other(first)
    told.destination = target
    if transferee is not None and transferee.membership is not None:
        target.move(transferee.membership, swap=second)
        source.leave(first, ends=False)
    else:
        target.merge(source, (first, second))
    return Result.SUCCESS


def _into_application(first: Channel, bridged: Channel, alone: Channel, told: "Told") -> Result:
    """The other party takes the place of the transferer's second channel, in whatever that one does."""
    bridge = bridged.bridge
    assert bridge is not None
    if len(bridge.parties) < 2:
        return Result.INVALID
    if not bridge.allows_transfers:
        return Result.NOT_PERMITTED
    mark_all(first, bridge, attended=True)
    transferee = bridge.other(bridged)
    if transferee is None or alone.ended or alone.far_end_gone:
        return Result.FAIL
    told.application = alone.application or "unknown"
    bridge.leave(bridged, ends=False)
    if alone.running:
        bridge.leave(transferee, ends=False)
        take_over(alone, transferee)  # The transferee is the one to be hung up now.
        transferee.request_hangup(Cause.NORMAL_CLEARING)
    else:
        transferee.redirect(alone.context, alone.exten, alone.priority)
        alone.request_hangup(Cause.NORMAL_CLEARING)
    return Result.SUCCESS


class Told:
    """What an attended transfer is told with: taken down before it, for those who took part are elsewhere then."""

    def __init__(self, first: Channel, second: Channel, *, external: bool) -> None:
        self._switch = first.switch
        self._parties = first.snapshot(), second.snapshot()
        self._bridges = [None if each.bridge is None else each.bridge.snapshot() for each in (first, second)]
        self._others = [_other(first), _other(second)]
        self._external = "Yes" if external else "No"
        self.destination: Bridge | None = None
        self.application = ""
        self.threeway: Channel | None = None

    def bridges(self, *bridges: Bridge | None) -> None:
        """Name the two bridges, where one channel stands for both of the transferer's."""
        self._bridges = [None if each is None else each.snapshot() for each in bridges]

    def of(self, transferee: Channel | None, target: Channel | None) -> "Told":
        """Name the two who are joined, where they are not known by the bridges."""
        self._others = [None if each is None else each.snapshot() for each in (transferee, target)]
        return self

    def publish(self, result: Result) -> None:
        """Tell those who listen."""
        bus = self._switch.bus
        if not bus.wants(AttendedTransfer):
            return
        more: dict[str, str] = {"DestType": "Fail"}
        if result is Result.SUCCESS and self.threeway is not None and self.destination is not None:
            more = {
                "DestType": "Threeway",
                "DestBridgeUniqueid": self.destination.uniqueid,
                "DestTransfererChannel": self.threeway.name,
            }
        elif result is Result.SUCCESS and self.destination is not None:
            more = {"DestType": "Bridge", "DestBridgeUniqueid": self.destination.uniqueid}
        elif result is Result.SUCCESS:
            more = {"DestType": "App", "DestApp": self.application}
        bus.publish(
            AttendedTransfer(
                result.value,
                self._parties[0],
                self._bridges[0],
                self._parties[1],
                self._bridges[1],
                self._others[0],
                self._others[1],
                self._external,
                more,
            )
        )


def _other(channel: Channel) -> ChannelSnapshot | None:
    other = None if channel.bridge is None else channel.bridge.other(channel)
    return None if other is None else other.snapshot()


def press(channel: Channel, digits: str) -> None:
    """Let a channel receive digits, as if its far end had pressed them."""
    for digit in digits:
        channel.post(Digit(digit, begun=False))
