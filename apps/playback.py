"""Playing prompts: Playback, and BackGround, which listens meanwhile."""

from dataclasses import dataclass
from typing import Annotated

from asterism.dialplan.scope import Dialled, Jump
from asterism.runtime.channel import Channel
from asterism.runtime.declare import Option, Separated, Text, application

Files = Annotated[list[str], Separated("&")]
ANY_DIGIT = "0123456789*#ABCD"


@application("Playback", see="BackGround, Read, PLAYBACKSTATUS", ends_on_bad_arguments=True)
async def playback(chan: Channel, filenames: Files, options: Text = "") -> None:
    """Play one or more sounds to their end.

    Args:
        filenames: Names without extension, several joined by `&`; relative ones are found below the sounds
            folder, in the channel's language and the best format.
        options: `skip` plays nothing unless the call is answered; `noanswer` plays without answering.
            Otherwise the call is answered first.
    Sets: PLAYBACKSTATUS: SUCCESS, or FAILED when a file was not found.
    Compat: app_playback. A missing file logs a WARNING; the others are played and the call goes on.
        `say` and `mix` (say.conf) are not served yet.
    """
    words = options.lower()
    for word in ("say", "mix"):
        if word in words:
            chan.warn(f"Playback: option '{word}' is not supported yet and ignored")
    missing: tuple[str, ...] = ()
    if chan.is_up or "skip" not in words:
        chan.set("PLAYBACKSTATUS", "SUCCESS")
        if "noanswer" not in words and not chan.is_up:
            await chan.answer()
        missing = tuple(filenames) if chan.ended else (await chan.play(*_named(filenames))).missing
        if missing:
            chan.warn(f"Playback failed on {chan.name} for {'&'.join(missing)}")
    chan.set("PLAYBACKSTATUS", "FAILED" if missing else "SUCCESS")


@dataclass(frozen=True)
class BackgroundOptions:
    """Options of BackGround."""

    skip: Annotated[bool, Option("s")] = False
    "Play nothing, and go on at once, unless the call is answered."
    no_answer: Annotated[bool, Option("n")] = False
    "Do not answer the call first."
    match: Annotated[bool, Option("m")] = False
    "Only a digit that is an extension of its own interrupts."
    play_through: Annotated[bool, Option("p")] = False
    "Digits do not interrupt."


@application("BackGround", see="Playback, WaitExten, Read", ends_on_bad_arguments=True)
async def background(
    chan: Channel,
    filenames: Files,
    options: BackgroundOptions = BackgroundOptions(),
    langoverride: str = "",
    context: str = "",
) -> Dialled | Jump | None:
    """Play sounds while the caller may dial an extension.

    The first digit stops the sounds; further ones are collected and the call goes to the extension dialled.

    Args:
        filenames: As for Playback.
        options: `s` skips it unless answered, `n` does not answer, `m` lets only digits that are an extension
            interrupt, `p` lets none.
        langoverride: Language of the sounds instead of the channel's.
        context: Where the digit is an extension, instead of the channel's context.
    Sets: BACKGROUNDSTATUS: SUCCESS, or FAILED when a file was not found.
    Compat: pbx_builtins. Put WaitExten behind it to go on waiting when the sounds are over.
    """
    if not chan.is_up and options.skip:
        chan.set("BACKGROUNDSTATUS", "SUCCESS")
        return None
    chan.set("BACKGROUNDSTATUS", "SUCCESS")
    if not options.no_answer and not chan.is_up:
        await chan.answer()
    if chan.ended:
        chan.set("BACKGROUNDSTATUS", "FAILED")
        return None
    interrupt = "" if options.play_through else ANY_DIGIT
    if options.match:
        exists = chan.switch.extension_exists
        interrupt = "".join(d for d in interrupt if exists(context or chan.context, d, 1, chan.caller_number))
    played = await chan.play(*_named(filenames), interrupt=interrupt, language=langoverride)
    chan.set("BACKGROUNDSTATUS", "FAILED" if played.missing else "SUCCESS")
    if not played.digit:
        return None
    if context and context != chan.context:
        return Jump(context, played.digit)
    return Dialled(played.digit)


def _named(filenames: list[str]) -> list[str]:
    return [name for name in filenames if name]
