"""ChanSpy and ExtenSpy: listening in on calls, and speaking to one side or both."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Annotated

from asterism.dialplan.scope import Jump
from asterism.runtime import media, overhearing, say
from asterism.runtime.channel import Channel
from asterism.runtime.declare import Option, application
from asterism.runtime.driver import Digit
from asterism.runtime.events import ChannelSnapshot, Event
from asterism.runtime.mailbox import stirred
from asterism.runtime.overhearing import Overhearing

LOOK_S = 0.2
"How often it is looked whether the call that is listened to is still there."
WAIT_S = 5.0
"How often it is looked for a channel where there was none."
_MODES = {"4": (False, False), "5": (True, False), "6": (True, True)}
"Of option d: whether the spy whispers, and whether he barges in."


@dataclass(frozen=True, slots=True)
class ChanSpyStart(Event):
    """A channel listens in on another one."""

    spyer: ChannelSnapshot
    spyee: ChannelSnapshot


@dataclass(frozen=True, slots=True)
class ChanSpyStop(Event):
    """It does so no longer."""

    spyer: ChannelSnapshot
    spyee: ChannelSnapshot


@dataclass(frozen=True)
class SpyOptions:
    """Options of ChanSpy and ExtenSpy."""

    bridged: Annotated[bool, Option("b")] = False
    "Only channels that are in a bridge."
    barge: Annotated[bool, Option("B")] = False
    "Both sides of the call hear the spy."
    next_digit: Annotated[str | None, Option("c", "digit")] = None
    "The key for the next channel, instead of `*`."
    by_keys: Annotated[bool, Option("d")] = False
    "The keys change how one listens: 4 listen, 5 whisper, 6 barge in."
    separate: Annotated[bool, Option("D", later=True)] = False
    "The two sides of the call on two channels of the sound."
    enforced: Annotated[str | None, Option("e", "extensions")] = None
    "Only channels of these extensions, separated by colons."
    ends_with_it: Annotated[bool, Option("E")] = False
    "Go on in the dialplan when the channel that was listened to is hung up."
    groups: Annotated[str | None, Option("g", "groups")] = None
    "Only channels whose SPYGROUP has one of these groups, separated by colons."
    long_queue: Annotated[bool, Option("l")] = False
    "Nothing: there is no queue here that could be long."
    mailbox_name: Annotated[str | None, Option("n", "mailbox", later=True)] = None
    "Say the name that the owner of a mailbox has recorded."
    no_answer: Annotated[bool, Option("N")] = False
    "Do not answer the call."
    only_said: Annotated[bool, Option("o")] = False
    "Listen to this side alone."
    quiet: Annotated[bool, Option("q")] = False
    "No beep, and no name of the channel."
    record: Annotated[str | None, Option("r", "name", later=True)] = None
    "Record what is heard."
    no_technology: Annotated[bool, Option("s")] = False
    "Leave the technology out of the name of the channel."
    stops: Annotated[bool, Option("S")] = False
    "Go on in the dialplan when there is no channel to listen to any more."
    exact: Annotated[bool, Option("u")] = False
    "The name is a channel's unique id, or its whole name."
    volume: Annotated[str | None, Option("v", "value", later=True)] = None
    "The volume in the beginning, -4 to 4."
    whisper: Annotated[bool, Option("w")] = False
    "The channel that is listened to hears the spy."
    private: Annotated[bool, Option("W")] = False
    "It hears the spy, who hears nothing."
    exit_digit: Annotated[str | None, Option("x", "digit")] = None
    "The key that goes on in the dialplan."
    exits: Annotated[bool, Option("X")] = False
    "A key that is an extension of SPY_EXIT_CONTEXT, or of this context, goes there."


@application("ChanSpy", see="ExtenSpy, SPYGROUP, SPY_EXIT_CONTEXT")
async def chanspy(chan: Channel, chanprefix: str = "", options: SpyOptions = SpyOptions()) -> Jump | None:
    """Listen in on channels, one after the other.

    `*` goes on to the next channel; digits and `#` choose one by its number behind the prefix.

    Args:
        chanprefix: How the names of the channels begin; any channel when it is left out.
        options: Letters, each explained in its own line.
    Compat: app_chanspy. `#` alone changes the volume there; here the volume stays as it is.
    """
    return await _Spy(chan, options, chanprefix).listen()


@application("ExtenSpy", see="ChanSpy")
async def extenspy(chan: Channel, exten: str = "", options: SpyOptions = SpyOptions()) -> Jump | None:
    """Listen in on the channels of an extension, one after the other.

    Args:
        exten: The extension, with `@` and its context unless that is this one.
        options: Letters, each explained in its own line.
    Compat: app_chanspy.
    """
    number, _, context = exten.partition("@")
    return await _Spy(chan, options, place=(number, context or chan.context)).listen()


@dataclass(eq=False)
class _Spy:
    """A channel that listens in."""

    chan: Channel
    options: SpyOptions
    prefix: str = ""
    place: tuple[str, str] | None = None
    dialled: str = field(default="", init=False)
    "Digits behind which a `#` may come."
    jump: Jump | None = field(default=None, init=False)
    over: bool = field(default=False, init=False)
    "Whether the dialplan goes on."

    async def listen(self) -> Jump | None:
        """Listen to one after the other until somebody ends it."""
        chan, options = self.chan, self.options
        if not options.no_answer:
            await chan.answer()
        last: Channel | None = None
        while not self.over:
            target = self._next(last)
            if target is None:
                last = None
                if options.stops:
                    break
                await self._rest(WAIT_S)
                continue
            last = target
            await self._announce(target)
            if not target.ended:
                await self._overhear(target)
        return self.jump

    # --- whom ---------------------------------------------------------------------------------

    def _next(self, last: Channel | None) -> Channel | None:
        """The channel behind the last one; the first one again when there is none behind it."""
        fitting = [each for each in self.chan.switch.channels.values() if self._fits(each)]
        behind = fitting.index(last) + 1 if last in fitting else 0
        return next(iter(fitting[behind:] + fitting[:behind]), None)

    def _fits(self, other: Channel) -> bool:
        options, name = self.options, other.name
        if other is self.chan or other.ended or other.far_end_gone or overhearing.by(other) is not None:
            return False
        if self.place is not None and (other.exten, other.context) != self.place:
            return False
        if options.exact and self.prefix not in (name, other.uniqueid):
            return False
        if not options.exact and not name.lower().startswith(self.prefix.lower()):
            return False
        if options.bridged and other.bridge is None:
            return False
        if options.groups and not _shared(options.groups, other.variables.get("SPYGROUP", "")):
            return False
        return options.enforced is None or _number_of(other) in options.enforced.split(":")

    # --- listening ----------------------------------------------------------------------------

    async def _announce(self, target: Channel) -> None:
        chan, options = self.chan, self.options
        if options.quiet:
            return
        technology, number = target.technology.lower(), _number_of(target)
        names = ["beep"] if options.no_technology else ["beep", f"spy-{technology}"]
        if not options.no_technology and await chan.switch.sounds.find(names[1], chan.language, chan.formats()) is None:
            names[1:] = say.letters(technology)
        await chan.play(*names, *(say.digits(number) if number.isdigit() else ()))

    async def _overhear(self, target: Channel) -> None:
        chan, options, bus = self.chan, self.options, self.chan.switch.bus
        hearing = Overhearing(
            chan,
            target,
            hears=not options.private,
            both=not options.only_said,
            whispers=options.whisper or options.private or options.barge,
            barges=options.barge,
        )
        chan.verbose(2, f"Spying on channel {target.name}")
        bus.publish(ChanSpyStart(chan.snapshot(), target.snapshot()))
        media.overhear(hearing)
        try:
            while not self.over and not target.ended and not target.far_end_gone:
                if await self._rest(LOOK_S, hearing):
                    return
        finally:
            media.overhear(hearing, on=False)
            chan.verbose(2, f"Done Spying on channel {target.name}")
            bus.publish(ChanSpyStop(chan.snapshot(), target.snapshot()))
        if options.ends_with_it:
            self.over = True

    async def _rest(self, seconds: float, hearing: Overhearing | None = None) -> bool:
        """Wait, and obey the keys; True to listen to another channel."""
        chan = self.chan
        until = asyncio.get_running_loop().time() + seconds
        while True:
            while (event := chan.take(Digit)) is not None:
                if self._press(event.digit, hearing) or self.over:
                    return True
            if not await stirred((chan,), until):
                return False

    def _press(self, digit: str, hearing: Overhearing | None) -> bool:
        chan, options = self.chan, self.options
        if options.exits:
            context = chan.variables.get("SPY_EXIT_CONTEXT", "") or chan.context
            if chan.switch.extension_exists(context, digit, 1, chan.caller_number):
                self.jump, self.over = Jump(context, digit, 1), True
                return True
        if hearing is not None and digit == options.exit_digit:
            self.over = True
            return True
        if hearing is not None and options.by_keys and digit in _MODES:
            hearing.whispers, hearing.barges = _MODES[digit]
            media.adapt(hearing)
            return False
        if digit == (options.next_digit or "*"):
            return True
        if digit == "#" and self.dialled:
            self.prefix, self.dialled = f"{self.prefix.partition('/')[0]}/{self.dialled}", ""
            return True
        if digit.isdigit() and not (options.by_keys or options.exact or options.exits):
            self.dialled += digit
        return False


def _number_of(channel: Channel) -> str:
    """`100` of `PJSIP/100-00000001`."""
    return channel.name.partition("/")[2].rpartition("-")[0]


def _shared(wanted: str, given: Iterable[str]) -> bool:
    return bool(set(wanted.split(":")) & set(str(given).split(":")))
