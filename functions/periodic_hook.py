"""PERIODIC_HOOK: a piece of dialplan that is run now and then, and heard in a call."""

import asyncio

from asterism.runtime.channel import Channel
from asterism.runtime.declare import function
from asterism.runtime.dialing import originate
from asterism.runtime.errors import ArgumentError
from asterism.runtime.settings import FALSE_WORDS, is_true

KEY = "periodic hooks"
"Under this name a channel keeps its hooks by their ids, and a runtime the next id."


class Hook:
    """Runs an extension every so many seconds, and lets the call of a channel hear it, until it is switched off."""

    def __init__(self, channel: Channel, number: str, context: str, exten: str, interval_s: int) -> None:
        self._channel, self._number = channel, number
        self._context, self._exten, self._interval_s = context, exten, interval_s
        self._task: asyncio.Task[None] | None = None
        self._heard: Channel | None = None
        "Who has let it be heard last."

    def switch_on(self) -> None:
        """Run it now, and then every so many seconds; nothing when it does already."""
        if self._task is None:
            self._task = self._channel.switch.spawn(self._run(), f"PERIODIC_HOOK of {self._channel.name}")

    def switch_off(self) -> None:
        """Run it no more; what runs now is heard to its end."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def _run(self) -> None:
        name, switch = self._channel.name, self._channel.switch
        while name in switch.channels:
            if self._heard is None or self._heard.closed:
                switch.spawn(self._once(name), f"the hook of {name}")
            await asyncio.sleep(self._interval_s)

    async def _once(self, name: str) -> None:
        found = await originate(
            self._channel.switch, f"Local/{self._exten}@{self._context}", application="ChanSpy",
            app_data=f"{name},quEBS", variables={"__HOOK_CHANNEL": name, "__HOOK_ID": self._number},
        )  # fmt: skip
        self._heard = found.channel


def _hooks(chan: Channel) -> dict[str, Hook]:
    found: dict[str, Hook] = chan.datastores.setdefault(KEY, {})
    return found


@function(
    "PERIODIC_HOOK",
    see="ChanSpy",
    form="context,extension,interval | id",
    dangerous_read=True,
    dangerous_write=True,
)
def periodic_hook(chan: Channel, context: str, extension: str = "", interval: str = "") -> str:
    """Run an extension now and then, and let both sides of the call hear it; to read it begins that, and tells its id.

    Writing `off` to PERIODIC_HOOK(id) ends it, `on` begins it again. The extension runs on a channel of its own, which
    has HOOK_CHANNEL and HOOK_ID as variables.

    Args:
        context: Where the extension is; or the id.
        extension: What is run.
        interval: Seconds from one time to the next.
    Compat: func_periodic_hook. The extension is heard from its answer on; what is heard still is not begun again.
    """
    if not context or not extension:
        raise ArgumentError("a context, an extension, and an interval are needed")
    if not interval.isdecimal() or not int(interval):
        raise ArgumentError(f"Invalid hook interval: '{interval}'")
    number = str(chan.switch.datastores.get(KEY, 0))
    chan.switch.datastores[KEY] = int(number) + 1
    hook = _hooks(chan)[number] = Hook(chan, number, context, extension, int(interval))
    hook.switch_on()
    return number


@periodic_hook.write
def _switch(chan: Channel, context: str, extension: str = "", interval: str = "", value: str = "") -> None:
    hook = _hooks(chan).get(context)
    if hook is None:
        chan.warn(f"Hook with ID '{context}' not found on '{chan.name}'")
    elif is_true(value):
        hook.switch_on()
    elif value.strip().lower() in FALSE_WORDS:
        hook.switch_off()
    else:
        chan.warn(f"Invalid value for PERIODIC_HOOK function: '{value}'")
