"""Attended transfer by DTMF: the transferer calls somebody while the first party waits, then joins the two.

The transferer goes between two bridges: the one with the party to be transferred, and one with the target. What
happens to any of the three is a stimulus; each state knows what follows from it. With `atxferdropcall = no` a
transferer who hangs up before the target has answered is called back when the target never does.
"""

import asyncio
import math
from collections.abc import Awaitable, Callable
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

from asterism.runtime import features, optimizing, transfer
from asterism.runtime.bridge import Bridge
from asterism.runtime.channel import Channel
from asterism.runtime.errors import Unavailable
from asterism.runtime.member import impart, play_to
from asterism.runtime.transfer import Result

if TYPE_CHECKING:
    from asterism.runtime.member import Member


class Stimulus(Enum):
    """What happens."""

    TRANSFEREE_GONE = auto()
    TRANSFERER_GONE = auto()
    TARGET_GONE = auto()
    TARGET_ANSWERED = auto()
    RECALL_GONE = auto()
    RECALL_ANSWERED = auto()
    TIMEOUT = auto()
    ABORT = auto()
    COMPLETE = auto()
    THREEWAY = auto()
    SWAP = auto()


State = Callable[[], Awaitable[Any]]
"""One state: waits for what it understands, and names the next one; None at the end."""


async def by_keys(party: "Member") -> None:
    """The transferer has pressed the keys of an attended transfer: ask for the number, and call it."""
    transferer, bridge = party.channel, party.bridge
    if bridge is None:
        return
    transferer.verbose(3, f"Channel {transferer.name}: Started DTMF attended transfer.")
    if bridge.kind != "basic" or bridge.inhibited:
        transferer.verbose(3, f"Channel {transferer.name}: Bridge '{bridge.uniqueid}' does not permit it at this time.")
        return
    bridge.inhibited += 1
    begun = False
    try:
        _hold(bridge, transferer)
        context = transfer.context_of(transferer)
        exten = await transfer.dialled_number(party, context)
        if not exten or party.bridge is not bridge:
            said = "Unable to acquire target extension for attended transfer."
            transferer.verbose(3, f"Channel {transferer.name}: {said}")
            return
        try:
            target = transfer.call_number(transferer, exten, context)
        except Unavailable:
            play_to(transferer, features.setting(transferer, "xferfailsound"))
            return
        begun = True
        Consultation(party, bridge, target, exten, context).begin()
    finally:
        if not begun:
            bridge.inhibited -= 1
            _release(bridge, transferer)


def _hold(bridge: Bridge, but: Channel | None = None) -> None:
    for party in bridge.parties:
        if party.channel is not but:
            party.suspend()


def _release(bridge: Bridge, but: Channel | None = None) -> None:
    for party in tuple(bridge.parties):
        if party.channel is not but:
            party.release()


