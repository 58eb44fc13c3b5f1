"""A channel: one party of a call, and the verbs that a dialplan application may use on it.

A channel has one task, and only that task awaits its verbs. Everybody else asks: `request_hangup`, `redirect`,
`post`. Hangup is raised at whatever the task awaits, and again by every verb that is tried afterwards.
"""

import asyncio
import math
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from asterism.dialplan import machine, subroutine
from asterism.dialplan.scope import Jump
from asterism.runtime import media
from asterism.runtime.causes import Cause
from asterism.runtime.channel_base import ChannelBase
from asterism.runtime.driver import Answered, Digit, SoundFile, Tone
from asterism.runtime.errors import ArgumentError, Hangup
from asterism.runtime.hangup_handlers import HangupHandlerRun
from asterism.runtime.log import escaped
from asterism.runtime.mailbox import stirred
from asterism.runtime.states import ChannelState
from asterism.runtime.tones import ToneList

if TYPE_CHECKING:
    from asterism.runtime.dialing import DialResult
    from asterism.runtime.recording import Recorded

FOREVER = math.inf

LOCAL_ANSWER_S = 0.5
"How long an answer on a Local channel waits for somebody to hear it: as long as Asterisk waits for audio."

DIGIT_GAP_S = 0.25
"Pause between the digits that `send_digits` sends: SendDTMF's own."


@dataclass(frozen=True, slots=True)
class Played:
    """What came of playing: the digit that stopped it or "", and the names that were not found."""

    digit: str = ""
    missing: tuple[str, ...] = ()


