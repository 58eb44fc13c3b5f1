"""Page: speak to several phones at once."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from asterism.apps.called_for import race_for
from asterism.apps.dial_answer import hear, run_subroutine
from asterism.functions.states import state_of
from asterism.runtime import media
from asterism.runtime.bridge import Bridge
from asterism.runtime.causes import Cause
from asterism.runtime.channel import FOREVER, Channel
from asterism.runtime.declare import Option, Separated, application
from asterism.runtime.log import escaped
from asterism.runtime.member import impart, join
from asterism.runtime.states import DeviceState

if TYPE_CHECKING:
    from asterism.runtime.member import Member


@dataclass(frozen=True)
class PageOptions:
    """Options of Page."""

    announcement: Annotated[str | None, Option("A", "sound")] = None
    "A sound that all hear first."
    before_called: Annotated[str | None, Option("b", "context^exten^priority(args)")] = None
    "A subroutine that runs on each called channel before it is called."
    before_calling: Annotated[str | None, Option("B", "context^exten^priority(args)")] = None
    "A subroutine that runs on the caller first."
    duplex: Annotated[bool, Option("d")] = False
    "All hear all, instead of the caller alone."
    ignore_forwarding: Annotated[bool, Option("i")] = False
    "Do not follow phones that send the call elsewhere."
    announce_to_called: Annotated[bool, Option("n")] = False
    "The caller does not hear the sound of option A."
    quiet: Annotated[bool, Option("q")] = False
    "No beep for the caller."
    record: Annotated[bool, Option("r", later=True)] = False
    "Record what is said."
    idle_only: Annotated[bool, Option("s")] = False
    "Call only devices that are not in use."


class _PageBridge(Bridge):
    """One who speaks, and those who hear him; with `duplex` all speak."""

    kind = "base"
    ends_with_a_party = False
    allows_transfers = False
    allows_moves = False

    def __init__(self, pager: Channel, *, duplex: bool) -> None:
        self._pager, self._duplex = pager, duplex
        super().__init__(pager.switch, "ConfBridge", pager.uniqueid)

    def technology_for(self, channels: int) -> str:
        """It may always be more than two."""
        return "softmix"

    def wire(self) -> bool:
        """Let all who were called hear the caller, or all hear all."""
        if self._duplex:
            return super().wire()
        called = tuple(member for member in self.members if member is not self._pager)
        if len(called) == len(self.parties):
            return media.wire(dict.fromkeys(called, ()))
        for channel in called:
            channel.muted = True
        return media.wire({**dict.fromkeys(called, (self._pager,)), self._pager: called})

    def name_peers(self) -> None:
        """Nobody has a peer here."""
        for member in self.members:
            self._forget_peer(member)

    def _out(self, party: "Member", *, replaced: bool = False) -> None:
        party.channel.muted = False
        super()._out(party, replaced=replaced)


@application("Page", see="Dial, BridgeWait, DEVICE_STATE")
async def page(
    chan: Channel,
    destinations: Annotated[list[str], Separated("&")] | None = None,
    options: PageOptions = PageOptions(),
    timeout: str = "",
) -> None:
    """Speak to several phones at once, each as soon as it answers, until the caller hangs up.

    Args:
        destinations: Technology/resource, several joined by `&`; the caller's own device is left out.
        options: Letters, each explained in its own line.
        timeout: Seconds after which phones that have not answered are given up; they ring for ever when left out.
    Compat: app_page. The bridge tells the events of a bridge, not those of a conference.
    """
    if options.before_calling:
        await run_subroutine(chan, options.before_calling, chan)
    seconds = float(timeout) if timeout.isdecimal() and int(timeout) else FOREVER
    bridge = _PageBridge(chan, duplex=options.duplex)
    wanted = [each for each in destinations or [] if _may_call(chan, each, options)]
    calls = [
        chan.switch.spawn(_called(chan, bridge, each, options, seconds), f"page {escaped(each)}") for each in wanted
    ]
    try:
        await chan.answer()
        if not options.quiet:
            await chan.play("beep")
        if options.announcement and not options.announce_to_called:
            await hear(chan, options.announcement)
        await join(bridge, chan)
    finally:
        for call in calls:
            call.cancel()
        bridge.destroy()


def _may_call(chan: Channel, destination: str, options: PageOptions) -> bool:
    if not destination.partition("/")[2]:
        chan.warn(f"Incomplete destination: {escaped(destination)}")
        return False
    if destination.lower() == chan.name.rpartition("-")[0].lower():
        return False
    if not options.idle_only:
        return True
    state = state_of(chan, destination)
    if state in (DeviceState.NOT_INUSE, DeviceState.UNKNOWN):
        return True
    chan.warn(f"Page: {escaped(destination)} is not called: its state is {state.value}")
    return False


async def _called(chan: Channel, bridge: Bridge, destination: str, options: PageOptions, timeout: float) -> None:
    """Call one of them, and let him in when he answers."""
    race = race_for(chan, options.before_called, timeout=timeout, forwarding=not options.ignore_forwarding)
    callee = await race.run([destination])
    if callee is None:
        return
    try:
        if options.announcement:
            await callee.work(hear(callee, options.announcement))
    except BaseException:
        race.dismiss(Cause.NORMAL_CLEARING)
        raise
    if callee.far_end_gone or bridge.dissolved:
        race.dismiss(Cause.NORMAL_CLEARING)
        return
    impart(bridge, callee)
