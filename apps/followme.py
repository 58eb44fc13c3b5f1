"""FollowMe: look for somebody at one number after the other."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from asterism.apps.called_for import race_for
from asterism.apps.dial_answer import hear, run_subroutine
from asterism.runtime import recording
from asterism.runtime.bridge import Bridge
from asterism.runtime.causes import Cause
from asterism.runtime.channel import Channel
from asterism.runtime.declare import Option, Unit, application
from asterism.runtime.errors import ArgumentError, ConfigError, Hangup
from asterism.runtime.log import escaped
from asterism.runtime.mailbox import stirred
from asterism.runtime.member import impart, join
from asterism.runtime.race import Race
from asterism.runtime.settings import Alias, Entry, read, section

if TYPE_CHECKING:
    from asterism.runtime.runtime import Runtime

FILE = "followme.conf"
RING_S = 25
"How long a step lasts when its line does not say."
_NAME_S = 5.0
"How long a caller may take to say his name."
_KEYS = "0123456789*#"


@section(FILE, "general")
@dataclass(frozen=True)
class FollowMeSettings:
    """What callers and those who are called hear, and press."""

    featuredigittimeout: Annotated[int, Unit("ms")] = 5000
    "How long is waited for the next key of who is called."
    enable_callee_prompt: bool = True
    "Ask who has answered whether he takes the call."
    takecall: str = "1"
    "Keys that take it."
    declinecall: str = "2"
    "Keys that do not."
    call_from_prompt: Annotated[str, Alias("call-from-prompt")] = "followme/call-from"
    "There is a call from ... (behind it the caller's own voice)."
    norecording_prompt: Annotated[str, Alias("followme-norecording-prompt", "norecording-prompt")] = (
        "followme/no-recording"
    )
    "There is a call."
    options_prompt: Annotated[str, Alias("options-prompt")] = "followme/options"
    "Which keys to press."
    pls_hold_prompt: Annotated[str, Alias("pls-hold-prompt")] = "followme/pls-hold-while-try"
    "The caller is asked to wait."
    status_prompt: Annotated[str, Alias("status-prompt")] = "followme/status"
    "The caller is told that nobody is at the desk."
    sorry_prompt: Annotated[str, Alias("sorry-prompt")] = "followme/sorry"
    "The caller is told that nobody was found."
    connecting_prompt: Annotated[str, Alias("connecting-prompt")] = ""
    "Played to who takes the call, before the two talk."


@section(FILE, "*")
@dataclass(frozen=True)
class Profile(FollowMeSettings):
    """Where to look for somebody; each `number` line is `number[&number...][,seconds[,order]]`."""

    musicclass: Annotated[str, Alias("musiconhold", "music")] = ""
    "The music that the caller hears."
    context: str = "default"
    "Where the numbers are dialled."
    number: str = ""
    "One step: numbers that ring at once, for how long, and which step it is."


@dataclass(frozen=True, slots=True)
class Step:
    """Numbers that ring at once, and for how many seconds."""

    numbers: tuple[str, ...]
    seconds: float


Profiles = dict[str, tuple[Profile, tuple[Step, ...]]]


def configure(rt: "Runtime", complain: Callable[[ConfigError], None]) -> None:
    """Read followme.conf; when it is lost as a whole the profiles that were there stay."""
    profiles: Profiles = {}
    if rt.has_config(FILE):
        try:
            config = rt.configuration(FILE, complain)
        except ConfigError as error:
            complain(error)
            return
        usual = Profile(**asdict(read(FollowMeSettings, config.lines("general"), complain)))
        for each in config:
            if each.name.lower() != "general":
                lines = [entry for entry in each.lines if entry.key.lower() != "number"]
                numbers = [entry for entry in each.lines if entry.key.lower() == "number"]
                profiles[each.name] = (read(Profile, lines, complain, usual), _steps(numbers, complain))
    rt.datastores[FILE] = profiles


def _steps(lines: Sequence[Entry], complain: Callable[[ConfigError], None]) -> tuple[Step, ...]:
    found: list[tuple[int, Step]] = []
    for at, line in enumerate(lines, 1):
        numbers, seconds, order = ([part.strip() for part in line.value.split(",")] + ["", ""])[:3]
        if not all(not text or text.isdecimal() for text in (seconds, order)):
            complain(ConfigError(f"number = {line.value}: no such step", line.file, line.lineno, line.key))
            continue
        wanted = tuple(number for number in numbers.split("&") if number)
        found.append((int(order or at), Step(wanted, int(seconds or RING_S))))
    return tuple(step for _, step in sorted(found, key=lambda each: each[0]))


@dataclass(frozen=True)
class FollowMeOptions:
    """Options of FollowMe."""

    ask_name: Annotated[bool, Option("a")] = False
    "Let the caller say his name, for who is called to hear."
    before_called: Annotated[str | None, Option("b", "context^exten^priority(args)")] = None
    "A subroutine that runs on each called channel before it is called."
    before_calling: Annotated[str | None, Option("B", "context^exten^priority(args)")] = None
    "A subroutine that runs on the caller first."
    no_hold_prompt: Annotated[bool, Option("d")] = False
    "Do not ask the caller to wait."
    keep_connected: Annotated[bool, Option("I")] = False
    "Do not tell either side who the other one is."
    keep_local: Annotated[bool, Option("l")] = False
    "Leave the Local channels in the call."
    no_answer: Annotated[bool, Option("N")] = False
    "Answer the caller only when somebody takes the call; he hears ringing."
    sorry: Annotated[bool, Option("n")] = False
    "Tell the caller when nobody was found."
    status: Annotated[bool, Option("s")] = False
    "Tell the caller first that nobody is at the desk."


@application("FollowMe", see="Dial, RetryDial, Page")
async def followme(chan: Channel, followmeid: str = "", options: FollowMeOptions = FollowMeOptions()) -> None:
    """Look for somebody at one number after the other, and ask who answers whether he takes the call.

    Args:
        followmeid: A section of followme.conf.
        options: Letters, each explained in its own line.
    Compat: app_followme. When nobody is found, or there is no such section, the dialplan goes on; after a talk the
        call ends. The dial attempts are told without the caller's channel.
    """
    if not followmeid:
        chan.warn("FollowMe requires an argument (followmeid)")
        return
    found = chan.switch.datastores.get(FILE, {}).get(followmeid)
    if found is None:
        chan.warn(f"Profile requested, {escaped(followmeid)}, not found in the configuration.")
        return
    profile, steps = found
    if options.before_calling:
        await run_subroutine(chan, options.before_calling, chan)
    name = await _greeted(chan, profile, options)
    search = _Search(chan, profile, options, name)
    winner = None
    try:
        if not options.no_answer and not options.no_hold_prompt:
            await chan.play(profile.pls_hold_prompt)
        if options.no_answer and not chan.is_up:
            chan.ring()
        else:
            chan.start_music(profile.musicclass)
        winner = await search.run(steps)
    finally:
        chan.stop_music()
        search.close(winner)
        if name is not None:  # Beside the call: who waits here for the disk may be interrupted, and forget the winner.
            chan.switch.spawn(recording.discard(name), f"FollowMe: the end of {name}")
    if winner is None:
        if options.sorry:
            await chan.play(profile.sorry_prompt)
        return
    await _talk(chan, winner, profile, options)


async def _greeted(chan: Channel, profile: Profile, options: FollowMeOptions) -> Path | None:
    """What the caller hears first; where his name is when he was asked for it."""
    if options.no_answer:
        return None
    await chan.answer()
    if options.status:
        await chan.play(profile.status_prompt)
    return await _named(chan) if options.ask_name and profile.enable_callee_prompt else None


async def _named(chan: Channel) -> Path | None:
    """Let the caller say his name."""
    path = chan.switch.directories.spool / "followme" / f"{chan.uniqueid}.sln"
    try:
        await asyncio.get_running_loop().run_in_executor(None, lambda: path.parent.mkdir(parents=True, exist_ok=True))
        await chan.play("vm-rec-name")
        await chan.record(path, keys="#", longest_s=_NAME_S, silence_s=2.0, beep=True)
    except (ArgumentError, OSError) as error:
        chan.warn(f"FollowMe: the name of the caller could not be recorded: {error}")
        return None
    except Hangup:
        await recording.discard(path)
        raise
    return path


async def _talk(chan: Channel, winner: "_Attempt", profile: Profile, options: FollowMeOptions) -> None:
    callee = winner.callee
    assert callee is not None
    try:
        if profile.connecting_prompt:
            await callee.work(hear(callee, profile.connecting_prompt))
        await chan.answer(at_once=True)
        if callee.far_end_gone:
            raise Hangup(Cause.NORMAL_CLEARING)
    except BaseException:
        winner.race.dismiss(Cause.NORMAL_CLEARING)
        raise
    bridge = Bridge(chan.switch)
    impart(bridge, callee)
    await join(bridge, chan, introduced=not options.keep_connected)
    raise Hangup(Cause.NORMAL_CLEARING)


@dataclass(eq=False)
class _Attempt:
    """One number that is tried."""

    race: Race
    task: "asyncio.Task[None] | None" = None
    callee: Channel | None = None
    "Who has answered."


@dataclass(eq=False)
class _Search:
    """All numbers that are tried for one caller; the first who takes the call ends it."""

    chan: Channel
    profile: Profile
    options: FollowMeOptions
    name: Path | None
    winner: _Attempt | None = field(default=None, init=False)
    attempts: list[_Attempt] = field(default_factory=list, init=False)
    "Those under way."

    async def run(self, steps: tuple[Step, ...]) -> _Attempt | None:
        """Try one step after the other; who rings still when a step is over is given up, who is asked is not."""
        loop = asyncio.get_running_loop()
        for step in steps:
            deadline = loop.time() + step.seconds
            for number in step.numbers:
                self._begin(number)
            while self.winner is None and self.attempts and loop.time() < deadline:
                await stirred((self.chan,), deadline)
            if self.winner is not None:
                break
            for attempt in tuple(self.attempts):
                if attempt.callee is None and attempt.task is not None:
                    attempt.task.cancel()
        return self.winner

    def close(self, winner: _Attempt | None) -> None:
        """Give up all but the winner; that one too, when the caller has gone before he knew of him."""
        if winner is None and self.winner is not None:
            self.winner.race.dismiss(Cause.NORMAL_CLEARING)
        for attempt in tuple(self.attempts):
            if attempt.task is not None and attempt is not self.winner:
                attempt.task.cancel()

    def _begin(self, number: str) -> None:
        chan, options = self.chan, self.options
        destination = f"Local/{number}@{self.profile.context}/{'n' * options.keep_local}m"
        chan.verbose(3, f"calling {escaped(destination)}")
        attempt = _Attempt(race_for(chan, options.before_called))
        self.attempts.append(attempt)
        attempt.task = chan.switch.spawn(self._try(attempt, destination), f"follow me to {escaped(number)}")
        attempt.task.add_done_callback(lambda done: self._ended(attempt))

    def _ended(self, attempt: _Attempt) -> None:
        self.attempts.remove(attempt)
        self.chan.stir()

    async def _try(self, attempt: _Attempt, destination: str) -> None:
        callee = await attempt.race.run([destination])
        if callee is None:
            return
        attempt.callee = callee
        taken = False
        try:
            asks = self.profile.enable_callee_prompt
            taken = not callee.far_end_gone and (not asks or await callee.work(self._asked(callee)))
        finally:
            if taken and self.winner is None:
                self.winner = attempt
            else:
                attempt.race.dismiss(Cause.NORMAL_CLEARING)

    async def _asked(self, callee: Channel) -> bool:
        """Whether who has answered takes the call."""
        profile = self.profile
        what = [profile.norecording_prompt] if self.name is None else [profile.call_from_prompt, _sound(self.name)]
        pressed = (await callee.play(*what, profile.options_prompt, interrupt=_KEYS)).digit
        while True:
            if pressed and pressed.endswith(profile.takecall):
                return True
            if pressed and pressed.endswith(profile.declinecall):
                return False
            digit = await callee.read_digit(profile.featuredigittimeout / 1000)
            if not digit:
                return False
            pressed += digit


def _sound(path: Path) -> str:
    return str(path.with_suffix(""))
