"""AMD: whether a human or an answering machine has taken the call."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Annotated

from asterism.functions import indirect
from asterism.runtime import media, recording
from asterism.runtime.channel import Channel
from asterism.runtime.declare import Unit, application
from asterism.runtime.errors import ConfigError, Hangup
from asterism.runtime.log import escaped
from asterism.runtime.mailbox import stirred
from asterism.runtime.settings import read, section
from asterism.runtime.tape import FRAME_MS, SILENCE_LEVEL

if TYPE_CHECKING:
    from asterism.runtime.runtime import Runtime

FILE = "amd.conf"
LOOK_S = 0.02
"How often it is looked what was said."
_WAITED_MS = 100


@section(FILE, "general")
@dataclass(frozen=True)
class AmdSettings:
    """What a human sounds like."""

    initial_silence: Annotated[int, Unit("ms")] = 2500
    "A machine: so much silence before the greeting."
    greeting: Annotated[int, Unit("ms")] = 1500
    "A machine: so much voice in the greeting."
    after_greeting_silence: Annotated[int, Unit("ms")] = 800
    "A human: so much silence behind a greeting."
    total_analysis_time: Annotated[int, Unit("ms")] = 5000
    "Give up when so much was heard, or has passed."
    min_word_length: Annotated[int, Unit("ms")] = 100
    "Less voice is no word."
    between_words_silence: Annotated[int, Unit("ms")] = 50
    "Silence that ends a word."
    maximum_number_of_words: int = 2
    "A machine: more words than this."
    silence_threshold: int = SILENCE_LEVEL
    "Mean amplitude of a frame that is not silent any more."
    maximum_word_length: Annotated[int, Unit("ms")] = 5000
    "A machine: a word this long."
    playback_file: str = ""
    "A sound for who has answered, meanwhile."


@dataclass(frozen=True, slots=True)
class Verdict:
    """AMDSTATUS and AMDCAUSE."""

    status: str
    cause: str


class Greeting:
    """What was heard so far, frame by frame."""

    def __init__(self, rules: AmdSettings) -> None:
        self._rules = rules
        self.heard_ms = 0
        self._silent_ms = 0
        "Of the silence under way."
        self._word_ms = self._voice_ms = 0
        self._words = 0
        self._in_word = True
        "Until there was silence nothing is a new word."
        self._in_greeting = False
        self._before_greeting = True

    def hear(self, level: int) -> Verdict | None:
        """Take a frame; what is known now, if anything is."""
        self.heard_ms += FRAME_MS
        if self.heard_ms >= self._rules.total_analysis_time:
            return self.unsure()
        return self._silence() if level < self._rules.silence_threshold else self._voice()

    def unsure(self) -> Verdict:
        """It took too long."""
        return Verdict("NOTSURE", f"TOOLONG-{self.heard_ms}")

    def _silence(self) -> Verdict | None:
        rules = self._rules
        self._silent_ms += FRAME_MS
        silent = self._silent_ms
        if silent >= rules.between_words_silence:
            self._in_word, self._word_ms = False, 0
        if self._before_greeting and silent >= rules.initial_silence:
            return Verdict("MACHINE", f"INITIALSILENCE-{silent}-{rules.initial_silence}")
        if self._in_greeting and silent >= rules.after_greeting_silence:
            return Verdict("HUMAN", f"HUMAN-{silent}-{rules.after_greeting_silence}")
        return None

    def _voice(self) -> Verdict | None:
        rules = self._rules
        self._silent_ms = 0
        self._word_ms += FRAME_MS
        self._voice_ms += FRAME_MS
        is_word = self._word_ms >= rules.min_word_length
        if is_word and not self._in_word:
            self._words, self._in_word = self._words + 1, True
        if self._word_ms >= rules.maximum_word_length:
            return Verdict("MACHINE", f"MAXWORDLENGTH-{self._word_ms}")
        if self._words > rules.maximum_number_of_words:
            return Verdict("MACHINE", f"MAXWORDS-{self._words}-{rules.maximum_number_of_words}")
        if self._in_greeting and self._voice_ms >= rules.greeting:
            return Verdict("MACHINE", f"LONGGREETING-{self._voice_ms}-{rules.greeting}")
        if is_word:
            self._before_greeting, self._in_greeting = False, True
        return None


def configure(rt: "Runtime", complain: Callable[[ConfigError], None]) -> None:
    """Read amd.conf; when it is lost as a whole the rules that were there stay."""
    if not rt.has_config(FILE):
        rt.datastores[FILE] = AmdSettings()
        return
    try:
        rt.datastores[FILE] = read(AmdSettings, rt.configuration(FILE, complain).lines("general"), complain)
    except ConfigError as error:
        complain(error)


@application("AMD", see="WaitForSilence, WaitForNoise, BackgroundDetect")
async def amd(
    chan: Channel,
    initialsilence: Annotated[str, Unit("ms")] = "",
    greeting: Annotated[str, Unit("ms")] = "",
    aftergreetingsilence: Annotated[str, Unit("ms")] = "",
    totalanalysistime: Annotated[str, Unit("ms")] = "",
    minimumwordlength: Annotated[str, Unit("ms")] = "",
    betweenwordssilence: Annotated[str, Unit("ms")] = "",
    maximumnumberofwords: str = "",
    silencethreshold: str = "",
    maximumwordlength: Annotated[str, Unit("ms")] = "",
    audiofile: str = "",
) -> None:
    """Listen to who has answered, and find out whether it is a human or an answering machine.

    Args:
        initialsilence: So much silence before the greeting is a machine's; 2500.
        greeting: So much voice is a machine's; 1500.
        aftergreetingsilence: So much silence behind the greeting is a human's, who waits for an answer; 800.
        totalanalysistime: How long is listened; 5000.
        minimumwordlength: Less voice is no word; 100.
        betweenwordssilence: Silence that ends a word; 50.
        maximumnumberofwords: More words are a machine's; 2.
        silencethreshold: Mean amplitude, 0 to 32767, of what is not silence any more; 256.
        maximumwordlength: A word of this length is a machine's; 5000.
        audiofile: A sound for who has answered, meanwhile.
    Sets: AMDSTATUS: HUMAN, MACHINE, NOTSURE, HANGUP. AMDCAUSE: why, with what was measured and the limit:
        INITIALSILENCE-2500-2500, HUMAN-800-800, MAXWORDS-3-2, LONGGREETING-1500-1500, MAXWORDLENGTH-5000,
        TOOLONG-5000.
    Compat: app_amd, with amd.conf for what is left out. There without an amd.conf there is no AMD at all.
    """
    given = (
        initialsilence, greeting, aftergreetingsilence, totalanalysistime, minimumwordlength, betweenwordssilence,
        maximumnumberofwords, silencethreshold, maximumwordlength,
    )  # fmt: skip
    rules = _rules(chan.switch.datastores.get(FILE) or AmdSettings(), given, audiofile)
    chan.verbose(3, f"AMD: {chan.name} {chan.caller.number or '(null)'} {chan.redirecting.number or '(null)'}")
    play = await _played(chan, rules.playback_file)
    try:
        verdict = await _judged(chan, rules)
    except Hangup:
        chan.set("AMDSTATUS", "HANGUP")
        chan.set("AMDCAUSE", "")
        raise
    finally:
        if play is not None:
            play.stop()
    chan.set("AMDSTATUS", verdict.status)
    chan.set("AMDCAUSE", verdict.cause)


async def _judged(chan: Channel, rules: AmdSettings) -> Verdict:
    heard, loop = Greeting(rules), asyncio.get_running_loop()
    until = loop.time() + rules.total_analysis_time / 1000
    async with recording.recorded(chan, None) as tape:
        while True:
            for level in tape.levels():
                verdict = heard.hear(level)
                if verdict is not None:
                    return verdict
            if loop.time() >= until:
                # Where nothing comes at all Asterisk counts the time that it has waited, a tenth of a second at a time.
                heard.heard_ms = max(heard.heard_ms, rules.total_analysis_time - _WAITED_MS)
                return heard.unsure()
            await stirred((chan,), min(until, loop.time() + LOOK_S))
            chan.check()


async def _played(chan: Channel, name: str) -> media.Play | None:
    if not name:
        return None
    sound = await chan.switch.sounds.find(name, chan.language, chan.formats())
    if sound is None:
        chan.warn(f"AMD: the sound {escaped(name)} does not exist in any format")
        return None
    return chan.start_pieces([media.SoundPiece(sound)])


def _rules(usual: AmdSettings, given: Iterable[str], audiofile: str) -> AmdSettings:
    """What holds for one call: what is given counts instead of what is usual."""
    names = [each.name for each in fields(AmdSettings)]
    changed = {name: indirect.integer(text) or 0 for name, text in zip(names, given, strict=False) if text}
    rules = replace(usual, **changed)  # type: ignore[arg-type]
    return replace(rules, playback_file=audiofile) if audiofile else rules
