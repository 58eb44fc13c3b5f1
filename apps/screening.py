"""Who is let through: Dial's p and P, which let the called party hear who calls, and decide, and their n and N."""

import asyncio
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from asterism.apps.dial_options import DialOptions
from asterism.runtime.channel import Channel
from asterism.runtime.errors import Hangup
from asterism.runtime.log import escaped
from asterism.runtime.states import DialStatus

_FAMILY = "privacy"
_VERDICTS = {"1": "allow", "2": "deny", "3": "torture", "4": "kill", "5": "allow"}
_REFUSALS = {
    "deny": DialStatus.NOANSWER, "torture": DialStatus.TORTURE, "kill": DialStatus.DONTCALL,
}  # fmt: skip
_ANSWERS = {"2": DialStatus.NOANSWER, "3": DialStatus.TORTURE, "4": DialStatus.DONTCALL, "5": DialStatus.NOANSWER}
_ASKED = 3
"""How often the called party is asked."""
_INTRO_S = 4.0
"""How long a caller may take to say his name."""


def _file_name(text: str) -> str:
    """A name that stays in its folder, whatever a caller's number says."""
    return "".join(char if char.isalnum() or char in "+*#-_=" else "=" for char in text)[:64]


@dataclass
class Screening:
    """One caller who is to be let through, or not.

    Args:
        chan: The caller.
        options: Dial's; with P what called parties have decided before counts, and is kept.
        status: DIALSTATUS when he is not let through.
        asks: Whether the called party is to be asked.
    """

    chan: Channel
    options: DialOptions
    status: DialStatus = DialStatus.INVALIDARGS
    asks: bool = False
    _who: str = ""
    _intro: str = ""

    async def refuses(self) -> bool:
        """Look at who calls before anybody is called; True when he is not let through, and DIALSTATUS says why.

        Raises:
            Hangup: He could not be asked for his name.
        """
        if not self.options.screen and self.options.privacy is None:
            return False
        chan, number = self.chan, "".join(char for char in self.chan.caller.number if char not in "()-. ")
        self._who = number or f"NOCALLERID_{chan.exten}{chan.name.replace('/', '=')}"
        if not number:
            chan.verbose(3, "Privacy-- callerid is empty")
        verdict = await self._known() if number and self.options.privacy is not None else ""
        if number and self.options.no_screening:
            chan.verbose(3, f"CallerID set ({escaped(number)}); N option set; Screening should be off")
            verdict = "allow"
        if verdict in _REFUSALS:
            chan.verbose(3, f"Privacy DB reports {verdict} for this callerid")
            self.status = _REFUSALS[verdict]
            chan.set("DIALSTATUS", self.status.value)
            return True
        self.asks = verdict != "allow"
        if self.asks:
            await self._introduce()
        return False

    async def _known(self) -> str:
        value = await self.chan.switch.database.get(_FAMILY, f"{self._key}/{self._who}")
        return (value or "").lower()

    @property
    def _key(self) -> str:
        return self.options.privacy or self.chan.exten

    async def _introduce(self) -> None:
        """Ask the caller for his name, unless it is there from another call."""
        chan = self.chan
        self._intro = f"priv-callerintros/{_file_name(self._who)}"
        if await chan.switch.sounds.find(self._intro, chan.language, chan.formats()) is not None:
            return
        await chan.answer()
        if (await chan.play("priv-recordintro")).missing:
            chan.set("DIALSTATUS", self.status.value)
            raise Hangup(0)
        path = self._file
        await asyncio.get_running_loop().run_in_executor(None, partial(path.parent.mkdir, parents=True, exist_ok=True))
        try:
            await chan.record(path, keys="#", longest_s=_INTRO_S, silence_s=2.0, beep=True)
        except Hangup:
            await self._forget()
            raise
        await chan.play("vm-dialout")

    @property
    def _file(self) -> Path:
        return self.chan.switch.directories.data / "sounds" / f"{self._intro}.sln"

    async def _forget(self) -> None:
        """Delete what the caller has said."""
        await asyncio.get_running_loop().run_in_executor(None, partial(self._file.unlink, missing_ok=True))

    async def done(self, answered: bool) -> None:
        """The call is over, or nobody took it: what the caller has said is deleted where n, or n(1), wants it."""
        nameless = self._who.startswith("NOCALLERID")
        wanted = self.options.no_introduction is not None and (answered or self.options.no_introduction == "1")
        if self._intro and (wanted or (answered and nameless)):
            await self._forget()

    async def ask(self, callee: Channel) -> bool:
        """Let the called party decide; True to join the two."""
        chan = self.chan
        answer: list[str] = []

        async def decide() -> bool:
            answer.append(await self._decide(callee))
            return True

        if self.options.music is not None:
            chan.start_music(self.options.music)
        elif self.options.ringing is not None or self.options.ringing_until_audio:
            chan.ring()
        try:
            await callee.work(decide())
        finally:
            chan.stop_music()
        digit = answer[0] if answer else ""
        if digit and self.options.privacy is not None:
            chan.verbose(3, f"--Set privacy database entry {self._key}/{self._who} to {_VERDICTS[digit].upper()}")
            await chan.switch.database.put(_FAMILY, f"{self._key}/{self._who}", _VERDICTS[digit])
        if digit == "1":
            await self.done(answered=True)
            return True
        if not digit:
            chan.notice("privacy: no valid response from the callee. Sending the caller to voicemail")
        self.status = _ANSWERS.get(digit, DialStatus.ANSWER)
        return False

    async def _decide(self, callee: Channel) -> str:
        keys = "12345" if self.options.privacy is not None else "1234"
        options = [name for name, wanted in (
            ("priv-callee-options", self.options.privacy is not None),
            ("screen-callee-options", self.options.screen),
        ) if wanted]  # fmt: skip
        for _ in range(_ASKED):
            sounds = ["priv-callpending", *([self._intro] if self._intro else []), *options]
            digit = (await callee.play(*sounds, interrupt=keys)).digit or await callee.read_digit(3.0)
            if digit and digit in keys:
                return digit
            await callee.play("vm-sorry")
        return ""
