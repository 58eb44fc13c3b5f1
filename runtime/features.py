"""What the parties of a call may do with DTMF while they talk: key codes, and what each of them does.

Which features a party may use are letters that stay with its channel (Dial's T, H, K, W, X, for the called party in
lower case); the keys come from features.conf, from FEATUREMAP(), and, for applications, from DYNAMIC_FEATURES.
"""

import asyncio
import inspect
import math
import re
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from asterism.runtime.driver import Digit
from asterism.runtime.features_conf import MappedApplication
from asterism.runtime.mailbox import Errand
from asterism.runtime.mixmonitor import monitors_of

if TYPE_CHECKING:
    from asterism.runtime.channel import Channel
    from asterism.runtime.channel_base import ChannelBase
    from asterism.runtime.member import Member

Hook = Callable[["Member"], Awaitable[None]]
"""What a code does; runs in the task of the channel that has dialled it."""

LETTERS = {"blindxfer": "T", "atxfer": "T", "disconnect": "H", "parkcall": "K", "automixmon": "X"}
"""Which letter lets a party use a built-in feature."""

KNOWN = "TKHWX"
"""The letters, in Asterisk's order."""

CONSULTATION = "attended transfer"
"""Under which a channel that transfers keeps its consultation, which has keys of its own."""

_UNFIT = re.compile(r"[^\w+*#.;@-]", re.ASCII)

_ALLOWED, _OWN = "bridge features", "own features"


# --- what a channel may do --------------------------------------------------------------------------


def allow(channel: "ChannelBase", letters: str) -> None:
    """Let a channel use features, by their letters, in any bridge from now on."""
    if letters:
        channel.datastores.setdefault(_ALLOWED, set()).update(letters)


def set_allowed(channel: "ChannelBase", letters: str) -> None:
    """Let a channel use these features, and no others."""
    channel.datastores[_ALLOWED] = set(letters)


def allowed(channel: "ChannelBase") -> str:
    """The letters of the features that a channel may use, in Asterisk's order."""
    return "".join(letter for letter in KNOWN if letter in channel.datastores.get(_ALLOWED, ()))


def allow_by_variable(caller: "Channel", callee: "Channel") -> None:
    """Let two parties use what the caller's BRIDGE_FEATURES says: capitals are the caller's, all else the callee's."""
    for letter in caller.variables.get("BRIDGE_FEATURES", ""):
        if letter.upper() not in KNOWN:
            caller.warn(f"Skipping unknown feature code '{letter}'")
        else:
            allow(caller if letter.isupper() else callee, letter.upper())


def setting(channel: "ChannelBase", name: str) -> Any:
    """A value of features.conf's [general] or [featuremap], or what FEATURE() or FEATUREMAP() has put in its place."""
    own = channel.datastores.get(_OWN, {})
    if name in own:
        return own[name]
    conf = channel.switch.features
    return getattr(conf.featuremap if name in LETTERS else conf.general, name)


def set_own(channel: "ChannelBase", name: str, value: Any) -> None:
    """Let a value be another one for this channel."""
    channel.datastores.setdefault(_OWN, {})[name] = value


# --- the keys ---------------------------------------------------------------------------------------


class Keys:
    """The keys that a party of a bridge presses, until they are a code, or none.

    Args:
        party: Whose.
        hooks: What each code does.
    """

    def __init__(self, party: "Member", hooks: dict[str, Hook]) -> None:
        self._party = party
        self.hooks = hooks
        self._held: list[Digit] = []
        self.deadline = math.inf
        "When what was pressed is no code any more (loop time)."

    def use(self, hooks: dict[str, Hook]) -> None:
        """Let these codes count from now on; with any, the far end's keys are ours until they are none of them."""
        audio = self._party.channel.leg.audio
        if audio is not None and bool(hooks) is not bool(self.hooks):
            audio.keep_digits(bool(hooks))
        self.hooks = hooks

    async def press(self, digit: Digit) -> None:
        """Take a key: run what it completes, keep what may become a code, let the others have the rest."""
        self._held.append(digit)
        code = "".join(each.digit for each in self._held)
        hook = self.hooks.get(code)
        if hook is not None:
            self.forget()
            await hook(self._party)
        elif any(each.startswith(code) for each in self.hooks):
            pause_ms = int(setting(self._party.channel, "featuredigittimeout"))
            self.deadline = asyncio.get_running_loop().time() + pause_ms / 1000
        else:
            self.lapse()

    def lapse(self) -> None:
        """What was pressed is no code: the others may have it."""
        held = tuple(self._held)
        self.forget()
        for digit in held:
            self._party.pass_digit(digit)

    def forget(self) -> None:
        """Nothing was pressed."""
        self._held.clear()
        self.deadline = math.inf


def hooks_of(channel: "Channel") -> dict[str, Hook]:
    """The codes that a channel may dial in a call's own bridge, and what they do."""
    consultation = channel.datastores.get(CONSULTATION)
    if consultation is not None:
        return dict(consultation.hooks())
    hooks: dict[str, Hook] = {}
    letters = allowed(channel)
    for name, letter in LETTERS.items():
        code = setting(channel, name)
        if letter in letters and code:
            hooks[code] = _BUILTIN[name]
    wanted = channel.variables.get("DYNAMIC_FEATURES", "")
    if wanted:

        def unknown(name: str) -> None:
            channel.warn(f"Unknown DYNAMIC_FEATURES item '{name}' on channel {channel.name}")

        for each in channel.switch.features.dynamic(wanted, unknown):
            hooks[each.code] = _dynamic(each)
    return hooks