class Consultation:
    """An attended transfer under way.

    Args:
        party: The transferer.
        first: The bridge with whom is to be transferred.
        target: The channel that is being called.
        exten, context: Where it is called.
    """

    def __init__(self, party: "Member", first: Bridge, target: Channel, exten: str, context: str) -> None:
        self.party, self.transferer, self.first, self.target = party, party.channel, first, target
        self._exten, self._context = exten, context
        self._allowed = features.allowed(self.transferer)
        self._connected = self.transferer.connected
        self._dialled = self.transferer.name.rpartition("-")[0] or self.transferer.name
        self._stimuli: asyncio.Queue[Stimulus] = asyncio.Queue()
        self._deadline = math.inf
        self._retries = 0
        self._recall: Channel | None = None
        self._recalling = False
        self.second: Bridge | None = None

    def _setting(self, name: str) -> float:
        return float(features.setting(self.transferer, name))

    def begin(self) -> None:
        """Call the target, and put the transferer beside it."""
        self.second = second = Bridge(self.transferer.switch)
        second.inhibited += 1
        for bridge in (self.first, second):
            bridge.ends_with_a_party = False
            bridge.watcher = self._out
        self.party.on_end = self._transferer_ended
        self.transferer.datastores[features.CONSULTATION] = self
        target = self.target
        target.set("TRANSFERERNAME", self.transferer.name)
        target.set("ATTENDEDTRANSFER", self.transferer.name)
        transfer.place_call(target, self.transferer.caller)
        impart(second, target)
        if target.membership is not None:
            target.membership.on_answer = lambda: self.tell(Stimulus.TARGET_ANSWERED)
        self.transferer.switch.spawn(self._run(), f"attended transfer of {self.transferer.name}")

    def tell(self, stimulus: Stimulus) -> None:
        """Something has happened."""
        self._stimuli.put_nowait(stimulus)

    def hooks(self) -> dict[str, features.Hook]:
        """What the transferer may press meanwhile."""

        def telling(stimulus: Stimulus) -> features.Hook:
            async def hook(party: "Member") -> None:
                self.tell(stimulus)

            return hook

        codes = {
            "atxferabort": Stimulus.ABORT,
            "atxfercomplete": Stimulus.COMPLETE,
            "atxferthreeway": Stimulus.THREEWAY,
            "atxferswap": Stimulus.SWAP,
        }
        return {
            code: telling(stimulus)
            for name, stimulus in codes.items()
            if (code := features.setting(self.transferer, name))
        }

    def _transferer_ended(self) -> bool:
        self.tell(Stimulus.TRANSFERER_GONE)
        return True

    def _out(self, bridge: Bridge, party: "Member") -> None:
        """Somebody is out of one of the bridges, for good."""
        if self._recalling:
            if bridge is not self.first:
                return
            if party.channel is self._recall:
                self.tell(Stimulus.RECALL_GONE)
            elif not bridge.parties or bridge.members == [self._recall]:
                self.tell(Stimulus.TRANSFEREE_GONE)
            return
        if party.channel is self.transferer or any(each is not self.transferer for each in bridge.members):
            return
        self.tell(Stimulus.TRANSFEREE_GONE if bridge is self.first else Stimulus.TARGET_GONE)

    # --- the machine --------------------------------------------------------------------------

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        self._deadline = loop.time() + self._setting("atxfernoanswertimeout")
        state: State | None = self._calling
        try:
            while state is not None:
                state = await state()
        finally:
            self._over()

    def _over(self) -> None:
        transferer = self.transferer
        if transferer.datastores.get(features.CONSULTATION) is self:
            del transferer.datastores[features.CONSULTATION]
        self.party.on_end = None
        for bridge in (self.first, self.second):
            if bridge is not None:
                bridge.watcher = None
                del bridge.ends_with_a_party
                bridge.inhibited -= 1
        for party in self.first.parties:
            party.keys.use(features.hooks_of(party.channel))
            optimizing.later(party.channel)
        if self.second is not None and not self.second.dissolved:
            self.second.destroy()
        if len(self.first.parties) == 1 and not self.first.dissolved:
            self.first.destroy()

    async def _next(self, *, timed: bool = False) -> Stimulus:
        if not timed:
            return await self._stimuli.get()
        try:
            async with asyncio.timeout_at(self._deadline):
                return await self._stimuli.get()
        except TimeoutError:
            return Stimulus.TIMEOUT

    def _to(self, bridge: Bridge | None) -> None:
        """Move the transferer."""
        if bridge is not None and self.party.bridge is not None and self.party.bridge is not bridge:
            bridge.move(self.party, introduced=False)

    def _hold_here(self) -> None:
        """Let those that the transferer leaves wait."""
        if self.party.bridge is not None:
            _hold(self.party.bridge, self.transferer)

    def _release_here(self) -> None:
        if self.party.bridge is not None:
            _release(self.party.bridge, self.transferer)

    def _failed(self) -> None:
        play_to(self.transferer, features.setting(self.transferer, "xferfailsound"))

    def _told(self) -> "transfer.Told":
        told = transfer.Told(self.transferer, self.transferer, external=False)
        told.bridges(self.first, self.second)
        return told.of(self._transferee(), self._target())

    def _transferee(self) -> Channel | None:
        return next((each for each in self.first.members if each is not self.transferer), None)

    def _target(self) -> Channel | None:
        members = [] if self.second is None else self.second.members
        return next((each for each in members if each is not self.transferer), None)

    async def _calling(self) -> "State | None":
        """The target rings, the transferer hears that."""
        self._to(self.second)
        match await self._next(timed=True):
            case Stimulus.TARGET_ANSWERED:
                return self._consulting
            case Stimulus.SWAP:
                return self._hesitant
            case stimulus:
                return self._unanswered(stimulus, self._rebridge, self._calling)

    async def _hesitant(self) -> "State | None":
        """The target rings, the transferer talks to the first party again."""
        self._to(self.first)
        self._release_here()
        match await self._next(timed=True):
            case Stimulus.TARGET_ANSWERED:
                return self._double_checking
            case Stimulus.SWAP:
                self._hold_here()
                return self._calling
            case stimulus:
                return self._unanswered(stimulus, self._resume, self._hesitant)

    def _unanswered(self, stimulus: Stimulus, back: "State", same: "State") -> "State | None":
        match stimulus:
            case Stimulus.TRANSFEREE_GONE:
                return self._fail
            case Stimulus.COMPLETE | Stimulus.TRANSFERER_GONE:
                _release(self.first)
                return self._blond if self._setting("atxferdropcall") else self._blond_nonfinal
            case Stimulus.TARGET_GONE | Stimulus.TIMEOUT | Stimulus.ABORT:
                self._failed()
                return back
            case Stimulus.THREEWAY:
                _release(self.first)
                return self._threeway
            case _:
                return same

    async def _consulting(self) -> "State | None":
        """Transferer and target talk."""
        match await self._next():
            case Stimulus.TRANSFEREE_GONE:
                self._failed()
                self._told().publish(Result.FAIL)
                self._keep_second()
                return None
            case Stimulus.TRANSFERER_GONE | Stimulus.COMPLETE:
                _release(self.first)
                return self._complete
            case Stimulus.TARGET_GONE | Stimulus.ABORT:
                self._failed()
                return self._rebridge
            case Stimulus.THREEWAY:
                _release(self.first)
                return self._threeway
            case Stimulus.SWAP:
                self._hold_here()
                self._to(self.first)
                self._release_here()
                return self._double_checking
            case _:
                return self._consulting

    def _keep_second(self) -> None:
        """The transferer and the target are an ordinary call now."""
        second, self.second = self.second, None
        if second is not None:
            second.watcher = None
            del second.ends_with_a_party
            second.inhibited -= 1
            self.transferer.datastores.pop(features.CONSULTATION, None)
            for party in second.parties:
                party.keys.use(features.hooks_of(party.channel))

    async def _double_checking(self) -> "State | None":
        """The target has answered, but the transferer talks to the first party."""
        match await self._next():
            case Stimulus.TRANSFEREE_GONE:
                return self._fail
            case Stimulus.TRANSFERER_GONE | Stimulus.COMPLETE:
                if self.second is not None:
                    _release(self.second)
                return self._complete
            case Stimulus.TARGET_GONE | Stimulus.ABORT:
                self._failed()
                return self._resume
            case Stimulus.THREEWAY:
                if self.second is not None:
                    _release(self.second)
                return self._threeway
            case Stimulus.SWAP:
                self._hold_here()
                self._to(self.second)
                self._release_here()
                return self._consulting
            case _:
                return self._double_checking

    # --- how it ends --------------------------------------------------------------------------

    async def _rebridge(self) -> None:
        self._to(self.first)
        self._release_here()

    async def _resume(self) -> None:
        pass

    async def _fail(self) -> None:
        self._failed()
        self._told().publish(Result.FAIL)
        if not self.first.dissolved:
            self.first.destroy()

    def _merge(self) -> "transfer.Told":
        told = self._told()
        told.destination = self.first
        if self.second is not None:
            transfer.mark_all(self.transferer, self.first, attended=True)
            self.first.merge(self.second, (self.transferer,))
        return told

    async def _threeway(self) -> None:
        told = self._told()
        told.destination, told.threeway = self.first, self.transferer
        if self.second is not None:
            self.first.merge(self.second)
        for channel in (self.target, self.transferer):
            play_to(channel, features.setting(self.transferer, "xfersound"))
        told.publish(Result.SUCCESS)

    async def _complete(self) -> None:
        told = self._merge()
        play_to(self.target, features.setting(self.transferer, "xfersound"))
        told.publish(Result.SUCCESS)

    async def _blond(self) -> "State | None":
        """The transferer is out before the target has answered: the first party hears it ring."""
        told = self._merge()
        for party in self.first.parties:
            if party.channel is not self.target:
                party.ring(True)
        told.publish(Result.SUCCESS)
        return None

    # --- calling back -------------------------------------------------------------------------

    async def _blond_nonfinal(self) -> "State | None":
        self._recalling, self._recall = True, self.target
        if self.target.membership is not None:
            self.target.membership.on_answer = lambda: self.tell(Stimulus.RECALL_ANSWERED)
        await self._blond()
        while True:
            match await self._next(timed=True):
                case Stimulus.TRANSFEREE_GONE:
                    return self._fail_quietly
                case Stimulus.RECALL_ANSWERED | Stimulus.TARGET_ANSWERED:
                    return None
                case Stimulus.TIMEOUT:
                    self._recall = None
                    self.target.request_hangup()
                    return self._recall_transferer
                case Stimulus.RECALL_GONE | Stimulus.TARGET_GONE:
                    self._recall = None
                    return self._recall_transferer

    async def _fail_quietly(self) -> None:
        if not self.first.dissolved:
            self.first.destroy()

    async def _recall_transferer(self) -> "State | None":
        """Call the transferer back; whoever waits hears it ring."""
        from asterism.runtime.dial_settings import DialSettings
        from asterism.runtime.race import Race

        for party in self.first.parties:
            party.ring(True)
        timeout_s = self._setting("atxfernoanswertimeout")
        settings = DialSettings(timeout=timeout_s, caller=self._connected)
        race = asyncio.ensure_future(Race(self.transferer.switch, None, settings).run([self._dialled]))
        waiting = asyncio.ensure_future(self._stimuli.get())
        try:
            await asyncio.wait((race, waiting), return_when=asyncio.FIRST_COMPLETED)
            while not race.done() and waiting.result() is not Stimulus.TRANSFEREE_GONE:
                waiting = asyncio.ensure_future(self._stimuli.get())
                await asyncio.wait((race, waiting), return_when=asyncio.FIRST_COMPLETED)
            if not race.done():
                return self._fail_quietly
            found = race.result()
        finally:
            waiting.cancel()
            race.cancel()
        if found is None:
            self._retries += 1
            if self._retries >= self._setting("atxfercallbackretries"):
                return self._fail_quietly
            return self._pause(self._retransfer) if self._setting("atxferloopdelay") else self._retransfer
        features.set_allowed(found, self._allowed)
        if self.first.dissolved:
            found.close()
            return None
        impart(self.first, found, introduced=True)
        for party in self.first.parties:
            party.ring(False)
        return None

    def _pause(self, then: "State") -> "State":
        async def wait() -> "State | None":
            _hold(self.first)
            self._deadline = asyncio.get_running_loop().time() + self._setting("atxferloopdelay")
            while True:
                match await self._next(timed=True):
                    case Stimulus.TRANSFEREE_GONE:
                        return self._fail_quietly
                    case Stimulus.TIMEOUT:
                        _release(self.first)
                        return then

        return wait

    async def _retransfer(self) -> "State | None":
        """Call the target once more."""
        try:
            self.target = self._recall = transfer.call_number(self.transferer, self._exten, self._context)
        except Unavailable:
            return self._fail_quietly
        transfer.place_call(self.target, self._connected)
        impart(self.first, self.target)
        if self.target.membership is not None:
            self.target.membership.on_answer = lambda: self.tell(Stimulus.RECALL_ANSWERED)
        self._deadline = asyncio.get_running_loop().time() + self._setting("atxfernoanswertimeout")
        while True:
            match await self._next(timed=True):
                case Stimulus.TRANSFEREE_GONE:
                    return self._fail_quietly
                case Stimulus.RECALL_ANSWERED:
                    return None
                case Stimulus.TIMEOUT:
                    self._recall = None
                    self.target.request_hangup()
                    break
                case Stimulus.RECALL_GONE:
                    self._recall = None
                    break
        if self._setting("atxferloopdelay"):
            return self._pause(self._recall_transferer)
        return self._recall_transferer