class Channel(ChannelBase):
    """One party of a call. Meets `asterism.dialplan.scope.Scope` and `asterism.runtime.driver.Owner`."""

    async def answer(self, delay_s: float = 0.0, *, at_once: bool = False) -> None:
        """Answer the call; nothing when it is up.

        Args:
            delay_s: Seconds to wait after the answer.
            at_once: Do not wait for somebody who hears it, as one does before he says something.
        """
        self.check()
        if not self.is_up:
            self.leg.answer()
            await self._until_up()
            if not at_once:
                await self._until_heard()
        if delay_s > 0:
            await self.wait(delay_s)

    async def _until_heard(self) -> None:
        """Give somebody who is to be behind a Local channel the time to get there, or he misses the first words."""
        deadline = asyncio.get_running_loop().time() + LOCAL_ANSWER_S
        while self.leg.audio is None and media.audio_of(self) is None and not media.is_spoken_to(self):
            if not await stirred((self,), deadline):
                return

    async def _until_up(self) -> None:
        while not self.is_up:
            await stirred((self,))
        self.take(Answered)

    def ring(self) -> None:
        """Tell the caller that the far end rings."""
        if self.is_up or self.ended:
            return  # In `h` nobody is left to be told.
        self.check()
        self.leg.ring()

    def progress(self) -> None:
        """Open early audio to the caller."""
        if self.is_up or self.ended:
            return  # In `h` nobody is left to be told.
        self.check()
        self.leg.progress()

    def proceed(self) -> None:
        """Tell the caller that the call is worked on."""
        if self.is_up or self.ended:
            return  # In `h` nobody is left to be told.
        self.check()
        self.leg.proceed()

    async def wait(self, seconds: float) -> None:
        """Do nothing for a while; digits stay for whoever reads them next."""
        self.check()
        await asyncio.sleep(seconds)

    def pause(self) -> Awaitable[None]:
        """Let others run."""
        return asyncio.sleep(0)

    def _let_hear(self) -> None:
        self.check()
        if not self.is_up and not self.outgoing:
            self.leg.progress()

    def start_pieces(self, pieces: Sequence[media.Piece]) -> media.Play:
        """Begin pieces, one after the other. A caller that was not answered hears them all the same."""
        self._let_hear()
        return media.Play(self, pieces)

    def start_play(self, sound: SoundFile, *, loop: bool = False) -> media.Play:
        """Begin a sound; it plays until it ends or is stopped."""
        return self.start_pieces([media.SoundPiece(sound, loop)])

    def start_tone(self, tones: str | ToneList | Sequence[Tone], *, loop: bool = True) -> media.Play:
        """Begin a tone, by name (`busy`) or as it is.

        Raises:
            ArgumentError: There is no tone of this name.
        """
        self._let_hear()
        if isinstance(tones, str):
            found = self.switch.tones.find(tones, self.tonezone)
            if found is None:
                raise ArgumentError(f"there is no tone {tones!r}")
            tones = found
        if isinstance(tones, ToneList):
            return media.Play(self, media.tone_pieces(tones))
        return media.Play(self, [media.TonePiece(tones, loop)])

    def stop_play(self) -> None:
        """Stop all that is playing."""
        for play in tuple(self.plays):
            play.stop()

    async def play(self, *names: str, interrupt: str = "", language: str = "") -> Played:
        """Play sounds one after the other.

        Args:
            names: As the dialplan names them: `hello-world`. One that is not found is logged and skipped.
            interrupt: Digits that end it; other digits stay for whoever reads them next.
            language: Instead of the channel's.
        """
        self.check()
        language = language or self.language
        missing: list[str] = []
        for name in names:
            sound = await self.switch.sounds.find(name, language, self.formats())
            if sound is None:
                missing.append(name)
                self.warn(f"File {escaped(name)} does not exist in any format")
                continue
            shown = f"{escaped(name)}.{sound.format}"
            self.verbose(3, f"<{self.name}> Playing '{shown}' (language '{language}')")
            play = self.start_play(sound)
            digit = await self.until_played(play, interrupt)
            if play.failed:
                missing.append(name)
            if digit:
                return Played(digit, tuple(missing))
        return Played("", tuple(missing))

    def start_music(self, music_class: str = "", otherwise: str = "") -> None:
        """Begin music on hold, of the channel's class when none is named; see `MusicClasses.choose`."""
        from asterism.runtime import music

        music.start(self, music_class, otherwise)

    def stop_music(self) -> None:
        """End music on hold."""
        from asterism.runtime import music

        music.stop(self)

    async def until_played(self, play: media.Play, interrupt: str = "") -> str:
        """Wait for the end of what plays; the digit of `interrupt` that stopped it, or ""."""
        play.done.add_done_callback(lambda done: self.stir())
        try:
            while not play.done.done():
                if interrupt and (digit := self._digit_of(interrupt)):
                    return digit
                await stirred((self,))
        finally:
            play.stop()
        return ""

    def _digit_of(self, wanted: str) -> str:
        for event in self._mail:
            if isinstance(event, Digit) and event.digit in wanted:
                self._mail.remove(event)
                return event.digit
        return ""

    def formats(self) -> Sequence[str]:
        """The audio formats that are heard behind this channel, best first."""
        heard = media.end(self)
        return (heard or self).leg.formats

    def flush_digits(self) -> None:
        """Forget digits that nobody has read."""
        while self.take(Digit) is not None:
            pass

    async def read_digit(self, seconds: float) -> str:
        """Wait for one key; "" when none came in time."""
        self.check()
        deadline = asyncio.get_running_loop().time() + seconds
        while (event := self.take(Digit)) is None:
            if not await stirred((self,), deadline):
                return ""
        return event.digit

    async def read_digits(
        self, most: int = 255, *, first_s: float = 5.0, next_s: float = 5.0, end: str = "#", sound: str = ""
    ) -> str:
        """Collect digits.

        Args:
            most: How many at most.
            first_s: Seconds to wait for the first, after the sound.
            next_s: Seconds to wait for each further one.
            end: Digits that end the number and are not part of it.
            sound: Played meanwhile, until the first digit.
        """
        digits = ""
        if sound:
            digits = (await self.play(sound, interrupt="0123456789*#ABCD")).digit
            if digits and digits in end:
                return ""
        while len(digits) < most:
            digit = await self.read_digit(next_s if digits else first_s)
            if not digit or digit in end:
                break
            digits += digit
        return digits

    async def send_digits(self, digits: str, duration_ms: int = 100, gap_s: float = DIGIT_GAP_S) -> None:
        """Send DTMF; `w` is half a second of silence, `W` a second."""
        for digit in digits:
            self.check()
            if digit in "wW":
                await asyncio.sleep(0.5 if digit == "w" else 1.0)
                continue
            self.leg.send_digit(digit, duration_ms)
            await asyncio.sleep(duration_ms / 1000 + gap_s)

    async def record(
        self,
        path: str | Path,
        *,
        keys: str = "#",
        longest_s: float = FOREVER,
        silence_s: float = FOREVER,
        beep: bool = False,
        append: bool = False,
    ) -> "Recorded":
        """Record what the far end says; the file is complete on return, and when a hangup is raised too.

        Args:
            path: The file; its extension says the format: wav, wav16, ulaw, alaw, gsm, g722, sln, sln16.
            keys: Keys that end it.
            longest_s: How long it may last, in seconds.
            silence_s: How long it may be silent.
            beep: Play a beep before.
            append: Go on behind what is in the file.

        Raises:
            OSError: The file cannot be written.
            ArgumentError: Nothing can be recorded in this format.
        """
        from asterism.runtime.recording import record

        self.check()
        if beep:
            await self.play("beep")
        return await record(self, Path(path), keys=keys, longest_s=longest_s, silence_s=silence_s, append=append)

    async def echo(self) -> None:
        """Send the far end what it says, until it hangs up or presses `#`."""
        self._let_hear()
        play = media.Play(self, [media.EchoPiece()])
        await self.until_played(play, "#")

    async def busy(self, seconds: float = FOREVER) -> NoReturn:
        """Tell the caller that it is busy, then end the call with cause 17; one that is up hears the tone instead."""
        await self._unreachable(Cause.USER_BUSY, "busy", seconds)

    async def congestion(self, seconds: float = FOREVER) -> NoReturn:
        """Tell the caller that no line is free, then end the call with cause 34; an answered one hears the tone."""
        await self._unreachable(Cause.NORMAL_CIRCUIT_CONGESTION, "congestion", seconds)

    async def _unreachable(self, cause: Cause, tone: str, seconds: float) -> NoReturn:
        told = 0 if self.is_up else int(cause)
        self.cause = told or self.cause
        if self.ended or self.far_end_gone:
            raise Hangup(told)
        if self.is_up:
            self._tone_if_known(tone)
        else:
            self.to_state(ChannelState.BUSY)
            self.leg.refuse(cause)
        await asyncio.sleep(min(seconds, 1e9))  # Until the caller hangs up, as a rule.
        self.stop_play()
        raise Hangup(told, asked=not self.is_up)  # TryExec goes on with an answered call.

    def _tone_if_known(self, tone: str) -> None:
        try:
            self.start_tone(tone)
        except ArgumentError as error:
            self.warn(f"{self.name} hears nothing: {error}")

    async def finish(self, status: str) -> None:
        """End by DIALSTATUS, as a dialplan without a next priority does."""
        await (self.busy(10.0) if status.upper() == "BUSY" else self.congestion(10.0))

    async def dial(self, destinations: Sequence[str], timeout: float = FOREVER, **options: Any) -> "DialResult":
        """Call several destinations at once and join the first that answers, until the bridge ends.

        Args:
            destinations: Technology/resource each.
            timeout: Seconds to ring.
            options: See `asterism.runtime.dialing.DialSettings`.

        Sets: DIALSTATUS, DIALEDPEERNAME, DIALEDPEERNUMBER, DIALEDTIME, ANSWEREDTIME, RINGTIME, PROGRESSTIME,
            and the times in milliseconds with _MS behind.
        """
        from asterism.runtime.dialing import DialSettings, dial

        return await dial(self, destinations, DialSettings(timeout=timeout, **options))

    def hangup(self, cause: int = Cause.NORMAL_CLEARING) -> NoReturn:
        """End the call, with this cause."""
        raise Hangup(cause, asked=True)

    def goto(self, context: str = "", exten: str = "", priority: str | int = 1) -> None:
        """Go on elsewhere in the dialplan when the application returns."""
        self.jump = Jump(context, exten, subroutine.number_or_label(str(priority)))

    def handler_starts(self, handler: str) -> None:
        """Tell that a hangup handler is about to run; the machine calls this."""
        self.tell(HangupHandlerRun, handler)

    async def gosub(self, place: str, arguments: Sequence[str] = ()) -> bool:
        """Run a subroutine, `[[context,]exten,]priority`, until it returns; False when it ended otherwise."""
        self.check()
        jump = subroutine.place(place)
        return jump is not None and await machine.call(self.source, self, jump, arguments)

    def send_text(self, text: str) -> None:
        """Send a text message inside the call."""
        self.check()
        self.leg.send_text(text)

    def set_variables(self, values: Mapping[str, str]) -> None:
        """Set several variables, in order."""
        for name, value in values.items():
            self.set(name, value)

    async def assign(self, name: str, value: str) -> None:
        """Set a variable, or write a function by its name, `CALLERID(name)`; dangerous functions are refused."""
        function = self.switch.find_function(name.partition("(")[0]) if name.endswith(")") else None
        if function is None:
            self.set(name, value)
        elif function.dangerous_write:
            self.warn(f"{escaped(name)} is not written: it is dangerous")
        else:
            try:
                written = function.assign(self, name.partition("(")[2][:-1], value)
                if written is not None:
                    await written
            except ArgumentError as error:
                self.warn(str(error))