# --- what they do -----------------------------------------------------------------------------------


async def disconnect(party: "Member") -> None:
    """Take the party out of its call, which is over for all of two."""
    if party.bridge is not None:
        party.channel.verbose(3, f"{party.channel.name} has ended the call with its keys")
        party.hang_up()


async def blind_transfer(party: "Member") -> None:
    """Ask for a number, and send the other party there."""
    from asterism.runtime import transfer

    await transfer.by_keys(party)


async def attended_transfer(party: "Member") -> None:
    """Ask for a number, talk to it, and join the other party with it."""
    from asterism.runtime import consultation

    await consultation.by_keys(party)


async def park(party: "Member") -> None:
    """Park the other party."""
    parking = party.channel.switch.find_application("Park")
    if parking is None:
        party.channel.warn("There is no parking: the code to park a call is ignored")
        return
    others = party.others()
    if len(others) == 1 and others[0].membership is not None:
        _run_on(others[0].membership, MappedApplication("parkcall", "", True, "Park"), party.channel.name)


async def record(party: "Member") -> None:
    """Record both parties, or stop that; features.conf and TOUCH_MIXMONITOR_MESSAGE_START, _STOP say what they hear."""
    channel = party.channel
    start, stop = (channel.switch.find_application(name) for name in ("MixMonitor", "StopMixMonitor"))
    if start is None or stop is None:
        channel.warn("There is no MixMonitor: the code to record a call is ignored")
        return
    others = party.others()
    if len(others) != 1:
        _hears(channel, str(setting(channel, "recordingfailsound")))
        return
    recorded = others[0]
    if recorded.datastores.pop("automixmon", None):
        await _run(recorded, "StopMixMonitor", "")
        _both_hear(party, recorded, "TOUCH_MIXMONITOR_MESSAGE_STOP")
        return
    parties = "-".join(each.caller.number or each.name for each in (channel, recorded))
    # Whoever calls chooses his number: it must not become another argument, nor lead to another folder.
    name = channel.variables.get("TOUCH_MIXMONITOR", "") or f"{round(channel.now())}-{_UNFIT.sub('-', parties)}"
    kind = channel.variables.get("TOUCH_MIXMONITOR_FORMAT", "") or "wav"
    prefix = channel.variables.get("TOUCH_MIXMONITOR_PREFIX", "") or "auto"
    file, before = f"{prefix}-{name}.{kind}", len(monitors_of(recorded))
    await _run(recorded, "MixMonitor", f"{file},b")
    if len(monitors_of(recorded)) == before:
        _hears(channel, str(setting(channel, "recordingfailsound")))
        return
    recorded.datastores["automixmon"] = file
    recorded.set("TOUCH_MIXMONITOR_OUTPUT", file)
    _both_hear(party, recorded, "TOUCH_MIXMONITOR_MESSAGE_START")


def _both_hear(party: "Member", other: "Channel", message: str) -> None:
    """Play to both parties that a recording begins or ends: a tone, and a message that a variable names."""
    channel = party.channel
    for sound in (str(setting(channel, "courtesytone")), channel.variables.get(message, "")):
        _hears(channel, sound)
        _hears(other, sound)


def _hears(channel: "Channel", sound: str) -> None:
    from asterism.runtime.member import play_to

    play_to(channel, sound)


_BUILTIN: dict[str, Hook] = {
    "blindxfer": blind_transfer,
    "atxfer": attended_transfer,
    "disconnect": disconnect,
    "parkcall": park,
    "automixmon": record,
}


def _dynamic(mapped: MappedApplication) -> Hook:
    async def run(party: "Member") -> None:
        name = party.channel.name
        if not mapped.on_peer:
            await _mapped(party, mapped, name)
            return
        for other in party.others():
            if other.membership is not None:
                _run_on(other.membership, mapped, name)

    return run


def _run_on(party: "Member", mapped: MappedApplication, who: str) -> None:
    """Let another party of the bridge run an application, in its own task."""
    party.channel.post(Errand(lambda: _mapped(party, mapped, who)))


async def _mapped(party: "Member", mapped: MappedApplication, who: str) -> None:
    channel = party.channel
    channel.set("DYNAMIC_FEATURENAME", mapped.name)
    channel.set("DYNAMIC_WHO_ACTIVATED", who)
    waiting = [other.membership for other in party.others() if other.membership is not None] if mapped.music else []
    for other in waiting:
        other.suspend(mapped.music)
    with party.apart():
        await _run(channel, mapped.application, mapped.arguments)
    for other in waiting:
        other.release()


async def _run(channel: "Channel", name: str, arguments: str) -> None:
    """Run an application on a channel whose task this is."""
    if name.lower() == "gosub":
        await channel.gosub(*_place(arguments))
        return
    application = channel.switch.find_application(name)
    if application is None:
        channel.warn(f"Could not find application ({name})")
        return
    outcome = application.run(channel, arguments)
    if outcome is not None and inspect.isawaitable(outcome):
        await outcome


def _place(text: str) -> tuple[str, list[str]]:
    from asterism.dialplan import subroutine

    return subroutine.split_call(text)
